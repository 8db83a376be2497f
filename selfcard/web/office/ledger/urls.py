from django.urls import path

from selfcard.web.office.ledger import closings, entries, reconciliation, views

app_name = "ledger"

urlpatterns = [
    path("", views.trial_balance_page, name="trial_balance"),
    path("accounts/<str:code>/", views.account, name="account"),
    path("entries/", entries.entries, name="entries"),
    path("entries/<str:number>/", entries.entry, name="entry"),
    path("journal/", entries.journal_page, name="journal"),
    path("reconciliation/", reconciliation.reconciliation_page, name="reconciliation"),
    path("closings/", closings.closings_page, name="closings"),
    path("closings/close/", closings.close, name="close"),
]
