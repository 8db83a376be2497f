"""The user manual on the portal: of cards that are about, in both languages, without a sign-in."""

from collections.abc import Callable

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import Page

from tests.factories.cards import a_document_type, a_made_batch, an_ordered_batch, revise
from tests.factories.organisations import Insurer, an_insurer
from tests.factories.products import a_product, a_published_version
from tests.web.conftest import DESKTOP, PHONE, OpenPage

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english(client: Client) -> None:
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"


def cards_about(products: int = 1) -> Insurer:
    insurer = an_insurer()
    several = [
        a_published_version(insurer, a_product(insurer, f"ACC-{place}"))
        for place in range(products)
    ]
    a_made_batch(insurer, 3, a_document_type(insurer, "AC-100", "620118", *several))
    return insurer


@pytest.fixture
def insurer() -> Insurer:
    return cards_about()


def test_the_start_page_leads_to_the_manuals_and_they_to_each(
    insurer: Insurer, client: Client
) -> None:
    assert 'href="/manual/"' in client.get("/").content.decode()

    listed = client.get("/manual/").content.decode()
    assert 'href="/manual/AC-100/"' in listed
    assert "Accident card" in listed


def test_a_manual_says_how_to_activate_what_is_covered_and_what_to_do(
    insurer: Insurer, client: Client
) -> None:
    page = client.get("/manual/AC-100/").content.decode()

    for said in (
        "How to activate",
        "By telephone",
        "At a counter",
        "Death or disability by accident",
        "The insured is 0 to 80 years old",
        "Driving after drinking",
        "Cancelled before cover starts",
        "The last day is printed on the back of the card",
        "Tell us within 36 hours",
        "We need: medical records, a report of the accident.",
        "400 555 0100",
    ):
        assert said in page, said
    assert "By SMS" not in page


def test_the_same_is_a_leaflet_in_both_languages(insurer: Insurer, client: Client) -> None:
    for language in ("zh-hans", "en"):
        answer = client.get(f"/manual/AC-100/1/{language}.pdf")
        assert answer.headers["Content-Type"] == "application/pdf"
    assert client.get("/manual/AC-100/1/fr.pdf").status_code == 404


def test_an_older_card_has_its_own_manual(insurer: Insurer, client: Client) -> None:
    from selfcard.cards.models import DocumentType

    one = DocumentType.objects.get()
    revise(insurer, one, name_en="Better card")
    assert client.get("/manual/AC-100/2/").status_code == 404  # no such card is about yet
    a_made_batch(insurer, 3, one)

    assert "Better card" in client.get("/manual/AC-100/").content.decode()
    assert "Accident card" in client.get("/manual/AC-100/1/").content.decode()


def test_of_cards_that_are_only_planned_the_public_is_told_nothing(client: Client) -> None:
    insurer = an_insurer()
    planned = a_document_type(
        insurer, "AC-NEW", "620119", a_published_version(insurer, a_product(insurer))
    )
    an_ordered_batch(insurer, 3, planned)

    assert "AC-NEW" not in client.get("/manual/").content.decode()
    for address in ("/manual/AC-NEW/", "/manual/AC-NEW/1/", "/manual/AC-NEW/1/en.pdf"):
        assert client.get(address).status_code == 404, address


@pytest.mark.parametrize("products", [1, 3])
def test_a_manual_takes_as_many_statements_with_many_products(
    client: Client, products: int
) -> None:
    cards_about(products)

    with CaptureQueriesContext(connection) as asked:
        assert client.get("/manual/AC-100/").status_code == 200

    assert len(asked) <= 4, [one["sql"][:90] for one in asked]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_nothing_stands_in_anybodys_way(
    open_page: OpenPage, no_axe_violations: Callable[[Page], None], width: int
) -> None:
    cards_about(2)
    page = open_page(width, javascript=True)

    for address in ("/manual/", "/manual/AC-100/"):
        page.goto(address)
        no_axe_violations(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
