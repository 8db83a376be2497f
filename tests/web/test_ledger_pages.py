"""The books' pages: balances, statements, entries, the journal, and closing days."""

import re
from collections import defaultdict
from datetime import date
from decimal import Decimal

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from selfcard.core import clock
from selfcard.ledger.models import Closing, Entry
from selfcard.ledger.queries import statements
from selfcard.ledger.tasks import close_days_nightly
from tests.factories.drawers import open_a_drawer
from tests.factories.ledger import an_entry, the_reversal_of
from tests.factories.organisations import an_insurer
from tests.web.spreadsheets import rows_of

pytestmark = pytest.mark.django_db

MONDAY, TUESDAY = date(2026, 11, 2), date(2026, 11, 3)
TODAY = date(2026, 11, 23)
OCTOBER = {"span": "month", "first": "2026-10-08"}
NOVEMBER = {"span": "month", "first": "2026-11-08"}


@pytest.fixture
def insurer():
    return an_insurer()


@pytest.fixture
def as_(insurer, client):
    """Sign in as one of the cast; it is 23 November."""

    def sign_in(name):
        client.force_login(getattr(insurer, name), backend=settings.AUTHENTICATION_BACKENDS[-1])
        return client

    with clock.frozen(TODAY):
        yield sign_in


def at(page, *args, **asked):
    return reverse(f"office:ledger:{page}", args=args, query=asked)


def content(answer):
    return b"".join(answer.streaming_content)


def text_of(answer):
    return content(answer).decode()


@pytest.mark.parametrize("page", ["trial_balance", "entries", "journal", "closings"])
def test_the_books_open_to_who_audits_or_closes_them_and_to_nobody_else(as_, page):
    assert as_("auditor").get(at(page)).status_code == 200
    assert as_("second").get(at(page)).status_code == 200
    for nobody in ("cashier", "chief", "other_keeper"):
        assert as_(nobody).get(at(page)).status_code == 403


def test_the_trial_balance_comes_as_page_paper_and_spreadsheet(as_):
    an_entry()
    client = as_("auditor")

    page = client.get(at("trial_balance"))
    paper = client.get(at("trial_balance", export="pdf"))
    rows = rows_of(content(client.get(at("trial_balance", day="2026-11-02", export="xlsx"))))

    assert at("account", "2201") in page.content.decode()
    assert paper["Content-Type"] == "application/pdf"
    assert paper.content.startswith(b"%PDF")
    assert [(row[0], row[4], row[5]) for row in rows[1:]] == [
        ("1001", 100, 0),
        ("2201", 0, 94.34),
        ("2202", 0, 5.66),
    ]


def test_the_trial_balance_of_a_day_leaves_out_what_counts_later(as_):
    an_entry(counts_from=TUESDAY)

    assert (
        b"Nothing has been booked yet"
        in as_("auditor").get(at("trial_balance", day="2026-11-02")).content
    )


def test_a_statement_opens_with_what_was_and_closes_with_what_is(as_):
    an_entry(counts_from=date(2026, 10, 5))
    an_entry(counts_from=MONDAY)
    an_entry(counts_from=date(2026, 12, 1))

    page = as_("auditor").get(at("account", "1001", **NOVEMBER))

    statement = page.context["statement"]
    assert (statement.opening, statement.debits, statement.credits, statement.closing) == (
        Decimal("100.00"), Decimal("100.00"), 0, Decimal("200.00")
    )  # fmt: skip
    [(line, reason)] = page.context["lines"]
    assert line.balance == Decimal("200.00")
    assert reason.url == reverse("office:payments:receipt", args=["R-1"])


def test_a_statement_comes_as_paper_and_as_rows_with_the_opening(as_):
    an_entry(counts_from=MONDAY)
    client = as_("auditor")

    rows = rows_of(content(client.get(at("account", "1001", **NOVEMBER, export="xlsx"))))
    paper = client.get(at("account", "1001", **NOVEMBER, export="pdf"))

    assert [row[2:] for row in rows[1:]] == [
        ["Opening", None, None, None, 0],
        ["receipt confirmed", "R-1", 100, None, 100],
    ]
    assert paper.content.startswith(b"%PDF")


def test_pages_of_a_statement_follow_on_and_each_knows_its_balance(as_, monkeypatch):
    monkeypatch.setattr(statements, "LINES_OF_A_PAGE", 2)
    for day in (2, 2, 2, 3, 4):
        an_entry(counts_from=date(2026, 11, day))
    client, address = as_("auditor"), at("account", "1001", **NOVEMBER)

    def balances(page):
        return [line.balance for line in page.context["page"].lines]

    first = client.get(address)
    second = client.get(f"{address}&after={first.context['page'].last}")
    third = client.get(f"{address}&after={second.context['page'].last}")
    back = client.get(f"{address}&before={third.context['page'].first}")
    last = client.get(f"{address}&end=1")

    assert (balances(first), balances(second), balances(third)) == ([100, 200], [300, 400], [500])
    assert balances(back) == [300, 400]
    assert balances(last) == [400, 500]
    assert (first.context["page"].has_earlier, first.context["page"].has_later) == (False, True)
    assert (back.context["page"].has_earlier, back.context["page"].has_later) == (True, True)
    assert (third.context["page"].has_earlier, third.context["page"].has_later) == (True, False)


