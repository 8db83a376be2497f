"""Cash drawers through pages: defined, opened, counted by notes, closed by a second person."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags
from playwright.sync_api import Page, expect

from selfcard.core import clock
from selfcard.ledger.models import OLDEST_DAYS
from selfcard.organisations.models import Staff
from selfcard.payments.commands import count_drawer
from selfcard.payments.models import Banking, DrawerDay
from selfcard.payments.queries import expected_in
from tests.factories.advances import a_refund, an_account, deposit
from tests.factories.drawers import open_a_drawer
from tests.factories.organisations import Insurer, an_insurer
from tests.factories.payments import transfer
from tests.factories.verifying import everything_holds

SignIn = Callable[[Page, Staff], None]
Axe = Callable[[Page], None]
HERE = "/office/drawers/"


@pytest.fixture
def insurer(db: None) -> Insurer:
    return an_insurer()


def entered(staff: Staff) -> Client:
    client = Client()
    client.force_login(staff, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


def page_of(day: DrawerDay) -> str:
    return f"{HERE}{day.drawer.code}/{day.day.isoformat()}/"


def counted(**found: Any) -> dict[str, Any]:
    return {"request_id": uuid4(), "card": "0", "cheque": "0", "wallet": "0", **found}


@pytest.mark.django_db(transaction=True)
def test_a_drawers_day_from_its_float_to_its_end(
    open_page: Callable[..., Page], sign_in: SignIn, language: str, no_axe_violations: Axe
) -> None:
    insurer = an_insurer()
    Staff.objects.update(language=language)
    manager, cashier = open_page(), open_page()
    sign_in(manager, insurer.second)
    sign_in(cashier, insurer.cashier)

    manager.goto(HERE)
    no_axe_violations(manager)
    manager.locator("body").press("c")
    manager.fill("[name=organisation]", "100101")
    manager.fill("[name=code]", "desk-1")
    manager.fill("[name=name_zh]", "一号柜台")
    manager.fill("[name=name_en]", "Desk 1")
    no_axe_violations(manager)
    manager.click("form[data-once] .btn-primary")

    cashier.goto(HERE)
    cashier.click("a[href$='/open/']")
    no_axe_violations(cashier)
    cashier.click("form[data-once] .btn-primary")
    expect(cashier.locator(".next")).to_be_visible()
    cashier.click("a[href*='/fetch/']")
    cashier.fill("[name=amount]", "500")
    cashier.fill("[name=reference]", "SLIP-1")
    no_axe_violations(cashier)
    cashier.click("form[data-once] .btn-primary")
    expect(cashier.locator("#moved")).to_contain_text("500.00")
    an_account(insurer, "300.00")  # the cash of a deposit goes through it
    cashier.locator("body").press("n")
    cashier.locator("summary", has_text="").last.click()
    cashier.fill("[name=note_100]", "7")
    cashier.fill("[name=note_50]", "1")
    expect(cashier.locator("[aria-live]", has_text="750.00").first).to_be_visible()
    cashier.fill("[name=note_20]", "2")
    no_axe_violations(cashier)
    cashier.click("form[data-once] .btn-primary")
    expect(cashier.locator("[data-problems]")).to_be_visible()  # nobody says why
    cashier.fill("[name=explanation]", "找零多付")
    cashier.click("form[data-once] .btn-primary")
    expect(cashier.locator("#lines")).to_contain_text("−¥10.00")
    no_axe_violations(cashier)

    day = DrawerDay.objects.get()
    manager.goto("/office/")
    manager.click("a[href*='/drawers/DESK-1/']")
    no_axe_violations(manager)
    manager.dblclick(".next .btn-primary")
    expect(manager.locator("#books")).to_contain_text("6711")
    no_axe_violations(manager)
    day.refresh_from_db()
    assert day.state == DrawerDay.State.CLOSED
    assert day.closed_by == insurer.second


def test_notes_and_coins_stand_for_the_cash_and_do_not_contradict_it(insurer: Insurer) -> None:
    day = open_a_drawer(insurer, "120.50")
    cashier = entered(insurer.cashier)
    notes = {"note_100": "1", "note_20": "1", "note_0.5": "1"}

    differing = cashier.post(f"{page_of(day)}count/", counted(cash="120", **notes))
    nothing = cashier.post(f"{page_of(day)}count/", counted())
    done = cashier.post(f"{page_of(day)}count/", counted(**notes))

    assert "120.50" in str(differing.context["form"].errors["cash"])
    assert "cash" in nothing.context["form"].errors
    assert done.status_code == 302
    assert day.counts.get(kind="cash").counted == Decimal("120.50")


def test_what_was_not_counted_is_asked_for_in_our_own_words(insurer: Insurer) -> None:
    day = open_a_drawer(insurer)

    answer = entered(insurer.cashier).post(f"{page_of(day)}count/", counted(card="", cheque="-1"))

    errors = answer.context["form"].errors
    assert errors["card"] == ["Fill this in."]
    assert errors["cheque"] == ["An amount cannot be less than nothing."]


def test_nobody_is_led_to_what_should_be_found_before_the_first_count(
    insurer: Insurer, settings: Any
) -> None:
    day = open_a_drawer(insurer, "123.45")
    cashier, page = entered(insurer.cashier), f"{page_of(day)}count/"
    look = {**counted(cash="90"), "_look": "1"}

    blind = [cashier.get(page), cashier.post(page, look), cashier.post(page, counted(cash="90"))]
    settings.BLIND_COUNT = False
    seeing = [cashier.get(page), cashier.post(page, look)]

    assert [answer.status_code for answer in blind] == [200, 200, 422]
    assert not any("123.45" in answer.content.decode() for answer in blind)
    assert not any("33.45" in answer.content.decode() for answer in blind)
    assert all("123.45" in answer.content.decode() for answer in seeing)
    assert "33.45" in seeing[1].content.decode()
    assert not day.counts.exists()
    settings.BLIND_COUNT = True
    cashier.post(page, counted(cash="90", explanation="gave too much"))
    assert "123.45" in cashier.get(page).content.decode()


def test_pieces_that_are_no_number_are_refused_in_our_own_words(insurer: Insurer) -> None:
    day = open_a_drawer(insurer)

    answer = entered(insurer.cashier).post(
        f"{page_of(day)}count/",
        counted(note_100="1.5", note_50="-1", note_20="100000"),
    )

    errors = answer.context["form"].errors
    assert errors["note_100"] == ["Say how many pieces there are: a whole number."]
    assert errors["note_50"] == ["There cannot be less than none."]
    assert errors["note_20"] == ["There cannot be so many pieces in one drawer."]


def test_a_day_is_closed_by_nobody_who_counted_it_nor_before(insurer: Insurer) -> None:
    day = open_a_drawer(insurer)
    cashier, second = entered(insurer.cashier), entered(insurer.second)
    close = f"{page_of(day)}close/"

    assert cashier.post(close, {"request_id": uuid4()}).status_code == 403
    assert second.post(close, {"request_id": uuid4()}).status_code == 422
    cashier.post(f"{page_of(day)}count/", counted(cash="0"))
    assert second.post(close, {"request_id": uuid4()}).status_code == 302

    everything_holds()


def test_yesterdays_uncounted_drawer_is_said_on_the_home_page_and_stops_today(
    insurer: Insurer,
) -> None:
    with clock.frozen(clock.now() - timedelta(days=1)):
        day = open_a_drawer(insurer)
    cashier = entered(insurer.cashier)

    assert f"{page_of(day)}count/" in cashier.get("/office/").content.decode()
    assert f"{page_of(day)}count/" in cashier.get(HERE).content.decode()
    refused = cashier.post(
        f"{HERE}{day.drawer.code}/open/", {"request_id": uuid4(), "opening_cash": "0"}
    )
    assert refused.status_code == 422
    assert page_of(day) in refused.content.decode()
    cashier.post(f"{page_of(day)}count/", counted(cash="0"))
    opened = cashier.post(
        f"{HERE}{day.drawer.code}/open/", {"request_id": uuid4(), "opening_cash": "0"}
    )
    assert opened.status_code == 302
    assert page_of(day) in entered(insurer.second).get("/office/").content.decode()


def test_a_drawer_that_cannot_open_today_says_so_before_the_form(insurer: Insurer) -> None:
    day = open_a_drawer(insurer, "500.00")
    cashier = entered(insurer.cashier)
    opening = f"{HERE}{day.drawer.code}/open/"

    open_now = cashier.get(opening, follow=True)
    cashier.post(f"{page_of(day)}count/", counted(cash="500"))
    over = cashier.get(opening, follow=True)

    assert open_now.redirect_chain == over.redirect_chain == [(page_of(day), 302)]
    assert "open today already" in open_now.content.decode()
    assert "opens again tomorrow" in over.content.decode()
    assert "500.00 of cash stays" in strip_tags(over.content.decode())
    assert "500.00" in cashier.get(HERE).content.decode()
    with clock.frozen(clock.now() + timedelta(days=1)):
        assert "form" in entered(insurer.cashier).get(opening).context


def test_the_address_of_a_button_leads_back_to_its_page(insurer: Insurer) -> None:
    day = open_a_drawer(insurer)

    answer = entered(insurer.second).get(f"{page_of(day)}close/")

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"
    assert f'href="{page_of(day)}"' in answer.content.decode()


def test_the_next_day_begins_with_what_was_counted(insurer: Insurer) -> None:
    with clock.frozen(clock.now() - timedelta(days=1)):
        day = open_a_drawer(insurer, "500.00")
        count_drawer(
            day=day, counted=expected_in(day), actor=insurer.actor("cashier"), request_id=uuid4()
        )

    form = entered(insurer.cashier).get(f"{HERE}{day.drawer.code}/open/").context["form"]

    assert form.initial["opening_cash"] == Decimal("500.00")


def test_the_list_of_days_says_what_the_last_count_was_short_by(insurer: Insurer) -> None:
    day = open_a_drawer(insurer, "100.00")
    cashier = entered(insurer.cashier)
    for found in ("50", "90"):
        form = counted(cash=found, explanation="short")
        cashier.post(f"{page_of(day)}count/", form)

    answer = cashier.get(f"{HERE}days/?difference=some")

    assert [row.record.difference for row in answer.context["table"].rows] == [Decimal("-10.00")]


def test_a_float_is_fetched_from_the_bank_into_the_drawer_that_is_open(insurer: Insurer) -> None:
    cashier, today = entered(insurer.cashier), clock.today()
    form = {"amount": "200", "left_on": today, "reference": "SLIP-9"}

    none_open = cashier.get(f"{HERE}fetch/")
    day = open_a_drawer(insurer)
    refused = cashier.post(
        f"{HERE}fetch/", {**form, "drawer": day.pk, "amount": "0", "request_id": uuid4()}
    )
    done = cashier.post(f"{HERE}fetch/", {**form, "drawer": day.pk, "request_id": uuid4()})

    assert "No drawer is open" in none_open.content.decode()
    assert "amount" in refused.context["form"].errors
    assert done["Location"] == page_of(day)
    shown = strip_tags(cashier.get(page_of(day)).content.decode())
    assert "fetched from the bank" in shown
    assert "SLIP-9" in shown


def test_a_payment_that_the_drawer_cannot_make_leads_to_the_bank(insurer: Insurer) -> None:
    open_a_drawer(insurer)
    account = an_account(insurer)
    deposit(insurer, account, "700.00", transfer("700.00"))
    payment = a_refund(insurer, account, "700.00")

    answer = entered(insurer.cashier).post(
        f"/office/payments/payments/{payment.number}/",
        {"request_id": uuid4(), "tenders-0-kind": "cash", "tenders-0-amount": "700"},
    )

    assert answer.status_code == 422
    assert f'href="{HERE}fetch/"' in answer.content.decode()


def test_a_manager_takes_an_empty_drawer_out_of_use_and_back(insurer: Insurer) -> None:
    with clock.frozen(clock.now() - timedelta(days=1)):
        day = open_a_drawer(insurer, "50.00")
    manager, cashier = entered(insurer.second), entered(insurer.cashier)
    use = f"{HERE}{day.drawer.code}/use/"

    assert cashier.get(use).status_code == 403
    assert use not in manager.get(HERE).content.decode()
    refused = manager.post(use, {"request_id": uuid4()})
    assert refused.status_code == 422
    assert page_of(day) in refused.content.decode()
    cashier.post(f"{page_of(day)}count/", counted(cash="0", explanation="handed over"))
    manager.post(f"{page_of(day)}close/", {"request_id": uuid4()})
    assert use in manager.get(HERE).content.decode()
    assert manager.post(use, {"request_id": uuid4()})["Location"] == HERE
    assert "out of use" in manager.get(HERE).content.decode()
    assert cashier.get(f"{HERE}{day.drawer.code}/open/")["Location"] == page_of(day)
    manager.post(use, {"request_id": uuid4()})
    assert f"{day.drawer.code}/open/" in cashier.get(HERE).content.decode()


def test_after_its_end_the_day_says_where_its_cash_is(insurer: Insurer) -> None:
    with clock.frozen(clock.now() - timedelta(days=1)):
        day = open_a_drawer(insurer, "500.00")
    cashier, manager = entered(insurer.cashier), entered(insurer.second)
    cashier.post(f"{page_of(day)}count/", counted(cash="500"))
    manager.post(f"{page_of(day)}close/", {"request_id": uuid4()})

    shown = cashier.get(page_of(day)).content.decode()

    assert "500.00 of cash stays in the drawer" in strip_tags(shown)
    assert f"{HERE}{day.drawer.code}/open/" in shown


def test_cash_is_offered_to_the_bank_only_out_of_a_drawer_that_is_open(insurer: Insurer) -> None:
    cashier = entered(insurer.cashier)

    form = cashier.get(f"{HERE}bank/").context["form"]
    assert [kind for kind, _label in form.fields["kind"].choices] == ["card", "wallet"]
    assert "drawer" not in form.fields
    day = open_a_drawer(insurer)
    form = cashier.get(f"{HERE}bank/").context["form"]
    assert [key for key, _label in form.fields["drawer"].choices] == [str(day.pk)]


def test_takings_come_to_the_bank(insurer: Insurer) -> None:
    day = open_a_drawer(insurer, "500.00")
    cashier = entered(insurer.cashier)
    form = {
        "organisation": "100101",
        "kind": "cash",
        "drawer": day.pk,
        "amount": "300",
        "arrived_on": clock.today(),
        "reference": "SLIP-7",
    }

    too_much = cashier.post(f"{HERE}bank/", {**form, "amount": "501", "request_id": uuid4()})
    done = cashier.post(f"{HERE}bank/", {**form, "request_id": uuid4()})

    assert "amount" in too_much.context["form"].errors
    assert done["Location"] == f"{HERE}banked/"
    banking = Banking.objects.get(amount__gt=0)
    assert "SLIP-7" in cashier.get(f"{HERE}banked/?q={banking.number}").content.decode()
    found = cashier.get(f"/office/search/?q={banking.number}")
    assert found["Location"] == f"{HERE}banked/?q={banking.number}"
    assert "SLIP-7" in cashier.get(page_of(day)).content.decode()


def test_the_day_is_a_page_a_file_and_a_paper(insurer: Insurer) -> None:
    day = open_a_drawer(insurer, "500.00")
    an_account(insurer, "300.00")
    cashier = entered(insurer.cashier)

    assert "300.00" in cashier.get(f"{page_of(day)}?export=csv").getvalue().decode()
    assert cashier.get(f"{page_of(day)}?export=xlsx").status_code == 200
    for language in ("en", "zh-hans"):
        Staff.objects.filter(pk=insurer.cashier.pk).update(language=language)
        assert cashier.get(f"{page_of(day)}report.pdf").content.startswith(b"%PDF")


def test_takings_that_are_older_than_the_books_take_are_refused(insurer: Insurer) -> None:
    day = open_a_drawer(insurer, "500.00")
    first = clock.today() - timedelta(days=OLDEST_DAYS)
    form = {
        "organisation": "100101",
        "kind": "cash",
        "drawer": day.pk,
        "amount": "300",
        "reference": "SLIP-7",
    }

    def bank(arrived_on: date) -> Any:
        sent = {**form, "arrived_on": arrived_on, "request_id": uuid4()}
        return entered(insurer.cashier).post(f"{HERE}bank/", sent)

    refused = bank(first - timedelta(days=1))
    assert refused.status_code == 422
    assert "arrived_on" in refused.context["form"].errors
    assert not Banking.objects.filter(amount__gt=0).exists()
    assert bank(first).status_code == 302


@pytest.mark.parametrize("page", ["", "days/", "banked/"])
def test_what_is_no_day_and_whose_drawer_it_is_not_is_not_found(
    insurer: Insurer, page: str
) -> None:
    day = open_a_drawer(insurer)
    stranger = entered(insurer.other_keeper)

    assert stranger.get(page_of(day)).status_code == 404
    assert entered(insurer.cashier).get(f"{HERE}DRAWER-1/2026-13-45/").status_code == 404
    assert "DRAWER-1" not in stranger.get(f"{HERE}{page}").content.decode()


def test_the_list_of_days_takes_as_many_statements_for_many_as_for_one(insurer: Insurer) -> None:
    cashier = entered(insurer.cashier)

    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert cashier.get(f"{HERE}days/").status_code == 200
        return len(captured)

    with clock.frozen(clock.now() - timedelta(days=3)):
        open_a_drawer(insurer)
    statements()  # the first look of a session writes it down
    one = statements()
    for ago in (2, 1, 0):
        with clock.frozen(clock.now() - timedelta(days=ago)):
            open_a_drawer(insurer)

    assert statements() == one
