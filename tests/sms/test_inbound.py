"""What comes of a message: one effect and one reply, however often and by whatever way it comes."""

import random
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as house
from django.db import connection

from selfcard.activation.models import Draft, GateAlarm, PinProof
from selfcard.core import clock
from selfcard.core.models import AuditEvent
from selfcard.messaging.models import Message
from selfcard.policies.models import Policy
from selfcard.products.occupations import occupations
from selfcard.sms import inbound
from selfcard.sms.commands import forget_parts
from selfcard.sms.inbound import receive
from selfcard.sms.models import InboundMessage, Part
from selfcard.sms.queries import index_of, source_of
from selfcard.sms.verify import violations
from tests.factories.activation import activate, lock_with_wrong_pins, paid_cards, sell, wrong_pin
from tests.factories.cards import PrintedCard, a_document_type
from tests.factories.custody import cards_at_institution
from tests.factories.messaging import SYSTEM
from tests.factories.organisations import Insurer
from tests.factories.policies import a_person, an_application, an_identity_number
from tests.factories.postgresql import triggers_at_rest
from tests.factories.products import a_product, a_published_version
from tests.factories.sms import OTHER_PHONE, PHONE, activation_by, arrived, in_parts, replies_to

pytestmark = pytest.mark.django_db


@pytest.fixture
def card(insurer: Insurer) -> PrintedCard:
    return paid_cards(insurer, 1)[0]


def test_a_message_activates_a_card_and_is_answered_with_the_policy(card: PrintedCard) -> None:
    message = receive(arrived(activation_by(card)))

    policy = Policy.objects.get()
    assert message is not None
    assert (message.state, message.outcome) == ("answered", "activated")
    assert (policy.phone, policy.channel, policy.name) == (PHONE, "sms", "王芳")
    assert policy.evidence["language"] == "zh-hans"
    assert [one["kind"] for one in policy.consents] == ["terms", "privacy"]
    (reply,) = Message.objects.all()
    assert message.reply == reply
    assert (reply.recipient, reply.channel) == (PHONE, "sms")
    assert policy.number in (reply.words or "")


def test_the_reply_is_in_the_language_of_the_keyword(card: PrintedCard) -> None:
    chinese = receive(arrived(f"查询#{card.card_number}#{card.pin}"))
    english = receive(arrived(f"STATUS#{card.card_number}#{card.pin}"))

    assert "该卡尚未激活" in replies_to(chinese)
    assert "can be activated up to" in replies_to(english)


@pytest.mark.parametrize("gateways", [("smpp",), ("smpp", "http")])
def test_a_message_that_comes_one_to_ten_times_activates_once_and_is_answered_once(
    card: PrintedCard, gateways: tuple[str, ...]
) -> None:
    chance = random.Random(7)
    texts = [activation_by(card), f"STATUS#{card.card_number}#{card.pin}", "HELP"]
    deliveries = [
        arrived(text, gateway=gateway, number=f"{gateway}-{place}" if gateway == "http" else "")
        for place, text in enumerate(texts)
        for _ in range(chance.randint(1, 10))
        for gateway in gateways
    ]
    chance.shuffle(deliveries)

    for one in deliveries:
        receive(one)

    assert Policy.objects.count() == 1
    assert InboundMessage.objects.count() == Message.objects.count() == 3
    assert {one.state for one in InboundMessage.objects.all()} == {"answered"}


def test_a_message_is_known_by_its_number_also_long_afterwards(card: PrintedCard) -> None:
    first = receive(arrived("HELP", gateway="http", number="m-1"))

    with clock.frozen(clock.now() + timedelta(days=2)):
        again = receive(arrived("HELP", gateway="http", number="m-1"))
        another = receive(arrived("HELP", gateway="http", number="m-2"))

    assert again == first
    assert another != first
    assert Message.objects.count() == 2


def test_whoever_asks_again_later_is_answered_again(insurer: Insurer) -> None:
    _, (card,) = cards_at_institution(insurer, 1)
    sell(insurer, [card])
    unpaid = receive(arrived(f"STATUS#{card.card_number}#{card.pin}"))
    assert "premium has not reached us" in replies_to(unpaid)

    with clock.frozen(clock.now() + timedelta(minutes=11)):
        receive(arrived(f"STATUS#{card.card_number}#{card.pin}"))

    assert Message.objects.count() == 2


