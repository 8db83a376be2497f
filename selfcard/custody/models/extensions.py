"""Paid cards that were not activated in time, and get a later last day."""

from datetime import date
from typing import ClassVar

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import (
    BigIntegerRangeField,
    DateRangeField,
    RangeOperators,
)
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from selfcard.cards.models import DocumentType
from selfcard.core.serials import SerialRun
from selfcard.core.triggers import never_truncated, refused
from selfcard.custody import promises
from selfcard.custody.models.reasons import bounded
from selfcard.organisations.models import Party, Staff


class Extension(models.Model):
    """A later last day for paid cards of one holder, asked by one person and agreed by another.

    What is printed on the cards stays what it is: the later day counts while they are *to be
    activated*. `count` says how many of them were not activated when it was asked for.
    """

    class State(models.TextChoices):
        ASKED = "asked", _("waiting for a second person")
        GRANTED = "granted", _("granted")
        REFUSED = "refused", _("refused")
        WITHDRAWN = "withdrawn", _("withdrawn")

    number = models.CharField(max_length=20, unique=True)
    document_type = models.ForeignKey(DocumentType, models.PROTECT, related_name="+")
    holder = models.ForeignKey(Party, models.PROTECT, related_name="+")
    count = models.PositiveIntegerField()
    last_day = models.DateField(_("new last day"))
    reason = models.CharField(max_length=200)
    state = models.CharField(max_length=9, choices=State, default=State.ASKED)
    asked_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-asked_at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["holder", "state"], name="extension_by_holder"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(count__gte=1) & ~Q(reason=""),
                name="an_extension_is_of_cards_and_has_its_reason",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["asked", "withdrawn"],
                    decided_by__isnull=True,
                    decided_at__isnull=True,
                )
                | (
                    Q(
                        state__in=["granted", "refused"],
                        decided_by__isnull=False,
                        decided_at__isnull=False,
                    )
                    & ~Q(decided_by=F("asked_by"))
                ),
                name="an_extension_is_decided_by_another_person",
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.FSM(
                name="extension_is_decided_once",
                field="state",
                transitions=[("asked", "granted"), ("asked", "refused"), ("asked", "withdrawn")],
            ),
            refused(
                "extension_stays",
                pgtrigger.UpdateOf(
                    "number", "document_type_id", "holder_id", "count", "last_day", "reason",
                    "asked_by_id", "asked_at",
                ),
            ),
            promises.extensions_are_in_force_exactly_when_granted,
            refused("extension_is_kept", pgtrigger.Delete),
            never_truncated("extension"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.number


class ExtensionRun(models.Model):
    """A run of cards with a later last day. A million cards, one row.

    `during` goes from the day on which it was agreed to that last day; there is none before
    somebody agrees. Of two over one card the second begins after the first is over.
    """

    extension = models.ForeignKey(Extension, models.PROTECT, related_name="runs")
    serials = BigIntegerRangeField()
    granted_at = models.DateTimeField(null=True)
    during = DateRangeField(null=True)

    class Meta:
        ordering: ClassVar = ["serials"]
        constraints: ClassVar = [
            # A card has one last day.
            ExclusionConstraint(
                name="a_card_is_extended_once_at_a_time",
                expressions=[
                    ("serials", RangeOperators.OVERLAPS),
                    ("during", RangeOperators.OVERLAPS),
                ],
                condition=Q(during__isnull=False),
            ),
            models.CheckConstraint(
                condition=bounded("serials"), name="extension_run_is_neither_empty_nor_unbounded"
            ),
            models.CheckConstraint(
                condition=Q(granted_at__isnull=True, during__isnull=True)
                | (Q(granted_at__isnull=False, during__isnull=False) & bounded("during")),
                name="an_extension_run_is_in_force_when_it_is_granted",
            ),
        ]
        triggers: ClassVar = [
            promises.extended_runs_are_named_while_it_is_asked,
            refused(
                "extension_run_stays",
                pgtrigger.Update,
                condition=pgtrigger.Q(old__granted_at__isnull=False)
                | pgtrigger.Q(old__serials__df=pgtrigger.F("new__serials"))
                | pgtrigger.Q(old__extension_id__df=pgtrigger.F("new__extension_id")),
            ),
            promises.extended_runs_follow_their_extension,
            refused("extension_run_is_kept", pgtrigger.Delete),
            never_truncated("extension_run"),
        ]

    def __str__(self) -> str:
        return str(self.run)

    @property
    def run(self) -> SerialRun:
        return SerialRun.of(self.serials)

    @property
    def last_day(self) -> date | None:
        """The last day on which these cards can be activated, once it is agreed to."""
        return self.extension.last_day if self.granted_at else None
