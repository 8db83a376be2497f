from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CardsConfig(AppConfig):
    name = "selfcard.cards"
    label = "cards"
    verbose_name = _("Cards")
    default_auto_field = "django.db.models.BigAutoField"
