from django.urls import path

from selfcard.web.office.custody import arrivals, count_deeds, issues, stock_counts

app_name = "custody"

urlpatterns = [
    path("issue/", issues.issue, name="issue"),
    path("issues/", issues.issues, name="issues"),
    path("issues/<str:number>/", issues.issue_note, name="issue_note"),
    path("issues/<str:number>/found/", arrivals.found_again, name="found_again"),
    path("check-in/", arrivals.check_ins, name="check_ins"),
    path("check-in/<str:number>/", arrivals.check_in, name="check_in"),
    path("check-in/printed/<str:number>/", arrivals.check_in_printed, name="check_in_printed"),
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
