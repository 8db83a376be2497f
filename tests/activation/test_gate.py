"""The PIN gate: who comes through, what is counted, and that nothing shows which."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import IntegrityError, connection

from selfcard.activation import gate
from selfcard.activation.commands import open_policy
from selfcard.activation.errors import NotAPin, SourceMustWait, TooManyTries
from selfcard.activation.models import PinProof, SourceCounter, TargetCounter
from selfcard.cards.pins import PinKeys
from selfcard.core import clock
from selfcard.core.models import AuditEvent, Request
from selfcard.core.serials import NotACardNumber, WrongCheckDigit, card_number
from selfcard.core.tasks import forget_nightly
from selfcard.custody.models import OpenedCard
from selfcard.policies.models import Policy
from selfcard.policies.numbers import policy_number
from tests.factories.activation import (
    HOME,
    activate,
    holder,
    open_card,
    paid_cards,
    try_gate,
    wrong_pin,
)
from tests.factories.cards import PrintedCard, a_printed_batch
from tests.factories.organisations import an_insurer

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=clock.zone())


@pytest.fixture
def cards() -> list[PrintedCard]:
    """A batch of printed cards: the gate does not ask whether they are sold."""
    return a_printed_batch(an_insurer(), 3)[1]


@pytest.fixture
def at_noon() -> Iterator[None]:
    with clock.frozen(NOON):
        yield


def later(**passed: int) -> datetime:
    return NOON + timedelta(**passed)


def failures_of(card: PrintedCard) -> int:
    return TargetCounter.objects.get(target=f"card {card.serial}").failures


def failures_from(source: str = HOME) -> int:
    return SourceCounter.objects.get(source=source).failures


def test_a_right_pin_gives_a_proof_for_half_an_hour(cards, at_noon) -> None:
    proof = try_gate(cards[0].card_number, cards[0].pin)

    assert proof is not None
    assert (proof.serial, proof.source) == (cards[0].serial, HOME)
    assert proof.expires_at == later(minutes=30)
    assert proof.used_at is None


def test_number_and_pin_are_read_as_people_type_them(cards) -> None:
    number, pin = cards[0].card_number, cards[0].pin
    spaced = " ".join(number[i : i + 4] for i in range(0, 16, 4))
    full_width = pin.translate(str.maketrans("0123456789", "０１２３４５６７８９"))

    assert try_gate(spaced, f" {full_width[:4]}-{full_width[4:8]} {full_width[8:]}") is not None


def test_a_wrong_pin_and_an_unknown_number_get_the_same_nothing(cards) -> None:
    unknown = card_number(cards[-1].serial + 5000)

    assert try_gate(cards[0].card_number, wrong_pin(cards[0])) is None
    assert try_gate(unknown, "123456789012") is None


def statements(number: str, pin: str) -> list[str]:
    """The SQL that a try sends, without its values."""
    sent: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "SAVEPOINT" not in sql:
            sent.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        try_gate(number, pin)
    return sent


def test_a_wrong_pin_and_an_unknown_number_do_the_same_work(cards) -> None:
    try_gate(cards[0].card_number, cards[0].pin)  # both counters exist
    unknown = card_number(cards[-1].serial + 5000)
    try_gate(unknown, "123456789012")

    wrong = statements(cards[0].card_number, wrong_pin(cards[0]))
    stranger = statements(cards[0].card_number, wrong_pin(cards[0], selector_right=False))
    nobody = statements(unknown, "123456789012")
    assert wrong == stranger == nobody


def test_a_mistyped_number_or_pin_is_said_so_and_not_counted(cards) -> None:
    number = cards[0].card_number
    other_digit = number[:-1] + str((int(number[-1]) + 1) % 10)

    with pytest.raises(NotACardNumber):
        try_gate("1234", cards[0].pin)
    with pytest.raises(WrongCheckDigit):
        try_gate(other_digit, cards[0].pin)
    with pytest.raises(NotAPin):
        try_gate(number, "12 34")
    with pytest.raises(NotAPin):
        try_gate(number, "PIN")
    assert not SourceCounter.objects.exists()
    assert not TargetCounter.objects.exists()


def test_a_wrong_pin_counts_against_the_card_only_with_its_selector(cards) -> None:
    try_gate(cards[0].card_number, wrong_pin(cards[0], selector_right=False))
    assert failures_of(cards[0]) == 0

    try_gate(cards[0].card_number, wrong_pin(cards[0]))
    assert failures_of(cards[0]) == 1


def test_every_failed_try_counts_against_its_source(cards) -> None:
    try_gate(cards[0].card_number, wrong_pin(cards[0]))
    try_gate(cards[1].card_number, wrong_pin(cards[1], selector_right=False))
    try_gate(card_number(cards[-1].serial + 5000), "123456789012")

    assert failures_from() == 3


def test_a_right_pin_is_not_counted_and_forgives_the_card(cards) -> None:
    try_gate(cards[0].card_number, wrong_pin(cards[0]))
    try_gate(cards[0].card_number, wrong_pin(cards[0]))

    assert try_gate(cards[0].card_number, cards[0].pin) is not None
    assert failures_of(cards[0]) == 0
    assert failures_from() == 2


def test_somebody_who_mistypes_twice_comes_in_at_the_third_try(cards) -> None:
    for _ in range(2):
        assert try_gate(cards[0].card_number, wrong_pin(cards[0])) is None

    assert try_gate(cards[0].card_number, cards[0].pin) is not None


def test_a_source_that_fails_again_and_again_waits_and_then_may_try(cards) -> None:
    with clock.frozen(NOON):
        for _ in range(settings.GATE_FREE_TRIES):
            assert try_gate(cards[0].card_number, wrong_pin(cards[0])) is None
        with pytest.raises(SourceMustWait) as refused:
            try_gate(cards[1].card_number, cards[1].pin)
    assert refused.value.facts == {"seconds": 30}

    with clock.frozen(later(seconds=29)), pytest.raises(SourceMustWait):
        try_gate(cards[1].card_number, cards[1].pin)
    with clock.frozen(later(seconds=30)):
        assert try_gate(cards[1].card_number, cards[1].pin) is not None


def test_a_try_while_waiting_costs_nothing_and_does_not_lengthen_the_wait(cards) -> None:
    with clock.frozen(NOON):
        for _ in range(settings.GATE_FREE_TRIES):
            try_gate(cards[0].card_number, wrong_pin(cards[0]))
    before = failures_of(cards[0]), failures_from()

    with clock.frozen(later(seconds=20)), pytest.raises(SourceMustWait):
        try_gate(cards[0].card_number, wrong_pin(cards[0]))
    assert (failures_of(cards[0]), failures_from()) == before
    with clock.frozen(later(seconds=30)):
        assert try_gate(cards[0].card_number, cards[0].pin) is not None


def test_another_source_does_not_wait_with_it(cards) -> None:
    for _ in range(settings.GATE_FREE_TRIES):
        try_gate(cards[0].card_number, wrong_pin(cards[0]))

    assert try_gate(cards[0].card_number, cards[0].pin, "net 198.51.100.0/24") is not None


def test_an_hour_later_a_source_is_as_good_as_new(cards) -> None:
    with clock.frozen(NOON):
        for _ in range(settings.GATE_FREE_TRIES):
            try_gate(cards[0].card_number, wrong_pin(cards[0]))
    with clock.frozen(later(hours=1)):
        try_gate(cards[0].card_number, wrong_pin(cards[0]))
        assert failures_from() == 1
        assert try_gate(cards[0].card_number, cards[0].pin) is not None


def test_at_the_cap_even_the_right_pin_gets_the_same_nothing_until_the_next_day(cards) -> None:
    card = cards[0]
    with clock.frozen(NOON):
        for place in range(settings.GATE_TARGET_CAP):
            assert try_gate(card.card_number, wrong_pin(card), f"net 10.0.{place}.0/24") is None
        assert try_gate(card.card_number, card.pin) is None
        assert failures_of(card) == settings.GATE_TARGET_CAP
    with clock.frozen(later(days=1)):
        assert try_gate(card.card_number, card.pin) is not None


def test_a_stranger_who_walks_through_the_numbers_locks_out_nobody(cards) -> None:
    for walk in range(40):
        for card in cards:
            try_gate(
                card.card_number, wrong_pin(card, selector_right=False), f"net 10.0.{walk}.0/24"
            )

    assert all(try_gate(card.card_number, card.pin) is not None for card in cards)


def test_a_card_that_was_opened_is_remembered_for_ever(cards) -> None:
    open_card(cards[0])
    open_card(cards[0])

    assert [one.serial for one in OpenedCard.objects.all()] == [cards[0].serial]
    with pytest.raises(IntegrityError), connection.cursor() as cursor:
        cursor.execute("DELETE FROM custody_openedcard")


def test_the_try_is_counted_before_the_whole_pin_is_compared(cards, monkeypatch) -> None:
    card, order = cards[0], []
    digest, charge = PinKeys.digest, gate.charge

    def compared(keys: PinKeys, serial: int, pin: str) -> bytes:
        order.append("compared")
        return digest(keys, serial, pin)

    def counted(**given: Any) -> gate.Charged:
        order.append("counted")
        return charge(**given)

    monkeypatch.setattr(PinKeys, "digest", compared)
    monkeypatch.setattr(gate, "charge", counted)
    try_gate(card.card_number, wrong_pin(card))
    assert order == ["counted", "compared"]

    TargetCounter.objects.update(failures=settings.GATE_TARGET_CAP)
    try_gate(card.card_number, card.pin)
    assert order == ["counted", "compared", "counted"]


def try_policy(policy: Policy, identity_number: str, source: str) -> Policy | None:
    return open_policy(
        number=policy.number,
        identity_number=identity_number,
        source=source,
        actor=holder(source),
        request_id=uuid4(),
    )


def test_a_stranger_does_not_shut_the_owner_out_of_a_policy() -> None:
    policy = activate(paid_cards(an_insurer())[0])
    stranger = "net 198.51.100.0/24"
    for hour in range(settings.GATE_TARGET_CAP):
        with clock.frozen(clock.now() + timedelta(hours=hour)):
            assert try_policy(policy, "330106198605170029", stranger) is None

    with clock.frozen(clock.now() + timedelta(hours=12)):
        with pytest.raises(TooManyTries):
            try_policy(policy, policy.identity_number, stranger)
        assert try_policy(policy, policy.identity_number, HOME) == policy


def test_very_many_sources_together_cannot_guess_an_identity_number(settings) -> None:
    settings.GATE_POLICY_CAP = 3
    policy = activate(paid_cards(an_insurer())[0])
    for place in range(3):
        try_policy(policy, "330106198605170029", f"net 10.0.{place}.0/24")

    with pytest.raises(TooManyTries):
        try_policy(policy, policy.identity_number, HOME)


def test_a_policy_that_does_not_exist_is_shut_like_one_that_does(settings) -> None:
    settings.GATE_POLICY_CAP = 1
    nobodys = Policy(number=policy_number(999_999_999_999))
    assert try_policy(nobodys, "330106198605170029", HOME) is None

    with pytest.raises(TooManyTries):
        try_policy(nobodys, "330106198605170029", HOME)


def test_repeating_a_request_counts_once(cards) -> None:
    again = uuid4()
    number, pin = cards[0].card_number, wrong_pin(cards[0])

    assert try_gate(number, pin, request_id=again) is None
    assert try_gate(number, pin, request_id=again) is None
    assert failures_from() == 1


def test_neither_pin_nor_digest_of_it_is_left_in_a_row(cards) -> None:
    open_card(cards[0])
    try_gate(cards[0].card_number, wrong_pin(cards[0]))

    with connection.cursor() as cursor:
        for model in (PinProof, TargetCounter, SourceCounter, OpenedCard, AuditEvent, Request):
            cursor.execute(f"SELECT row_to_json(kept)::text FROM {model._meta.db_table} kept")
            for (text,) in cursor:
                assert cards[0].pin not in text
                assert wrong_pin(cards[0]) not in text


def test_every_try_can_be_found_again(cards) -> None:
    try_gate(cards[0].card_number, wrong_pin(cards[0]))
    try_gate(cards[0].card_number, cards[0].pin)

    events = AuditEvent.objects.filter(event__startswith="gate.").order_by("id")
    assert [event.event for event in events] == ["gate.refused", "gate.opened"]
    assert all(event.source == HOME for event in events)


def test_the_nightly_sweep_forgets_what_no_longer_counts(cards) -> None:
    with clock.frozen(NOON):
        try_gate(cards[0].card_number, wrong_pin(cards[0]))
        open_card(cards[1])
    with clock.frozen(later(days=2)):
        forget_nightly(0)

    assert not SourceCounter.objects.exists()
    assert not TargetCounter.objects.exists()
    assert not PinProof.objects.exists()
    assert OpenedCard.objects.count() == 1
