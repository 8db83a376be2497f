"""Stock counts: which there are, what is in them, and what waits for whom."""

from dataclasses import dataclass, replace

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum

from selfcard.approvals.models import Approval
from selfcard.approvals.queries import approval_of
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.serials import SerialRun
from selfcard.custody.counting import fitting
from selfcard.custody.deeds import declared_invalid
from selfcard.custody.models import (
    STOCK_COUNT_REASON,
    CountedStack,
    CountFinding,
    StockCount,
)
from selfcard.organisations.models import May
from selfcard.organisations.queries import parties_in_reach

ADJUST_STOCK = "custody.adjust_stock"
SEEING_COUNTS = (May.COUNT_STOCK, May.APPROVE_WRITE_OFFS, May.SEE_CARDS)
CARDS = F("serials__endswith") - F("serials__startswith")

State = StockCount.State


def stock_counts_seen_by(actor: Actor) -> QuerySet[StockCount]:
    """The counts of whoever lies in the actor's reach, with how many cards lack or are too many."""
    holders = parties_in_reach(actor, *SEEING_COUNTS).values("pk")
    return (
        StockCount.objects.filter(holder__in=holders)
        .select_related(
            "holder",
            "document_type",
            "opened_by__party",
            "compared_by__party",
            "asked_by__party",
            "closed_by__party",
            "write_off",
        )
        .annotate(
            missing=_cards_of(CountFinding.Kind.GAP), surplus=_cards_of(CountFinding.Kind.SURPLUS)
        )
    )


def stock_counts_to_finish(actor: Actor) -> QuerySet[StockCount]:
    """What the actor began to count and nobody has ended, the oldest first.

    What a second person is asked about waits for them; with the actor again when they have not
    decided in time.
    """
    expired = Approval.objects.filter(
        kind=ADJUST_STOCK,
        subject_number=OuterRef("number"),
        state=Approval.State.ASKED,
        expires_at__lte=clock.now(),
    )
    mine = StockCount.objects.filter(opened_by=actor.id).select_related("holder", "document_type")
    return mine.filter(
        Q(state__in=[State.OPEN, State.COMPARED]) | Q(Exists(expired), state=State.ASKED)
    ).order_by("opened_at")


def may_count(actor: Actor, stock_count: StockCount) -> bool:
    """Whether the actor may count at this holder."""
    return parties_in_reach(actor, May.COUNT_STOCK).filter(pk=stock_count.holder_id).exists()


@dataclass(frozen=True)
class Counted:
    """What was entered so far."""

    stacks: int
    cards: int


def counted_so_far(stock_count: StockCount) -> Counted:
    found = stock_count.stacks.order_by().aggregate(stacks=Count("pk"), cards=Sum(CARDS))
    return Counted(found["stacks"], found["cards"] or 0)


def stacks_of(stock_count: StockCount) -> QuerySet[CountedStack]:
    """The stacks of a count, the last entered first."""
    return stock_count.stacks.select_related("entered_by__party").order_by("-pk")


@dataclass(frozen=True)
class Difference:
    """A difference of a count, and how much of it is told to whoever looks.

    Who answers for cards, and what the books know of them, is told of cards in sight only
    (`is_seen`): a stack that somebody types is no inquiry into foreign stock. Nor is it told how
    foreign stock is cut: neighbours out of sight of which the same is told are one difference.
    """

    findings: tuple[CountFinding, ...]
    is_seen: bool
    is_invalid: bool  # lost, and announced publicly: whatever turns up is made void

    @property
    def finding(self) -> CountFinding:
        """The first of them, which speaks for all."""
        return self.findings[0]

    @property
    def run(self) -> SerialRun:
        return SerialRun(self.findings[0].run.first, self.findings[-1].run.last)

    @property
    def fitting(self) -> tuple[CountFinding.Remedy, ...]:
        """What may be proposed for it."""
        return fitting(self.finding, is_invalid=self.is_invalid)

    def goes_on_with(self, after: "Difference") -> bool:
        """Whether the next one is out of sight, too, and nothing else is told of it."""
        if self.is_seen or after.is_seen or self.run.last + 1 != after.run.first:
            return False
        return self._told == after._told

    @property
    def _told(self) -> tuple[object, ...]:
        one = self.finding
        return one.kind, one.holder_id is None, self.fitting, one.remedy, one.note


def differences_of(stock_count: StockCount, actor: Actor) -> list[Difference]:
    """The differences of a count, in order, each as far as the actor may learn of it."""
    findings = list(stock_count.findings.select_related("holder"))
    holders = {one.holder_id for one in findings if one.holder_id is not None}
    seen = set(
        parties_in_reach(actor, *SEEING_COUNTS).filter(pk__in=holders).values_list("pk", flat=True)
    )
    invalid = declared_invalid(findings)
    told: list[Difference] = []
    for one in findings:
        difference = Difference((one,), one.holder_id in seen, one.reason_number in invalid)
        if told and told[-1].goes_on_with(difference):
            told[-1] = replace(told[-1], findings=(*told[-1].findings, one))
        else:
            told.append(difference)
    return told


def request_about(stock_count: StockCount) -> Approval | None:
    """The last request to a second person about a count, decided or not."""
    return approval_of(ADJUST_STOCK, STOCK_COUNT_REASON, stock_count.number)


@dataclass(frozen=True)
class Differing:
    """How many cards lack, and how many are too many."""

    missing: int
    surplus: int


def cards_differing(counts: QuerySet[StockCount]) -> Differing:
    """The same of several counts together."""
    found = CountFinding.objects.filter(stock_count__in=counts.order_by().values("pk")).aggregate(
        missing=Sum(CARDS, filter=Q(kind=CountFinding.Kind.GAP)),
        surplus=Sum(CARDS, filter=Q(kind=CountFinding.Kind.SURPLUS)),
    )
    return Differing(found["missing"] or 0, found["surplus"] or 0)


def _cards_of(kind: CountFinding.Kind) -> Subquery:
    """How many cards the differences of one kind are, for each count."""
    found = CountFinding.objects.filter(stock_count=OuterRef("pk"), kind=kind).order_by()
    return Subquery(found.values("stock_count").annotate(cards=Sum(CARDS)).values("cards")[:1])
