from django.urls import path

from selfcard.web.office.gate import views

app_name = "gate"

urlpatterns = [
    path("", views.gate, name="gate"),
    path("cards/<str:number>/unlock/", views.unlock, name="unlock"),
]
