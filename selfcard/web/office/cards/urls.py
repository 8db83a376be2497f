from django.urls import path

from selfcard.web.office.cards import batches, deeds, printers, types

app_name = "cards"

urlpatterns = [
    path("batches/", batches.batches, name="batches"),
    path("batches/order/", batches.order, name="order"),
    path("batches/<str:number>/", batches.batch, name="batch"),
    path("batches/<str:number>/progress/", batches.progress, name="progress"),
    path("batches/<str:number>/download/", deeds.download, name="download"),
    *(
        path(f"batches/<str:number>/{name}/", deeds.deed, {"name": name}, name=name)
        for name in deeds.DEEDS
    ),
    path("types/", types.types, name="types"),
    path("types/define/", types.define, name="define"),
    path("types/<str:code>/", types.document_type, name="type"),
    path("types/<str:code>/revise/", types.revise, name="revise"),
    path("printers/", printers.printers, name="printers"),
    path("printers/register/", printers.register, name="register_printer"),
]
