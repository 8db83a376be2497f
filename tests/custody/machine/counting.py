"""Stock counts in random order, beside the index."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from selfcard.custody.commands import (
    agree_adjustment,
    ask_adjustment,
    cancel_stock_count,
    close_stock_count,
    compare_stock_count,
    enter_stacks,
    open_stock_count,
    refuse_adjustment,
    remove_stack,
    reopen_stock_count,
    withdraw_adjustment,
)
from selfcard.custody.count_errors import (
    CardsCountedAlready,
    CardsNeverOrdered,
    DifferencesLeft,
    NothingCounted,
    StackNotCounted,
    StockCountInOtherState,
    StockIsBeingCounted,
    WitnessMissing,
)
from selfcard.custody.counting import Remedied
from selfcard.custody.models import StockCount
from selfcard.organisations.errors import NotAuthorised
from tests.custody.machine import counted_cards
from tests.custody.machine.against_the_index import CARDS, AgainstTheIndex
from tests.custody.machine.counted_cards import FITTING, in_the_books, let_go
from tests.custody.machine.single_cards import (
    ACTORS,
    HOMES,
    PATHS,
    SECONDS,
    Count,
    Refused,
    Report,
    decision_refused,
    reaches,
)

ENDED = ("closed", "cancelled")


class Counting(AgainstTheIndex):
    """A count goes its way step by step, and business goes on between the steps."""

    def __init__(self) -> None:
        super().__init__()
        self.stock_counts: dict[str, StockCount] = {}

    def is_any_count(self, *states: str) -> bool:
        return any(count.state in states for count in self.index.counts.values())

    @precondition(lambda self: not self.is_any_count("open"))
    @rule(data=st.data(), witness=st.sampled_from(["the cashier", ""]))
    def open_count(self, data: Any, witness: str) -> None:
        busy = {count.holder for count in self.index.counts.values() if count.state not in ENDED}
        with_stock = {
            card.holder for card in self.index.cards.values() if card.status == "inventory"
        }
        holder = self.mostly(data, sorted(with_stock - busy), [*PATHS, *HOMES])
        actor = self._counter(data, holder)
        expected: Refused = None
        if not reaches(actor, holder):
            expected = NotAuthorised
        elif actor == holder and not witness:
            expected = WitnessMissing
        elif holder in busy:
            expected = StockIsBeingCounted
        if count := self.done(
            expected,
            open_stock_count,
            holder=self.party(holder),
            document_type=self.document_type,
            witness=witness,
            actor=actor,
        ):
            self.stock_counts[count.number] = count
            self.index.counts[count.number] = Count(holder)

    @precondition(lambda self: self.is_any_count("open"))
    @rule(data=st.data(), lacks=st.integers(0, 2), more=st.booleans())
    def enter_stacks(self, data: Any, lacks: int, more: bool) -> None:
        """Mostly all that is there and was not counted yet, but for one; or what is not there."""
        number, count = self._some_count(data, "open")
        left = sorted(in_the_books(self.index, count.holder) - count.counted)
        given = left[1:] if lacks == 2 else left
        given = self.some_cards(data) if more or not given else given
        actor = self._counter(data, count.holder)
        expected = self._refused(count, actor, "open")
        if expected is None and max(given) > CARDS:
            expected = CardsNeverOrdered
        if expected is None and count.counted & set(given):
            expected = CardsCountedAlready
        runs = self.runs(given)
        if self.done(
            expected, enter_stacks, stock_count=self.stock_counts[number], runs=runs, actor=actor
        ):
            count.stacks += [self.places(run) for run in runs]

    @precondition(lambda self: self.is_any_count("open"))
    @rule(data=st.data())
    def remove_stack(self, data: Any) -> None:
        number, count = self._some_count(data, "open")
        some = tuple(self.some_cards(data))
        stack = self.mostly(data, count.stacks, [some])
        actor = self._counter(data, count.holder)
        expected = self._refused(count, actor, "open")
        if expected is None and stack not in count.stacks:
            expected = StackNotCounted
        if self.done(
            expected,
            remove_stack,
            stock_count=self.stock_counts[number],
            run=self.runs(stack)[0],
            actor=actor,
        ):
            count.stacks.remove(stack)

    @precondition(lambda self: self.is_any_count("open"))
    @rule(data=st.data(), nothing_there=st.booleans())
    def compare(self, data: Any, nothing_there: bool) -> None:
        number, count = self._some_count(data, "open")
        actor = self._counter(data, count.holder)
        expected = self._refused(count, actor, "open")
        if expected is None and not count.stacks and not nothing_there:
            expected = NothingCounted
        if compared := self.done(
            expected,
            compare_stock_count,
            stock_count=self.stock_counts[number],
            nothing_there=nothing_there,
            actor=actor,
        ):
            books = in_the_books(self.index, count.holder)
            assert (compared.counted, compared.expected) == (len(count.counted), len(books))
            self._assert_known_reasons(compared)
            counted_cards.compare(self.index, number)
            self._assert_the_same_differences(compared, count)

    def _assert_known_reasons(self, compared: StockCount) -> None:
        """A finding tells why its cards were stopped already, or the paper they went by."""
        for finding in compared.findings.all():
            for place in self.places(finding.run):
                if card := self.index.cards.get(place):
                    assert finding.reason in (card.freezes or {card.reason})

    def _assert_the_same_differences(self, compared: StockCount, count: Count) -> None:
        """Each card that differs is in one finding, with whoever answers for it."""
        found = {"gap": dict[int, Any](), "surplus": dict[int, Any]()}
        for finding in compared.findings.all():
            for place in self.places(finding.run):
                found[finding.kind][place] = (finding.holder_id, finding.status)
        for kind, differences in (("gap", count.gaps), ("surplus", count.surplus)):
            assert found[kind] == {
                place: (self.party(holder).pk if holder else None, status)
                for place, (holder, status) in differences.items()
            }

    @precondition(lambda self: self.is_any_count("compared"))
    @rule(data=st.data())
    def reopen(self, data: Any) -> None:
        number, count = self._some_count(data, "compared")
        actor = self._counter(data, count.holder)
        expected = self._refused(count, actor, "compared")
        if self.done(
            expected, reopen_stock_count, stock_count=self.stock_counts[number], actor=actor
        ):
            let_go(self.index, number)
            count.state, count.gaps, count.surplus, count.remedies = "open", {}, {}, {}

    @precondition(lambda self: self.is_any_count("compared"))
    @rule(data=st.data(), expires=st.sampled_from([False, False, True]))
    def propose(self, data: Any, expires: bool) -> None:
        """Mostly that gaps are lost and surplus is taken over; now and then anything."""
        number, count = self._some_count(data, "compared")
        actor = self._counter(data, count.holder)
        findings = list(self.stock_counts[number].findings.all())
        proposed = {
            self.places(finding.run): self.mostly(
                data, FITTING[finding.kind], ["loss", "taken_over", "explained", ""]
            )
            for finding in findings
        }
        expected = self._refused(count, actor, "compared")
        if expected is None:
            expected = counted_cards.proposal_refused(self.index, count, proposed)
        with self.asking(expires):
            asked = self.done(
                expected,
                ask_adjustment,
                stock_count=self.stock_counts[number],
                remedies=tuple(
                    Remedied(finding.run, proposed[self.places(finding.run)], "seen")
                    for finding in findings
                ),
                actor=actor,
            )
        if asked:
            count.remedies = {place: what for run, what in proposed.items() for place in run}
            count.state, count.asked_by, count.expired = "asked", actor, expires

    @precondition(lambda self: self.is_any_count("asked"))
    @rule(data=st.data())
    def agree_to_adjustment(self, data: Any) -> None:
        number, count = self._some_count(data, "asked")
        actor = self.mostly(data, ["second"], SECONDS)
        expected: Refused = StockCountInOtherState
        if count.state == "asked":
            expected = counted_cards.agreement_refused(self.index, count, actor)
        if closed := self.done(
            expected, agree_adjustment, stock_count=self.stock_counts[number], actor=actor
        ):
            self._remember_loss(count, closed)
            loss = closed.write_off.number if closed.write_off else ""
            counted_cards.adjust(self.index, number, loss)

    def _remember_loss(self, count: Count, closed: StockCount) -> None:
        lost, write_off = count.with_remedy("loss"), closed.write_off
        assert bool(lost) == (write_off is not None)
        if write_off is not None:
            self.write_offs[write_off.number] = write_off
            report = Report("loss", count.holder, lost, asked_by=count.asked_by)
            self.index.reports[write_off.number] = report

    @precondition(lambda self: self.is_any_count("asked"))
    @rule(data=st.data())
    def refuse_adjustment(self, data: Any) -> None:
        number, count = self._some_count(data, "asked")
        actor = self.mostly(data, SECONDS, ["keeper"])
        expected: Refused = StockCountInOtherState
        if count.state == "asked":
            at = counted_cards.above_all(counted_cards.answering_for(count))
            expected = decision_refused(count, at, actor)
        if self.done(
            expected,
            refuse_adjustment,
            stock_count=self.stock_counts[number],
            reason="count again",
            actor=actor,
        ):
            count.state = "compared"

    @precondition(lambda self: self.is_any_count("asked"))
    @rule(data=st.data())
    def withdraw_adjustment(self, data: Any) -> None:
        number, count = self._some_count(data, "asked")
        actor = self._counter(data, count.holder)
        if self.done(
            self._refused(count, actor, "asked"),
            withdraw_adjustment,
            stock_count=self.stock_counts[number],
            actor=actor,
        ):
            count.state = "compared"

    @precondition(lambda self: self.is_any_count("compared"))
    @rule(data=st.data())
    def close(self, data: Any) -> None:
        number, count = self._some_count(data, "compared")
        actor = self._counter(data, count.holder)
        expected = self._refused(count, actor, "compared")
        if expected is None and (count.gaps or count.surplus):
            expected = DifferencesLeft
        if self.done(
            expected, close_stock_count, stock_count=self.stock_counts[number], actor=actor
        ):
            count.state = "closed"

    @precondition(lambda self: self.is_any_count("open", "compared"))
    @rule(data=st.data())
    def cancel(self, data: Any) -> None:
        number, count = self._some_count(data, "open", "compared")
        actor = self._counter(data, count.holder)
        if self.done(
            self._refused(count, actor, "open", "compared"),
            cancel_stock_count,
            stock_count=self.stock_counts[number],
            reason="again",
            actor=actor,
        ):
            let_go(self.index, number)
            count.state = "cancelled"

    @rule(
        data=st.data(),
        lacks=st.integers(0, 2),
        decide=st.sampled_from(["agree_to_adjustment", "refuse_adjustment", "withdraw_adjustment"]),
    )
    def count_at_once(self, data: Any, lacks: int, decide: str) -> None:
        """Mostly nothing comes between: a count goes from where it is to its end."""
        if not self.is_any_count("open"):
            self.then(self.open_count, data=data, witness="the cashier")
        if self.is_any_count("open"):
            self.then(self.enter_stacks, data=data, lacks=lacks, more=False)
            self.then(self.compare, data=data, nothing_there=True)
        if self.is_any_count("compared"):
            self.then(self.close, data=data)
        if self.is_any_count("compared"):
            self.then(self.propose, data=data, expires=False)
        if self.is_any_count("asked"):
            self.then(getattr(self, decide), data=data)

    def _some_count(self, data: Any, *states: str) -> tuple[str, Count]:
        """A stock count: mostly one in such a state."""
        counts = self.index.counts
        fit = (number for number, count in counts.items() if count.state in states)
        number = self.mostly(data, fit, counts)
        return number, counts[number]

    def _counter(self, data: Any, holder: str) -> str:
        return self.mostly(data, (one for one in ACTORS if reaches(one, holder)), ACTORS)

    def _refused(self, count: Count, actor: str, *states: str) -> Refused:
        if not reaches(actor, count.holder):
            return NotAuthorised
        return None if count.state in states else StockCountInOtherState
