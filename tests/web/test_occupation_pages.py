"""The classification of occupations in the office: looked through, filtered, taken along."""

import csv
import io
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect

from selfcard.organisations.models import May
from selfcard.products.occupations import occupations
from tests.factories.organisations import a_staff_member, an_insurer

PAGE = "/office/products/occupations/"


@pytest.fixture
def client(db: None) -> Client:
    staff = a_staff_member("C77", an_insurer().head_office, May.DEFINE_PRODUCTS)
    client = Client(headers={"accept-language": "en"})
    client.force_login(staff, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


def codes(client: Client, **asked: str) -> list[str]:
    """The codes of the list as it is filtered."""
    file = client.get(PAGE, {**asked, "export": "csv"})
    text = b"".join(file.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return [row[0] for row in csv.reader(io.StringIO(text))][1:]


def test_the_whole_classification_goes_out_as_a_file(client):
    assert codes(client) == list(occupations())


def test_it_is_filtered_by_words_sector_and_class(client):
    assert codes(client, q="外卖") == codes(client, q="waimai") == ["0603002"]
    assert set(codes(client, q="couriers and deliveries")) == {
        code for code in occupations() if code.startswith("0603")
    }
    assert set(codes(client, sector="18")) == {c for c in occupations() if c.startswith("18")}
    refused = codes(client, risk_class="none")
    assert set(refused) == {c for c, one in occupations().items() if one.risk_class is None}
    assert "0907001" in refused
    assert codes(client, q="外卖", risk_class="1") == []


def test_a_list_without_rows_says_so_and_an_impossible_filter_is_none(client):
    assert "Nothing matches these filters" in client.get(PAGE, {"q": "zzzz"}).content.decode()
    assert len(codes(client, sector="99")) == len(occupations())


def test_it_takes_few_statements(client, django_assert_max_num_queries: Any):
    with django_assert_max_num_queries(12):
        client.get(PAGE, {"q": "driver", "sort": "-risk_class"})


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [390, 1280])
def test_it_is_read_at_every_width(
    open_page: Any, sign_in: Any, no_axe_violations: Any, width: int, language: str
) -> None:
    staff = a_staff_member("C77", an_insurer().head_office, May.SEE_POLICIES)
    page: Page = open_page(width)
    sign_in(page, staff)
    page.goto(f"{PAGE}?q=taxi")

    expect(page.locator("tbody tr")).to_have_count(3)
    no_axe_violations(page)
