"""SMS on pages: the telephone of the demonstration, going on on the portal, and signed posts."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as house
from django.test import Client
from django.urls import reverse

from selfcard.core.keys import key
from selfcard.core.signed_posts import MOMENT, NONCE, SIGNATURE, signature_of, signed_headers
from selfcard.messaging.models import Message
from selfcard.organisations.models import May
from selfcard.organisations.queries import head_office
from selfcard.policies.models import Policy
from selfcard.sms.inbound import receive
from selfcard.sms.models import InboundMessage, Part, Submission
from tests.factories.activation import paid_cards
from tests.factories.cards import PrintedCard
from tests.factories.messaging import demonstration
from tests.factories.organisations import Insurer, a_staff_member
from tests.factories.sms import (
    OTHER_PHONE,
    PHONE,
    activation_by,
    arrived,
    as_posted,
    in_parts,
    post,
    replies_to,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def card(insurer: Insurer, settings: Any, tmp_path: Path) -> PrintedCard:
    demonstration(settings, tmp_path)
    return paid_cards(insurer, 1)[0]


@pytest.fixture
def posting(settings: Any) -> None:
    settings.SMS_GATEWAY = "http"


# The telephone of the demonstration


def test_one_plays_the_phone_and_has_the_reply_at_once(client: Client, card: PrintedCard) -> None:
    typed = {"number": PHONE, "words": activation_by(card) + " " * 80, "send": "1"}

    page = client.post(reverse("portal:telephone"), typed).content.decode()

    assert Policy.objects.get().number in page
    assert card.pin not in page
    again = client.post(reverse("portal:telephone"), {"number": PHONE}).content.decode()
    assert again.count(Policy.objects.get().number) == 1


def test_an_empty_message_is_not_sent(client: Client, card: PrintedCard) -> None:
    page = client.post(reverse("portal:telephone"), {"number": PHONE, "send": "1"})

    assert page.status_code == 422
    assert not InboundMessage.objects.exists()


def staff_who(*mays: May, language: str = "en") -> Client:
    """Somebody of head office who is signed in and may do so much."""
    client = Client()
    staff = a_staff_member("9100", head_office(), *mays, language=language)
    client.force_login(staff, backend=house.AUTHENTICATION_BACKENDS[-1])
    return client


def test_staff_play_the_phone_in_the_office(card: PrintedCard) -> None:
    operator = staff_who(May.ACTIVATE_FOR_CUSTOMER)
    address = reverse("office:telephone:play")
    assert address in operator.get(reverse("office:desk:list")).content.decode()

    sent = {"number": PHONE[3:], "words": activation_by(card) + " " * 80, "send": "1"}
    page = operator.post(address, sent).content.decode()

    policy = Policy.objects.get()
    assert policy.number in page
    assert (policy.phone, policy.channel) == (PHONE, "sms")
    assert card.pin not in page
    assert policy.number in operator.post(address, {"number": PHONE}).content.decode()
    assert operator.post(address, {"number": PHONE, "send": "1"}).status_code == 422
    assert InboundMessage.objects.count() == 1


def test_who_talks_to_no_customer_and_reads_no_message_plays_no_phone(
    card: PrintedCard, settings: Any
) -> None:
    address = reverse("office:telephone:play")
    keeper = staff_who(May.ISSUE_CARDS)
    assert keeper.get(address).status_code == 403
    assert address not in keeper.get(reverse("office:home")).content.decode()


def test_there_is_no_phone_but_in_a_demonstration(card: PrintedCard, settings: Any) -> None:
    operator = staff_who(May.ACTIVATE_FOR_CUSTOMER)
    settings.DEMO_MESSAGES = False

    assert operator.get(reverse("office:telephone:play")).status_code == 404
    page = operator.get(reverse("office:desk:list")).content.decode()
    assert reverse("office:telephone:play") not in page


# Going on on the portal


def test_the_link_of_a_reply_leads_to_what_was_said_once_card_and_pin_are_shown(
    client: Client, card: PrintedCard
) -> None:
    said = receive(arrived(f"激活#{card.card_number}#{card.pin}#Mary Smith#E12345678#学生"))
    link = replies_to(said).rpartition(house.PUBLIC_ADDRESS)[2]
    insured = reverse("portal:insured", args=[1])

    answer = client.get(link)
    assert answer["Location"] == reverse("portal:start")
    assert "Mary Smith" not in client.get(insured, follow=True).content.decode()
    gate = {"card_number": card.card_number, "pin": card.pin, "request_id": form_id(client)}
    opened = client.post(reverse("portal:start"), gate)
    assert opened["Location"] == reverse("portal:card")
    page = client.get(insured).content.decode()
    assert "Mary Smith" in page
    assert "E12345678" in page


def form_id(client: Client) -> str:
    page = client.get(reverse("portal:start")).content.decode()
    return page.partition('name="request_id" value="')[2].partition('"')[0]


# Signed posts


def test_a_signed_post_activates_a_card(client: Client, card: PrintedCard, posting: None) -> None:
    answer = post(client, as_posted(activation_by(card)))

    assert (answer.status_code, answer.json()) == (200, {"state": "answered"})
    assert Policy.objects.get().phone == PHONE


def test_a_message_that_is_posted_again_gets_the_same_reply_and_nothing_else(
    client: Client, card: PrintedCard, posting: None
) -> None:
    for _ in range(3):
        assert post(client, as_posted(activation_by(card))).status_code == 200
    receive(arrived(activation_by(card), gateway="smpp"))

    assert InboundMessage.objects.count() == Message.objects.count() == Policy.objects.count() == 1


def test_a_post_is_taken_in_once(client: Client, card: PrintedCard, posting: None) -> None:
    body = json.dumps(as_posted("HELP")).encode()
    headers = signed_headers(key("sms-gateway"), body)

    assert post(client, body, **headers).status_code == 200
    assert post(client, body, **headers).status_code == 409


def test_a_post_is_signed_in_time_and_as_it_is(
    client: Client, card: PrintedCard, posting: None
) -> None:
    body = json.dumps(as_posted("HELP")).encode()
    late = str(int(time.time()) - 301)
    nonce = "a" * 24
    outdated = signature_of(key("sms-gateway"), late, nonce, body)
    for changed in (
        {SIGNATURE: ""},
        {SIGNATURE: "é"},
        {SIGNATURE: "0" * 64},
        {NONCE: "b" * 24},
        {NONCE: "short"},
        {MOMENT: str(int(time.time()) + 1)},
        {MOMENT: "now"},
        {MOMENT: late, NONCE: nonce, SIGNATURE: outdated},
    ):
        assert post(client, body, **changed).status_code == 401
    assert not InboundMessage.objects.exists()


def test_what_makes_no_sense_is_refused(client: Client, card: PrintedCard, posting: None) -> None:
    for said in (
        b"",
        b"[1]",
        b'"text"',
        {"id": "m"},
        as_posted("HELP", id=7),
        as_posted("HELP", id=""),
        as_posted(["HELP"]),
        as_posted("HELP\0"),
        as_posted("HELP", part={"reference": 1, "count": 2, "number": 3}),
        {"receipt": {"id": "1", "arrived": "yes"}},
    ):
        assert post(client, said).status_code == 422, said
    assert post(client, as_posted("x" * 300_000)).status_code == 413


def test_parts_are_posted_one_by_one(client: Client, card: PrintedCard, posting: None) -> None:
    parts = in_parts(activation_by(card) + "#" + " " * 60, reference=9)
    for place, one in enumerate(reversed(parts), 1):
        assert one.place is not None
        part = {
            "reference": one.place.reference,
            "count": one.place.count,
            "number": one.place.number,
        }
        answer = post(client, as_posted(one.text, id=f"p-{place}", part=part))
        expected = "answered" if place == len(parts) else "waiting_for_parts"
        assert answer.json()["state"] == expected

    assert Policy.objects.count() == 1
    assert not Part.objects.exists()


def test_a_receipt_is_kept_with_the_message(
    client: Client, card: PrintedCard, posting: None
) -> None:
    post(client, as_posted("HELP"))
    reply = Message.objects.get()

    for state in ("noted", "known"):
        told = {"receipt": {"id": str(reply.pk), "arrived": True}}
        assert post(client, told).json() == {"state": state}

    submission = Submission.objects.get()
    assert (submission.message, submission.state) == (reply, "arrived")


def test_there_is_no_such_gateway_where_none_is_set(client: Client, card: PrintedCard) -> None:
    assert post(client, as_posted("HELP", **{"from": OTHER_PHONE})).status_code == 404


# The office


def test_the_office_sees_the_reply_what_it_answers_and_whether_it_arrived(
    insurer: Insurer, card: PrintedCard
) -> None:
    said = receive(arrived(f"ACT#{card.card_number}#{card.pin}#王芳"))
    assert said is not None
    assert said.reply is not None
    Submission.objects.create(
        gateway="smpp", number="c-1", message=said.reply, state="arrived", told_at=said.came_at
    )
    client = staff_who(May.SEE_POLICIES, May.SEE_CARDS, language="zh-hans")

    rows = client.get(reverse("office:messaging:list")).content.decode()
    page = client.get(reverse("office:messaging:message", args=[said.reply.pk]))

    assert "短信回复" in rows
    shown = page.content.decode()
    assert page.status_code == 200
    assert "需要更正" in shown
    assert reverse("office:inquiry:card", args=[card.card_number]) in shown
    assert "王芳" not in shown
    assert "已送达手机" in shown
