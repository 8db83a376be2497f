from django.urls import path

from selfcard.web.office.stock_ledger import views

app_name = "stock_ledger"

urlpatterns = [
    path("", views.ledger_page, name="ledger"),
    path("movements/", views.movements_page, name="movements"),
    path("<str:code>.pdf", views.ledger_pdf, name="pdf"),
]
