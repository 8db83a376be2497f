"""The pages of the inquiry: what they show, where they lead, and to whom they stay closed."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from selfcard.core import clock
from selfcard.core.serials import SerialRun
from selfcard.custody.commands import check_in, freeze_cards
from selfcard.organisations.models import Staff
from tests.factories.activation import activate
from tests.factories.custody import cards_at_branch, hand_down, take_back
from tests.factories.sales import a_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    return a_shop()


@pytest.fixture
def as_(shop, client):
    """Sign in as one of the cast."""

    def sign_in(name):
        staff = getattr(shop.insurer, name)
        client.force_login(staff, backend=settings.AUTHENTICATION_BACKENDS[-1])
        return client

    return sign_in


def inquiry(**asked):
    return reverse("office:inquiry:range", query=asked)


def card_page(card):
    return reverse("office:inquiry:card", args=[card.card_number])


def test_one_number_alone_opens_its_card(shop, as_):
    for number in (shop.cards[3].card_number, str(shop.cards[3].serial)):
        answer = as_("keeper").get(inquiry(first=number))
        assert answer.status_code == 302
        assert answer.url == card_page(shop.cards[3])


def test_a_short_serial_is_enough_beside_the_document_type(shop, as_):
    answer = as_("keeper").get(inquiry(first="4", document_type="AC-100"))

    assert answer.url == card_page(shop.cards[3])


def test_a_range_is_shown_as_runs_and_the_filter_is_in_the_address(shop, as_):
    hand_down(shop.insurer, shop.run(11, 20), shop.insurer.seller.party, "keeper")
    run = shop.run(5, 15)

    page = as_("keeper").get(inquiry(first=run.first, last=run.last))

    assert [(one.run.count, one.holder.code) for one in page.context["runs"]] == [
        (6, "100101"),
        (5, "I02"),
    ]
    assert page.context["spread"].count == 11


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"first": "620118000000020", "last": "620118000000010"}, "reversed"),
        ({"first": "6201180000000013"}, "typing mistake"),
        ({"first": "abc"}, "is not a serial"),
        ({"first": "3000", "last": "3999"}, "With the document type code it is enough"),
        ({"last": "620118000000010"}, "first serial is missing"),
        ({"holder": "nobody"}, "nothing with the code"),
        ({"batch": "B-1"}, "nothing with the code"),
    ],
)
def test_what_cannot_be_read_is_said_at_its_field(shop, as_, asked, said):
    page = as_("keeper").get(inquiry(**asked))

    assert page.status_code == 422
    assert said in page.content.decode()


def test_the_search_says_that_a_card_number_was_mistyped(as_):
    page = as_("keeper").get("/office/search/", {"q": "6201 1800 0000 0013"})

    assert "has a typing mistake" in page.content.decode()


def test_the_export_has_every_run(shop, as_):
    shop.sell((1, 5))

    lines = b"".join(as_("keeper").get(inquiry(export="csv")).streaming_content).decode()

    assert lines.startswith("\ufeffFirst,Last,Cards")
    assert len(lines.strip().splitlines()) == 3
    assert "620118000000001,620118000000005,5,sold" in lines


@pytest.mark.parametrize("status", ["activated", "frozen", "to_be_activated"])
def test_the_rows_of_a_status_add_up_to_its_total(shop, as_, status):
    shop.sell_and_settle((1, 10))
    activate(shop.cards[0])
    freeze_cards(
        document_type=shop.document_type,
        runs=(shop.run(3, 5),),
        note="Under inquiry",
        actor=shop.insurer.actor("keeper"),
        request_id=uuid4(),
    )
    client = as_("keeper")

    page = client.get(inquiry(status=status))
    file = client.get(inquiry(status=status, export="csv"))

    asked = [run.asked for run in page.context["runs"]]
    assert sum(asked) == page.context["spread"].count
    assert f"{asked[0]} of 10" in page.content.decode()
    _head, row, *_rest = b"".join(file.streaming_content).decode().splitlines()
    assert row.split(",")[2:4] == ["10", str(asked[0])]


def test_missing_cards_offer_the_deed_that_ends_their_stop(shop, as_):
    batch, cards = cards_at_branch(shop.insurer, 10)
    issue = hand_down(shop.insurer, batch.run, shop.insurer.institution.party, "branch_keeper")
    check_in(
        issue=issue,
        missing=(SerialRun(cards[2].serial, cards[3].serial),),
        actor=shop.insurer.actor("keeper"),
        request_id=uuid4(),
    )
    found = reverse("office:custody:found_again", args=[issue.number])

    client = as_("branch_keeper")
    page = client.get(card_page(cards[2]))
    home = client.get(reverse("office:home")).content.decode()

    assert str(page.context["backward"][0].label) == "Found with us"
    assert found in page.content.decode()
    assert client.get(found).status_code == 200
    assert found not in client.get(card_page(cards[4])).content.decode()
    assert "Say where missing cards are" in home
    assert reverse("office:custody:issue_note", args=[issue.number]) in home


def test_a_card_says_what_it_is_and_what_comes_next(shop, as_):
    sale = shop.sell((1, 5))
    page = as_("keeper").get(card_page(shop.cards[0])).content.decode()

    assert "Nobody is insured by it yet." in page
    assert reverse("office:sales:issue_receipt", args=[sale.number]) in page

    shop.settle(shop.ask(sale))
    activate(shop.cards[0])
    page = as_("keeper").get(card_page(shop.cards[0])).content.decode()
    assert "It has become a policy." in page
    assert "Open the policy" in page


def test_every_link_of_a_card_opens_for_whoever_sees_it(shop, as_):
    hand_down(shop.insurer, shop.run(1, 10), shop.insurer.seller.party, "keeper")
    shop.sell_and_settle((1, 5))
    activate(shop.cards[0])
    for name in ("keeper", "seller", "branch_keeper", "chief", "auditor"):
        client = as_(name)
        for card in (shop.cards[0], shop.cards[1], shop.cards[50]):
            page = client.get(card_page(card)).content.decode()
            main = page[page.index('<main class="main"') :]
            for address in set(re.findall(r'href="(/office/[^"]+)"', main)):
                answer = client.get(address.replace("&amp;", "&"))
                assert answer.status_code == 200, (name, address)


def test_no_page_of_a_card_shows_its_pin_or_a_whole_name(shop, as_):
    shop.sell_and_settle((1, 1))
    policy = activate(shop.cards[0])

    page = as_("keeper").get(card_page(shop.cards[0])).content.decode()

    assert shop.cards[0].pin not in page
    assert policy.name not in page
    assert policy.masked_name in page


def test_a_foreign_organisation_finds_no_card_and_no_paper(shop, as_):
    invoice = shop.sell_and_settle((1, 1))
    client = as_("other_keeper")

    assert client.get(card_page(shop.cards[0])).status_code == 404
    assert client.get(inquiry(first=shop.cards[0].card_number)).status_code == 422
    assert client.get(inquiry()).context["spread"].count == 0
    paper = reverse("office:paper", args=["invoice", invoice.number])
    assert client.get(paper).status_code == 404


def test_a_paper_opens_in_the_language_that_is_asked_for(shop, as_):
    invoice = shop.sell_and_settle((1, 1))
    paper = reverse("office:paper", args=["invoice", invoice.number])

    chinese = as_("keeper").get(paper, {"lang": "zh-hans"})
    english = as_("keeper").get(paper, {"lang": "en"})

    assert chinese["Content-Type"] == "application/pdf"
    assert f"invoice-{invoice.number}.pdf" in chinese["Content-Disposition"]
    assert chinese.content != english.content
    assert as_("keeper").get(paper).content == english.content


def test_whoever_may_not_see_cards_has_no_inquiry(shop, as_):
    assert as_("cashier").get(inquiry()).status_code == 403


def test_cards_are_asked_for_by_sale_receipt_and_policy(shop, as_):
    invoice = shop.sell_and_settle((1, 5))
    sale, receipt = invoice.receipt.reason_number, invoice.receipt.number
    policy = activate(shop.cards[2])
    client = as_("keeper")

    for asked in ({"sale": sale}, {"receipt": receipt}, {"sale": sale, "receipt": receipt}):
        assert client.get(inquiry(**asked)).context["spread"].count == 5
    assert client.get(inquiry(policy=policy.number)).url == card_page(shop.cards[2])
    narrowed = client.get(inquiry(sale=sale, first=shop.run(4, 9).first, last=shop.run(4, 9).last))
    assert narrowed.context["spread"].count == 2
    strange = client.get(
        inquiry(sale=sale, first=shop.run(50, 60).first, last=shop.run(50, 60).last)
    )
    assert "no cards in common" in strange.content.decode()


def test_a_foreign_organisation_asks_by_no_paper_of_ours(shop, as_):
    invoice = shop.sell_and_settle((1, 5))
    client = as_("other_keeper")

    for asked in ({"sale": invoice.receipt.reason_number}, {"receipt": invoice.receipt.number}):
        assert client.get(inquiry(**asked)).status_code == 422
    assert client.get(inquiry(organisation="100101")).status_code == 422


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"day": "2126-01-01"}, "still to come"),
        ({"day": "9999-12-31"}, "still to come"),
        ({"day": "9999-12-31", "hour": "23:59"}, "still to come"),
        ({"day": "0001-01-01"}, "The books begin on"),
        ({"day": "2001-01-01"}, "The books begin on"),
        ({"hour": "10:00"}, "Name the day"),
    ],
)
def test_a_moment_that_has_no_answer_is_told(shop, as_, asked, said):
    page = as_("keeper").get(inquiry(**asked))

    assert page.status_code == 422
    assert said in page.content.decode()
    assert "This could not be looked up." in page.content.decode()
    assert "&lt;time" not in page.content.decode()


def test_a_past_day_shows_who_had_the_cards_then_and_who_has_them_now(client):
    with clock.frozen(datetime(2026, 3, 10, 9, tzinfo=UTC)):
        shop = a_shop()
    hand_down(shop.insurer, shop.run(1, 5), shop.insurer.seller.party, "keeper")
    client.force_login(shop.insurer.keeper, backend=settings.AUTHENTICATION_BACKENDS[-1])
    asked = {"first": shop.run(1, 10).first, "last": shop.run(1, 10).last, "day": "2026-03-15"}

    page = client.get(inquiry(**asked))

    assert [(one.holder.code, one.now.holder.code) for one in page.context["runs"]] == [
        ("100101", "I02"),
        ("100101", "100101"),
    ]
    answer = client.get(inquiry(**asked, export="csv"))
    file = b"".join(answer.streaming_content).decode()
    assert "cards-as-of-2026-03-15-2359-asked-" in answer["Content-Disposition"]
    assert '"Status, 15 Mar 2026, 23:59"' in file
    assert "Holder now" in file
    assert "100101,Institution" in file


def test_a_range_in_inventory_says_what_can_be_done_with_it(shop, as_):
    run = shop.run(1, 10)

    page = as_("keeper").get(inquiry(first=run.first, last=run.last))

    labels = [str(deed.label) for deed in page.context["forward"] + page.context["backward"]]
    assert labels == [
        "Issue", "Register a sale", "Recall", "Freeze", "Report void", "Report lost",
        "Count the stock",
    ]  # fmt: skip
    assert f"first={run.first}&last={run.last}" in page.context["forward"][0].url
    assert page.context["events"][0].kind == "check_in"
    assert "forward" not in as_("auditor").get(inquiry(day="", batch=shop.batch.number)).context
    seen = as_("auditor").get(inquiry(first=run.first, last=run.last)).context
    assert (seen["forward"], seen["backward"]) == ([], [])


def test_a_range_partly_out_of_reach_says_so_and_offers_no_deed_as_if_it_were_whole(shop, as_):
    last = shop.batch.run.last
    take_back(shop.insurer, SerialRun(last - 2, last), by="branch_keeper")
    client = as_("keeper")
    Staff.objects.update(language="en")

    page = client.get(inquiry(document_type="AC-100", first=last - 9, last=last + 2))

    assert "5 of the 12 cards are not in your reach or were never printed." in page.content.decode()
    assert "forward" not in page.context
    assert (
        "never printed" not in client.get(inquiry(first=last - 9, last=last - 3)).content.decode()
    )
    alone = client.get(f"{reverse('office:inquiry:range')}?{page.context['seen_alone']}")
    assert alone.context["spread"].count == 7
    assert alone.context["forward"]


def test_a_sold_range_is_neither_issued_nor_recalled_as_stock(shop, as_):
    shop.sell((1, 10))
    run = shop.run(1, 10)

    page = as_("keeper").get(inquiry(first=run.first, last=run.last))

    assert [str(deed.label) for deed in page.context["forward"]] == []
    assert [str(deed.label) for deed in page.context["backward"]] == ["Take back", "Freeze"]


def test_the_page_takes_as_many_statements_for_many_runs_as_for_few(shop, as_):
    client = as_("keeper")

    def statements(**asked):
        with CaptureQueriesContext(connection) as caught:
            assert client.get(inquiry(**asked)).status_code == 200
        return len(caught)

    before = statements()
    for first in range(1, 40, 2):
        shop.sell((first, first))

    assert statements() <= before + 2 <= 40
