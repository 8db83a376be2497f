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
from django.utils.translation import gettext_lazy as _

from selfcard.cards.models import Batch, DocumentType
from selfcard.core.serials import SerialRun
from selfcard.core.triggers import append_only, never_truncated, refused
from selfcard.custody import promises
from selfcard.custody.statuses import STEPS, CardStatus, MovementKind
from selfcard.custody.statuses import SeenStatus as SeenStatus
from selfcard.organisations.models import Organisation, Party, Staff

Reason = tuple[str, str]
NO_REASON: Reason = ("", "")


def _bounded(field: str) -> Q:
    return Q(
        **{f"{field}__isempty": False, f"{field}__lower_inf": False, f"{field}__upper_inf": False}
    )


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
        ]
        constraints: ClassVar = [
            # Two holders must never answer for the same card.
            ExclusionConstraint(
                name="holding_card_is_in_one_place",
                expressions=[("serials", RangeOperators.OVERLAPS)],
            ),
            models.CheckConstraint(
                condition=_bounded("serials"), name="holding_is_neither_empty_nor_unbounded"
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
                condition=_bounded("serials") & _bounded("during"),
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

    class Meta:
        ordering: ClassVar = ["at", "id"]
        indexes: ClassVar = [
            GistIndex(fields=["serials"], name="movement_by_serials"),
            models.Index(fields=["reason_kind", "reason_number"], name="movement_by_reason"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=_bounded("serials"), name="movement_is_neither_empty_nor_unbounded"
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


class Issue(models.Model):
    """An issue note: cards handed down, to an organisation or to an individual.

    To an organisation they are in transit, and with the sender, until it checks them in; an
    individual holds them at once. Which cards they are is in the movements that name the note.
    """

    class State(models.TextChoices):
        IN_TRANSIT = "in_transit", _("in transit")
        CHECKED_IN = "checked_in", _("checked in")

    number = models.CharField(max_length=20, unique=True)
    document_type = models.ForeignKey(DocumentType, models.PROTECT, related_name="+")
    from_party = models.ForeignKey(Party, models.PROTECT, related_name="+")
    to_party = models.ForeignKey(Party, models.PROTECT, related_name="+")
    for_organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    count = models.PositiveIntegerField()
    remark = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=State)
    issued_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    issued_at = models.DateTimeField()
    checked_in_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    checked_in_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-issued_at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["to_party", "state"], name="issue_by_receiver"),
            models.Index(fields=["from_party", "state"], name="issue_by_sender"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(
                    state="in_transit", checked_in_by__isnull=True, checked_in_at__isnull=True
                )
                | Q(state="checked_in", checked_in_at__isnull=False),
                name="an_issue_is_checked_in_exactly_when_it_has_that_time",
            ),
            models.CheckConstraint(condition=Q(count__gte=1), name="an_issue_has_cards"),
        ]
        triggers: ClassVar = [
            refused(
                "issue_is_checked_in_once",
                pgtrigger.Update,
                condition=pgtrigger.Q(old__state="checked_in"),
            ),
            refused("issue_is_kept", pgtrigger.Delete),
            never_truncated("issue"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_to_person(self) -> bool:
        return self.to_party.is_person

    @property
    def reason(self) -> Reason:
        return ISSUE_REASON, self.number


ISSUE_REASON = "issue"
BATCH_REASON = "batch"
MISSING_REASON = "missing"
DAMAGED_REASON = "damaged"
SHORTAGE_REASON = "shortage"


class Freeze(models.Model):
    """A run of cards that is stopped for a while, whatever its status. A million cards, one row."""

    serials = BigIntegerRangeField()
    reason_kind = models.CharField(max_length=20)
    reason_number = models.CharField(max_length=40)
    frozen_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    frozen_at = models.DateTimeField()
    released_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    released_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            GistIndex(
                fields=["serials"], name="freeze_in_force", condition=Q(released_at__isnull=True)
            )
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=_bounded("serials"), name="freeze_is_neither_empty_nor_unbounded"
            ),
            models.CheckConstraint(
                condition=Q(released_by__isnull=True, released_at__isnull=True)
                | Q(released_by__isnull=False, released_at__isnull=False),
                name="a_freeze_is_released_exactly_when_somebody_did",
            ),
        ]
        triggers: ClassVar = [
            refused("freeze_is_kept", pgtrigger.Delete),
            refused("freeze_serials_stay", pgtrigger.UpdateOf("serials")),
            never_truncated("freeze"),
        ]

    def __str__(self) -> str:
        return str(SerialRun.of(self.serials))


class OpenedCard(models.Model):
    """A card whose PIN was accepted at least once. Kept for ever.

    Nobody may buy a card whose secret another knows: from here on it is not issued, not sold, and
    never returns to inventory. The row also stands for the card where two who opened it wait for
    each other.
    """

    serial = models.BigIntegerField(primary_key=True)
    opened_at = models.DateTimeField()

    class Meta:
        triggers: ClassVar = append_only("opened_card")

    def __str__(self) -> str:
        return str(self.serial)


class ActivatedCard(models.Model):
    """A card that became a policy: one row for one card, as if it were a run of its own.

    It has no foreign key to its batch: a hundred thousand activations a day would all lock that
    one row (multixacts).
    """

    serial = models.BigIntegerField()
    policy_number = models.CharField(max_length=20, unique=True)
    activated_at = models.DateTimeField()
    reversed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            # At most one live policy per card.
            models.UniqueConstraint(
                fields=["serial"],
                condition=Q(reversed_at__isnull=True),
                name="card_is_activated_once_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(reversed_at__isnull=True)
                | Q(reversed_at__gte=models.F("activated_at")),
                name="an_activation_is_reversed_after_it_was_made",
            ),
        ]
        triggers: ClassVar = [
            promises.only_paid_cards_are_activated,
            refused("activated_card_is_kept", pgtrigger.Delete),
            refused(
                "activated_card_stays",
                pgtrigger.UpdateOf("serial", "policy_number", "activated_at"),
            ),
            refused(
                "activation_is_reversed_once",
                pgtrigger.Update,
                condition=pgtrigger.Q(old__reversed_at__isnull=False),
            ),
            never_truncated("activated_card"),
        ]

    def __str__(self) -> str:
        return f"{self.serial} {self.policy_number}"
