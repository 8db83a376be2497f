"""The office's addresses: one line a room, each with its own namespace."""

from django.urls import include, path

from selfcard.web.office.home import views as home
from selfcard.web.office.inquiry.papers import paper

app_name = "office"

urlpatterns = [
    path("", home.home, name="home"),
    path("search/", home.search, name="search"),
    path("papers/<str:kind>/<str:number>.pdf", paper, name="paper"),
    path("inquiry/", include("selfcard.web.office.inquiry.urls")),
    path("cards/", include("selfcard.web.office.cards.urls")),
    path("custody/", include("selfcard.web.office.custody.urls")),
    path("sales/", include("selfcard.web.office.sales.urls")),
    path("payments/", include("selfcard.web.office.payments.urls")),
    path("ways-back/", include("selfcard.web.office.ways_back.urls")),
    path("drawers/", include("selfcard.web.office.drawers.urls")),
    path("ledger/", include("selfcard.web.office.ledger.urls")),
    path("stock-ledger/", include("selfcard.web.office.stock_ledger.urls")),
    path("gate/", include("selfcard.web.office.gate.urls")),
    path("messages/", include("selfcard.web.office.messaging.urls")),
    path("desk/", include("selfcard.web.office.desk.urls")),
    path("telephone/", include("selfcard.web.office.telephone.urls")),
    path("policies/", include("selfcard.web.office.policies.urls")),
    path("claims/", include("selfcard.web.office.claims.urls")),
    path("products/", include("selfcard.web.office.products.urls")),
    path("approvals/", include("selfcard.web.office.approvals.urls")),
    path("administration/", include("selfcard.web.office.administration.urls")),
]
