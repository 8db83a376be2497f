"""The daily reconciliation and the registers, as page, paper and spreadsheet."""

from datetime import date, timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from selfcard.core import clock
from tests.factories.days import a_busy_day
from tests.factories.postgresql import triggers_at_rest
from tests.factories.reading import words_of
from tests.factories.sales import a_shop
from tests.web.spreadsheets import rows_of

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 23)
REGISTERS = ("invoices", "red_letters")


@pytest.fixture
def day():
    with clock.frozen(TODAY):
        yield a_busy_day()


@pytest.fixture
def as_(day, client):
    def sign_in(name):
        person = getattr(day.shop.insurer, name)
        client.force_login(person, backend=settings.AUTHENTICATION_BACKENDS[-1])
        return client

    return sign_in


def at(**asked):
    return reverse("office:ledger:reconciliation", query=asked)


def register(page, **asked):
    return reverse(f"office:payments:{page}", query=asked)


def content(answer):
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def around(sql, *values):
    with triggers_at_rest(), connection.cursor() as cursor:
        cursor.execute(sql, values)


def test_a_day_that_agrees_says_so_and_shows_both_sides(as_):
    page = as_("auditor").get(at()).content.decode()

    assert "Everything agrees, to the cent." in page
    assert "Charge receipts confirmed" in page
    assert "What is owed now" in page


def test_each_line_leads_to_the_paper_that_it_is_about(as_, day):
    around("DELETE FROM payments_invoice WHERE id = %s", day.invoice.pk)
    around("UPDATE payments_redletterinvoice SET running = 9 WHERE payment_id = %s", day.refund.pk)
    around("DELETE FROM payments_banking WHERE id = %s", day.banking.pk)
    around("UPDATE payments_advanceaccount SET balance = 61")
    around("DELETE FROM ledger_entry WHERE kind = 'cash_difference'")
    around("DELETE FROM ledger_entry WHERE reason_number = %s", day.policy.number)
    around("DELETE FROM custody_movement WHERE kind IN ('sale', 'refund')")

    client = as_("auditor")
    lines = client.get(at()).context["lines"]

    assert {line.mismatch.subject for line in lines} == {
        "receipt", "invoice", "sale", "recovery", "red_letter", "policy", "drawer", "banking",
        "account",
    }  # fmt: skip
    for line in lines:
        assert client.get(line.url).status_code == 200, line


def test_the_reconciliation_comes_as_paper_spreadsheet_and_rows(as_, day):
    around("DELETE FROM payments_invoice WHERE id = %s", day.invoice.pk)
    client = as_("auditor")

    paper = client.get(at(export="pdf"))
    book = content(client.get(at(export="xlsx")))
    rows = content(client.get(at(export="csv"))).decode().splitlines()

    assert "Chargereceipt,anditsinvoice" in words_of(paper.content)
    assert day.invoice.receipt.number.replace(" ", "") in words_of(paper.content)
    assert any("Charge receipt, and its invoice" in row for row in rows)
    assert rows_of(book)[1][:2] == [
        "Charge receipt, and its invoice",
        day.invoice.receipt.number,
    ]
    assert len(rows_of(book, sheet=2)) > 20


@pytest.mark.parametrize("kind", ["pdf", "xlsx", "csv"])
def test_a_file_of_a_year_is_named_after_its_days(as_, kind):
    year = as_("auditor").get(at(span="year", first=TODAY, export=kind))

    days = f"{TODAY.year}-01-01-{TODAY.year}-12-31"
    assert f'filename="reconciliation-{days}.{kind}"' in year["Content-Disposition"]


def test_who_sees_payments_sees_their_own_and_nobody_sees_anothers(as_):
    here = as_("keeper").get(at()).content.decode()
    there = as_("other_keeper").get(at()).content.decode()

    assert "Charge receipts confirmed" in here
    assert "What is owed now" not in here
    assert "Nothing happened on these days" in there
    assert as_("seller").get(at()).status_code == 403


def test_other_days_and_one_organisation_are_asked_for_in_the_address(as_):
    client = as_("auditor")
    then = (TODAY - timedelta(days=40)).isoformat()

    earlier = client.get(at(first=then)).context["found"]
    both = client.get(at(span="days", first=then, last=TODAY.isoformat())).context["found"]
    beside = client.get(at(organisation="1002")).context["found"]
    wrong = client.get(at(first="2026-11-23", last="2026-11-22"))

    assert (earlier.period.first, earlier.period.last) == (TODAY - timedelta(days=40),) * 2
    assert both.groups[0].figures[0].papers == 3
    assert beside.groups == ()
    assert wrong.status_code == 422


