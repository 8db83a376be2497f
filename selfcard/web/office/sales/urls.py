from django.urls import path

from selfcard.web.office.sales import agencies, views

app_name = "sales"

urlpatterns = [
    path("", views.sales, name="list"),
    path("register/", views.register, name="register"),
    path("agencies/", agencies.agency_list, name="agencies"),
    path("agencies/register/", agencies.register, name="register_agency"),
    path("<str:number>/", views.sale, name="sale"),
    path("<str:number>/receipt/", views.issue_receipt, name="issue_receipt"),
]
