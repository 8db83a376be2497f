"""Runs of cards, cut where anything about them changes, and judged for a deed.

The live answer beside a range and the command that follows judge by the same rules, so that a
page never promises what the command refuses.
"""

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, F, Func, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import JSONObject
from django.utils.translation import gettext_lazy as _
from psycopg.types.range import Range

from selfcard.cards.models import Batch, DocumentType
from selfcard.core import clock
from selfcard.core.compiled import Compiled
from selfcard.core.refusals import Operation
from selfcard.core.serials import SerialRun, describe_runs, merge_runs
from selfcard.core.wording import beside, listed, told
from selfcard.custody.errors import (
    CardsDeclaredInvalid,
    CardsExpired,
    CardsFrozen,
    CardsInOtherStatus,
    CardsNeverCame,
    CardsNotExpired,
    CardsNotHeld,
    CardsNotOnTheNote,
    CardsOfOtherType,
    CardsOfSeveralHolders,
    CardsOnTheirWay,
    CardsOpened,
    CardsPastUseBy,
    CardsRefused,
    NoSuchCards,
)
from selfcard.custody.models import (
    BATCH_REASON,
    FREEZE_REASON,
    ISSUE_REASON,
    MISSING_REASON,
    SAID_OF_THE_CARDS,
    SHORTAGE_REASON,
    STOCK_COUNT_REASON,
    WRITE_OFF_REASON,
    ActivatedCard,
    ExtensionRun,
    Freeze,
    Holding,
    OpenedCard,
    Reason,
)
from selfcard.custody.statuses import CardStatus, SeenStatus, seen_status
from selfcard.organisations.models import Party


@dataclass(frozen=True)
class Part:
    """Cards in a row that are alike: in one place, or nowhere at all."""

    run: SerialRun
    batch: Batch | None = None
    holder: Party | None = None
    status: CardStatus | None = None
    reason: Reason = ("", "")
    since: datetime | None = None
    freezes: tuple[Reason, ...] = ()  # why the cards are stopped, if they are
    opened: bool = False
    extended_to: date | None = None  # a later last day, once two people agreed to one
    policy: str = ""  # of a card that is known to be activated

    @property
    def count(self) -> int:
        return self.run.count

    @property
    def frozen(self) -> bool:
        return bool(self.freezes)

    @property
    def kept_by(self) -> tuple[Reason, ...]:
        """Of what stops the cards, that which keeps them from coming back out of a sale."""
        return tuple(freeze for freeze in self.freezes if freeze[0] in SAID_OF_THE_CARDS)

    def within(self, run: SerialRun) -> "Part":
        """The same, for fewer cards."""
        return replace(self, run=run)

    @property
    def deadline(self) -> date | None:
        """The last day to activate: the printed one, or the later one that was agreed to."""
        return self.extended_to or (self.batch.deadline if self.batch else None)

    @property
    def has_expired(self) -> bool:
        return self.deadline is not None and clock.today() > self.deadline

    @property
    def is_past_use_by(self) -> bool:
        use_by = self.batch.use_by if self.batch else None
        return use_by is not None and clock.today() > use_by

    @property
    def is_on_its_way(self) -> bool:
        """In transit with an issue note, which is the reason that is kept."""
        return self.status == CardStatus.IN_TRANSIT and self.reason[0] == ISSUE_REASON

    @property
    def seen(self) -> SeenStatus | None:
        """The status that people see; activated cards are counted apart."""
        if self.status is None:
            return None
        return seen_status(
            self.status,
            activated=bool(self.policy),
            frozen=self.frozen,
            deadline=self.deadline,
            today=clock.today(),
        )


def read_parts(runs: Iterable[SerialRun]) -> list[Part]:
    """Every serial of the runs in exactly one part, in order; one statement."""
    wanted = merge_runs(runs)
    if not wanted:
        return []
    ranges = [run.range for run in wanted]
    few = len(ranges) <= RANGES_COMPILED
    holdings = _touched(len(ranges), *ranges) if few else list(_holdings(len(ranges), *ranges))
    return _cut(wanted, holdings)


