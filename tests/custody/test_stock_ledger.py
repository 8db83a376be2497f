"""The stock ledger: opening, in, out, closing; it always adds up."""

from collections import Counter
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.periods import Period
from selfcard.custody import verify
from selfcard.custody.commands import check_in
from selfcard.custody.models import Holding, StockFlow
from selfcard.custody.moving import Leg, move
from selfcard.custody.papers.stock_ledger import stock_ledger_pdf
from selfcard.custody.parts import read_parts
from selfcard.custody.queries.stock_ledger import (
    Keepers,
    Line,
    Side,
    Within,
    movements_behind,
    parties_with_stock,
    stock_ledger,
)
from selfcard.custody.statuses import STEPS, STOCK, CardStatus
from selfcard.products.models import ProductVersion
from tests.factories.cards import a_document_type, a_made_batch
from tests.factories.custody import cards_at_head_office, cards_of, hand_down
from tests.factories.postgresql import refused_by_postgresql, triggers_at_rest
from tests.factories.reading import words_of

pytestmark = pytest.mark.django_db

OCTOBER = Period.month_of(date(2026, 10, 1))
NOVEMBER = Period.month_of(date(2026, 11, 1))
BEGIN = date(2026, 11, 6)  # the last day of what is told below


@pytest.fixture
def batch(insurer):
    """A hundred cards: printed in October; in November 40 for the branch and 5 for the seller."""
    with clock.frozen(date(2026, 10, 20)):
        batch, _ = cards_at_head_office(insurer, 100)
    with clock.frozen(date(2026, 11, 3)):
        note = hand_down(insurer, cards_of(batch, 1, 40), insurer.branch.party)
    with clock.frozen(date(2026, 11, 5)):
        check_in(issue=note, actor=insurer.actor("branch_keeper"), request_id=uuid4())
        to = insurer.institution.party
        note = hand_down(insurer, cards_of(batch, 1, 20), to, "branch_keeper")
    with clock.frozen(date(2026, 11, 6)):
        check_in(issue=note, actor=insurer.actor("keeper"), request_id=uuid4())
        hand_down(insurer, cards_of(batch, 1, 5), insurer.seller.party, "keeper")
    return batch


def a_second_type(insurer):
    """Thirty cards of another type, just printed."""
    found = a_document_type(insurer, "AC-200", "620119", ProductVersion.objects.get())
    a_made_batch(insurer, 30, found)
    return found


def figures(line: Line) -> tuple[int, dict[str, int], dict[str, int], int]:
    """Opening, in by heading, out by heading, closing."""
    sides = {
        side: {
            column.heading.code: cards
            for column, cards in line.flows.items()
            if column.side == side and cards
        }
        for side in Side
    }
    return line.opening, sides[Side.CAME], sides[Side.WENT], line.closing


def read(party, period, within=Within.BELOW, today=date(2026, 11, 23)):
    with clock.frozen(today):
        (found,) = stock_ledger(Keepers(party, within), period).types or [None]
    return found


def lines(ledger):
    return {line.party.code: figures(line) for line in ledger.lines}


def test_printed_cards_come_into_stock_and_are_there_the_next_month(insurer, batch):
    head_office = insurer.head_office.party

    assert lines(read(head_office, OCTOBER)) == {"10": (0, {"print": 100}, {}, 100)}
    assert read(head_office, NOVEMBER).together.opening == 100


def test_each_part_of_the_tree_has_a_line_and_what_stays_within_it_does_not_move(insurer, batch):
    ledger = read(insurer.head_office.party, NOVEMBER)

    assert lines(ledger) == {
        "10": (100, {}, {"issue": 40}, 60),
        "1001": (0, {"issue": 40}, {}, 40),
    }
    assert figures(ledger.between) == (0, {"issue": -40}, {"issue": -40}, 0)
    assert figures(ledger.together) == (100, {}, {}, 100)


def test_an_organisation_alone_has_a_line_for_itself_and_for_each_of_its_people(insurer, batch):
    ledger = read(insurer.institution.party, NOVEMBER, Within.HERE)

    assert lines(ledger) == {
        "100101": (0, {"issue": 20}, {"issue": 5}, 15),
        "I02": (0, {"issue": 5}, {}, 5),
    }
    assert figures(ledger.together) == (0, {"issue": 20}, {}, 20)


def test_the_own_line_counts_the_people_of_the_organisation(insurer, batch):
    assert lines(read(insurer.institution.party, NOVEMBER)) == {
        "100101": (0, {"issue": 20}, {}, 20)
    }
    assert lines(read(insurer.seller.party, NOVEMBER, Within.HOLDER)) == {
        "I02": (0, {"issue": 5}, {}, 5)
    }


