from django.urls import path

from selfcard.web.office.ledger import views

app_name = "ledger"

urlpatterns = [path("", views.trial_balance_page, name="trial_balance")]
