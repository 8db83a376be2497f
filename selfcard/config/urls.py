from django.urls import include, path

urlpatterns = [path("", include("selfcard.web.urls"))]
