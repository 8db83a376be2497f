"""From the order of a batch to cards in somebody's hands, through pages: in a browser, and what
each page refuses."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pyrage
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from playwright.sync_api import Page, expect

from selfcard.cards.commands import (
    ask_print_release,
    download_print_file,
    release_print_file,
)
from selfcard.cards.models import Batch
from selfcard.core import clock
from selfcard.core.models import Work
from selfcard.core.work import run_waiting_jobs
from selfcard.custody.commands import check_in
from selfcard.custody.models import Issue
from selfcard.custody.queries import still_missing
from selfcard.custody.verify import violations
from selfcard.organisations.models import Staff
from tests.factories.cards import (
    PRINTING_HOUSE,
    a_document_type,
    a_made_batch,
    a_printed_batch,
    a_printer,
    an_approved_batch,
    an_ordered_batch,
)
from tests.factories.custody import (
    cards_at_head_office,
    cards_at_institution,
    cards_of,
    custody,
    hand_down,
)
from tests.factories.organisations import Insurer, an_insurer

SignIn = Callable[[Page, Staff], None]
Axe = Callable[[Page], None]
OpenPage = Callable[..., Page]


@pytest.fixture
def insurer(db: None) -> Insurer:
    return an_insurer()


def entered(staff: Staff) -> Client:
    client = Client()
    client.force_login(staff, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


def runs(name: str, *given: tuple[int, int]) -> dict[str, list[str]]:
    """What a browser sends for a range input."""
    return {
        f"{name}-first": [str(first) for first, _ in given],
        f"{name}-last": [str(last) for _, last in given],
        f"{name}-count": ["" for _ in given],
    }


# The whole way, in a browser


@pytest.mark.django_db(transaction=True)
def test_a_batch_is_ordered_approved_made_released_downloaded_and_checked_in_through_pages(
    open_page: OpenPage, sign_in: SignIn, language: str, no_axe_violations: Axe
) -> None:
    insurer = an_insurer()
    a_document_type(insurer)
    a_printer(insurer)
    Staff.objects.update(language=language)
    chief, second = open_page(), open_page()
    sign_in(chief, insurer.chief)
    sign_in(second, insurer.second)

    chief.goto("/office/cards/batches/order/")
    chief.fill("[name=document_type]", "AC-100")
    chief.fill("[name=count]", "5,000")
    chief.fill("[name=printer]", "P01")
    no_axe_violations(chief)
    chief.dblclick("form[data-once] .btn-primary")
    expect(chief).to_have_url(re.compile(r"/office/cards/batches/B-\d{4}-001/$"))
    batch = Batch.objects.get()
    expect(chief.locator(".two .open")).to_be_visible()
    expect(chief.locator(".form-foot .btn-primary")).to_have_count(0)  # never by oneself
    no_axe_violations(chief)

    second.goto(f"/office/cards/batches/{batch.number}/")
    no_axe_violations(second)
    second.click(".form-foot .btn-primary")
    expect(second.locator("[role=progressbar]")).to_be_visible()
    no_axe_violations(second)

    chief.goto("/office/")  # whoever leaves the page finds the progress again
    batch.refresh_from_db()
    Batch.objects.update(state="generating")
    Work.objects.update(state="running", done=4_000)
    chief.goto(f"/office/cards/batches/{batch.number}/")
    expect(chief.locator("[role=progressbar]")).to_have_attribute("aria-valuenow", "80")
    run_waiting_jobs()
    expect(chief.locator(".next .btn-primary")).to_be_visible()  # the page saw it by itself
    no_axe_violations(chief)
    chief.click(".next .btn-primary")
    expect(chief.locator(".two")).to_be_visible()

    second.goto(f"/office/cards/batches/{batch.number}/")
    no_axe_violations(second)
    second.click(".form-foot .btn-primary")
    expect(second.locator(".next")).to_be_visible()

    chief.goto(f"/office/cards/batches/{batch.number}/")
    with chief.expect_download() as download:
        chief.click(".next .btn-primary")
    encrypted = download.value.path().read_bytes()
    assert len(pyrage.decrypt(encrypted, [PRINTING_HOUSE]).splitlines()) == 5_001
    expect(chief.locator(".next a.btn-primary")).to_be_visible()  # and saw the download
    no_axe_violations(chief)

    chief.click(".next a.btn-primary")
    chief.locator("[name=missing-first]").first.fill("1018")
    chief.locator("[name=missing-count]").first.fill("3")
    chief.locator("[name=damaged-first]").first.fill("9999")
    no_axe_violations(chief)
    chief.click("form[data-once] .btn-primary")
    expect(chief.locator("[data-problems]")).to_contain_text("000 009 999")
    no_axe_violations(chief)
    chief.locator("[name=damaged-first]").first.fill("5000")
    chief.click("form[data-once] .btn-primary")

    expect(chief.locator(".keys")).to_contain_text("4,996")
    no_axe_violations(chief)
    assert custody(batch) == [
        ("Head office", "inventory", 1, 1017),
        ("Head office", "void", 1018, 1020),
        ("Head office", "inventory", 1021, 4999),
        ("Head office", "void", 5000, 5000),
    ]
    assert list(violations()) == []


@pytest.mark.django_db(transaction=True)
def test_cards_go_from_head_office_into_a_persons_hands_through_pages(
    open_page: OpenPage, sign_in: SignIn, language: str, no_axe_violations: Axe
) -> None:
    insurer = an_insurer()
    batch, _ = cards_at_head_office(insurer, 1_000)
    Staff.objects.update(language=language)
    way = (
        (insurer.chief, "1001", insurer.branch_keeper),
        (insurer.branch_keeper, "100101", insurer.keeper),
    )
    for sender, to, receiver in way:
        page = open_page()
        sign_in(page, sender)
        page.goto("/office/custody/issue/")
        page.fill("[name=document_type]", "AC-100")
        page.fill("[name=to]", to)
        page.locator("[name=runs-first]").first.fill("1")
        page.locator("[name=runs-count]").first.fill("500")
        expect(page.locator(".answer")).to_contain_text("500")
        no_axe_violations(page)
        page.dblclick("form[data-once] .btn-primary")
        expect(page.locator("h1")).to_contain_text("IN-")
        no_axe_violations(page)

        page = open_page()
        sign_in(page, receiver)
        page.goto("/office/custody/check-in/")
        no_axe_violations(page)
        page.click("table a.btn")
        no_axe_violations(page)
        page.click("form[data-once] .btn-primary")
        expect(page.locator("#papers a")).to_have_count(2)
        no_axe_violations(page)

    page.goto("/office/custody/issue/")
    expect(page.locator("[name=to]")).to_have_value("I01")  # the administrator, by default
    page.fill("[name=document_type]", "AC-100")
    page.fill("[name=to]", "I02")
    page.locator("[name=runs-first]").first.fill("1")
    page.locator("[name=runs-last]").first.fill("200")
    page.click("form[data-once] .btn-primary")
    expect(page.locator("h1")).to_contain_text("IN-")
    page.goto("/office/custody/issues/")
    no_axe_violations(page)

    assert custody(batch) == [
        ("Person I02", "inventory", 1, 200),
        ("Institution", "inventory", 201, 500),
        ("Head office", "inventory", 501, 1000),
    ]
    assert Issue.objects.count() == 3
    assert list(violations()) == []


@pytest.mark.parametrize("language", ["en"])
@pytest.mark.django_db(transaction=True)
def test_the_live_answer_names_the_cards_that_cannot_be_issued_and_what_helps(
    desktop: Page, sign_in: SignIn, no_axe_violations: Axe
) -> None:
    insurer = an_insurer()
    batch, _ = cards_at_institution(insurer, 1_000)
    note = hand_down(insurer, cards_of(batch, 301, 500), insurer.department.party, "keeper")
    sign_in(desktop, insurer.keeper)

    desktop.goto("/office/custody/issue/")
    desktop.fill("[name=document_type]", "AC-100")
    desktop.locator("[name=runs-first]").first.fill("201")
    desktop.locator("[name=runs-last]").first.fill("1001")

    answer = desktop.locator(".answer-place")
    expect(answer).to_contain_text("600 can be used")
    expect(answer).to_contain_text("201 cannot")
    expect(answer.locator(f"a[href*='{note.number}']")).to_be_visible()
    no_axe_violations(desktop)


@pytest.mark.parametrize("language", ["en"])
@pytest.mark.django_db(transaction=True)
def test_the_pages_work_on_a_phone_and_without_script(
    open_page: OpenPage, sign_in: SignIn, no_axe_violations: Axe
) -> None:
    insurer = an_insurer()
    batch, _ = cards_at_head_office(insurer, 100)
    page = open_page(390, javascript=False)
    sign_in(page, insurer.chief)

    page.goto("/office/custody/issue/")
    page.fill("[name=document_type]", "AC-100")
    page.fill("[name=to]", "1001")
    page.locator("[name=runs-first]").first.fill("1")
    page.locator("[name=runs-last]").first.fill("50")
    page.click("form[data-once] .btn-primary")

    assert custody(batch)[0] == ("Head office", "in_transit", 1, 50)
    for address in ("/office/cards/batches/", f"/office/cards/batches/{batch.number}/"):
        page.goto(address)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390, address


# What the pages refuse, and to whom


def test_a_refusal_stands_at_its_field_and_keeps_what_was_typed(insurer: Insurer) -> None:
    batch, _ = cards_at_institution(insurer, 100)
    first = batch.run.first
    with translation.override("en"):
        answer = entered(insurer.keeper).post(
            "/office/custody/issue/",
            {
                "request_id": str(uuid4()),
                "recipient_type": "person",
                "document_type": "AC-100",
                "to": "I03",
                **runs("runs", (first, first + 9)),
            },
        )

    assert answer.status_code == 422
    assert "to" in answer.context["form"].errors
    assert f"{first}"[-3:] in answer.content.decode()
    assert not Issue.objects.filter(to_party=insurer.cashier.party).exists()


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (10, 1, "reversed"),
        (1, 101, "no such cards"),
        (1, 20, "in the status"),
    ],
)
def test_a_bad_range_is_refused_with_its_serials(
    insurer: Insurer, first: int, last: int, said: str
) -> None:
    batch, _ = cards_at_institution(insurer, 100)
    hand_down(insurer, cards_of(batch, 15, 30), insurer.department.party, "keeper")
    Staff.objects.update(language="en")
    start = batch.run.first - 1

    answer = entered(insurer.keeper).post(
        "/office/custody/issue/",
        {
            "request_id": str(uuid4()),
            "recipient_type": "person",
            "document_type": "AC-100",
            "to": "I01",
            **runs("runs", (start + first, start + last)),
        },
        headers={"accept-language": "en"},
    )

    assert answer.status_code == 422
    assert said in str(answer.context["form"].errors["runs"])


def test_a_mandatory_field_that_is_left_out_is_named(insurer: Insurer) -> None:
    answer = entered(insurer.keeper).post("/office/custody/issue/", {"request_id": str(uuid4())})

    assert answer.status_code == 422
    assert {"recipient_type", "document_type", "to", "runs"} <= set(answer.context["form"].errors)


def test_an_individual_is_no_organisation(insurer: Insurer) -> None:
    batch, _ = cards_at_institution(insurer, 10)
    answer = entered(insurer.keeper).post(
        "/office/custody/issue/",
        {
            "request_id": str(uuid4()),
            "recipient_type": "organisation",
            "document_type": "AC-100",
            "to": "I02",
            **runs("runs", (batch.run.first, batch.run.last)),
        },
    )

    assert "to" in answer.context["form"].errors


def test_a_print_file_is_given_once_and_then_refused_with_a_sentence(insurer: Insurer) -> None:
    batch = a_made_batch(insurer, 10)
    ask_print_release(batch=batch, actor=insurer.actor("chief"), request_id=uuid4())
    release_print_file(batch=batch, actor=insurer.actor("second"), request_id=uuid4())
    chief, sent = entered(insurer.chief), {"request_id": str(uuid4())}
    address = f"/office/cards/batches/{batch.number}/download/"

    first: Any = chief.post(address, sent)
    assert b"".join(first.streaming_content).startswith(b"age-encryption.org")
    for again in (sent, {"request_id": str(uuid4())}):  # the back button, and another try
        refused = chief.post(address, again)
        assert refused.status_code == 422
        assert batch.number in str(refused.context["refused"].errors)


def test_a_file_that_a_crash_left_lying_is_offered_to_whoever_downloaded_it(
    insurer: Insurer,
) -> None:
    batch = a_made_batch(insurer, 10)
    ask_print_release(batch=batch, actor=insurer.actor("chief"), request_id=uuid4())
    release_print_file(batch=batch, actor=insurer.actor("second"), request_id=uuid4())
    download_print_file(batch=batch, actor=insurer.actor("chief"), request_id=uuid4())
    address = f"/office/cards/batches/{batch.number}/"
    download = f"{address}download/"

    chief = entered(insurer.chief)
    assert download in chief.get(address).content.decode()
    assert download not in entered(insurer.second).get(address).content.decode()
    given: Any = chief.post(download, {"request_id": str(uuid4())})
    assert b"".join(given.streaming_content).startswith(b"age-encryption.org")
    assert download not in chief.get(address).content.decode()


def test_who_has_the_print_file_is_said_with_the_insurers_day(insurer: Insurer) -> None:
    with clock.frozen(datetime(2026, 11, 23, 6, 0, tzinfo=clock.zone())):
        batch, _ = a_printed_batch(insurer, 10)
        chief = entered(insurer.chief)
        refused = chief.post(
            f"/office/cards/batches/{batch.number}/download/", {"request_id": str(uuid4())}
        )

    assert "2026-11-23 06:00" in str(refused.context["refused"].errors)


def test_missing_cards_are_released_from_their_note_by_the_sender(insurer: Insurer) -> None:
    batch, _ = cards_at_head_office(insurer, 20)
    note = hand_down(insurer, batch.run, insurer.branch.party)
    missing = cards_of(batch, 5, 7)
    check_in(
        issue=note, missing=(missing,), actor=insurer.actor("branch_keeper"), request_id=uuid4()
    )
    address = f"/office/custody/issues/{note.number}/"
    chief = entered(insurer.chief)

    assert f"{address}found/" in chief.get(address).content.decode()
    assert f"{address}found/" not in entered(insurer.branch_keeper).get(address).content.decode()
    assert chief.get(f"{address}found/").status_code == 200
    nothing = chief.post(f"{address}found/", {"request_id": str(uuid4())})
    assert "runs" in nothing.context["form"].errors
    done = chief.post(
        f"{address}found/",
        {"request_id": str(uuid4()), **runs("runs", (missing.first, missing.last))},
    )
    assert done.status_code == 302
    assert still_missing(note) == []
    assert f"{address}found/" not in chief.get(address).content.decode()


def test_a_refusal_of_an_order_asks_why(insurer: Insurer) -> None:
    batch = an_ordered_batch(insurer, 10)
    second = entered(insurer.second)
    address = f"/office/cards/batches/{batch.number}/refuse/"

    assert second.get(address).status_code == 200
    assert second.post(address, {"request_id": str(uuid4()), "reason": ""}).status_code == 422
    done = second.post(address, {"request_id": str(uuid4()), "reason": "Too many"})

    assert done.status_code == 302
    batch.refresh_from_db()
    assert (batch.state, batch.reason) == ("refused", "Too many")


def test_an_expired_order_is_asked_for_again_on_its_page(insurer: Insurer) -> None:
    batch = an_ordered_batch(insurer, 10)
    address = f"/office/cards/batches/{batch.number}/"
    ask_again, approve = f"{address}ask-approval/", f"{address}approve/"

    with clock.frozen(clock.now() + timedelta(days=15)):
        chief, second = entered(insurer.chief), entered(insurer.second)
        assert ask_again in chief.get(address).content.decode()
        assert approve not in second.get(address).content.decode()
        assert chief.post(ask_again, {"request_id": str(uuid4())}).status_code == 302
        assert ask_again not in chief.get(address).content.decode()
        assert approve in second.get(address).content.decode()


def test_an_expired_release_is_asked_for_again_on_its_page(insurer: Insurer) -> None:
    batch = a_made_batch(insurer, 10)
    ask_print_release(batch=batch, actor=insurer.actor("chief"), request_id=uuid4())
    address = f"/office/cards/batches/{batch.number}/"

    with clock.frozen(clock.now() + timedelta(days=15)):
        chief, second = entered(insurer.chief), entered(insurer.second)
        assert f"{address}ask-release/" in chief.get(address).content.decode()
        assert f"{address}release/" not in second.get(address).content.decode()
        chief.post(f"{address}ask-release/", {"request_id": str(uuid4())})
        assert f"{address}release/" in second.get(address).content.decode()


def test_a_deed_that_comes_too_late_says_so_on_the_batchs_page(insurer: Insurer) -> None:
    batch = an_approved_batch(insurer, 10)

    answer = entered(insurer.second).post(
        f"/office/cards/batches/{batch.number}/approve/", {"request_id": str(uuid4())}
    )

    assert answer.status_code == 422
    assert batch.number in str(answer.context["refused"].errors)


def test_a_making_is_cancelled_with_a_reason_on_its_page(insurer: Insurer) -> None:
    batch = an_approved_batch(insurer, 10)

    entered(insurer.chief).post(
        f"/office/cards/batches/{batch.number}/cancel/",
        {"request_id": str(uuid4()), "reason": "Wrong printer"},
    )

    batch.refresh_from_db()
    assert batch.state == "cancelled"


def test_whoever_only_keeps_cards_opens_no_batch(insurer: Insurer) -> None:
    batch, _ = a_printed_batch(insurer, 10)

    for address in ("/office/cards/batches/", f"/office/cards/batches/{batch.number}/"):
        assert entered(insurer.keeper).get(address).status_code in (403, 404)


def test_a_foreign_branch_finds_neither_note_nor_batch(insurer: Insurer) -> None:
    batch, _ = cards_at_institution(insurer, 10)
    note = hand_down(insurer, batch.run, insurer.department.party, "keeper")
    stranger = entered(insurer.other_keeper)

    for address in (
        f"/office/custody/issues/{note.number}/",
        f"/office/custody/check-in/{note.number}/",
        f"/office/custody/check-in/printed/{batch.number}/",
    ):
        assert stranger.get(address).status_code == 404


def test_a_document_type_is_defined_through_its_page(insurer: Insurer) -> None:
    a_document_type(insurer)
    chief = entered(insurer.chief)
    form = chief.get("/office/cards/types/define/").context["form"]
    product = form.fields["product_versions"].queryset.get()

    answer = chief.post(
        "/office/cards/types/define/",
        {
            "request_id": str(uuid4()),
            "code": "AC-200",
            "prefix": "620200",
            "face_value": "200.00",
            "name_zh": "意外卡",
            "name_en": "Accident card",
            "deadline": "months",
            "deadline_months": "24",
            "use_by_months": "",
            "pin_length": "12",
            "holding_limit": "1,000",
            "administrator_limit": "50,000",
            "product_versions": [product.pk],
        },
    )

    assert answer.status_code == 302
    assert answer["Location"] == "/office/cards/types/AC-200/"
    assert chief.get(answer["Location"]).status_code == 200


@pytest.mark.parametrize(
    ("address", "most"),
    [
        ("/office/cards/batches/", 16),
        ("/office/cards/types/", 16),
        ("/office/custody/issues/", 16),
        ("/office/custody/check-in/", 16),
    ],
)
def test_a_list_costs_the_same_statements_however_long_it_is(
    insurer: Insurer, address: str, most: int
) -> None:
    batch, _ = cards_at_head_office(insurer, 100)
    chief = entered(insurer.chief)
    counts = []
    for place in range(1, 5):
        hand_down(insurer, cards_of(batch, place, place), insurer.branch.party)
        an_ordered_batch(insurer, 10)
        with CaptureQueriesContext(connection) as queries:
            assert chief.get(address).status_code == 200
        counts.append(len(queries))

    assert counts[-1] == counts[1]
    assert counts[-1] <= most
