from django.apps import AppConfig


class ClaimsConfig(AppConfig):
    name = "selfcard.claims"
    label = "claims"
