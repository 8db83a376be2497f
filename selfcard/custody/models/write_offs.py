"""Cards that are said to be void, lost, destroyed or found again, with a second person."""

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.fields import BigIntegerRangeField
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from selfcard.cards.models import DocumentType
from selfcard.core.serials import SerialRun
from selfcard.core.triggers import append_only, never_truncated, refused
from selfcard.custody import promises
from selfcard.custody.models.reasons import WRITE_OFF_REASON, Reason, bounded
from selfcard.organisations.models import Party, Staff


class WriteOff(models.Model):
    """What happened to some cards of one holder, asked by one person and agreed by another.

    From the moment it is asked the cards are frozen, until it is decided. A loss is also a case:
    it has to be announced publicly by a day.
    """

    class Kind(models.TextChoices):
        VOID = "void", _("void")
        LOSS = "loss", _("loss")
        DESTRUCTION = "destruction", _("destruction")
        FOUND = "found", _("found again")

    class Cause(models.TextChoices):
        DAMAGED = "damaged", _("damaged")
        MISPRINTED = "misprinted", _("misprinted")
        SCRATCHED = "scratched", _("panel scratched")
        EXPIRED = "expired", _("out of date")
        LOST = "lost", _("lost")
        STOLEN = "stolen", _("stolen")
        COUNTED = "counted", _("missing at the stock count")
        VOID = "void", _("void cards")
        RETURNED = "returned", _("came to light")
        OTHER = "other", _("another reason")

    class State(models.TextChoices):
        ASKED = "asked", _("waiting for a second person")
        DONE = "done", _("agreed")
        REFUSED = "refused", _("refused")
        WITHDRAWN = "withdrawn", _("withdrawn")

    number = models.CharField(max_length=20, unique=True)
    kind = models.CharField(max_length=11, choices=Kind)
    document_type = models.ForeignKey(DocumentType, models.PROTECT, related_name="+")
    holder = models.ForeignKey(Party, models.PROTECT, related_name="+")
    count = models.PositiveIntegerField()
    cause = models.CharField(max_length=10, choices=Cause)
    note = models.CharField(max_length=500)
    state = models.CharField(max_length=9, choices=State, default=State.ASKED)
    asked_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    # A destruction: where and how, and on which day.
    place = models.CharField(max_length=100, blank=True)
    method = models.CharField(max_length=100, blank=True)
    destroyed_on = models.DateField(null=True)
    # A loss: to be announced publicly by this day, and where and when that was done.
    announce_by = models.DateField(null=True)
    announced_on = models.DateField(null=True)
    announced_in = models.CharField(max_length=100, blank=True)
    announced_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["-asked_at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["holder", "state"], name="write_off_by_holder"),
            models.Index(fields=["kind", "state"], name="write_off_by_kind"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(count__gte=1) & ~Q(note=""), name="a_write_off_has_cards_and_a_note"
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["asked", "withdrawn"],
                    decided_by__isnull=True,
                    decided_at__isnull=True,
                )
                | (
                    Q(
                        state__in=["done", "refused"],
                        decided_by__isnull=False,
                        decided_at__isnull=False,
                    )
                    & ~Q(decided_by=F("asked_by"))
                ),
                name="a_write_off_is_decided_by_another_person",
            ),
            models.CheckConstraint(
                condition=Q(kind="loss", announce_by__isnull=False)
                | (~Q(kind="loss") & Q(announce_by__isnull=True)),
                name="a_loss_and_nothing_else_is_announced_by_a_day",
            ),
            models.CheckConstraint(
                condition=Q(announced_on__isnull=True, announced_by__isnull=True, announced_in="")
                | (
                    Q(
                        kind="loss",
                        state="done",
                        announced_on__isnull=False,
                        announced_by__isnull=False,
                    )
                    & ~Q(announced_in="")
                ),
                name="an_announcement_is_of_an_agreed_loss_and_says_when_and_where",
            ),
            models.CheckConstraint(
                condition=(
                    Q(kind="destruction", destroyed_on__isnull=False) & ~Q(place="") & ~Q(method="")
                )
                | (~Q(kind="destruction") & Q(destroyed_on__isnull=True, place="", method="")),
                name="a_destruction_says_where_how_and_when",
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.FSM(
                name="write_off_is_decided_once",
                field="state",
                transitions=[("asked", "done"), ("asked", "refused"), ("asked", "withdrawn")],
            ),
            refused(
                "write_off_stays",
                pgtrigger.UpdateOf(
                    "number", "kind", "document_type_id", "holder_id", "count", "cause", "note",
                    "asked_by_id", "asked_at", "place", "method", "destroyed_on", "announce_by",
                ),
            ),
            refused(
                "an_announcement_stays",
                pgtrigger.UpdateOf("announced_on", "announced_in", "announced_by_id"),
                condition=pgtrigger.Q(old__announced_on__isnull=False),
            ),
            promises.write_offs_are_agreed_as_they_were_asked,
            refused("write_off_is_kept", pgtrigger.Delete),
            never_truncated("write_off"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.number

    @property
    def reason(self) -> Reason:
        return WRITE_OFF_REASON, self.number


class WriteOffRun(models.Model):
    """A run of cards that a write-off is about."""

    write_off = models.ForeignKey(WriteOff, models.PROTECT, related_name="runs")
    serials = BigIntegerRangeField()

    class Meta:
        ordering: ClassVar = ["serials"]
        indexes: ClassVar = [GistIndex(fields=["serials"], name="write_off_run_by_serials")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=bounded("serials"), name="write_off_run_is_neither_empty_nor_unbounded"
            )
        ]
        triggers: ClassVar = [
            promises.runs_are_named_while_it_is_asked,
            *append_only("write_off_run"),
        ]

    def __str__(self) -> str:
        return str(self.run)

    @property
    def run(self) -> SerialRun:
        return SerialRun.of(self.serials)
