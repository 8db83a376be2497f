"""What a try costs after failures: work or waiting, for one source, and in an alarm for all."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from selfcard.activation import gate
from selfcard.activation.errors import SourceMustWait
from selfcard.activation.models import FailureTally, GateAlarm, SourceCounter, SpentTicket
from selfcard.activation.tolls import Toll, issue_ticket, read_ticket
from selfcard.core import clock
from selfcard.core.models import AuditEvent
from selfcard.core.tasks import forget_nightly
from tests.factories.activation import HOME, open_card, solved, try_gate, wrong_pin
from tests.factories.cards import PrintedCard, a_printed_batch
from tests.factories.organisations import an_insurer

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=clock.zone())
STRANGER = "net 198.51.100.0/24"


@pytest.fixture(autouse=True)
def small_riddles(settings: Any) -> None:
    settings.GATE_WORK, settings.GATE_ALARM_WORK = 20, 100


@pytest.fixture
def cards() -> list[PrintedCard]:
    return a_printed_batch(an_insurer(), 3)[1]


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    with clock.frozen(NOON):
        yield


def later(**passed: int) -> Any:
    return clock.frozen(NOON + timedelta(**passed))


def fail(card: PrintedCard, times: int, source: str = HOME) -> None:
    """So many wrong PINs, each paid for where it has its price."""
    for _ in range(times):
        toll = toll_of(source)
        ticket = solved(toll.ticket) if toll.ticket else ""
        wrong = wrong_pin(card, selector_right=False)
        assert try_gate(card.card_number, wrong, source, ticket=ticket) is None


def toll_of(source: str = HOME) -> Toll:
    return gate.toll_of(source, clock.now())


def size_of(toll: Toll) -> int:
    return int(toll.ticket.split(".")[1])


def test_the_first_tries_cost_nothing(cards, settings) -> None:
    assert toll_of() == Toll()
    fail(cards[0], settings.GATE_FREE_TRIES - 1)
    assert toll_of() == Toll()


def test_beyond_a_few_failures_a_source_waits_or_works(cards, settings) -> None:
    fail(cards[0], settings.GATE_FREE_TRIES)
    toll = toll_of()
    assert toll.seconds == 30

    with pytest.raises(SourceMustWait):
        try_gate(cards[0].card_number, cards[0].pin)
    with pytest.raises(SourceMustWait):
        try_gate(cards[0].card_number, cards[0].pin, ticket=toll.ticket)
    assert try_gate(cards[0].card_number, cards[0].pin, ticket=solved(toll.ticket)) is not None


def test_each_further_failure_makes_the_next_riddle_larger(cards, settings) -> None:
    fail(cards[0], settings.GATE_FREE_TRIES)
    sizes = []
    for _ in range(3):
        sizes.append(size_of(toll_of()))
        fail(cards[0], 1)

    assert sizes == [20, 40, 60]


def test_a_solved_ticket_pays_once(cards, settings) -> None:
    fail(cards[0], settings.GATE_FREE_TRIES)
    ticket = solved(toll_of().ticket)
    wrong = wrong_pin(cards[0], selector_right=False)
    assert try_gate(cards[0].card_number, wrong, ticket=ticket) is None

    with pytest.raises(SourceMustWait):
        try_gate(cards[0].card_number, cards[0].pin, ticket=ticket)


def test_a_ticket_that_did_not_pay_enough_is_not_spent(cards, settings) -> None:
    fail(cards[0], settings.GATE_FREE_TRIES)
    cheap = solved(toll_of().ticket)
    fail(cards[0], 2)  # others of the same source meanwhile

    with pytest.raises(SourceMustWait):
        try_gate(cards[0].card_number, cards[0].pin, ticket=cheap)
    assert SpentTicket.objects.count() == 2


def test_one_failure_of_a_neighbour_does_not_make_the_work_vain(cards, settings) -> None:
    fail(cards[0], settings.GATE_FREE_TRIES)
    mine = solved(toll_of().ticket)
    fail(cards[1], 1)

    assert try_gate(cards[0].card_number, cards[0].pin, ticket=mine) is not None


@pytest.mark.parametrize(
    "forged",
    [
        lambda ticket: ticket.replace(".20.", ".2000."),
        lambda ticket: ticket[:-1] + ("1" if ticket[-1] != "1" else "2"),
        lambda ticket: ticket.rpartition(".")[0] + ".0",
        lambda ticket: ticket + "0",
        lambda ticket: "1.2.3.4.5",
        lambda ticket: "٣" + ticket[1:],
    ],
)
def test_a_forged_ticket_pays_nothing(cards, settings, forged) -> None:
    fail(cards[0], settings.GATE_FREE_TRIES)
    ticket = forged(solved(toll_of().ticket))

    with pytest.raises(SourceMustWait):
        try_gate(cards[0].card_number, cards[0].pin, ticket=ticket)


def test_a_ticket_is_good_for_one_source_and_for_ten_minutes(cards, settings) -> None:
    now = clock.now()
    ticket = solved(issue_ticket(source=HOME, size=50, now=now))

    read = read_ticket(ticket, source=HOME, now=now)
    assert read is not None
    assert read.work == 50
    assert read_ticket(ticket, source=STRANGER, now=now) is None
    last = now + settings.GATE_TICKET - timedelta(seconds=1)
    assert read_ticket(ticket, source=HOME, now=last) is not None
    assert read_ticket(ticket, source=HOME, now=now + settings.GATE_TICKET) is None
    assert read_ticket(ticket, source=HOME, now=now - timedelta(seconds=1)) is None


def test_ten_thousand_failures_are_still_priced(cards, settings) -> None:
    settings.GATE_WORK = 20_000
    fail(cards[0], settings.GATE_FREE_TRIES)
    SourceCounter.objects.update(failures=1_000_000)

    assert size_of(toll_of()) == (1_000_000 - settings.GATE_FREE_TRIES + 1) * 20_000


def raise_the_alarm(card: PrintedCard, settings: Any) -> None:
    """Three failures of three sources, where no more than two are usual."""
    settings.GATE_ALARM_FAILURES = 3
    for place in range(3):
        fail(card, 1, f"net 10.9.{place}.0/24")


def test_very_many_failures_raise_the_price_for_everybody(cards, settings) -> None:
    raise_the_alarm(cards[0], settings)

    assert toll_of().seconds == 10
    assert size_of(toll_of()) == 100
    with pytest.raises(SourceMustWait) as refused:
        try_gate(cards[1].card_number, cards[1].pin)
    assert refused.value.facts == {"seconds": 10}


def test_in_an_alarm_whoever_works_comes_in_at_once(cards, settings) -> None:
    raise_the_alarm(cards[0], settings)

    ticket = solved(toll_of().ticket)
    assert try_gate(cards[1].card_number, cards[1].pin, ticket=ticket) is not None


def test_in_an_alarm_whoever_has_had_the_page_open_a_little_comes_in_without_work(
    cards, settings
) -> None:
    raise_the_alarm(cards[0], settings)
    ticket = toll_of().ticket

    with later(seconds=9), pytest.raises(SourceMustWait):
        try_gate(cards[1].card_number, cards[1].pin, ticket=ticket)
    with later(seconds=10):
        assert try_gate(cards[1].card_number, cards[1].pin, ticket=ticket) is not None
        with pytest.raises(SourceMustWait):
            try_gate(cards[2].card_number, cards[2].pin, ticket=ticket)


def test_pages_opened_in_advance_give_a_source_no_more_than_its_free_tries(cards, settings) -> None:
    raise_the_alarm(cards[0], settings)
    tickets = [toll_of(STRANGER).ticket for _ in range(settings.GATE_FREE_TRIES + 1)]
    wrong = wrong_pin(cards[0], selector_right=False)

    with later(minutes=1):
        for ticket in tickets[:-1]:
            assert try_gate(cards[0].card_number, wrong, STRANGER, ticket=ticket) is None
        with pytest.raises(SourceMustWait):
            try_gate(cards[0].card_number, wrong, STRANGER, ticket=tickets[-1])


def test_the_alarm_settles_by_itself(cards, settings) -> None:
    raise_the_alarm(cards[0], settings)

    with later(minutes=9, seconds=59):
        assert toll_of().seconds == 10
    with later(minutes=10):
        assert toll_of() == Toll()
        assert try_gate(cards[1].card_number, cards[1].pin) is not None


def test_an_alarm_lasts_as_long_as_the_failures_do(cards, settings) -> None:
    raise_the_alarm(cards[0], settings)
    with later(minutes=6):
        for place in range(3):
            fail(cards[0], 1, f"net 10.8.{place}.0/24")

    alarm = GateAlarm.objects.get()
    assert (alarm.began_at, alarm.until) == (NOON, NOON + timedelta(minutes=16))
    with later(minutes=30):
        raise_the_alarm(cards[0], settings)
    assert GateAlarm.objects.count() == 2


def test_failures_fade_and_never_add_up_over_hours(cards, settings) -> None:
    settings.GATE_ALARM_FAILURES = 4
    for hour in range(12):
        with later(hours=hour):
            fail(cards[0], 3)

    assert not GateAlarm.objects.exists()
    assert FailureTally.objects.count() == 1


def test_who_comes_in_raises_no_alarm(cards, settings) -> None:
    settings.GATE_ALARM_FAILURES = 1
    for _ in range(3):
        open_card(cards[0])

    assert not GateAlarm.objects.exists()


def test_an_alarm_is_told_once_in_the_audit_trail_and_in_the_log(
    cards, settings, django_capture_on_commit_callbacks
) -> None:
    with capture_logs() as logs, django_capture_on_commit_callbacks(execute=True):
        raise_the_alarm(cards[0], settings)
        fail(cards[0], 2, STRANGER)

    (event,) = AuditEvent.objects.filter(event="gate.alarm_raised")
    assert (event.actor_kind, event.facts) == ("system", {"failures": 3})
    told = [entry for entry in logs if entry["event"] == "gate_alarm_raised"]
    assert [(entry["log_level"], entry["failures"]) for entry in told] == [("error", 3)]


def test_the_nightly_sweep_forgets_tickets_that_are_too_old_to_be_shown(cards, settings) -> None:
    fail(cards[0], settings.GATE_FREE_TRIES + 1)
    assert SpentTicket.objects.count() == 1

    with later(minutes=11):
        forget_nightly(0)
    assert not SpentTicket.objects.exists()