def test_cards_in_transit_are_the_senders_until_they_are_checked_in(insurer, batch):
    before = read(insurer.head_office.party, Period(date(2026, 11, 1), date(2026, 11, 4)))

    assert lines(before) == {"10": (100, {}, {}, 100)}


def test_a_period_that_is_over_stays_what_it_was(insurer, batch):
    week = Period(date(2026, 11, 1), date(2026, 11, 5))
    then = read(insurer.branch.party, week, today=date(2026, 11, 5))

    assert lines(then) == lines(read(insurer.branch.party, week)) == {
        "1001": (0, {"issue": 40}, {}, 40)
    }  # fmt: skip


def test_who_has_and_moved_nothing_has_no_line(insurer, batch):
    assert read(insurer.other_branch.party, NOVEMBER) is None


def test_each_type_has_its_own_lines_and_can_be_asked_for_alone(insurer, batch):
    other = a_second_type(insurer)
    keepers = Keepers(insurer.head_office.party)
    this_month = Period.month_of(clock.today())

    both = stock_ledger(keepers, this_month)

    assert [one.document_type.code for one in both.types] == ["AC-100", "AC-200"]
    assert both.together.closing == 130
    (alone,) = stock_ledger(keepers, this_month, other).types
    assert figures(alone.together) == (0, {"print": 30}, {}, 30)


def test_the_course_leads_from_the_opening_to_the_closing(insurer, batch):
    with clock.frozen(date(2026, 11, 8)):
        ledger = stock_ledger(Keepers(insurer.branch.party), NOVEMBER)

    assert [(one.begins.day, one.closing) for one in ledger.course] == [
        (1, 0), (2, 0), (3, 0), (4, 0), (5, 40), (6, 40), (7, 40), (8, 40),
    ]  # fmt: skip


def test_a_long_period_goes_by_months(insurer, batch):
    with clock.frozen(date(2026, 11, 30)):
        ledger = stock_ledger(Keepers(insurer.head_office.party), Period.year_of(date(2026, 1, 1)))

    assert [one.closing for one in ledger.course] == [0] * 9 + [100, 100]


def test_a_figure_is_the_sum_of_the_movements_behind_it(insurer, batch):
    keepers = Keepers(insurer.branch.party)
    with clock.frozen(date(2026, 11, 23)):
        ledger = stock_ledger(keepers, NOVEMBER)
    (column,) = ledger.together.flows

    (movement,) = movements_behind(keepers, NOVEMBER, column, batch.type_version.document_type)

    assert (column.side, column.heading.code) == (Side.CAME, "issue")
    assert (movement.kind, movement.run) == ("check_in", cards_of(batch, 1, 40))


def test_whoever_sees_or_audits_cards_reads_the_ledger_of_their_part_of_the_tree(insurer):
    def codes(name):
        return set(parties_with_stock(insurer.actor(name)).values_list("code", flat=True))

    assert {"10", "1001", "1002", "I02"} <= codes("auditor")
    assert codes("keeper") == {"100101", "10010101", "I01", "I02", "I03"}
    assert codes("cashier") == set()


def test_a_ledger_takes_as_many_statements_however_much_there_is(
    insurer, batch, django_assert_num_queries
):
    keepers = Keepers(insurer.head_office.party)
    with django_assert_num_queries(3):
        stock_ledger(keepers, NOVEMBER)
    a_second_type(insurer)
    with django_assert_num_queries(3):
        stock_ledger(keepers, NOVEMBER)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", ("Stockledger", "Headoffice", "1Nov2026–23Nov2026", "Fromlinetoline", "Issued")),
        ("zh-hans", ("单证台账", "Headoffice机构", "2026年11月1日", "其中相互之间流转", "发放")),
    ],
)
def test_the_report_says_whose_stock_when_and_by_whom_in_both_languages(
    insurer, batch, language, expected
):
    with clock.frozen(date(2026, 11, 23)):
        ledger = stock_ledger(Keepers(insurer.head_office.party), NOVEMBER)
        said = words_of(stock_ledger_pdf(ledger, None, insurer.actor("auditor"), language))

    for words in (*expected, "C03", "AC-100", "−40−400"):
        assert words in said


