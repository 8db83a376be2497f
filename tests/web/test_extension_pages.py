"""Paid cards that are out of date, through the office's pages: owed, asked for, decided."""

import re
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import Page

from selfcard.core import clock
from selfcard.custody.models import Extension
from selfcard.custody.queries import find_card
from selfcard.inquiry.queries.piles import Work
from selfcard.inquiry.queries.work import home_work
from selfcard.organisations.models import Staff
from tests.factories.extensions import MORE_TIME, Overdue, overdue_cards
from tests.web.conftest import DESKTOP, PHONE, OpenPage

LIST, ASK = "/office/custody/past-deadline/", "/office/custody/extensions/ask/"


@pytest.fixture
def overdue(db: None) -> Overdue:
    return overdue_cards()


@pytest.fixture
def after(overdue: Overdue) -> Iterator[None]:
    with overdue.afterwards():
        yield


def entered(staff: Staff, language: str = "en") -> Client:
    Staff.objects.filter(pk=staff.pk).update(language=language)
    client = Client()
    client.force_login(staff, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


def shown(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


def token(page: str) -> str:
    found = re.search('name="request_id" value="([^"]+)"', page)
    assert found
    return found[1]


def asked(client: Client, overdue: Overdue, **given: str) -> Extension:
    run = overdue.run(1, 5)
    form = {
        "request_id": token(shown(client, ASK)),
        "document_type": overdue.document_type.code,
        "runs-first": str(run.first),
        "runs-last": str(run.last),
        "runs-count": "",
        "last_day": (clock.today() + MORE_TIME).isoformat(),
        "reason": "sold late",
        **given,
    }
    for _ in range(2):  # a double click
        assert client.post(ASK, form).status_code == 302
    return Extension.objects.get()


def seen(overdue: Overdue, place: int) -> str:
    card = find_card(overdue.cards[place - 1].serial)
    assert card is not None
    return card.seen.value


@pytest.mark.usefixtures("after")
def test_the_list_says_how_many_are_out_of_date_and_what_is_owed(overdue: Overdue) -> None:
    page = shown(entered(overdue.insurer.keeper), LIST)

    assert "900.00" in page
    assert overdue.batch.number in page
    assert "Give more time" in page
    looking = shown(entered(overdue.insurer.auditor), LIST)
    assert "900.00" in looking
    assert "Give more time" not in looking


@pytest.mark.usefixtures("after")
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_list_goes_out_as_a_file(overdue: Overdue, kind: str) -> None:
    answer = entered(overdue.insurer.keeper).get(LIST, {"export": kind})

    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    if kind == "csv":
        assert "900" in content.decode()
        assert "Give more time" not in content.decode()
    else:
        assert content.startswith(b"PK")


@pytest.mark.usefixtures("after")
def test_the_list_is_filtered_by_type_branch_and_name(overdue: Overdue) -> None:
    chief = entered(overdue.insurer.chief)
    branch, other = overdue.insurer.branch.pk, overdue.insurer.other_branch.pk

    for query, found in (
        (f"document_type={overdue.document_type.code}", True),
        (f"branch={branch}", True),
        (f"branch={other}", False),
        ("branch=nonsense", True),
        (f"q={overdue.batch.number}", True),
        ("q=nowhere", False),
    ):
        assert ("900.00" in shown(chief, f"{LIST}?{query}")) == found, query


@pytest.mark.usefixtures("after")
def test_a_line_opens_the_form_with_its_cards_filled_in(overdue: Overdue) -> None:
    keeper = entered(overdue.insurer.keeper)
    line = re.search(r'href="([^"]*extensions/ask/\?[^"]*)"', shown(keeper, LIST))
    assert line

    form = shown(keeper, line[1].replace("&amp;", "&"))

    assert str(overdue.cards[0].serial) in form.replace(" ", "")
    assert overdue.document_type.code in form
    # A line that is not there, or out of reach, fills nothing in.
    stranger = shown(entered(overdue.insurer.other_keeper), line[1].replace("&amp;", "&"))
    assert str(overdue.cards[0].serial) not in stranger.replace(" ", "")


@pytest.mark.usefixtures("after")
def test_one_asks_another_agrees_and_the_cards_can_be_activated_again(overdue: Overdue) -> None:
    insurer = overdue.insurer
    keeper, second = entered(insurer.keeper), entered(insurer.second)
    extension = asked(keeper, overdue)
    page = f"/office/custody/extensions/{extension.number}/"
    assert "You asked for it, so it cannot be you." in shown(keeper, page)
    assert extension.number in shown(second, "/office/approvals/")
    waiting = home_work(insurer.actor("second")).piles
    assert Work.APPROVAL in [pile.kind for pile in waiting]

    own = keeper.post(page + "agree/", {"request_id": token(shown(keeper, page))})
    assert own.status_code == 422
    assert (
        second.post(page + "agree/", {"request_id": token(shown(second, page))}).status_code == 302
    )

    assert seen(overdue, 1) == "to_be_activated"
    assert "500.00" in shown(keeper, LIST)
    card = shown(keeper, f"/office/inquiry/cards/{overdue.cards[0].serial}/")
    assert "Given more time, up to" in card
    assert "the day printed on it is" in card


@pytest.mark.usefixtures("after")
def test_a_refusal_asks_why_and_the_cards_stay_out_of_date(overdue: Overdue) -> None:
    second = entered(overdue.insurer.second)
    extension = asked(entered(overdue.insurer.keeper), overdue)
    page = f"/office/custody/extensions/{extension.number}/"
    form = shown(second, page + "refuse/")

    assert (
        second.post(page + "refuse/", {"request_id": token(form), "reason": ""}).status_code == 422
    )
    sent = {"request_id": token(form), "reason": "far too late"}
    assert second.post(page + "refuse/", sent).status_code == 302

    assert "far too late" in shown(second, page)
    assert seen(overdue, 1) == "expired"


@pytest.mark.usefixtures("after")
def test_a_request_is_withdrawn_by_a_button(overdue: Overdue) -> None:
    keeper = entered(overdue.insurer.keeper)
    extension = asked(keeper, overdue)
    page = f"/office/custody/extensions/{extension.number}/"

    sent = {"request_id": token(shown(keeper, page))}
    assert keeper.post(page + "withdraw/", sent).status_code == 302
    assert "The request was withdrawn." in shown(keeper, page)


@pytest.mark.usefixtures("after")
def test_what_nobody_decided_waits_for_whoever_asked(overdue: Overdue, settings) -> None:
    keeper = entered(overdue.insurer.keeper)
    settings.APPROVAL_DAYS = 0
    extension = asked(keeper, overdue)
    page = f"/office/custody/extensions/{extension.number}/"

    kinds = [pile.kind for pile in home_work(overdue.insurer.actor("keeper")).piles]
    assert Work.EXTENSION_AGAIN in kinds
    assert "ask again for a second person" in shown(keeper, page)


@pytest.mark.usefixtures("after")
def test_the_answer_beside_the_range_says_which_cards_are_not_out_of_date(
    overdue: Overdue,
) -> None:
    overdue.extend((1, 2))
    run = overdue.run(1, 5)
    answer = entered(overdue.insurer.keeper).post(
        ASK,
        {
            "_judge": "runs",
            "document_type": overdue.document_type.code,
            "runs-first": str(run.first),
            "runs-last": str(run.last),
            "runs-count": "",
        },
        headers={"HX-Request": "true"},
    )

    assert "the last day to activate them is not over yet" in answer.content.decode()


@pytest.mark.usefixtures("after")
def test_a_card_and_a_range_out_of_date_offer_more_time(overdue: Overdue) -> None:
    keeper = entered(overdue.insurer.keeper)
    run = overdue.run(4, 8)

    assert "extensions/ask/" in shown(keeper, f"/office/inquiry/cards/{run.first}/")
    assert "extensions/ask/" in shown(keeper, f"/office/inquiry/?first={run.first}&last={run.last}")
    policy = overdue.cards[2].serial
    assert "extensions/ask/" not in shown(keeper, f"/office/inquiry/cards/{policy}/")


@pytest.mark.usefixtures("after")
def test_the_pages_take_a_bounded_number_of_statements(overdue: Overdue) -> None:
    keeper = entered(overdue.insurer.keeper)
    extension = asked(keeper, overdue)

    for address, most in (
        (LIST, 12),
        ("/office/custody/extensions/", 11),
        (f"/office/custody/extensions/{extension.number}/", 20),
    ):
        shown(keeper, address)
        with CaptureQueriesContext(connection) as caught:
            shown(keeper, address)
        assert len(caught) <= most, (address, len(caught))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_nothing_stands_in_anybodys_way(
    open_page: OpenPage,
    sign_in: Callable[[Page, Staff], None],
    no_axe_violations: Callable[[Page], None],
    language: str,
    width: int,
) -> None:
    overdue = overdue_cards()
    Staff.objects.update(language=language)
    with overdue.afterwards():
        extension = overdue.ask((1, 5))
        page = open_page(width)
        sign_in(page, overdue.insurer.second)
        for address in (
            LIST,
            "/office/custody/extensions/",
            f"/office/custody/extensions/{extension.number}/",
            f"/office/custody/extensions/{extension.number}/refuse/",
        ):
            page.goto(address)
            no_axe_violations(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, address
