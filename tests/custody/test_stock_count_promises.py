"""Around a stock count's commands: what PostgreSQL itself refuses, and what `verify` finds."""

import pytest
from django.db import connection

from selfcard.custody import verify_counts
from selfcard.custody.commands import (
    agree_adjustment,
    cancel_stock_count,
    close_stock_count,
    enter_stacks,
)
from selfcard.custody.moving import Leg, move
from selfcard.custody.parts import read_parts
from selfcard.custody.statuses import CardStatus, MovementKind
from tests.factories.cards import an_approved_batch
from tests.factories.custody import (
    cards_at_institution,
    cards_of,
    hand_down,
)
from tests.factories.postgresql import refused_by_postgresql, triggers_at_rest
from tests.factories.stock_counts import asked, counted, do, opened

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(insurer):
    """A hundred cards in the institution's inventory."""
    return cards_at_institution(insurer, 100)[0]


def run_sql(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.fixture
def differing(insurer, batch):
    """Compared with the books: one card lacks, and five are too many."""
    an_approved_batch(insurer, 5)
    return counted(insurer, batch, (1, 49), (51, 105))


@pytest.mark.parametrize("state", ["asked", "closed"])
def test_nothing_is_agreed_of_a_count_that_nobody_has_compared(insurer, batch, state):
    opened(insurer, batch)

    with refused_by_postgresql("stock_count_goes_its_way"):
        run_sql("UPDATE custody_stockcount SET state = %s", state)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO custody_countedstack (stock_count_id, serials, entered_by_id, entered_at)"
        " SELECT stock_count_id, int8range(1, 2), entered_by_id, entered_at"
        " FROM custody_countedstack LIMIT 1",
        "DELETE FROM custody_countedstack",
    ],
)
def test_stacks_come_and_go_only_while_they_are_counted(differing, statement):
    with refused_by_postgresql("is written while the count is open"):
        run_sql(statement)


def test_a_stack_is_struck_out_and_never_changed(insurer, batch):
    one = opened(insurer, batch)
    do(insurer, "keeper", enter_stacks, one, runs=(cards_of(batch, 1, 5),))

    with refused_by_postgresql("never changed"):
        run_sql("UPDATE custody_countedstack SET serials = int8range(1, 2)")
    with refused_by_postgresql("never emptied"):
        run_sql("TRUNCATE custody_countedstack")


def test_a_card_is_in_one_stack(insurer, batch):
    one = opened(insurer, batch)
    do(insurer, "keeper", enter_stacks, one, runs=(cards_of(batch, 1, 5),))

    with refused_by_postgresql("a_card_is_counted_once"):
        run_sql(
            "INSERT INTO custody_countedstack (stock_count_id, serials, entered_by_id, entered_at)"
            " SELECT stock_count_id, serials, entered_by_id, entered_at FROM custody_countedstack"
        )


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO custody_countfinding (stock_count_id, kind, serials, holder_id, status,"
        " reason_kind, reason_number, remedy, note) SELECT id, 'gap', int8range(1, 2), holder_id,"
        " 'inventory', '', '', '', '' FROM custody_stockcount",
        "UPDATE custody_countfinding SET remedy = 'loss', note = 'lost' WHERE kind = 'gap'",
        "DELETE FROM custody_countfinding",
    ],
)
@pytest.mark.parametrize("state", ["open", "asked"])
def test_differences_are_written_only_while_they_are_compared(
    insurer, batch, differing, state, statement
):
    if state == "asked":
        asked(insurer, differing, gap="loss", surplus="explained")
    else:
        do(insurer, "keeper", cancel_stock_count, differing, reason="begin again")

    with refused_by_postgresql("is written while the count is compared"):
        run_sql(statement)


@pytest.mark.parametrize(
    ("column", "value"),
    [("serials", "int8range(1, 2)"), ("kind", "'surplus'"), ("status", "'sold'")],
)
def test_what_differs_stays_as_it_was_found(differing, column, value):
    with refused_by_postgresql("never changed"):
        run_sql(f"UPDATE custody_countfinding SET {column} = {value} WHERE kind = 'gap'")


@pytest.mark.parametrize(
    ("change", "promise"),
    [
        ("remedy = 'loss', note = ''", "a_remedy_says_why"),
        ("remedy = 'taken_over', note = 'why not'", "a_finding_has_a_remedy_that_fits"),
    ],
)
def test_a_remedy_fits_and_says_why(differing, change, promise):
    with refused_by_postgresql(promise):
        run_sql(f"UPDATE custody_countfinding SET {change} WHERE kind = 'gap'")


