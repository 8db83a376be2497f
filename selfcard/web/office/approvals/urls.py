from django.urls import path

from selfcard.web.office.approvals import views

app_name = "approvals"

urlpatterns = [
    path("", views.waiting, name="list"),
    path("own/", views.own, name="own"),
    path("decided/", views.past, name="past"),
]
