"""What the gate takes once, under tries that come at the same moment, each with its control."""

from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction

from selfcard.activation import gate
from selfcard.activation.errors import SourceMustWait
from selfcard.activation.models import FailureTally, GateAlarm, PinProof, SourceCounter
from selfcard.core import clock
from selfcard.core.models import AuditEvent
from tests.factories.activation import HOME, solved, try_gate, wrong_pin
from tests.factories.cards import PrintedCard, a_printed_batch
from tests.factories.organisations import an_insurer
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cards(settings: Any) -> list[PrintedCard]:
    settings.GATE_WORK = 20
    return a_printed_batch(an_insurer(), 6)[1]


def in_debt(card: PrintedCard) -> None:
    for _ in range(settings.GATE_FREE_TRIES):
        try_gate(card.card_number, wrong_pin(card, selector_right=False))


def a_ticket() -> str:
    return solved(gate.toll_of(HOME, clock.now()).ticket)


def opened_at_once(cards: list[PrintedCard], tickets: list[str]) -> list[Any]:
    return at_once(
        *[
            lambda card=card, ticket=ticket: try_gate(card.card_number, card.pin, ticket=ticket)
            for card, ticket in zip(cards, tickets, strict=True)
        ]
    )


def test_one_ticket_shown_by_many_at_once_pays_for_one(cards) -> None:
    in_debt(cards[0])

    results = opened_at_once(cards[1:5], [a_ticket()] * 4)

    assert sorted(type(result).__name__ for result in results) == [
        PinProof.__name__,
        *[SourceMustWait.__name__] * 3,
    ]


def test_tickets_of_their_own_pay_for_all_of_them(cards) -> None:
    in_debt(cards[0])

    results = opened_at_once(cards[1:5], [a_ticket() for _ in range(4)])

    assert {type(result) for result in results} == {PinProof}


def test_many_who_raise_the_alarm_at_once_raise_one(settings) -> None:
    settings.GATE_ALARM_FAILURES = 1
    now = clock.now()
    no_alarm_yet = gate.Charged(admitted=True, compared=True, opens_at=now, alarm_until=None)

    def fails(place: int) -> None:
        with transaction.atomic():
            gate.count_failure(source=f"net 10.3.{place}.0/24", charged=no_alarm_yet, now=now)

    results = at_once(*[lambda place=place: fails(place) for place in range(6)])

    assert results == [None] * 6
    assert round(sum(FailureTally.objects.values_list("failures", flat=True))) == 6
    assert GateAlarm.objects.count() == 1
    assert AuditEvent.objects.filter(event="gate.alarm_raised").count() == 1


def counted_beside(source: str, cards: list[PrintedCard]) -> bool:
    """Whether a failure of a source is counted while another's try is not yet over."""
    with transaction.atomic():
        charged = gate.charge(
            source=HOME, target=gate.card_target(cards[0].serial), counts=False, now=clock.now()
        )
        gate.count_failure(source=HOME, charged=charged, now=clock.now())

        def beside() -> bool:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '500ms'")
                gate.count_failure(source=source, charged=charged, now=clock.now())
            return True

        return at_once(beside) == [True]


def test_two_sources_that_fail_do_not_wait_for_each_other(cards) -> None:
    assert counted_beside("net 10.3.1.0/24", cards)
    assert SourceCounter.objects.filter(source=HOME).exists()


def test_with_one_share_for_all_they_would(cards, monkeypatch) -> None:
    monkeypatch.setattr(gate, "SHARES", 1)

    assert not counted_beside("net 10.3.1.0/24", cards)