@pytest.mark.parametrize("cut_off_after", ["open_gate", "activate_card"])
def test_what_is_cut_off_in_between_is_repeated_and_comes_to_the_same(
    card: PrintedCard, monkeypatch: pytest.MonkeyPatch, cut_off_after: str
) -> None:
    command = getattr(inbound, cut_off_after)

    def die(**given: Any) -> None:
        command(**given)
        raise SystemExit("the machine stopped")

    with monkeypatch.context() as cut:
        cut.setattr(inbound, cut_off_after, die)
        with pytest.raises(SystemExit):
            receive(arrived(activation_by(card)))
    assert InboundMessage.objects.get().state == "received"

    message = receive(arrived(activation_by(card)))

    assert message is not None
    assert message.outcome == "activated"
    assert Policy.objects.count() == PinProof.objects.count() == 1
    assert Message.objects.count() == 1


def test_parts_in_any_order_make_one_message(card: PrintedCard) -> None:
    parts = in_parts(activation_by(card) + "#" + " " * 60, reference=7)
    assert len(parts) > 1
    for shuffled in (parts[::-1], parts, parts[::-1]):
        for one in shuffled:
            receive(one)

    assert Policy.objects.count() == 1
    assert InboundMessage.objects.count() == Message.objects.count() == 1
    assert not Part.objects.exists()


