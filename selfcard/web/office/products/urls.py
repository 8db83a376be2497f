from django.urls import path

from selfcard.web.office.products import occupations, views

app_name = "products"

urlpatterns = [
    path("", views.products, name="list"),
    path("occupations/", occupations.occupations, name="occupations"),
    path("<str:code>/<int:number>/", views.version, name="version"),
]
