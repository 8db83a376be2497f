"""Canaries: PINs, names, identity numbers, phones and addresses are followed through the whole
portal line, and found nowhere but where they belong.
"""

import base64
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.urls import reverse

from selfcard.activation.commands import activating
from selfcard.activation.models import TargetCounter
from selfcard.core.work import run_waiting_jobs
from selfcard.policies.models import Policy
from selfcard.web.portal import views
from tests.factories.activation import activate, digits_on, paid_cards, wrong_pin
from tests.factories.cards import PrintedCard
from tests.factories.messaging import demonstration
from tests.factories.organisations import an_insurer
from tests.factories.policies import a_person
from tests.web.portal_line import ANSWERS, fill_in, open_card, press, shown

pytestmark = pytest.mark.django_db

NAME = "金丝雀"
SOMEBODY = a_person(name=NAME, order=77)
PHONE, EMAIL, STREET = "13912345678", "canary.jinsique@example.com", "杭州市金丝雀巷77号"
TYPED = {
    "insured/1": {"name": NAME, "identity_number": SOMEBODY.identity_number},
    "contact": {"phone": PHONE, "email": EMAIL, "address": STREET},
}


@pytest.fixture
def card() -> PrintedCard:
    return paid_cards(an_insurer())[0]


@pytest.fixture
def canaries(card: PrintedCard) -> dict[str, str]:
    """What nobody may find again, by what it is."""
    return {
        "the PIN": card.pin,
        "a wrong PIN": wrong_pin(card),
        "a stranger's PIN": wrong_pin(card, selector_right=False),
        "the name": NAME,
        "the identity number": SOMEBODY.identity_number,
        "the phone": PHONE,
        "the e-mail": EMAIL,
        "the address": STREET,
    }


class Heard:
    """Everything that the process says and asks: log lines, addresses, statements."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.addresses: list[str] = []
        self.statements: list[str] = []


class Listener(logging.Handler):
    """Keeps every log line as the console would print it, with its traceback."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.NOTSET)
        self.setFormatter(logging.Formatter(settings.LOGGING["formatters"]["plain"]["format"]))
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(self.format(record))


@contextmanager
def listening() -> Iterator[Heard]:
    """Hear what is said at every level, and what PostgreSQL could log of its statements."""
    heard = Heard()
    listener, root = Listener(heard.lines), logging.getLogger()
    level = root.level

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        heard.statements.append(f"{sql} {params!r}")
        return execute(sql, params, many, context)

    def say(logger: Any, method: str, event: Any) -> str:
        heard.lines.append(repr(event))
        raise structlog.DropEvent

    configured = structlog.get_config()
    structlog.configure(
        processors=[*configured["processors"][:-1], say],
        wrapper_class=structlog.make_filtering_bound_logger(logging.NOTSET),
        cache_logger_on_first_use=False,
    )
    root.addHandler(listener)
    root.setLevel(logging.NOTSET)
    try:
        with connection.execute_wrapper(note):
            yield heard
    finally:
        root.removeHandler(listener)
        root.setLevel(level)
        structlog.configure(**configured)


class Visitor(Client):
    """A browser that remembers which addresses it was sent to."""

    def __init__(self, heard: Heard, **given: Any) -> None:
        super().__init__(**given)
        self.heard = heard
        self.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"

    def request(self, **asked: Any) -> Any:
        response = super().request(**asked)
        self.heard.addresses.append(f"{asked.get('PATH_INFO')}?{asked.get('QUERY_STRING', '')}")
        self.heard.addresses.append(response.headers.get("Location", ""))
        return response


def walk(visitor: Visitor, card: PrintedCard) -> None:
    """The whole line: mistyped, opened, filled in, activated, looked up, and left."""
    open_card(visitor, card.card_number, wrong_pin(card))
    open_card(visitor, card.card_number, wrong_pin(card, selector_right=False))
    open_card(visitor, card.card_number, card.pin)
    fill_in(visitor, changed=TYPED)
    press(visitor, reverse("portal:check"))
    visitor.get(reverse("portal:done"))
    visitor.get(reverse("portal:policy_paper"))
    visitor.post(reverse("portal:leave"))
    open_card(visitor, card.card_number, card.pin)
    looked_up = visitor.get(reverse("portal:card"))
    assert NAME not in shown(looked_up)
    press(visitor, reverse("portal:card"), identity_number="330106198605170029")
    press(visitor, reverse("portal:card"), identity_number=SOMEBODY.identity_number)
    assert NAME in shown(visitor.get(reverse("portal:policy")))


