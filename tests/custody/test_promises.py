"""Around the commands: what PostgreSQL itself refuses, whoever asks."""

from datetime import timedelta
from uuid import uuid4

import pgtrigger
import pytest
from django.db import connection
from psycopg.types.range import Range

from selfcard.core import clock
from selfcard.custody.models import (
    ActivatedCard,
    BatchTally,
    Freeze,
    Holding,
    HoldingPast,
    Issue,
    Movement,
)
from tests.factories.custody import cards_at_head_office, cards_of, custody, hand_down
from tests.factories.postgresql import refused_by_postgresql

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(insurer):
    return cards_at_head_office(insurer, 100)[0]


def run_sql(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def unguarded(model: str):
    """As if the table's own guard were not there: what the next promise says."""
    guards = {"Holding": "holding", "BatchTally": "tally"}
    return pgtrigger.ignore(f"custody.{model}:{guards[model]}_follows_from_movements")


def a_movement(insurer, batch, first=1, last=10, **changes):
    run = cards_of(batch, first, last)
    given = {
        "batch": batch,
        "serials": run.range,
        "kind": "issue",
        "from_holder": insurer.head_office.party,
        "to_holder": insurer.head_office.party,
        "from_status": "inventory",
        "to_status": "in_transit",
        "reason_kind": "issue",
        "reason_number": "IN-1",
        "kept_reason_kind": "issue",
        "kept_reason_number": "IN-1",
        "actor_name": "nobody",
        "channel": "system",
        "at": clock.now(),
        "day": clock.today(),
        **changes,
    }
    return Movement(**given)


INSERT = (
    "INSERT INTO custody_holding (batch_id, serials, holder_id, status, reason_kind,"
    " reason_number, since) SELECT batch_id, {serials}, holder_id, status, '', '', since"
    " FROM custody_holding LIMIT 1"
)


def test_a_movement_alone_moves_cards(insurer, batch):
    a_movement(insurer, batch, 1, 10).save()

    assert custody(batch) == [
        ("Head office", "in_transit", 1, 10),
        ("Head office", "inventory", 11, 100),
    ]


@pytest.mark.parametrize(
    "statement",
    [
        INSERT.format(serials="int8range(1, 2)"),
        "UPDATE custody_holding SET status = 'sold'",
        "UPDATE custody_holding SET holder_id = holder_id + 1",
        "DELETE FROM custody_holding",
    ],
)
def test_nobody_writes_a_holding_but_a_movement(batch, statement):
    with refused_by_postgresql("written by movements only"):
        run_sql(statement)


def test_a_card_has_no_second_place(batch):
    with unguarded("Holding"), refused_by_postgresql("holding_card_is_in_one_place"):
        run_sql(INSERT.format(serials="int8range(lower(serials), upper(serials))"))


@pytest.mark.parametrize("serials", ["int8range(5, 5)", "int8range(1, NULL)", "int8range(NULL, 9)"])
def test_a_holding_is_neither_empty_nor_unbounded(batch, serials):
    with unguarded("Holding"), refused_by_postgresql("holding_is_neither_empty_nor"):
        run_sql(INSERT.format(serials=serials))


def test_a_holding_lies_within_its_batch(insurer, batch):
    with refused_by_postgresql("a holding lies within its batch"):
        a_movement(
            insurer,
            batch,
            1,
            101,
            kind="print",
            from_holder=None,
            from_status=None,
            to_status="printed",
        ).save()


def test_a_card_in_no_place_is_refused_at_the_commit(batch):
    """With the guard of the holdings gone, their tally still tells."""
    with unguarded("Holding"), refused_by_postgresql("has 100 cards and 0 are held"):
        run_sql("DELETE FROM custody_holding")


def test_a_tally_is_written_by_nobody_else(batch):
    with refused_by_postgresql("written by movements only"):
        BatchTally.objects.update(held=99)
    with refused_by_postgresql("written by movements only"):
        BatchTally.objects.all()._raw_delete(using="default")


def test_a_tampered_tally_is_refused_at_the_commit(batch):
    with unguarded("BatchTally"), refused_by_postgresql("has 100 cards and 99 are held"):
        BatchTally.objects.update(held=99)
    with unguarded("BatchTally"), refused_by_postgresql("never changed"):
        BatchTally.objects.update(size=99, held=99)


@pytest.mark.parametrize(
    "table",
    [
        "custody_holding",
        "custody_holdingpast",
        "custody_movement",
        "custody_batchtally",
        "custody_placetally",
        "custody_stockflow",
        "custody_issue",
        "custody_requisition",
        "custody_recall",
        "custody_freeze",
        "custody_openedcard",
        "custody_activatedcard",
        "custody_activatedtally",
        "custody_writeoff",
        "custody_writeoffrun",
        "custody_stockcount",
        "custody_countedstack",
        "custody_countfinding",
    ],
)
def test_no_table_of_custody_is_emptied(batch, table):
    with refused_by_postgresql("never emptied"):
        run_sql(f"TRUNCATE {table} CASCADE")


def test_a_movement_is_never_changed_or_deleted(batch):
    with refused_by_postgresql("never changed"):
        Movement.objects.update(actor_name="somebody else")
    with refused_by_postgresql("never deleted"):
        Movement.objects.all().delete()


def test_what_was_is_never_written_anew(insurer, batch):
    hand_down(insurer, cards_of(batch, 1, 10), insurer.branch.party)

    with refused_by_postgresql("written by movements only|never changed"):
        HoldingPast.objects.update(status="sold")
    with refused_by_postgresql("written by movements only"):
        HoldingPast.objects.all()._raw_delete(using="default")


@pytest.mark.parametrize(
    "step",
    [
        {"kind": "issue", "to_status": "sold"},
        {"kind": "sale", "to_status": "to_be_activated"},
        {"kind": "settlement", "to_status": "to_be_activated"},
        {"kind": "print", "to_status": "printed"},
        {"kind": "gift", "to_status": "inventory"},
        {"kind": "issue", "from_status": None, "from_holder": None},
    ],
)
def test_cards_take_no_other_step(insurer, batch, step):
    with refused_by_postgresql("movement_is_a_step_that_cards_take"):
        a_movement(insurer, batch, **step).save()


def test_cards_are_taken_from_where_they_are_and_nowhere_else(insurer, batch):
    for wrong in (
        {"from_holder": insurer.branch.party},
        {"kind": "settlement", "from_status": "sold", "to_status": "to_be_activated"},
        {"last": 101},
    ):
        with refused_by_postgresql("not where the movement takes them from"):
            a_movement(insurer, batch, **wrong).save()


def test_a_card_moves_once_at_a_time(insurer, batch):
    with refused_by_postgresql("moves once at a time"):
        Movement.objects.bulk_create(
            [a_movement(insurer, batch, 1, 10), a_movement(insurer, batch, 10, 20)]
        )


@pytest.mark.parametrize("serials", [Range(empty=True), Range(1, None), Range(None, 9)])
def test_a_movement_is_neither_empty_nor_unbounded(insurer, batch, serials):
    with refused_by_postgresql("neither_empty_nor_unbounded"):
        a_movement(insurer, batch, serials=serials).save()


def test_a_movement_has_its_reason(insurer, batch):
    with refused_by_postgresql("movement_has_its_reason"):
        a_movement(insurer, batch, reason_number="").save()


@pytest.mark.parametrize("days", [-3, 3])
def test_a_movement_counts_from_the_day_on_which_it_was_made(insurer, batch, days):
    with refused_by_postgresql("counts from the day on which it was made"):
        a_movement(insurer, batch, day=clock.today() + timedelta(days=days)).save()


def test_a_movement_does_not_come_out_of_nobodys_hands(insurer, batch):
    with refused_by_postgresql("movement_comes_from_somewhere_or_from_the_printer"):
        a_movement(insurer, batch, from_holder=None).save()


@pytest.mark.parametrize("reason", [("issue", ""), ("", "IN-1")])
def test_what_a_holding_is_known_by_is_whole(insurer, batch, reason):
    with refused_by_postgresql("holding_reason_has_kind_and_number"):
        a_movement(insurer, batch, kept_reason_kind=reason[0], kept_reason_number=reason[1]).save()


def test_a_card_that_nobody_paid_for_is_not_activated(batch):
    with refused_by_postgresql("is not to be activated"):
        ActivatedCard.objects.create(
            serial=batch.run.first, policy_number="P1", activated_at=clock.now()
        )


def test_an_issue_note_stays_once_it_is_checked_in(insurer, batch):
    note = hand_down(
        insurer, cards_of(batch, 1, 10), insurer.branch.party, checked_in_by="branch_keeper"
    )

    with refused_by_postgresql("never changed"):
        Issue.objects.filter(pk=note.pk).update(state="in_transit", checked_in_at=None)
    with refused_by_postgresql("never deleted"):
        Issue.objects.filter(pk=note.pk).delete()


def test_an_issue_is_checked_in_exactly_when_it_has_that_time(insurer, batch):
    note = hand_down(insurer, cards_of(batch, 1, 10), insurer.branch.party)

    with refused_by_postgresql("exactly_when_it_has_that_time"):
        Issue.objects.filter(pk=note.pk).update(state="checked_in")


def test_nobody_checks_in_what_they_issued(insurer, batch):
    note = hand_down(insurer, cards_of(batch, 1, 10), insurer.branch.party)

    with refused_by_postgresql("nobody_checks_in_what_they_issued"):
        Issue.objects.filter(pk=note.pk).update(
            state="checked_in", checked_in_by=insurer.chief, checked_in_at=clock.now()
        )


def test_a_delivery_is_refused_with_a_reason_and_nothing_else_has_one(insurer, batch):
    note = Issue.objects.filter(
        pk=hand_down(insurer, cards_of(batch, 1, 10), insurer.branch.party).pk
    )
    done = {"checked_in_by": insurer.branch_keeper, "checked_in_at": clock.now()}

    with refused_by_postgresql("an_issue_is_refused_with_a_reason"):
        note.update(state="refused", **done)
    with refused_by_postgresql("an_issue_is_refused_with_a_reason"):
        note.update(state="checked_in", refusal="wet", **done)


def test_an_issue_note_has_cards(insurer, batch):
    note = hand_down(insurer, cards_of(batch, 1, 10), insurer.branch.party)

    note.pk, note.number, note.count = None, "IN-0", 0
    with refused_by_postgresql("an_issue_has_cards"):
        note.save()


@pytest.mark.parametrize("serials", [Range(empty=True), Range(1, None)])
def test_a_freeze_is_neither_empty_nor_unbounded(insurer, batch, serials):
    with refused_by_postgresql("freeze_is_neither_empty_nor_unbounded"):
        Freeze.objects.create(
            serials=serials,
            reason_kind="inquiry",
            reason_number=str(uuid4())[:8],
            frozen_by=insurer.chief,
            frozen_at=clock.now(),
        )


def test_custody_remembers_who_held_what(insurer, batch):
    before = clock.now()
    hand_down(insurer, cards_of(batch, 1, 10), insurer.branch.party, checked_in_by="branch_keeper")

    then = HoldingPast.objects.filter(
        serials__contains=batch.run.first, during__contains=before
    ).get()

    assert (then.holder, then.status) == (insurer.head_office.party, "inventory")
    assert Holding.objects.get(serials__contains=batch.run.first).holder == insurer.branch.party