def _holdings(count: int, *ranges: Range[int]) -> QuerySet[Holding]:
    """The holdings that some ranges touch, each with what stops it and which cards were opened."""
    touched = Q(*(Q(serials__overlap=serials) for serials in ranges), _connector=Q.OR)
    frozen = Freeze.objects.filter(serials__overlap=OuterRef("serials"), released_at=None)
    extended = ExtensionRun.objects.filter(
        serials__overlap=OuterRef("serials"), during__isnull=False
    )
    opened = OpenedCard.objects.filter(
        serial__gte=OuterRef("serials__startswith"), serial__lt=OuterRef("serials__endswith")
    )
    return (
        Holding.objects.filter(touched)
        .select_related(
            "batch__type_version__document_type",
            "holder__organisation",
            "holder__staff__organisation__party",
        )
        .annotate(
            frozen_by=ArraySubquery(
                frozen.order_by("id").values(
                    data=JSONObject(
                        first=Func("serials", function="lower"),
                        end=Func("serials", function="upper"),
                        kind="reason_kind",
                        number="reason_number",
                    )
                )
            ),
            # Only paid cards have a later last day.
            extensions=Case(
                When(
                    status=CardStatus.TO_BE_ACTIVATED,
                    then=ArraySubquery(
                        extended.order_by("during").values(
                            data=JSONObject(
                                first=Func("serials", function="lower"),
                                end=Func("serials", function="upper"),
                                last_day=F("extension__last_day"),
                            )
                        )
                    ),
                ),
                default=Value(None),
            ),
            # Cards that are sold are meant to be opened, and there are very many.
            opened_serials=Case(
                When(
                    status__in=[CardStatus.INVENTORY, CardStatus.LOST],
                    then=ArraySubquery(opened.values("serial")),
                ),
                default=Value(None),
            ),
        )
        .order_by("serials")
    )


# A query is kept put together for each number of ranges, up to what people name by hand.
RANGES_COMPILED = 8
_touched = Compiled(_holdings)


def _cut(wanted: list[SerialRun], holdings: list[Holding]) -> list[Part]:
    """Runs and holdings are in order, and are gone through once."""
    known = [_Known.of(holding) for holding in holdings]
    parts: list[Part] = []
    start = 0
    for run in wanted:
        while start < len(known) and known[start].run.last < run.first:
            start += 1
        inside = []
        for one in itertools.islice(known, start, None):
            if not (both := one.run.intersection(run)):
                break
            inside.append((one, both))
        parts.extend(Part(gap) for gap in run.without(both for _, both in inside))
        for one, both in inside:
            parts.extend(_alike(one, both))
    return sorted(parts, key=lambda part: part.run)


class _Known(NamedTuple):
    """A holding with what lies over its cards."""

    holding: Holding
    run: SerialRun
    freezes: list[tuple[SerialRun, Reason]]
    opened: list[SerialRun]
    extended: list[tuple[SerialRun, date]]  # the latest last

    @classmethod
    def of(cls, holding: Holding) -> "_Known":
        freezes = [_freeze(one) for one in holding.frozen_by]  # type: ignore[attr-defined]
        serials = holding.opened_serials or ()  # type: ignore[attr-defined]
        extended = [_extension(one) for one in holding.extensions or ()]  # type: ignore[attr-defined]
        opened = [SerialRun(one, one) for one in serials]
        return cls(holding, holding.run, freezes, opened, extended)


def _alike(known: _Known, run: SerialRun) -> Iterator[Part]:
    """A holding's cards of a run, cut where they are frozen, extended or were opened."""
    holding = known.holding
    freezes = [one for one in known.freezes if one[0].overlaps(run)]
    opened = [one for one in known.opened if one.overlaps(run)]
    extended = [one for one in known.extended if one[0].overlaps(run)]
    for piece in run.cut_at([*(one for one, why in (*freezes, *extended)), *opened]):
        yield Part(
            piece,
            batch=holding.batch,
            holder=holding.holder,
            status=CardStatus(holding.status),
            reason=holding.reason,
            since=holding.since,
            freezes=tuple(why for stopped, why in freezes if piece.first in stopped),
            opened=any(piece.first in one for one in opened),
            extended_to=next((day for one, day in extended[::-1] if piece.first in one), None),
        )


def _freeze(row: dict[str, Any]) -> tuple[SerialRun, Reason]:
    return SerialRun(row["first"], row["end"] - 1), (row["kind"], row["number"])


def _extension(row: dict[str, Any]) -> tuple[SerialRun, date]:
    return SerialRun(row["first"], row["end"] - 1), date.fromisoformat(row["last_day"])


def cut_at_policies(parts: Iterable[Part]) -> list[Part]:
    """The parts, cut where a card is a policy already; of very many policies the first ones."""
    parts = list(parts)
    paid = Q()
    for part in parts:
        if part.status == CardStatus.TO_BE_ACTIVATED:
            paid |= Q(serial__range=(part.run.first, part.run.last))
    if not paid:
        return parts
    live = ActivatedCard.objects.filter(paid, reversed_at=None).order_by("serial")
    policies = dict(live.values_list("serial", "policy_number")[:POLICIES_TOLD])
    activated = [SerialRun(serial, serial) for serial in policies]
    return [
        replace(part.within(run), policy=policies.get(run.first, ""))
        for part in parts
        for run in part.run.cut_at(activated)
    ]


