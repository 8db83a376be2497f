"""Making a batch: PINs drawn, digests kept in sheets, plain PINs into the encrypted file.

The sheets are committed chunk by chunk, so that people see how far it is. A making that breaks
off leaves sheets that nothing refers to; the next one throws them away with their key and begins
anew. That cannot give a gap or a repeat: a file and its sheets always come from one making.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from operator import itemgetter

from django.db import transaction

from selfcard.cards.models import Batch, BatchKey, PinSheet
from selfcard.cards.pins import PinKeys, draw_pins
from selfcard.cards.print_file import (
    WrittenFile,
    activation_link,
    card_numbers,
    discard_leftovers,
    header,
    write_encrypted,
)
from selfcard.core.encryption import seal, unseal
from selfcard.core.serials import SerialRun

SHEET = 1_000
CHUNK = 10_000
WRAPPING_KEY = "pin-wrapping"


def seal_keys(batch: Batch, keys: PinKeys) -> BatchKey:
    """The batch's key row; the keys in it open only with the wrapping key, and in this row."""
    return BatchKey.objects.create(batch=batch, **sealed_keys(batch.pk, keys))


def sealed_keys(batch_id: int, keys: PinKeys) -> dict[str, bytes]:
    """What a batch's key row keeps of its keys."""
    return {
        "pin_key": seal(keys.pin, _context("pin_key", batch_id), WRAPPING_KEY),
        "selector_key": seal(keys.selector, _context("selector_key", batch_id), WRAPPING_KEY),
    }


def open_keys(batch_id: int, pin_key: bytes, selector_key: bytes) -> PinKeys:
    """The keys of a batch from its key row."""
    return PinKeys(
        unseal(pin_key, _context("pin_key", batch_id), WRAPPING_KEY),
        unseal(selector_key, _context("selector_key", batch_id), WRAPPING_KEY),
    )


def throw_away(batch: Batch) -> None:
    """Throw away keys, sheets and files of makings that did not come to their end.

    PostgreSQL keeps the keys of a made batch, and so this fails for one before it touches a file.
    """
    BatchKey.objects.filter(batch=batch).delete()
    discard_leftovers(file_name(batch))


def write_batch(key: BatchKey, on_progress: Callable[[int], None]) -> WrittenFile:
    """Draw all PINs of a batch: digests into its sheets, plain ones into the encrypted file.

    `on_progress` is told how many cards are done; what it raises ends the making.
    """
    batch = key.batch
    keys = open_keys(batch.pk, bytes(key.pin_key), bytes(key.selector_key))

    def lines() -> Generator[bytes, None, None]:
        yield header()
        done = 0
        for chunk in _parts(batch.run, CHUNK):
            sheets = []
            for run in _parts(chunk, SHEET):
                pins = list(draw_pins(run.count, batch.type_version.pin_length))
                sheets.append(_sheet(key, keys, run, pins))
                yield _lines(batch, run, pins)
            with transaction.atomic():
                PinSheet.objects.bulk_create(sheets)
            done += chunk.count
            on_progress(done)

    with closing(lines()) as source:
        return write_encrypted(file_name(batch), key.pk, batch.printer.public_key, source)


def file_name(batch: Batch) -> str:
    return f"{batch.number}.age"


def _sheet(key: BatchKey, keys: PinKeys, run: SerialRun, pins: list[str]) -> PinSheet:
    digests, selectors = keys.digester.digests(run, pins)
    return PinSheet(
        key=key, first_serial=run.first, cards=run.count, digests=digests, selectors=selectors
    )


def _lines(batch: Batch, run: SerialRun, pins: list[str]) -> bytes:
    """Lines of the print file. They are CSV as they are: nothing in them ever needs quotes."""
    # What is the same on every line is said once, and the rest put between.
    end = f",{batch.last_day.isoformat()}\r\n"
    pin_groups = _groups(len(pins[0]))
    before, between = activation_link("|", "|").split("|")[:2]
    return "".join(
        [
            f"{number[:-1]},{number[:4]} {number[4:8]} {number[8:12]} {number[12:]},"
            f"{' '.join(pin_groups(pin))},{before}{number}{between}{pin}{end}"
            for number, pin in zip(card_numbers(run), pins, strict=True)
        ]
    ).encode()


def _groups(length: int) -> Callable[[str], tuple[str, ...]]:
    """The groups of four, as `core.serials.group_digits` makes them, of digits that are so many."""
    return itemgetter(*(slice(at, at + 4) for at in range(0, length, 4)))


def _parts(run: SerialRun, size: int) -> Iterator[SerialRun]:
    for first in range(run.first, run.last + 1, size):
        yield SerialRun(first, min(first + size - 1, run.last))


def _context(column: str, batch_id: int) -> str:
    return f"cards_batchkey.{column}|{batch_id}"
