from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "selfcard.web"
    label = "web"
