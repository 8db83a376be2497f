from django.urls import path

from selfcard.web.office.products import views

app_name = "products"

urlpatterns = [
    path("", views.products, name="list"),
    path("<str:code>/<int:number>/", views.version, name="version"),
]
