"""Two days in a browser: an operator's shift at the telephone, and a tourist at an outlet."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from selfcard.activation.models import DeskCase
from selfcard.core.work import run_waiting_jobs
from selfcard.messaging.gateways.telephone import received_by
from selfcard.organisations.models import May, Staff
from selfcard.payments.models import Receipt
from selfcard.policies.models import Policy
from tests.factories.activation import digits_on, paid_cards, sell, wrong_pin
from tests.factories.attachments import a_photo
from tests.factories.cards import PrintedCard
from tests.factories.custody import cards_at_institution
from tests.factories.desk import CALLER, an_operator
from tests.factories.drawers import open_a_drawer
from tests.factories.messaging import demonstration
from tests.factories.organisations import KEEPER, Insurer, a_staff_member
from tests.factories.passports import lines_of
from tests.web.conftest import DESKTOP, PHONE
from tests.web.portal_line import WANG_FANG

pytestmark = pytest.mark.parametrize("width", [DESKTOP, PHONE])


class AtDesk:
    """Somebody at the desk, and the pages that they go through."""

    def __init__(self, page: Page, check: Callable[[Page], None], address: str) -> None:
        self.page, self._check, self._address = page, check, address
        self.presses = 0

    def open(self, path: str) -> None:
        self.page.goto(f"{self._address}{path}")
        self._check(self.page)

    def press(self, button: str = "main form button.btn-primary") -> None:
        with self.page.expect_navigation(wait_until="load"):
            self.page.locator(button).last.click()
        self.presses += 1
        self._check(self.page)

    def scan(self, *lines: str) -> None:
        """A scanner types into the field in focus, and ends each line with Enter."""
        for line in lines[:-1]:
            self.page.keyboard.type(line)
            self.page.keyboard.press("Enter")
        self.page.keyboard.type(lines[-1])
        with self.page.expect_navigation(wait_until="load"):
            self.page.keyboard.press("Enter")
        self._check(self.page)

    def begin(self, card: PrintedCard, way: str, language: str) -> DeskCase:
        self.open("/office/desk/begin/")
        self.page.check(f"main [name=way][value={way}]")
        self.page.check(f"main [name=language][value={language}]")
        self.page.fill("[name=phone]", "138 0013 8000")
        self.page.focus("[name=card_number]")
        self.scan(card.card_number)
        return DeskCase.objects.get(serial=card.serial, state="open")

    def say_pin(self, pin: str) -> None:
        expect(self.page.locator("[name=pin]")).to_have_attribute("type", "password")
        self.page.fill("[name=pin]", pin)
        self.press()

    def choose_and_start(self) -> None:
        self.press("main button[name=product]")
        self.press()

    def name_the_insured(self) -> None:
        self.page.check("[name=relationship][value=self]")
        self.page.fill("[name=name]", "Wang Fang")
        self.page.fill("[name=identity_number]", WANG_FANG.identity_number)
        for part, value in {"year": "1986", "month": "5", "day": "17"}.items():
            self.page.fill(f"[name=birth_date_{part}]", value)
        self.page.check("[name=sex][value=female]")
        self.page.check("[name=occupation][value='0101003']")
        self.press()

    def answer_the_rest(self) -> None:
        self.press()  # paid to the heirs by law
        self.page.fill("[name=phone]", "138 0013 8000")
        self.page.locator("[name=region_words]").press_sequentially("西湖区")
        self.page.check("[name=region][value='330106']")
        self.page.fill("[name=address]", "文三路1号")
        self.press()

    def have_agreed(self) -> None:
        for one in self.page.locator("#ask input[type=checkbox]").all():
            one.check()
        self.press("#ask button.btn-primary")
        run_waiting_jobs()
        self.page.fill("[name=digits]", digits_on(CALLER))
        self.press("#code button.btn-primary")

    def activate(self) -> Policy:
        self.press("#page button.btn-primary")
        policy = Policy.objects.latest("pk")
        expect(self.page.locator("main")).to_contain_text(policy.number)
        return policy


@pytest.fixture
def at_the_desk(
    open_page: Any, sign_in: Any, no_axe_violations: Any, live_server: Any, language: str,
    width: int, settings: Any, tmp_path: Path,
) -> Callable[[Staff], AtDesk]:  # fmt: skip
    demonstration(settings, tmp_path)

    def somebody(staff: Staff) -> AtDesk:
        Staff.objects.filter(pk=staff.pk).update(language=language)
        page = open_page(width)
        sign_in(page, staff)
        return AtDesk(page, no_axe_violations, live_server.url)

    return somebody


def test_an_operators_shift(
    insurer: Insurer, at_the_desk: Callable[[Staff], AtDesk], language: str
) -> None:
    cards = paid_cards(insurer, 2)
    _, unpaid = cards_at_institution(insurer, 1)
    sell(insurer, unpaid)
    desk = at_the_desk(an_operator(insurer))

    # A card that is not paid: the customer hears it, and the case waits.
    case = desk.begin(unpaid[0], "phone", "en")
    desk.say_pin(unpaid[0].pin)
    expect(desk.page.locator(".read-out")).to_contain_text("Your premium has not reached us yet.")

    # Bad reception: the PIN is heard wrongly at first. Then the line breaks off half-way.
    case = desk.begin(cards[0], "phone", "zh-hans")
    desk.say_pin(cards[0].pin[:-1] + str((int(cards[0].pin[-1]) + 1) % 10))
    expect(desk.page.locator("main .problem").first).to_be_visible()
    expect(desk.page.locator("[name=pin]")).to_have_value("")
    desk.say_pin(cards[0].pin)
    expect(desk.page.locator(".read-out")).to_contain_text("您的卡已经付清保费")
    desk.choose_and_start()
    desk.name_the_insured()
    desk.press(f"form[action='/office/desk/{case.number}/put-down/'] button")
    expect(desk.page.locator("main")).to_contain_text(case.number)

    # They call again, and another operator goes on.
    other = at_the_desk(an_operator(insurer, "D02"))
    other.open("/office/desk/?state=open")
    other.page.click(f"text={case.number}")
    other.say_pin(cards[0].pin)
    other.answer_the_rest()
    other.have_agreed()
    policy = other.activate()

    assert (policy.evidence["operator"], policy.evidence["language"]) == ("D02", "zh-hans")


def test_a_caller_enters_the_pin_on_their_own_phone(
    insurer: Insurer, at_the_desk: Callable[[Staff], AtDesk], open_page: Any,
    no_axe_violations: Any, live_server: Any, settings: Any,
) -> None:  # fmt: skip
    settings.DESK_PIN = "link"
    card = paid_cards(insurer)[0]
    desk = at_the_desk(an_operator(insurer))
    desk.begin(card, "phone", "en")
    expect(desk.page.locator("[name=pin]")).to_have_count(0)
    desk.press("#link button[type=submit]")
    run_waiting_jobs()
    link = re.search(r"/pin/[\w-]+", received_by(CALLER)[0].words)
    assert link is not None

    phone = AtDesk(open_page(PHONE), no_axe_violations, live_server.url)
    phone.open(link[0])
    phone.page.fill("[name=pin]", wrong_pin(card))
    phone.press("#page button.button")
    expect(phone.page.locator(".wrong").first).to_be_visible()
    phone.page.fill("[name=pin]", card.pin)
    phone.press("#page button.button")
    expect(phone.page).to_have_url(re.compile("/pin/entered/"))

    # The operator's page has gone on by itself.
    desk.page.locator("main .next a.btn-primary").click(timeout=15_000)
    expect(desk.page.locator("main button[name=product]")).to_be_visible()


def test_a_tourist_at_an_outlet(
    insurer: Insurer, at_the_desk: Callable[[Staff], AtDesk], tmp_path: Path
) -> None:
    card = cards_at_institution(insurer, 1)[1][0]
    open_a_drawer(insurer)
    outlet = at_the_desk(
        a_staff_member("D07", insurer.institution, May.ACTIVATE_FOR_CUSTOMER, *KEEPER)
    )
    till = at_the_desk(insurer.cashier)

    case = outlet.begin(card, "counter", "en")
    expect(outlet.page.locator("[name=pin]")).to_have_count(0)
    outlet.press()
    receipt = Receipt.objects.get()
    till.open(f"/office/payments/receipts/{receipt.number}/")
    till.press("main button.btn-primary")

    # The outlet's page goes on by itself as soon as the money is confirmed.
    pin = outlet.page.locator("[name=pin]")
    expect(pin).to_be_focused(timeout=15_000)
    outlet.scan(f"https://cards.example/#c={card.card_number}&p={card.pin}")
    outlet.choose_and_start()
    # The passport is scanned, and somebody looks at what its lines say.
    outlet.page.focus("[name=identity_number]")
    outlet.scan(lines_of()[:44], lines_of()[44:])
    expect(outlet.page.locator("[name=name]")).to_have_value("SMITH JOHN")
    expect(outlet.page.locator("[name=birth_date_year]")).to_have_value("1990")
    outlet.page.check("[name=relationship][value=self]")
    outlet.page.check("[name=occupation][value='0101003']")
    # Another number ends with Enter as well, and nothing is sent yet.
    outlet.page.press("[name=identity_number]", "Enter")
    assert outlet.page.evaluate("document.activeElement.name").startswith("birth_date_")
    outlet.press()
    outlet.page.click(f"main a[href='/office/desk/{case.number}/copies/']")
    photo = tmp_path / "passport.jpg"
    photo.write_bytes(a_photo())
    outlet.page.set_input_files("[name=copies]", photo)
    outlet.press()
    outlet.page.click("main .ahead a.btn")
    outlet.answer_the_rest()
    outlet.have_agreed()
    policy = outlet.activate()

    # In five minutes: so many buttons beside the scanner, from the first to the policy.
    assert outlet.presses <= 12
    for paper in (f"desk/{case.number}/policy.pdf", f"papers/hand_over/{case.number}.pdf"):
        printed = outlet.page.request.get(f"{outlet._address}/office/{paper}")
        assert printed.body().startswith(b"%PDF"), paper
    assert policy.evidence["way"] == "counter"