def test_a_reconciliation_takes_as_many_statements_on_a_busy_day(as_, day):
    client = as_("auditor")

    def taken():
        client.get(at())
        with CaptureQueriesContext(connection) as statements:
            client.get(at())
        return len(statements)

    few = taken()
    for first in range(31, 61, 3):
        day.shop.sell((first, first + 2))

    assert taken() == few


# ---- registers --------------------------------------------------------------------------------


@pytest.mark.parametrize("page", REGISTERS)
def test_a_register_says_which_numbers_and_that_none_is_missing(as_, page):
    totals = as_("auditor").get(register(page)).context["totals"]

    told = {str(one.label): str(one.value) for one in totals}
    assert told["Gaps in the numbers"] == "0"
    assert told["Numbers"] == ("1 – 3" if page == "invoices" else "1 – 2")


@pytest.mark.parametrize(
    ("page", "table"),
    [("invoices", "payments_invoice"), ("red_letters", "payments_redletterinvoice")],
)
def test_a_register_tells_of_a_gap(as_, page, table):
    around(f"DELETE FROM {table} WHERE running = 1")

    totals = as_("auditor").get(register(page)).context["totals"]

    assert {str(one.label): one.tone for one in totals}["Gaps in the numbers"] == "stop"


def test_a_register_is_narrowed_to_a_series_and_a_month(as_, day):
    client = as_("auditor")
    series = day.invoice.series

    def numbers(**asked):
        rows = client.get(register("invoices", **asked)).context["table"].rows
        return sorted(row.record.running for row in rows)

    assert numbers(series=series) == [1, 2, 3]
    assert numbers(series=series, month="2026-11") == [2, 3]
    assert numbers(month="2026-10") == [1]
    offered = client.get(register("invoices")).context["filter"].form.fields["series"].choices
    assert [value for value, _ in offered if value] == [series]


def test_series_of_others_are_not_offered(as_):
    page = as_("other_keeper").get(register("invoices"))

    assert [v for v, _ in page.context["filter"].form.fields["series"].choices if v] == []


@pytest.mark.parametrize("page", [*REGISTERS, "advances"])
def test_registers_and_advances_come_as_paper_and_spreadsheet(as_, day, page):
    client = as_("auditor")

    paper = client.get(register(page, export="pdf"))
    rows = rows_of(content(client.get(register(page, export="xlsx"))))

    number = {"invoices": day.invoice, "red_letters": day.red_letter, "advances": day.account}
    assert number[page].number in words_of(paper.content)
    assert number[page].number in {row[0] for row in rows}


def test_an_empty_register_says_what_comes_first(client):
    shop = a_shop(1)
    client.force_login(shop.insurer.auditor, backend=settings.AUTHENTICATION_BACKENDS[-1])

    assert b"No invoice yet" in client.get(register("invoices")).content


def test_what_is_owed_now_stands_only_where_the_days_reach_today(as_):
    client = as_("auditor")
    yesterday = (TODAY - timedelta(days=1)).isoformat()

    until_today = client.get(at(span="days", first=yesterday, last=TODAY.isoformat()))
    before = client.get(at(first=(TODAY - timedelta(days=40)).isoformat()))

    assert "What is owed now" in {str(group.title) for group in until_today.context["found"].groups}
    assert before.context["found"].groups
    assert "What is owed now" not in {str(group.title) for group in before.context["found"].groups}
    assert "is of this moment" not in before.content.decode()
    assert "is of this moment, 23 Nov 2026" in until_today.content.decode()


def test_of_a_day_that_is_still_to_come_nothing_is_said(as_):
    client = as_("auditor")
    tomorrow = (TODAY + timedelta(days=1)).isoformat()

    page = client.get(at(first=tomorrow))

    assert "Of a day that is still to come nothing can be said yet." in page.content.decode()
    assert "found" not in page.context
    assert 'rel="next"' not in client.get(at()).content.decode()
    assert 'rel="next"' in client.get(at(first="2026-11-22")).content.decode()
