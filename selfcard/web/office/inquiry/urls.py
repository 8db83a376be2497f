from django.urls import path

from selfcard.web.office.inquiry import views

app_name = "inquiry"

urlpatterns = [
    path("", views.status_details, name="range"),
    path("cards/<str:number>/", views.card, name="card"),
]
