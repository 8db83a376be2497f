"""Stock is counted: what lies there beside what the books say, and who answers for the rest."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from selfcard.core.models import Paper
from selfcard.core.papers import pdf_of
from selfcard.core.refusals import Operation, ReasonMissing
from selfcard.core.serials import NoSerialsGiven, RunsOverlapEachOther, SerialRun
from selfcard.custody.commands import (
    agree_adjustment,
    cancel_stock_count,
    check_in,
    close_stock_count,
    compare_stock_count,
    enter_stacks,
    issue_cards,
    remove_stack,
    reopen_stock_count,
)
from selfcard.custody.count_errors import (
    CardsCountedAlready,
    CardsNeverOrdered,
    DifferencesLeft,
    NothingCounted,
    OwnWitness,
    StackNotCounted,
    StockCountInOtherState,
    StockIsBeingCounted,
    WitnessMissing,
)
from selfcard.custody.errors import (
    CardsFrozen,
    CardsOfOtherType,
)
from selfcard.custody.models import StockCount
from selfcard.custody.queries.stock_counts import differences_of
from selfcard.organisations.errors import NotAuthorised
from tests.factories.cards import a_document_type, an_approved_batch
from tests.factories.custody import (
    cards_at_institution,
    cards_of,
    custody,
    hand_down,
    written_off,
)
from tests.factories.reading import words_of
from tests.factories.stock_counts import (
    asked,
    counted,
    do,
    found,
    frozen,
    opened,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(insurer):
    """A hundred cards in the institution's inventory."""
    return cards_at_institution(insurer, 100)[0]


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

    me = insurer.keeper.party
    for nobody in ("", " "):
        with pytest.raises(WitnessMissing):
            opened(insurer, batch, me, witness=nobody)
    one = opened(insurer, batch, insurer.keeper.party, witness="Lin Hua, security")

    assert one.witness == "Lin Hua, security"


def test_nobody_is_the_witness_of_a_count_of_their_own(insurer, batch):
    me = insurer.keeper.party
    for myself in (f" {me.code.lower()} ", me.name_zh, me.name_en.upper()):
        with pytest.raises(OwnWitness):
            opened(insurer, batch, witness=myself)
    with pytest.raises(OwnWitness):
        opened(insurer, batch, colleague=insurer.keeper)


def test_a_colleague_and_somebody_from_outside_are_named_on_the_sheet(insurer, batch):
    one = opened(insurer, batch, colleague=insurer.seller, witness="Lin Hua, security")

    assert one.witness == "员工I02 Person I02 (I02), Lin Hua, security"


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


def test_what_is_ordered_and_not_printed_is_surplus_that_nobody_answers_for(insurer, batch):
    an_approved_batch(insurer, 5)

    one = counted(insurer, batch, (1, 105))

    assert found(batch, one) == [("surplus", 101, 105, "", "", "")]


def test_a_stack_that_no_batch_has_is_refused_and_named(insurer, batch):
    one, whole_type = opened(insurer, batch), cards_of(batch, 1, 1_000)

    with pytest.raises(CardsNeverOrdered) as refusal:
        do(insurer, "keeper", enter_stacks, one, runs=(whole_type,))

    assert refusal.value.facts["serials"] == str(cards_of(batch, 101, 1_000))
    assert not one.stacks.exists()


def test_a_count_tells_nobody_what_lies_out_of_their_sight(insurer, batch):
    one = counted(insurer, batch, (1, 100), holder=insurer.other_branch.party, by="other_keeper")

    told = {
        by: [each.is_seen for each in differences_of(one, insurer.actor(by))]
        for by in ("other_keeper", "second")
    }

    assert told == {"other_keeper": [False], "second": [True]}
    assert found(batch, one) == [("surplus", 1, 100, "Institution", "inventory", "")]


def test_how_foreign_stock_is_cut_is_told_to_nobody_who_does_not_see_it(insurer, batch):
    hand_down(insurer, cards_of(batch, 1, 10), insurer.seller.party, "keeper")
    to = insurer.department.party
    hand_down(insurer, cards_of(batch, 11, 20), to, "keeper", checked_in_by="branch_keeper")
    written_off(insurer, "void", cards_of(batch, 51, 60), by="keeper")
    one = counted(insurer, batch, (1, 100), holder=insurer.other_branch.party, by="other_keeper")

    told = {
        by: [each.run for each in differences_of(one, insurer.actor(by))]
        for by in ("other_keeper", "second")
    }

    # Only where something else is offered: void cards are not taken over.
    cut = [cards_of(batch, 51, 60), cards_of(batch, 61, 100)]
    assert told["other_keeper"] == [cards_of(batch, 1, 50), *cut]
    whole = [cards_of(batch, 1, 10), cards_of(batch, 11, 20), cards_of(batch, 21, 50)]
    assert told["second"] == [*whole, *cut]


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