def test_parts_that_another_delivery_has_joined_meanwhile_make_no_second_message(
    card: PrintedCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, last = in_parts(activation_by(card) + "#" + " " * 60, reference=7)
    take_part = inbound.take_part

    def overtaken(**given: Any) -> bool:
        all_there = take_part(**given)
        monkeypatch.setattr(inbound, "take_part", take_part)
        receive(last)
        return all_there

    receive(first)
    monkeypatch.setattr(inbound, "take_part", overtaken)

    assert receive(last) is None
    assert Policy.objects.count() == 1
    assert InboundMessage.objects.get().outcome == "activated"


def test_parts_of_two_senders_are_never_joined(card: PrintedCard) -> None:
    first, second = in_parts(activation_by(card) + "#" + " " * 60, reference=7)
    other = in_parts("HELP " + "x" * 200, reference=7, sender=OTHER_PHONE)

    assert receive(first) is None
    assert receive(other[1]) is None
    assert not InboundMessage.objects.exists()
    done = receive(other[0])
    assert done is not None
    assert done.sender == OTHER_PHONE
    done = receive(second)
    assert done is not None
    assert done.outcome == "activated"


def test_parts_wait_ten_minutes_sealed_under_a_key_that_is_destroyed(card: PrintedCard) -> None:
    first, second = in_parts(activation_by(card) + "#" + " " * 60, reference=7)
    receive(first)
    sealed = bytes(Part.objects.get().sealed)
    assert card.pin.encode() not in sealed
    folder = house.KEY_FOLDER / "sms-parts"
    assert list(folder.glob("*.key"))

    with clock.frozen(clock.now() + timedelta(minutes=21)):
        assert forget_parts(actor=SYSTEM, request_id=uuid4()) == 1
        assert not list(folder.glob("*.key"))
        assert receive(second) is None
    assert not InboundMessage.objects.exists()


def test_a_wrong_pin_and_an_unknown_number_have_one_answer_and_are_counted(
    card: PrintedCard,
) -> None:
    wrong = receive(arrived(f"STATUS#{card.card_number}#{wrong_pin(card)}"))
    unknown = receive(arrived(f"STATUS#6201990000000014#{card.pin}"))

    assert replies_to(wrong) == replies_to(unknown)
    assert "cannot be used" in replies_to(wrong)
    assert AuditEvent.objects.filter(event="gate.refused", source=source_of(PHONE)).count() == 2


def test_whoever_fails_too_often_waits_and_comes_in_with_the_next_message(
    card: PrintedCard,
) -> None:
    start = clock.now()
    for place in range(house.GATE_FREE_TRIES):
        with clock.frozen(start + timedelta(seconds=place)):
            receive(arrived(f"STATUS#{card.card_number}#9{place}34567890"))
    text = f"STATUS#{card.card_number}#{card.pin}"
    with clock.frozen(start + timedelta(seconds=10)):
        waits = receive(arrived(text))
        assert waits is not None
        assert waits.outcome == "waits"
        # Another holder, from another phone, is not held up.
        other = receive(arrived(text, sender=OTHER_PHONE))
        assert other is not None
        assert other.outcome == "told"

    with clock.frozen(start + timedelta(seconds=60)):
        done = receive(arrived(text))

    assert done is not None
    assert (done.pk, done.outcome) != (waits.pk, "waits")
    assert done.outcome == "told"


def test_in_an_alarm_the_second_message_comes_in(
    card: PrintedCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    GateAlarm.objects.create(began_at=now, until=now + timedelta(minutes=10))
    text = f"STATUS#{card.card_number}#{card.pin}"

    with clock.frozen(now + timedelta(seconds=1)):
        first = receive(arrived(text))
    with clock.frozen(now + timedelta(seconds=30)):
        second = receive(arrived(text))

    assert first is not None
    assert second is not None
    assert (first.outcome, second.outcome) == ("waits", "told")


def test_a_locked_card_answers_as_any_other(card: PrintedCard) -> None:
    lock_with_wrong_pins(card)

    message = receive(arrived(f"STATUS#{card.card_number}#{card.pin}"))

    assert message is not None
    assert message.outcome == "not_together"


def test_the_state_of_an_activated_card_says_nothing_of_its_people(card: PrintedCard) -> None:
    policy = activate(card)

    for text in (f"STATUS#{card.card_number}#{card.pin}", activation_by(card, language="en")):
        told = replies_to(receive(arrived(text)))
        assert policy.number in told
        for secret in (policy.name, policy.identity_number, card.pin):
            assert secret not in told


def test_what_has_to_be_corrected_is_said_precisely(card: PrintedCard) -> None:
    right = an_identity_number(date(1986, 5, 17))
    wrong = right[:-1] + ("1" if right[-1] == "0" else "0")
    told = replies_to(receive(arrived(f"ACT#{card.card_number}#{card.pin}#王芳#{wrong}#学生")))
    assert "mistyped" in told
    told = replies_to(receive(arrived(f"ACT#{card.card_number}#123#王芳")))
    assert "A PIN has only digits" in told
    assert "identity number is missing" in told
    told = replies_to(receive(arrived(activation_by(card, more="", language="en"))))
    assert "occupation at the end" in told
    told = replies_to(receive(arrived(activation_by(card, more="xyzzy", language="en"))))
    assert "“xyzzy”" in told
    # What stands in the wrong place may be a PIN.
    told = replies_to(receive(arrived(activation_by(card, more=f"xyzzy {card.pin}" * 9))))
    assert "xyzzy ****" in told
    assert not any(secret in told for secret in (card.pin, card.pin[:4], "xyzzy" * 2))
    assert not Policy.objects.exists()


def test_the_rules_of_the_product_refuse_by_sms_as_anywhere(card: PrintedCard) -> None:
    nobodys = next(one.code for one in occupations().values() if one.risk_class is None)
    acrobat = receive(arrived(activation_by(card, more=nobodys, language="en")))
    late = receive(arrived(activation_by(card, more="学生#2099-01-01", language="en")))

    assert acrobat is not None
    assert acrobat.outcome == "refused"
    assert late is not None
    assert late.outcome == "refused"
    assert "up to" in replies_to(late) or "latest" in replies_to(late)


def test_of_several_products_the_message_names_one(insurer: Insurer) -> None:
    first = a_published_version(insurer)
    second = a_published_version(insurer, a_product(insurer, "ACC2"))
    kind = a_document_type(insurer, "AC-200", "620119", first, second)
    card = paid_cards(insurer, 1, kind)[0]

    told = replies_to(receive(arrived(activation_by(card, language="en"))))
    assert "ACC " in told
    assert "ACC2 " in told
    done = receive(arrived(activation_by(card, more="acc2#学生")))
    assert done is not None
    assert done.outcome == "activated"
    assert Policy.objects.get().product_version == second


def test_what_a_message_cannot_carry_goes_on_on_the_portal(card: PrintedCard) -> None:
    child = an_identity_number(clock.today() - timedelta(days=3000))
    message = receive(arrived(f"ACT#{card.card_number}#{card.pin}#王小芳#{child}#学生"))
    passport = f"ACT#{card.card_number}#{card.pin}#Mary Smith#E12345678"

    assert message is not None
    assert message.outcome == "more_asked"
    told = replies_to(message)
    assert "/from-sms/" in told
    assert Draft.objects.get().serial == card.serial
    assert card.pin not in told + Draft.objects.get().answers
    # Somebody has begun already: the second gets no one else's draft.
    assert "/from-sms/" not in replies_to(receive(arrived(passport, sender=OTHER_PHONE)))


def test_help_has_the_words_of_the_manual(card: PrintedCard) -> None:
    told = replies_to(receive(arrived("HELP ac-100")))

    assert "ACT#card number#PIN#name#identity number" in told
    assert "/manual/AC-100/" in told
    assert "/manual/." in replies_to(receive(arrived("HELP")))


def test_a_kind_of_card_is_activated_by_its_own_keyword_as_its_manual_says(
    insurer: Insurer,
) -> None:
    product = a_published_version(insurer)
    words = {"keyword_zh": "安心", "keyword_en": "SAFE"}
    kind = a_document_type(insurer, "AC-200", "620119", product, **words)
    card = paid_cards(insurer, 1, kind)[0]

    corrected = replies_to(receive(arrived(f"SAFE#{card.card_number}")))
    assert "Send: SAFE#card number#PIN#name#identity number#occupation" in corrected
    helped = replies_to(receive(arrived("帮助#AC-200")))
    assert "安心#卡号#密码#姓名#身份证号#职业" in helped
    message = receive(arrived(activation_by(card).replace("激活", "安心")))
    assert message is not None
    assert message.outcome == "activated"
    assert message.words.startswith(f"{card.card_number} 安心#")
    assert Policy.objects.get().evidence["language"] == "zh-hans"


def test_a_number_gets_so_many_answers_in_an_hour(card: PrintedCard, settings: Any) -> None:
    settings.SMS_AN_HOUR = 4
    for place in range(8):
        receive(arrived(f"HELP {place}"))

    assert Message.objects.count() == 4
    assert InboundMessage.objects.filter(state="silent", outcome="too_many").count() == 4
    with clock.frozen(clock.now() + timedelta(minutes=61)):
        receive(arrived("HELP again"))
    assert Message.objects.count() == 5


def test_two_automats_that_answer_each_other_soon_fall_silent(card: PrintedCard) -> None:
    for place in range(10):
        receive(arrived(f"I am on holiday {place}"))

    assert Message.objects.count() == house.SMS_WITHOUT_KEYWORD_AN_HOUR


def test_all_numbers_together_get_so_many_answers_in_an_hour(
    insurer: Insurer, settings: Any
) -> None:
    settings.SMS_AN_HOUR_IN_ALL = 3
    for place in range(6):
        receive(arrived("HELP", sender=f"+861380013800{place}"))

    assert Message.objects.count() == 3


def test_a_name_or_a_short_number_gets_no_reply(insurer: Insurer) -> None:
    for sender in ("Lottery", "10086", ""):
        message = receive(arrived("HELP", sender=sender))
        assert message is not None
        assert (message.state, message.outcome) == ("silent", "no_reply")
    assert not Message.objects.exists()


def test_numbers_are_the_same_however_a_gateway_writes_them(insurer: Insurer) -> None:
    for sender in (PHONE, PHONE[1:], PHONE[3:], f"00{PHONE[1:]}"):
        receive(arrived("HELP", sender=sender))

    assert InboundMessage.objects.get().sender == PHONE
    assert bytes(InboundMessage.objects.get().sender_index) == index_of(PHONE)


def test_neither_pin_nor_identity_number_is_kept_anywhere(
    card: PrintedCard, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    other = wrong_pin(card)
    identity = an_application().applicant.identity_number
    parts = in_parts(activation_by(card) + "#" + " " * 60, reference=9)
    for one in [*parts, arrived(f"CX#{card.card_number}#{other}"), arrived(f"ACT#{other}#{other}")]:
        receive(one)

    for said in (card.pin, other):
        assert said not in caplog.text
        assert not places_with(said)
        assert not places_with(said.encode().hex())
    assert identity not in caplog.text
    kept = InboundMessage.objects.order_by("pk")[0].words
    assert identity[:-1] not in kept
    assert card.card_number in kept


def places_with(text: str) -> list[str]:
    """Every table in whose rows a text stands."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(
                f'SELECT count(*) FROM "{table}" AS row WHERE row::text LIKE %s', [f"%{text}%"]
            )
            if cursor.fetchone()[0]:
                found.append(table)
    return found


def test_a_message_that_nobody_answers_and_a_part_that_nobody_forgets_are_found(
    card: PrintedCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert list(violations()) == []
    with clock.frozen(clock.now() - timedelta(hours=2)):
        receive(in_parts("激活" + "王" * 100, reference=3)[0])
        with monkeypatch.context() as cut:
            cut.setattr(inbound, "_answer", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                receive(arrived("HELP"))

    assert [one.promise for one in violations()] == [
        "Every message that came in is answered within the hour, or it is said why not",
        "No part of a message waits longer than an hour",
    ]


def test_a_reply_that_tells_of_another_policy_is_found(insurer: Insurer) -> None:
    first, second = paid_cards(insurer, 2)
    receive(arrived(activation_by(first)))
    assert list(violations()) == []
    activate(second, an_application(applicant=a_person("李娜", order=9)))
    other = Message.objects.filter(reason_number=Policy.objects.latest("pk").number)[0]

    with triggers_at_rest():
        InboundMessage.objects.update(reply=other)

    assert [one.promise for one in violations()] == [
        "A policy that came of a message is told in its reply, to the number that wrote"
    ]
