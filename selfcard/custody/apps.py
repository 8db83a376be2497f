from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CustodyConfig(AppConfig):
    name = "selfcard.custody"
    label = "custody"
    verbose_name = _("Custody")
    default_auto_field = "django.db.models.BigAutoField"
