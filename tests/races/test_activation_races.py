"""Activation and the gate under threads that come at the same moment, each with its control."""

import threading
import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import IntegrityError, OperationalError, transaction

from selfcard.activation import gate
from selfcard.activation.commands import activate_card, save_draft
from selfcard.activation.commands import activating as commands
from selfcard.activation.errors import CardActivatedAlready, RulesBroken
from selfcard.activation.models import Draft, PinProof
from selfcard.activation.queries import answers_in, answers_of
from selfcard.activation.verify import violations
from selfcard.core import clock
from selfcard.core.locks import LockSpace, lock
from selfcard.custody.commands import onward
from selfcard.custody.locks import lock_custody
from selfcard.custody.models import ActivatedCard
from selfcard.custody.verify import violations as verify_custody
from selfcard.policies.commands import issuing
from selfcard.policies.models import Policy
from selfcard.products.people import Relationship
from selfcard.sales.models import Sale
from tests.factories.activation import (
    activate,
    agreed,
    holder,
    open_card,
    paid_cards,
    product_of,
    sell,
)
from tests.factories.cards import PrintedCard, a_document_type
from tests.factories.custody import cards_at_institution
from tests.factories.organisations import an_insurer
from tests.factories.policies import a_person, an_application, an_insured
from tests.factories.products import a_published_version, some_rules
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cards() -> list[PrintedCard]:
    return paid_cards(an_insurer(), 3)


@pytest.fixture
def slow_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time passes between checking a card and issuing its policy, as it may on a busy day."""
    checked = commands.broken_by

    def slowly(*given: Any) -> Any:
        found = checked(*given)
        time.sleep(0.2)
        return found

    monkeypatch.setattr(commands, "broken_by", slowly)


@pytest.fixture
def both_have_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody goes on before two have checked: what only a lock that is off lets happen."""
    checked = issuing.live_policy_for
    two = threading.Barrier(2)

    def together(*given: Any) -> Any:
        found = checked(*given)
        two.wait(20)
        return found

    monkeypatch.setattr(issuing, "live_policy_for", together)


def only_batches_locked(serial: int, application: Any) -> None:
    """What the lock of card and people is replaced by in a control."""
    lock(LockSpace.BATCH, 1, shared=True)


def for_somebody(order: int) -> Any:
    person = a_person(order=order)
    return an_application(an_insured(person), applicant=person)


def two_holders_activate(card: PrintedCard) -> list[Any]:
    """Two browsers have opened one card, and press the button at the same moment."""
    proofs = [open_card(card, f"net 10.0.{place}.0/24") for place in range(2)]
    return at_once(
        *[
            lambda proof=proof, order=order: activate(card, for_somebody(order), proof=proof)
            for order, proof in enumerate(proofs, 1)
        ]
    )


def test_two_holders_who_activate_one_card_make_one_policy(cards, slow_checks) -> None:
    results = two_holders_activate(cards[0])

    assert {type(result) for result in results} == {Policy, CardActivatedAlready}
    assert Policy.objects.count() == 1
    assert ActivatedCard.objects.count() == 1
    assert list(violations()) == []


def test_without_the_cards_lock_the_second_one_is_not_told_but_crashes(
    cards, both_have_checked, monkeypatch
) -> None:
    monkeypatch.setattr(commands, "_lock_for_activation", only_batches_locked)

    results = two_holders_activate(cards[0])

    # PostgreSQL keeps the promise alone, but nobody has a kind answer.
    assert {type(result) for result in results} == {Policy, IntegrityError}


def test_a_submission_repeated_at_the_same_moment_is_one_policy(cards, slow_checks) -> None:
    proof, request_id = open_card(cards[0]), uuid4()
    application = agreed(an_application(), product_of(cards[0]))

    def submit() -> Policy:
        return activate_card(
            proof=proof,
            version=product_of(cards[0]),
            application=application,
            actor=holder(),
            request_id=request_id,
        )

    results = at_once(*[submit for _ in range(4)])

    assert results == [Policy.objects.get()] * 4


def one_person_on_two_cards(cards: list[PrintedCard], application: Any) -> list[Any]:
    proofs = [open_card(card) for card in cards[:2]]
    return at_once(
        *[
            lambda card=card, proof=proof: activate(card, application, proof=proof)
            for card, proof in zip(cards, proofs, strict=False)
        ]
    )


def test_the_limit_per_person_holds_when_two_cards_are_activated_at_once(
    cards, slow_checks
) -> None:
    results = one_person_on_two_cards(cards, an_application())

    assert {type(result) for result in results} == {Policy, RulesBroken}
    assert Policy.objects.count() == 1


def test_without_the_persons_lock_somebody_gets_one_policy_too_many(
    cards, both_have_checked, monkeypatch
) -> None:
    monkeypatch.setattr(commands, "_lock_for_activation", only_batches_locked)

    results = one_person_on_two_cards(cards, an_application())

    assert {type(result) for result in results} == {Policy}
    assert Policy.objects.count() == 2


