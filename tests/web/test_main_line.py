"""One card's whole life through pages only: the office at desktop width, the portal on a phone.

Each step is done by the person whose work it is, in both languages, and every page on the way is
checked for accessibility.
"""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Download, Page, expect

from selfcard.cards.models import Batch
from selfcard.core import clock
from selfcard.core.serials import SerialRun, card_number
from selfcard.core.work import run_waiting_jobs
from selfcard.custody.models import Issue
from selfcard.custody.queries import find_card
from selfcard.launcher.promises import broken_promises
from selfcard.organisations.models import Staff
from selfcard.payments.models import Invoice, Receipt
from selfcard.policies.models import Policy
from selfcard.products.regions import find_region
from selfcard.sales.models import Sale
from tests.factories.cards import PrintedCard, a_document_type, a_printer, read_print_file
from tests.factories.drawers import open_a_drawer
from tests.factories.organisations import Insurer, an_insurer
from tests.web.conftest import PHONE, OpenPage
from tests.web.desks import Office
from tests.web.portal_line import ANSWERS

pytestmark = pytest.mark.django_db(transaction=True)

# As many as a real order has: the page of the batch has to say how far it is.
BATCH = 100_000


def name_runs(page: Page, first: int, last: int) -> None:
    page.fill("input[name=runs-first] >> nth=0", str(first))
    page.fill("input[name=runs-last] >> nth=0", str(last))


def test_a_card_goes_from_the_printer_to_a_policy_through_pages(
    office: Office,
    open_page: OpenPage,
    no_axe_violations: Callable[[Page], None],
    live_server: object,
) -> None:
    insurer = an_insurer()
    a_document_type(insurer, holding_limit=2000)
    a_printer(insurer)

    cards = print_a_batch(office, insurer)
    first = cards[0].serial
    hand_down(office, insurer, SerialRun(first + 1000, first + 1999))
    sold = SerialRun(first + 1000, first + 1009)
    open_a_drawer(insurer)
    sale = sell_and_settle(office, insurer, sold)

    phone = open_page(PHONE)
    activate(phone, no_axe_violations, cards[1000])
    policy = Policy.objects.get()
    assert policy.number in plain_text(phone)
    paper = phone.request.get(str(phone.get_attribute("a[href*='/paper/']", "href")))
    assert paper.body().startswith(b"%PDF")
    look_up(open_page(PHONE), no_axe_violations, cards[1000], policy)

    open_by_number(office, insurer, cards[1000], sale, policy)
    assert list(broken_promises()) == []


def plain_text(page: Page) -> str:
    """What a page says, without the gaps that set its groups apart."""
    return "".join(page.inner_text("main").split())


def downloaded(download: Download) -> bytes:
    return download.path().read_bytes()


def print_a_batch(office: Office, insurer: Insurer) -> list[PrintedCard]:
    """Ordered by one, approved by another; released by another still; downloaded once."""
    page = office.at_the_desk_of(insurer.chief, "/office/cards/batches/order/")
    page.fill("input[name=document_type]", "AC-100")
    page.fill("input[name=count]", str(BATCH))
    page.fill("input[name=printer]", "P01")
    office.send(page)
    batch = Batch.objects.get()
    path = f"/office/cards/batches/{batch.number}/"

    office.send(office.at_the_desk_of(insurer.second, path), "form[action$='/approve/']")
    expect(page.locator("main")).to_contain_text(batch.number)
    run_waiting_jobs()
    page = office.at_the_desk_of(insurer.chief, path)
    office.send(page, "form[action$='/ask-release/']")
    office.send(office.at_the_desk_of(insurer.second, path), "form[action$='/release/']")

    page = office.at_the_desk_of(insurer.chief, path)
    with page.expect_download() as download:
        page.click("form[action$='/download/'] button[type=submit]")
    cards = read_print_file(downloaded(download.value))
    assert len(cards) == BATCH
    # The page finds out by itself that the file is gone, and shows what comes next.
    expect(page.locator("form[action$='/download/']")).to_have_count(0)

    page = office.at_the_desk_of(insurer.chief, f"/office/custody/check-in/printed/{batch.number}/")
    page.fill("input[name=missing-first] >> nth=0", str(cards[-3].serial))
    page.fill("input[name=missing-last] >> nth=0", str(cards[-1].serial))
    office.send(page)
    assert status_of(cards[0]) == "inventory"
    assert status_of(cards[-1]) == "void"
    return cards


def status_of(card: PrintedCard) -> str:
    state = find_card(card.serial)
    assert state is not None
    return str(state.seen)


def issue(office: Office, by: Staff, run: SerialRun, to: str, kind: str, place: str) -> None:
    page = office.at_the_desk_of(by, "/office/custody/issue/")
    page.check(f"input[name=recipient_type][value={kind}]")
    page.fill("input[name=document_type]", "AC-100")
    page.fill("input[name=to]", to)
    if place:
        page.fill("input[name=for_organisation]", place)
    name_runs(page, run.first, run.last)
    office.send(page)


def hand_down(office: Office, insurer: Insurer, run: SerialRun) -> None:
    """Head office → branch → institution → individual."""
    issue(office, insurer.chief, run, "1001", "organisation", "100101")
    check_in_the_latest(office, insurer.branch_keeper)
    issue(office, insurer.branch_keeper, run, "100101", "organisation", "10010101")
    check_in_the_latest(office, insurer.keeper)
    issue(office, insurer.keeper, SerialRun(run.first, run.first + 199), "I02", "person", "")
    assert Issue.objects.count() == 3
    card = find_card(run.first)
    assert card is not None
    assert (card.holder.code, card.seen) == ("I02", "inventory")


