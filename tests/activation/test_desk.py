"""Activating for a customer: the same gate and the same rules, and nothing without their code."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection

from selfcard.activation.commands import (
    activate_card,
    ask_consent,
    chase_case,
    close_case,
    confirm_consent,
    put_case_down,
    speak_in,
)
from selfcard.activation.errors import (
    CardActivatedAlready,
    CaseInOtherHands,
    CaseOpenAlready,
    CaseOver,
    CustomerNotAsked,
    DraftOfAnotherDevice,
    PinNotShown,
    PremiumNotArrived,
    SourceMustWait,
)
from selfcard.activation.models import DeskCase, Draft, SourceCounter
from selfcard.activation.queries import (
    answers_of,
    card_at_hand,
    cases_in_reach,
    consent_of,
    proof_in_hand,
    why_not_ready,
)
from selfcard.activation.verify import violations
from selfcard.core import clock
from selfcard.core.models import AuditEvent
from selfcard.core.refusals import ReasonMissing
from selfcard.core.serials import card_number
from selfcard.core.work import run_waiting_jobs
from selfcard.messaging.gateways.telephone import received_by
from selfcard.messaging.models import Message
from selfcard.organisations.errors import NotAuthorised
from selfcard.organisations.models import Staff
from selfcard.policies.application import ConsentKind
from selfcard.policies.errors import PhoneTakesNoMessages
from selfcard.policies.models import Policy
from tests.factories.activation import (
    agreed,
    digits_on,
    holder,
    paid_cards,
    product_of,
    sell,
    wrong_pin,
)
from tests.factories.activation import open_card as open_on_the_portal
from tests.factories.cards import PrintedCard
from tests.factories.custody import cards_at_institution
from tests.factories.desk import (
    CALLER,
    a_case,
    activate_at_desk,
    agree,
    an_agreed_case,
    an_operator,
    answer,
    at_desk,
    reached,
    say_pin,
)
from tests.factories.messaging import demonstration
from tests.factories.organisations import Insurer
from tests.factories.postgresql import refused_by_postgresql

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def telephones(settings: Any, tmp_path: Path) -> None:
    demonstration(settings, tmp_path)


@pytest.fixture
def operator(insurer: Insurer) -> Staff:
    return an_operator(insurer)


@pytest.fixture
def card(insurer: Insurer) -> PrintedCard:
    return paid_cards(insurer)[0]


def deed(operator: Staff) -> dict[str, Any]:
    return {"actor": at_desk(operator), "request_id": uuid4()}


def begun(operator: Staff, card: PrintedCard, **given: Any) -> tuple[DeskCase, Any]:
    case = a_case(operator, card, **given)
    proof = say_pin(case, operator, card)
    assert proof is not None
    return case, proof


# The gate


def test_the_pin_goes_through_the_same_gate_with_the_operator_as_its_source(
    operator: Staff, card: PrintedCard
) -> None:
    case = a_case(operator, card)

    assert say_pin(case, operator, card, wrong_pin(card)) is None
    assert proof_in_hand(case, at_desk(operator)) is None
    assert SourceCounter.objects.get(source="staff D01").failures == 1

    assert say_pin(case, operator, card)
    assert proof_in_hand(case, at_desk(operator))
    assert SourceCounter.objects.get(source="staff D01").failures == 1


def test_an_operator_who_has_many_wrong_pins_waits_and_another_does_not(
    insurer: Insurer, operator: Staff, card: PrintedCard
) -> None:
    case = a_case(operator, card)
    for _ in range(settings.GATE_FREE_TRIES):
        say_pin(case, operator, card, wrong_pin(card, selector_right=False))

    with pytest.raises(SourceMustWait):
        say_pin(case, operator, card)
    assert say_pin(case, an_operator(insurer, "D02"), card)


def test_a_number_that_no_card_bears_begins_a_case_like_any_other(
    operator: Staff, card: PrintedCard
) -> None:
    unknown = PrintedCard(card.serial + 500, card_number(card.serial + 500), card.pin)

    case = a_case(operator, unknown)

    assert say_pin(case, operator, unknown) is None
    assert AuditEvent.objects.filter(event="gate.refused").count() == 1


def test_a_card_that_is_unpaid_is_told_after_its_pin_and_its_case_waits(
    insurer: Insurer, operator: Staff
) -> None:
    _, cards = cards_at_institution(insurer, 2)
    sell(insurer, cards)
    case, proof = begun(operator, cards[0])

    assert isinstance(why_not_ready(card_at_hand(proof.serial)), PremiumNotArrived)
    assert DeskCase.objects.get(pk=case.pk).state == DeskCase.State.OPEN


# Who has a case


def test_a_case_is_begun_by_those_who_activate_for_customers_and_seen_where_they_may(
    insurer: Insurer, operator: Staff, card: PrintedCard
) -> None:
    with pytest.raises(NotAuthorised):
        a_case(insurer.keeper, card)

    case = a_case(operator, card)

    here = an_operator(insurer, "D02", insurer.institution)
    assert list(cases_in_reach(at_desk(operator))) == [case]
    assert list(cases_in_reach(at_desk(here))) == []
    assert list(cases_in_reach(at_desk(insurer.keeper))) == []
    with pytest.raises(NotAuthorised):
        close_case(case=case, reason="not mine", **deed(here))


def test_a_second_case_for_the_card_leads_to_the_first(operator: Staff, card: PrintedCard) -> None:
    case = a_case(operator, card)

    with pytest.raises(CaseOpenAlready) as refused:
        a_case(operator, card)

    assert refused.value.help is not None
    assert refused.value.help.args == {"number": case.number}


def test_whoever_calls_again_says_the_pin_again_and_goes_on_where_they_stopped(
    insurer: Insurer, operator: Staff, card: PrintedCard
) -> None:
    case, proof = begun(operator, card)
    answer(case, proof, operator)
    put_case_down(case=case, **deed(operator))
    case.refresh_from_db()

    assert proof_in_hand(case, at_desk(operator)) is None
    with pytest.raises(PinNotShown):
        answer(case, proof, operator)

    other = an_operator(insurer, "D02")
    again = say_pin(case, other, card)
    assert again is not None
    assert (case.operator, case.step) == (other, "contact")
    assert answers_of(card.serial, str(case.device)) == {"paid": {"who": "law"}}


def test_whoever_has_lost_a_case_to_another_keeps_nothing_in_it(
    insurer: Insurer, operator: Staff, card: PrintedCard
) -> None:
    case, proof = begun(operator, card)
    say_pin(case, an_operator(insurer, "D02"), card)

    with pytest.raises(CaseInOtherHands):
        answer(case, proof, operator)


def test_the_visit_of_a_case_is_over_after_half_an_hour(operator: Staff, card: PrintedCard) -> None:
    case, _ = begun(operator, card)

    with clock.frozen(clock.now() + settings.PROOF_IDLE + timedelta(seconds=1)):
        assert proof_in_hand(case, at_desk(operator)) is None


def test_what_a_customer_answers_is_seen_by_no_other_device_and_the_other_way_round(
    operator: Staff, card: PrintedCard
) -> None:
    case, proof = begun(operator, card)
    answer(case, proof, operator)

    assert answers_of(card.serial, "some device") == {}
    assert card.pin not in Draft.objects.get().answers
    Draft.objects.update(device=b"of another device"[:16])
    with pytest.raises(DraftOfAnotherDevice):
        answer(case, proof, operator)


def test_a_customer_is_spoken_to_in_another_language_from_then_on(
    operator: Staff, card: PrintedCard
) -> None:
    case, proof = begun(operator, card)

    speak_in(case=case, language="zh-hans", **deed(operator))

    case.refresh_from_db()
    assert case.language == "zh-hans"
    agree(case, proof, operator, card, reached())
    assert "同意" in received_by(CALLER)[0].words


# Agreeing


def test_a_customer_agrees_by_a_code_and_the_evidence_says_how(
    operator: Staff, card: PrintedCard
) -> None:
    case, proof = an_agreed_case(operator, card)

    policy = activate_at_desk(case, proof, operator, card)

    assert (policy.channel, policy.name) == ("desk", "王芳")
    evidence = Policy.objects.get(pk=policy.pk).evidence
    assert (evidence["case"], evidence["way"]) == (case.number, "phone")
    assert (evidence["operator"], evidence["language"]) == ("D01", "en")
    consent = evidence["consent"]
    assert (consent["purpose"], consent["phone"]) == ("consent", CALLER)
    assert set(consent["texts"]) == {"terms", "privacy"}
    assert consent["read_out"] == {"terms": "1", "privacy": "1"}
    assert consent["asked_at"] <= consent["agreed_at"]
    case.refresh_from_db()
    assert (case.state, case.policy_number, case.proof) == ("done", policy.number, None)
    assert list(violations()) == []


def test_the_code_says_what_is_agreed_to_in_the_customers_language(
    operator: Staff, card: PrintedCard
) -> None:
    case, proof = begun(operator, card)
    agree(case, proof, operator, card, reached())

    message = Message.objects.filter(occasion__startswith="code_").get()
    assert (message.reason_kind, message.reason_number) == ("case", case.number)
    assert message.words is None
    words = received_by(CALLER)[0].words
    assert "only if you agree to the terms of" in words
    assert card.card_number[-4:] in words
    assert card.card_number not in words


@pytest.mark.parametrize("how", ["nothing asked", "another phone", "no code shown", "no case"])
def test_staff_activate_nothing_without_a_customer_who_agreed(
    operator: Staff, card: PrintedCard, how: str
) -> None:
    case, proof = begun(operator, card)
    application = reached()
    if how == "another phone":
        agree(case, proof, operator, card, application)
        contact = replace(application.contact, phone="+8613900139000")
        application = replace(application, contact=contact)
    if how == "no code shown":
        with pytest.raises(CustomerNotAsked):
            confirm(case, proof, operator, "000000")

    with pytest.raises(CustomerNotAsked):
        activate_at_desk(None if how == "no case" else case, proof, operator, card, application)
    assert not Policy.objects.exists()


def confirm(case: DeskCase, proof: Any, operator: Staff, digits: str) -> DeskCase | None:
    return confirm_consent(
        case=case, proof=proof, digits=digits, page="declarations", step="check", **deed(operator)
    )


def ask_only(
    case: DeskCase, proof: Any, operator: Staff, card: PrintedCard, phone: str = CALLER
) -> None:
    ask_consent(
        case=case,
        proof=proof,
        version=product_of(card),
        kinds=(ConsentKind.TERMS, ConsentKind.PRIVACY),
        phone=phone,
        read_out=("terms", "privacy"),
        **deed(operator),
    )
    run_waiting_jobs()
    case.refresh_from_db()


def test_a_wrong_code_is_no_consent_and_a_later_code_makes_the_first_void(
    operator: Staff, card: PrintedCard
) -> None:
    case, proof = begun(operator, card)
    ask_only(case, proof, operator, card)
    first = digits_on(CALLER)
    ask_only(case, proof, operator, card)
    second = digits_on(CALLER)

    wrong = f"{(int(second) + 1) % 1_000_000:06d}"
    assert confirm(case, proof, operator, wrong) is None
    assert first == second or confirm(case, proof, operator, first) is None
    assert "agreed_at" not in consent_of(DeskCase.objects.get(pk=case.pk))
    assert confirm(case, proof, operator, second) is not None


def test_a_code_goes_to_no_landline(operator: Staff, card: PrintedCard) -> None:
    case, proof = begun(operator, card)

    with pytest.raises(PhoneTakesNoMessages):
        ask_only(case, proof, operator, card, phone="0571-88888888")


def test_a_holder_has_no_case_and_needs_none(operator: Staff, card: PrintedCard) -> None:
    version = product_of(card)

    policy = activate_card(
        proof=open_on_the_portal(card),
        version=version,
        application=agreed(reached(), version),
        actor=holder(),
        request_id=uuid4(),
    )

    assert "case" not in policy.evidence


def test_the_desk_is_told_when_the_card_became_a_policy_on_the_portal(
    operator: Staff, card: PrintedCard
) -> None:
    case, proof = an_agreed_case(operator, card)
    version = product_of(card)
    activate_card(
        proof=open_on_the_portal(card),
        version=version,
        application=agreed(reached(), version),
        actor=holder(),
        request_id=uuid4(),
    )

    with pytest.raises(CardActivatedAlready):
        activate_at_desk(case, proof, operator, card)


# Chasing and closing


def test_an_unfinished_case_is_chased_and_closed_with_a_reason(
    operator: Staff, card: PrintedCard
) -> None:
    case, _ = begun(operator, card)
    with pytest.raises(ReasonMissing):
        close_case(case=case, reason=" ", **deed(operator))
    with pytest.raises(ReasonMissing):
        chase_case(case=case, outcome="", **deed(operator))

    chased = chase_case(case=case, outcome="nobody answered", **deed(operator))
    assert chased.chased_at is not None
    closed = close_case(case=case, reason="does not want it", **deed(operator))

    assert (closed.state, closed.reason, closed.proof) == ("closed", "does not want it", None)
    with pytest.raises(CaseOver):
        chase_case(case=case, outcome="once more", **deed(operator))
    assert a_case(operator, card).number != case.number


def test_no_pin_is_in_anything_that_a_case_keeps(operator: Staff, card: PrintedCard) -> None:
    case, proof = an_agreed_case(operator, card)
    answer(case, proof, operator)
    activate_at_desk(case, proof, operator, card)

    kept = [str(vars(one)) for one in (*DeskCase.objects.all(), *AuditEvent.objects.all())]
    assert kept
    assert not [one for one in kept if card.pin in one]


# What PostgreSQL keeps


def test_postgresql_keeps_what_a_case_promises(operator: Staff, card: PrintedCard) -> None:
    case = a_case(operator, card)
    rows = DeskCase.objects.filter(pk=case.pk)
    with refused_by_postgresql("a_card_has_one_open_case_at_a_place"):
        copy = DeskCase.objects.get(pk=case.pk)
        copy.pk, copy.number = None, "D-2026-9999999"
        copy.save()
    with refused_by_postgresql("a_case_is_over_exactly_when_it_has_the_moment"):
        rows.update(ended_at=clock.now())
    with refused_by_postgresql("a_case_is_done_when_it_became_a_policy_with_consent"):
        rows.update(state="done", policy_number="P1", ended_at=clock.now())
    with refused_by_postgresql("a_case_is_closed_with_a_reason"):
        rows.update(state="closed", ended_at=clock.now())
    with refused_by_postgresql("a_case_keeps_what_it_is_for"):
        rows.update(serial=card.serial + 1)
    with refused_by_postgresql("a_case_is_kept"):
        rows.delete()
    with refused_by_postgresql("case_is_never_emptied"), connection.cursor() as cursor:
        cursor.execute("TRUNCATE activation_deskcase CASCADE")
    close_case(case=case, reason="wrong number", **deed(operator))
    with refused_by_postgresql("a_case_that_is_over_stays"):
        rows.update(language="zh-hans")