def test_the_cap_on_a_childs_death_holds_when_two_cards_are_activated_at_once(
    slow_checks,
) -> None:
    insurer = an_insurer()
    several = a_published_version(insurer, rules=some_rules(policies_per_insured=9))
    cards = paid_cards(insurer, 3, a_document_type(insurer, "AC-9", "620120", several))
    child = a_person(name="小宝", birth_date=clock.today() - timedelta(days=5 * 365))
    mother = a_person()
    application = an_application(an_insured(child, Relationship.CHILD, "0101001"), applicant=mother)
    activate(cards[2], application)  # 100,000 of the 200,000 that a child under ten may have

    results = one_person_on_two_cards(cards, application)

    assert {type(result) for result in results} == {Policy, RulesBroken}


def test_no_number_of_tries_at_once_gets_past_the_cap() -> None:
    def charged(place: int) -> bool:
        with transaction.atomic():
            seen = gate.charge(
                source=f"net 10.2.{place}.0/24",
                target={"card 1": settings.GATE_TARGET_CAP},
                counts=True,
                now=clock.now(),
            )
            time.sleep(0.05)  # the secret would be compared now
            return seen.compared

    results = at_once(
        *[lambda place=place: charged(place) for place in range(settings.GATE_TARGET_CAP + 5)]
    )

    assert sorted(results) == [False] * 5 + [True] * settings.GATE_TARGET_CAP


def test_tries_at_once_from_one_source_wait_like_tries_one_after_the_other() -> None:
    def charged(place: int) -> bool:
        with transaction.atomic():
            return gate.charge(
                source="net 10.2.0.0/24", target={f"card {place}": 10}, counts=True, now=clock.now()
            ).admitted

    results = at_once(
        *[lambda place=place: charged(place) for place in range(settings.GATE_FREE_TRIES + 5)]
    )

    assert sorted(results) == [False] * 5 + [True] * settings.GATE_FREE_TRIES


@pytest.fixture
def slow_saving(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time passes between reading what a draft has and writing it back."""

    def slowly(draft: Draft | None) -> Any:
        time.sleep(0.3)
        return answers_in(draft)

    monkeypatch.setattr(commands, "answers_in", slowly)


def save(proof: PinProof, page: str) -> Any:
    save_draft(
        proof=proof,
        device="phone",
        page=page,
        answers={"on": page},
        actor=holder(),
        request_id=uuid4(),
    )


def two_windows_save(card: PrintedCard) -> list[Any]:
    windows = [open_card(card), open_card(card)]
    return at_once(
        lambda: save(windows[0], "product"),
        lambda: save(windows[1], "starts"),
    )


def test_the_first_pages_of_two_windows_are_both_kept(cards, slow_saving) -> None:
    assert two_windows_save(cards[0]) == [None, None]

    assert set(answers_of(cards[0].serial, "phone")) == {"product", "starts"}


def test_without_the_cards_lock_one_windows_page_is_lost(cards, slow_saving, monkeypatch) -> None:
    monkeypatch.setattr(commands, "lock_opened_card", lambda serial: None)

    two_windows_save(cards[0])

    assert len(answers_of(cards[0].serial, "phone")) == 1


def saved_while_another_window_activates(card: PrintedCard) -> list[Any]:
    proof = open_card(card)
    save(proof, "product")

    def a_moment_later() -> Policy:
        time.sleep(0.1)
        return activate(card, proof=proof)

    return at_once(lambda: save(proof, "contact"), a_moment_later)


def test_a_page_saved_at_the_moment_of_activation_leaves_no_draft_behind(
    cards, slow_saving
) -> None:
    results = saved_while_another_window_activates(cards[0])

    assert type(results[1]) is Policy
    assert not Draft.objects.exists()


def test_without_the_cards_lock_a_draft_lies_beside_the_policy(
    cards, slow_saving, monkeypatch
) -> None:
    monkeypatch.setattr(commands, "lock_opened_card", lambda serial: None)

    results = saved_while_another_window_activates(cards[0])

    # The control: a draft stays behind, or the two lock each other out and one of them breaks.
    broken = [result for result in results if isinstance(result, OperationalError)]
    assert broken or (type(results[1]) is Policy and Draft.objects.exists())


def sold_while_its_pin_is_shown(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """A card's PIN is shown at the gate after the sale has looked at the card."""
    insurer = an_insurer()
    _, cards = cards_at_institution(insurer, 3)
    looked = threading.Event()
    judged = onward.refuse_unusable

    def slowly(*given: Any) -> None:
        judged(*given)
        looked.set()
        time.sleep(0.5)

    def pin_is_shown() -> Any:
        looked.wait(10)
        return open_card(cards[0])

    monkeypatch.setattr(onward, "refuse_unusable", slowly)
    return at_once(lambda: sell(insurer, cards), pin_is_shown)


def test_a_card_whose_pin_is_shown_during_its_sale_is_sold_before(monkeypatch) -> None:
    results = sold_while_its_pin_is_shown(monkeypatch)

    assert [type(result) for result in results] == [Sale, PinProof]
    assert list(verify_custody()) == []


def test_without_the_batchs_lock_the_sale_is_refused_without_a_reason(monkeypatch) -> None:
    def only_movements_lock(runs: Any, *, shared: bool = False) -> None:
        if not shared:
            lock_custody(runs)

    monkeypatch.setattr(onward, "lock_custody", only_movements_lock)

    results = sold_while_its_pin_is_shown(monkeypatch)

    assert [type(result) for result in results] == [IntegrityError, PinProof]
