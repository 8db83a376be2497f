"""Messages that come by both gateways at once, to whatever number, and what is left of them."""

import random
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from selfcard.messaging.models import Message
from selfcard.policies.models import Policy
from selfcard.sms import inbound
from selfcard.sms.models import InboundMessage, Part, Submission
from selfcard.sms.segments import cut
from tests.factories.activation import paid_cards, wrong_pin
from tests.factories.cards import PrintedCard
from tests.factories.organisations import an_insurer
from tests.factories.policies import a_person
from tests.factories.sms import PHONE, activation_by, as_posted, in_parts, post
from tests.sms.centre import NUMBER, Centre, deliver, line_to, until
from tests.web.test_canaries import found_in, listening, whole_database

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def card(settings: Any) -> PrintedCard:
    settings.SMS_NUMBER, settings.SMS_GATEWAY = NUMBER, "http"
    return paid_cards(an_insurer(), 1)[0]


def test_each_message_that_comes_one_to_ten_times_by_both_gateways_has_one_effect_and_one_reply(
    centre: Centre, card: PrintedCard, client: Client
) -> None:
    chance = random.Random(20260724)
    texts = [
        activation_by(card) + "#" + " " * 60,
        f"STATUS#{card.card_number}#{card.pin}",
        "HELP",
    ]
    deliveries = [
        (place, text, gateway)
        for place, text in enumerate(texts)
        for gateway in ("smpp", "http")
        for _ in range(chance.randint(1, 10))
    ]
    chance.shuffle(deliveries)

    with line_to(centre):
        centre.next("bound")
        awaited: list[str] = []
        for place, text, gateway in deliveries:
            if gateway == "smpp":
                awaited += deliver(centre, text, reference=place)
                continue
            said = as_posted(text, id=f"m-{place}-{chance.randrange(3)}")
            assert post(client, said).status_code == 200
        assert {centre.next("acknowledged")["status"] for _ in awaited} == {0}
        until(lambda: not Message.objects.exclude(state="sent").exists())
        until(lambda: not Submission.objects.exclude(state="arrived").exists())
        assert centre.nothing("submitted", 1.5)

    assert Policy.objects.count() == 1
    assert InboundMessage.objects.count() == Message.objects.count() == len(texts)
    assert {one.state for one in InboundMessage.objects.all()} == {"answered"}
    parts = sum(len(cut(one.words or "", 0)) for one in Message.objects.all())
    assert Submission.objects.count() == parts


NAME = "金丝雀"


def typed_by_a_canary(card: PrintedCard) -> Iterator[str]:
    """Messages right and wrong, each with something that nobody may find again."""
    wrong, stranger = wrong_pin(card), wrong_pin(card, selector_right=False)
    identity = a_person(name=NAME, order=77).identity_number
    yield f"STATUS#{card.card_number}#{wrong}"
    yield f"查询＃{card.card_number}＃{stranger}"
    yield f"ACT#{stranger}#{card.card_number}#{identity}"
    yield f"my card {card.card_number} and {card.pin}"
    yield f"激活#{card.card_number}#{card.pin}#{NAME}#{identity}#学生#{' ' * 60}"


def canaries(card: PrintedCard) -> dict[str, str]:
    """What nobody may find, plainly or as it travels in UCS-2."""
    kept = {
        "the PIN": card.pin,
        "a wrong PIN": wrong_pin(card),
        "a stranger's PIN": wrong_pin(card, selector_right=False),
        "the name": NAME,
        "the identity number": a_person(name=NAME, order=77).identity_number,
        "the phone": PHONE[3:],
    }
    travelling = {
        f"{what}, travelling": said.encode("utf-16-be").hex() for what, said in kept.items()
    }
    return kept | travelling


def test_no_pin_and_nobody_is_left_in_rows_jobs_logs_traces_and_what_was_never_finished(
    centre: Centre, card: PrintedCard, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: Any, **__: Any) -> Any:
        raise RuntimeError("it broke")

    centre.tell(receipts=False)
    messages = list(typed_by_a_canary(card))
    with listening() as heard, line_to(centre):
        centre.next("bound")
        with monkeypatch.context() as broken:
            broken.setattr(inbound, "activate_card", crash)
            # Nobody brings these again.
            for _ in deliver(centre, messages[-1] + "#", reference=50):
                centre.next("acknowledged")
            client.raise_request_exception = False
            assert post(client, as_posted(messages[-1] + "##", id="crashed")).status_code == 500
        for place, text in enumerate(messages):
            for _ in deliver(centre, text, reference=place):
                assert centre.next("acknowledged")["status"] == 0
            post(client, as_posted(text, id=f"m-{place}"))
        # The second part of this one never comes.
        inbound.receive(in_parts(messages[-1], reference=99)[0])
        until(lambda: not Message.objects.exclude(state="sent").exists())

    assert Policy.objects.get().insured.get().name == NAME
    assert InboundMessage.objects.filter(state="received").count() == 2
    assert Part.objects.filter(reference=99).exists()
    wanted = canaries(card)
    assert found_in((text for _, text in whole_database()), wanted) == set()
    assert any("it broke" in line for line in heard.lines)
    assert found_in(iter(heard.lines), wanted) == set()
    assert found_in(iter(heard.statements), wanted) == set()


def test_the_search_sees_what_travels(card: PrintedCard) -> None:
    trace = activation_by(card).encode("utf-16-be").hex()

    assert found_in(iter([f">>{trace} (80 bytes)"]), canaries(card)) == {"the PIN, travelling"}
