"""Messages as people type them on a phone, and as gateways bring them."""

import json
import random
import string
from datetime import date, timedelta
from typing import Any

from django.test import Client
from django.urls import reverse
from stdnum import luhn

from selfcard.cards.keywords import Deed, house_keywords
from selfcard.core.keys import key
from selfcard.core.signed_posts import signed_headers
from selfcard.sms.inbound import Arrived
from selfcard.sms.models import InboundMessage
from selfcard.sms.segments import cut, decoded, read_head
from tests.factories.cards import PrintedCard
from tests.factories.policies import a_person

PHONE, OTHER_PHONE = "+8613800138000", "+8613900139000"
_SLIPS = ("", "#", " ", "9", "王", "\x00", "\ud800", "٣")


def dressed(message: str, chance: random.Random) -> str:
    """The same message with other separators, in another width or case."""
    between = chance.choice(["#", "＃", "##", " # ", "，", "、", ", ", "\n"])
    text = message.replace("#", between)
    if chance.random() < 0.3:
        text = "".join(chr(ord(s) + 0xFEE0) if s in string.digits else s for s in text)
    return chance.choice(["", " ", "\n"]) + text + chance.choice(["", "#", " ", "。"])


def typed_messages(count: int, chance: random.Random) -> list[str]:
    """Messages as people type them: right ones, dressed ones, and ones with slips."""
    made = []
    for _ in range(count):
        serial = f"{chance.randrange(10**15):015d}"
        deed = chance.choice([Deed.ACTIVATE, Deed.ACTIVATE, Deed.STATUS])
        word = chance.choice([one.word for one in house_keywords() if one.deed == deed])
        parts = [word, serial + luhn.calc_check_digit(serial), f"{chance.randrange(10**12):012d}"]
        if deed == Deed.ACTIVATE:
            parts += [
                chance.choice(["王芳", "Mary Jane", "买买提·艾合"]),
                f"{chance.randrange(10**18):018d}",
            ]
            day = date(2026, 1, 1) + timedelta(days=chance.randrange(900))
            parts += chance.sample([day.isoformat(), "ACC-STD", "教师"], chance.randrange(3))
        text = dressed("#".join(parts), chance)
        for _ in range(chance.choice([0, 0, 0, 1, 3])):
            at = chance.randrange(len(text))
            text = text[:at] + chance.choice(_SLIPS) + text[at + 1 :]
        made.append(text)
    return made


def arrived(text: str, **given: Any) -> Arrived:
    """A message as a gateway brings it."""
    return Arrived(**{"gateway": "smpp", "sender": PHONE, "text": text, **given})


def activation_by(card: PrintedCard, *, more: str = "学生", language: str = "zh-hans") -> str:
    """What 王芳 types to activate a card."""
    word = "激活" if language == "zh-hans" else "ACT"
    identity = a_person().identity_number
    parts = [word, card.card_number, card.pin, "王芳", identity, *([more] if more else [])]
    return "#".join(parts)


def in_parts(text: str, *, reference: int, **given: Any) -> list[Arrived]:
    """A long message in the parts in which it travels."""
    made = []
    for one in cut(text, reference):
        place, content = read_head(one.head + one.content)
        made.append(arrived(decoded(content, one.alphabet), place=place, **given))
    return made


def replies_to(message: InboundMessage | None) -> str:
    """The words of the one reply to a message."""
    assert message is not None
    assert message.reply is not None
    return message.reply.words or ""


def post(client: Client, said: Any, **changed: str) -> Any:
    """A signed post of the gateway, with headers changed where a test says so."""
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    headers = signed_headers(key("sms-gateway"), body) | changed
    return client.post(
        reverse("sms_gateway"), body, content_type="application/json", headers=headers
    )


def as_posted(text: Any, **given: Any) -> dict[str, Any]:
    return {"id": "m-1", "from": PHONE, "text": text, **given}
