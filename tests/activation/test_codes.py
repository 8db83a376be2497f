"""Codes to a phone: what they open, how often they are compared, and what nobody learns by them."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from selfcard.activation.commands import change_contact, send_code
from selfcard.activation.errors import (
    CodeOutdated,
    CodeTriedTooOften,
    CodeUsedAlready,
    NewPhoneNotShown,
    NotACode,
    PhoneNotShown,
    SourceMustWait,
    TooManyCodes,
)
from selfcard.activation.models import OneTimeCode, SourceCounter
from selfcard.activation.queries import toll_for
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.messaging.gateways.telephone import received_by
from selfcard.messaging.models import Message
from selfcard.policies.application import ContactGiven
from selfcard.policies.errors import NotAPolicyNumber, PhoneTakesNoMessages
from selfcard.policies.models import ContactChange, Policy
from selfcard.policies.numbers import policy_number
from tests.factories.activation import (
    HOME,
    activate,
    ask_for_code,
    ask_for_code_to_new_phone,
    digits_on,
    holder,
    paid_cards,
    show_code,
    shown_phone,
    solved,
)
from tests.factories.messaging import demonstration
from tests.factories.organisations import Insurer
from tests.factories.policies import reached_by_code
from tests.factories.postgresql import refused_by_postgresql

pytestmark = pytest.mark.django_db
NOBODYS = policy_number(999_999_999_999)
NEW = ContactGiven(phone="+8613900139000", region="110101", address="王府井大街1号")


@pytest.fixture
def policy(insurer: Insurer, settings: Any, tmp_path: Path) -> Policy:
    demonstration(settings, tmp_path)
    settings.GATE_WORK = 20
    number = activate(paid_cards(insurer)[0]).number
    return Policy.objects.get(number=number)


def wrong(digits: str) -> str:
    return f"{(int(digits) + 1) % 1_000_000:06d}"


def from_elsewhere(place: int) -> str:
    return f"net 10.8.{place}.0/24"


def change(proof: OneTimeCode, contact: ContactGiven, **given: Any) -> Policy:
    return change_contact(proof=proof, contact=contact, actor=holder(), request_id=uuid4(), **given)


# What a code is


def test_a_code_comes_to_the_policys_phone_and_opens_it_once(policy: Policy) -> None:
    code = ask_for_code(policy.number)
    digits = digits_on(policy.phone)

    used = show_code(code, digits)

    assert used == code
    assert used.used_at is not None
    with pytest.raises(CodeUsedAlready):
        show_code(code, digits)


def test_its_message_says_what_it_is_for(policy: Policy) -> None:
    ask_for_code(policy.number)
    assert re.fullmatch(
        rf"Lantern Insurance: \d{{6}} is your code to open policy {policy.number}\. .*",
        received_by(policy.phone)[0].words,
    )
    ask_for_code(policy.number, OneTimeCode.Purpose.CHANGE_CONTACT, language="zh-hans")
    assert received_by(policy.phone)[0].words.startswith("【灯塔保险】")


def test_the_digits_are_kept_nowhere(policy: Policy) -> None:
    code = ask_for_code(policy.number)
    code.refresh_from_db()
    digits = digits_on(policy.phone)

    assert len(bytes(code.digest or b"")) == 16
    message = Message.objects.get(occasion__startswith="code_")
    assert (message.state, message.words) == ("sent", None)
    with connection.cursor() as cursor:
        for table in ("activation_onetimecode", "messaging_message", "core_auditevent"):
            cursor.execute(f"SELECT kept::text FROM {table} kept")
            rows = " ".join(row for (row,) in cursor)
            assert not re.search(rf"(?<![0-9a-f.]){digits}(?![0-9a-f])", rows)


def test_a_code_may_be_typed_as_one_likes(policy: Policy) -> None:
    code = ask_for_code(policy.number)
    digits = digits_on(policy.phone)
    full_width = digits.translate({ord(str(n)): 0xFF10 + n for n in range(10)})

    assert show_code(code, f" {full_width[:3]}-{full_width[3:]} ")


@pytest.mark.parametrize("typed", ["12345", "1234567", "12345a", ""])
def test_what_cannot_be_a_code_is_said_and_not_counted(policy: Policy, typed: str) -> None:
    code = ask_for_code(policy.number)
    before = SourceCounter.objects.get(source=HOME).failures

    with pytest.raises(NotACode):
        show_code(code, typed)
    assert SourceCounter.objects.get(source=HOME).failures == before


def test_a_wrong_code_opens_nothing_and_the_right_one_still_does(policy: Policy) -> None:
    code = ask_for_code(policy.number)
    digits = digits_on(policy.phone)

    assert show_code(code, wrong(digits)) is None
    assert show_code(code, digits) == code


def test_a_code_counts_for_ten_minutes(policy: Policy) -> None:
    code = ask_for_code(policy.number)
    digits = digits_on(policy.phone)

    with clock.frozen(code.expires_at), pytest.raises(CodeOutdated):
        show_code(code, digits)
    with clock.frozen(code.expires_at - timedelta(seconds=1)):
        assert show_code(code, digits)
    assert code.expires_at - code.asked_at == timedelta(minutes=10)


def test_after_five_wrong_tries_the_right_code_is_not_compared(policy: Policy) -> None:
    code = ask_for_code(policy.number)
    digits = digits_on(policy.phone)
    for place in range(settings.CODE_TRIES):
        assert show_code(code, wrong(digits), from_elsewhere(place)) is None

    with pytest.raises(CodeTriedTooOften):
        show_code(code, digits)


def test_codes_of_a_policy_are_compared_only_so_often_in_a_day(policy: Policy, settings) -> None:
    """However many codes somebody asks for, and from wherever."""
    settings.CODE_POLICY_CAP, settings.CODES_AN_HOUR_IN_ALL = 7, 100
    for place in range(7):
        code = ask_for_code(policy.number, source=from_elsewhere(place))
        digits = digits_on(policy.phone)
        assert show_code(code, wrong(digits), from_elsewhere(place)) is None

    code = ask_for_code(policy.number)
    with pytest.raises(CodeTriedTooOften):
        show_code(code, digits_on(policy.phone))
    with clock.frozen(clock.now() + settings.GATE_TARGET_MEMORY):
        code = ask_for_code(policy.number)
        assert show_code(code, digits_on(policy.phone))


def test_a_stranger_who_asks_for_codes_makes_the_holders_no_worse(policy: Policy) -> None:
    code = ask_for_code(policy.number)
    digits = digits_on(policy.phone)
    strangers = ask_for_code(policy.number, source=from_elsewhere(1))

    assert show_code(strangers, digits, from_elsewhere(1)) is None
    assert show_code(code, digits) == code


def test_a_code_is_for_one_purpose(policy: Policy) -> None:
    to_open = ask_for_code(policy.number)
    digits = digits_on(policy.phone)
    to_change = ask_for_code(policy.number, OneTimeCode.Purpose.CHANGE_CONTACT)

    assert show_code(to_change, digits) is None
    used = show_code(to_open, digits)
    with pytest.raises(PhoneNotShown):
        change(used, NEW)


# Asking


def test_only_a_few_codes_are_sent_in_an_hour_to_one_who_asks(policy: Policy) -> None:
    for _ in range(settings.CODES_AN_HOUR):
        ask_for_code(policy.number)

    with pytest.raises(TooManyCodes):
        ask_for_code(policy.number)
    ask_for_code(policy.number, source=from_elsewhere(1))
    with clock.frozen(clock.now() + settings.CODES_MEMORY):
        ask_for_code(policy.number)


def test_and_only_a_few_more_to_all_who_ask(policy: Policy) -> None:
    for place in range(settings.CODES_AN_HOUR_IN_ALL):
        ask_for_code(policy.number, source=from_elsewhere(place))

    with pytest.raises(TooManyCodes):
        ask_for_code(policy.number)
    assert len(received_by(policy.phone)) == settings.CODES_AN_HOUR_IN_ALL + 1


def test_whoever_enters_theirs_may_ask_again(policy: Policy) -> None:
    for _ in range(settings.CODES_AN_HOUR + settings.GATE_FREE_TRIES):
        code = ask_for_code(policy.number)
        assert show_code(code, digits_on(policy.phone))

    assert SourceCounter.objects.get(source=HOME).failures == 0


def test_who_asks_for_many_policies_waits_or_works(policy: Policy) -> None:
    for running in range(settings.GATE_FREE_TRIES):
        ask_for_code(policy_number(1000 + running))

    with pytest.raises(SourceMustWait):
        ask_for_code(policy.number)
    assert ask_for_code(policy.number, ticket=solved(toll_for(HOME).ticket))


def test_a_mistyped_number_is_said_and_not_counted() -> None:
    with pytest.raises(NotAPolicyNumber):
        ask_for_code("P0000000000010")
    assert not SourceCounter.objects.exists()


def statements(deed: Callable[[], object]) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        deed()
    return [re.sub(r"'[^']*'|\d+", "…", one["sql"]) for one in captured.captured_queries]


def test_a_number_that_no_policy_bears_is_asked_for_with_the_same_work(
    policy: Policy, monkeypatch: Any
) -> None:
    monkeypatch.setattr("tests.factories.activation.run_waiting_jobs", lambda: None)

    known = statements(lambda: ask_for_code(policy.number))
    assert statements(lambda: ask_for_code(NOBODYS)) == known


def test_and_tried_with_the_same_work(policy: Policy) -> None:
    known, unknown = ask_for_code(policy.number), ask_for_code(NOBODYS)
    digits = wrong(digits_on(policy.phone))

    tried = statements(lambda: show_code(known, digits))
    assert statements(lambda: show_code(unknown, digits)) == tried


def test_no_code_is_sent_for_it_and_none_opens_it(policy: Policy) -> None:
    code = ask_for_code(NOBODYS)

    assert not Message.objects.filter(occasion__startswith="code_").exists()
    assert show_code(code, "000000") is None
    with clock.frozen(code.expires_at), pytest.raises(CodeOutdated):
        show_code(code, "000000")


def test_a_code_that_comes_too_late_is_not_sent(policy: Policy, monkeypatch: Any) -> None:
    monkeypatch.setattr("tests.factories.activation.run_waiting_jobs", lambda: None)
    code = ask_for_code(policy.number)

    with clock.frozen(code.expires_at):
        send_code(code=code, actor=Actor.system("test"), request_id=uuid4())

    assert not Message.objects.filter(occasion__startswith="code_").exists()


def test_a_code_is_sent_once_though_its_job_runs_twice(policy: Policy) -> None:
    code = ask_for_code(policy.number)
    digits = digits_on(policy.phone)

    send_code(code=code, actor=Actor.system("test"), request_id=uuid4())

    assert Message.objects.filter(occasion__startswith="code_").count() == 1
    assert show_code(code, digits)


# Changing contact data


def test_the_phone_is_changed_with_a_code_to_the_old_one_and_one_to_the_new(policy: Policy) -> None:
    former = policy.phone
    proof = shown_phone(policy)
    code = ask_for_code_to_new_phone(proof, NEW)
    new_phone = show_code(code, digits_on(NEW.phone))

    changed = change(proof, NEW, new_phone=new_phone)

    assert (changed.phone, changed.address) == (NEW.phone, NEW.address)
    assert ContactChange.objects.get().how == "code"
    told = Message.objects.get(occasion="contact_changed")
    assert told.recipient == former


def test_address_and_email_are_changed_with_a_code_to_the_phone_alone(policy: Policy) -> None:
    contact = ContactGiven(
        phone=policy.phone, email="new@example.cn", region="110101", address="王府井1号"
    )

    assert change(shown_phone(policy), contact).email == "new@example.cn"


def test_a_new_phone_that_nobody_has_shown_is_refused(policy: Policy) -> None:
    proof = shown_phone(policy)
    unused = ask_for_code_to_new_phone(proof, NEW)
    with pytest.raises(NewPhoneNotShown):
        change(proof, NEW)
    with pytest.raises(NewPhoneNotShown):
        change(proof, NEW, new_phone=unused)
    shown = show_code(unused, digits_on(NEW.phone))
    other = ContactGiven(phone="+8613900139001", region="110101", address="王府井大街1号")
    with pytest.raises(NewPhoneNotShown):
        change(proof, other, new_phone=shown)
    assert not ContactChange.objects.exists()


def test_a_code_to_a_new_phone_is_sent_only_to_who_has_shown_the_old_one(policy: Policy) -> None:
    unused = ask_for_code(policy.number, OneTimeCode.Purpose.CHANGE_CONTACT)
    to_open = ask_for_code(policy.number)
    opened = show_code(to_open, digits_on(policy.phone))

    for one in (unused, opened):
        with pytest.raises(PhoneNotShown):
            ask_for_code_to_new_phone(one, NEW)


def test_a_landline_gets_no_code(policy: Policy) -> None:
    with pytest.raises(PhoneTakesNoMessages):
        ask_for_code_to_new_phone(
            shown_phone(policy), ContactGiven(phone="+861084001234", address="王府井大街1号")
        )


def test_nobody_has_many_codes_sent_to_a_strangers_phone(insurer: Insurer, policy: Policy) -> None:
    proof = shown_phone(policy)
    for _ in range(settings.CODES_AN_HOUR - 1):
        ask_for_code_to_new_phone(proof, NEW)
        show_code(ask_for_code(policy.number), digits_on(policy.phone))
    ask_for_code_to_new_phone(proof, NEW)

    with pytest.raises(TooManyCodes):
        ask_for_code_to_new_phone(proof, NEW)


def test_having_shown_the_phone_counts_for_half_an_hour(policy: Policy) -> None:
    proof = shown_phone(policy)

    assert proof.used_at
    with clock.frozen(proof.used_at + settings.PROOF_IDLE), pytest.raises(PhoneNotShown):
        change(proof, NEW)


def test_and_no_longer_than_it_is_the_policys_phone(policy: Policy) -> None:
    proof = shown_phone(policy)
    reached_by_code(policy, NEW)

    with pytest.raises(PhoneNotShown):
        change(proof, ContactGiven(phone=NEW.phone, address="文三路1号", region="330106"))


# What PostgreSQL keeps


def altered(code: OneTimeCode, **changes: Any) -> None:
    OneTimeCode.objects.filter(pk=code.pk).update(**changes)


def test_postgresql_lets_a_code_be_used_once(policy: Policy) -> None:
    code = ask_for_code(policy.number)
    show_code(code, digits_on(policy.phone))

    with refused_by_postgresql("a_code_is_used_once"):
        altered(code, used_at=None)


def test_postgresql_lets_nobody_use_a_code_that_was_not_sent(policy: Policy) -> None:
    with refused_by_postgresql("a_code_is_sent_before_it_is_used"):
        altered(ask_for_code(NOBODYS), used_at=clock.now())


def test_postgresql_keeps_a_code_as_it_was_made(policy: Policy) -> None:
    code = ask_for_code(policy.number)

    with refused_by_postgresql("a_code_is_made_once"):
        altered(code, digest=b"0" * 16)
    with refused_by_postgresql("a_code_is_for_a_phone"):
        altered(ask_for_code(NOBODYS), digest=b"0" * 16)
    with refused_by_postgresql("a_code_keeps_what_it_is_for"):
        altered(code, purpose="change_contact")
    with refused_by_postgresql("a_code_keeps_what_it_is_for"):
        altered(code, expires_at=clock.now() + timedelta(days=1))


def test_postgresql_keeps_what_is_wanted_with_a_code_to_a_new_phone_alone(policy: Policy) -> None:
    given: dict[str, Any] = {
        "number": policy.number,
        "source": HOME,
        "language": "en",
        "asked_at": clock.now(),
    }
    until = {"expires_at": clock.now() + timedelta(minutes=1)}
    with refused_by_postgresql("only_a_new_phone_is_proved_with_what_is_wanted"):
        OneTimeCode.objects.create(**given, **until, purpose="open", contact="{}")
    with refused_by_postgresql("a_code_expires_after_it_was_asked"):
        OneTimeCode.objects.create(**given, expires_at=given["asked_at"], purpose="open")
