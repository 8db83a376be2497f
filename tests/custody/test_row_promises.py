"""What one row of custody may say, and how often it may be there, tried around the commands."""

import pytest
from django.db import connection

from selfcard.cards.models import Batch, PinSheet
from selfcard.core import clock
from selfcard.custody.models import (
    ActivatedTally,
    Freeze,
    HolderBlock,
    PlaceTally,
    StockCount,
    StockFlow,
)
from tests.factories.custody import cards_at_institution, cards_of, report, stop
from tests.factories.organisations import Insurer
from tests.factories.postgresql import refused_by_postgresql, triggers_at_rest
from tests.factories.stock_counts import opened

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(insurer: Insurer) -> Batch:
    return cards_at_institution(insurer, 20)[0]


def once_more(table: str) -> None:
    """Every row of a table is written a second time."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attnum > 0 AND attname <> 'id'",
            [table],
        )
        (columns,) = cursor.fetchone()
        cursor.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {table}")


@pytest.mark.parametrize(
    ("model", "promise"),
    [
        (PlaceTally, "place_tally_is_one_row_a_batch_holder_and_status"),
        (StockFlow, "stock_flow_is_one_row_a_day_and_kind"),
        (ActivatedTally, "activated_tally_is_one_row_a_block"),
    ],
)
def test_what_is_counted_is_counted_in_one_row(
    insurer: Insurer, batch: Batch, model: type[PlaceTally], promise: str
) -> None:
    with triggers_at_rest():
        ActivatedTally.objects.create(
            batch=batch, holder=insurer.head_office.party, block=1, activated=1
        )

    with refused_by_postgresql(promise), triggers_at_rest():
        once_more(model._meta.db_table)


@pytest.mark.parametrize(
    ("model", "to", "promise"),
    [
        (PlaceTally, {"runs": 0}, "place_tally_has_cards_in_every_run"),
        (PlaceTally, {"runs": 99}, "place_tally_has_cards_in_every_run"),
        (StockFlow, {"cards": 0}, "stock_flow_has_cards_and_somebody"),
        (StockFlow, {"giver": None, "receiver": None}, "stock_flow_has_cards_and_somebody"),
        (PinSheet, {"cards": 0}, "a_pin_sheet_has_up_to_1000_cards"),
        (PinSheet, {"cards": 1001}, "a_pin_sheet_has_up_to_1000_cards"),
    ],
    ids=str,
)
def test_a_count_of_cards_is_of_cards(
    batch: Batch, model: type[PlaceTally], to: dict[str, object], promise: str
) -> None:
    with refused_by_postgresql(promise), triggers_at_rest():
        model._default_manager.update(**to)


def a_block(insurer: Insurer, number: str = "S-1") -> HolderBlock:
    return HolderBlock.objects.create(
        holder=insurer.seller.party,
        reason_kind="sale",
        reason_number=number,
        blocked_at=clock.now(),
    )


def test_a_holder_is_blocked_once_for_a_reason_until_it_is_lifted(insurer: Insurer) -> None:
    block = a_block(insurer)
    a_block(insurer, "S-2")

    with refused_by_postgresql("a_holder_is_blocked_once_for_a_reason"):
        a_block(insurer)
    HolderBlock.objects.filter(pk=block.pk).update(lifted_at=clock.now())
    a_block(insurer)


def test_a_block_is_lifted_once_and_stays_what_it_was(insurer: Insurer) -> None:
    block = HolderBlock.objects.filter(pk=a_block(insurer).pk)

    with refused_by_postgresql("is never changed"):
        block.update(reason_number="S-9", lifted_at=clock.now())
    with refused_by_postgresql("is never changed"):
        block.update(lifted_at=None)
    block.update(lifted_at=clock.now())
    with refused_by_postgresql("is never changed"):
        block.update(lifted_at=None)
    with refused_by_postgresql("is never deleted"):
        block.delete()
    with refused_by_postgresql("is never emptied"), connection.cursor() as cursor:
        cursor.execute("TRUNCATE custody_holderblock")


def test_a_freeze_ends_by_somebody(insurer: Insurer, batch: Batch) -> None:
    stop(insurer, cards_of(batch, 1, 3))

    with refused_by_postgresql("a_freeze_is_released_exactly"), triggers_at_rest():
        Freeze.objects.update(released_at=clock.now())


def test_a_stock_count_writes_off_only_what_somebody_agreed_to(
    insurer: Insurer, batch: Batch
) -> None:
    write_off = report(insurer, "loss", cards_of(batch, 1, 3))
    count = opened(insurer, batch)

    with refused_by_postgresql("a_stock_count_writes_off_what_was_agreed"), triggers_at_rest():
        StockCount.objects.filter(pk=count.pk).update(write_off=write_off)
