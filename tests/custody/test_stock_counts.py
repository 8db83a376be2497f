"""Stock is counted: what lies there beside what the books say, and who answers for the rest."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from selfcard.approvals.errors import NotYourOwnRequest
from selfcard.approvals.models import Approval
from selfcard.core import clock
from selfcard.core.models import Paper
from selfcard.core.papers import pdf_of
from selfcard.core.refusals import Operation, ReasonMissing
from selfcard.core.serials import NoSerialsGiven, RunsOverlapEachOther, SerialRun
from selfcard.custody.commands import (
    agree_adjustment,
    ask_adjustment,
    cancel_stock_count,
    check_in,
    close_stock_count,
    compare_stock_count,
    enter_stacks,
    issue_cards,
    open_stock_count,
    refuse_adjustment,
    remove_stack,
    reopen_stock_count,
    withdraw_adjustment,
)
from selfcard.custody.count_errors import (
    CardsCountedAlready,
    CardsMovedSinceCompared,
    DifferencesLeft,
    NothingCounted,
    NothingToAdjust,
    OwnStockDecided,
    RemedyDoesNotFit,
    RemedyMissing,
    StackNotCounted,
    StockCountInOtherState,
    StockIsBeingCounted,
    WitnessMissing,
)
from selfcard.custody.counting import Remedied
from selfcard.custody.errors import (
    CardsFrozen,
    CardsInOtherStatus,
    CardsOfOtherType,
    CardsOpened,
)
from selfcard.custody.models import Freeze, Movement, OpenedCard, StockCount, WriteOff
from selfcard.custody.verify import violations
from selfcard.organisations.commands import authorise
from selfcard.organisations.errors import NotAuthorised
from selfcard.organisations.models import May
from tests.factories.cards import a_document_type
from tests.factories.custody import (
    cards_at_head_office,
    cards_at_institution,
    cards_of,
    custody,
    hand_down,
)
from tests.factories.reading import words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(insurer):
    """A hundred cards in the institution's inventory."""
    return cards_at_institution(insurer, 100)[0]


def do(insurer, by, command, one=None, **more):
    given = {"stock_count": StockCount.objects.get(pk=one.pk)} if one else {}
    request = more.pop("request_id", uuid4())
    return command(**given, **more, actor=insurer.actor(by), request_id=request)


def opened(insurer, batch, holder=None, by="keeper", **more):
    return do(
        insurer,
        by,
        open_stock_count,
        holder=holder or insurer.institution.party,
        document_type=batch.type_version.document_type,
        **more,
    )


def counted(insurer, batch, *stacks, by="keeper", **more):
    """A count of these stacks (cards of the batch, counted from 1), compared with the books."""
    one = opened(insurer, batch, by=by, **more)
    if stacks:
        runs = tuple(cards_of(batch, *stack) for stack in stacks)
        do(insurer, by, enter_stacks, one, runs=runs)
    return do(insurer, by, compare_stock_count, one, nothing_there=not stacks)


def found(batch, one):
    """The findings: kind, first and last card, holder, status, and what else is known."""
    first = batch.run.first
    return [
        (
            finding.kind,
            finding.run.first - first + 1,
            finding.run.last - first + 1,
            finding.holder.name_en if finding.holder else "",
            finding.status,
            finding.reason_number,
        )
        for finding in one.findings.select_related("holder")
    ]


def remedied(one, **remedies):
    """The same remedy for all gaps, and for all surplus."""
    return tuple(
        Remedied(finding.run, remedies[finding.kind], f"because of {finding.kind}")
        for finding in one.findings.all()
    )


def asked(insurer, one, by="keeper", **remedies):
    return do(insurer, by, ask_adjustment, one, remedies=remedied(one, **remedies))


def frozen(batch):
    first = batch.run.first
    return [
        (freeze.run.first - first + 1, freeze.run.last - first + 1, freeze.reason_kind)
        for freeze in Freeze.objects.filter(released_at=None).order_by("serials")
    ]


def journal(batch, kind):
    first = batch.run.first
    return [
        (
            movement.run.first - first + 1,
            movement.run.last - first + 1,
            movement.from_holder.name_en,
            movement.to_holder.name_en,
            movement.actor_name,
        )
        for movement in Movement.objects.filter(batch=batch, kind=kind).order_by("serials")
    ]


# Counting


