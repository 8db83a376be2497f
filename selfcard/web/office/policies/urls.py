from django.urls import path

from selfcard.web.office.policies import cancelling, views

app_name = "policies"

urlpatterns = [
    path("", views.policies, name="list"),
    path("<str:number>/", views.policy, name="policy"),
    path("<str:number>/cancel/", cancelling.cancel, name="cancel"),
    path("<str:number>/cancel/what-follows/", cancelling.what_follows, name="what_follows"),
    path("<str:number>/pay-back/", cancelling.pay_back, name="pay_back"),
]
