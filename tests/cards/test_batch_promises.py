"""Around the commands: what PostgreSQL itself keeps of batches and their print files."""

from datetime import date

import pytest
from django.db import connection

from selfcard.cards.models import Batch, BatchKey, PinSheet, PrintFile
from selfcard.core import clock
from tests.factories.cards import (
    a_made_batch,
    a_printed_batch,
    an_approved_batch,
    an_ordered_batch,
)
from tests.factories.postgresql import refused_by_postgresql

pytestmark = pytest.mark.django_db


def test_no_serial_is_reserved_twice(insurer):
    batch = an_approved_batch(insurer, 100)
    other = an_ordered_batch(insurer, 100)

    with refused_by_postgresql("batch_serial_is_reserved_once"):
        Batch.objects.filter(pk=other.pk).update(
            state="approved",
            serials=batch.serials,
            deadline=batch.deadline,
            decided_by=insurer.second,
            decided_at=clock.now(),
        )


def test_a_batch_has_as_many_serials_as_cards(insurer):
    batch = an_ordered_batch(insurer, 100)

    with refused_by_postgresql("batch_has_as_many_serials_as_cards"):
        Batch.objects.filter(pk=batch.pk).update(
            state="approved",
            serials=(1, 100),
            deadline=date(2030, 1, 1),
            decided_by=insurer.second,
            decided_at=clock.now(),
        )


def test_nobody_approves_the_batch_they_ordered_whatever_a_program_does(insurer):
    order = Batch.objects.filter(pk=an_ordered_batch(insurer).pk)
    approved = {"serials": (1, 101), "deadline": date(2030, 1, 1), "state": "approved"}

    with refused_by_postgresql("nobody_approves_the_batch_they_ordered"):
        order.update(decided_by=insurer.chief, decided_at=clock.now(), **approved)
    with refused_by_postgresql("a_batch_is_made_only_when_somebody_approved"):
        order.update(**approved)


@pytest.mark.parametrize("change", ["decided_by_id", "decided_at", "ordered_by_id", "printer_id"])
def test_who_ordered_a_batch_and_who_approved_it_stays(insurer, change):
    an_approved_batch(insurer)
    other = "now() + interval '1 day'" if change == "decided_at" else f"{change} + 1"

    promise = "batch_decision_stays" if change.startswith("decided") else "batch_order_stays"
    with refused_by_postgresql(promise), connection.cursor() as cursor:
        cursor.execute(f"UPDATE cards_batch SET {change} = {other}")


def test_a_batch_is_cancelled_exactly_when_somebody_cancelled_it(insurer):
    batch = Batch.objects.filter(pk=an_approved_batch(insurer).pk)

    with refused_by_postgresql("batch_is_cancelled_exactly_when_somebody_cancelled_it"):
        batch.update(state="cancelled")
    with refused_by_postgresql("batch_cancelling_has_its_time"):
        batch.update(state="cancelled", cancelled_by=insurer.chief)


def test_a_batch_has_cards(insurer):
    order = Batch.objects.filter(pk=an_ordered_batch(insurer).pk)

    with refused_by_postgresql("a_batch_has_at_least_one_card"):
        order.update(count=0)


@pytest.mark.parametrize("state", ["ordered", "refused", "generated"])
def test_an_approved_batch_goes_no_way_but_its_own(insurer, state):
    an_approved_batch(insurer)

    with refused_by_postgresql("batch_goes_its_way"):
        Batch.objects.update(state=state)


def test_a_batch_counts_as_made_only_with_its_cards_in_custody(insurer):
    batch = an_approved_batch(insurer)
    Batch.objects.filter(pk=batch.pk).update(state="generating")

    with refused_by_postgresql("nobody holds its cards"):
        Batch.objects.filter(pk=batch.pk).update(state="generated")


def test_the_sheets_of_a_made_batch_never_change_or_go(insurer):
    a_made_batch(insurer)

    with refused_by_postgresql("pin_sheet_is_never_changed"):
        PinSheet.objects.update(cards=1)
    with refused_by_postgresql("pin_sheet_of_a_made_batch_is_kept"):
        PinSheet.objects.all().delete()
    with refused_by_postgresql("batch_key_of_a_made_batch_is_kept"):
        BatchKey.objects.all()._raw_delete(using="default")


def test_one_person_alone_never_releases_a_print_file(insurer):
    a_made_batch(insurer)
    moment = clock.now()

    with refused_by_postgresql("two_people_release_a_print_file"):
        PrintFile.objects.update(
            release_asked_by=insurer.chief, released_by=insurer.chief, released_at=moment
        )
    with refused_by_postgresql("a_print_file_leaves_only_when_released"):
        PrintFile.objects.update(downloaded_by=insurer.chief, downloaded_at=moment)


def test_a_print_file_leaves_once(insurer):
    a_printed_batch(insurer)

    with refused_by_postgresql("print_file_leaves_once"):
        PrintFile.objects.update(downloaded_at=clock.now())
