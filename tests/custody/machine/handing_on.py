"""From the printer, down the tree, and back: in random order, beside the index."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from selfcard.cards.commands import (
    ask_print_release,
    begin_batch,
    download_print_file,
    release_print_file,
)
from selfcard.cards.errors import BatchInOtherState
from selfcard.cards.making import write_batch
from selfcard.cards.models import BatchKey
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.refusals import ReasonMissing
from selfcard.core.serials import SerialRun
from selfcard.custody.commands import (
    answer_requisition,
    ask_for_cards,
    check_in,
    check_in_printed,
    explain_shortage,
    hand_over_cards,
    issue_cards,
    recall_cards,
    refuse_delivery,
    take_in_batch,
    withdraw_requisition,
)
from selfcard.custody.errors import (
    BatchAlreadyCheckedIn,
    BatchNotPrinted,
    CardsNotMissing,
    CardsNotOnTheNote,
    IssueAlreadyCheckedIn,
    IssuedByYourself,
)
from selfcard.custody.models import Issue, Requisition
from selfcard.custody.note_errors import (
    AskedByYourself,
    HeadOfficeAsksNobody,
    IssuerIsNotAbove,
    MissedByYourself,
    MoreThanAskedFor,
    NoCardsAskedFor,
    RequisitionAnswered,
    WantedInThePast,
)
from selfcard.organisations.errors import NotAuthorised
from tests.custody.machine.against_the_index import CARDS, AgainstTheIndex
from tests.custody.machine.single_cards import (
    ACTORS,
    AT_ONCE,
    HOMES,
    LIMITS,
    NOTHING,
    PATHS,
    Card,
    Note,
    Refused,
    Wish,
    is_person,
    reaches,
)

places = st.integers(1, CARDS + 1)  # the last one was never ordered
SECOND, THIRD = 1, 2  # the batches that are still at the printer's, and not made yet


class HandingOn(AgainstTheIndex):
    """A card is in one place: with whoever answers for it, though it may be under way."""

    def __init__(self) -> None:
        super().__init__()
        self.issues: dict[str, Issue] = {}
        self.requisitions: dict[str, Requisition] = {}
        self.made: dict[str, Any] = {}  # what the making of the third batch brought
        self.sent_to_printer = {SECOND}
        self.came: set[int] = set()

    # From the printer.

    @rule()
    def take_in_batch(self) -> None:
        """A batch is made once; whoever ends its making again is told."""
        batch = self.batches[THIRD]
        again = bool(self.made)
        if not again:
            key = begin_batch(batch=batch, actor=Actor.system("batch"), request_id=uuid4())
            key = BatchKey.objects.select_related("batch__type_version", "batch__printer").get(
                pk=key.pk
            )
            self.made = {"key": key, "written": write_batch(key, lambda done: None)}
        if self.done(
            BatchInOtherState if again else None, take_in_batch, **self.made, actor="chief"
        ):
            for place in self.places(batch.run):
                self.index.cards[place] = Card(batch.number)

    @precondition(lambda self: self.made and THIRD not in self.sent_to_printer)
    @rule()
    def send_print_file(self) -> None:
        batch = self.batches[THIRD]
        self.deed(ask_print_release, batch=batch, actor="chief")
        self.deed(release_print_file, batch=batch, actor="second")
        self.deed(download_print_file, batch=batch, actor="chief")
        self.sent_to_printer.add(THIRD)

    @precondition(lambda self: len(self.came) < 2)
    @rule(
        data=st.data(),
        which=st.sampled_from([SECOND, THIRD]),
        missing=places,
        damaged=places,
        lacking=st.booleans(),
    )
    def check_in_printed(
        self, data: Any, which: int, missing: int, damaged: int, lacking: bool
    ) -> None:
        batch, actor = self.batches[which], self.mostly(data, ["chief"], ACTORS)
        own = self.places(batch.run)
        named = {missing: "missing", damaged: "damaged"} if lacking else {}
        if data.draw(st.integers(0, 4)):
            named = {place: why for place, why in named.items() if place in own}
        expected: Refused = None
        if actor != "chief":
            expected = NotAuthorised
        elif which not in self.sent_to_printer:
            expected = BatchNotPrinted
        elif which in self.came:
            expected = BatchAlreadyCheckedIn
        elif not set(named) <= set(own):
            expected = CardsNotOnTheNote

        def runs(why: str) -> tuple[SerialRun, ...]:
            return self.runs(place for place, reason in named.items() if reason == why)

        if self.done(
            expected,
            check_in_printed,
            batch=batch,
            missing=runs("missing"),
            damaged=runs("damaged"),
            actor=actor,
        ):
            self.came.add(which)
            for place in own:
                why = named.get(place)
                status, reason = ("void", (why, batch.number)) if why else ("inventory", NOTHING)
                self.index.cards[place].goes(status, reason=reason)

    # Requisitions.

    @rule(
        data=st.data(),
        organisation=st.sampled_from([*PATHS, "institution", "department"]),
        issuer=st.sampled_from(["", "", *PATHS]),
        count=st.integers(0, 4),
        days=st.integers(-1, 3),
    )
    def ask_for_cards(
        self, data: Any, organisation: str, issuer: str, count: int, days: int
    ) -> None:
        actor = self.mostly(data, (one for one in ACTORS if reaches(one, organisation)), ACTORS)
        above = PATHS[organisation][:-1]
        expected: Refused = None
        if not reaches(actor, organisation):
            expected = NotAuthorised
        elif not count:
            expected = NoCardsAskedFor
        elif days < 0:
            expected = WantedInThePast
        elif not above:
            expected = HeadOfficeAsksNobody
        elif issuer and issuer not in above:
            expected = IssuerIsNotAbove
        if requisition := self.done(
            expected,
            ask_for_cards,
            organisation=getattr(self.insurer, organisation),
            document_type=self.document_type,
            count=count,
            reason="holidays",
            wanted_by=clock.today() + timedelta(days=days),
            issuer=getattr(self.insurer, issuer) if issuer else None,
            actor=actor,
        ):
            self.requisitions[requisition.number] = requisition
            self.index.wishes[requisition.number] = Wish(
                organisation, issuer or above[-1], count, asked_by=actor
            )

    @precondition(lambda self: self.index.wishes)
    @rule(data=st.data(), less=st.integers(-1, 1), answer=st.sampled_from(["", "too many"]))
    def answer_requisition(self, data: Any, less: int, answer: str) -> None:
        number, wish = self._some_wish(data, "asked")
        fit = (one for one in ACTORS if reaches(one, wish.issuer) and one != wish.asked_by)
        actor = self.mostly(data, fit, ACTORS)
        granted = max(wish.count - less, 0)
        expected: Refused = None
        if not reaches(actor, wish.issuer):
            expected = NotAuthorised
        elif wish.state != "asked":
            expected = RequisitionAnswered
        elif wish.asked_by == actor:
            expected = AskedByYourself
        elif granted > wish.count:
            expected = MoreThanAskedFor
        elif not granted and not answer:
            expected = ReasonMissing
        if self.done(
            expected,
            answer_requisition,
            requisition=self.requisitions[number],
            granted=granted,
            answer=answer,
            actor=actor,
        ):
            wish.state, wish.granted = "granted" if granted else "refused", granted

    @precondition(lambda self: self.index.wishes)
    @rule(data=st.data())
    def withdraw_requisition(self, data: Any) -> None:
        number, wish = self._some_wish(data, "asked", "granted")
        fit = (one for one in ACTORS if reaches(one, wish.organisation))
        actor = self.mostly(data, fit, ACTORS)
        expected: Refused = None
        if not reaches(actor, wish.organisation):
            expected = NotAuthorised
        elif wish.state != "asked" and not wish.left:
            expected = RequisitionAnswered
        if self.done(
            expected, withdraw_requisition, requisition=self.requisitions[number], actor=actor
        ):
            wish.state = "withdrawn"

    def _some_wish(self, data: Any, *states: str) -> tuple[str, Wish]:
        """A requisition: mostly one in such a state."""
        wishes = self.index.wishes
        fit = (number for number, wish in wishes.items() if wish.state in states)
        number = self.mostly(data, fit, wishes)
        return number, wishes[number]

    # Down the tree.

    @rule(data=st.data())
    def issue(self, data: Any) -> None:
        cards = self.some_cards(data, held_by=PATHS)
        actor, to = self.some_actor(data, cards), self.some_recipient(data, cards)
        self._issue(cards, actor, to)

    @precondition(lambda self: self.index.wishes)
    @rule(data=st.data())
    def issue_for_requisition(self, data: Any) -> None:
        """Mostly from whoever was asked to whoever asked, and sometimes more than was granted."""
        number, wish = self._some_wish(data, "granted")
        cards = self.some_cards(data, held_by=[wish.issuer])
        to = self.mostly(data, [wish.organisation], [*PATHS, *HOMES])
        self._issue(cards, self.some_actor(data, cards), to, number)

    def _issue(self, cards: list[int], actor: str, to: str, requisition: str = "") -> None:
        wish = self.index.wishes.get(requisition)
        expected = self.index.issue_refused(cards, actor, to)
        if expected is None and wish is not None:
            expected = self.index.beyond_granted(cards, to, wish)
        if note := self.done(
            expected,
            issue_cards,
            **self.named(cards),
            to=self.party(to),
            requisition=self.requisitions.get(requisition),
            actor=actor,
        ):
            (sender,) = self.index.holders(cards)
            if wish is not None:
                wish.issued += len(cards)
            if is_person(to) or to == AT_ONCE:
                for place in cards:
                    self.index.cards[place].goes("inventory", to)
                return
            for place in cards:
                self.index.cards[place].goes("in_transit", reason=("issue", note.number))
            self.issues[note.number] = note
            self.index.notes[note.number] = Note(
                sender, to, cards, issued_by=actor, requisition=requisition
            )

    @precondition(lambda self: self.issues)
    @rule(data=st.data(), lacking=st.integers(0, 2))
    def check_in(self, data: Any, lacking: int) -> None:
        number, note = self._some_note(data)
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
            note.state = "checked_in"

    @precondition(lambda self: self.issues)
    @rule(data=st.data())
    def refuse_delivery(self, data: Any) -> None:
        number, note = self._some_note(data)
        actor = self._receiver_of(data, note)
        expected = self._delivery_refused(note, actor)
        if self.done(
            expected, refuse_delivery, issue=self.issues[number], reason="wet", actor=actor
        ):
            self._arrives(number, note, note.places, actor)
            note.state = "refused"
            if note.requisition:
                self.index.wishes[note.requisition].issued -= len(note.places)

    def _some_note(self, data: Any) -> tuple[str, Note]:
        """An issue note: mostly one whose cards are under way."""
        notes = self.index.notes
        waiting = (number for number, note in notes.items() if note.state == "in_transit")
        number = self.mostly(data, waiting, notes)
        return number, notes[number]

    def _receiver_of(self, data: Any, note: Note) -> str:
        fit = (one for one in ACTORS if reaches(one, note.receiver) and one != note.issued_by)
        return self.mostly(data, fit, ACTORS)

    def _delivery_refused(self, note: Note, actor: str) -> Refused:
        if note.state != "in_transit":
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
        note.checked_in_by = actor

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

    # From hand to hand, and back up.

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

    @rule(data=st.data(), to=st.sampled_from(["", "", "", *PATHS]))
    def recall(self, data: Any, to: str) -> None:
        cards = self.some_cards(data)
        actor = self.some_actor(data, cards)
        expected = self.index.recall_refused(cards, actor, to)
        if self.done(
            expected,
            recall_cards,
            **self.named(cards),
            to=getattr(self.insurer, to) if to else None,
            actor=actor,
        ):
            receiver = to or self.index.issuer_of(cards[0])
            for place in cards:
                self.index.cards[place].goes("inventory", receiver)
