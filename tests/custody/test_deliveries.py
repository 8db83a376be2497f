"""What came of an issue: checked in, with cards missing, or refused whole."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from selfcard.core import clock
from selfcard.core.models import Paper
from selfcard.core.refusals import Operation, ReasonMissing
from selfcard.custody.commands import check_in, explain_shortage, refuse_delivery
from selfcard.custody.errors import (
    CardsFrozen,
    CardsNotMissing,
    CardsNotOnTheNote,
    IssueAlreadyCheckedIn,
    IssuedByYourself,
)
from selfcard.custody.models import Holding, Issue
from selfcard.custody.note_errors import MissedByYourself
from selfcard.custody.queries import (
    find_card,
    issues_overdue_from,
    issues_to_check_in,
    still_missing,
)
from selfcard.organisations.errors import NotAuthorised
from selfcard.organisations.models import May
from selfcard.organisations.queries import staff_actor
from tests.custody.test_issues import issue, statements
from tests.factories.custody import cards_at_head_office, cards_of, custody, hand_down
from tests.factories.organisations import a_staff_member
from tests.factories.postgresql import refused_by_postgresql

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(insurer):
    return cards_at_head_office(insurer, 1_000)[0]


# Check-in


def test_only_the_receiver_checks_in(insurer, batch):
    note = issue(insurer, "chief", insurer.branch.party, cards_of(batch, 1, 10))

    with pytest.raises(NotAuthorised):
        check_in(issue=note, actor=insurer.actor("other_keeper"), request_id=uuid4())
    assert list(issues_to_check_in(insurer.actor("branch_keeper"))) == [note]


def test_an_issue_is_checked_in_once(insurer, batch):
    note = hand_down(
        insurer, cards_of(batch, 1, 10), insurer.branch.party, checked_in_by="branch_keeper"
    )

    with pytest.raises(IssueAlreadyCheckedIn):
        check_in(issue=note, actor=insurer.actor("branch_keeper"), request_id=uuid4())


def test_what_did_not_come_goes_back_to_the_sender_and_is_frozen(insurer, batch):
    note = issue(insurer, "chief", insurer.branch.party, cards_of(batch, 1, 200))

    check_in(
        issue=note,
        missing=(cards_of(batch, 50, 52),),
        actor=insurer.actor("branch_keeper"),
        request_id=uuid4(),
    )

    assert custody(batch) == [
        ("Branch", "inventory", 1, 49),
        ("Head office", "inventory", 50, 52),
        ("Branch", "inventory", 53, 200),
        ("Head office", "inventory", 201, 1000),
    ]
    assert Holding.objects.get(serials__contains=batch.run.first + 50).reason == (
        "shortage",
        note.number,
    )
    assert find_card(batch.run.first + 50).seen == "frozen"
    assert still_missing(note) == [cards_of(batch, 50, 52)]
    with pytest.raises(CardsFrozen, match="000 000 050–620118 000 000 052"):
        issue(insurer, "chief", insurer.branch.party, cards_of(batch, 50, 52))


def a_note_with_a_shortage(insurer, batch, first=50, last=52):
    note = hand_down(insurer, cards_of(batch, 1, 200), insurer.branch.party)
    return check_in(
        issue=note,
        missing=(cards_of(batch, first, last),),
        actor=insurer.actor("branch_keeper"),
        request_id=uuid4(),
    )


def found_again(insurer, note, *runs, by="chief"):
    return explain_shortage(issue=note, runs=runs, actor=insurer.actor(by), request_id=uuid4())


def test_missing_cards_that_are_found_with_the_sender_can_be_issued_again(insurer, batch):
    note = a_note_with_a_shortage(insurer, batch)

    with pytest.raises(CardsFrozen) as refused:
        issue(insurer, "chief", insurer.branch.party, cards_of(batch, 50, 52))
    assert refused.value.help == Operation.named("custody.explain_shortage", number=note.number)
    found_again(insurer, note, cards_of(batch, 50, 51))

    assert still_missing(note) == [cards_of(batch, 52, 52)]
    assert find_card(batch.run.first + 49).seen == "inventory"
    assert find_card(batch.run.first + 51).seen == "frozen"
    issue(insurer, "chief", insurer.branch.party, cards_of(batch, 50, 51))
    with pytest.raises(CardsFrozen):
        issue(insurer, "chief", insurer.branch.party, cards_of(batch, 52, 52))


def test_the_receiver_does_not_explain_what_is_missing(insurer, batch):
    note = a_note_with_a_shortage(insurer, batch)

    with pytest.raises(NotAuthorised):
        found_again(insurer, note, cards_of(batch, 50, 52), by="branch_keeper")


def test_what_was_not_missing_cannot_be_found(insurer, batch):
    note = a_note_with_a_shortage(insurer, batch)

    with pytest.raises(CardsNotMissing, match="000 000 053"):
        found_again(insurer, note, cards_of(batch, 52, 53))
    found_again(insurer, note, cards_of(batch, 50, 52))
    with pytest.raises(CardsNotMissing):
        found_again(insurer, note, cards_of(batch, 50, 52))


def test_whoever_missed_the_cards_does_not_find_them(insurer, batch):
    note = hand_down(insurer, cards_of(batch, 1, 200), insurer.branch.party)
    everywhere = a_staff_member("C08", insurer.head_office, May.CHECK_IN_CARDS)
    check_in(
        issue=note,
        missing=(cards_of(batch, 50, 52),),
        actor=staff_actor(everywhere),
        request_id=uuid4(),
    )

    with pytest.raises(MissedByYourself):
        explain_shortage(
            issue=note,
            runs=(cards_of(batch, 50, 52),),
            actor=staff_actor(everywhere),
            request_id=uuid4(),
        )
    found_again(insurer, note, cards_of(batch, 50, 52))


# A whole delivery is refused


def refuse(insurer, note, reason="The box was open", by="branch_keeper"):
    return refuse_delivery(issue=note, reason=reason, actor=insurer.actor(by), request_id=uuid4())


def test_a_refused_delivery_is_the_senders_again_and_frozen(insurer, batch):
    note = issue(
        insurer,
        "chief",
        insurer.branch.party,
        cards_of(batch, 1, 20),
        cards_of(batch, 101, 120),
    )

    done = refuse(insurer, note)

    assert (done.state, done.refusal) == ("refused", "The box was open")
    assert done.checked_in_by == insurer.branch_keeper
    assert {place[:2] for place in custody(batch)} == {("Head office", "inventory")}
    assert find_card(batch.run.first).seen == "frozen"
    assert still_missing(note) == [cards_of(batch, 1, 20), cards_of(batch, 101, 120)]
    paper = Paper.objects.get(number=note.number, kind="check_in")
    assert "The box was open" in str(paper.facts)
    with pytest.raises(CardsFrozen) as refused:
        issue(insurer, "chief", insurer.branch.party, cards_of(batch, 1, 20))
    assert refused.value.help == Operation.named("custody.explain_shortage", number=note.number)


def test_the_sender_finds_a_refused_delivery_and_the_refuser_does_not(insurer, batch):
    note = issue(insurer, "chief", insurer.branch.party, cards_of(batch, 1, 20))
    everywhere = a_staff_member("C08", insurer.head_office, May.CHECK_IN_CARDS)
    refuse_delivery(issue=note, reason="Torn", actor=staff_actor(everywhere), request_id=uuid4())

    with pytest.raises(MissedByYourself):
        explain_shortage(
            issue=note,
            runs=(cards_of(batch, 1, 20),),
            actor=staff_actor(everywhere),
            request_id=uuid4(),
        )
    found_again(insurer, note, cards_of(batch, 1, 20))
    assert find_card(batch.run.first).seen == "inventory"
    issue(insurer, "chief", insurer.branch.party, cards_of(batch, 1, 20))


def test_a_refusal_says_why(insurer, batch):
    note = issue(insurer, "chief", insurer.branch.party, cards_of(batch, 1, 20))

    with pytest.raises(ReasonMissing):
        refuse(insurer, note, " ")


def test_only_the_receiver_refuses_and_not_whoever_issued(insurer, batch):
    note = issue(insurer, "chief", insurer.branch.party, cards_of(batch, 1, 20))

    with pytest.raises(NotAuthorised):
        refuse(insurer, note, by="other_keeper")
    with pytest.raises(IssuedByYourself):
        refuse(insurer, note, by="chief")
    with pytest.raises(IssuedByYourself):
        check_in(issue=note, actor=insurer.actor("chief"), request_id=uuid4())


def test_a_delivery_is_refused_or_checked_in_once(insurer, batch):
    note = issue(insurer, "chief", insurer.branch.party, cards_of(batch, 1, 20))
    refuse(insurer, note)

    with pytest.raises(IssueAlreadyCheckedIn):
        refuse(insurer, note)
    with pytest.raises(IssueAlreadyCheckedIn):
        check_in(issue=note, actor=insurer.actor("branch_keeper"), request_id=uuid4())


def test_what_is_on_the_way_too_long_is_told_to_the_sender(insurer, batch, settings):
    note = issue(insurer, "chief", insurer.branch.party, cards_of(batch, 1, 20))
    chief = insurer.actor("chief")

    with clock.frozen(clock.now() + timedelta(days=settings.TRANSIT_DAYS)):
        assert list(issues_overdue_from(chief)) == [note]
        assert not issues_overdue_from(insurer.actor("branch_keeper"))
    assert not issues_overdue_from(chief)


def test_postgresql_keeps_a_refused_issue(insurer, batch):
    note = issue(insurer, "chief", insurer.branch.party, cards_of(batch, 1, 20))
    rows, now = Issue.objects.filter(pk=note.pk), clock.now()

    with refused_by_postgresql("an_issue_is_refused_with_a_reason"):
        rows.update(state="refused", checked_in_by=insurer.branch_keeper, checked_in_at=now)
    with refused_by_postgresql("checked_in_exactly_when"):
        rows.update(state="refused", refusal="Torn", checked_in_at=now)
    with refused_by_postgresql("nobody_checks_in_what_they_issued"):
        rows.update(state="refused", refusal="Torn", checked_in_by=insurer.chief, checked_in_at=now)
    for change in ({"count": 21}, {"to_party": insurer.other_branch.party}, {"remark": "x"}):
        with refused_by_postgresql("never changed"):
            rows.update(**change)


@pytest.mark.parametrize("count", [1, 900])
def test_a_check_in_costs_ten_statements_and_a_refusal_one_more(insurer, batch, count):
    notes = [
        issue(insurer, "chief", insurer.branch.party, cards_of(batch, first, first + size - 1))
        for first, size in ((1, count), (901, 100))
    ]

    with CaptureQueriesContext(connection) as queries:
        check_in(issue=notes[0], actor=insurer.actor("branch_keeper"), request_id=uuid4())
    assert len(statements(queries)) <= 10
    with CaptureQueriesContext(connection) as queries:
        refuse(insurer, notes[1])
    assert len(statements(queries)) <= 11  # it freezes what was refused


def test_nothing_may_have_come_at_all(insurer, batch):
    note = issue(insurer, "chief", insurer.branch.party, cards_of(batch, 1, 10))

    check_in(
        issue=note,
        missing=(cards_of(batch, 1, 10),),
        actor=insurer.actor("branch_keeper"),
        request_id=uuid4(),
    )

    assert custody(batch)[0] == ("Head office", "inventory", 1, 10)


def test_only_what_was_sent_can_be_missing(insurer, batch):
    note = issue(insurer, "chief", insurer.branch.party, cards_of(batch, 1, 10))

    with pytest.raises(CardsNotOnTheNote):
        check_in(
            issue=note,
            missing=(cards_of(batch, 10, 11),),
            actor=insurer.actor("branch_keeper"),
            request_id=uuid4(),
        )


def test_both_papers_are_kept(insurer, batch):
    note = hand_down(
        insurer, cards_of(batch, 1, 10), insurer.branch.party, checked_in_by="branch_keeper"
    )

    assert set(Paper.objects.filter(number=note.number).values_list("kind", flat=True)) == {
        "issue_note",
        "check_in",
    }
