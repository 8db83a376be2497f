"""Around the commands: no run of cards is empty or endless, and what papers say of them stays."""

import pgtrigger
import pytest
from django.db import connection

from selfcard.core import clock
from selfcard.custody.models import Freeze
from tests.factories.custody import (
    a_requisition,
    cards_at_institution,
    cards_of,
    hand_down,
    report,
    stop,
    take_back,
)
from tests.factories.postgresql import refused_by_postgresql
from tests.factories.stock_counts import counted, opened

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(insurer):
    return cards_at_institution(insurer, 100)[0]


def run_sql(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


RUN_OF_A_REPORT = (
    "INSERT INTO custody_writeoffrun (write_off_id, serials) SELECT id, {serials}"
    " FROM custody_writeoff"
)
STACK = (
    "INSERT INTO custody_countedstack (stock_count_id, serials, entered_by_id, entered_at)"
    " SELECT id, {serials}, opened_by_id, opened_at FROM custody_stockcount"
)
FINDING = (
    "INSERT INTO custody_countfinding (stock_count_id, kind, serials, holder_id, status,"
    " reason_kind, reason_number, remedy, note)"
    " SELECT id, 'gap', {serials}, holder_id, 'inventory', '', '', '', ''"
    " FROM custody_stockcount"
)
PAST = (
    "INSERT INTO custody_holdingpast (batch_id, serials, holder_id, status, reason_kind,"
    " reason_number, during)"
    " SELECT batch_id, {serials}, holder_id, status, '', '', {during} FROM custody_holding LIMIT 1"
)
A_DAY = "tstzrange('2026-01-01', '2026-01-02')"
EMPTY_OR_ENDLESS = pytest.mark.parametrize(
    "serials", ["int8range(5, 5)", "int8range(1, NULL)", "int8range(NULL, 9)"]
)


def past_written_by_hand():
    """As if the table's own guard were not there: what the next promise says."""
    return pgtrigger.ignore("custody.HoldingPast:past_holding_follows_from_movements")


@EMPTY_OR_ENDLESS
def test_a_run_of_a_report_is_neither_empty_nor_unbounded(insurer, batch, serials):
    report(insurer, "void", cards_of(batch, 1, 5))

    with refused_by_postgresql("write_off_run_is_neither_empty_nor_unbounded"):
        run_sql(RUN_OF_A_REPORT.format(serials=serials))


@EMPTY_OR_ENDLESS
def test_a_stack_is_neither_empty_nor_unbounded(insurer, batch, serials):
    opened(insurer, batch)

    with refused_by_postgresql("a_stack_is_neither_empty_nor_unbounded"):
        run_sql(STACK.format(serials=serials))


@EMPTY_OR_ENDLESS
def test_a_difference_is_neither_empty_nor_unbounded(insurer, batch, serials):
    counted(insurer, batch, (1, 99))

    with refused_by_postgresql("a_finding_is_neither_empty_nor_unbounded"):
        run_sql(FINDING.format(serials=serials))


def test_a_card_differs_once(insurer, batch):
    counted(insurer, batch, (1, 99))

    with refused_by_postgresql("a_card_differs_once"):
        run_sql(FINDING.format(serials=f"int8range({batch.run.last}, {batch.run.last + 1})"))


@EMPTY_OR_ENDLESS
def test_what_was_is_neither_empty_nor_unbounded(batch, serials):
    with (
        past_written_by_hand(),
        refused_by_postgresql("past_holding_is_neither_empty_nor_unbounded"),
    ):
        run_sql(PAST.format(serials=serials, during=A_DAY))


@pytest.mark.parametrize("during", ["'empty'::tstzrange", "tstzrange(NULL, now())"])
def test_what_was_began_and_ended(batch, during):
    with (
        past_written_by_hand(),
        refused_by_postgresql("past_holding_is_neither_empty_nor_unbounded"),
    ):
        run_sql(PAST.format(serials="int8range(1, 9)", during=during))


def test_a_card_was_in_one_place_at_a_time(batch):
    with past_written_by_hand():
        run_sql(PAST.format(serials="int8range(1, 9)", during=A_DAY))
        with refused_by_postgresql("card_was_in_one_place_at_a_time"):
            run_sql(PAST.format(serials="int8range(8, 20)", during=A_DAY))


@pytest.mark.parametrize(
    "change", ["note = 'another'", "frozen_by_id = frozen_by_id + 1", "frozen_at = now()"]
)
def test_who_froze_cards_and_when_and_why_stays(insurer, batch, change):
    stop(insurer, batch.run)

    with refused_by_postgresql("never changed"):
        run_sql(f"UPDATE custody_freeze SET {change}")


def test_a_freeze_that_is_split_is_over(insurer, batch):
    stop(insurer, batch.run)

    with refused_by_postgresql("a_freeze_that_is_split_is_over"):
        Freeze.objects.update(is_split=True)


# The papers by which cards are asked for and called back


@pytest.mark.parametrize("change", ["count = 0", "reason = ''"])
def test_a_requisition_says_what_and_why(insurer, batch, change):
    one = a_requisition(insurer, batch.type_version.document_type)
    column, value = change.split(" = ")
    setattr(one, column, value.strip("'"))
    one.pk, one.number = None, "RQ-0"

    with refused_by_postgresql("a_requisition_says_what_and_why"):
        one.save()


@pytest.mark.parametrize("granted", [0, 101])
def test_a_requisition_grants_at_most_what_was_asked(insurer, batch, granted):
    one = a_requisition(insurer, batch.type_version.document_type, count=100)
    answered = {"answered_by": insurer.branch_keeper, "answered_at": clock.now()}

    with refused_by_postgresql("a_requisition_grants_at_most_what_was_asked"):
        type(one).objects.filter(pk=one.pk).update(state="granted", granted=granted, **answered)


def test_a_requisition_is_answered_exactly_when_somebody_did(insurer, batch):
    one = a_requisition(insurer, batch.type_version.document_type, count=100)

    with refused_by_postgresql("a_requisition_is_answered_exactly_when_somebody_did"):
        type(one).objects.filter(pk=one.pk).update(state="granted", granted=1)


def test_a_recall_note_has_cards(insurer, batch):
    hand_down(insurer, cards_of(batch, 1, 10), insurer.seller.party, "keeper")
    note = take_back(insurer, cards_of(batch, 1, 10))

    note.pk, note.number, note.count = None, "RC-0", 0
    with refused_by_postgresql("a_recall_has_cards"):
        note.save()