def test_a_hole_in_one_stack_is_found(insurer, batch):
    one = counted(insurer, batch, (1, 49), (51, 100))

    assert found(batch, one) == [("gap", 50, 50, "Institution", "inventory", "")]
    assert (one.expected, one.counted) == (100, 99)


def test_when_all_is_there_the_count_is_closed_at_once(insurer, batch):
    one = counted(insurer, batch, (1, 30), (31, 100))

    one = do(insurer, "keeper", close_stock_count, one)

    assert one.state == "closed"
    assert not one.findings.exists()
    assert custody(batch) == [("Institution", "inventory", 1, 100)]


def test_a_count_that_differs_is_not_closed_by_one_person_alone(insurer, batch):
    one = counted(insurer, batch, (1, 99))

    with pytest.raises(DifferencesLeft):
        do(insurer, "keeper", close_stock_count, one)


def test_stacks_come_one_by_one_in_any_order_and_single_cards_too(insurer, batch):
    one = opened(insurer, batch)
    for stack in ((60, 100), (1, 10), (11, 11), (12, 59)):
        do(insurer, "keeper", enter_stacks, one, runs=(cards_of(batch, *stack),))

    assert one.stacks.count() == 4
    assert found(batch, do(insurer, "keeper", compare_stock_count, one)) == []


def test_a_stack_that_lies_on_one_counted_before_is_named(insurer, batch):
    one = opened(insurer, batch)
    do(insurer, "keeper", enter_stacks, one, runs=(cards_of(batch, 1, 50),))

    with pytest.raises(CardsCountedAlready) as refusal:
        do(insurer, "keeper", enter_stacks, one, runs=(cards_of(batch, 46, 60),))

    assert refusal.value.facts["serials"] == str(cards_of(batch, 46, 50))
    assert one.stacks.count() == 1


def test_a_card_named_twice_in_one_go_is_named(insurer, batch):
    one = opened(insurer, batch)

    with pytest.raises(RunsOverlapEachOther):
        do(
            insurer,
            "keeper",
            enter_stacks,
            one,
            runs=(cards_of(batch, 1, 5), cards_of(batch, 5, 9)),
        )
    with pytest.raises(NoSerialsGiven):
        do(insurer, "keeper", enter_stacks, one, runs=())


def test_cards_of_another_type_belong_to_another_count(insurer, batch):
    a_document_type(insurer, "AC-200", "620119", *batch.type_version.product_versions.all())
    strangers = SerialRun(620119_000_000_001, 620119_000_000_005)
    one = opened(insurer, batch)

    with pytest.raises(CardsOfOtherType) as refusal:
        do(insurer, "keeper", enter_stacks, one, runs=(strangers,))

    assert refusal.value.facts["serials"] == str(strangers)


def test_a_stack_entered_by_mistake_is_struck_out(insurer, batch):
    one = opened(insurer, batch)
    do(insurer, "keeper", enter_stacks, one, runs=(cards_of(batch, 1, 5), cards_of(batch, 6, 9)))

    do(insurer, "keeper", remove_stack, one, run=cards_of(batch, 1, 5))

    assert [stack.run for stack in one.stacks.all()] == [cards_of(batch, 6, 9)]
    with pytest.raises(StackNotCounted):
        do(insurer, "keeper", remove_stack, one, run=cards_of(batch, 1, 5))


def test_a_repeated_scan_counts_once(insurer, batch):
    one, again = opened(insurer, batch), uuid4()

    for _ in range(2):
        do(
            insurer,
            "keeper",
            enter_stacks,
            one,
            runs=(cards_of(batch, 1, 5),),
            request_id=again,
        )

    assert one.stacks.count() == 1


def test_nothing_at_all_is_said_and_not_forgotten(insurer, batch):
    one = opened(insurer, batch)

    with pytest.raises(NothingCounted):
        do(insurer, "keeper", compare_stock_count, one)
    one = do(insurer, "keeper", compare_stock_count, one, nothing_there=True)

    assert found(batch, one) == [("gap", 1, 100, "Institution", "inventory", "")]


def test_a_stock_is_counted_once_at_a_time(insurer, batch):
    one = opened(insurer, batch)

    with pytest.raises(StockIsBeingCounted) as refusal:
        opened(insurer, batch)

    assert refusal.value.help == Operation.named("custody.stock_count", number=one.number)
    do(insurer, "keeper", cancel_stock_count, one, reason="begun too early")
    assert opened(insurer, batch).number != one.number


