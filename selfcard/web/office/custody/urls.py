from django.urls import path

from selfcard.web.office.custody import (
    arrivals,
    count_deeds,
    extensions,
    freezes,
    hand_overs,
    issues,
    past_deadline,
    recalls,
    requisitions,
    stock_counts,
    write_off_deeds,
    write_offs,
)

app_name = "custody"

urlpatterns = [
    path("issue/", issues.issue, name="issue"),
    path("issues/", issues.issues, name="issues"),
    path("hand-over/", hand_overs.hand_over, name="hand_over"),
    path("recall/", recalls.recall, name="recall"),
    path("recalls/", recalls.recalls, name="recalls"),
    path("recalls/<str:number>/", recalls.recall_note, name="recall_note"),
    path("requisitions/", requisitions.requisitions, name="requisitions"),
    path("requisitions/ask/", requisitions.ask, name="ask"),
    path("requisitions/<str:number>/", requisitions.requisition, name="requisition"),
    path("requisitions/<str:number>/answer/", requisitions.answer, name="answer"),
    path("requisitions/<str:number>/withdraw/", requisitions.withdraw, name="withdraw"),
    path("issues/<str:number>/", issues.issue_note, name="issue_note"),
    path("issues/<str:number>/found/", arrivals.found_again, name="found_again"),
    path("check-in/", arrivals.check_ins, name="check_ins"),
    path("check-in/<str:number>/", arrivals.check_in, name="check_in"),
    path("check-in/<str:number>/refuse/", arrivals.refuse, name="refuse"),
    path("check-in/printed/<str:number>/", arrivals.check_in_printed, name="check_in_printed"),
    path("freezes/", freezes.freezes, name="freezes"),
    path("freezes/new/", freezes.freeze, name="freeze"),
    path("freezes/batches/<str:number>/", freezes.freeze_batch, name="freeze_batch"),
    path("freezes/<str:number>/", freezes.freeze_note, name="freeze_note"),
    path("freezes/<str:number>/release/", freezes.release, name="release"),
    path("past-deadline/", past_deadline.past_deadline, name="past_deadline"),
    path("extensions/", extensions.extensions, name="extensions"),
    path("extensions/ask/", extensions.extend, name="extend"),
    path("extensions/<str:number>/", extensions.extension, name="extension"),
    *(
        path(
            f"extensions/<str:number>/{name}/",
            extensions.deed,
            {"name": name},
            name=what.command.__name__,
        )
        for name, what in extensions.DEEDS.items()
    ),
    path("write-offs/", write_offs.write_offs, name="write_offs"),
    path("write-offs/void/", write_offs.report, {"kind": "void"}, name="void"),
    path("write-offs/lost/", write_offs.report, {"kind": "loss"}, name="loss"),
    path("write-offs/found/", write_offs.report, {"kind": "found"}, name="found"),
    path("write-offs/destroyed/", write_offs.report, {"kind": "destruction"}, name="destroy"),
    path("write-offs/<str:number>/", write_offs.write_off, name="write_off"),
    path("write-offs/<str:number>/announce/", write_off_deeds.announce, name="announce"),
    *(
        path(
            f"write-offs/<str:number>/{name}/",
            write_off_deeds.deed,
            {"name": name},
            name=what.command.__name__,
        )
        for name, what in write_off_deeds.DEEDS.items()
    ),
    path("stock-counts/", stock_counts.stock_counts, name="stock_counts"),
    path("stock-counts/open/", stock_counts.open_stock_count, name="open_stock_count"),
    path("stock-counts/<str:number>/", stock_counts.stock_count, name="stock_count"),
    path("stock-counts/<str:number>/stacks/", count_deeds.enter, name="enter_stacks"),
    path("stock-counts/<str:number>/stacks/remove/", count_deeds.remove, name="remove_stack"),
    path("stock-counts/<str:number>/compare/", count_deeds.compare, name="compare_stock_count"),
    path("stock-counts/<str:number>/ask/", count_deeds.ask, name="ask_adjustment"),
    *(
        path(
            f"stock-counts/<str:number>/{name}/",
            count_deeds.deed,
            {"name": name},
            name=what.command.__name__,
        )
        for name, what in count_deeds.DEEDS.items()
    ),
]
