"""Cards go down the tree: issue, check-in, issue registration."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from selfcard.core import clock
from selfcard.core.models import AuditEvent
from selfcard.core.refusals import Operation
from selfcard.core.serials import NoSerialsGiven, RunReversed, RunsOverlapEachOther, SerialRun
from selfcard.custody.commands import issue_cards
from selfcard.custody.deeds import ISSUE
from selfcard.custody.errors import (
    CardsExpired,
    CardsInOtherStatus,
    CardsNotHeld,
    CardsOfOtherType,
    CardsOfSeveralHolders,
    CardsOnTheirWay,
    CardsPastUseBy,
    HolderNotAuthorised,
    HoldingLimitExceeded,
    IssueNamesNoOrganisation,
    NoSuchCards,
    OrganisationIsNotBelow,
    RecipientIsNotBelow,
)
from selfcard.custody.models import Issue, Movement
from selfcard.custody.queries import find_card, issues_seen_by, runs_of, usable_parts
from selfcard.organisations.commands import dismiss_staff
from selfcard.organisations.models import May, Organisation, Party
from selfcard.organisations.queries import staff_actor
from tests.factories.cards import a_document_type
from tests.factories.custody import (
    cards_at_head_office,
    cards_at_institution,
    cards_of,
    custody,
    hand_down,
    take_back,
)
from tests.factories.organisations import a_staff_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(insurer):
    return cards_at_head_office(insurer, 1_000)[0]


def issue(insurer, by, to, *runs, **more):
    given = more.pop("document_type", None) or type_of(runs)
    return issue_cards(
        document_type=given,
        runs=tuple(runs),
        to=to,
        actor=insurer.actor(by),
        request_id=more.pop("request_id", uuid4()),
        **more,
    )


def type_of(runs):
    from selfcard.cards.queries import batch_of

    return batch_of(runs[0].first).type_version.document_type


# To an organisation


def test_an_issued_range_is_in_transit_and_still_with_the_sender(insurer, batch):
    issue(insurer, "chief", insurer.branch.party, cards_of(batch, 41, 60))

    assert custody(batch) == [
        ("Head office", "inventory", 1, 40),
        ("Head office", "in_transit", 41, 60),
        ("Head office", "inventory", 61, 1000),
    ]


def test_checked_in_cards_are_the_receivers(insurer, batch):
    hand_down(insurer, cards_of(batch, 41, 60), insurer.branch.party, checked_in_by="branch_keeper")

    assert custody(batch) == [
        ("Head office", "inventory", 1, 40),
        ("Branch", "inventory", 41, 60),
        ("Head office", "inventory", 61, 1000),
    ]


def test_cards_that_lie_side_by_side_again_are_one_holding(insurer, batch):
    for first, last in ((1, 100), (201, 300), (101, 200)):
        hand_down(
            insurer,
            cards_of(batch, first, last),
            insurer.branch.party,
            checked_in_by="branch_keeper",
        )

    assert custody(batch) == [
        ("Branch", "inventory", 1, 300),
        ("Head office", "inventory", 301, 1000),
    ]


def test_several_runs_go_out_on_one_note(insurer, batch):
    note = issue(
        insurer,
        "chief",
        insurer.branch.party,
        cards_of(batch, 201, 300),
        cards_of(batch, 1, 100),
    )

    assert note.count == 200
    assert note.number.startswith("IN-")
    assert runs_of(note) == [cards_of(batch, 1, 100), cards_of(batch, 201, 300)]


def test_cards_may_skip_a_level_of_the_tree(insurer, batch):
    hand_down(insurer, cards_of(batch, 1, 10), insurer.institution.party, checked_in_by="keeper")

    assert custody(batch)[0] == ("Institution", "inventory", 1, 10)


def test_by_its_setting_an_organisation_has_inventory_at_once(insurer, batch):
    Organisation.objects.filter(pk=insurer.branch.pk).update(issue_makes_inventory=True)

    note = issue(insurer, "chief", insurer.branch.party, cards_of(batch, 1, 10))

    assert note.state == Issue.State.CHECKED_IN
    assert custody(batch)[0] == ("Branch", "inventory", 1, 10)


def test_what_is_inventory_at_once_was_checked_in_by_nobody_and_says_so(insurer, batch):
    Organisation.objects.filter(pk=insurer.branch.pk).update(issue_makes_inventory=True)

    note = issue(insurer, "chief", insurer.branch.party, cards_of(batch, 1, 10))

    with translation.override("en"):
        assert note.get_state_display() == "inventory at once"


def test_cards_never_go_up_or_aside(insurer, batch):
    hand_down(insurer, batch.run, insurer.branch.party, checked_in_by="branch_keeper")

    for to in (
        insurer.head_office,
        insurer.branch,
        insurer.other_branch,
        insurer.other_institution,
    ):
        with pytest.raises(RecipientIsNotBelow) as refused:
            issue(insurer, "branch_keeper", to.party, cards_of(batch, 1, 10))
        assert refused.value.field == "to"


def test_an_issue_from_a_branch_names_whom_it_is_for(insurer, batch):
    hand_down(insurer, batch.run, insurer.branch.party, checked_in_by="branch_keeper")

    note = issue(insurer, "branch_keeper", insurer.institution.party, cards_of(batch, 1, 10))
    assert note.for_organisation == insurer.institution
    note = issue(
        insurer,
        "branch_keeper",
        insurer.institution.party,
        cards_of(batch, 11, 20),
        for_organisation=insurer.department,
    )
    assert note.for_organisation == insurer.department
    with pytest.raises(IssueNamesNoOrganisation) as refused:
        issue(insurer, "branch_keeper", insurer.branch_keeper.party, cards_of(batch, 21, 30))
    assert refused.value.field == "for_organisation"


def test_an_issue_is_for_somebody_within_the_receiver(insurer, batch):
    with pytest.raises(OrganisationIsNotBelow) as refused:
        issue(
            insurer,
            "chief",
            insurer.branch.party,
            cards_of(batch, 1, 10),
            for_organisation=insurer.other_institution,
        )

    assert refused.value.field == "for_organisation"


# Which cards


def test_a_range_that_is_reversed_is_no_range(insurer, batch):
    with pytest.raises(RunReversed):
        cards_of(batch, 10, 9)


def test_no_cards_are_no_issue(insurer, batch):
    with pytest.raises(NoSerialsGiven):
        issue(
            insurer,
            "chief",
            insurer.branch.party,
            document_type=batch.type_version.document_type,
        )


def test_a_range_that_overlaps_itself_names_the_serials_that_come_twice(insurer, batch):
    with pytest.raises(RunsOverlapEachOther, match="000 000 008–620118 000 000 010"):
        issue(
            insurer,
            "chief",
            insurer.branch.party,
            cards_of(batch, 1, 10),
            cards_of(batch, 8, 20),
        )


def test_a_range_that_is_not_held_is_refused_and_changes_nothing(insurer, batch):
    hand_down(
        insurer, cards_of(batch, 101, 200), insurer.branch.party, checked_in_by="branch_keeper"
    )
    before = custody(batch)

    with pytest.raises(CardsNotHeld, match=r"000 000 001–620118 000 000 100"):
        issue(insurer, "branch_keeper", insurer.institution.party, cards_of(batch, 1, 150))

    assert custody(batch) == before
    assert Issue.objects.count() == 1
    assert not AuditEvent.objects.filter(
        event="cards.issued", actor_id=insurer.branch_keeper.pk
    ).exists()


def test_a_range_of_another_type_names_it(insurer, batch):
    other = a_document_type(insurer, "AC-200", "620119", *batch.type_version.product_versions.all())

    with pytest.raises(CardsOfOtherType, match="AC-200"):
        issue(
            insurer,
            "chief",
            insurer.branch.party,
            cards_of(batch, 1, 10),
            document_type=other,
        )


def test_a_range_partly_in_another_status_names_the_serials_and_what_helps(insurer, batch):
    note = issue(insurer, "chief", insurer.branch.party, cards_of(batch, 41, 60))

    with pytest.raises(CardsInOtherStatus) as refused:
        issue(insurer, "chief", insurer.branch.party, cards_of(batch, 31, 70))

    assert "620118 000 000 041–620118 000 000 060" in str(refused.value)
    assert refused.value.field == "serials"
    assert refused.value.help == Operation.named("custody.check_in", number=note.number)


def test_cards_that_were_never_printed_do_not_exist(insurer, batch):
    with pytest.raises(NoSuchCards, match="000 001 001"):
        issue(insurer, "chief", insurer.branch.party, cards_of(batch, 991, 1001))


def test_cards_past_their_last_day_are_not_issued(insurer, batch):
    with clock.frozen(batch.last_day):
        issue(insurer, "chief", insurer.branch.party, cards_of(batch, 11, 20))

    with clock.frozen(batch.last_day + timedelta(days=1)), pytest.raises(CardsExpired):
        issue(insurer, "chief", insurer.branch.party, cards_of(batch, 1, 10))


def test_stock_past_its_last_day_to_sell_is_not_issued_and_can_be_recalled(insurer):
    document_type = a_document_type(insurer, use_by_months=6)
    batch, _ = cards_at_head_office(insurer, 100, document_type)
    hand_down(insurer, cards_of(batch, 1, 10), insurer.branch.party, checked_in_by="branch_keeper")

    assert batch.use_by is not None
    with clock.frozen(batch.use_by):
        issue(insurer, "chief", insurer.branch.party, cards_of(batch, 11, 20))
    with clock.frozen(batch.use_by + timedelta(days=1)):
        with pytest.raises(CardsPastUseBy) as refused:
            issue(insurer, "chief", insurer.branch.party, cards_of(batch, 21, 30))
        assert refused.value.help == Operation.named("custody.recall")
        take_back(insurer, cards_of(batch, 1, 10), by="chief")


def test_one_note_has_one_sender(insurer, batch):
    hand_down(insurer, cards_of(batch, 1, 10), insurer.branch.party, checked_in_by="branch_keeper")

    with pytest.raises(CardsOfSeveralHolders, match="Branch"):
        issue(insurer, "chief", insurer.institution.party, cards_of(batch, 1, 20))


def test_cards_on_their_way_to_the_actor_name_their_note(insurer, batch):
    note = issue(insurer, "chief", insurer.branch.party, cards_of(batch, 1, 20))

    with pytest.raises(CardsOnTheirWay, match=note.number) as refused:
        issue(insurer, "branch_keeper", insurer.institution.party, cards_of(batch, 1, 10))
    assert refused.value.help == Operation.named("custody.check_in", number=note.number)
    with pytest.raises(CardsNotHeld):
        issue(insurer, "other_keeper", insurer.other_institution.party, cards_of(batch, 1, 10))
    [part] = usable_parts(None, [cards_of(batch, 1, 10)], insurer.actor("branch_keeper"), ISSUE)
    assert (part.usable, part.status, part.help) == (False, "in_transit", refused.value.help)
    assert note.number in part.reason


def test_a_foreign_branch_can_issue_nothing_of_ours_and_sees_no_note(insurer, batch):
    hand_down(insurer, batch.run, insurer.branch.party, checked_in_by="branch_keeper")

    with pytest.raises(CardsNotHeld):
        issue(insurer, "other_keeper", insurer.other_institution.party, cards_of(batch, 1, 10))
    assert not issues_seen_by(insurer.actor("other_keeper"))
    assert issues_seen_by(insurer.actor("branch_keeper")).count() == 1


# Issue registration to an individual


def test_an_individual_holds_the_cards_at_once(insurer):
    batch, _ = cards_at_institution(insurer, 1_000)

    note = issue(insurer, "keeper", insurer.seller.party, cards_of(batch, 1, 200))

    assert note.state == Issue.State.CHECKED_IN
    assert custody(batch) == [
        ("Person I02", "inventory", 1, 200),
        ("Institution", "inventory", 201, 1000),
    ]


def test_an_administrator_may_issue_to_themself(insurer):
    batch, _ = cards_at_institution(insurer, 100)

    issue(insurer, "keeper", insurer.keeper.party, cards_of(batch, 1, 100))

    assert custody(batch) == [("Person I01", "inventory", 1, 100)]


def test_somebody_without_the_authorisation_may_not_hold_cards(insurer):
    batch, _ = cards_at_institution(insurer, 100)

    with pytest.raises(HolderNotAuthorised) as refused:
        issue(insurer, "keeper", insurer.cashier.party, cards_of(batch, 1, 10))

    assert refused.value.field == "to"


def test_somebody_who_left_may_not_hold_cards(insurer):
    batch, _ = cards_at_institution(insurer, 100)
    dismiss_staff(staff=insurer.seller, actor=insurer.actor("chief"), request_id=uuid4())

    with pytest.raises(HolderNotAuthorised):
        issue(insurer, "keeper", insurer.seller.party, cards_of(batch, 1, 10))


def test_a_person_may_hold_up_to_the_limit_of_the_type_and_no_card_more(insurer):
    batch, _ = cards_at_institution(insurer, 600)
    issue(insurer, "keeper", insurer.seller.party, cards_of(batch, 1, 200))

    with pytest.raises(HoldingLimitExceeded, match=r"200.*500.*301"):
        issue(insurer, "keeper", insurer.seller.party, cards_of(batch, 201, 501))
    issue(insurer, "keeper", insurer.seller.party, cards_of(batch, 201, 500))

    assert custody(batch)[0] == ("Person I02", "inventory", 1, 500)


def test_a_person_who_works_elsewhere_gets_no_cards(insurer):
    batch, _ = cards_at_institution(insurer, 100)

    with pytest.raises(RecipientIsNotBelow):
        issue(insurer, "keeper", insurer.other_keeper.party, cards_of(batch, 1, 10))


def test_cards_in_a_persons_hands_are_not_issued_on(insurer):
    batch, _ = cards_at_institution(insurer, 100)
    issue(insurer, "keeper", insurer.seller.party, cards_of(batch, 1, 10))

    with pytest.raises(CardsNotHeld):
        issue(insurer, "keeper", insurer.keeper.party, cards_of(batch, 1, 10))


def test_an_administrator_has_a_limit_of_their_own(insurer):
    document_type = a_document_type(insurer, holding_limit=50, administrator_limit=80)
    batch, _ = cards_at_institution(insurer, 100, document_type)

    with pytest.raises(HoldingLimitExceeded, match=r"50.*51"):
        issue(insurer, "keeper", insurer.seller.party, cards_of(batch, 1, 51))
    with pytest.raises(HoldingLimitExceeded, match=r"80.*81"):
        issue(insurer, "keeper", insurer.keeper.party, cards_of(batch, 1, 81))
    issue(insurer, "keeper", insurer.keeper.party, cards_of(batch, 1, 80))


# Repeats and cost


def test_repeating_the_request_issues_once(insurer, batch):
    request_id = uuid4()
    first, again = (
        issue(
            insurer,
            "chief",
            insurer.branch.party,
            cards_of(batch, 1, 10),
            request_id=request_id,
        )
        for _ in range(2)
    )

    assert first == again
    assert Issue.objects.count() == 1


def statements(queries):
    inner = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT")
    return [one["sql"] for one in queries if not one["sql"].startswith(inner)]


@pytest.mark.parametrize("count", [1, 900])
def test_an_issue_costs_at_most_ten_statements_whatever_its_size(insurer, batch, count):
    document_type = batch.type_version.document_type
    with CaptureQueriesContext(connection) as queries:
        issue(
            insurer,
            "chief",
            insurer.branch.party,
            cards_of(batch, 1, count),
            document_type=document_type,
        )

    assert len(statements(queries)) <= 10


def test_an_issue_registration_costs_at_most_eleven_statements(insurer):
    batch, _ = cards_at_institution(insurer, 100)
    document_type = batch.type_version.document_type
    with CaptureQueriesContext(connection) as queries:
        issue(
            insurer,
            "keeper",
            insurer.seller.party,
            cards_of(batch, 1, 50),
            document_type=document_type,
        )

    assert len(statements(queries)) <= 11


def test_a_card_is_found_with_one_statement(insurer, batch, django_assert_num_queries):
    with django_assert_num_queries(1):
        card = find_card(batch.run.first + 500)

    assert (card.holder, card.seen) == (insurer.head_office.party, "inventory")
    assert find_card(SerialRun(1, 1).first) is None


def test_a_deed_of_somebody_with_the_longest_name_is_in_the_books(insurer, batch):
    long = a_staff_member("Z01", insurer.head_office, May.ISSUE_CARDS, name="N" * 100)
    Party.objects.filter(pk=long.party_id).update(name_zh="名" * 100)
    long.refresh_from_db()

    note = issue_cards(
        document_type=batch.type_version.document_type,
        runs=(cards_of(batch, 1, 10),),
        to=insurer.branch.party,
        actor=staff_actor(long),
        request_id=uuid4(),
    )

    name = AuditEvent.objects.get(event="cards.issued", subject_number=note.number).actor_name
    assert name == "名" * 100 + " " + "N" * 100
    assert Movement.objects.get(reason_number=note.number).actor_name == name
