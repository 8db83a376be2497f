"""What Selfcard does not do: a row for each card. The figures stand beside it, in the same run."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from django.db import connection, models

from selfcard.cards.models import Batch
from selfcard.cards.pins import PinKeys, draw_pins
from selfcard.core import clock
from selfcard.core.serials import SerialRun, card_number

ROWS_AT_ONCE = 5_000


class CardRow(models.Model):
    """A card as a row of its own, with the indexes that such a table has."""

    serial = models.BigIntegerField(primary_key=True)
    card_number = models.CharField(max_length=16, unique=True)
    batch = models.BigIntegerField()
    holder = models.BigIntegerField()
    status = models.CharField(max_length=16)
    pin_digest = models.BinaryField()
    since = models.DateTimeField()

    objects: ClassVar[models.Manager] = models.Manager()

    class Meta:
        app_label = "bench"
        indexes: ClassVar = [
            models.Index(fields=["batch"], name="card_row_by_batch"),
            models.Index(fields=["holder", "status"], name="card_row_by_holder"),
        ]


@contextmanager
def a_table_of_rows() -> Iterator[None]:
    """The table, empty, for as long as it is needed."""
    with connection.schema_editor() as editor:
        editor.create_model(CardRow)
    try:
        yield
    finally:
        with connection.schema_editor() as editor:
            editor.delete_model(CardRow)


def make_a_row_a_card(batch: Batch, holder: int) -> float:
    """Fill the table with `bulk_create`; milliseconds. The PINs are drawn, no file is written."""
    keys, moment = PinKeys.fresh(), clock.now()
    started = time.perf_counter()
    for first in range(batch.run.first, batch.run.last + 1, ROWS_AT_ONCE):
        run = SerialRun(first, min(first + ROWS_AT_ONCE - 1, batch.run.last))
        serials = range(run.first, run.last + 1)
        pins = draw_pins(run.count, batch.type_version.pin_length)
        CardRow.objects.bulk_create(
            CardRow(
                serial=serial,
                card_number=card_number(serial),
                batch=batch.pk,
                holder=holder,
                status="printed",
                pin_digest=keys.digest(serial, pin),
                since=moment,
            )
            for serial, pin in zip(serials, pins, strict=True)
        )
    return 1000 * (time.perf_counter() - started)


def fill_a_row_a_card(run: SerialRun, holder: int) -> None:
    """The same, by PostgreSQL itself: for what is done with the rows later."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO bench_cardrow
                (serial, card_number, batch, holder, status, pin_digest, since)
            SELECT serial, serial || '0', 1, %s, 'inventory', decode(repeat('00', 16), 'hex'), now()
            FROM generate_series(%s, %s) AS serial
            """,
            [holder, run.first, run.last],
        )
        cursor.execute("VACUUM (ANALYZE) bench_cardrow")


def move_a_row_a_card(run: SerialRun, holder: int, status: str) -> float:
    """What moving a run costs where each card is a row: one `UPDATE`; milliseconds."""
    cards = CardRow.objects.filter(serial__range=(run.first, run.last))
    started = time.perf_counter()
    cards.update(holder=holder, status=status, since=clock.now())
    return 1000 * (time.perf_counter() - started)
