"""Stock counts: what somebody found with a holder, beside what the books say."""

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from selfcard.cards.models import DocumentType
from selfcard.core.serials import SerialRun
from selfcard.core.triggers import never_truncated, refused
from selfcard.custody.models.reasons import STOCK_COUNT_REASON, Reason, bounded
from selfcard.custody.models.write_offs import WriteOff
from selfcard.custody.statuses import CardStatus
from selfcard.organisations.models import Party, Staff


def _written_while(
    name: str, state: str, fixed: pgtrigger.core.Operation
) -> list[pgtrigger.Trigger]:
    """Rows of a count that come and go only while it is in one state, and change only in part.

    The count's row is held meanwhile, so that it does not go on to another state.
    """
    return [
        pgtrigger.Trigger(
            name=f"{name}_is_written_while_{state}",
            level=pgtrigger.Row,
            when=pgtrigger.Before,
            operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
            declare=[("written", "bigint"), ("found", "text")],
            func=f"""
                written := CASE TG_OP WHEN 'DELETE' THEN OLD.stock_count_id
                    ELSE NEW.stock_count_id END;
                SELECT state INTO found FROM custody_stockcount WHERE id = written FOR SHARE;
                IF found IS DISTINCT FROM '{state}' THEN
                    RAISE EXCEPTION '% is written while the count is {state}, not %',
                        TG_TABLE_NAME, found USING ERRCODE = '23514';
                END IF;
                RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
            """,  # noqa: S608 (the state is one of two written below)
        ),
        refused(f"{name}_stays", fixed),
        never_truncated(name),
    ]


_differences_are_agreed = pgtrigger.Trigger(
    name="differences_are_agreed",
    level=pgtrigger.Row,
    when=pgtrigger.Before,
    operation=pgtrigger.UpdateOf("state"),
    condition=pgtrigger.Q(new__state__in=["asked", "closed"]),
    func="""
        IF EXISTS (
            SELECT FROM custody_countfinding
            WHERE stock_count_id = NEW.id AND (remedy = '' OR NEW.asked_by_id IS NULL)
        ) THEN
            RAISE EXCEPTION 'nobody agreed to every difference of stock count %', NEW.number
                USING ERRCODE = '23514';
        END IF;
        RETURN NEW;
    """,
)


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
    # Who stands by on the holder's side, or for a holder who counts their own cards.
    witness = models.CharField(max_length=100, blank=True)
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
    cancelled_because = models.CharField(max_length=200, blank=True)
    # The loss that an agreed adjustment has made.
    write_off = models.OneToOneField(
        WriteOff, models.PROTECT, null=True, related_name="stock_count"
    )

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
                condition=Q(
                    state__in=["open", "compared", "closed", "cancelled"],
                    asked_by__isnull=True,
                    asked_at__isnull=True,
                )
                | Q(
                    state__in=["asked", "closed"], asked_by__isnull=False, asked_at__isnull=False
                ),
                name="adjustments_are_asked_for_by_somebody",
            ),
            models.CheckConstraint(
                condition=(Q(state="cancelled") & ~Q(cancelled_because=""))
                | (~Q(state="cancelled") & Q(cancelled_because="")),
                name="a_stock_count_is_cancelled_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(write_off__isnull=True) | Q(state="closed", asked_by__isnull=False),
                name="a_stock_count_writes_off_what_was_agreed",
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
            _differences_are_agreed,
            refused(
                "stock_count_stays",
                pgtrigger.UpdateOf(
                    "number", "holder_id", "document_type_id", "remark", "witness",
                    "opened_by_id", "opened_at",
                ),
            ),
            refused(
                "an_ended_stock_count_stays",
                pgtrigger.Update,
                condition=pgtrigger.Q(old__state__in=["closed", "cancelled"]),
            ),
            refused("stock_count_is_kept", pgtrigger.Delete),
            never_truncated("stock_count"),
        ]  # fmt: skip

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
        triggers: ClassVar = _written_while("counted_stack", "open", pgtrigger.Update)

    def __str__(self) -> str:
        return str(self.run)

    @property
    def run(self) -> SerialRun:
        return SerialRun.of(self.serials)


class CountFinding(models.Model):
    """Where count and books differ: cards that lack or that are too many, and who answers for them.

    Holder and status are those of the books when the two were compared; none if such a card was
    never printed. The reason is what else the books knew of them: why they are stopped, or the
    paper that they are on their way by.
    """

    class Kind(models.TextChoices):
        GAP = "gap", pgettext_lazy("stock count", "missing")
        SURPLUS = "surplus", pgettext_lazy("stock count", "surplus")

    class Remedy(models.TextChoices):
        EXPLAINED = "explained", _("explained, nothing changes")
        LOSS = "loss", _("written off as lost")
        TAKEN_OVER = "taken_over", _("taken over from whoever answered for them")

    stock_count = models.ForeignKey(StockCount, models.PROTECT, related_name="findings")
    kind = models.CharField(max_length=7, choices=Kind)
    serials = BigIntegerRangeField()
    holder = models.ForeignKey(Party, models.PROTECT, null=True, related_name="+")
    status = models.CharField(max_length=16, choices=CardStatus, blank=True)
    reason_kind = models.CharField(max_length=20, blank=True)
    reason_number = models.CharField(max_length=40, blank=True)
    remedy = models.CharField(max_length=10, choices=Remedy, blank=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["serials"]
        constraints: ClassVar = [
            ExclusionConstraint(
                name="a_card_differs_once",
                expressions=[
                    ("stock_count", RangeOperators.EQUAL),
                    ("serials", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                condition=bounded("serials"), name="a_finding_is_neither_empty_nor_unbounded"
            ),
            models.CheckConstraint(
                condition=Q(kind="gap", remedy__in=["", "explained", "loss"])
                | Q(kind="surplus", remedy__in=["", "explained", "taken_over"]),
                name="a_finding_has_a_remedy_that_fits",
            ),
            models.CheckConstraint(
                condition=(Q(holder__isnull=False) & ~Q(status=""))
                | Q(kind="surplus", holder__isnull=True, status="", remedy__in=["", "explained"]),
                name="somebody_answers_for_every_printed_card",
            ),
            models.CheckConstraint(condition=Q(remedy="") | ~Q(note=""), name="a_remedy_says_why"),
        ]
        triggers: ClassVar = _written_while(
            "count_finding",
            "compared",
            pgtrigger.UpdateOf(
                "stock_count_id", "kind", "serials", "holder_id", "status", "reason_kind",
                "reason_number",
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.kind} {self.run}"

    @property
    def run(self) -> SerialRun:
        return SerialRun.of(self.serials)

    @property
    def reason(self) -> Reason:
        return self.reason_kind, self.reason_number
