"""Freezes and write-offs under threads that come at the same moment, each with its control."""

import threading
from uuid import uuid4

import pytest
from django.db import IntegrityError
from django.db.models import QuerySet

from selfcard.activation.commands import activating as activation_commands
from selfcard.approvals.errors import AlreadyAsked
from selfcard.approvals.models import Approval
from selfcard.custody import locks
from selfcard.custody.commands import (
    ask_write_off_again,
    grant_write_off,
    onward,
    refuse_write_off,
    withdraw_write_off,
)
from selfcard.custody.commands import freezes as freezes_module
from selfcard.custody.commands import write_offs as write_offs_module
from selfcard.custody.errors import CardsFrozen, CardsInOtherStatus, WriteOffInOtherState
from selfcard.custody.models import ActivatedCard, Freeze, Holding, WriteOff
from selfcard.custody.verify import violations
from selfcard.organisations.models import May
from selfcard.organisations.queries import staff_actor
from selfcard.policies.models import Policy
from selfcard.sales.models import Sale
from tests.factories.activation import activate, open_card, paid_cards
from tests.factories.custody import cards_at_head_office, report, stop
from tests.factories.organisations import a_staff_member, an_insurer
from tests.factories.sales import a_shop
from tests.races.threads import at_once, held_back_after, no_row_is_locked

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop():
    return a_shop(100)


def no_batch_is_locked(monkeypatch):
    monkeypatch.setattr(locks, "lock", lambda *_, **__: None)
    for name in ("lock_custody", "lock_batches"):
        for module in (freezes_module, write_offs_module, onward):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, lambda *_, **__: None)


def hold_back(monkeypatch, *modules):
    held_back_after(monkeypatch, *((module, "read_parts") for module in modules))


# A write-off, a freeze and a sale of the same cards


def a_void_of(shop):
    return lambda: report(shop.insurer, "void", shop.run(41, 60), by="keeper")


def a_freeze_of(shop):
    return lambda: stop(shop.insurer, shop.run(41, 60), by="keeper")


def a_sale_of(shop):
    return lambda: shop.sell((51, 70))


@pytest.mark.parametrize("deed", [a_void_of, a_freeze_of])
def test_cards_are_sold_or_stopped_and_whoever_is_second_is_told(shop, monkeypatch, deed):
    hold_back(monkeypatch, onward, write_offs_module, freezes_module)

    stopped, sold = at_once(deed(shop), a_sale_of(shop))

    if isinstance(sold, Sale):
        # A freeze lies over sold cards as well; a report of void ones does not.
        assert isinstance(stopped, CardsInOtherStatus | str)
    else:
        assert isinstance(sold, CardsFrozen)
        assert Holding.objects.filter(status="sold").count() == 0
    assert not list(violations())


@pytest.mark.parametrize("deed", [a_void_of, a_freeze_of])
def test_without_the_batch_lock_cards_are_sold_while_they_are_being_stopped(
    shop, monkeypatch, deed
):
    """The control: each has read the cards before the other has written."""
    no_batch_is_locked(monkeypatch)
    hold_back(monkeypatch, onward, write_offs_module, freezes_module)
    acknowledged = threading.Event()
    moved = onward.move

    def sell_and_tarry(*given, **terms):
        movements = moved(*given, **terms)
        acknowledged.wait(2)
        return movements

    monkeypatch.setattr(onward, "move", sell_and_tarry)

    def stop_first():
        done = deed(shop)()
        acknowledged.set()
        return done

    stopped, sold = at_once(stop_first, a_sale_of(shop))

    assert isinstance(stopped, WriteOff | str)
    assert isinstance(sold, Sale | IntegrityError)
    # Nobody was refused with a reason: the cards are sold while they are stopped, or PostgreSQL
    # met the sale late.
    assert Freeze.objects.filter(released_at=None).exists()


# A freeze and an activation


@pytest.fixture
def told(monkeypatch):
    """What was acknowledged, in order, while an activation takes its time before it commits."""
    order: list[str] = []
    frozen, written = threading.Event(), threading.Event()
    activated = activation_commands.custody.activate_card

    def activate_and_tarry(**given):
        activated(**given)
        written.set()
        frozen.wait(1)

    monkeypatch.setattr(activation_commands.custody, "activate_card", activate_and_tarry)
    return order, frozen, written


def activate_and_freeze(told):
    insurer = an_insurer()
    card = paid_cards(insurer, 3)[0]
    batch_run = Holding.objects.get().run
    proof = open_card(card)
    order, frozen, written = told

    def go():
        policy = activate(card, proof=proof)
        order.append("activated")
        return policy

    def freeze():
        written.wait(10)
        number = stop(insurer, batch_run)
        order.append("frozen")
        frozen.set()
        return number

    return at_once(go, freeze)


