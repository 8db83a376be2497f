from django.urls import path

from selfcard.web.office.messaging import views, wording, wordings

app_name = "messaging"

TEMPLATE = "templates/<str:occasion>/<str:language>/"
TEMPLATE_OF_TYPE = f"{TEMPLATE}<str:document_type>/"

urlpatterns = [
    path("", views.sent, name="list"),
    path("<int:number>/", views.message, name="message"),
    path("templates/", wordings.templates, name="templates"),
    path(f"{TEMPLATE}withdraw", wording.withdraw, name="withdraw"),
    path(f"{TEMPLATE_OF_TYPE}withdraw", wording.withdraw, name="withdraw"),
    path(TEMPLATE, wording.template, name="template"),
    path(TEMPLATE_OF_TYPE, wording.template, name="template"),
]
