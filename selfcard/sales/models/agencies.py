"""Agencies, the agreements with them, and through whom business comes."""

from datetime import date
from typing import ClassVar

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from selfcard.core import clock
from selfcard.core.triggers import never_truncated, refused
from selfcard.organisations.models import Staff


class BusinessSource(models.TextChoices):
    """Through whom the business came."""

    DIRECT = "direct", _("Direct")
    INDIVIDUAL_AGENT = "individual_agent", _("Individual agent")
    AGENCY = "agency", _("Agency")
    CONCURRENT_AGENCY = "concurrent_agency", _("Concurrent agency")
    BROKER = "broker", _("Broker")


# An indirect source names the agency.
INDIRECT = (BusinessSource.AGENCY, BusinessSource.CONCURRENT_AGENCY, BusinessSource.BROKER)


class Agency(models.Model):
    """A firm that sells for the insurer under its own licence."""

    class Kind(models.TextChoices):
        AGENCY = "agency", _("Agency")
        CONCURRENT_AGENCY = "concurrent_agency", _("Concurrent agency")
        BROKER = "broker", _("Broker")

    code = models.CharField(_("agency code"), max_length=20, unique=True)
    name_zh = models.CharField(_("Chinese name"), max_length=100)
    name_en = models.CharField(_("English name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    licence = models.CharField(_("licence number"), max_length=40)
    registered_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["code"]
        triggers: ClassVar = [
            refused("an_agency_is_kept", pgtrigger.Delete),
            never_truncated("agency"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return self.name_zh if (get_language() or "").startswith("zh") else self.name_en


class Agreement(models.Model):
    """An agreement with an agency: under it, from its first to its last day, the agency sells.

    It is never changed; when it ends early, its last day comes nearer.
    """

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="agreements")
    number = models.CharField(_("agreement number"), max_length=40)
    valid_from = models.DateField(_("first day"))
    valid_to = models.DateField(_("last day"))  # included
    registered_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    registered_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["agency__code", "-valid_from"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["agency", "number"], name="an_agreement_number_is_used_once_per_agency"
            ),
            models.CheckConstraint(
                condition=Q(valid_to__gte=F("valid_from")), name="an_agreement_lasts_a_day"
            ),
            # So that a day and an agency name the agreement.
            ExclusionConstraint(
                name="an_agency_has_one_agreement_at_a_time",
                expressions=[
                    ("agency", RangeOperators.EQUAL),
                    (
                        Func(
                            F("valid_from"),
                            F("valid_to"),
                            RangeBoundary(inclusive_upper=True),
                            function="daterange",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]
        triggers: ClassVar = [
            refused("an_agreement_is_kept", pgtrigger.Delete),
            refused(
                "an_agreement_stays",
                pgtrigger.UpdateOf(
                    "agency_id", "number", "valid_from", "registered_by_id", "registered_at"
                ),
            ),
            refused(
                "an_agreement_is_not_prolonged",
                pgtrigger.Update,
                condition=pgtrigger.Q(new__valid_to__gt=pgtrigger.F("old__valid_to")),
            ),
            never_truncated("agreement"),
        ]

    def __str__(self) -> str:
        return self.number

    def is_in_force(self, day: date | None = None) -> bool:
        """Whether the agency may sell on that day; today, if none is named."""
        return self.valid_from <= (day or clock.today()) <= self.valid_to
