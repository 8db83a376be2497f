from django.urls import path

from selfcard.web.office.policies import views

app_name = "policies"

urlpatterns = [
    path("", views.policies, name="list"),
    path("<str:number>/", views.policy, name="policy"),
]
