"""A claim in a real browser: reported on a phone, also without script, and looked at by staff."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from selfcard.claims.models import KeptAttachment, Notice
from selfcard.policies.models import Policy
from tests.factories.activation import activate, paid_cards
from tests.factories.attachments import a_photo
from tests.factories.cards import PrintedCard
from tests.factories.claims import a_claims_officer, a_photo_of, add, report
from tests.factories.organisations import Insurer
from tests.web.conftest import DESKTOP, PHONE, OpenPage
from tests.web.desks import Office

pytestmark = pytest.mark.django_db(transaction=True)

Seen = Callable[[Page], None]


@pytest.fixture
def card(insurer: Insurer) -> PrintedCard:
    return paid_cards(insurer, 1)[0]


def show_the_card(page: Page, card: PrintedCard) -> None:
    page.goto("/look-up/")
    page.locator("#card_card_number").fill(card.card_number)
    page.locator("#card_pin").fill(card.pin)
    page.locator("form[data-gate] .go .button").click()


def tell(page: Page) -> None:
    page.locator("input[name=harm][value=injury]").check()
    for part, value in (("year", "2026"), ("month", "1"), ("day", "2")):
        page.locator(f"[name=happened_{part}]").fill(value)
    page.locator("#id_region_1").fill("杭州西湖")
    page.locator("#id_place").fill("湖边")
    page.locator("#id_hurt").fill("王芳")
    page.locator("#id_story").fill("摔倒了")
    page.locator("#id_reporter").fill("李雷")
    page.locator("#id_phone").fill("138 0013 8000")


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_a_claim_is_reported_and_its_photo_added(
    open_page: OpenPage,
    card: PrintedCard,
    no_axe_violations: Seen,
    tmp_path: Path,
    width: int,
    javascript: bool,
) -> None:
    # axe is a script itself: pages without any are looked at with it.
    looked_at = no_axe_violations if javascript else lambda page: None
    page = open_page(width, javascript=javascript)
    page.goto("/claim/")
    looked_at(page)
    show_the_card(page, card)
    page.goto("/claim/")
    looked_at(page)
    page.locator("main a[href='/claim/report/']").click()
    page.locator("#page .go .button").click()
    expect(page.locator(".problem")).to_be_visible()
    looked_at(page)
    tell(page)
    page.locator("#page .go .button").click()

    notice = Notice.objects.get()
    expect(page.locator("h1")).to_have_text(notice.number)
    looked_at(page)
    bad, good = tmp_path / "bill.pdf", tmp_path / "photo.png"
    bad.write_bytes(b"no pdf")
    good.write_bytes(a_photo("PNG"))
    page.locator("#id_attachments").set_input_files(bad)
    page.locator("#id_words").fill("还疼")
    page.locator("#page .go .button").click()
    expect(page.locator(".problem")).to_contain_text("bill.pdf")
    expect(page.locator("#id_words")).to_have_value("还疼")
    looked_at(page)
    page.locator("#id_attachments").set_input_files(good)
    page.locator("#page .go .button").click()
    expect(page.locator("#added")).to_be_visible()
    looked_at(page)

    assert KeptAttachment.objects.get().name == "photo.png"


@pytest.fixture
def policy(card: PrintedCard) -> Policy:
    return activate(card)


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_staff_take_it_on_open_its_photo_and_close_it(
    insurer: Insurer, policy: Policy, office: Office, no_axe_violations: Seen, width: int
) -> None:
    officer = a_claims_officer(insurer)
    notice = report(policy)
    add(notice, "还疼", a_photo_of("手腕.jpg"))
    page = office.at_the_desk_of(officer, "/office/claims/")
    page.set_viewport_size({"width": width, "height": 900})
    for path in ("", "record/", f"{notice.number}/add/", f"{notice.number}/"):
        office.at_the_desk_of(officer, f"/office/claims/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    office.send(page, ".next form")
    with page.expect_download() as given:
        page.locator("a[download]").click()
    assert given.value.suggested_filename.endswith("手腕.jpg")
    office.at_the_desk_of(officer, f"/office/claims/{notice.number}/look/")
    page.locator("#id_words").fill("4711")
    page.locator("#id_is_last").check()
    office.send(page, "#look")
    expect(page.locator("h1")).to_contain_text(notice.number)

    assert Notice.objects.get().state == "closed"
