"""Document types through their pages: defined, looked at, and changed for later batches."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import Page, expect

from selfcard.cards.models import DocumentType, DocumentTypeVersion
from selfcard.core import clock
from selfcard.organisations.models import May, Staff
from tests.factories.cards import (
    a_document_type,
    a_printer,
    an_approved_batch,
    an_ordered_batch,
    revise,
)
from tests.factories.organisations import Insurer, a_staff_member, an_insurer
from tests.factories.products import a_product, a_published_version

SignIn = Callable[[Page, Staff], None]
Axe = Callable[[Page], None]
OpenPage = Callable[..., Page]

REVISE = "/office/cards/types/AC-100/revise/"


@pytest.fixture
def insurer(db: None) -> Insurer:
    return an_insurer()


def entered(staff: Staff) -> Client:
    client = Client()
    client.force_login(staff, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


def sent_by(client: Client, address: str = REVISE, **changed: Any) -> dict[str, Any]:
    """What a browser sends of the form as the page shows it, with some fields changed."""
    form = client.get(address).context["form"]
    fields = {bound.name: bound.value() for bound in form}
    return {name: value for name, value in (fields | changed).items() if value is not None}


@pytest.mark.django_db(transaction=True)
def test_a_type_is_defined_ordered_and_changed_for_later_batches_through_pages(
    open_page: OpenPage, sign_in: SignIn, language: str, no_axe_violations: Axe
) -> None:
    insurer = an_insurer()
    a_published_version(insurer)
    a_printer(insurer)
    Staff.objects.update(language=language)
    chief = open_page()
    sign_in(chief, insurer.chief)
    last_day = clock.today() + timedelta(days=400)

    chief.goto("/office/cards/types/define/")
    no_axe_violations(chief)
    expect(chief.locator("[name=deadline_day]")).to_be_hidden()
    for name, text in {
        "code": "AC-100",
        "prefix": "620118",
        "name_zh": "意外卡",
        "name_en": "Accident card",
        "face_value": "100",
    }.items():
        chief.fill(f"[name={name}]", text)
    chief.check("[name=deadline][value=day]")
    expect(chief.locator("[name=deadline_months]")).to_be_hidden()
    chief.fill("[name=deadline_day]", "2020-01-01")
    chief.fill("[name=use_by_months]", "9")
    chief.check("[name=product_versions]")
    chief.click("form[data-once] .btn-primary")
    expect(chief.locator("[data-problems] a[href='#id_deadline_day']")).to_be_visible()
    no_axe_violations(chief)
    chief.fill("[name=deadline_day]", last_day.isoformat())
    chief.dblclick("form[data-once] .btn-primary")
    expect(chief).to_have_url(re.compile(r"/types/AC-100/$"))
    no_axe_violations(chief)
    version = DocumentTypeVersion.objects.get()
    assert (version.deadline_months, version.deadline_day) == (None, last_day)
    assert (version.use_by_months, version.administrator_limit) == (9, 50_000)
    an_approved_batch(insurer)

    chief.click("[href$='/revise/']")
    no_axe_violations(chief)
    expect(chief.locator("[name=deadline_day]")).to_have_value(last_day.isoformat())
    chief.check("[name=deadline][value=months]")
    chief.fill("[name=deadline_months]", "18")
    chief.fill("[name=holding_limit]", "1,000")
    chief.dblclick("form[data-once] .btn-primary")
    expect(chief.locator("#versions thead th")).to_have_count(3)
    expect(chief.locator("#versions td.changed")).to_have_count(2)
    no_axe_violations(chief)
    newest = DocumentTypeVersion.objects.latest("number")
    assert (newest.number, newest.deadline_months, newest.holding_limit) == (2, 18, 1_000)

    phone = open_page(390)
    sign_in(phone, insurer.chief)
    for address in ("/office/cards/types/", "/office/cards/types/AC-100/", REVISE):
        phone.goto(address)
        no_axe_violations(phone)
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390, address


def test_the_form_of_a_new_version_begins_from_the_newest(insurer: Insurer) -> None:
    a_document_type(insurer, deadline_months=18, use_by_months=12, administrator_limit=70_000)
    page = entered(insurer.chief).get(REVISE)
    form = page.context["form"]

    assert form["deadline_months"].value() == "18"
    assert form["deadline"].value() == "months"
    assert form["use_by_months"].value() == "12"
    assert form["administrator_limit"].value() == "70,000"
    assert "50,000" not in page.content.decode()


def test_what_was_hidden_does_not_count(insurer: Insurer) -> None:
    """Without script both fields are there: the one that was not chosen is not read."""
    a_document_type(insurer, deadline_months=18)
    chief = entered(insurer.chief)

    chief.post(REVISE, sent_by(chief, deadline="day", deadline_day="2030-12-31"))

    newest = DocumentTypeVersion.objects.latest("number")
    assert (newest.deadline_months, newest.deadline_day.isoformat()) == (None, "2030-12-31")


def test_a_form_that_changes_nothing_says_so(insurer: Insurer) -> None:
    other = a_published_version(insurer, a_product(insurer, "AAA"))
    first = a_published_version(insurer, a_product(insurer, "ZZZ"))
    a_document_type(insurer, "AC-100", "620118", first, other)
    chief = entered(insurer.chief)

    refused = chief.post(REVISE, sent_by(chief))

    assert refused.status_code == 422
    assert "AC-100" in str(refused.context["form"].non_field_errors())
    assert DocumentTypeVersion.objects.count() == 1


def test_a_form_from_an_earlier_version_leads_to_the_newer_one(insurer: Insurer) -> None:
    document_type = a_document_type(insurer)
    chief = entered(insurer.chief)
    sent = sent_by(chief, holding_limit="1000")
    revise(insurer, document_type, holding_limit=200)

    refused = chief.post(REVISE, sent)

    assert refused.status_code == 422
    assert 'href="/office/cards/types/AC-100/"' in refused.content.decode()
    assert document_type.versions.count() == 2


@pytest.mark.parametrize("begins_from", ["", "x", "99"])
def test_a_form_that_begins_from_nothing_makes_no_version(
    insurer: Insurer, begins_from: str
) -> None:
    a_document_type(insurer)
    chief = entered(insurer.chief)

    answer = chief.post(REVISE, sent_by(chief, holding_limit="9", begins_from=begins_from))

    assert answer.status_code in (404, 422)
    assert DocumentTypeVersion.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("deadline", "never"),
        ("deadline_months", "0"),
        ("deadline_months", "-3"),
        ("use_by_months", "１２１"),
        ("use_by_months", "two"),
        ("holding_limit", "999999999999999999999"),
        ("administrator_limit", ""),
        ("face_value", "1.005"),
        ("name_zh", "意外卡\u200b😀"),
        ("product_versions", []),
    ],
)
def test_what_is_out_of_bounds_is_refused_at_its_field(
    insurer: Insurer, field: str, text: Any
) -> None:
    a_document_type(insurer)
    chief = entered(insurer.chief)

    refused = chief.post(REVISE, sent_by(chief, **{field: text}))

    assert refused.status_code == 422
    assert field in refused.context["form"].errors
    assert DocumentTypeVersion.objects.count() == 1


def test_only_head_office_changes_a_type(insurer: Insurer) -> None:
    a_document_type(insurer)
    elsewhere = a_staff_member("B09", insurer.branch, May.DEFINE_TYPES, May.SEE_CARDS)

    for staff in (insurer.keeper, elsewhere):
        page = entered(staff)
        assert REVISE not in page.get("/office/cards/types/AC-100/").content.decode()
        assert page.get(REVISE).status_code in (403, 404)
        assert page.post(REVISE, {"request_id": str(uuid4())}).status_code in (403, 404)


def test_orders_that_wait_are_named_before_a_new_version_is_made(insurer: Insurer) -> None:
    waiting = an_ordered_batch(insurer)
    approved = an_approved_batch(insurer)

    page = entered(insurer.chief).get(REVISE).content.decode()

    assert waiting.number in page
    assert approved.number not in page


def test_an_order_by_an_earlier_version_is_ordered_again(insurer: Insurer) -> None:
    batch = an_ordered_batch(insurer, 70)
    revise(insurer, batch.type_version.document_type, holding_limit=9)
    address = f"/office/cards/batches/{batch.number}/"
    chief, second = entered(insurer.chief), entered(insurer.second)
    again = "/office/cards/batches/order/?document_type=AC-100&amp;count=70&amp;printer=P01"

    assert again in chief.get(address).content.decode()
    page = second.get(address).content.decode()
    assert f"{address}approve/" not in page
    assert f"{address}refuse/" in page
    late = second.post(f"{address}approve/", {"request_id": str(uuid4())})
    assert late.status_code == 422
    assert 'href="/office/cards/batches/order/"' in late.content.decode()
    form = chief.get(again.replace("&amp;", "&")).context["form"]
    assert [form[name].value() for name in ("document_type", "count", "printer")] == [
        "AC-100",
        "70",
        "P01",
    ]


def test_an_order_of_cards_that_end_too_soon_leads_to_a_new_version(insurer: Insurer) -> None:
    a_document_type(insurer, deadline_day=clock.today() + timedelta(days=60))
    a_printer(insurer)
    with clock.frozen(clock.now() + timedelta(days=45)):
        refused = entered(insurer.chief).post(
            "/office/cards/batches/order/",
            {
                "request_id": str(uuid4()),
                "document_type": "AC-100",
                "count": "10",
                "printer": "P01",
            },
        )

    assert "document_type" in refused.context["form"].errors
    assert f'href="{REVISE}"' in refused.content.decode()


def test_the_page_of_a_type_says_which_batches_each_version_printed(insurer: Insurer) -> None:
    first = an_approved_batch(insurer)
    revise(insurer, first.type_version.document_type, holding_limit=200)
    second = an_approved_batch(insurer)

    columns = entered(insurer.chief).get("/office/cards/types/AC-100/").context["columns"]

    assert [(one.number, numbers, more) for one, numbers, more in columns] == [
        (2, [second.number], 0),
        (1, [first.number], 0),
    ]
    stranger = entered(insurer.other_keeper).get("/office/cards/types/AC-100/")
    assert first.number not in stranger.content.decode()


def test_a_page_of_a_type_costs_the_same_statements_however_many_versions_it_has(
    insurer: Insurer,
) -> None:
    document_type = a_document_type(insurer)
    chief = entered(insurer.chief)
    counts = []
    for limit in range(1, 5):
        revise(insurer, DocumentType.objects.get(pk=document_type.pk), holding_limit=limit)
        an_approved_batch(insurer, 10)
        for address in ("/office/cards/types/AC-100/", REVISE):
            with CaptureQueriesContext(connection) as queries:
                assert chief.get(address).status_code == 200
            counts.append(len(queries))

    assert counts[2:4] == counts[-2:]
    assert max(counts) <= 18