@pytest.mark.parametrize("place", ["x", "2026-11-02", "2026-11-02.1.2.3", "2026-11-02.-1.1", ""])
def test_a_place_that_is_none_is_the_beginning(as_, place):
    an_entry(counts_from=MONDAY)

    page = as_("auditor").get(at("account", "1001", **NOVEMBER, after=place, before=place))

    assert len(page.context["lines"]) == 1


def test_an_entry_leads_to_what_it_comes_from_and_to_what_reverses_it(as_):
    entry = an_entry(counts_from=MONDAY)
    reversal = the_reversal_of(entry)
    client = as_("auditor")

    page = client.get(at("entry", entry.number)).content.decode()
    mirror = client.get(at("entry", reversal.number)).content.decode()

    assert reverse("office:payments:receipt", args=["R-1"]) in page
    assert at("entry", reversal.number) in page
    assert at("entry", entry.number) in mirror
    for nothing in ("J-0000009999", "J-", "x", "J-99999999999999999999"):
        assert client.get(at("entry", nothing)).status_code == 404


def test_entries_are_found_by_period_kind_and_reason(as_):
    early, late = an_entry(counts_from=date(2026, 10, 5)), an_entry(counts_from=MONDAY)
    client = as_("auditor")

    def shown(**asked):
        found = client.get(at("entries", **asked)).context["entries"]
        return [entry.pk for entry, _reason in found]

    assert shown(**OCTOBER) == [early.pk]
    assert shown(span="year", first="2026-01-01") == [late.pk, early.pk]
    assert shown(**NOVEMBER, kind="card_activated") == []
    assert shown(**NOVEMBER, reason="R-1") == [late.pk]
    assert shown(**NOVEMBER, reason="R-2") == []


def test_pages_of_entries_follow_on(as_, monkeypatch):
    monkeypatch.setattr("selfcard.ledger.queries.entries.ENTRIES_OF_A_PAGE", 2)
    made = [an_entry(counts_from=date(2026, 11, day)).pk for day in (2, 3, 3, 3, 4)]
    client, seen, before = as_("auditor"), [], ""
    for _page in range(3):
        page = client.get(at("entries", **NOVEMBER, before=before))
        seen += [entry.pk for entry, _reason in page.context["entries"]]
        before = page.context["older"]

    assert (seen, before) == (made[::-1], "")


def test_a_page_of_entries_takes_as_many_statements_on_a_busy_day(as_):
    client = as_("auditor")

    def statements_taken(address):
        client.get(address)
        with CaptureQueriesContext(connection) as taken:
            assert client.get(address).status_code == 200
        return len(taken)

    an_entry(counts_from=MONDAY)
    addresses = [at("entries", **NOVEMBER), at("account", "1001", **NOVEMBER), at("trial_balance")]
    few = [statements_taken(address) for address in addresses]
    for _ in range(30):
        an_entry(counts_from=MONDAY)

    assert [statements_taken(address) for address in addresses] == few


# ---- the journal, taken away ------------------------------------------------------------------

DIRECTIVE = re.compile(
    r'option "(title|operating_currency)" "[^"\n]*"'
    r"|\d{4}-\d\d-\d\d open (Assets|Liabilities|Income|Expenses)(:[A-Z0-9][A-Za-z0-9-]*)+"
    r'|\d{4}-\d\d-\d\d \* "([^"\\\n]|\\.)*"( "([^"\\\n]|\\.)*")?'
    r"|\d{4}-\d\d-\d\d balance (?P<asserted>\S+)  (?P<is>-?\d+\.\d\d) [A-Z]{3}"
    r'|  [a-z]+: ("([^"\\\n]|\\.)*"|\d{4}-\d\d-\d\d)'
    r"|  (?P<account>(Assets|Liabilities|Income|Expenses)(:[A-Z0-9][A-Za-z0-9-]*)+)"
    r"  (?P<amount>-?\d+\.\d\d) [A-Z]{3}"
    r"|"
)


