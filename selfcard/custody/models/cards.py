"""What stands beside a card's place: stopped, opened, activated."""

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.fields import BigIntegerRangeField
from django.contrib.postgres.indexes import BrinIndex, GistIndex
from django.db import models
from django.db.models import Q

from selfcard.cards.models import Batch
from selfcard.core.serials import SerialRun
from selfcard.core.triggers import append_only, never_truncated, refused
from selfcard.custody import promises
from selfcard.custody.models.reasons import Reason, bounded
from selfcard.organisations.models import Party, Staff


class Freeze(models.Model):
    """A run of cards that is stopped for a while, whatever its status. A million cards, one row.

    One that is reported lost, under inquiry, or of a batch that is stopped as a whole. Several may
    lie over a card; it goes on when none is in force any more.
    """

    serials = BigIntegerRangeField()
    reason_kind = models.CharField(max_length=20)
    reason_number = models.CharField(max_length=40)
    note = models.CharField(max_length=200, blank=True)
    frozen_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    frozen_at = models.DateTimeField()
    released_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    released_at = models.DateTimeField(null=True)
    release_note = models.CharField(max_length=200, blank=True)
    # A part of it was let go: from then on its parts tell what was and is, each for its own cards.
    is_split = models.BooleanField(default=False, db_default=False)

    class Meta:
        indexes: ClassVar = [
            GistIndex(
                fields=["serials"], name="freeze_in_force", condition=Q(released_at__isnull=True)
            ),
            models.Index(fields=["reason_kind", "reason_number"], name="freeze_by_reason"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=bounded("serials"), name="freeze_is_neither_empty_nor_unbounded"
            ),
            models.CheckConstraint(
                condition=Q(released_by__isnull=True, released_at__isnull=True)
                | Q(released_by__isnull=False, released_at__isnull=False),
                name="a_freeze_is_released_exactly_when_somebody_did",
            ),
            models.CheckConstraint(
                condition=Q(is_split=False) | Q(released_at__isnull=False),
                name="a_freeze_that_is_split_is_over",
            ),
        ]
        triggers: ClassVar = [
            refused("freeze_is_kept", pgtrigger.Delete),
            refused(
                "freeze_stays",
                pgtrigger.UpdateOf(
                    "serials", "reason_kind", "reason_number", "note", "frozen_by_id", "frozen_at"
                ),
            ),
            refused(
                "freeze_is_released_once",
                pgtrigger.Update,
                condition=pgtrigger.Q(old__released_at__isnull=False),
            ),
            never_truncated("freeze"),
        ]

    def __str__(self) -> str:
        return str(self.run)

    @property
    def run(self) -> SerialRun:
        return SerialRun.of(self.serials)

    @property
    def reason(self) -> Reason:
        return self.reason_kind, self.reason_number


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
        indexes: ClassVar = [
            # A card's activations, and how many of a run were activated at a past moment, without
            # a look at the rows.
            models.Index(
                fields=["serial"],
                include=["activated_at", "reversed_at"],
                name="activated_card_by_serial",
            ),
            # Activations come in the order of time: a hint for each stretch of pages is enough.
            BrinIndex(fields=["activated_at"], autosummarize=True, name="activated_card_by_day"),
        ]
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
            promises.activations_are_of_paid_cards_and_tallied,
            promises.reversals_are_tallied,
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


class ActivatedTally(models.Model):
    """How many cards of one holder, in one block of a thousand serials, are activated now.

    Kept by the activated cards' own triggers, so that nobody counts millions. An activated card
    does not move, so its batch and holder stay what they were when it was activated. Blocks are
    small so that activations of one sale seldom wait for each other.
    """

    # No foreign keys in the database: every activation would lock those few rows (multixacts).
    batch = models.ForeignKey(
        Batch, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    holder = models.ForeignKey(
        Party, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    block = models.BigIntegerField()  # serial // 1000
    activated = models.IntegerField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["holder"], name="activated_tally_by_holder")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["block", "holder", "batch"], name="activated_tally_is_one_row_a_block"
            ),
            models.CheckConstraint(
                condition=Q(activated__gte=0, activated__lte=1000),
                name="activated_tally_is_within_its_block",
            ),
        ]
        triggers: ClassVar = [
            promises.written_by_movements_only("activated_tally"),
            refused("activated_tally_is_never_deleted", pgtrigger.Delete),
            never_truncated("activated_tally"),
        ]

    def __str__(self) -> str:
        return f"{self.block} {self.activated}"