def test_once_a_freeze_is_acknowledged_no_card_of_it_is_activated(told):
    policy, number = activate_and_freeze(told)

    assert isinstance(policy, Policy)
    assert number.startswith("FZ-")
    assert told[0] == ["activated", "frozen"]


def test_without_the_batch_lock_a_card_is_activated_after_its_freeze_was_acknowledged(
    told, monkeypatch
):
    no_batch_is_locked(monkeypatch)

    activate_and_freeze(told)

    assert told[0] == ["frozen", "activated"]
    assert ActivatedCard.objects.count() == 1


# Two who decide


@pytest.fixture
def waiting():
    insurer = an_insurer()
    batch, _ = cards_at_head_office(insurer, 100)
    return insurer, report(insurer, "loss", batch.run)


def third(insurer):
    return staff_actor(
        a_staff_member("C04", insurer.head_office, May.APPROVE_WRITE_OFFS, May.SEE_CARDS)
    )


def a_grant(insurer, loss, actor):
    return lambda: grant_write_off(write_off=loss, actor=actor, request_id=uuid4())


def a_refusal(insurer, loss, actor):
    return lambda: refuse_write_off(
        write_off=loss, reason="In the safe", actor=actor, request_id=uuid4()
    )


def a_withdrawal(insurer, loss, actor):
    return lambda: withdraw_write_off(
        write_off=loss, reason="Found", actor=insurer.actor("chief"), request_id=uuid4()
    )


OPPONENTS = pytest.mark.parametrize("other", [a_grant, a_refusal, a_withdrawal])


@OPPONENTS
def test_of_two_who_decide_at_once_one_is_told_that_it_is_decided(waiting, other):
    insurer, loss = waiting
    another = third(insurer)

    results = at_once(
        a_grant(insurer, loss, insurer.actor("second")), other(insurer, loss, another)
    )

    assert {type(result) for result in results} == {WriteOff, WriteOffInOtherState}
    loss.refresh_from_db()
    decided = {"done": "lost", "refused": "inventory", "withdrawn": "inventory"}
    assert Holding.objects.get().status == decided[loss.state]
    assert not Freeze.objects.filter(released_at=None).exists()
    assert not list(violations())


@OPPONENTS
def test_without_locks_the_second_to_decide_meets_postgresql_instead_of_a_reason(
    waiting, other, monkeypatch
):
    """The control: both find the report undecided."""
    insurer, loss = waiting
    another = third(insurer)
    no_batch_is_locked(monkeypatch)
    no_row_is_locked(monkeypatch)
    read = ((write_offs_module, "_locked"), (write_offs_module, "_asked_for"))
    held_back_after(monkeypatch, *read)

    results = at_once(
        a_grant(insurer, loss, insurer.actor("second")), other(insurer, loss, another)
    )

    assert sorted(isinstance(result, IntegrityError) for result in results) == [False, True]
    assert not list(violations())


# Two who take a report back, and one who asks twice


@pytest.fixture
def two_withdrawals(waiting):
    insurer, loss = waiting
    return [a_withdrawal(insurer, loss, None)] * 2


def test_a_report_is_taken_back_once(two_withdrawals):
    results = at_once(*two_withdrawals)

    assert {type(result) for result in results} == {WriteOff, WriteOffInOtherState}
    assert not list(violations())


@pytest.fixture
def asked_twice(settings):
    """The request has expired; two windows ask again."""
    insurer = an_insurer()
    batch, _ = cards_at_head_office(insurer, 100)
    settings.APPROVAL_DAYS = 0
    loss = report(insurer, "loss", batch.run)
    settings.APPROVAL_DAYS = 14
    return [
        lambda: ask_write_off_again(
            write_off=loss, actor=insurer.actor("chief"), request_id=uuid4()
        )
    ] * 2


def test_a_second_person_is_asked_again_once(asked_twice):
    results = at_once(*asked_twice)

    assert {type(result) for result in results} == {WriteOff, AlreadyAsked}
    assert Approval.objects.filter(state="asked").count() == 1


@pytest.fixture
def unlocked_rows(monkeypatch):
    """No row is locked, and both have read the report before either writes."""
    no_batch_is_locked(monkeypatch)
    no_row_is_locked(monkeypatch)
    read = ((write_offs_module, "_locked"), (write_offs_module, "_asked_for"), (QuerySet, "first"))
    held_back_after(monkeypatch, *read)


def test_without_locks_the_second_withdrawal_meets_postgresql(two_withdrawals, unlocked_rows):
    results = at_once(*two_withdrawals)

    assert sorted(isinstance(result, IntegrityError) for result in results) == [False, True]


def test_without_locks_the_second_who_asks_again_meets_postgresql(asked_twice, unlocked_rows):
    results = at_once(*asked_twice)

    assert sorted(isinstance(result, IntegrityError) for result in results) == [False, True]
