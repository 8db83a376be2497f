"""All deeds of custody in random order, against a card index: same answers, same refusals.

SELFCARD_THOROUGH=1 runs for minutes instead of seconds.
"""

import os
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from selfcard.core import clock
from selfcard.core.serials import SerialRun
from selfcard.custody.commands import (
    agree_adjustment,
    ask_adjustment,
    ask_write_off,
    cancel_stock_count,
    check_in,
    check_in_printed,
    compare_stock_count,
    enter_stacks,
    explain_shortage,
    freeze_batch,
    freeze_cards,
    grant_write_off,
    hand_over_cards,
    issue_cards,
    open_stock_count,
    recall_cards,
    record_announcement,
    refuse_delivery,
    refuse_write_off,
    release_batch,
    release_cards,
    withdraw_write_off,
)
from selfcard.custody.counting import Remedied
from selfcard.custody.errors import (
    BatchAlreadyCheckedIn,
    BatchAlreadyFrozen,
    BatchNotFrozen,
    CardAlreadyActivated,
    CardIsFrozen,
    CardNotToBeActivated,
    CardsInOtherStatus,
    CardsNotFrozen,
    CardsNotHeld,
    CardsNotMissing,
    CardsNotOnTheNote,
    FreezeAlreadyReleased,
    IssueAlreadyCheckedIn,
    IssuedByYourself,
    LossAlreadyAnnounced,
    LossNotAgreed,
    NoSuchCards,
    NothingToAnnounce,
    WriteOffInOtherState,
)
from selfcard.custody.models import Issue, StockCount, WriteOff
from selfcard.custody.note_errors import MissedByYourself
from selfcard.organisations.errors import NotAuthorised
from selfcard.organisations.models import Organisation
from tests.custody.against_the_index import CARDS, FIRST_BATCH, SECOND_BATCH, AgainstTheIndex
from tests.custody.single_cards import (
    ACTORS,
    AT_ONCE,
    HOMES,
    LIMITS,
    LIVING,
    NOTHING,
    PATHS,
    WRITE_OFFS,
    Card,
    Note,
    Refused,
    Report,
    Wanted,
    is_person,
    reaches,
)
from tests.factories.cards import a_document_type, a_printed_batch
from tests.factories.custody import cards_at_head_office, cards_of, hand_down
from tests.factories.organisations import an_insurer

pytestmark = pytest.mark.django_db

THOROUGH = bool(os.environ.get("SELFCARD_THOROUGH"))

holders = st.sampled_from([*PATHS, *HOMES])
places = st.integers(1, CARDS + 1)  # the last one was never printed


# Where the first batch lies when a run begins: first and last place, and whose hands it came by.
DOWN = (
    (1, 3, "branch", "institution", "seller"),
    (4, 12, "branch", "institution"),
    (13, 16, "branch"),
    (17, FIRST_BATCH, "head_office"),
)
UNDER_WAY = (17, 18)  # to the branch