def test_whoever_counts_their_own_cards_names_a_witness(insurer, batch):
    hand_down(insurer, cards_of(batch, 1, 10), insurer.keeper.party, "keeper")

    with pytest.raises(WitnessMissing):
        opened(insurer, batch, insurer.keeper.party)
    one = opened(insurer, batch, insurer.keeper.party, witness="Lin Hua, security")

    assert one.witness == "Lin Hua, security"


def test_an_individuals_cards_are_counted_apart_from_their_organisations(insurer, batch):
    hand_down(insurer, cards_of(batch, 1, 10), insurer.seller.party, "keeper")

    one = counted(insurer, batch, (1, 10), holder=insurer.seller.party)

    assert (one.expected, found(batch, one)) == (10, [])


@pytest.mark.parametrize("by", ["other_keeper", "seller", "auditor"])
def test_nobody_counts_where_they_may_not(insurer, batch, by):
    with pytest.raises(NotAuthorised):
        opened(insurer, batch, by=by)
    one = opened(insurer, batch)
    for command, more in (
        (enter_stacks, {"runs": (cards_of(batch, 1, 5),)}),
        (remove_stack, {"run": cards_of(batch, 1, 5)}),
        (compare_stock_count, {"nothing_there": True}),
        (cancel_stock_count, {"reason": "none of my business"}),
    ):
        with pytest.raises(NotAuthorised):
            do(insurer, by, command, one, **more)


def test_a_branch_counts_what_its_institutions_hold(insurer, batch):
    assert counted(insurer, batch, (1, 100), by="branch_keeper").expected == 100


# What differs, and who answers for it


def test_surplus_is_told_with_whoever_answers_for_it(insurer, batch):
    hand_down(insurer, cards_of(batch, 1, 10), insurer.seller.party, "keeper")
    on_its_way = hand_down(insurer, cards_of(batch, 11, 20), insurer.department.party, "keeper")
    hand_down(
        insurer,
        cards_of(batch, 21, 30),
        insurer.department.party,
        "keeper",
        checked_in_by="branch_keeper",
    )

    one = counted(insurer, batch, (1, 100))

    assert found(batch, one) == [
        ("surplus", 1, 10, "Person I02", "inventory", ""),
        ("surplus", 11, 20, "Institution", "in_transit", on_its_way.number),
        ("surplus", 21, 30, "Department", "inventory", ""),
    ]


def test_what_was_never_printed_is_surplus_that_nobody_answers_for(insurer, batch):
    one = counted(insurer, batch, (1, 105))

    assert found(batch, one) == [("surplus", 101, 105, "", "", "")]


def test_a_gap_is_cut_where_the_books_know_why(insurer, batch):
    note = issue_cards(
        document_type=batch.type_version.document_type,
        runs=(cards_of(batch, 1, 10),),
        to=insurer.department.party,
        actor=insurer.actor("keeper"),
        request_id=uuid4(),
    )
    check_in(
        issue=note,
        missing=(cards_of(batch, 4, 5),),
        actor=insurer.actor("branch_keeper"),
        request_id=uuid4(),
    )

    one = counted(insurer, batch, (14, 100))

    assert found(batch, one) == [
        ("gap", 4, 5, "Institution", "inventory", note.number),
        ("gap", 11, 13, "Institution", "inventory", ""),
    ]


# Frozen while nobody can find them


def test_from_the_comparison_on_nobody_hands_on_what_nobody_can_find(insurer, batch):
    one = counted(insurer, batch, (1, 49), (51, 100))

    assert frozen(batch) == [(50, 50, "stock_count")]
    with pytest.raises(CardsFrozen) as refusal:
        hand_down(insurer, cards_of(batch, 50, 50), insurer.seller.party, "keeper")
    assert refusal.value.facts["serials"] == str(cards_of(batch, 50, 50))
    assert one.state == "compared"


def test_counting_alone_freezes_nothing(insurer, batch):
    one = opened(insurer, batch)
    do(insurer, "keeper", enter_stacks, one, runs=(cards_of(batch, 1, 5),))

    hand_down(insurer, cards_of(batch, 6, 7), insurer.seller.party, "keeper")

    assert frozen(batch) == []


@pytest.mark.parametrize(
    ("way_out", "more"), [(reopen_stock_count, {}), (cancel_stock_count, {"reason": "later"})]
)
def test_whichever_way_the_count_goes_on_the_cards_are_free_again(insurer, batch, way_out, more):
    one = counted(insurer, batch, (1, 49), (51, 100))

    do(insurer, "keeper", way_out, one, **more)

    assert frozen(batch) == []


