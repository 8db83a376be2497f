from django.urls import path

from selfcard.web.office.drawers import banking, corrections, days, views

app_name = "drawers"

urlpatterns = [
    path("", views.drawers, name="list"),
    path("define/", views.define, name="define"),
    path("days/", days.days, name="days"),
    path("banked/", banking.bankings, name="bankings"),
    path("bank/", banking.bank, name="bank"),
    path("fetch/", banking.fetch, name="fetch"),
    path("banked/<str:number>/correct/", corrections.banking, name="correct_banking"),
    path("receipts/<str:number>/correct/", corrections.tender, name="correct_tender"),
    path("corrections/<str:number>/", corrections.correction, name="correction"),
    path("corrections/<str:number>/grant/", corrections.grant, name="grant_correction"),
    path("corrections/<str:number>/refuse/", corrections.refuse, name="refuse_correction"),
    path("corrections/<str:number>/withdraw/", corrections.withdraw, name="withdraw_correction"),
    path("<str:code>/open/", views.open_day, name="open"),
    path("<str:code>/use/", views.use, name="use"),
    path("<str:code>/<str:day>/", days.day, name="day"),
    path("<str:code>/<str:day>/count/", days.count, name="count"),
    path("<str:code>/<str:day>/correct/", corrections.count, name="correct_count"),
    path("<str:code>/<str:day>/close/", days.close, name="close"),
    path("<str:code>/<str:day>/report.pdf", days.report, name="report"),
]
