from django.urls import path

from selfcard.web.office.claims import lists, views

app_name = "claims"

urlpatterns = [
    path("", lists.notices, name="list"),
    path("record/", views.record, name="record"),
    path("<str:number>/", views.notice, name="notice"),
    path("<str:number>/take/", views.take, name="take"),
    path("<str:number>/look/", views.look, name="look"),
    path("<str:number>/add/", views.add, name="add"),
    path("<str:number>/<int:entry>/<int:place>/", views.attachment, name="attachment"),
]