def test_counted_again_the_card_that_was_overlooked_is_there(insurer, batch):
    one = counted(insurer, batch, (1, 49), (51, 100))
    one = do(insurer, "keeper", reopen_stock_count, one)
    assert not one.findings.exists()

    do(insurer, "keeper", enter_stacks, one, runs=(cards_of(batch, 50, 50),))
    one = do(insurer, "keeper", compare_stock_count, one)

    assert found(batch, one) == []
    assert do(insurer, "keeper", close_stock_count, one).state == "closed"


def test_what_is_compared_is_not_counted_any_more(insurer, batch):
    one = counted(insurer, batch, (1, 49))

    for command, more in (
        (enter_stacks, {"runs": (cards_of(batch, 50, 50),)}),
        (remove_stack, {"run": cards_of(batch, 1, 49)}),
        (compare_stock_count, {}),
    ):
        with pytest.raises(StockCountInOtherState) as refusal:
            do(insurer, "keeper", command, one, **more)
        assert refusal.value.facts["state"] == StockCount.State.COMPARED.label


def test_a_count_is_cancelled_for_a_reason(insurer, batch):
    one = opened(insurer, batch)

    with pytest.raises(ReasonMissing):
        do(insurer, "keeper", cancel_stock_count, one, reason="  ")
    one = do(insurer, "keeper", cancel_stock_count, one, reason="fire drill")

    assert (one.state, one.cancelled_because) == ("cancelled", "fire drill")


# What is done about it, and who agrees


def test_a_missing_card_becomes_a_loss_when_a_second_person_agrees(insurer, batch):
    one = counted(insurer, batch, (1, 49), (51, 100))
    one = asked(insurer, one, gap="loss")
    assert custody(batch) == [("Institution", "inventory", 1, 100)], "asking changes nothing"

    one = do(insurer, "second", agree_adjustment, one)

    assert custody(batch) == [
        ("Institution", "inventory", 1, 49),
        ("Institution", "lost", 50, 50),
        ("Institution", "inventory", 51, 100),
    ]
    assert (one.state, one.closed_by.code) == ("closed", "C02")
    assert frozen(batch) == []
    loss = one.write_off
    assert (loss.kind, loss.cause, loss.state, loss.count) == ("loss", "counted", "done", 1)
    assert (loss.asked_by.code, loss.decided_by.code) == ("I01", "C02")
    assert loss.announce_by is not None, "a loss case begins as for every loss"
    assert not list(violations())


def test_surplus_is_taken_over_from_whoever_answered_for_it(insurer, batch):
    hand_down(insurer, cards_of(batch, 1, 10), insurer.seller.party, "keeper")
    one = asked(insurer, counted(insurer, batch, (3, 3), (11, 100)), surplus="taken_over")

    do(insurer, "second", agree_adjustment, one)

    assert journal(batch, "stock_count") == [
        (3, 3, "Person I02", "Institution", "员工C02 Person C02")
    ]
    assert custody(batch) == [
        ("Person I02", "inventory", 1, 2),
        ("Institution", "inventory", 3, 3),
        ("Person I02", "inventory", 4, 10),
        ("Institution", "inventory", 11, 100),
    ]
    assert not list(violations())


def test_a_lost_card_that_turns_up_at_another_count_comes_back_into_inventory(insurer, batch):
    one = asked(insurer, counted(insurer, batch, (1, 99)), gap="loss")
    do(insurer, "second", agree_adjustment, one)

    again = counted(insurer, batch, (1, 100))
    assert found(batch, again) == [
        ("surplus", 100, 100, "Institution", "lost", WriteOff.objects.get().number)
    ]
    do(insurer, "second", agree_adjustment, asked(insurer, again, surplus="taken_over"))

    assert custody(batch) == [("Institution", "inventory", 1, 100)]
    assert not list(violations())


def test_what_is_explained_changes_nothing_but_is_agreed_too(insurer, batch):
    hand_down(insurer, cards_of(batch, 1, 10), insurer.seller.party, "keeper")
    one = counted(insurer, batch, (1, 10), (11, 99))
    one = asked(insurer, one, gap="explained", surplus="explained")

    one = do(insurer, "second", agree_adjustment, one)

    assert one.state == "closed"
    assert one.write_off is None
    assert frozen(batch) == []
    assert custody(batch) == [
        ("Person I02", "inventory", 1, 10),
        ("Institution", "inventory", 11, 100),
    ]
    assert not list(violations())


