from django.urls import path

from selfcard.web.office.payments import advances, invoices, receipts, refunds

app_name = "payments"

urlpatterns = [
    path("receipts/", receipts.receipts, name="receipts"),
    path("not-arrived/", receipts.not_arrived, name="not_arrived"),
    path("receipts/<str:number>/", receipts.receipt, name="receipt"),
    path("receipts/<str:number>/sum/", receipts.tenders_sum, name="sum"),
    path("receipts/<str:number>/void/", receipts.void, name="void"),
    path("invoices/", invoices.invoices, name="invoices"),
    path("invoices/<str:number>/", invoices.invoice, name="invoice"),
    path("invoices/<str:number>/tax/", invoices.invoice_tax, name="invoice_tax"),
    path("red-letters/<str:number>/tax/", invoices.red_letter_tax, name="red_letter_tax"),
    path("advances/", advances.advances, name="advances"),
    path("advances/open/", advances.open_account, name="open_advance"),
    path("advances/<str:number>/", advances.advance, name="advance"),
    path("advances/<str:number>/statement.pdf", advances.statement, name="statement"),
    path("advances/<str:number>/deposit/", advances.deposit, name="deposit"),
    path("advances/<str:number>/refund/", refunds.ask, name="ask_refund"),
    path("refunds/<str:number>/", refunds.refund, name="refund"),
    path("refunds/<str:number>/sum/", refunds.outlays_sum, name="refund_sum"),
    path("refunds/<str:number>/payee/", refunds.correct, name="correct_refund"),
    path("refunds/<str:number>/failed/", refunds.failed, name="failed_refund"),
    path("refunds/<str:number>/void/", refunds.void, name="void_refund"),
]
