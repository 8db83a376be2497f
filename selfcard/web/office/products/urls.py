from django.urls import path

from selfcard.web.office.products import deeds, drafting, occupations, trying, views

app_name = "products"

urlpatterns = [
    path("", views.products, name="list"),
    path("occupations/", occupations.occupations, name="occupations"),
    path("define/", drafting.define, name="define"),
    path("versions/<str:named>/", views.named, name="named"),
    path("<str:code>/draft/", drafting.draft, name="draft"),
    path("<str:code>/<int:number>/", views.version, name="version"),
    path("<str:code>/<int:number>/edit/", drafting.redraft, name="redraft"),
    path("<str:code>/<int:number>/submit/", deeds.submit, name="submit"),
    path("<str:code>/<int:number>/take-back/", deeds.withdraw, name="withdraw"),
    path("<str:code>/<int:number>/return/", deeds.give_back, name="return"),
    path("<str:code>/<int:number>/throw-away/", deeds.discard, name="discard"),
    path("<str:code>/<int:number>/try/", trying.try_out, name="try"),
]
