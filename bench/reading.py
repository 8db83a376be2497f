"""What it costs to look: one card's place and history, and the pages over millions of cards."""

import json
import random
import time
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from typing import Any

from django.db import connection
from django.test import Client
from django.urls import reverse

from bench.books import Books, build_books
from bench.figures import Stopwatch, statements_of
from selfcard.core import clock
from selfcard.core.serials import SerialRun
from selfcard.custody.models import ActivatedCard, Holding
from selfcard.custody.queries import find_card, history_of
from selfcard.web.warming import warm_up

PLACES = 200
DAYS_AGO = 150  # in the midst of what happened to the youngest batch
AT_HOME = ("chief", "second", "keeper")


def places_in(books: Books) -> dict[str, Any]:
    """The place and the history of cards here and there, as PostgreSQL itself times them."""
    chosen = random.Random(1)
    inside, planned, wall, counts = Stopwatch(), Stopwatch(), Stopwatch(), set()
    steps = 0
    for _ in range(PLACES):
        run = chosen.choice(books.batches).run
        serial = chosen.randint(run.first, run.last)
        with wall.running():
            steps = max(steps, _look(serial))
        said = statements_of(partial(_look, serial))
        counts.add(len(said))
        plans = [_explained(sql) for sql in said]
        inside.milliseconds.append(sum(plan["Execution Time"] for plan in plans))
        planned.milliseconds.append(sum(plan["Planning Time"] for plan in plans))
    return {
        "statements": max(counts),
        "steps_of_a_history": steps,
        "in_postgresql": inside.as_data(),
        "planning": planned.as_data(),
        "wall": wall.as_data(),
    }


def _look(serial: int) -> int:
    card = find_card(serial)
    assert card is not None
    return len(list(history_of([SerialRun(serial, serial)])))


def _explained(sql: str) -> dict[str, float]:
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) " + sql)
        found = cursor.fetchone()[0]
    (plan,) = json.loads(found) if isinstance(found, str) else found
    return plan


def measure_pages(cards: int, holdings: int, activated: int, rounds: int) -> dict[str, Any]:
    """What people open first, over all the books, in a process that is ready as a web server is.

    Inquiry and stock ledger as the auditor, who sees everything; and what waits for people of head
    office and for an institution's document administrator.
    """
    warm_up()
    started = time.perf_counter()
    books = build_books(cards, holdings, activated)
    built = time.perf_counter() - started
    return {
        "cards": cards,
        "holdings": Holding.objects.count(),
        "activated": ActivatedCard.objects.count(),
        "built_in_s": round(built, 1),
        "pages": [
            *(_page(books, "auditor", name, query, rounds) for name, query in _pages(books)),
            *(_page(books, reader, "office:home", {}, rounds) for reader in AT_HOME),
        ],
    }


def _pages(books: Books) -> list[tuple[str, dict[str, str]]]:
    """Everything at once, and what people narrow it by."""
    batch = books.batches[0]
    document_type = {"document_type": batch.type_version.document_type.code}
    then = (clock.today() - timedelta(days=DAYS_AGO)).isoformat()
    inquiry, ledger = "office:inquiry:range", "office:stock_ledger:ledger"
    return [
        (inquiry, {}),
        (inquiry, {"status": "to_be_activated"}),
        (inquiry, {"status": "activated"}),
        (inquiry, document_type),
        (inquiry, {"batch": batch.number}),
        (inquiry, {"day": then}),
        (ledger, {}),
        (ledger, {"span": "year"}),
    ]


def _page(
    books: Books, reader: str, name: str, query: dict[str, str], rounds: int
) -> dict[str, Any]:
    address, client = reverse(name), Client()
    client.force_login(getattr(books.insurer, reader))

    def look() -> None:
        answer = client.get(address, query)
        assert answer.status_code == HTTPStatus.OK, f"{address} says {answer.status_code}"

    first, again = Stopwatch(), Stopwatch()
    with first.running():
        look()
    statements = len(statements_of(look))
    for _ in range(rounds):
        with again.running():
            look()
    return {
        "page": name,
        "reader": reader,
        "query": query,
        "first_ms": round(first.p50, 1),
        **again.as_data(),
        "statements": statements,
    }
