"""What the applicant of a policy is told: enough to find it again, and nothing that opens it."""

from dataclasses import replace
from typing import Any

import pytest
from django.utils import translation

from selfcard.messaging.models import Message
from selfcard.policies.application import ContactGiven
from selfcard.policies.models import Policy
from tests.factories.activation import activate, cancel, paid_cards
from tests.factories.organisations import Insurer
from tests.factories.policies import an_application, endorsed, reached_by_code

pytestmark = pytest.mark.django_db
ELSEWHERE = ContactGiven(phone="+8613900139000", region="110101", address="王府井大街1号")


def told_of(occasion: str) -> list[Message]:
    return list(Message.objects.filter(occasion=occasion).order_by("pk"))


@pytest.fixture
def card(insurer: Insurer) -> Any:
    return paid_cards(insurer)[0]


def test_whoever_activates_is_told_by_phone_and_email(card: Any, insurer: Insurer) -> None:
    policy = activate(card)

    sms, email = told_of("policy_issued")
    assert (sms.channel, sms.recipient) == ("sms", policy.phone)
    assert (email.channel, email.recipient, email.words) == ("email", policy.email, sms.words)
    assert (sms.reason_kind, sms.reason_number) == ("policy", policy.number)
    assert sms.organisation == insurer.institution
    words = str(sms.words)
    assert words.startswith("【灯塔保险】")
    for told in (policy.number, policy.product_version.name_zh, "http://127.0.0.1"):
        assert told in words


def test_in_the_language_in_which_they_activated(card: Any, insurer: Insurer) -> None:
    with translation.override("en"):
        policy = activate(card)
    assert policy.evidence["language"] == "en"

    policy = Policy.objects.get(pk=policy.pk)
    cancel(insurer, policy)

    for occasion in ("policy_issued", "policy_cancelled"):
        sms, email = told_of(occasion)
        assert str(sms.words).startswith("Lantern Insurance: ")
        assert (sms.language, str(email.subject)[:17]) == ("en", "Lantern Insurance")


def test_without_an_email_there_is_one_message(card: Any) -> None:
    application = an_application()
    contact = replace(application.contact, email="")
    activate(card, replace(application, contact=contact))

    (sms,) = told_of("policy_issued")
    assert sms.channel == "sms"


def test_the_former_phone_is_told_that_contact_data_were_changed(card: Any) -> None:
    policy = activate(card)
    former = policy.phone

    reached_by_code(policy, ELSEWHERE)

    (sms,) = told_of("contact_changed")
    assert (sms.channel, sms.recipient) == ("sms", former)
    assert ELSEWHERE.phone not in str(sms.words)


def test_no_message_says_who_somebody_is_or_how_the_card_is_opened(
    card: Any, insurer: Insurer
) -> None:
    policy = activate(card)
    reached_by_code(Policy.objects.get(pk=policy.pk), ELSEWHERE)
    cancel(insurer, Policy.objects.get(pk=policy.pk))

    said = " ".join(f"{one.subject} {one.words}" for one in Message.objects.all())
    for secret in (
        card.pin, card.card_number, policy.name, policy.identity_number, policy.phone,
        policy.email, policy.address, ELSEWHERE.phone,
    ):  # fmt: skip
        assert secret not in said


def test_whoever_is_corrected_is_told_that_their_paper_is_replaced(
    card: Any, insurer: Insurer
) -> None:
    policy = endorsed(insurer, activate(card))

    sms, _ = told_of("policy_endorsed")
    for told in (policy.number, "2", "400"):
        assert told in str(sms.words)
    assert policy.name not in str(sms.words)
