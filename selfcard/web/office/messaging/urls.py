from django.urls import path

from selfcard.web.office.messaging import views

app_name = "messaging"

urlpatterns = [
    path("", views.sent, name="list"),
    path("<int:number>/", views.message, name="message"),
]