def one_holder(parts: Iterable[Part]) -> Party:
    """Whoever holds all of the cards, which were found fit before.

    Raises:
        CardsOfSeveralHolders: they lie with several.
    """
    held: dict[Party, list[SerialRun]] = {}
    for part in parts:
        assert part.holder is not None, "cards that nobody holds were refused before"
        held.setdefault(part.holder, []).append(part.run)
    if len(held) > 1:
        said = (beside(holder.name, describe_runs(runs)) for holder, runs in held.items())
        raise CardsOfSeveralHolders(holders=told(said))
    return next(iter(held))


def parts_of(parts: Iterable[Part], runs: Iterable[SerialRun]) -> tuple[Part, ...]:
    """The parts, cut to runs that lie within them; both are gone through once, in order."""
    ordered, start = sorted(runs), 0
    found = []
    for part in sorted(parts, key=lambda part: part.run):
        while start < len(ordered) and ordered[start].last < part.run.first:
            start += 1
        for run in itertools.islice(ordered, start, None):
            if not (both := part.run.intersection(run)):
                break
            found.append(part.within(both))
    return tuple(found)


def refuse_strangers(runs: Iterable[SerialRun], sent: list[SerialRun], field: str) -> None:
    """Refuse runs that were not sent.

    Raises:
        CardsNotOnTheNote: these were not.
    """
    strangers = [part for run in runs for part in run.without(sent)]
    if strangers:
        raise CardsNotOnTheNote(field=field, serials=describe_runs(strangers))


@dataclass(frozen=True)
class Verdict:
    """A part and, where it cannot be used, why, and what would help."""

    part: Part
    refused: type[CardsRefused] | None = None
    help: Operation | None = None


@dataclass(frozen=True)
class Use:
    """What cards must be to be used for a deed."""

    document_type: DocumentType
    holders: Collection[int]  # keys of the parties that may hold them
    statuses: Collection[CardStatus] = (CardStatus.INVENTORY,)
    may_be_expired: bool = False
    must_be_expired: bool = False
    may_be_opened: bool = False
    # Freezes of these kinds do not stop the deed.
    frozen_by: Collection[str] = ()
    # Issue notes whose cards will be here once they are checked in.
    coming: Collection[str] = ()
    # Losses whose cards are invalid for ever, since they were announced.
    declared_invalid: Collection[str] = ()

    def stopping(self, part: Part) -> tuple[Reason, ...]:
        """Of what stops a part, that which stops the deed."""
        return tuple(freeze for freeze in part.freezes if freeze[0] not in self.frozen_by)


def judge(part: Part, use: Use) -> Verdict:
    """Whether a part may be used, and if not, the first reason that counts."""
    if part.batch is None or part.holder is None:
        return Verdict(part, NoSuchCards)
    if part.batch.type_version.document_type_id != use.document_type.pk:
        return Verdict(part, CardsOfOtherType)
    if part.holder.pk not in use.holders:
        if part.is_on_its_way and part.reason[1] in use.coming:
            return Verdict(part, CardsOnTheirWay, what_helps(part))
        return Verdict(part, CardsNotHeld)
    if part.status not in use.statuses:
        return Verdict(part, CardsInOtherStatus, what_helps(part))
    if part.status == CardStatus.VOID and part.reason[0] == MISSING_REASON:
        return Verdict(part, CardsNeverCame)
    if part.status == CardStatus.LOST and part.reason[1] in use.declared_invalid:
        return Verdict(part, CardsDeclaredInvalid, Operation.named("custody.void"))
    if stopping := use.stopping(part):
        return Verdict(part, CardsFrozen, what_releases(stopping[0]))
    if part.opened and not use.may_be_opened:
        return Verdict(part, CardsOpened, Operation.named("custody.void"))
    if part.has_expired and not use.may_be_expired:
        return Verdict(part, CardsExpired, Operation.named("custody.recall"))
    if use.must_be_expired and not part.has_expired:
        return Verdict(part, CardsNotExpired)
    if part.is_past_use_by and not use.may_be_expired:
        return Verdict(part, CardsPastUseBy, Operation.named("custody.recall"))
    return Verdict(part)


def refuse_unusable(parts: Iterable[Part], use: Use) -> None:
    """All or nothing: one part that cannot be used refuses the whole, and is named.

    Raises:
        NoSuchCards, CardsOfOtherType, CardsOnTheirWay, CardsNotHeld, CardsInOtherStatus,
        CardsFrozen, CardsOpened, CardsExpired, CardsPastUseBy: the first of these reasons, with
            all the serials that it hits.
    """
    parts = list(parts)
    if all(judge(part, use).refused is None for part in parts):
        return
    verdicts = [judge(part, use) for part in cut_at_policies(parts)]
    for fact, say in _SAYINGS.items():
        hit = [verdict for verdict in verdicts if verdict.refused is fact]
        if hit:
            raise say([verdict.part for verdict in hit], use, hit[0].help)


