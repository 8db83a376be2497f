from django.urls import path

from selfcard.web.office.payments import advances, invoices, payouts, receipts, red_letters

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
    path("red-letters/", red_letters.red_letters, name="red_letters"),
    path("red-letters/<str:number>/", red_letters.red_letter, name="red_letter"),
    path("red-letters/<str:number>/tax/", red_letters.red_letter_tax, name="red_letter_tax"),
    path("advances/", advances.advances, name="advances"),
    path("advances/open/", advances.open_account, name="open_advance"),
    path("advances/<str:number>/", advances.advance, name="advance"),
    path("advances/<str:number>/statement.pdf", advances.statement, name="statement"),
    path("advances/<str:number>/deposit/", advances.deposit, name="deposit"),
    path("advances/<str:number>/refund/", payouts.ask_refund, name="ask_refund"),
    path("payments/", payouts.payments, name="payments"),
    path("payments/<str:number>/", payouts.payment, name="payment"),
    path("payments/<str:number>/sum/", payouts.outlays_sum, name="payment_sum"),
    path("payments/<str:number>/payee/", payouts.correct, name="correct_payee"),
    path("payments/<str:number>/failed/", payouts.failed, name="payment_failed"),
    path("payments/<str:number>/void/", payouts.void, name="void_payment"),
]
