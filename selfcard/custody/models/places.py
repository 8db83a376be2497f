"""Where cards are and were, how they came there, and how many there are."""

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import (
    BigIntegerRangeField,
    DateTimeRangeField,
    RangeOperators,
)
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import Q

from selfcard.cards.models import Batch
from selfcard.core.serials import SerialRun
from selfcard.core.triggers import append_only, never_truncated, refused
from selfcard.custody import promises
from selfcard.custody.models.reasons import Reason, bounded
from selfcard.custody.statuses import STEPS, CardStatus, MovementKind
from selfcard.organisations.models import Party


def _reason_is_whole() -> Q:
    return Q(reason_kind="", reason_number="") | (~Q(reason_kind="") & ~Q(reason_number=""))


class Holding(models.Model):
    """An unbroken run of serials in one holder's custody, in one status.

    Holdings say where each card is now; movements say how it got there, and alone make holdings.
    `since` is when this run, as it stands, began; a card's own times are in its movements. The
    reason is what a higher room knows the run by, such as `("sale", "S-2026-0000001")`.
    """

    batch = models.ForeignKey(Batch, models.PROTECT, related_name="holdings", db_index=False)
    serials = BigIntegerRangeField()  # never empty, never unbounded: a check says so
    holder = models.ForeignKey(Party, models.PROTECT, related_name="holdings", db_index=False)
    status = models.CharField(max_length=16, choices=CardStatus)
    reason_kind = models.CharField(max_length=20, blank=True)
    reason_number = models.CharField(max_length=40, blank=True)
    since = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["holder", "status"], name="holding_by_holder"),
            models.Index(fields=["reason_kind", "reason_number"], name="holding_by_reason"),
            # What is sold and not paid is little beside all that was ever sold.
            models.Index(
                fields=["reason_kind", "reason_number"],
                condition=Q(status="sold"),
                name="holding_that_is_not_paid",
            ),
            # A page of holdings, in serial order, without sorting them all.
            models.Index(fields=["serials"], name="holding_in_serial_order"),
        ]
        constraints: ClassVar = [
            # Two holders must never answer for the same card.
            ExclusionConstraint(
                name="holding_card_is_in_one_place",
                expressions=[("serials", RangeOperators.OVERLAPS)],
            ),
            models.CheckConstraint(
                condition=bounded("serials"), name="holding_is_neither_empty_nor_unbounded"
            ),
            models.CheckConstraint(
                condition=_reason_is_whole(), name="holding_reason_has_kind_and_number"
            ),
        ]
        triggers: ClassVar = [
            promises.written_by_movements_only("holding"),
            promises.holdings_laid_down_are_tallied,
            promises.holdings_taken_up_are_tallied,
            refused("holding_is_never_changed", pgtrigger.Update),
            never_truncated("holding"),
        ]

    def __str__(self) -> str:
        return f"{self.run} {self.status}"

    @property
    def run(self) -> SerialRun:
        return SerialRun.of(self.serials)

    @property
    def reason(self) -> Reason:
        return self.reason_kind, self.reason_number


