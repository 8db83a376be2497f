"""Around the commands: what PostgreSQL itself refuses of freezes and write-offs."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection

from selfcard.core import clock
from selfcard.custody.commands import record_announcement
from selfcard.custody.models import Freeze, Movement, WriteOff, WriteOffRun
from selfcard.custody.verify import violations
from tests.factories.custody import (
    cards_at_head_office,
    cards_of,
    report,
    stop,
    written_off,
)
from tests.factories.postgresql import refused_by_postgresql, triggers_at_rest

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(insurer):
    return cards_at_head_office(insurer, 100)[0]


def run_sql(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


# Freezes


def test_a_freeze_stays_what_it_is_until_somebody_ends_it_once(insurer, batch):
    stop(insurer, batch.run)
    freeze = Freeze.objects.filter(released_at=None)

    with refused_by_postgresql("never changed"):
        freeze.update(reason_number="FZ-1")
    with refused_by_postgresql("never changed"):
        freeze.update(serials=cards_of(batch, 1, 2).range)
    with refused_by_postgresql("released_exactly_when_somebody_did"):
        freeze.update(released_at=clock.now())
    with refused_by_postgresql("never deleted"):
        freeze.delete()
    with refused_by_postgresql("never emptied"):
        run_sql("TRUNCATE custody_freeze")
    freeze.update(released_at=clock.now(), released_by=insurer.chief)
    with refused_by_postgresql("never changed"):
        Freeze.objects.update(released_at=None, released_by=None)


# Write-offs


def changed(write_off, **changes):
    WriteOff.objects.filter(pk=write_off.pk).update(**changes)


def decision(by):
    return {"decided_by": by, "decided_at": clock.now()}


def test_nobody_agrees_to_their_own_report(insurer, batch):
    write_off = report(insurer, "void", batch.run)

    with refused_by_postgresql("decided_by_another_person"):
        changed(write_off, state="done", **decision(insurer.chief))
    with refused_by_postgresql("decided_by_another_person"):
        changed(write_off, state="done")
    with refused_by_postgresql("decided_by_another_person"):
        changed(write_off, **decision(insurer.second))


@pytest.mark.parametrize("state", ["asked", "refused", "withdrawn"])
def test_a_decision_is_never_taken_back(insurer, batch, state):
    write_off = written_off(insurer, "void", batch.run)

    with refused_by_postgresql("write_off_is_decided_once"):
        changed(write_off, state=state)


def test_what_was_reported_stays(insurer, batch):
    write_off = report(insurer, "loss", batch.run)

    for change in (
        {"kind": "void"},
        {"count": 1},
        {"note": "Something else"},
        {"asked_by": insurer.second},
        {"announce_by": clock.today() + timedelta(days=300)},
    ):
        with refused_by_postgresql("never changed"):
            changed(write_off, **change)
    with refused_by_postgresql("never deleted"):
        run_sql("DELETE FROM custody_writeoff")
    with refused_by_postgresql("never changed"):
        WriteOffRun.objects.update(serials=cards_of(batch, 1, 2).range)
    with refused_by_postgresql("never emptied"):
        run_sql("TRUNCATE custody_writeoff CASCADE")


def a_write_off(insurer, batch, **changes):
    given = {
        "number": f"W-{uuid4().hex[:6]}",
        "kind": "void",
        "document_type": batch.type_version.document_type,
        "holder": insurer.head_office.party,
        "count": 10,
        "cause": "damaged",
        "note": "Wet",
        "asked_by": insurer.chief,
        "asked_at": clock.now(),
        **changes,
    }
    return WriteOff.objects.create(**given)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"count": 0}, "a_write_off_has_cards_and_a_note"),
        ({"note": ""}, "a_write_off_has_cards_and_a_note"),
        ({"kind": "loss"}, "a_loss_and_nothing_else_is_announced_by_a_day"),
        ({"announce_by": clock.today()}, "a_loss_and_nothing_else_is_announced_by_a_day"),
        ({"kind": "destruction"}, "a_destruction_says_where_how_and_when"),
        ({"place": "Yard"}, "a_destruction_says_where_how_and_when"),
        ({"announced_in": "Post"}, "an_announcement_is_of_an_agreed_loss"),
    ],
)
def test_a_write_off_is_whole(insurer, batch, changes, sentence):
    with refused_by_postgresql(sentence):
        a_write_off(insurer, batch, **changes)


def test_only_an_agreed_loss_is_announced_and_once(insurer, batch):
    announcement = {
        "announced_on": clock.today(),
        "announced_in": "Post",
        "announced_by": insurer.chief,
    }
    with refused_by_postgresql("an_announcement_is_of_an_agreed_loss"):
        changed(report(insurer, "loss", cards_of(batch, 1, 5)), **announcement)
    with refused_by_postgresql("an_announcement_is_of_an_agreed_loss"):
        changed(written_off(insurer, "void", cards_of(batch, 6, 9)), **announcement)
    loss = written_off(insurer, "loss", cards_of(batch, 11, 20))
    changed(loss, **announcement)
    with refused_by_postgresql("never changed"):
        changed(loss, announced_in="Other post")


# Movements that need an agreement

OUTCOMES = {"void": "void", "loss": "lost", "found": "inventory", "destruction": "destroyed"}
BEFORE = {"void": "inventory", "loss": "inventory", "found": "lost", "destruction": "void"}


def move(insurer, batch, kind, reason, first=1, last=10):
    party = insurer.head_office.party
    kept = ("", "") if kind == "found" else reason
    Movement.objects.create(
        batch=batch,
        serials=cards_of(batch, first, last).range,
        kind=kind,
        from_holder=party,
        to_holder=party,
        from_status=BEFORE[kind],
        to_status=OUTCOMES[kind],
        reason_kind=reason[0],
        reason_number=reason[1],
        kept_reason_kind=kept[0],
        kept_reason_number=kept[1],
        actor_name="nobody",
        channel="system",
        at=clock.now(),
        day=clock.today(),
    )


def prepare(insurer, batch, kind):
    """The cards as the movement takes them up."""
    if kind == "found":
        written_off(insurer, "loss", cards_of(batch, 1, 20))
    if kind == "destruction":
        written_off(insurer, "void", cards_of(batch, 1, 20))


@pytest.mark.parametrize("kind", OUTCOMES)
def test_nothing_happens_to_cards_that_nobody_agreed_to(insurer, batch, kind):
    prepare(insurer, batch, kind)

    with refused_by_postgresql("nobody agreed"):
        move(insurer, batch, kind, ("write_off", "W-1"))


@pytest.mark.parametrize("kind", OUTCOMES)
def test_a_report_that_waits_moves_nothing(insurer, batch, kind):
    prepare(insurer, batch, kind)
    waiting = report(insurer, kind, cards_of(batch, 1, 10))

    with refused_by_postgresql("nobody agreed"):
        move(insurer, batch, kind, waiting.reason)


def test_an_agreement_is_to_its_own_kind_and_its_own_cards(insurer, batch):
    loss = written_off(insurer, "loss", cards_of(batch, 11, 20))

    with refused_by_postgresql("nobody agreed"):
        move(insurer, batch, "void", loss.reason, 1, 10)
    with refused_by_postgresql("nobody agreed"):
        move(insurer, batch, "loss", loss.reason, 1, 10)
    with refused_by_postgresql("nobody agreed"):
        move(insurer, batch, "void", ("issue", loss.number), 1, 10)


def test_cards_that_were_declared_invalid_do_not_come_back(insurer, batch):
    loss = written_off(insurer, "loss", cards_of(batch, 1, 10))
    found = report(insurer, "found", cards_of(batch, 1, 10))
    record_announcement(
        write_off=loss,
        announced_on=clock.today(),
        announced_in="Post",
        actor=insurer.actor("chief"),
        request_id=uuid4(),
    )
    changed(found, state="done", **decision(insurer.second))

    with refused_by_postgresql("declared invalid"):
        move(insurer, batch, "found", found.reason)


# What verify finds


def promises_broken():
    return sorted({violation.promise for violation in violations()})


@pytest.fixture
def ordinary_days(insurer, batch):
    written_off(insurer, "void", cards_of(batch, 1, 10))
    written_off(insurer, "destruction", cards_of(batch, 1, 5))
    written_off(insurer, "loss", cards_of(batch, 11, 20))
    written_off(insurer, "found", cards_of(batch, 11, 12))
    report(insurer, "loss", cards_of(batch, 31, 40))


@pytest.mark.usefixtures("ordinary_days")
def test_after_ordinary_days_nothing_is_wrong():
    assert promises_broken() == []


@pytest.mark.usefixtures("ordinary_days")
@pytest.mark.parametrize(
    ("tampering", "promise"),
    [
        (
            "UPDATE custody_freeze SET released_at = now(), released_by_id = frozen_by_id"
            " WHERE released_at IS NULL",
            "A write-off freezes its cards exactly while it waits",
        ),
        (
            "UPDATE custody_freeze SET released_at = NULL, released_by_id = NULL",
            "A write-off freezes its cards exactly while it waits",
        ),
        (
            "UPDATE custody_writeoff SET state = 'done', decided_at = now(),"
            " decided_by_id = (SELECT max(id) FROM organisations_staff) WHERE state = 'asked'",
            "A write-off moved exactly its cards, and only once it was agreed",
        ),
        (
            "UPDATE custody_writeoff SET count = count + 1 WHERE kind = 'void'",
            "A write-off moved exactly its cards, and only once it was agreed",
        ),
        (
            "UPDATE custody_writeoff SET state = 'refused' WHERE kind = 'destruction'",
            "Cards are void, lost or destroyed as was agreed, or void as they came or came back",
        ),
        (
            "UPDATE approvals_approval SET state = 'refused', reason = 'no'"
            " WHERE kind = 'custody.write_off' AND state = 'granted'",
            "A write-off was decided by the second person who was asked for it",
        ),
        (
            "UPDATE custody_writeoff SET announced_on = asked_at::date - 1, announced_in = 'Post',"
            " announced_by_id = asked_by_id WHERE kind = 'loss' AND state = 'done'",
            "No card comes back after its loss was announced",
        ),
    ],
)
def test_what_no_command_could_have_done_is_found(tampering, promise):
    with triggers_at_rest():
        run_sql("SET CONSTRAINTS ALL DEFERRED")
        run_sql(tampering)

    assert promise in promises_broken()


def test_what_is_agreed_are_just_the_cards_that_were_named(insurer, batch):
    waiting = report(insurer, "void", cards_of(batch, 1, 5), cause="damaged")
    agreed = written_off(insurer, "void", cards_of(batch, 11, 15), cause="damaged")

    with refused_by_postgresql("named before anybody decides"):
        WriteOffRun.objects.create(write_off=agreed, serials=cards_of(batch, 20, 29).range)
    with refused_by_postgresql("agreed for just the cards that were named"):
        WriteOffRun.objects.create(write_off=waiting, serials=cards_of(batch, 20, 29).range)
        WriteOff.objects.filter(pk=waiting.pk).update(
            state="done", decided_by=insurer.second, decided_at=clock.now()
        )


def test_what_was_agreed_is_done_once(insurer, batch):
    lost = written_off(insurer, "loss", cards_of(batch, 1, 5), cause="lost")
    written_off(insurer, "found", cards_of(batch, 1, 5))
    earlier = Movement.objects.get(kind="loss")
    earlier.pk = None
    earlier.at, earlier.day = clock.now(), clock.today()

    with refused_by_postgresql("is done once"):
        earlier.save(force_insert=True)
    assert lost.state == WriteOff.State.DONE