class Custody(AgainstTheIndex):
    """The deeds, each done with the insurer's cards and in the index."""

    under_way: ClassVar[Issue]

    def __init__(self) -> None:
        super().__init__()
        self.issues: dict[str, Issue] = {}
        self.write_offs: dict[str, WriteOff] = {}
        self.freezes: list[str] = []
        self.sales: list[str] = []
        self.printed = True  # the second batch is still at the printer's

    @initialize()
    def cards_lie_here_and_there(self) -> None:
        """As `a_small_stock` has handed them down; the second batch is still at the printer's."""
        self.index.cards = {
            place: Card(self.batch_number[place > FIRST_BATCH]) for place in range(1, CARDS + 1)
        }
        for first, last, *holders in DOWN:
            for place in range(first, last + 1):
                for holder in holders:
                    self.index.cards[place].goes("inventory", holder)
        note, sent = self.under_way, [*range(UNDER_WAY[0], UNDER_WAY[1] + 1)]
        for place in sent:
            self.index.cards[place].goes("in_transit", reason=note.reason)
        self.index.notes[note.number] = Note("head_office", "branch", sent, issued_by="chief")
        self.issues[note.number] = note

    # From the printer, down the tree, and back.

    @precondition(lambda self: self.printed or not self.sales)
    @rule(missing=places, damaged=places, lacking=st.booleans())
    def check_in_printed(self, missing: int, damaged: int, lacking: bool) -> None:
        batch, own = self.batches[1], self.index.of_batch(self.batch_number[1])
        named = {missing: "missing", damaged: "damaged"} if lacking else {}
        named = {place: why for place, why in named.items() if place in own}

        def runs(why: str) -> tuple[SerialRun, ...]:
            return self.runs(place for place, reason in named.items() if reason == why)

        if self.done(
            None if self.printed else BatchAlreadyCheckedIn,
            check_in_printed,
            batch=batch,
            missing=runs("missing"),
            damaged=runs("damaged"),
            actor="chief",
        ):
            self.printed = False
            for place in own:
                why = named.get(place)
                status, reason = ("void", (why, batch.number)) if why else ("inventory", NOTHING)
                self.index.cards[place].goes(status, reason=reason)

    @rule(data=st.data())
    def issue(self, data: Any) -> None:
        cards = self.some_cards(data, held_by=PATHS)
        actor, to = self.some_actor(data, cards), self.some_recipient(data, cards)
        expected = self.index.issue_refused(cards, actor, to)
        if note := self.done(
            expected, issue_cards, **self.named(cards), to=self.party(to), actor=actor
        ):
            (sender,) = self.index.holders(cards)
            at_once = is_person(to) or to == AT_ONCE
            for place in cards:
                if at_once:
                    self.index.cards[place].goes("inventory", to)
                else:
                    self.index.cards[place].goes("in_transit", reason=("issue", note.number))
            if not at_once:
                self.issues[note.number] = note
                self.index.notes[note.number] = Note(sender, to, cards, issued_by=actor)

    @precondition(lambda self: self.issues)
    @rule(data=st.data(), lacking=st.integers(0, 2))
    def check_in(self, data: Any, lacking: int) -> None:
        number, note = self.some_note(data)
        actor = self._receiver_of(data, note)
        missing = self.some_cards(data, among=note.places)[:lacking]
        expected = self._delivery_refused(note, actor)
        if expected is None and not set(missing) <= set(note.places):
            expected = CardsNotOnTheNote
        if self.done(
            expected,
            check_in,
            issue=self.issues[number],
            missing=self.runs(missing),
            actor=actor,
        ):
            self._arrives(number, note, missing, actor)

    @precondition(lambda self: self.issues)
    @rule(data=st.data())
    def refuse_delivery(self, data: Any) -> None:
        number, note = self.some_note(data)
        actor = self._receiver_of(data, note)
        expected = self._delivery_refused(note, actor)
        if self.done(
            expected, refuse_delivery, issue=self.issues[number], reason="wet", actor=actor
        ):
            self._arrives(number, note, note.places, actor)

    def _receiver_of(self, data: Any, note: Note) -> str:
        fit = (one for one in ACTORS if reaches(one, note.receiver) and one != note.issued_by)
        return self.mostly(data, fit, ACTORS)

    def _delivery_refused(self, note: Note, actor: str) -> Refused:
        if not note.under_way:
            return IssueAlreadyCheckedIn
        if not reaches(actor, note.receiver):
            return NotAuthorised
        return IssuedByYourself if note.issued_by == actor else None

    def _arrives(self, number: str, note: Note, missing: list[int], actor: str) -> None:
        why = ("shortage", number)
        for place in note.places:
            if place in missing:
                self.index.cards[place].goes("inventory", reason=why)
            else:
                self.index.cards[place].goes("inventory", note.receiver)
        self.index.freeze(missing, why)
        note.under_way, note.checked_in_by = False, actor

    @precondition(lambda self: self.index.is_anything_stopped_for("shortage"))
    @rule(data=st.data())
    def explain_shortage(self, data: Any) -> None:
        short = {number: self.index.frozen_for(("shortage", number)) for number in self.issues}
        number = self.mostly(data, (one for one in short if short[one]), short)
        note, missing = self.index.notes[number], short[number]
        fit = (one for one in ACTORS if reaches(one, note.sender) and one != note.checked_in_by)
        actor = self.mostly(data, fit, ACTORS)
        cards = self.some_cards(data, among=missing)
        expected: Refused = None
        if not reaches(actor, note.sender):
            expected = NotAuthorised
        elif note.checked_in_by == actor:
            expected = MissedByYourself
        elif not set(cards) <= set(missing):
            expected = CardsNotMissing
        if self.done(
            expected,
            explain_shortage,
            issue=self.issues[number],
            runs=self.runs(cards),
            actor=actor,
        ):
            self.index.thaw(cards, lambda why: why == ("shortage", number))

    @precondition(lambda self: any(self.index.held_by(person) for person in LIMITS))
    @rule(data=st.data())
    def hand_over(self, data: Any) -> None:
        cards = self.some_cards(data, held_by=LIMITS)
        actor, to = self.some_actor(data, cards), self.mostly(data, LIMITS, [*HOMES, *PATHS])
        expected = self.index.hand_over_refused(cards, actor, to)
        if self.done(
            expected, hand_over_cards, **self.named(cards), to=self.party(to), actor=actor
        ):
            for place in cards:
                self.index.cards[place].goes("inventory", to)

    @rule(data=st.data())
    def recall(self, data: Any) -> None:
        cards = self.some_cards(data)
        actor = self.some_actor(data, cards)
        expected = self.index.recall_refused(cards, actor)
        if self.done(expected, recall_cards, **self.named(cards), actor=actor):
            issuer = self.index.issuer_of(cards[0])
            for place in cards:
                self.index.cards[place].goes("inventory", issuer)

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

    @rule(data=st.data(), which=st.sampled_from([0, 1]))
    def stop_or_release_batch(self, data: Any, which: int) -> None:
        actor = self.mostly(data, ["chief"], ACTORS)
        batch, why = self.batches[which], ("batch", self.batch_number[which])
        stopped = bool(self.index.frozen_for(why))
        stop = self.mostly(data, [not stopped], [stopped])
        own = self.index.of_batch(batch.number)
        expected: Refused = None
        if actor != "chief":
            expected = NotAuthorised
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

    @rule(data=st.data())
    def report(self, data: Any) -> None:
        statuses = {card.status for card in self.index.cards.values()}
        fit = (kind for kind in WRITE_OFFS if WRITE_OFFS[kind][0] & statuses)
        kind = self.mostly(data, fit, WRITE_OFFS)
        cards = self.some_cards(data, status=sorted(WRITE_OFFS[kind][0])[0])
        actor = self.some_actor(data, cards)
        expected = self.index.write_off_refused(cards, actor, kind)
        how: dict[str, Any] = {"cause": {"void": "damaged", "loss": "lost"}.get(kind, "")}
        if kind == "destruction":
            how |= {"place": "yard", "method": "shredded", "destroyed_on": clock.today()}
        if write_off := self.done(
            expected,
            ask_write_off,
            **self.named(cards),
            kind=kind,
            note="told by the keeper",
            actor=actor,
            **how,
        ):
            (holder,) = self.index.holders(cards)
            self.write_offs[write_off.number] = write_off
            self.index.reports[write_off.number] = Report(kind, holder, cards, asked_by=actor)
            self.index.freeze(cards, write_off.reason)

    @precondition(lambda self: self.write_offs)
    @rule(data=st.data())
    def grant(self, data: Any) -> None:
        number, report = self.some_report(data)
        actor = self.mostly(data, ["second"], ACTORS)
        expected = self._decision_refused(report, actor)
        if expected is None:
            expected = self.index.grant_refused(report)
        if self.done(expected, grant_write_off, write_off=self.write_offs[number], actor=actor):
            self.index.written_off(number)

    @precondition(lambda self: self.write_offs)
    @rule(data=st.data(), actor=st.sampled_from(["second", "chief", "keeper"]))
    def refuse_or_withdraw(self, data: Any, actor: str) -> None:
        number, report = self.some_report(data)
        deed = refuse_write_off if actor == "second" else withdraw_write_off
        expected: Refused = None
        if report.state != "asked":
            expected = WriteOffInOtherState
        elif actor != "second" and not reaches(actor, report.holder):
            expected = NotAuthorised
        if self.done(
            expected, deed, write_off=self.write_offs[number], reason="mistaken", actor=actor
        ):
            report.state = "ended"
            self.index.thaw(report.places, lambda why: why == ("write_off", number))

    def _decision_refused(self, report: Report, actor: str) -> Refused:
        if report.state != "asked":
            return WriteOffInOtherState
        return None if actor == "second" else NotAuthorised

    @precondition(lambda self: self.write_offs)
    @rule(data=st.data())
    def announce(self, data: Any) -> None:
        number, report = self.some_report(data, state="done")
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

    @rule(data=st.data(), holder=holders, lacks=st.integers(0, 1), surplus=st.booleans())
    def count_stock(self, data: Any, holder: str, lacks: int, surplus: bool) -> None:
        """A whole stock count, from opening to the second person's word."""
        index = self.index
        here = [
            place
            for place, card in index.cards.items()
            if card.holder == holder and card.status == "inventory"
        ]
        gaps = here[:lacks]
        others = {place for place in self.some_cards(data) if place in index.cards} - set(here)
        too_many = sorted(others)[:2] if surplus else []
        counted = [*here[lacks:], *too_many]
        count: StockCount = self.deed(
            open_stock_count,
            holder=self.party(holder),
            document_type=self.document_type,
            witness="the cashier",
            actor="chief",
        )
        if counted:
            self.deed(enter_stacks, stock_count=count, runs=self.runs(counted), actor="chief")
        self.deed(compare_stock_count, stock_count=count, nothing_there=True, actor="chief")
        findings = list(count.findings.all())
        remedies = {"gap": "loss", "surplus": "taken_over"}
        expected = self._adjustment_refused(gaps, too_many)
        if findings and self.done(
            expected,
            ask_adjustment,
            stock_count=count,
            remedies=tuple(
                Remedied(finding.run, remedies[finding.kind], "seen") for finding in findings
            ),
            actor="chief",
        ):
            count = self.deed(agree_adjustment, stock_count=count, actor="second")
            if gaps:
                assert count.write_off is not None
                number = count.write_off.number
                self.write_offs[number] = count.write_off
                index.reports[number] = Report("loss", holder, gaps, asked_by="chief")
                index.written_off(number)
            for place in too_many:
                index.cards[place].goes("inventory", holder)
        else:
            self.deed(cancel_stock_count, stock_count=count, reason="again", actor="chief")

    def _adjustment_refused(self, gaps: list[int], too_many: list[int]) -> Refused:
        """What lacks may be frozen as lacking by this count too; that stops nothing."""
        despite = ("freeze", "batch", "shortage", "stock_count")
        lost = Wanted(lambda holder: True, despite=despite, opened=True)
        taken = Wanted(
            lambda holder: True,
            frozenset({"inventory", "lost"}),
            despite=("stock_count",),
            gives_back=True,
        )
        return self.index.judged(gaps, "chief", lost) or self.index.judged(too_many, "chief", taken)

    # Sold, paid, opened, activated.

    @rule(data=st.data())
    def sell(self, data: Any) -> None:
        cards = self.some_cards(data)
        actor = self.some_actor(data, cards)
        givers = [holder for holder in (*PATHS, *HOMES) if reaches(actor, holder)]
        expected = self.index.judged(cards, actor, Wanted(lambda holder: holder in givers))
        number = f"S-{len(self.sales) + 1}"
        if self.stepped(
            expected,
            "sell_cards",
            runs=self.runs(cards),
            document_type=self.document_type,
            holders=[self.party(holder) for holder in givers],
            reason=("sale", number),
            actor=actor,
        ):
            self.sales.append(number)
            for place in cards:
                self.index.cards[place].goes("sold", reason=("sale", number))

    @precondition(lambda self: self.sales)
    @rule(data=st.data())
    def settle(self, data: Any) -> None:
        why = ("sale", data.draw(st.sampled_from(self.sales)))
        sold = [place for place, card in self.index.cards.items() if card.reason == why]
        cards = self.some_cards(data, among=sold)
        fits = all(
            place in self.index.cards
            and (self.index.cards[place].status, self.index.cards[place].reason) == ("sold", why)
            for place in cards
        )
        if self.stepped(
            None if fits else CardsInOtherStatus,
            "settle_cards",
            runs=self.runs(cards),
            reason=why,
            actor="cashier",
        ):
            for place in cards:
                self.index.cards[place].goes("to_be_activated", reason=why)

    @rule(place=st.integers(1, CARDS))
    def open(self, place: int) -> None:
        self.stepped(None, "remember_opened", serial=self.serial(place), actor="cashier")
        self.index.cards[place].opened = True

    @precondition(lambda self: self.sales)
    @rule(data=st.data())
    def activate(self, data: Any) -> None:
        place = self.some_cards(data, status="to_be_activated")[0]
        card = self.index.cards.get(place)
        expected: Refused = None
        if card is None:
            expected = NoSuchCards
        elif card.activated:
            expected = CardAlreadyActivated
        elif card.freezes:
            expected = CardIsFrozen
        elif card.status != "to_be_activated":
            expected = CardNotToBeActivated
        if self.stepped(
            expected,
            "activate_card",
            serial=self.serial(place),
            policy_number=f"P{place}",
            actor="cashier",
        ):
            assert card is not None
            card.activated = True


