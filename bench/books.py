"""Books of the size that a large insurer keeps, laid down fast, to measure pages and deeds on.

Batches are ordered and approved by commands. After that movements and papers are written many at
a time, and PostgreSQL lays the holdings, their past, the stock flows and the tallies as it does
for a clerk. Only the activations of millions of cards are written with the triggers at rest, and
nobody is insured by them: their policies, encrypted row by row, are what these books lack.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import connection, transaction

from bench import statements
from selfcard.cards.commands import approve_batch, order_batch
from selfcard.cards.models import Batch, DocumentType
from selfcard.core import clock
from selfcard.core.models import Work
from selfcard.core.work import end_work
from selfcard.organisations.models import May, Organisation, Party
from tests.factories.cards import a_document_type, a_printer
from tests.factories.organisations import (
    Insurer,
    a_staff_member,
    an_insurer,
    an_organisation,
)
from tests.factories.products import a_published_version

CARDS_OF_A_BATCH = 1_000_000
PIECES_OF_A_BLOCK = 50  # what a branch sends to an institution at once
BLOCKS_OF_A_LOT = 10  # what head office sends to a branch at once
BRANCHES = 10
INSTITUTIONS_EACH = 10
# The youngest batch is this old, so that all that happens to its cards lies in the past.
DAYS_OF_A_LIFE = 220
DAYS_OF_THE_BOOKS = 670

# What becomes of the pieces of a block, one after the other. No two neighbours are alike, or they
# would be one holding.
BUSY = ("held", "sold", "paid_held", "held_by_other", "paid")
QUIET = ("held", "stays")

Place = tuple[int, int, int, int, int]


@dataclass(frozen=True)
class Books:
    """What was laid down."""

    insurer: Insurer
    batches: tuple[Batch, ...]
    cards: int
    holdings: int
    activated: int


def build_books(
    cards: int, holdings: int, activated: int = 0, fates: Sequence[str] = BUSY
) -> Books:
    """Build an insurer into empty books: so many cards, cut into so many holdings.

    Of the cards that are paid for – two in five, where business is `BUSY` – so many are activated.
    """
    insurer = an_insurer()
    with connection.cursor() as cursor:
        cursor.execute(statements.OFFICES)
        cursor.executemany(statements.OFFICE, _offices(insurer, holdings))
    parts = max(1, cards // CARDS_OF_A_BATCH)
    batches = _batches(insurer, cards, parts)
    given = _whole_parts(holdings, parts), _whole_parts(activated, parts)
    for batch, pieces, active in zip(batches, *given, strict=True):
        _make(batch, insurer)
        _spread(batch, insurer, pieces, fates)
        if active:
            _activate(batch, insurer, active)
    with connection.cursor() as cursor:
        # As the autovacuum does with books that have grown over years.
        cursor.execute("VACUUM (ANALYZE)")
    return Books(insurer, tuple(batches), cards, holdings, activated)


def _offices(insurer: Insurer, holdings: int) -> list[Place]:
    """Branch, institution and two people of each place; fewer places where there is little."""
    lots = max(1, holdings // (PIECES_OF_A_BLOCK * BLOCKS_OF_A_LOT))
    rows: list[Place] = []
    for branch_place in range(min(BRANCHES, lots)):
        branch = _office(20 + branch_place, "branch", insurer.head_office)
        for place in range(INSTITUTIONS_EACH if lots > 1 else 2):
            institution = _office(int(branch.code) * 100 + place, "institution", branch)
            people = [_person(institution, which) for which in (1, 2)]
            keys = (branch.pk, institution.pk, people[0].pk, people[1].pk)
            rows.append((len(rows), *keys))
    return rows


def _office(code: int, level: str, parent: Organisation) -> Organisation:
    return an_organisation(str(code), level, parent, f"{level.capitalize()} {code}")


def _person(institution: Organisation, which: int) -> Party:
    code = f"{institution.code}-{which}"
    return a_staff_member(code, institution, May.HOLD_CARDS, May.SEE_CARDS).party


def _batches(insurer: Insurer, cards: int, parts: int) -> list[Batch]:
    """Batches of two document types, ordered and approved one after the other over the years."""
    version = a_published_version(insurer, tax_rate=None)
    types = [
        a_document_type(insurer, "AC-100", "620118", version),
        a_document_type(insurer, "AC-200", "620218", version),
    ]
    apart = (DAYS_OF_THE_BOOKS - DAYS_OF_A_LIFE) // parts
    return [
        _batch(insurer, types[place % 2], count, DAYS_OF_A_LIFE + apart * (parts - 1 - place))
        for place, count in enumerate(_whole_parts(cards, parts))
    ]


def _batch(insurer: Insurer, document_type: DocumentType, count: int, days_ago: int) -> Batch:
    with clock.frozen(clock.today() - timedelta(days=days_ago)):
        batch = order_batch(
            document_type=document_type,
            count=count,
            printer=a_printer(insurer),
            actor=insurer.actor("chief"),
            request_id=uuid4(),
        )
        return approve_batch(batch=batch, actor=insurer.actor("second"), request_id=uuid4())


def batch_in_inventory(insurer: Insurer, document_type: DocumentType, count: int) -> Batch:
    """One more batch, whole and in head office's inventory, without drawing its PINs."""
    batch = _batch(insurer, document_type, count, DAYS_OF_A_LIFE)
    _make(batch, insurer)
    return batch


