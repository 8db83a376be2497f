"""The office's addresses: one line a room, each with its own namespace."""

from django.urls import include, path

from selfcard.web.office.home import views as home

app_name = "office"

urlpatterns = [
    path("", home.home, name="home"),
    path("search/", home.search, name="search"),
    path("approvals/", include("selfcard.web.office.approvals.urls")),
    path("administration/", include("selfcard.web.office.administration.urls")),
]
