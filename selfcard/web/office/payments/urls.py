from django.urls import path

from selfcard.web.office.payments import views

app_name = "payments"

urlpatterns = [
    path("receipts/", views.receipts, name="receipts"),
    path("receipts/<str:number>/", views.receipt, name="receipt"),
    path("receipts/<str:number>/sum/", views.tenders_sum, name="sum"),
    path("receipts/<str:number>/void/", views.void, name="void"),
    path("invoices/", views.invoices, name="invoices"),
    path("invoices/<str:number>/", views.invoice, name="invoice"),
]