STEP = st.tuples(
    st.sampled_from([step for step in STEPS if step[1] is not None]),
    st.integers(0, 4),  # to whom
    st.integers(1, 100),  # the first card
    st.integers(0, 60),  # how many beside it
    st.integers(0, 9),  # days later
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    steps=st.lists(STEP, min_size=4, max_size=12),
    start=st.integers(1, 50),
    length=st.integers(1, 70),
)
def test_after_any_movements_every_ledger_is_what_was_held_then(
    insurer, batch, steps, start, length
):
    period = Period(BEGIN + timedelta(start), BEGIN + timedelta(start + length - 1))
    with transaction.atomic():
        held = {BEGIN: what_is_held()}
        day = BEGIN
        for (kind, before, after), to, first, more, later in steps:
            day += timedelta(later)
            with clock.frozen(day):
                move_some(insurer, batch, first, first + more, kind, before, after, to)
            held[day] = what_is_held()
        with clock.frozen(max(day, period.last)):
            for keepers in every_way(insurer):
                ledger = stock_ledger(keepers, period)
                mine = set(keepers.parties.values_list("pk", flat=True))
                assert ledger.together.opening == as_of(held, period.first - timedelta(1), mine)
                assert ledger.together.closing == as_of(held, period.last, mine)
                assert ledger.course[-1].closing == ledger.together.closing
                every_column_adds_up(ledger)
        assert list(verify.stock_follows_from_movements()) == []
        transaction.set_rollback(True)


def move_some(insurer, batch, first, last, kind, before, after, to):
    """Move those cards that are where the step begins, past the commands."""
    holders = (
        insurer.head_office.party,
        insurer.branch.party,
        insurer.institution.party,
        insurer.seller.party,
        insurer.other_branch.party,
    )
    read = read_parts([cards_of(batch, first, min(last, 100))])
    parts = tuple(part for part in read if part.status == before)
    stays = after not in STOCK or after == CardStatus.IN_TRANSIT
    leg = Leg(parts, kind, after, None if stays else holders[to])
    move([leg], reason=("test", "1"), actor=Actor.system("test"))


def every_column_adds_up(ledger):
    for one in ledger.types:
        every = [*one.lines, one.between]
        for figure in ("opening", "came", "went", "closing"):
            assert sum(getattr(line, figure) for line in every) == getattr(one.together, figure)
    for column in ledger.columns:
        behind = movements_behind(ledger.keepers, ledger.period, column)
        assert sum(one.run.count for one in behind) == ledger.together.flows[column]


def every_way(insurer):
    yield Keepers(insurer.head_office.party)
    yield Keepers(insurer.branch.party)
    yield Keepers(insurer.institution.party, Within.HERE)
    yield Keepers(insurer.seller.party, Within.HOLDER)


def what_is_held():
    held: Counter[int] = Counter()
    for holding in Holding.objects.filter(status__in=STOCK):
        held[holding.holder_id] += holding.run.count
    return held


def as_of(held, day, parties):
    """What some parties held at the end of a day."""
    then = max(known for known in held if known <= day)
    return sum(cards for party, cards in held[then].items() if party in parties)


def test_flows_are_written_by_movements_only(batch):
    with refused_by_postgresql("written by movements only"), connection.cursor() as cursor:
        cursor.execute("UPDATE custody_stockflow SET cards = cards + 1")
    with refused_by_postgresql("written by movements only"):
        StockFlow.objects.all().delete()
    with refused_by_postgresql("is never emptied"), connection.cursor() as cursor:
        cursor.execute("TRUNCATE custody_stockflow")


@pytest.mark.parametrize(
    ("tampering", "promise"),
    [
        (
            "UPDATE custody_stockflow SET cards = cards + 1 WHERE kind = 'check_in'",
            "Every flow of stock is told by movements",
        ),
        ("DELETE FROM custody_stockflow", "Every flow of stock is told by movements"),
        (
            "UPDATE custody_stockflow SET day = day + 1 WHERE kind = 'print'",
            "Every flow of stock is told by movements",
        ),
        (
            "UPDATE custody_holding SET status = 'sold' WHERE status = 'inventory'",
            "Everybody's stock is what came and has not gone",
        ),
        (
            "UPDATE custody_stockflow SET giver_id = receiver_id, receiver_id = giver_id",
            "Everybody's stock is what came and has not gone",
        ),
    ],
)
def test_verify_names_stock_that_does_not_follow_from_movements(batch, tampering, promise):
    assert not list(verify.stock_follows_from_movements())
    with triggers_at_rest(), connection.cursor() as cursor:
        cursor.execute(tampering)

    assert promise in {one.promise for one in verify.stock_follows_from_movements()}