def whole_database() -> Iterator[tuple[str, str]]:
    """Every row of every table as text, jobs and sessions among them; bytes stand in hexadecimal,
    as a dump has them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT schemaname || '.' || quote_ident(tablename) FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT kept::text FROM {table} kept")
            for (text,) in cursor:
                yield table, text


def found_in(texts: Iterator[str], canaries: dict[str, str]) -> set[str]:
    """Which of them stand in some text, plainly, with spaces between, or as bytes of it."""
    found = set()
    for text in texts:
        plain = re.sub(r"\s", "", text)
        for what, canary in canaries.items():
            forms = (canary, canary.encode().hex(), repr(canary.encode())[2:-1])
            escaped = canary.encode("unicode_escape").decode()
            coded = base64.b64encode(canary.encode()).decode().rstrip("=")
            if any(form in plain for form in (*forms, escaped, coded)):
                found.add(what)
    return found


def test_none_is_left_in_the_database_the_jobs_the_sessions_the_logs_and_the_addresses(
    card: PrintedCard, canaries: dict[str, str]
) -> None:
    with listening() as heard:
        walk(Visitor(heard), card)
    assert Policy.objects.get().insured.get().name == NAME

    assert found_in((text for _, text in whole_database()), canaries) == set()
    sessions = [repr(session.get_decoded()) for session in Session.objects.all()]
    assert sessions
    assert found_in(iter(sessions), canaries) == set()
    assert found_in(iter(heard.addresses), canaries) == set()
    # Nor in what PostgreSQL would write into its log of a statement that fails or is slow.
    assert found_in(iter(heard.statements), canaries) == set()
    assert heard.lines
    assert found_in(iter(heard.lines), canaries) == set()


def test_the_search_is_not_blind(card: PrintedCard, canaries: dict[str, str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE left_behind (said text, bytes bytea)")
        cursor.execute(
            "INSERT INTO left_behind VALUES (%s, %s)",
            [f"{card.pin[:4]} {card.pin[4:]}", NAME.encode()],
        )
    with listening() as heard:
        logging.getLogger("selfcard").debug("opened with %s", card.pin)
        structlog.get_logger("selfcard").info("opened", pin=wrong_pin(card))
        Visitor(heard).get("/", {"name": NAME})

    left = found_in((text for _, text in whole_database()), canaries)
    assert left == {"the PIN", "the name"}
    assert found_in(iter(heard.lines), canaries) == {"the PIN", "a wrong PIN"}
    assert found_in(iter([f"{NAME!a}", *heard.addresses]), canaries) == {"the name"}


def standing_alone(code: str, texts: Iterator[str]) -> bool:
    """Whether six digits stand somewhere by themselves: within a digest or a moment they are
    none."""
    alone = re.compile(rf"(?<![0-9a-fA-F.]){code}(?![0-9a-fA-F])")
    return any(alone.search(text) for text in texts)


def test_codes_are_on_the_phone_and_nowhere_else(
    card: PrintedCard, settings: Any, tmp_path: Path
) -> None:
    demonstration(settings, tmp_path)
    policy = activate(card)
    codes = []
    with listening() as heard:
        visitor = Visitor(heard)
        press(visitor, reverse("portal:ask_code"), policy_number=policy.number)
        run_waiting_jobs()
        codes.append(digits_on(policy.phone))
        assert NAME not in shown(press(visitor, reverse("portal:code"), code="000000"))
        press(visitor, reverse("portal:code"), code=codes[0])
        press(visitor, reverse("portal:change_contact"))
        run_waiting_jobs()
        codes.append(digits_on(policy.phone))
        press(visitor, reverse("portal:code"), code=codes[1])
        contact = {"phone": PHONE, "email": EMAIL, "region": "330106", "address": STREET}
        press(visitor, reverse("portal:new_contact"), **contact)
        run_waiting_jobs()
        codes.append(digits_on(f"+86{PHONE}"))
        press(visitor, reverse("portal:code"), code=codes[2])
        run_waiting_jobs()
    assert Policy.objects.get().phone == f"+86{PHONE}"

    reached = {"the phone": PHONE, "the e-mail": EMAIL, "the address": STREET}
    sessions = [repr(session.get_decoded()) for session in Session.objects.all()]
    database = [text for _, text in whole_database()]
    for texts in (database, sessions, heard.addresses, heard.statements, heard.lines):
        assert not any(standing_alone(code, iter(texts)) for code in codes)
        assert found_in(iter(texts), reached) == set()
    assert standing_alone(codes[0], iter([f"{codes[0]} is your code"]))


CRASHES: dict[str, tuple[Any, str]] = {
    "at the gate": (activating, "check_pin"),
    "after the gate": (views, "open_visit"),
    "while an answer is kept": (activating, "_kept_in"),
    "at the activation": (activating, "issue_policy"),
}


@pytest.mark.parametrize("where", CRASHES)
def test_none_is_told_when_a_view_crashes(
    card: PrintedCard, canaries: dict[str, str], monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def crash(*given: Any, **named: Any) -> Any:
        raise RuntimeError("it broke")

    with listening() as heard:
        visitor = Visitor(heard, raise_request_exception=False)
        if where in ("while an answer is kept", "at the activation"):
            open_card(visitor, card.card_number, card.pin)
            fill_in(visitor, changed=TYPED, until="insured/1" if "kept" in where else "")
        owner, name = CRASHES[where]
        monkeypatch.setattr(owner, name, crash)
        if where == "while an answer is kept":
            crashed = visitor.post("/insured/1/", ANSWERS["insured/1"] | TYPED["insured/1"])
        elif where == "at the activation":
            crashed = press(visitor, reverse("portal:check"))
        else:
            crashed = open_card(visitor, card.card_number, card.pin)

    assert crashed.status_code == 500
    assert any("it broke" in said for said in heard.lines)
    assert found_in(iter([crashed.content.decode()]), canaries) == set()
    assert found_in(iter(heard.lines), canaries) == set()
    assert found_in((text for _, text in whole_database()), canaries) == set()


def test_a_statement_that_fails_names_no_pin(
    card: PrintedCard, canaries: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL names the row that broke a promise: it must not hold what was typed."""
    with listening() as heard:
        visitor = Visitor(heard, raise_request_exception=False)
        monkeypatch.setattr(settings, "GATE_TARGET_CAP", "no number")
        crashed = open_card(visitor, card.card_number, card.pin)

    assert crashed.status_code == 500
    assert not TargetCounter.objects.exists()
    assert found_in(iter([crashed.content.decode(), *heard.lines]), canaries) == set()
