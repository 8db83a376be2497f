"""The box from the printer: what came is inventory, what did not is void."""

from uuid import uuid4

import pytest

from selfcard.core.models import AuditEvent, Paper
from selfcard.core.serials import RunsOverlapEachOther
from selfcard.custody.commands import check_in_printed
from selfcard.custody.errors import (
    BatchAlreadyCheckedIn,
    BatchNotPrinted,
    CardsNotOnTheNote,
)
from selfcard.custody.models import Holding
from selfcard.custody.queries import batches_to_check_in, is_checked_in
from selfcard.organisations.errors import NotAuthorised
from tests.factories.cards import a_made_batch, a_printed_batch
from tests.factories.custody import cards_of, custody

pytestmark = pytest.mark.django_db


def arrive(insurer, batch, who="chief", **parts):
    return check_in_printed(batch=batch, actor=insurer.actor(who), request_id=uuid4(), **parts)


def test_printed_cards_are_head_offices_before_they_arrive(insurer):
    batch = a_made_batch(insurer, 100)

    assert custody(batch) == [("Head office", "printed", 1, 100)]


def test_checked_in_cards_are_in_inventory(insurer):
    batch, _ = a_printed_batch(insurer, 100)

    arrive(insurer, batch)

    assert custody(batch) == [("Head office", "inventory", 1, 100)]
    assert is_checked_in(batch)


def test_missing_and_damaged_cards_are_void_with_their_reason(insurer):
    batch, _ = a_printed_batch(insurer, 5_000)

    arrive(
        insurer,
        batch,
        missing=(cards_of(batch, 1018, 1020),),
        damaged=(cards_of(batch, 5000, 5000),),
    )

    assert custody(batch) == [
        ("Head office", "inventory", 1, 1017),
        ("Head office", "void", 1018, 1020),
        ("Head office", "inventory", 1021, 4999),
        ("Head office", "void", 5000, 5000),
    ]
    reasons = Holding.objects.filter(status="void").order_by("serials")
    assert [holding.reason for holding in reasons] == [
        ("missing", batch.number),
        ("damaged", batch.number),
    ]


def test_the_check_in_note_names_what_came_and_what_did_not(insurer):
    batch, _ = a_printed_batch(insurer, 100)
    arrive(insurer, batch, missing=(cards_of(batch, 3, 5),))

    facts = Paper.objects.get(kind="check_in", number=batch.number).facts
    event = AuditEvent.objects.get(event="cards.printed_checked_in")

    assert '"came_count": 97' in facts
    assert event.facts["came"] == 97


def test_a_serial_is_missing_or_damaged_but_not_both(insurer):
    batch, _ = a_printed_batch(insurer, 100)

    with pytest.raises(RunsOverlapEachOther):
        arrive(
            insurer,
            batch,
            missing=(cards_of(batch, 3, 5),),
            damaged=(cards_of(batch, 5, 6),),
        )

    assert custody(batch) == [("Head office", "printed", 1, 100)]


@pytest.mark.parametrize("field", ["missing", "damaged"])
def test_a_serial_of_another_batch_is_refused_at_its_field(insurer, field):
    batch, _ = a_printed_batch(insurer, 100)

    with pytest.raises(CardsNotOnTheNote) as refused:
        arrive(insurer, batch, **{field: (cards_of(batch, 100, 102),)})

    assert refused.value.field == field
    assert "000 000 101–620118 000 000 102" in str(refused.value)


def test_cards_whose_print_file_never_left_cannot_have_come(insurer):
    with pytest.raises(BatchNotPrinted):
        arrive(insurer, a_made_batch(insurer, 10))


def test_printed_cards_are_checked_in_once(insurer):
    batch, _ = a_printed_batch(insurer, 100)
    arrive(insurer, batch)

    with pytest.raises(BatchAlreadyCheckedIn):
        arrive(insurer, batch)


def test_a_whole_batch_can_be_missing(insurer):
    batch, _ = a_printed_batch(insurer, 100)

    arrive(insurer, batch, missing=(batch.run,))

    assert custody(batch) == [("Head office", "void", 1, 100)]


def test_only_head_office_checks_in_what_was_printed(insurer):
    batch, _ = a_printed_batch(insurer, 100)

    with pytest.raises(NotAuthorised):
        arrive(insurer, batch, "branch_keeper")
    assert list(batches_to_check_in(insurer.actor("chief"))) == [batch]
    assert not batches_to_check_in(insurer.actor("branch_keeper"))


def test_repeating_the_request_checks_in_once(insurer):
    batch, _ = a_printed_batch(insurer, 100)
    request = {"batch": batch, "actor": insurer.actor("chief"), "request_id": uuid4()}

    assert check_in_printed(**request) == check_in_printed(**request)
