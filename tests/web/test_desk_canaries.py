"""Canaries at the desk: PINs, names, numbers, phones and copies of a caller and of somebody at a
counter are followed, and found nowhere but where they belong.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as configured
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from selfcard.activation.commands import activating
from selfcard.activation.models import CaseCopy, DeskCase
from selfcard.core.work import run_waiting_jobs
from selfcard.messaging.gateways.telephone import received_by
from selfcard.policies.models import Policy
from selfcard.web.office.desk import opening
from tests.factories.activation import digits_on, paid_cards, wrong_pin
from tests.factories.attachments import a_photo
from tests.factories.cards import PrintedCard
from tests.factories.desk import an_operator
from tests.factories.messaging import demonstration
from tests.factories.organisations import Insurer
from tests.factories.passports import lines_of
from tests.web.portal_line import ANSWERS, shown
from tests.web.test_canaries import (
    EMAIL,
    NAME,
    PHONE,
    SOMEBODY,
    STREET,
    TYPED,
    Heard,
    Visitor,
    found_in,
    listening,
    standing_alone,
    whole_database,
)

pytestmark = pytest.mark.django_db
PASSPORT = "998877665"


@pytest.fixture
def card(insurer: Insurer) -> PrintedCard:
    return paid_cards(insurer)[0]


@pytest.fixture
def canaries(card: PrintedCard) -> dict[str, str]:
    """What nobody may find again, by what it is."""
    return {
        "the PIN": card.pin,
        "a wrong PIN": wrong_pin(card),
        "the name": NAME,
        "the identity number": SOMEBODY.identity_number,
        "the passport": PASSPORT,
        "the phone": PHONE,
        "the e-mail": EMAIL,
        "the address": STREET,
    }


@pytest.fixture
def signed_in(insurer: Insurer, settings: Any, tmp_path: Path) -> Callable[..., Visitor]:
    demonstration(settings, tmp_path)
    settings.DESK_PIN = "either"
    operator = an_operator(insurer)

    def somebody(heard: Heard, **given: Any) -> Visitor:
        desk = Visitor(heard, **given)
        desk.force_login(operator, backend=configured.AUTHENTICATION_BACKENDS[-1])
        return desk

    return somebody


def send(desk: Visitor, path: str, /, **given: Any) -> Any:
    return desk.post(path, {"request_id": str(uuid4()), **given})


def begin(desk: Visitor, card_number: str, way: str) -> str:
    """A case is begun: its address."""
    given = {"card_number": card_number, "way": way, "language": "en", "phone": PHONE}
    send(desk, reverse("office:desk:begin"), **given)
    return reverse("office:desk:case", args=[DeskCase.objects.latest("pk").number])


def fill_in(desk: Visitor, case: str) -> None:
    send(desk, f"{case}product/", product=first_product(desk, case))
    for path, typed in ANSWERS.items():
        if path not in ("declarations", "insured", "applicant"):
            send(desk, f"{case}{path}/", **{**typed, **TYPED.get(path, {})})


def walk(desk: Visitor, heard: Heard, card: PrintedCard) -> list[str]:
    """A caller's link and a mistyped PIN; then at the counter the code is scanned, a passport, too,
    a copy is kept, and the card becomes a policy: the codes that were sent meanwhile.
    """
    by_phone = begin(desk, card.card_number, "phone")
    desk.post(by_phone, {"pin": wrong_pin(card), "request_id": str(uuid4())})
    send(desk, f"{by_phone}link/", phone=PHONE)
    run_waiting_jobs()
    token = re.search(r"/pin/([\w-]+)", received_by(f"+86{PHONE}")[0].words)
    assert token is not None
    phone = Visitor(heard)
    for pin in (wrong_pin(card), card.pin):
        phone.post(f"/pin/{token[1]}", {"pin": pin, "request_id": str(uuid4())})
    send(desk, f"{by_phone}close/", reason="comes to the counter")

    case = begin(desk, f"https://x/#c={card.card_number}&p={card.pin}", "counter")
    fill_in(desk, case)
    send(desk, f"{case}insured/1/", identity_number=lines_of(number=PASSPORT))
    send(desk, f"{case}insured/1/", **{**ANSWERS["insured/1"], **TYPED["insured/1"]})
    send(desk, f"{case}copies/", copies=SimpleUploadedFile(f"{NAME}.jpg", a_photo()))
    send(desk, f"{case}declarations/", wish="ask", terms="on", privacy="on")
    run_waiting_jobs()
    code = digits_on(f"+86{PHONE}")
    send(desk, f"{case}declarations/", wish="code", digits=code)
    check = f"{case}check-answers/"
    names = "request_id|starts_on|seen"
    desk.post(check, dict(re.findall(rf'name="({names})" value="([^"]+)"', shown(desk.get(check)))))
    desk.get(case)
    desk.get(f"{case}copies/1/")
    desk.get(f"{case}policy.pdf")
    desk.get(reverse("office:desk:list"))
    return [code]


def test_none_is_left_in_the_database_the_jobs_the_sessions_the_logs_and_the_addresses(
    card: PrintedCard, canaries: dict[str, str], signed_in: Callable[..., Visitor]
) -> None:
    with listening() as heard:
        codes = walk(signed_in(heard), heard, card)
    assert Policy.objects.get().insured.get().name == NAME
    assert CaseCopy.objects.get().name == f"{NAME}.jpg"

    database = [text for _, text in whole_database()]
    sessions = [repr(session.get_decoded()) for session in Session.objects.all()]
    assert sessions
    assert heard.lines
    for texts in (database, sessions, heard.addresses, heard.statements, heard.lines):
        assert found_in(iter(texts), canaries) == set()
        assert not any(standing_alone(code, iter(texts)) for code in codes)


@pytest.mark.parametrize(
    ("owner", "name"),
    [(activating, "check_pin"), (opening, "take_case"), (activating, "answers_in")],
)
def test_none_is_told_when_a_page_of_the_desk_crashes(
    card: PrintedCard,
    canaries: dict[str, str],
    signed_in: Callable[..., Visitor],
    monkeypatch: pytest.MonkeyPatch,
    owner: Any,
    name: str,
) -> None:
    def crash(*given: Any, **named: Any) -> Any:
        raise RuntimeError("it broke")

    with listening() as heard:
        desk = signed_in(heard, raise_request_exception=False)
        case = begin(desk, card.card_number, "counter")
        if name == "answers_in":
            desk.post(case, {"pin": card.pin, "request_id": str(uuid4())})
            monkeypatch.setattr(owner, name, crash)
            crashed = send(desk, f"{case}product/", product=first_product(desk, case))
        else:
            monkeypatch.setattr(owner, name, crash)
            crashed = desk.post(case, {"pin": card.pin, "request_id": str(uuid4())})

    assert crashed.status_code == 500
    assert any("it broke" in said for said in heard.lines)
    assert found_in(iter([crashed.content.decode(), *heard.lines]), canaries) == set()
    assert found_in((text for _, text in whole_database()), canaries) == set()


def first_product(desk: Visitor, case: str) -> str:
    found = re.search(r'name="product" value="(\d+)"', shown(desk.get(f"{case}product/")))
    assert found is not None
    return found[1]
