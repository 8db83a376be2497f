from django.urls import path

from selfcard.web.office.administration import organisations, views

app_name = "administration"

urlpatterns = [
    path("organisations/", views.organisations, name="organisations"),
    path("organisations/<str:code>/", organisations.organisation, name="organisation"),
    path("staff/", views.staff, name="staff"),
    path("staff/<str:code>/", views.person, name="person"),
]
