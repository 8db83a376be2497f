"""The page of every way back: the consequence first, then the first step."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from playwright.sync_api import Page, expect

from selfcard.core import clock
from selfcard.organisations.models import Staff
from selfcard.payments.commands import TenderGiven, open_advance_account
from selfcard.payments.models import PaymentReceipt, Receipt, RedLetterInvoice
from selfcard.sales.commands import note_not_arrived
from selfcard.sales.models import Recovery
from tests.factories.activation import activate, open_card
from tests.factories.custody import custody, stop
from tests.factories.drawers import open_a_drawer
from tests.factories.policies import a_person, an_application
from tests.factories.sales import Shop, a_shop, an_agency
from tests.factories.verifying import everything_holds
from tests.web.desks import Office
from tests.web.ways_back import (
    A_COMPANY,
    GUIDE,
    ask,
    entered,
    of_range,
    of_sale,
    said,
    scratched,
    take_back,
)


@pytest.fixture
def shop(db: None) -> Shop:
    shop = a_shop(40)
    open_a_drawer(shop.insurer)
    return shop


def test_an_unpaid_sale_comes_back_at_once_and_the_rest_is_asked_for_anew(shop: Shop) -> None:
    sale = shop.sell((1, 20))
    receipt = shop.ask(sale)
    keeper = entered(shop.insurer.keeper)
    address = of_range(shop, 11, 20)

    shown = said(keeper.get(address))
    answer = take_back(keeper, address, **scratched(shop, 20, 20))

    assert f"Charge receipt {receipt.number} becomes void" in shown
    assert "A new one asks the same payer for the rest, ¥1,000.00" in shown
    assert "10 cards are in the inventory of" in shown
    assert "No money goes out" in shown
    recovery = Recovery.objects.get()
    assert answer.url == reverse("office:ways_back:recovery", args=[recovery.number])
    assert {row for row in custody(shop.batch) if row[2] <= 20} == {
        ("Institution", "sold", 1, 10),
        ("Institution", "inventory", 11, 19),
        ("Institution", "void", 20, 20),
    }
    page = keeper.get(answer.url)
    assert Receipt.objects.exclude(state="void").get().number in page.content.decode()
    everything_holds()


def test_whoever_wants_no_rest_gets_no_new_receipt(shop: Shop) -> None:
    sale = shop.sell((1, 20))
    shop.ask(sale)

    take_back(entered(shop.insurer.keeper), of_range(shop, 11, 20), asks_for_the_rest="")

    assert not Receipt.objects.exclude(state="void").exists()


def test_the_whole_consequence_of_a_paid_part_is_shown_before_anything_happens(shop: Shop) -> None:
    invoice = shop.sell_and_settle((1, 20))
    sale = invoice.receipt.sales.get().sale

    shown = said(entered(shop.insurer.keeper).get(of_range(shop, 1, 5)))

    assert "5 cards come back" in shown
    assert "15 cards stay with the sale" in shown
    assert "No policy is touched" in shown
    assert "¥500.00 are paid back" in shown
    assert "The way it came (Cash)" in shown
    assert f"A red-letter invoice names invoice {invoice.number}" in shown
    assert "Net −¥471.70, tax −¥28.30, together −¥500.00" in shown
    assert "¥1,500.00 of the original stay" in shown
    assert "Then 5 cards are in the inventory of" in shown
    assert sale.number in shown
    assert not Recovery.objects.exists()


def test_a_return_with_an_activated_card_names_it_and_offers_the_rest_in_one_click(
    shop: Shop,
) -> None:
    shop.sell_and_settle((1, 20))
    policy = activate(shop.cards[6])
    keeper = entered(shop.insurer.keeper)

    page = keeper.get(of_range(shop, 5, 10))

    shown = said(page)
    assert "1 of these cards is activated" in shown
    assert policy.number in shown
    assert page.context["form"] is None
    assert "To be paid back" not in shown
    assert "The steps" not in shown
    assert reverse("office:policies:cancel", args=[policy.number]) in page.content.decode()
    rest = GUIDE + "?" + page.context["rest_address"]
    assert take_back(keeper, rest).status_code == 302
    assert Recovery.objects.get().count == 5
    everything_holds()


def test_a_card_that_is_activated_while_one_looks_is_refused_and_named(shop: Shop) -> None:
    shop.sell_and_settle((1, 20))
    keeper = entered(shop.insurer.keeper)
    address = of_range(shop, 5, 10)
    form = keeper.get(address).context["form"]
    policy = activate(shop.cards[6])
    sent = {"request_id": uuid4(), "shown": form.initial["shown"], "reason": "x"}

    answer = keeper.post(address, sent)

    assert answer.status_code == 422
    assert "Nothing has been changed" in said(answer)
    assert policy.number in said(answer)
    assert not Recovery.objects.exists()


def test_a_sale_that_is_paid_while_one_looks_is_looked_at_again(shop: Shop) -> None:
    sale = shop.sell((1, 20))
    receipt = shop.ask(sale)
    keeper = entered(shop.insurer.keeper)
    form = keeper.get(of_sale(sale)).context["form"]
    shop.settle(receipt)

    answer = keeper.post(
        of_sale(sale), {"request_id": uuid4(), "shown": form.initial["shown"], "reason": "x"}
    )

    assert answer.status_code == 422
    assert "has changed while you looked at it" in said(answer)
    again = answer.context["form"]
    assert again["shown"].value().startswith(f"{sale.number}|paid|")


def test_a_double_click_and_the_back_button_take_cards_back_once(shop: Shop) -> None:
    sale = shop.sell((1, 20))
    keeper = entered(shop.insurer.keeper)
    form = keeper.get(of_sale(sale)).context["form"]
    sent = {"request_id": uuid4(), "shown": form.initial["shown"], "reason": "x"}

    first: Any = keeper.post(of_sale(sale), sent)
    again: Any = keeper.post(of_sale(sale), sent)

    assert first.status_code == again.status_code == 302
    assert first.url == again.url
    assert Recovery.objects.count() == 1


def test_two_who_take_the_same_cards_back_are_told(shop: Shop) -> None:
    sale = shop.sell((1, 20))
    keeper, chief = entered(shop.insurer.keeper), entered(shop.insurer.branch_keeper)
    form = chief.get(of_sale(sale)).context["form"]
    take_back(keeper, of_sale(sale))

    late = chief.post(
        of_sale(sale), {"request_id": uuid4(), "shown": form.initial["shown"], "reason": "x"}
    )

    assert late.status_code == 422
    assert Recovery.objects.count() == 1


def test_one_range_of_several_sales_paid_and_unpaid_comes_back_at_once(shop: Shop) -> None:
    shop.sell_and_settle((1, 10))
    shop.sell((11, 20))
    keeper = entered(shop.insurer.keeper)

    answer = take_back(keeper, of_range(shop, 6, 15))

    assert answer.url == reverse("office:ways_back:recoveries")
    kinds = Recovery.objects.order_by("kind").values_list("kind", "count")
    assert list(kinds) == [("paid", 5), ("unpaid", 5)]
    everything_holds()


def test_scratched_cards_that_do_not_come_back_are_told_while_typing_and_refused(
    shop: Shop,
) -> None:
    shop.sell((1, 20))
    keeper = entered(shop.insurer.keeper)
    address = of_range(shop, 1, 10)

    live = keeper.post(address, {"_judge": "scratched", **scratched(shop, 10, 11)})
    answer = take_back(keeper, address, **scratched(shop, 10, 11))

    assert "1 card becomes void" in " ".join(live.content.decode().split())
    assert "1 is not among those that come back" in live.content.decode()
    assert answer.status_code == 422
    assert "scratched" in answer.context["form"].errors
    assert not Recovery.objects.exists()


def test_a_reason_is_asked_for_and_what_was_typed_stays(shop: Shop) -> None:
    shop.sell((1, 20))
    keeper = entered(shop.insurer.keeper)

    answer = take_back(keeper, of_range(shop, 1, 10), reason=" ", **scratched(shop, 3, 4))

    assert answer.status_code == 422
    assert "reason" in answer.context["form"].errors
    assert str(shop.run(3, 3).first)[-3:] in answer.content.decode()


@pytest.mark.parametrize(
    "shown", ["", "x", "S-2026-0000001|paid|9-1", "S-2026-9999999|paid|1-2", "S|paid|1-2;;"]
)
def test_what_a_page_never_showed_is_not_done(shop: Shop, shown: str) -> None:
    sale = shop.sell((1, 20))

    answer = entered(shop.insurer.keeper).post(
        of_sale(sale), {"request_id": uuid4(), "shown": shown, "reason": "x"}
    )

    assert answer.status_code == 422
    assert not Recovery.objects.exists()


@pytest.mark.parametrize("query", ["?sale=", "?sale=S-1", "?first=12", "?first=abc&last=x", "?q=1"])
def test_what_names_no_cards_is_said_at_the_field(shop: Shop, query: str) -> None:
    answer = entered(shop.insurer.keeper).get(GUIDE + query)

    assert answer.status_code in (200, 422)
    assert "found" not in answer.context


def test_cards_that_are_reported_lost_are_named_with_what_stops_them_and_the_others_offered(
    shop: Shop,
) -> None:
    shop.sell_and_settle((1, 5))
    number = stop(shop.insurer, shop.run(2, 3), note="stolen")
    keeper = entered(shop.insurer.keeper)

    answer = keeper.get(of_range(shop, 1, 5))
    shown = said(answer)

    assert "2 of these cards are stopped, and cannot come back like this" in shown
    assert reverse("office:custody:freeze_note", args=[number]) in answer.content.decode()
    assert answer.context["form"] is None
    assert "Take only the other 3 back" in shown
    rest = keeper.get(f"{GUIDE}?{answer.context['rest_address']}")
    assert rest.context["form"] is not None


def test_cards_that_are_not_sold_are_told_where_they_go_on(shop: Shop) -> None:
    page = entered(shop.insurer.keeper).get(of_range(shop, 1, 5))

    assert "5 are in no sale that you may take back from" in said(page)
    assert "Recall it up the tree" in said(page)
    assert page.context["form"] is None


def test_nothing_is_told_of_cards_out_of_reach(shop: Shop) -> None:
    sale = shop.sell((1, 20))

    page = entered(shop.insurer.other_keeper).get(of_range(shop, 1, 20))

    assert sale.number not in page.content.decode()
    assert "Not in your reach, or never printed" in said(page)


def test_whoever_may_only_look_sees_the_consequence_and_no_form(shop: Shop) -> None:
    sale = shop.sell((1, 20))

    page = entered(shop.insurer.auditor).get(of_sale(sale))

    assert "You may look, but not take these cards back" in said(page)
    assert page.context["form"] is None
    denied = entered(shop.insurer.auditor).post(of_sale(sale), {"request_id": uuid4()})
    assert denied.status_code == 422


def test_money_on_its_way_has_to_arrive_or_be_called_off_first(shop: Shop) -> None:
    sale = shop.sell((1, 20))
    receipt = shop.ask(sale)
    note_not_arrived(
        receipt=receipt,
        expected=(TenderGiven("transfer", receipt.amount, reference="B 1"),),
        actor=shop.insurer.actor("cashier"),
        request_id=uuid4(),
    )

    page = entered(shop.insurer.keeper).get(of_sale(sale))

    assert f"Money for receipt {receipt.number} was sent and has not arrived" in said(page)
    assert page.context["form"] is None


def test_a_card_whose_pin_was_accepted_is_void_from_the_first_page_to_the_last(
    shop: Shop,
) -> None:
    shop.sell_and_settle((1, 5))
    open_card(shop.cards[2])
    keeper, cashier = entered(shop.insurer.keeper), entered(shop.insurer.cashier)

    shown = said(keeper.get(of_range(shop, 1, 5)))
    assert "Then 4 cards are in the inventory of" in shown
    assert "1 card is void in any case: its PIN was accepted once" in shown

    page = take_back(keeper, of_range(shop, 1, 5), **scratched(shop, 1, 1)).url
    waiting = said(keeper.get(page))
    assert waiting.count("Panel scratched: void") == 1
    assert waiting.count("PIN accepted before: void") == 1
    assert "2 cards become void. 1 with a scratched panel. 1 whose PIN was accepted" in waiting

    payment = ask(keeper, Recovery.objects.get(), way="original").url
    paid = {
        "request_id": uuid4(),
        "tenders-0-kind": "cash",
        "tenders-0-amount": "500",
        "tenders-0-arrived_on": clock.today().isoformat(),
    }
    assert cashier.post(payment, paid).status_code == 302
    done = said(keeper.get(page))
    assert done.count("PIN accepted before: void") == 1
    assert "2 cards became void" in done
    assert {row for row in custody(shop.batch) if row[1] == "void"} == {
        ("Institution", "void", 1, 1),
        ("Institution", "void", 3, 3),
    }


def test_what_is_on_its_way_back_counts_no_more_for_cards_nor_for_money(shop: Shop) -> None:
    shop.sell_and_settle((1, 20))
    keeper = entered(shop.insurer.keeper)
    take_back(keeper, of_range(shop, 1, 5))

    shown = said(keeper.get(of_range(shop, 6, 10)))

    assert "10 cards stay with the sale" in shown
    assert "¥1,000.00 of the original stay" in shown


@pytest.mark.parametrize("has_account", [True, False])
def test_an_advance_account_is_spoken_of_where_there_is_one(shop: Shop, has_account: bool) -> None:
    if has_account:
        open_advance_account(
            organisation=shop.insurer.institution,
            payer_name=A_COMPANY,
            actor=shop.insurer.actor("cashier"),
            request_id=uuid4(),
        )
    shop.settle(shop.ask(shop.sell((1, 5)), payer_name=A_COMPANY))

    shown = said(entered(shop.insurer.keeper).get(of_range(shop, 1, 5)))

    assert ("advance account" in shown) == has_account
    assert "to a named payee" in shown


def test_an_agency_is_told_that_it_is_settled_gross(shop: Shop) -> None:
    agency = an_agency(shop.insurer)
    sale = shop.sell((1, 5), business_source="agency", agency=agency)
    shop.settle(shop.ask(sale))
    keeper = entered(shop.insurer.keeper)

    assert "the whole premium is paid back" in said(keeper.get(of_sale(sale)))
    recovery = keeper.get(take_back(keeper, of_sale(sale)).url)
    assert "the whole premium is paid back" in said(recovery)


def test_a_sold_card_leads_here_from_its_page_and_from_a_recall(shop: Shop) -> None:
    sale = shop.sell((1, 5))
    keeper = entered(shop.insurer.keeper)
    run = shop.run(1, 5)

    card = keeper.get(f"/office/inquiry/cards/{shop.cards[0].card_number}/").content.decode()
    typed = {
        "_judge": "runs",
        "document_type": shop.document_type.code,
        "runs-first": run.first,
        "runs-last": run.last,
        "runs-count": "",
    }
    recall = keeper.post("/office/custody/recall/", typed).content.decode()

    assert f"{GUIDE}?document_type=" in card
    assert f"{GUIDE}?document_type=" in recall
    assert sale.number in said(keeper.get(of_range(shop, 1, 1)))


def test_the_guided_page_takes_as_many_statements_for_several_sales(shop: Shop) -> None:
    keeper = entered(shop.insurer.keeper)

    def statements(last: int) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert keeper.get(of_range(shop, 1, last)).status_code == 200
        return len(asked)

    for first in (1, 11, 21):
        shop.sell_and_settle((first, first + 4))
        shop.ask(shop.sell((first + 5, first + 9)))

    statements(10)
    assert statements(30) == statements(10)


@pytest.mark.django_db(transaction=True)
def test_fifty_of_two_hundred_cards_come_back_three_activated_two_scratched(
    open_page: Callable[..., Page],
    sign_in: Callable[[Page, Staff], None],
    no_axe_violations: Callable[[Page], None],
    language: str,
) -> None:
    shop = a_shop(200)
    invoice = shop.sell_and_settle((1, 200))
    sale = invoice.receipt.sales.get().sale
    for at in (10, 20, 30):
        activate(shop.cards[at], an_application(applicant=a_person(order=at)))
    office = Office(open_page, sign_in, no_axe_violations, language)
    insurer = shop.insurer

    keeper = office.at_the_desk_of(insurer.keeper, GUIDE)
    first = shop.run(1, 1).first
    keeper.fill("[name=runs-first]", str(first))
    keeper.fill("[name=runs-count]", "50")
    keeper.click("main form[method=get] button[type=submit]")
    no_axe_violations(keeper)
    assert keeper.locator("#activated li").count() == 3
    expect(keeper.locator("#take-back")).to_have_count(0)
    keeper.locator(".next .btn-primary").click()
    expect(keeper.locator("#take-back")).to_be_visible()
    keeper.fill("[name=scratched-first]", str(first + 40))
    keeper.fill("[name=scratched-count]", "2")
    expect(keeper.locator("#take-back .answer-place")).to_contain_text("2")
    keeper.fill("[name=reason]", "客户退回")
    office.send(keeper, "#take-back")
    recovery = Recovery.objects.get()
    assert (recovery.count, recovery.amount) == (47, Decimal("4700.00"))
    expect(keeper.locator("h1")).to_contain_text(recovery.number)
    here = keeper.url
    keeper.go_back()
    expect(keeper.locator("#now")).to_contain_text(recovery.number)
    expect(keeper.locator("#take-back")).to_have_count(0)
    keeper.goto(here)
    assert Recovery.objects.count() == 1

    keeper.locator(".next .btn-primary").click()
    no_axe_violations(keeper)
    keeper.check("[name=way][value=payee]")
    keeper.fill("[name=payee_name]", A_COMPANY)
    keeper.fill("[name=payee_bank]", "工商银行")
    keeper.fill("[name=payee_account]", "1202 0201 0990 0123")
    office.send(keeper)
    payment = PaymentReceipt.objects.get()
    expect(keeper.locator("h1")).to_contain_text(payment.number)

    cashier = office.at_the_desk_of(insurer.cashier, "/office/")
    cashier.locator("main").get_by_role("link", name=payment.number).first.click()
    no_axe_violations(cashier)
    cashier.fill("[name=tenders-0-reference]", "OUT-1")
    with cashier.expect_navigation():
        cashier.dblclick("aside .btn-primary")
    red_letter = RedLetterInvoice.objects.get()
    expect(cashier.locator("#happened")).to_contain_text(red_letter.number)
    no_axe_violations(cashier)
    cashier.locator("#happened").get_by_role("link", name=red_letter.number).click()
    expect(cashier.locator("#original")).to_contain_text("15,300.00")
    no_axe_violations(cashier)

    assert red_letter.gross == Decimal("-4700.00")
    statuses = {row[1]: 0 for row in custody(shop.batch)}
    for _holder, status, start, end in custody(shop.batch):
        statuses[status] += end - start + 1
    assert statuses == {"to_be_activated": 153, "inventory": 45, "void": 2}
    expect(cashier.locator("#lines")).to_contain_text(sale.number)
    office.at_the_desk_of(insurer.keeper, here)
    expect(keeper.locator("#papers")).to_contain_text(red_letter.number)
    everything_holds()
