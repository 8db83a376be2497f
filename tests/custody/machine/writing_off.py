"""Cards that are stopped, and what becomes of them with a second person: beside the index."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from selfcard.approvals.errors import AlreadyAsked
from selfcard.core import clock
from selfcard.custody.commands import (
    ask_write_off,
    ask_write_off_again,
    freeze_batch,
    freeze_cards,
    grant_write_off,
    record_announcement,
    refuse_write_off,
    release_batch,
    release_cards,
    withdraw_write_off,
)
from selfcard.custody.errors import (
    BatchAlreadyFrozen,
    BatchNotFrozen,
    BatchNotMade,
    CardsNotFrozen,
    CardsNotHeld,
    CauseOfLostCards,
    FreezeAlreadyReleased,
    LossAlreadyAnnounced,
    LossNotAgreed,
    NothingToAnnounce,
    NotYourWriteOff,
    OwnStockDecided,
    WriteOffInOtherState,
)
from selfcard.organisations.errors import NotAuthorised
from tests.custody.machine.against_the_index import AgainstTheIndex
from tests.custody.machine.single_cards import (
    ACTORS,
    LIVING,
    SECONDS,
    WRITE_OFFS,
    Refused,
    Report,
    Wanted,
    decision_refused,
    home_of,
    reaches,
)


class WritingOff(AgainstTheIndex):
    """A freeze stands beside the cards; a report freezes them until it is decided."""

    def __init__(self) -> None:
        super().__init__()
        self.freezes: list[str] = []

    # Cards that are stopped.

    @rule(data=st.data())
    def freeze(self, data: Any) -> None:
        cards = self.some_cards(data)
        actor = self.some_actor(data, cards)
        wanted = Wanted(lambda holder: reaches(actor, holder), LIVING, despite=None, opened=True)
        expected = self.index.judged(cards, actor, wanted)
        if number := self.done(
            expected, freeze_cards, **self.named(cards), note="inquiry", actor=actor
        ):
            self.freezes.append(number)
            self.index.freeze(cards, ("freeze", number))

    @precondition(lambda self: self.freezes)
    @rule(data=st.data(), whole=st.booleans())
    def release(self, data: Any, whole: bool) -> None:
        number = data.draw(st.sampled_from(self.freezes))
        frozen = self.index.frozen_for(("freeze", number))
        cards = frozen if whole else self.some_cards(data, among=frozen)
        actor = self.some_actor(data, cards)
        expected: Refused = None
        if not frozen:
            expected = FreezeAlreadyReleased
        elif not set(cards) <= set(frozen):
            expected = CardsNotFrozen
        elif not all(reaches(actor, holder) for holder in self.index.holders(cards)):
            expected = CardsNotHeld
        if self.done(
            expected,
            release_cards,
            number=number,
            runs=() if whole else self.runs(cards),
            note="explained",
            actor=actor,
        ):
            self.index.thaw(cards, lambda why: why == ("freeze", number))

    @rule(data=st.data(), which=st.sampled_from([0, 1, 2]))
    def stop_or_release_batch(self, data: Any, which: int) -> None:
        actor = self.mostly(data, ["chief"], ACTORS)
        batch, why = self.batches[which], ("batch", self.batches[which].number)
        own = self.index.of_batch(batch.number)
        stopped = bool(self.index.frozen_for(why))
        stop = self.mostly(data, [not stopped], [stopped])
        expected: Refused = None
        if actor != "chief":
            expected = NotAuthorised
        elif stop and not own:
            expected = BatchNotMade
        elif stop and stopped:
            expected = BatchAlreadyFrozen
        elif not stop and not stopped:
            expected = BatchNotFrozen
        deed = freeze_batch if stop else release_batch
        if self.done(expected, deed, batch=batch, note="misprint", actor=actor):
            if stop:
                self.index.freeze(own, why)
            else:
                self.index.thaw(own, lambda found: found == why)

    # What happens to cards, with a second person.

    @rule(
        data=st.data(),
        cause=st.sampled_from(["damaged", "damaged", "lost"]),
        expires=st.sampled_from([False, False, True]),
    )
    def report(self, data: Any, cause: str, expires: bool) -> None:
        statuses = {card.status for card in self.index.cards.values()}
        fit = (kind for kind in WRITE_OFFS if WRITE_OFFS[kind][0] & statuses)
        kind = self.mostly(data, fit, WRITE_OFFS)
        cards = self.some_cards(data, status=sorted(WRITE_OFFS[kind][0])[0])
        actor = self.some_actor(data, cards)
        expected = self.index.write_off_refused(cards, actor, kind)
        how: dict[str, Any] = {"cause": {"void": cause, "loss": "lost"}.get(kind, "")}
        if kind == "destruction":
            how |= {"place": "yard", "method": "shredded", "destroyed_on": clock.today()}
        if expected is None and kind == "void" and cause == "lost":
            is_reported = all(self.index.cards[place].status == "lost" for place in cards)
            expected = None if is_reported else CauseOfLostCards
        with self.asking(expires):
            write_off = self.done(
                expected,
                ask_write_off,
                **self.named(cards),
                kind=kind,
                note="told by the keeper",
                actor=actor,
                **how,
            )
        if write_off:
            (holder,) = self.index.holders(cards)
            self.write_offs[write_off.number] = write_off
            self.index.reports[write_off.number] = Report(
                kind, holder, cards, asked_by=actor, expired=expires
            )
            self.index.freeze(cards, write_off.reason)

    @precondition(lambda self: self.write_offs)
    @rule(data=st.data(), expires=st.booleans())
    def report_again(self, data: Any, expires: bool) -> None:
        number, report = self._some_report(data, lambda one: one.state == "asked" and one.expired)
        actor = self.mostly(data, [report.asked_by], ACTORS)
        expected: Refused = None
        if report.state != "asked":
            expected = WriteOffInOtherState
        elif actor != report.asked_by:
            expected = NotYourWriteOff
        elif not report.expired:
            expected = AlreadyAsked
        with self.asking(expires):
            if self.done(
                expected, ask_write_off_again, write_off=self.write_offs[number], actor=actor
            ):
                report.expired = expires

    @precondition(lambda self: self.write_offs)
    @rule(data=st.data())
    def grant(self, data: Any) -> None:
        number, report = self._waiting_report(data)
        actor = self.mostly(data, SECONDS, ACTORS)
        expected = self._decision_refused(report, actor)
        if expected is None and actor == report.holder:
            expected = OwnStockDecided
        if expected is None:
            expected = self.index.grant_refused(report)
        if self.done(expected, grant_write_off, write_off=self.write_offs[number], actor=actor):
            self.index.written_off(number)

    @precondition(lambda self: self.write_offs)
    @rule(data=st.data())
    def refuse_report(self, data: Any) -> None:
        number, report = self._waiting_report(data)
        actor = self.mostly(data, SECONDS, ACTORS)
        expected = self._decision_refused(report, actor)
        if self.done(
            expected,
            refuse_write_off,
            write_off=self.write_offs[number],
            reason="mistaken",
            actor=actor,
        ):
            self._let_go(number, "refused")

    @precondition(lambda self: self.write_offs)
    @rule(data=st.data())
    def withdraw_report(self, data: Any) -> None:
        number, report = self._waiting_report(data)
        actor = self.mostly(data, (one for one in ACTORS if reaches(one, report.holder)), ACTORS)
        expected: Refused = None
        if report.state != "asked":
            expected = WriteOffInOtherState
        elif not reaches(actor, report.holder):
            expected = NotAuthorised
        if self.done(
            expected,
            withdraw_write_off,
            write_off=self.write_offs[number],
            reason="mistaken",
            actor=actor,
        ):
            self._let_go(number, "withdrawn")

    @precondition(lambda self: self.write_offs)
    @rule(data=st.data())
    def announce(self, data: Any) -> None:
        number, report = self._some_report(
            data, lambda one: one.kind == "loss" and one.state == "done" and not one.announced
        )
        actor = self.some_actor(data, report.places)
        lost = [card for card in self.index.cards.values() if card.reason == ("write_off", number)]
        expected: Refused = None
        if not reaches(actor, report.holder):
            expected = NotAuthorised
        elif report.kind != "loss" or report.state != "done":
            expected = LossNotAgreed
        elif report.announced:
            expected = LossAlreadyAnnounced
        elif not any(card.status == "lost" for card in lost):
            expected = NothingToAnnounce
        if self.done(
            expected,
            record_announcement,
            write_off=self.write_offs[number],
            announced_on=clock.today(),
            announced_in="Morning Post",
            actor=actor,
        ):
            report.announced = True

    @rule(data=st.data(), expires=st.booleans())
    def report_and_decide(self, data: Any, expires: bool) -> None:
        """Mostly nothing comes between a report, the second person and the announcement."""
        self.then(self.report, data=data, cause="damaged", expires=expires)
        if expires and self.write_offs:
            self.then(self.report_again, data=data, expires=False)
        if self.write_offs:
            self.then(self.grant, data=data)
            self.then(self.announce, data=data)

    def _some_report(self, data: Any, fits: Any) -> tuple[str, Report]:
        reports = self.index.reports
        number = self.mostly(
            data, (number for number, report in reports.items() if fits(report)), reports
        )
        return number, reports[number]

    def _waiting_report(self, data: Any) -> tuple[str, Report]:
        return self._some_report(data, lambda one: one.state == "asked")

    def _decision_refused(self, report: Report, actor: str) -> Refused:
        if report.state != "asked":
            return WriteOffInOtherState
        return decision_refused(report, home_of(report.holder), actor)

    def _let_go(self, number: str, state: str) -> None:
        report = self.index.reports[number]
        report.state = state
        self.index.thaw(report.places, lambda why: why == ("write_off", number))
