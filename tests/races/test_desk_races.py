"""One card at the same moment by web, telephone and counter: one policy; and one case, one end."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError

from selfcard.activation import hands
from selfcard.activation.commands import activating, close_case, desk
from selfcard.activation.errors import CardActivatedAlready, CaseOver
from selfcard.activation.models import DeskCase, Draft
from selfcard.activation.verify import violations
from selfcard.core.locks import LockSpace, lock
from selfcard.custody.models import ActivatedCard
from selfcard.policies.models import Policy
from tests.factories.activation import activate, open_card, paid_cards
from tests.factories.cards import PrintedCard
from tests.factories.desk import activate_at_desk, an_agreed_case, an_operator, at_desk, reached
from tests.factories.messaging import demonstration
from tests.factories.organisations import Insurer, an_insurer
from tests.races.threads import at_once, held_back_after, of_kind

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


def test_without_the_cards_lock_desk_and_counter_crash(insurer, card, monkeypatch) -> None:
    ways = three_ways(insurer, card)[1:]
    monkeypatch.setattr(
        activating,
        "_lock_for_activation",
        lambda serial, application: lock(LockSpace.BATCH, 1, shared=True),
    )
    held_back_after(monkeypatch, (activating, "broken_by"))

    results = at_once(*ways)

    assert {type(result) for result in results} == {Policy, IntegrityError}


def close_and_activate(insurer: Insurer, card: PrintedCard) -> list[Any]:
    operator = an_operator(insurer)
    case, proof = an_agreed_case(operator, card)
    return at_once(
        lambda: close_case(
            case=case, reason="hung up", actor=at_desk(operator), request_id=uuid4()
        ),
        lambda: activate_at_desk(case, proof, operator, card),
    )


def test_a_case_is_closed_or_becomes_a_policy_and_never_both(insurer, card, monkeypatch) -> None:
    held_back_after(monkeypatch, (hands, "case_as_it_is"), (desk, "case_as_it_is"))

    results = close_and_activate(insurer, card)

    assert len(of_kind(results, CaseOver)) == 1, results
    assert Policy.objects.count() == DeskCase.objects.filter(state="done").count()


def test_without_the_cases_lock_one_of_the_two_crashes(insurer, card, monkeypatch) -> None:
    plain = DeskCase.objects.get_queryset().__class__
    monkeypatch.setattr(plain, "select_for_update", lambda self, **given: self)
    held_back_after(monkeypatch, (hands, "case_as_it_is"), (desk, "case_as_it_is"))

    results = close_and_activate(insurer, card)

    assert len(of_kind(results, IntegrityError)) == 1, results
