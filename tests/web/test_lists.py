"""Lists cost the same however long they are, sort and page by their address, export harmlessly."""

from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from selfcard.organisations.models import May
from selfcard.policies.models import Policy
from tests.factories.activation import activate, paid_cards, sell
from tests.factories.cards import an_ordered_batch
from tests.factories.custody import cards_at_institution
from tests.factories.organisations import Insurer, a_staff_member, an_insurer
from tests.factories.policies import a_person, an_application
from tests.web.test_out_of_reach import office_addresses

pytestmark = pytest.mark.django_db

MOST_STATEMENTS = 45


@pytest.fixture
def insurer() -> Insurer:
    return an_insurer()


@pytest.fixture
def everybody(insurer: Insurer) -> Client:
    """Somebody who may do and see everything everywhere."""
    staff = a_staff_member("C99", insurer.head_office, *May.values)
    client = Client()
    client.force_login(staff, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


def some_business(insurer: Insurer) -> None:
    """A batch, sales paid and unpaid, policies: a few rows for every list."""
    for card in paid_cards(insurer, 3)[:2]:
        somebody = a_person(order=Policy.objects.count() + 1)
        activate(card, an_application(applicant=somebody))
    _, unsold = cards_at_institution(insurer, 4)
    for card in unsold[:2]:
        sell(insurer, [card])
    an_ordered_batch(insurer, 10)


def statements(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200, address
    return len(captured)


def pages() -> list[str]:
    """Every page of the office that opens without a number, and is looked at."""
    return [
        name
        for name, arguments in office_addresses()
        if not arguments and not name.endswith(("_answer", ":answer"))
    ]


def test_a_page_takes_as_many_statements_on_a_busy_day(insurer: Insurer, everybody: Client) -> None:
    some_business(insurer)
    for name in pages():
        everybody.get(reverse(name))
    before = {name: statements(everybody, reverse(name)) for name in pages()}

    some_business(insurer)
    some_business(insurer)

    after = {name: statements(everybody, reverse(name)) for name in pages()}
    grown = {name: (before[name], after[name]) for name in before if after[name] > before[name]}
    assert grown == {}
    assert {name: count for name, count in after.items() if count > MOST_STATEMENTS} == {}


@pytest.mark.parametrize("name", ["office:administration:staff", "office:sales:list"])
def test_a_list_is_exported_as_it_is_filtered(
    insurer: Insurer, everybody: Client, name: str
) -> None:
    some_business(insurer)

    answer: Any = everybody.get(reverse(name), {"export": "csv"})

    text = b"".join(answer.streaming_content).decode()
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert text.startswith("\ufeff")
    assert "<" not in text
    assert len(text.splitlines()) > 2


def test_a_filter_stands_in_the_address(insurer: Insurer, everybody: Client) -> None:
    page = everybody.get(reverse("office:administration:staff"), {"q": "I02"}).content.decode()

    assert "I02" in page
    assert "I03" not in page
    assert 'value="I02"' in page


def test_a_filter_that_leaves_nothing_says_so(insurer: Insurer, everybody: Client) -> None:
    answer = everybody.get(reverse("office:administration:staff"), {"q": "nobody at all"})

    assert "Nothing matches these filters" in answer.content.decode()


@pytest.mark.parametrize("page", ["0", "-1", "x", "99999999999", "2"])
def test_a_page_that_is_not_there_is_another_page_of_the_list(
    insurer: Insurer, everybody: Client, page: str
) -> None:
    answer = everybody.get(reverse("office:administration:staff"), {"page": page})

    assert answer.status_code == 200


@pytest.mark.parametrize("sort", ["-username", "name", "no_such_column", "party__password"])
def test_a_list_sorts_by_its_columns_and_by_nothing_else(
    insurer: Insurer, everybody: Client, sort: str
) -> None:
    answer = everybody.get(reverse("office:administration:staff"), {"sort": sort})

    assert answer.status_code == 200