def test_two_counts_with_one_hole_are_settled_one_after_the_other(insurer, batch):
    """What the institution misses lies in its seller's drawer."""
    hand_down(insurer, cards_of(batch, 1, 10), insurer.seller.party, "keeper")
    theirs = counted(insurer, batch, (1, 10), (50, 50), holder=insurer.seller.party)
    ours = counted(insurer, batch, (11, 49), (51, 100))
    assert found(batch, theirs) == [("surplus", 50, 50, "Institution", "inventory", "")]
    ours = asked(insurer, ours, gap="loss")

    do(insurer, "second", agree_adjustment, asked(insurer, theirs, surplus="taken_over"))
    with pytest.raises(CardsMovedSinceCompared) as refusal:
        do(insurer, "second", agree_adjustment, ours)
    assert refusal.value.facts["serials"] == str(cards_of(batch, 50, 50))

    do(insurer, "second", refuse_adjustment, ours, reason="the seller had it")
    do(insurer, "keeper", reopen_stock_count, ours)
    ours = do(insurer, "keeper", compare_stock_count, ours)
    assert found(batch, ours) == []
    do(insurer, "keeper", close_stock_count, ours)
    assert frozen(batch) == []
    assert not list(violations())


def test_whoever_asked_does_not_agree(insurer, batch):
    authorise(
        staff=insurer.keeper,
        mays=(May.APPROVE_WRITE_OFFS,),
        organisation=insurer.institution,
        actor=insurer.actor("chief"),
        request_id=uuid4(),
    )
    one = asked(insurer, counted(insurer, batch, (1, 99)), gap="loss")

    with pytest.raises(NotYourOwnRequest):
        do(insurer, "keeper", agree_adjustment, one)


def test_the_holder_does_not_agree_to_what_became_of_their_own_cards(insurer, batch):
    hand_down(insurer, cards_of(batch, 1, 10), insurer.seller.party, "keeper")
    authorise(
        staff=insurer.seller,
        mays=(May.APPROVE_WRITE_OFFS,),
        organisation=insurer.institution,
        actor=insurer.actor("chief"),
        request_id=uuid4(),
    )
    one = counted(insurer, batch, (1, 9), holder=insurer.seller.party)
    one = asked(insurer, one, gap="loss")

    with pytest.raises(OwnStockDecided):
        do(insurer, "seller", agree_adjustment, one)


def test_who_decides_stands_above_everybody_whose_cards_change(insurer):
    batch, _ = cards_at_head_office(insurer, 100)
    hand_down(insurer, cards_of(batch, 1, 50), insurer.branch.party, checked_in_by="branch_keeper")
    hand_down(
        insurer,
        cards_of(batch, 51, 100),
        insurer.other_branch.party,
        checked_in_by="other_keeper",
    )
    one = counted(insurer, batch, (1, 51), holder=insurer.branch.party, by="branch_keeper")

    asked(insurer, one, by="branch_keeper", surplus="explained")
    assert Approval.objects.latest("asked_at").organisation == insurer.branch
    do(insurer, "branch_keeper", withdraw_adjustment, one)
    asked(insurer, one, by="branch_keeper", surplus="taken_over")
    assert Approval.objects.latest("asked_at").organisation == insurer.head_office


def test_a_refusal_leads_back_to_the_differences_which_stay_frozen(insurer, batch):
    one = asked(insurer, counted(insurer, batch, (1, 99)), gap="loss")

    with pytest.raises(NotAuthorised):
        do(insurer, "cashier", refuse_adjustment, one, reason="no")
    one = do(insurer, "second", refuse_adjustment, one, reason="look in the safe first")

    assert (one.state, one.asked_by) == ("compared", None)
    assert frozen(batch) == [(100, 100, "stock_count")]
    assert custody(batch) == [("Institution", "inventory", 1, 100)]


def test_a_request_is_taken_back_and_put_otherwise(insurer, batch):
    one = asked(insurer, counted(insurer, batch, (1, 99)), gap="loss")

    with pytest.raises(StockCountInOtherState):
        do(insurer, "keeper", cancel_stock_count, one, reason="stop")
    do(insurer, "keeper", withdraw_adjustment, one)
    one = asked(insurer, one, gap="explained")

    assert one.findings.get().remedy == "explained"


