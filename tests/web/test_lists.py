"""Lists cost the same however long they are, sort and page by their address, export harmlessly."""

import csv
import io
import tracemalloc
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation
from django.utils.html import format_html
from django.utils.translation import gettext_lazy

from selfcard.organisations.models import May
from selfcard.policies.models import Policy
from selfcard.web.office import exports, lists
from selfcard.web.office.exports import csv_file, harmless, spreadsheet
from tests.factories.activation import activate, paid_cards, sell
from tests.factories.cards import an_ordered_batch
from tests.factories.claims import report
from tests.factories.custody import cards_at_institution
from tests.factories.messaging import demonstration
from tests.factories.organisations import Insurer, a_staff_member, an_insurer
from tests.factories.policies import a_person, an_application
from tests.web.spreadsheets import MAIN, rows_of, sheet_of
from tests.web.test_out_of_reach import office_addresses

pytestmark = pytest.mark.django_db

MOST_STATEMENTS = 50


@pytest.fixture
def insurer() -> Insurer:
    return an_insurer()


@pytest.fixture
def everybody(insurer: Insurer, settings: Any, tmp_path: Path) -> Client:
    """Somebody who may do and see everything everywhere, in a demonstration as well."""
    demonstration(settings, tmp_path)
    staff = a_staff_member("C99", insurer.head_office, *May.values)
    client = Client()
    client.force_login(staff, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


def some_business(insurer: Insurer) -> None:
    """A batch, sales paid and unpaid, policies: a few rows for every list."""
    for card in paid_cards(insurer, 3)[:2]:
        somebody = a_person(order=Policy.objects.count() + 1)
        report(activate(card, an_application(applicant=somebody)))
    _, unsold = cards_at_institution(insurer, 4)
    for card in unsold[:2]:
        sell(insurer, [card])
    an_ordered_batch(insurer, 10)


def statements(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200, address
    return len(captured)


def content_of(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def pages() -> list[str]:
    """Every page of the office that opens without a number, and is looked at."""
    return [name for name, arguments in office_addresses() if not arguments]


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


@pytest.mark.parametrize("name", ["office:policies:list", "office:messaging:list"])
def test_a_list_that_grows_for_ever_is_counted_and_added_up_only_so_far(
    insurer: Insurer, everybody: Client, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    some_business(insurer)
    whole = everybody.get(reverse(name)).content.decode()
    assert "totals" in whole
    rows = len(whole.split("<tbody>")[1].split("<tr")) - 1
    assert f"1 to {rows} of {rows}" in whole

    monkeypatch.setattr(lists, "MOST_COUNTED", 1)

    with CaptureQueriesContext(connection) as captured:
        page = everybody.get(reverse(name)).content.decode()
    assert "totals" not in page
    assert "More than 1 match" in page
    assert "1 to 1 of more than 1" in page
    assert not [one for one in captured if "SUM(" in one["sql"]]
    answer: Any = everybody.get(reverse(name), {"export": "csv"})
    assert len(content_of(answer).decode().splitlines()) == rows + 1


@pytest.mark.parametrize("name", ["office:administration:staff", "office:sales:list"])
def test_a_list_is_exported_as_it_is_filtered(
    insurer: Insurer, everybody: Client, name: str
) -> None:
    some_business(insurer)

    answer: Any = everybody.get(reverse(name), {"export": "csv"})

    text = content_of(answer).decode()
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert text.startswith("\ufeff")
    assert "<" not in text
    assert len(text.splitlines()) > 2


@pytest.mark.parametrize("name", ["office:sales:list", "office:inquiry:range"])
def test_excel_gets_the_rows_of_the_csv(insurer: Insurer, everybody: Client, name: str) -> None:
    some_business(insurer)
    answers: list[Any] = [
        everybody.get(reverse(name), {"export": kind}) for kind in ("csv", "xlsx")
    ]
    text, book = map(content_of, answers)

    lines = list(csv.reader(io.StringIO(text.decode("utf-8-sig"))))
    rows = rows_of(book)

    assert answers[1]["Content-Disposition"].endswith('.xlsx"')
    assert [len(rows), rows[0]] == [len(lines), lines[0]]
    for row, line in zip(rows[1:], lines[1:], strict=True):
        assert [cell for cell in row if isinstance(cell, str)] == [
            text for cell, text in zip(row, line, strict=False) if isinstance(cell, str)
        ]
        assert any(isinstance(cell, float) for cell in row)


def test_every_list_offers_both_files(insurer: Insurer, everybody: Client) -> None:
    some_business(insurer)

    page = everybody.get(reverse("office:sales:list"), {"sort": "number"}).content.decode()

    assert 'href="?sort=number&amp;export=xlsx"' in page
    assert 'href="?sort=number&amp;export=csv"' in page


def test_a_cell_of_a_workbook_is_what_it_is() -> None:
    moment = datetime(2026, 3, 15, 4, tzinfo=UTC)
    head: list[Any] = [
        gettext_lazy("Cards"),
        "Serial",
        "Amount",
        "Day",
        "Moment",
        "Remark",
        "Nothing",
    ]
    row = [1200, "620118000412001", Decimal("12.50"), date(2026, 3, 15), moment, "=1+1", None]

    with translation.override("en"):
        content = content_of(spreadsheet("cards", head, [row]))
        headings = [str(cell) for cell in head]

    assert rows_of(content) == [
        headings,
        [1200, "620118000412001", 12.5, 46096, 46096.5, "'=1+1"],
    ]
    pane = sheet_of(content).find(f".//{MAIN}pane")
    assert (pane.attrib["ySplit"], pane.attrib["state"]) == ("1", "frozen")


def test_a_file_of_many_rows_takes_no_more_memory_than_one_of_few() -> None:
    def peak(count: int, make: Any) -> int:
        rows = ([f"{serial:015d}", serial, "Xihu"] for serial in range(count))
        tracemalloc.start()
        answer = make("cards", ["First", "Cards", "Holder"], rows)
        assert sum(map(len, answer.streaming_content)) > count
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    for make in (csv_file, spreadsheet):
        peak(10, make)  # what is loaded once
        assert peak(20_000, make) < peak(1_000, make) + 500_000


def test_rows_that_no_sheet_takes_go_on_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "ROWS_OF_A_SHEET", 3)

    content = content_of(spreadsheet("cards", ["Serial"], ([str(one)] for one in range(5))))

    assert [rows_of(content, sheet) for sheet in (1, 2, 3)] == [
        [["Serial"], ["0"], ["1"]],
        [["Serial"], ["2"], ["3"]],
        [["Serial"], ["4"]],
    ]


@pytest.mark.parametrize("text", ["=1+1", "+8613", "-2", "@sum", "\t=1"])
def test_no_cell_of_an_export_is_taken_for_a_formula(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert harmless(format_html("<b>{}</b>", text)) == f"'{text}"


def test_numbers_and_plain_words_are_exported_as_they_are() -> None:
    assert harmless(12) == 12
    assert harmless("Xihu institution") == "Xihu institution"
    assert harmless(format_html("<b>{}</b>", "A & B")) == "A & B"


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