def _make(batch: Batch, insurer: Insurer) -> None:
    """The batch is made, printed, and in head office's inventory; nobody knows its PINs."""
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements.MAKING:
            cursor.execute(statement, _about(batch, insurer))
        assert batch.work is not None
        end_work(batch.work, Work.State.DONE)


def _spread(batch: Batch, insurer: Insurer, pieces: int, fates: Sequence[str]) -> None:
    """Hand the batch down the tree, lot by lot, until it lies in so many pieces."""
    about = _about(batch, insurer) | {
        "pieces": pieces,
        "length": batch.count // pieces,
        "block": PIECES_OF_A_BLOCK,
        "lot": PIECES_OF_A_BLOCK * BLOCKS_OF_A_LOT,
        "fates": list(fates),
    }
    with connection.cursor() as cursor:
        cursor.execute(statements.PIECES, about)
        cursor.execute("SELECT DISTINCT lot FROM piece ORDER BY lot")
        for place, (lot,) in enumerate(cursor.fetchall()):
            with transaction.atomic():
                for statement in statements.HANDING_DOWN:
                    cursor.execute(statement, about | {"lot": lot})
            if place.bit_count() == 1:
                # The tables grow faster than the autovacuum looks at them: after 1, 2, 4, 8 … lots
                # PostgreSQL is told, or it would go on planning for empty ones.
                cursor.execute(statements.GROWN)


def _activate(batch: Batch, insurer: Insurer, activated: int) -> None:
    about = _about(batch, insurer) | {"activated": activated}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement in statements.ACTIVATIONS:
            cursor.execute(statement, about)
        assert cursor.rowcount == activated, "as many as were asked for are paid for"


def _about(batch: Batch, insurer: Insurer) -> dict[str, Any]:
    assert batch.decided_at is not None
    run, version = batch.run, batch.type_version
    return {
        "batch": batch.pk,
        "number": batch.number,
        "type": version.document_type_id,
        "version": version.pk,
        "face_value": version.face_value,
        "currency": version.currency,
        "count": batch.count,
        "first": run.first,
        "end": run.last + 1,
        "recipient": batch.printer.public_key,
        "day": clock.day_of(batch.decided_at),
        "zone": clock.zone().key,
        "office": insurer.head_office.pk,
        "chief": insurer.chief.pk,
        "chief_name": insurer.chief.party.name_en,
        "second": insurer.second.pk,
        "keeper": insurer.keeper.pk,
        "cashier": insurer.cashier.pk,
    }


def _whole_parts(total: int, parts: int) -> list[int]:
    """A number in so many whole parts of nearly the same size."""
    return [total * (place + 1) // parts - total * place // parts for place in range(parts)]
