from django.urls import path

from selfcard.web.office.telephone import views

app_name = "telephone"

urlpatterns = [
    path("", views.play, name="play"),
]
