from django.apps import AppConfig


class ActivationConfig(AppConfig):
    name = "selfcard.activation"
    label = "activation"
