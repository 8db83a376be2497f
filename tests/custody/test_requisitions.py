"""Cards are asked for from below, granted from above, and issued for what was granted."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from selfcard.core import clock
from selfcard.core.refusals import ReasonMissing
from selfcard.custody.commands import (
    answer_requisition,
    check_in,
    issue_cards,
    refuse_delivery,
    withdraw_requisition,
)
from selfcard.custody.models import Issue, Requisition
from selfcard.custody.note_errors import (
    AskedByYourself,
    HeadOfficeAsksNobody,
    IssuerIsNotAbove,
    MoreThanAskedFor,
    MoreThanGranted,
    NoCardsAskedFor,
    RequisitionAnswered,
    RequisitionNotGranted,
    RequisitionOfOthers,
    WantedInThePast,
)
from selfcard.custody.queries import (
    issues_for,
    requisitions_overdue,
    requisitions_seen_by,
    requisitions_to_answer,
    requisitions_to_issue,
)
from selfcard.organisations.errors import NotAuthorised
from selfcard.organisations.models import May
from selfcard.organisations.queries import staff_actor
from tests.custody.test_issues import statements
from tests.factories.cards import a_document_type
from tests.factories.custody import (
    a_requisition,
    cards_at_branch,
    cards_of,
    custody,
    granted,
    hand_down,
)
from tests.factories.organisations import a_staff_member
from tests.factories.postgresql import refused_by_postgresql

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(insurer):
    return cards_at_branch(insurer, 1_000)[0]


@pytest.fixture
def card_type(batch):
    return batch.type_version.document_type


def answer(insurer, requisition, count, why="", by="branch_keeper"):
    return answer_requisition(
        requisition=requisition,
        granted=count,
        answer=why,
        actor=insurer.actor(by),
        request_id=uuid4(),
    )


def issue(insurer, requisition, *runs, by="branch_keeper", to=None, **more):
    return issue_cards(
        document_type=more.pop("document_type", requisition.document_type),
        runs=runs,
        to=(to or insurer.institution).party,
        requisition=requisition,
        actor=insurer.actor(by),
        request_id=uuid4(),
        **more,
    )


def withdraw(insurer, requisition, by="keeper"):
    return withdraw_requisition(
        requisition=requisition, actor=insurer.actor(by), request_id=uuid4()
    )


# Asking


def test_whoever_stands_right_above_is_asked(insurer, card_type):
    asked = a_requisition(insurer, card_type)
    for_department = a_requisition(insurer, card_type, organisation=insurer.department)
    for_branch = a_requisition(insurer, card_type, organisation=insurer.branch, by="branch_keeper")

    assert asked.number.startswith("RQ-")
    assert (asked.state, asked.issuer) == ("asked", insurer.branch)
    assert for_department.issuer == insurer.institution
    assert for_branch.issuer == insurer.head_office


def test_another_organisation_above_may_be_asked_and_none_aside(insurer, card_type):
    asked = a_requisition(insurer, card_type, issuer=insurer.head_office)

    assert asked.issuer == insurer.head_office
    for issuer in (insurer.other_branch, insurer.institution, insurer.department):
        with pytest.raises(IssuerIsNotAbove):
            a_requisition(insurer, card_type, issuer=issuer)


def test_head_office_orders_and_asks_nobody(insurer, card_type):
    with pytest.raises(HeadOfficeAsksNobody):
        a_requisition(insurer, card_type, organisation=insurer.head_office, by="chief")


def test_a_question_says_how_many_why_and_by_when(insurer, card_type):
    with pytest.raises(NoCardsAskedFor):
        a_requisition(insurer, card_type, count=0)
    with pytest.raises(ReasonMissing):
        a_requisition(insurer, card_type, reason=" ")
    with pytest.raises(WantedInThePast):
        a_requisition(insurer, card_type, wanted_by=clock.today() - timedelta(days=1))
    a_requisition(insurer, card_type, wanted_by=clock.today())


def test_only_whoever_may_ask_there_asks(insurer, card_type):
    for by in ("seller", "cashier", "other_keeper"):
        with pytest.raises(NotAuthorised):
            a_requisition(insurer, card_type, by=by)


# Answering


def test_a_part_may_be_granted(insurer, card_type):
    asked = a_requisition(insurer, card_type, count=300)

    done = answer(insurer, asked, 200)

    assert (done.state, done.granted, done.left) == ("granted", 200, 200)
    assert done.answered_by == insurer.branch_keeper


def test_nothing_is_granted_only_with_a_reason(insurer, card_type):
    asked = a_requisition(insurer, card_type)

    with pytest.raises(ReasonMissing) as refused:
        answer(insurer, asked, 0)
    assert refused.value.field == "answer"
    done = answer(insurer, asked, 0, "Too many are unsold.")

    assert (done.state, done.granted, done.answer) == ("refused", 0, "Too many are unsold.")


def test_no_more_is_granted_than_was_asked_for(insurer, card_type):
    asked = a_requisition(insurer, card_type, count=300)

    for count in (301, -1):
        with pytest.raises(MoreThanAskedFor):
            answer(insurer, asked, count)


def test_another_person_answers_than_asked(insurer, card_type):
    asked = a_requisition(insurer, card_type, by="branch_keeper")

    with pytest.raises(AskedByYourself):
        answer(insurer, asked, 10)
    answer(insurer, asked, 10, by="chief")


def test_only_the_issuer_answers_and_once(insurer, card_type):
    asked = a_requisition(insurer, card_type)

    for by in ("keeper", "other_keeper"):
        with pytest.raises(NotAuthorised):
            answer(insurer, asked, 10, by=by)
    answer(insurer, asked, 10)
    with pytest.raises(RequisitionAnswered):
        answer(insurer, asked, 10)


# Withdrawing


def test_what_is_not_wanted_any_more_is_withdrawn(insurer, card_type):
    asked = a_requisition(insurer, card_type)

    with pytest.raises(NotAuthorised):
        withdraw(insurer, asked, by="other_keeper")
    assert withdraw(insurer, asked).state == "withdrawn"
    with pytest.raises(RequisitionAnswered):
        answer(insurer, asked, 10)
    with pytest.raises(RequisitionAnswered):
        withdraw(insurer, asked)


def test_the_rest_of_what_was_granted_may_be_withdrawn(insurer, batch, card_type):
    requisition = granted(insurer, card_type, 100)
    issue(insurer, requisition, cards_of(batch, 1, 60))

    done = withdraw(insurer, requisition)

    assert (done.state, done.issued, done.left) == ("withdrawn", 60, 0)
    with pytest.raises(RequisitionNotGranted):
        issue(insurer, requisition, cards_of(batch, 61, 70))


def test_what_was_issued_whole_is_not_withdrawn(insurer, batch, card_type):
    requisition = granted(insurer, card_type, 100)
    issue(insurer, requisition, cards_of(batch, 1, 100))

    with pytest.raises(RequisitionAnswered):
        withdraw(insurer, requisition)


# Issuing


def test_an_issue_refers_to_the_requisition_and_fills_it(insurer, batch, card_type):
    requisition = granted(insurer, card_type, 100)

    first = issue(insurer, requisition, cards_of(batch, 1, 60))
    second = issue(insurer, requisition, cards_of(batch, 61, 100))
    requisition.refresh_from_db()

    assert first.requisition == requisition
    assert (requisition.issued, requisition.left) == (100, 0)
    assert list(issues_for(requisition)) == [first, second]
    assert custody(batch)[0] == ("Branch", "in_transit", 1, 60)


def test_no_more_is_issued_than_was_granted(insurer, batch, card_type):
    requisition = granted(insurer, card_type, 100)
    issue(insurer, requisition, cards_of(batch, 1, 60))

    with pytest.raises(MoreThanGranted, match=r"40.*41"):
        issue(insurer, requisition, cards_of(batch, 61, 101))


def test_nothing_is_issued_before_it_is_granted(insurer, batch, card_type):
    asked = a_requisition(insurer, card_type)
    with pytest.raises(RequisitionNotGranted):
        issue(insurer, asked, cards_of(batch, 1, 10))

    answer(insurer, asked, 0, "Not now.")
    with pytest.raises(RequisitionNotGranted):
        issue(insurer, asked, cards_of(batch, 1, 10))


def test_an_issue_for_a_requisition_goes_to_whoever_asked_and_from_whoever_granted(
    insurer, batch, card_type
):
    requisition = granted(insurer, card_type, 100)
    to_head_office = granted(insurer, card_type, 100, issuer=insurer.head_office, by="chief")

    with pytest.raises(RequisitionOfOthers):
        issue(insurer, requisition, cards_of(batch, 1, 10), to=insurer.department)
    with pytest.raises(RequisitionOfOthers):
        issue(insurer, to_head_office, cards_of(batch, 1, 10))


def test_an_issue_for_a_requisition_is_of_its_type(insurer, batch, card_type):
    other = a_document_type(insurer, "AC-200", "620119", *batch.type_version.product_versions.all())
    requisition = granted(insurer, other, 100)

    with pytest.raises(RequisitionOfOthers, match="AC-200"):
        issue(insurer, requisition, cards_of(batch, 1, 10), document_type=card_type)


def test_a_refused_delivery_is_still_to_be_issued(insurer, batch, card_type):
    requisition = granted(insurer, card_type, 100)
    note = issue(insurer, requisition, cards_of(batch, 1, 60))
    refuse_delivery(
        issue=note, reason="Torn box", actor=insurer.actor("keeper"), request_id=uuid4()
    )
    requisition.refresh_from_db()

    assert requisition.left == 100


def test_missing_cards_count_as_issued(insurer, batch, card_type):
    requisition = granted(insurer, card_type, 100)
    note = issue(insurer, requisition, cards_of(batch, 1, 100))
    check_in(
        issue=note,
        missing=(cards_of(batch, 1, 3),),
        actor=insurer.actor("keeper"),
        request_id=uuid4(),
    )
    requisition.refresh_from_db()

    assert requisition.left == 0


def test_an_issue_for_a_requisition_costs_at_most_eleven_statements(insurer, batch, card_type):
    requisition = granted(insurer, card_type, 100)
    with CaptureQueriesContext(connection) as queries:
        issue(insurer, requisition, cards_of(batch, 1, 60))

    assert len(statements(queries)) <= 11


# Whose work it is


def test_each_side_finds_its_work(insurer, batch, card_type):
    asked = a_requisition(insurer, card_type)
    keeper, above = insurer.actor("keeper"), insurer.actor("branch_keeper")

    assert list(requisitions_to_answer(above)) == [asked]
    assert not requisitions_to_answer(keeper)
    answer(insurer, asked, 100)
    assert not requisitions_to_answer(above)
    assert list(requisitions_to_issue(above)) == [asked]
    issue(insurer, asked, cards_of(batch, 1, 100))
    assert not requisitions_to_issue(above)


def test_nobody_is_asked_to_answer_themselves(insurer, card_type):
    asked = a_requisition(insurer, card_type, by="branch_keeper")

    assert not requisitions_to_answer(insurer.actor("branch_keeper"))
    assert list(requisitions_to_answer(insurer.actor("chief"))) == [asked]


def test_who_waits_too_long_is_told(insurer, batch, card_type):
    asked = a_requisition(insurer, card_type, wanted_by=clock.today())
    keeper = insurer.actor("keeper")

    assert not requisitions_overdue(keeper)
    with clock.frozen(clock.now() + timedelta(days=1)):
        assert list(requisitions_overdue(keeper)) == [asked]
        assert not requisitions_overdue(insurer.actor("branch_keeper"))  # it is their own work


def test_a_foreign_branch_sees_no_requisition(insurer, card_type):
    asked = a_requisition(insurer, card_type)

    assert not requisitions_seen_by(insurer.actor("other_keeper"))
    for by in ("keeper", "branch_keeper", "auditor"):
        assert list(requisitions_seen_by(insurer.actor(by))) == [asked]


# Around the commands


def test_postgresql_counts_what_is_issued_for_a_requisition(insurer, batch, card_type):
    requisition = granted(insurer, card_type, 100)
    note = hand_down(insurer, cards_of(batch, 1, 10), insurer.institution.party, "branch_keeper")

    def a_note(**changes):
        given = {
            "number": "IN-X",
            "document_type": card_type,
            "from_party": insurer.branch.party,
            "to_party": insurer.institution.party,
            "requisition": requisition,
            "count": 100,
            "state": "in_transit",
            "issued_by": insurer.branch_keeper,
            "issued_at": clock.now(),
        }
        return Issue(**{**given, **changes})

    with refused_by_postgresql("a_requisition_is_issued_at_most_as_granted"):
        a_note(count=101).save()
    for others in (
        {"to_party": insurer.department.party},
        {"from_party": insurer.head_office.party},
        {"requisition": a_requisition(insurer, card_type)},
    ):
        with refused_by_postgresql("not what its requisition was granted for"):
            a_note(**others).save()
    with refused_by_postgresql("never changed"):
        Issue.objects.filter(pk=note.pk).update(requisition=requisition)
    with refused_by_postgresql("follows from its issues"):
        Requisition.objects.update(issued=1)


def test_postgresql_keeps_what_was_asked_and_answered(insurer, card_type):
    asked = a_requisition(insurer, card_type)
    rows = Requisition.objects.filter(pk=asked.pk)
    someone = a_staff_member("B09", insurer.branch, May.ISSUE_CARDS)

    with refused_by_postgresql("never changed"):
        rows.update(count=1_000)
    with refused_by_postgresql("grants_at_most_what_was_asked"):
        rows.update(state="granted", granted=101, answered_by=someone, answered_at=clock.now())
    with refused_by_postgresql("nobody_answers_what_they_asked_for"):
        rows.update(state="granted", granted=1, answered_by=insurer.keeper, answered_at=clock.now())
    with refused_by_postgresql("a_refused_requisition_says_why"):
        rows.update(state="refused", answered_by=someone, answered_at=clock.now())
    with refused_by_postgresql("answered_exactly_when_somebody_did"):
        rows.update(state="granted", granted=1)
    answer(insurer, asked, 50)
    with refused_by_postgresql("never changed"):
        rows.update(granted=60)
    with refused_by_postgresql("never deleted"):
        rows.delete()


def test_a_requisition_that_was_withdrawn_or_refused_stays_so(insurer, card_type):
    withdrawn = withdraw(insurer, a_requisition(insurer, card_type))
    refused = answer(insurer, a_requisition(insurer, card_type), 0, "Not now.")

    for ended in (withdrawn, refused):
        with refused_by_postgresql("requisition_goes_its_way"):
            Requisition.objects.filter(pk=ended.pk).update(state="asked")


@pytest.mark.parametrize("table", ["custody_requisition", "custody_recall"])
def test_no_table_of_notes_is_emptied(table):
    with refused_by_postgresql("never emptied"), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {table} CASCADE")


def test_no_requisition_begins_with_its_answer(insurer, card_type):
    with refused_by_postgresql("is never"):
        Requisition.objects.create(
            number="RQ-X",
            organisation=insurer.institution,
            issuer=insurer.branch,
            document_type=card_type,
            count=10,
            reason="Stock",
            wanted_by=clock.today(),
            state="granted",
            granted=10,
            asked_by=insurer.keeper,
            asked_at=clock.now(),
            answered_by=insurer.branch_keeper,
            answered_at=clock.now(),
        )


def test_a_person_of_another_institution_who_may_issue_there_is_no_issuer(insurer, card_type):
    asked = a_requisition(insurer, card_type)
    outsider = a_staff_member("O05", insurer.other_branch, May.ISSUE_CARDS)

    with pytest.raises(NotAuthorised):
        answer_requisition(
            requisition=asked, granted=1, actor=staff_actor(outsider), request_id=uuid4()
        )