class HoldingPast(models.Model):
    """A holding as it was for a while: who held what on a past day."""

    batch = models.ForeignKey(Batch, models.PROTECT, related_name="+", db_index=False)
    serials = BigIntegerRangeField()
    holder = models.ForeignKey(Party, models.PROTECT, related_name="+", db_index=False)
    status = models.CharField(max_length=16, choices=CardStatus)
    reason_kind = models.CharField(max_length=20, blank=True)
    reason_number = models.CharField(max_length=40, blank=True)
    during = DateTimeRangeField()

    class Meta:
        constraints: ClassVar = [
            ExclusionConstraint(
                name="card_was_in_one_place_at_a_time",
                expressions=[
                    ("serials", RangeOperators.OVERLAPS),
                    ("during", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                condition=bounded("serials") & bounded("during"),
                name="past_holding_is_neither_empty_nor_unbounded",
            ),
        ]
        triggers: ClassVar = [
            promises.written_by_movements_only("past_holding"),
            *append_only("past_holding"),
        ]

    def __str__(self) -> str:
        return f"{SerialRun.of(self.serials)} {self.status}"


def _steps_that_cards_take() -> Q:
    allowed = Q()
    for kind, before, after in STEPS:
        # An unknown condition would pass the check, so NULL is ruled out in so many words.
        start = Q(from_status__isnull=before is None)
        if before is not None:
            start &= Q(from_status=before)
        allowed |= Q(kind=kind, to_status=after) & start
    return allowed


class Movement(models.Model):
    """A run of cards went from one holder and status to another. Inserting it moves them.

    The journal is append-only; a card's whole history is its movements. What the holding keeps as
    its reason is `kept_reason_…`: in inventory most runs need none, and can be one with their
    neighbours.
    """

    batch = models.ForeignKey(Batch, models.PROTECT, related_name="+", db_index=False)
    serials = BigIntegerRangeField()
    kind = models.CharField(max_length=20, choices=MovementKind)
    from_holder = models.ForeignKey(
        Party, models.PROTECT, null=True, related_name="+", db_index=False
    )
    to_holder = models.ForeignKey(Party, models.PROTECT, related_name="+", db_index=False)
    from_status = models.CharField(max_length=16, choices=CardStatus, null=True)
    to_status = models.CharField(max_length=16, choices=CardStatus)
    reason_kind = models.CharField(max_length=20)
    reason_number = models.CharField(max_length=40)
    kept_reason_kind = models.CharField(max_length=20, blank=True)
    kept_reason_number = models.CharField(max_length=40, blank=True)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=210)
    channel = models.CharField(max_length=16)
    at = models.DateTimeField()
    day = models.DateField()  # of `at`, in the insurer's time zone

    class Meta:
        ordering: ClassVar = ["at", "id"]
        indexes: ClassVar = [
            GistIndex(fields=["serials"], name="movement_by_serials"),
            # Few cards end as a policy did; whoever asks which of a sale must not read all.
            GistIndex(
                fields=["serials"],
                condition=Q(kind="cancellation"),
                name="movement_that_ended_a_policy",
            ),
            models.Index(fields=["reason_kind", "reason_number"], name="movement_by_reason"),
            models.Index(fields=["day"], name="movement_by_day"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=bounded("serials"), name="movement_is_neither_empty_nor_unbounded"
            ),
            models.CheckConstraint(
                condition=_steps_that_cards_take(), name="movement_is_a_step_that_cards_take"
            ),
            models.CheckConstraint(
                condition=Q(from_status__isnull=True, from_holder__isnull=True)
                | Q(from_status__isnull=False, from_holder__isnull=False),
                name="movement_comes_from_somewhere_or_from_the_printer",
            ),
            models.CheckConstraint(
                condition=~Q(reason_kind="") & ~Q(reason_number=""),
                name="movement_has_its_reason",
            ),
        ]
        triggers: ClassVar = [
            promises.movement_moves_cards,
            promises.write_offs_are_agreed,
            *append_only("movement"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.run}"

    @property
    def run(self) -> SerialRun:
        return SerialRun.of(self.serials)

    @property
    def reason(self) -> Reason:
        return self.reason_kind, self.reason_number


class BatchTally(models.Model):
    """How many cards of a batch are held, kept by the holdings' own triggers.

    A commit is refused when it is not the batch's size: a card in no place, or in two.
    """

    batch = models.OneToOneField(Batch, models.PROTECT, primary_key=True, related_name="tally")
    size = models.BigIntegerField()
    held = models.BigIntegerField()

    class Meta:
        triggers: ClassVar = [
            promises.written_by_movements_only("tally"),
            promises.every_card_is_held_at_commit,
            refused("tally_is_never_deleted", pgtrigger.Delete),
            refused("tally_size_is_never_changed", pgtrigger.UpdateOf("size", "batch_id")),
            never_truncated("tally"),
        ]


class PlaceTally(models.Model):
    """How many cards of a batch one holder has in one status now, in how many runs.

    Kept by the holdings' own triggers: totals over all the books need not read every holding. What
    is not there is none. Whoever moves a batch's cards holds its lock, so two never wait for the
    same row.
    """

    batch = models.ForeignKey(Batch, models.PROTECT, related_name="+", db_index=False)
    holder = models.ForeignKey(Party, models.PROTECT, related_name="+")
    status = models.CharField(max_length=16, choices=CardStatus)
    runs = models.BigIntegerField()
    cards = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["batch", "holder", "status"],
                name="place_tally_is_one_row_a_batch_holder_and_status",
            ),
            models.CheckConstraint(
                condition=Q(runs__gte=1, cards__gte=models.F("runs")),
                name="place_tally_has_cards_in_every_run",
            ),
        ]
        triggers: ClassVar = [
            promises.written_by_movements_only("place_tally"),
            never_truncated("place_tally"),
        ]

    def __str__(self) -> str:
        return f"{self.holder_id} {self.status} {self.cards}"


class StockFlow(models.Model):
    """How many cards of a batch came into or left somebody's stock on one day, by what kind.

    Stock is what is *printed*, *in transit* or in *inventory*: with whoever answers for it. Where
    cards came into being there is no giver, where they left all stock no receiver; a step within
    one holder's stock is no flow. The stock ledger adds these up, instead of all movements.
    """

    batch = models.ForeignKey(Batch, models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    kind = models.CharField(max_length=20, choices=MovementKind)
    giver = models.ForeignKey(Party, models.PROTECT, null=True, related_name="+", db_index=False)
    receiver = models.ForeignKey(Party, models.PROTECT, null=True, related_name="+", db_index=False)
    cards = models.BigIntegerField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["day"], name="stock_flow_by_day")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["batch", "day", "kind", "giver", "receiver"],
                name="stock_flow_is_one_row_a_day_and_kind",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=~Q(giver__isnull=True, receiver__isnull=True) & Q(cards__gte=1),
                name="stock_flow_has_cards_and_somebody",
            ),
        ]
        triggers: ClassVar = [
            promises.written_by_movements_only("stock_flow"),
            refused("stock_flow_is_never_deleted", pgtrigger.Delete),
            never_truncated("stock_flow"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.kind} {self.cards}"