@pytest.mark.parametrize(
    ("proposal", "refused"),
    [
        (lambda run: (), RemedyMissing),
        (lambda run: (Remedied(run, "loss", " "),), RemedyMissing),
        (lambda run: (Remedied(run, "", "because"),), RemedyMissing),
        (lambda run: (Remedied(run, "taken_over", "because"),), RemedyDoesNotFit),
    ],
)
def test_every_difference_needs_a_remedy_that_fits_and_a_reason(insurer, batch, proposal, refused):
    one = counted(insurer, batch, (1, 99))

    with pytest.raises(refused) as refusal:
        do(
            insurer,
            "keeper",
            ask_adjustment,
            one,
            remedies=proposal(cards_of(batch, 100, 100)),
        )

    assert refusal.value.facts["serials"] == str(cards_of(batch, 100, 100))


def test_where_nothing_differs_nothing_is_asked(insurer, batch):
    with pytest.raises(NothingToAdjust):
        asked(insurer, counted(insurer, batch, (1, 100)))


def test_cards_on_their_way_are_checked_in_and_not_taken_over(insurer, batch):
    note = hand_down(insurer, cards_of(batch, 1, 10), insurer.department.party, "keeper")
    one = counted(insurer, batch, (1, 10), holder=insurer.department.party, by="branch_keeper")

    with pytest.raises(CardsInOtherStatus) as refusal:
        asked(insurer, one, by="branch_keeper", surplus="taken_over")

    assert refusal.value.help == Operation.named("custody.check_in", number=note.number)


def test_cards_whose_pin_somebody_knows_are_not_taken_over(insurer, batch):
    hand_down(insurer, cards_of(batch, 1, 10), insurer.seller.party, "keeper")
    OpenedCard.objects.create(serial=cards_of(batch, 3, 3).first, opened_at=clock.now())
    one = counted(insurer, batch, (3, 3), (11, 100))

    with pytest.raises(CardsOpened):
        asked(insurer, one, surplus="taken_over")


# Papers


def test_the_sheet_for_the_shelves_says_nothing_of_the_books(insurer, batch):
    one = opened(insurer, batch, remark="quarterly count", witness="Lin Hua")

    said = words("count_sheet", one)

    for expected in (one.number, "Institution", "Firstserial", "Lastserial", "620118", "LinHua"):
        assert expected in said
    assert "quarterlycount" in said
    assert str(batch.run.first) not in said


def test_the_protocol_tells_books_count_differences_and_who_agreed(insurer, batch):
    hand_down(insurer, cards_of(batch, 1, 10), insurer.seller.party, "keeper")
    one = counted(insurer, batch, (3, 3), (11, 49), (51, 100))
    one = asked(insurer, one, gap="loss", surplus="taken_over")
    one = do(insurer, "second", agree_adjustment, one)

    said = words("count_protocol", one)

    for expected in (
        one.number,
        "PersonI01",
        "PersonC02",
        "PersonI02",
        "becauseofgap",
        "becauseofsurplus",
        one.write_off.number,
        f"{batch.run.first + 49}",
    ):
        assert expected in said, expected
    for label, cards in (("Inthebooks", 90), ("Missing", 1), ("Surplus", 1), ("Counted", 90)):
        assert f"{label}{cards}" in said


def test_a_count_without_differences_has_its_protocol_too(insurer, batch):
    one = do(insurer, "keeper", close_stock_count, counted(insurer, batch, (1, 100)))

    assert "Countandbooksagree" in words("count_protocol", one)


def words(kind, one):
    return words_of(pdf_of(Paper.objects.get(kind=kind, number=one.number), "en"))


# Size


def statements(insurer, batch, *stacks):
    one = opened(insurer, batch)
    do(
        insurer,
        "keeper",
        enter_stacks,
        one,
        runs=tuple(cards_of(batch, *stack) for stack in stacks),
    )
    with CaptureQueriesContext(connection) as queries:
        do(insurer, "keeper", compare_stock_count, one)
    do(insurer, "keeper", cancel_stock_count, one, reason="only measured")
    return len(queries)


def test_two_thousand_stacks_are_compared_with_as_many_statements_as_two(insurer):
    batch, _ = cards_at_institution(insurer, 4_000)

    few = statements(insurer, batch, (1, 1), (3, 4_000))
    many = statements(insurer, batch, *((n, n) for n in range(1, 4_000, 2)))

    assert many == few