def test_nobody_takes_over_what_was_never_printed(differing):
    with refused_by_postgresql("somebody_answers_for_every_printed_card"):
        run_sql(
            "UPDATE custody_countfinding SET remedy = 'taken_over', note = 'ours now'"
            " WHERE kind = 'surplus'"
        )


@pytest.mark.parametrize(
    "column", ["holder_id", "document_type_id", "opened_by_id", "number", "remark", "witness"]
)
def test_what_a_count_is_of_never_changes(differing, column):
    with refused_by_postgresql("never changed"):
        run_sql(f"UPDATE custody_stockcount SET {column} = {column}")


@pytest.mark.parametrize(
    ("change", "promise"),
    [
        ("state = 'closed', closed_by_id = opened_by_id, closed_at = now()", "nobody agreed"),
        ("state = 'asked', asked_by_id = opened_by_id, asked_at = now()", "nobody agreed"),
        ("counted = NULL", "a_stock_count_is_compared_before_it_is_closed"),
        ("closed_by_id = opened_by_id", "a_stock_count_is_closed_exactly_when_somebody_did"),
        ("asked_by_id = opened_by_id", "adjustments_are_asked_for_by_somebody"),
        (
            "state = 'cancelled', closed_by_id = opened_by_id, closed_at = now()",
            "a_stock_count_is_cancelled_for_a_reason",
        ),
    ],
)
def test_a_count_goes_its_way_with_the_people_that_belong_to_it(differing, change, promise):
    with refused_by_postgresql(promise):
        run_sql(f"UPDATE custody_stockcount SET {change}")


def test_nobody_agrees_to_their_own_adjustment(insurer, differing):
    asked(insurer, differing, gap="explained", surplus="explained")

    with refused_by_postgresql("nobody_agrees_to_their_own_adjustments"):
        run_sql(
            "UPDATE custody_stockcount SET state = 'closed', closed_by_id = asked_by_id,"
            " closed_at = now()"
        )


def test_what_has_ended_stays(insurer, batch):
    do(insurer, "keeper", close_stock_count, counted(insurer, batch, (1, 100)))

    with refused_by_postgresql("never changed"):
        run_sql("UPDATE custody_stockcount SET counted = 7")
    with refused_by_postgresql("never deleted"):
        run_sql("DELETE FROM custody_stockcount")


def test_a_stock_is_counted_once_at_a_time_whoever_opens(differing):
    with refused_by_postgresql("a_stock_is_counted_once_at_a_time"):
        run_sql(
            "INSERT INTO custody_stockcount (number, holder_id, document_type_id, state, remark,"
            " witness, opened_by_id, opened_at, cancelled_because) SELECT 'SC-X', holder_id,"
            " document_type_id, 'open', '', '', opened_by_id, opened_at, ''"
            " FROM custody_stockcount"
        )


def test_cards_move_by_a_count_only_when_somebody_agreed(insurer, batch):
    hand_down(insurer, cards_of(batch, 1, 10), insurer.seller.party, "keeper")
    one = asked(insurer, counted(insurer, batch, (1, 100)), surplus="taken_over")

    with refused_by_postgresql("nobody agreed to what happened"):
        move(
            [
                Leg(
                    tuple(read_parts([cards_of(batch, 1, 10)])),
                    MovementKind.STOCK_COUNT,
                    CardStatus.INVENTORY,
                    insurer.institution.party,
                )
            ],
            reason=one.reason,
            actor=insurer.actor("second"),
        )


@pytest.mark.parametrize(
    ("tampering", "promise"),
    [
        ("UPDATE custody_stockcount SET counted = 98", "What was counted is what was expected"),
        ("DELETE FROM custody_countedstack", "What was compared with the books are all stacks"),
        (
            "UPDATE custody_countfinding SET remedy = 'explained' WHERE kind = 'gap'",
            "A closed count took over and wrote off exactly what was agreed",
        ),
        (
            "UPDATE custody_countfinding"
            " SET serials = int8range(lower(serials), upper(serials) - 1) WHERE kind = 'surplus'",
            "A closed count took over and wrote off exactly what was agreed",
        ),
        (
            "UPDATE custody_freeze SET released_at = NULL, released_by_id = NULL",
            "A count stops only cards that it misses",
        ),
    ],
)
def test_verify_finds_what_a_count_did_beside_what_was_agreed(insurer, batch, tampering, promise):
    hand_down(insurer, cards_of(batch, 1, 10), insurer.seller.party, "keeper")
    one = counted(insurer, batch, (1, 3), (11, 49), (51, 100))
    do(insurer, "second", agree_adjustment, asked(insurer, one, gap="loss", surplus="taken_over"))
    assert not list(verify_counts.violations())

    with triggers_at_rest():
        run_sql(tampering)

    assert any(found.promise.startswith(promise) for found in verify_counts.violations())