def what_helps(part: Part) -> Operation | None:
    """The operation that cards need next: the one that undoes what they are."""
    kind, number = part.reason
    if part.status is None or part.batch is None:
        return None
    if part.policy:
        return Operation.named("open.policy", number=part.policy)
    match part.status:
        case CardStatus.PRINTED:
            return Operation.named("custody.check_in_printed", number=part.batch.number)
        case CardStatus.IN_TRANSIT if kind == ISSUE_REASON:
            return Operation.named("custody.check_in", number=number)
        case CardStatus.VOID:
            return Operation.named("custody.destroy")
        case CardStatus.LOST:
            return Operation.named("custody.found")
        case CardStatus.INVENTORY:
            return what_releases(part.freezes[0]) if part.freezes else None
        case CardStatus.DESTROYED:
            return None
        case CardStatus.SOLD | CardStatus.TO_BE_ACTIVATED:
            return Operation.named("sales.take_back")
    return Operation.named(f"open.{kind}", number=number)


def what_releases(freeze: Reason) -> Operation:
    """Where cards that are stopped are let go again, by why they are stopped."""
    kind, number = freeze
    releases = {
        SHORTAGE_REASON: "custody.explain_shortage",
        FREEZE_REASON: "custody.release",
        BATCH_REASON: "open.batch",
        WRITE_OFF_REASON: "custody.write_off",
        STOCK_COUNT_REASON: "custody.stock_count",
    }
    return Operation.named(releases.get(kind, f"open.{kind}"), number=number)


POLICIES_TOLD = 1000
NO_STATUS = _("never printed")
Saying = Callable[[list[Part], Use, Operation | None], CardsRefused]


def _plainly(fact: type[CardsRefused]) -> Saying:
    def say(parts: list[Part], use: Use, help: Operation | None) -> CardsRefused:
        return fact(serials=describe_runs(part.run for part in parts), help=help)

    return say


def _of_other_type(parts: list[Part], use: Use, help: Operation | None) -> CardsRefused:
    serials = describe_runs(part.run for part in parts)
    return CardsOfOtherType(serials=serials, document_type=use.document_type.code)


def _on_their_way(parts: list[Part], use: Use, help: Operation | None) -> CardsRefused:
    notes = listed(dict.fromkeys(part.reason[1] for part in parts))
    serials = describe_runs(part.run for part in parts)
    return CardsOnTheirWay(issues=notes, serials=serials, help=help)


def in_other_status(parts: list[Part], help: Operation | None = None) -> CardsRefused:
    """The refusal that names cards with the status that they are in."""
    by_status: dict[str, list[SerialRun]] = {}
    for part in parts:
        said = part.seen.label if part.seen else NO_STATUS
        by_status.setdefault(str(said), []).append(part.run)
    statuses = told(beside(describe_runs(runs), status) for status, runs in by_status.items())
    serials = describe_runs(part.run for part in parts)
    return CardsInOtherStatus(statuses=statuses, serials=serials, help=help)


def cards_frozen(
    parts: list[Part], stopping: Callable[[Part], tuple[Reason, ...]], help: Operation | None
) -> CardsRefused:
    """The refusal that names cards with whatever stops them: card and batch must both permit."""
    by_freezes: dict[str, list[SerialRun]] = {}
    for part in parts:
        said = listed(dict.fromkeys(str(stopped_by(reason)) for reason in stopping(part)))
        by_freezes.setdefault(said, []).append(part.run)
    freezes = told(beside(describe_runs(runs), stopped) for stopped, runs in by_freezes.items())
    serials = describe_runs(part.run for part in parts)
    return CardsFrozen(freezes=freezes, serials=serials, help=help)


def stopped_by(freeze: Reason) -> str:
    """What stops cards, in words: the batch, or the number of the paper."""
    kind, number = freeze
    return _("batch %(number)s") % {"number": number} if kind == BATCH_REASON else number


def _frozen(parts: list[Part], use: Use, help: Operation | None) -> CardsRefused:
    return cards_frozen(parts, use.stopping, help)


def _in_other_status(parts: list[Part], use: Use, help: Operation | None) -> CardsRefused:
    return in_other_status(parts, help)


_SAYINGS: dict[type[CardsRefused], Saying] = {
    NoSuchCards: _plainly(NoSuchCards),
    CardsOfOtherType: _of_other_type,
    CardsOnTheirWay: _on_their_way,
    CardsNotHeld: _plainly(CardsNotHeld),
    CardsInOtherStatus: _in_other_status,
    CardsNeverCame: _plainly(CardsNeverCame),
    CardsDeclaredInvalid: _plainly(CardsDeclaredInvalid),
    CardsFrozen: _frozen,
    CardsOpened: _plainly(CardsOpened),
    CardsExpired: _plainly(CardsExpired),
    CardsNotExpired: _plainly(CardsNotExpired),
    CardsPastUseBy: _plainly(CardsPastUseBy),
}