@pytest.fixture
def a_small_stock() -> None:
    """A batch that lies with institution, branch and head office, and one at the printer's."""
    insurer = an_insurer()
    Organisation.objects.filter(pk=insurer.department.pk).update(issue_makes_inventory=True)
    document_type = a_document_type(
        insurer, holding_limit=LIMITS["seller"], administrator_limit=LIMITS["keeper"]
    )
    first, _ = cards_at_head_office(insurer, FIRST_BATCH, document_type)

    def send(run: tuple[int, int], to: str, by: str, checked_in_by: str = "") -> Issue:
        party = getattr(insurer, to).party
        return hand_down(insurer, cards_of(first, *run), party, by, checked_in_by=checked_in_by)

    send((1, 16), "branch", "chief", "branch_keeper")
    send((1, 12), "institution", "branch_keeper", "keeper")
    send((1, 3), "seller", "keeper")
    Custody.under_way = send(UNDER_WAY, "branch", "chief")
    Custody.insurer = insurer
    Custody.batches = first, a_printed_batch(insurer, SECOND_BATCH, document_type)[0]


def test_custody_answers_and_refuses_as_a_card_index_would(a_small_stock: None) -> None:
    run_state_machine_as_test(
        Custody,
        settings=settings(
            max_examples=400 if THOROUGH else 10,
            stateful_step_count=60 if THOROUGH else 30,
            deadline=None,
            derandomize=not THOROUGH,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
