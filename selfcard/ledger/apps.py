from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class LedgerConfig(AppConfig):
    name = "selfcard.ledger"
    label = "ledger"
    verbose_name = _("Ledger")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        post_migrate.connect(_keep_chart, sender=self)


def _keep_chart(using: str, apps: Any, **kwargs: Any) -> None:
    """Bring the accounts into line with the chart, after each migration."""
    from selfcard.ledger.chart import CHART

    try:
        Account = apps.get_model("ledger", "Account")
    except LookupError:  # other rooms were migrated, this one is not there yet
        return
    Account.objects.using(using).bulk_create(
        [
            Account(code=one.code, name_zh=one.name_zh, name_en=one.name_en, kind=one.kind)
            for one in CHART
        ],
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["name_zh", "name_en"],
    )
