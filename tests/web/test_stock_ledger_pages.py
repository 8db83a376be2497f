"""The stock ledger's pages: whose stock, which period, and what is behind each figure."""

from datetime import date
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from selfcard.core import clock
from selfcard.custody.commands import check_in
from tests.factories.cards import a_document_type, a_made_batch
from tests.factories.custody import cards_at_head_office, cards_of, hand_down
from tests.factories.organisations import an_insurer
from tests.web.spreadsheets import rows_of

pytestmark = pytest.mark.django_db

LEDGER, MOVEMENTS = "office:stock_ledger:ledger", "office:stock_ledger:movements"
OCTOBER = {"span": "month", "first": "2026-10-08"}
TODAY = date(2026, 11, 23)


@pytest.fixture
def insurer():
    return an_insurer()


@pytest.fixture
def batch(insurer):
    """A hundred cards: printed in September; in October 40 for the branch, 20 for below it."""
    with clock.frozen(date(2026, 9, 20)):
        batch, _ = cards_at_head_office(insurer, 100)
    with clock.frozen(date(2026, 10, 5)):
        note = hand_down(insurer, cards_of(batch, 1, 40), insurer.branch.party)
        check_in(issue=note, actor=insurer.actor("branch_keeper"), request_id=uuid4())
        to = insurer.institution.party
        hand_down(insurer, cards_of(batch, 1, 20), to, "branch_keeper", checked_in_by="keeper")
        hand_down(insurer, cards_of(batch, 1, 5), insurer.seller.party, "keeper")
    return batch


@pytest.fixture
def as_(insurer, client):
    """Sign in as one of the cast; it is 23 November."""

    def sign_in(name):
        staff = getattr(insurer, name)
        client.force_login(staff, backend=settings.AUTHENTICATION_BACKENDS[-1])
        return client

    with clock.frozen(TODAY):
        yield sign_in


def at(page=LEDGER, **asked):
    return reverse(page, query=asked)


def shown(page):
    """Opening and closing of each line, by the code of its party."""
    return {
        line.line.party.code: (line.line.opening, line.line.closing)
        for one in page.context["types"]
        for line in one.lines
    }


def test_it_opens_with_this_month_of_the_own_organisation(as_, batch):
    page = as_("branch_keeper").get(at())

    assert shown(page) == {"1001": (20, 20), "100101": (20, 20)}
    assert page.context["asked"].period.first == date(2026, 11, 1)
    assert "up to today" in page.content.decode()


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ({"span": "month", "first": "2026-10-08"}, date(2026, 10, 1), date(2026, 10, 31)),
        ({"span": "quarter", "first": "2026-08-01"}, date(2026, 7, 1), date(2026, 9, 30)),
        ({"span": "year", "first": "2025-08-01"}, date(2025, 1, 1), date(2025, 12, 31)),
        (
            {"span": "days", "first": "2026-10-08", "last": "2026-10-09"},
            date(2026, 10, 8),
            date(2026, 10, 9),
        ),
        ({"span": "days", "first": "2026-10-08"}, date(2026, 10, 8), TODAY),
    ],
)
def test_a_period_is_a_month_a_quarter_a_year_or_some_days(as_, batch, asked, first, last):
    period = as_("auditor").get(at(**asked)).context["asked"].period

    assert (period.first, period.last) == (first, last)


def test_one_turns_to_the_period_before_and_never_beyond_today(as_, batch):
    page = as_("auditor").get(at())
    assert page.context["later_url"] == ""

    earlier = as_("auditor").get(page.context["earlier_url"])

    assert shown(earlier) == {"10": (100, 60), "1001": (0, 40)}
    assert as_("auditor").get(earlier.context["later_url"]).context["later_url"] == ""


def test_a_line_opens_the_ledger_of_its_part_down_to_the_people(as_, batch):
    page = as_("auditor").get(at(party="1001", **OCTOBER))
    (own, below) = page.context["types"][0].lines

    here = as_("auditor").get(own.url)
    assert shown(here) == {"1001": (0, 20)}
    own_below = as_("auditor").get(below.url)
    assert shown(own_below) == {"100101": (0, 20)}
    people = as_("auditor").get(own_below.context["types"][0].lines[0].url)
    assert shown(people) == {"100101": (0, 15), "I02": (0, 5)}
    seller = as_("auditor").get(people.context["types"][0].lines[1].url)
    assert shown(seller) == {"I02": (0, 5)}