def check_in_the_latest(office: Office, by: Staff) -> None:
    page = office.at_the_desk_of(by, "/office/custody/check-in/")
    with page.expect_navigation():
        page.click("main table a.btn")
    office.send(page)


def sell_and_settle(office: Office, insurer: Insurer, run: SerialRun) -> Sale:
    """Sold, asked for, and confirmed by another person with two tenders."""
    page = office.at_the_desk_of(insurer.keeper, "/office/sales/register/")
    page.fill("input[name=document_type]", "AC-100")
    name_runs(page, run.first, run.last)
    page.fill("input[name=seller_organisation]", "100101")
    page.fill("input[name=seller]", "I02")
    page.select_option("select[name=business_source]", "direct")
    office.send(page)
    sale = Sale.objects.get()
    assert sale.number in page.url

    page.goto(f"/office/sales/{sale.number}/receipt/")
    office.send(page)
    receipt = Receipt.objects.get()
    path = f"/office/payments/receipts/{receipt.number}/"

    page = office.at_the_desk_of(insurer.cashier, path)
    page.fill("input[name=tenders-0-amount]", "600.00")
    page.click("button[name=add]")
    page.wait_for_selector("input[name=tenders-1-amount]")
    page.select_option("select[name=tenders-1-kind]", "transfer")
    page.fill("input[name=tenders-1-arrived_on]", str(clock.today()))
    page.fill("input[name=tenders-1-reference]", "BOC-77")
    page.fill("input[name=tenders-1-amount]", "400.00")
    confirm = page.locator("button[type=submit][form=confirm]:not([name]), #confirm + * button")
    with page.expect_navigation():
        confirm.last.click()
    invoice = Invoice.objects.get()
    for kind, number in (("invoice", invoice.number), ("notice", sale.number)):
        response = page.request.get(f"/office/papers/{kind}/{number}.pdf")
        assert response.headers["content-type"] == "application/pdf", kind
    return sale


def activate(phone: Page, axe: Callable[[Page], None], card: PrintedCard) -> None:
    """Scratch the panel, and become insured."""
    phone.goto("/")
    axe(phone)
    phone.fill("input[name=card_number]", card.card_number)
    phone.fill("input[name=pin]", card.pin)
    go_on(phone, axe)
    if phone.url.endswith("/card/"):
        phone.locator("main a.button, main button[type=submit]").first.click()
        axe(phone)
    phone.locator("button[name=product]").first.click()
    axe(phone)
    for _ in range(8):
        path = re.sub(r"^https?://[^/]+/|/$", "", phone.url)
        if path == "check-answers":
            break
        answer(phone, ANSWERS[path])
        go_on(phone, axe)
    button = phone.locator("main form button[type=submit]").last
    button.dblclick(no_wait_after=True)
    phone.wait_for_url("**/done/")
    axe(phone)


def go_on(phone: Page, axe: Callable[[Page], None]) -> None:
    with phone.expect_navigation():
        phone.locator("main form button[type=submit]:not([name])").last.click()
    axe(phone)


def answer(phone: Page, answers: dict[str, str]) -> None:
    for name, value in answers.items():
        if name == "region":
            district = find_region(value)
            assert district is not None
            phone.locator("main input[name=region_words]").press_sequentially(district.name_zh)
        control = phone.locator(f"main :is(input, select)[name={name}]")
        kind = control.first.get_attribute("type")
        if kind == "radio":
            phone.check(f"main input[name={name}][value='{value}']")
        elif kind == "checkbox":
            control.check()
        elif control.first.evaluate("each => each.tagName") == "SELECT":
            control.select_option(value)
        else:
            control.fill(value)


def look_up(phone: Page, axe: Callable[[Page], None], card: PrintedCard, policy: Policy) -> None:
    """The same pair later shows status, cover and dates, and nobody's whole name."""
    phone.goto("/look-up/")
    axe(phone)
    phone.locator("input[name=card_number]").first.fill(card.card_number)
    phone.locator("input[name=pin]").first.fill(card.pin)
    with phone.expect_navigation():
        phone.locator("form:has(input[name=pin]) button[type=submit]").last.click()
    axe(phone)
    assert policy.number in plain_text(phone)
    assert "WangFang" not in plain_text(phone)


def open_by_number(
    office: Office, insurer: Insurer, card: PrintedCard, sale: Sale, policy: Policy
) -> None:
    """The search box opens each of these things by its number."""
    numbers = [
        card.card_number,
        str(card.serial),
        Batch.objects.get().number,
        sale.number,
        Receipt.objects.get().number,
        Invoice.objects.get().number,
        policy.number,
        Issue.objects.earliest("pk").number,
    ]
    for number in numbers:
        page = office.at_the_desk_of(insurer.auditor, "/office/")
        page.fill("#find", number)
        with page.expect_navigation():
            page.press("#find", "Enter")
        assert "/search" not in page.url, number
    page = office.at_the_desk_of(insurer.auditor, f"/office/inquiry/cards/{card.card_number}/")
    expect(page.locator("main")).to_contain_text(sale.number)
    assert card_number(card.serial) == card.card_number
