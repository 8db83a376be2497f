"""One card at the same moment by web, telephone and counter: one policy; and one case, one end."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError

from selfcard.activation import hands
from selfcard.activation.commands import activating, close_case, desk, pin_links
from selfcard.activation.errors import CardActivatedAlready, CaseOver, LinkOver
from selfcard.activation.models import DeskCase, Draft
from selfcard.activation.verify import violations
from selfcard.core.locks import LockSpace, lock
from selfcard.custody.models import ActivatedCard
from selfcard.policies.errors import PolicyAlreadyLive
from selfcard.policies.models import Policy
from tests.factories.activation import activate, open_card, paid_cards
from tests.factories.cards import PrintedCard
from tests.factories.desk import (
    a_case,
    a_link,
    activate_at_desk,
    an_agreed_case,
    an_operator,
    at_desk,
    enter_pin,
    reached,
)
from tests.factories.messaging import demonstration
from tests.factories.organisations import Insurer, an_insurer
from tests.races.threads import at_once, held_back_after, no_row_is_locked, of_kind

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def insurer(settings: Any, tmp_path: Path) -> Insurer:
    demonstration(settings, tmp_path)
    return an_insurer()


@pytest.fixture
def card(insurer: Insurer) -> PrintedCard:
    return paid_cards(insurer, 1)[0]


def three_ways(insurer: Insurer, card: PrintedCard) -> list[Any]:
    """The holder, the telephone desk and an outlet have each come to their last button."""
    caller, counter = an_operator(insurer, "D01"), an_operator(insurer, "D02", insurer.institution)
    by_phone = an_agreed_case(caller, card)
    Draft.objects.all().delete()  # the counter begins afresh
    at_counter = an_agreed_case(counter, card, way=DeskCase.Way.COUNTER)
    proof = open_card(card)
    return [
        lambda: activate(card, reached(), proof=proof),
        lambda: activate_at_desk(*by_phone, caller, card),
        lambda: activate_at_desk(*at_counter, counter, card),
    ]


def test_the_same_card_by_web_desk_and_counter_at_once_is_one_policy(insurer, card) -> None:
    results = at_once(*three_ways(insurer, card))

    assert len(of_kind(results, Policy)) == 1, results
    assert len(of_kind(results, CardActivatedAlready)) == 2, results
    assert Policy.objects.count() == ActivatedCard.objects.count() == 1
    assert list(violations()) == []


def test_without_the_cards_lock_the_second_comes_to_the_policy(insurer, card, monkeypatch) -> None:
    ways = three_ways(insurer, card)[1:]
    monkeypatch.setattr(
        activating,
        "_lock_for_activation",
        lambda serial, application: lock(LockSpace.BATCH, 1, shared=True),
    )
    held_back_after(monkeypatch, (activating, "broken_by"))

    results = at_once(*ways)

    assert {type(result) for result in results} == {Policy, PolicyAlreadyLive}


def close_and_activate(insurer: Insurer, card: PrintedCard) -> list[Any]:
    """Two deeds that end one case."""
    operator = an_operator(insurer)
    case, proof = an_agreed_case(operator, card)
    return [
        lambda: close_case(
            case=case, reason="hung up", actor=at_desk(operator), request_id=uuid4()
        ),
        lambda: activate_at_desk(case, proof, operator, card),
    ]


def test_a_case_is_closed_or_becomes_a_policy_and_never_both(insurer, card, monkeypatch) -> None:
    deeds = close_and_activate(insurer, card)
    held_back_after(monkeypatch, (hands, "case_as_it_is"), (desk, "case_as_it_is"))

    results = at_once(*deeds)

    assert len(of_kind(results, CaseOver)) == 1, results
    assert Policy.objects.count() == DeskCase.objects.filter(state="done").count()


def test_without_the_cases_lock_one_of_the_two_crashes(insurer, card, monkeypatch) -> None:
    deeds = close_and_activate(insurer, card)
    no_row_is_locked(monkeypatch)
    held_back_after(monkeypatch, (hands, "case_as_it_is"), (desk, "case_as_it_is"))

    results = at_once(*deeds)

    assert len(of_kind(results, IntegrityError)) == 1, results


def test_of_two_who_enter_a_pin_by_one_link_one_gets_through(insurer, card, settings) -> None:
    settings.DESK_PIN = "link"
    operator = an_operator(insurer)
    token = a_link(a_case(operator, card), operator)

    results = at_once(lambda: enter_pin(token, card.pin), lambda: enter_pin(token, card.pin))

    assert len(of_kind(results, DeskCase)) == 1, results
    assert len(of_kind(results, LinkOver)) == 1, results


def a_case_with_a_link(insurer: Insurer, card: PrintedCard) -> tuple[str, Any]:
    """The token of a link that waits, and the deed that closes its case."""
    operator = an_operator(insurer)
    case = a_case(operator, card)
    token = a_link(case, operator)
    return token, lambda: close_case(
        case=case, reason="hung up", actor=at_desk(operator), request_id=uuid4()
    )


def test_a_pin_that_comes_by_a_link_while_its_case_is_closed_waits_for_that(
    insurer, card, settings, monkeypatch
) -> None:
    settings.DESK_PIN = "link"
    token, close = a_case_with_a_link(insurer, card)
    held_back_after(monkeypatch, (desk, "case_as_it_is"), (pin_links, "_case_that_waits"))

    closed, entered = at_once(close, lambda: enter_pin(token, card.pin))

    assert isinstance(closed, DeskCase), closed
    assert isinstance(entered, DeskCase | LinkOver), entered
    assert DeskCase.objects.get().state == "closed"


def test_without_the_cases_lock_the_pin_finds_a_case_that_is_over(
    insurer, card, settings, monkeypatch
) -> None:
    settings.DESK_PIN = "link"
    token, close = a_case_with_a_link(insurer, card)

    def read_and_come_too_late(token: str) -> DeskCase:
        case = DeskCase.objects.get()
        at_once(close)
        return case

    monkeypatch.setattr(pin_links, "_case_that_waits", read_and_come_too_late)

    with pytest.raises(IntegrityError, match="never changed"):
        enter_pin(token, card.pin)