def test_every_figure_opens_the_movements_that_it_is_the_sum_of(as_, batch):
    page = as_("auditor").get(at(party="10", **OCTOBER))

    figures = [
        figure
        for one in page.context["types"]
        for line in (*one.lines, one.together)
        for figure in line.flows
        if figure.url
    ]
    assert len(figures) == 2
    for figure in figures:
        moved = as_("auditor").get(figure.url)
        rows = moved.context["table"].rows
        assert sum(row.record.run.count for row in rows) == figure.cards == 40


def test_what_went_from_line_to_line_is_taken_off_so_that_columns_add_up(as_, batch):
    page = as_("auditor").get(at(**OCTOBER))
    (one,) = page.context["types"]

    assert [figure.cards for figure in one.between.flows] == [-40, -40]
    assert "−40" in page.content.decode()


def test_movements_are_runs_with_their_paper(as_, batch):
    page = as_("keeper").get(at(MOVEMENTS, column="in-issue", **OCTOBER))

    (row,) = page.context["table"].rows
    assert row.record.run == cards_of(batch, 1, 20)
    assert reverse("office:custody:issue_note", args=[row.record.reason_number]) in (
        page.content.decode()
    )


def test_without_a_column_all_movements_are_listed(as_, batch):
    page = as_("keeper").get(at(MOVEMENTS, within="here", **OCTOBER))
    assert page.context["table"].paginator.count == 1

    page = as_("keeper").get(at(MOVEMENTS, within="holder", **OCTOBER))
    assert page.context["table"].paginator.count == 2


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"party": "1002"}, "nothing with the code"),
        ({"party": "nobody"}, "nothing with the code"),
        ({"document_type": "XX"}, "nothing with the code"),
        ({"first": "2026-11-24"}, "has not come yet"),
        ({"first": "1999-12-31"}, "after the year 1999"),
        ({"first": "yesterday"}, "valid date"),
        ({"span": "week"}, "valid choice"),
        ({"span": "days", "first": "2026-11-05", "last": "2026-11-04"}, "before the first"),
        ({"within": "everything"}, "valid choice"),
    ],
)
@pytest.mark.parametrize("page", [LEDGER, MOVEMENTS])
def test_what_cannot_be_asked_is_said_at_its_field(as_, batch, page, asked, said):
    answer = as_("keeper").get(at(page, **asked))

    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_a_day_that_is_only_asked_for_from_to_is_not_read_otherwise(as_, batch):
    asked = {"span": "month", "first": "2026-10-08", "last": "2026-01-01"}

    assert as_("keeper").get(at(**asked)).status_code == 200


def test_nobody_reads_the_ledger_without_seeing_or_auditing_cards(as_, batch):
    assert as_("cashier").get(at()).status_code == 403


def test_an_empty_ledger_says_what_comes_first(as_, insurer):
    page = as_("other_keeper").get(at())

    assert "Cards come into stock when a batch is printed" in page.content.decode()


def test_the_file_has_every_line_and_its_columns_add_up(as_, batch):
    answer = as_("auditor").get(at(export="xlsx", **OCTOBER))
    head, *lines = rows_of(b"".join(answer.streaming_content))

    assert head == [
        "Document type", "Code", "Name", "Opening", "In: Received", "Out: Issued", "Closing",
    ]  # fmt: skip
    sums = [sum(int(line[place]) for line in lines) for place in range(3, 7)]
    assert sums == [100, 0, 0, 100]


def test_the_pdf_is_a_report_of_what_the_page_shows(as_, batch):
    page = as_("auditor").get(at(**OCTOBER))
    answer = as_("auditor").get(page.context["pdf_url"])

    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert "stock-ledger-10-2026-10-01-2026-10-31.pdf" in answer["Content-Disposition"]


def test_there_is_no_pdf_of_what_is_out_of_reach_or_cannot_be_asked(as_, batch):
    def pdf(code, **asked):
        address = reverse("office:stock_ledger:pdf", args=[code], query=asked)
        return as_("keeper").get(address).status_code

    assert pdf("100101") == pdf("I02", within="below") == 200
    assert pdf("1001") == pdf("nobody") == 404
    assert pdf("100101", first="2026-11-24") == 422


def test_the_page_takes_as_many_statements_on_a_busy_day(as_, insurer, batch):
    client = as_("auditor")

    def statements(address):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    pages = [at(span="year"), at(MOVEMENTS, span="year")]
    client.get(pages[0])
    quiet = [statements(page) for page in pages]
    version = batch.type_version.product_versions.get()
    a_made_batch(insurer, 30, a_document_type(insurer, "AC-200", "620119", version))
    for first in (41, 51, 61):
        hand_down(insurer, cards_of(batch, first, first + 4), insurer.chief.party)

    assert [statements(page) for page in pages] == quiet
    assert max(quiet) <= 16
