"""Stock counts: what somebody found with a holder, beside what the books say."""

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from selfcard.cards.models import DocumentType
from selfcard.core.serials import SerialRun
from selfcard.core.triggers import never_truncated, refused
from selfcard.custody.models.reasons import STOCK_COUNT_REASON, Reason, bounded
from selfcard.custody.statuses import CardStatus
from selfcard.organisations.models import Party, Staff


class StockCount(models.Model):
    """The cards of one type with one holder, counted by hand and compared with the books.

    Nothing changes by counting. Once it is compared, gaps and surplus are findings, each with what
    is proposed for it; a second person agrees to all of them, and only then does stock change.
    """

    class State(models.TextChoices):
        OPEN = "open", _("being counted")
        COMPARED = "compared", _("compared with the books")
        ASKED = "asked", _("waiting for a second person")
        CLOSED = "closed", _("closed")
        CANCELLED = "cancelled", _("cancelled")

    number = models.CharField(max_length=20, unique=True)
    holder = models.ForeignKey(Party, models.PROTECT, related_name="+")
    document_type = models.ForeignKey(DocumentType, models.PROTECT, related_name="+")
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    remark = models.CharField(max_length=200, blank=True)
    opened_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    # When the stacks were compared with the books, and how many cards each side had.
    compared_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    compared_at = models.DateTimeField(null=True)
    counted = models.PositiveIntegerField(null=True)
    expected = models.PositiveIntegerField(null=True)
    # Who asked for the adjustments; another person closes the count by agreeing to them.
    asked_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-opened_at", "-id"]
        indexes: ClassVar = [models.Index(fields=["holder", "state"], name="stock_count_by_holder")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["holder", "document_type"],
                condition=Q(state__in=["open", "compared", "asked"]),
                name="a_stock_is_counted_once_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(
                    state="open", compared_at__isnull=True, counted__isnull=True,
                    expected__isnull=True,
                )
                | Q(
                    state__in=["compared", "asked", "closed"], compared_by__isnull=False,
                    compared_at__isnull=False, counted__isnull=False, expected__isnull=False,
                )
                | Q(state="cancelled"),
                name="a_stock_count_is_compared_before_it_is_closed",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["open", "compared", "asked"],
                    closed_by__isnull=True,
                    closed_at__isnull=True,
                )
                | Q(
                    state__in=["closed", "cancelled"],
                    closed_by__isnull=False,
                    closed_at__isnull=False,
                ),
                name="a_stock_count_is_closed_exactly_when_somebody_did",
            ),
            models.CheckConstraint(
                condition=~Q(state="closed", asked_by__isnull=False) | ~Q(closed_by=F("asked_by")),
                name="nobody_agrees_to_their_own_adjustments",
            ),
            models.CheckConstraint(
                condition=~Q(state="asked") | Q(asked_by__isnull=False, asked_at__isnull=False),
                name="adjustments_are_asked_for_by_somebody",
            ),
        ]  # fmt: skip
        triggers: ClassVar = [
            pgtrigger.FSM(
                name="stock_count_goes_its_way",
                field="state",
                transitions=[
                    ("open", "compared"),
                    ("open", "cancelled"),
                    ("compared", "open"),
                    ("compared", "asked"),
                    ("compared", "closed"),
                    ("compared", "cancelled"),
                    ("asked", "compared"),
                    ("asked", "closed"),
                ],
            ),
            refused("stock_count_is_kept", pgtrigger.Delete),
            never_truncated("stock_count"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def reason(self) -> Reason:
        return STOCK_COUNT_REASON, self.number


class CountedStack(models.Model):
    """A stack as it lies there: first and last card, typed or scanned."""

    stock_count = models.ForeignKey(StockCount, models.PROTECT, related_name="stacks")
    serials = BigIntegerRangeField()
    entered_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["serials"]
        constraints: ClassVar = [
            ExclusionConstraint(
                name="a_card_is_counted_once",
                expressions=[
                    ("stock_count", RangeOperators.EQUAL),
                    ("serials", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                condition=bounded("serials"), name="a_stack_is_neither_empty_nor_unbounded"
            ),
        ]

    def __str__(self) -> str:
        return str(self.run)

    @property
    def run(self) -> SerialRun:
        return SerialRun.of(self.serials)


class CountFinding(models.Model):
    """Where count and books differ: cards that lack or that are too many, and who answers for them.

    Holder and status are those of the books when the two were compared; none if such a card was
    never printed.
    """

    class Kind(models.TextChoices):
        GAP = "gap", _("missing")
        SURPLUS = "surplus", _("surplus")

    class Remedy(models.TextChoices):
        EXPLAINED = "explained", _("explained, nothing changes")
        LOSS = "loss", _("written off as lost")
        TAKEN_OVER = "taken_over", _("taken over from whoever answered for them")

    stock_count = models.ForeignKey(StockCount, models.PROTECT, related_name="findings")
    kind = models.CharField(max_length=7, choices=Kind)
    serials = BigIntegerRangeField()
    holder = models.ForeignKey(Party, models.PROTECT, null=True, related_name="+")
    status = models.CharField(max_length=16, choices=CardStatus, blank=True)
    remedy = models.CharField(max_length=10, choices=Remedy, blank=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["serials"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=bounded("serials"), name="a_finding_is_neither_empty_nor_unbounded"
            ),
            models.CheckConstraint(
                condition=Q(kind="gap", remedy__in=["", "explained", "loss"])
                | Q(kind="surplus", remedy__in=["", "explained", "taken_over"]),
                name="a_finding_has_a_remedy_that_fits",
            ),
            models.CheckConstraint(condition=Q(remedy="") | ~Q(note=""), name="a_remedy_says_why"),
        ]
        triggers: ClassVar = [never_truncated("count_finding")]

    def __str__(self) -> str:
        return f"{self.kind} {self.run}"

    @property
    def run(self) -> SerialRun:
        return SerialRun.of(self.serials)
