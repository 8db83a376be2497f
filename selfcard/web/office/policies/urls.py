from django.urls import path

from selfcard.web.office.policies import cancelling, changing, showing, views

app_name = "policies"

urlpatterns = [
    path("", views.policies, name="list"),
    path("by-person/", showing.by_person, name="by_person"),
    path("seen-unmasked/", showing.unmaskings, name="unmaskings"),
    path("<str:number>/", views.policy, name="policy"),
    path("<str:number>/unmask/", showing.unmask, name="unmask"),
    path("<str:number>/contact/", changing.contact, name="contact"),
    path("<str:number>/send-again/", changing.send_again, name="send_again"),
    path("<str:number>/endorse/", changing.endorse, name="endorse"),
    path("<str:number>/endorsement/", changing.endorsement, name="endorsement"),
    path("<str:number>/endorsement/grant/", changing.grant, name="grant_endorsement"),
    path("<str:number>/endorsement/refuse/", changing.refuse, name="refuse_endorsement"),
    path("<str:number>/endorsement/withdraw/", changing.withdraw, name="withdraw_endorsement"),
    path("<str:number>/cancel/", cancelling.cancel, name="cancel"),
    path("<str:number>/cancel/what-follows/", cancelling.what_follows, name="what_follows"),
    path("<str:number>/pay-back/", cancelling.pay_back, name="pay_back"),
]