def test_the_journal_as_beancount_is_written_in_its_grammar_and_adds_up(as_):
    an_entry(counts_from=date(2026, 10, 5))
    the_reversal_of(an_entry(counts_from=MONDAY))
    an_entry(counts_from=TUESDAY)

    text = text_of(as_("auditor").get(at("journal", **NOVEMBER, export="beancount")))

    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    asserted: dict[str, Decimal] = {}
    opened: set[str] = set()
    for line in text.splitlines():
        said = DIRECTIVE.fullmatch(line)
        assert said, line
        if said["account"]:
            assert said["account"] in opened
            sums[said["account"]] += Decimal(said["amount"])
        elif said["asserted"]:
            asserted[said["asserted"]] = Decimal(said["is"])
        elif " open " in line:
            opened.add(line.split()[-1])
    assert asserted["Assets:1001-Cash"] == Decimal("200.00")
    assert dict(sums) == asserted
    assert sum(sums.values()) == 0
    assert text.count(" * ") == 4  # what was there before, and three entries


def test_the_journal_as_rows_has_a_row_for_each_posting(as_):
    an_entry(counts_from=MONDAY)
    an_entry(counts_from=date(2026, 12, 1))
    client = as_("auditor")

    rows = rows_of(content(client.get(at("journal", **NOVEMBER, export="xlsx"))))
    lines = text_of(client.get(at("journal", **NOVEMBER, export="csv"))).splitlines()

    assert [row[5] for row in rows[1:]] == ["1001", "2201", "2202"]
    assert [row[8:] for row in rows[1:]] == [[100], [None, 94.34], [None, 5.66]]
    assert len(lines) == 4


# ---- closing ----------------------------------------------------------------------------------


def closed(client, **given):
    form = client.get(at("close")).context["form"]
    request_id = str(form["request_id"].value())
    return client.post(at("close"), {"request_id": request_id, "up_to": "2026-11-22", **given})


def test_days_are_closed_by_who_may_and_stand_in_the_list(as_):
    answer = closed(as_("second"))

    assert answer.status_code == 302
    assert Closing.objects.get().up_to == date(2026, 11, 22)
    page = as_("auditor").get(at("closings"))
    assert b"22 Nov 2026" in page.content
    assert at("close") not in page.content.decode()
    assert as_("auditor").get(at("close")).status_code == 403


def test_a_drawer_that_is_not_closed_is_named_and_does_not_hold_the_closing_up(as_, insurer):
    with clock.frozen(MONDAY):
        open_a_drawer(insurer)
    client = as_("second")
    assert b"Drawer 1" in client.get(at("close")).content

    refused = closed(client)

    assert refused.status_code == 422
    assert b"Drawers of these days are not closed" in refused.content
    assert closed(client, up_to="2026-11-01").status_code == 302
    assert closed(client, anyway="on").status_code == 302
    assert Closing.objects.count() == 2


def test_what_cannot_be_closed_is_said_at_the_field(as_):
    client = as_("second")

    assert b"23 Nov 2026 is not over" in closed(client, up_to="2026-11-23").content
    assert closed(client).status_code == 302
    assert b"closed already" in closed(client).content
    assert closed(client, up_to="1999-01-01").status_code == 422


def test_sending_a_closing_twice_closes_once(as_):
    client = as_("second")
    request_id = str(client.get(at("close")).context["form"]["request_id"].value())
    sent = {"request_id": request_id, "up_to": "2026-11-22"}

    answers = [client.post(at("close"), sent).status_code for _ in range(2)]

    assert answers == [302, 302]
    assert Closing.objects.count() == 1
    assert Entry.objects.count() == 0


@pytest.mark.parametrize(
    "page",
    [("account", "1001"), ("entries",), ("journal",), ("reconciliation",)],
    ids=lambda page: page[0],
)
def test_a_year_that_no_calendar_has_is_refused_at_its_field(as_, page):
    client = as_("auditor")

    for first in ("9999-01-01", "3000-01-01"):
        answer = client.get(at(*page, span="year", first=first))
        assert answer.status_code == 422
        assert "Choose a day before the year 3000." in answer.content.decode()
    assert client.get(at(*page, span="year", first="2026-01-01")).status_code == 200
    assert client.get(at("trial_balance", day="9999-12-31")).status_code == 422


def test_the_last_year_and_the_first_have_their_statement(as_):
    client = as_("auditor")

    for first in ("2000-01-01", "2999-12-31"):
        assert client.get(at("account", "1001", span="year", first=first)).status_code == 200


def test_a_day_closed_at_night_says_that_the_system_closed_it(as_, settings):
    client = as_("auditor")
    settings.CLOSE_BOOKS_AFTER_DAYS = 0
    close_days_nightly(0)

    assert "the system, at night" in client.get(at("closings")).content.decode()


def test_a_trial_balance_of_a_day_says_from_when_activations_count(as_):
    an_entry(counts_from=MONDAY)
    client = as_("auditor")
    said = "An activation counts from the first day of cover."

    assert said in client.get(at("trial_balance", day=MONDAY)).content.decode()
    assert said not in client.get(at("trial_balance")).content.decode()
