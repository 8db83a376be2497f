from django.urls import path

from selfcard.web.office.drawers import banking, days, views

app_name = "drawers"

urlpatterns = [
    path("", views.drawers, name="list"),
    path("define/", views.define, name="define"),
    path("days/", days.days, name="days"),
    path("banked/", banking.bankings, name="bankings"),
    path("bank/", banking.bank, name="bank"),
    path("fetch/", banking.fetch, name="fetch"),
    path("<str:code>/open/", views.open_day, name="open"),
    path("<str:code>/use/", views.use, name="use"),
    path("<str:code>/<str:day>/", days.day, name="day"),
    path("<str:code>/<str:day>/count/", days.count, name="count"),
    path("<str:code>/<str:day>/close/", days.close, name="close"),
    path("<str:code>/<str:day>/report.pdf", days.report, name="report"),
]
