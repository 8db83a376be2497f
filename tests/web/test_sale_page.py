"""A sale in each of its states through its page and the lists; several sales on one receipt."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from selfcard.activation.commands import issue_refund_payment, settle_refund
from selfcard.core import clock
from selfcard.organisations.models import Staff
from selfcard.payments.commands import OutlayGiven, TenderGiven
from selfcard.payments.models import Receipt
from selfcard.sales.commands import note_not_arrived
from selfcard.sales.models import Sale
from tests.factories.activation import activate, cancel
from tests.factories.drawers import open_a_drawer
from tests.factories.recoveries import THE_WAY_IT_CAME, pay_back, take_back, voucher
from tests.factories.sales import Shop, a_shop, an_agency
from tests.web.ways_back import said

pytestmark = pytest.mark.django_db
SALES = "/office/sales/"
TOGETHER = "/office/sales/to-charge/receipt/"


@pytest.fixture
def shop() -> Shop:
    return a_shop()


def entered(staff: Staff) -> Client:
    client = Client()
    client.force_login(staff, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


@pytest.fixture
def keeper(shop: Shop) -> Client:
    return entered(shop.insurer.keeper)


def shown(client: Client, sale: Sale) -> str:
    answer = client.get(f"{SALES}{sale.number}/")
    assert answer.status_code == 200
    return answer.content.decode()


def waits(shop: Shop, sale: Sale) -> None:
    receipt = shop.ask(sale)
    sent = TenderGiven("transfer", receipt.amount, reference="ICBC 1")
    note_not_arrived(
        receipt=receipt,
        expected=(sent,),
        actor=shop.insurer.actor("cashier"),
        request_id=uuid4(),
    )


def paid(shop: Shop, sale: Sale) -> None:
    shop.settle(shop.ask(sale))


def partly_back(shop: Shop, sale: Sale) -> None:
    paid(shop, sale)
    take_back(shop, sale, (8, 10))


def wholly_back(shop: Shop, sale: Sale) -> None:
    paid(shop, sale)
    pay_back(shop, voucher(shop, take_back(shop, sale)))


STATES: list[tuple[str, str, str, Callable[[Shop, Sale], Any]]] = [
    ("sold", "Sold, not asked for", "issue the charge receipt", lambda shop, sale: None),
    ("issued", "Sold, not paid", "confirm that the money has arrived", Shop.ask),
    ("waiting", "Money on its way", "look whether the money has arrived", waits),
    ("paid", "Paid", "the holders activate their cards", paid),
    ("partly_back", "Paid, partly back", "3 of its cards wait for their refund", partly_back),
    ("back", "Taken back", "Its money was paid back", wholly_back),
    ("back", "Taken back", "It was never paid", lambda shop, sale: take_back(shop, sale)),
]


@pytest.mark.parametrize(("state", "word", "next_step", "become"), STATES)
def test_a_sale_says_how_it_stands_on_its_page_and_in_the_list_alike(
    shop: Shop,
    keeper: Client,
    state: str,
    word: str,
    next_step: str,
    become: Callable[[Shop, Sale], Any],
) -> None:
    sale = shop.sell((1, 10))
    other = shop.sell((21, 25))
    become(shop, sale)
    if state == "sold":
        paid(shop, other)

    page = shown(keeper, sale)
    rows = keeper.get(f"{SALES}?state={state}").context["table"].rows

    assert f"</svg>{word}</span>" in page
    assert next_step in page
    assert [row.record.number for row in rows] == [sale.number]
    assert f"</svg>{word}</span>" in keeper.get(SALES).content.decode()


def test_an_overdue_sale_says_for_how_long_and_leads_both_ways(shop: Shop, keeper: Client) -> None:
    sale = shop.sell((1, 10))
    shop.ask(sale)

    with clock.frozen(clock.now() + timedelta(days=33)):
        page = shown(entered(shop.insurer.keeper), sale)
        listed = entered(shop.insurer.keeper).get("/office/sales/overdue/")
        assert listed.context["table"].rows[0].get_cell_value("age") == 3

    assert "</svg>Overdue</span>" in page
    assert "This sale is 3 days overdue." in page
    assert f"sale={sale.number}" in page  # to take its cards back
    assert f"/receipts/{sale.receipts.get().receipt.number}/" in page
    totals = [str(total.value) for total in listed.context["totals"]]
    assert ["1,000.00" in total for total in totals] == [True, True, False, False, False]


def test_the_ages_of_what_is_overdue_filter_its_list(shop: Shop) -> None:
    numbers = {}
    for days, first in ((60, 1), (33, 11), (0, 21)):
        with clock.frozen(clock.now() - timedelta(days=days)):
            numbers[days] = shop.sell((first, first)).number
    keeper = entered(shop.insurer.keeper)

    def listed(age: str) -> list[str]:
        table = keeper.get(f"/office/sales/overdue/?age={age}").context["table"]
        return [row.record.number for row in table.rows]

    assert listed("") == [numbers[60], numbers[33]]
    assert listed("1-7") == [numbers[33]]
    assert listed("8-30") == [numbers[60]]
    assert listed("91-") == []


def test_everything_that_happened_with_a_sale_stands_on_its_page(
    shop: Shop, keeper: Client
) -> None:
    sale = shop.sell((1, 10))
    void = shop.void(shop.ask(sale), "wrong name")
    shop.settle(shop.ask(sale))
    first = take_back(shop, sale, (1, 2))
    red_letter = pay_back(shop, voucher(shop, first))
    second = take_back(shop, sale, (5, 5))

    page = shown(keeper, sale)

    for word in (
        void.number,
        "wrong name",
        first.number,
        red_letter.number,
        red_letter.payment.number,
        second.number,
        "changed their mind",
    ):
        assert word in page, word
    account = keeper.get(f"{SALES}{sale.number}/").context["account"]
    figures = (account.sold, account.paid, account.paid_back, account.owed_back, account.open)
    assert [str(one) for one in figures] == ["1000.00", "1000.00", "200.00", "100.00", "0.00"]
    assert account.kept == 700
    assert (account.out, account.coming, account.back, account.void) == (7, 1, 2, 0)


def test_a_policy_that_ended_early_stands_on_the_page_of_its_sale_with_its_money() -> None:
    with clock.frozen(date(2026, 3, 2)):
        shop = a_shop(10)
        sale = shop.sell((1, 3))
        paid(shop, sale)
        policy = activate(shop.cards[1])
    with clock.frozen(date(2026, 6, 10)):
        cancel(shop.insurer, policy)
        page = said(entered(shop.insurer.keeper).get(f"{SALES}{sale.number}/"))

        assert policy.number in page
        assert "Policy cancelled: its card is void" in page
        assert "¥72.60" in page
        payment = issue_refund_payment(
            policy=policy,
            payee=THE_WAY_IT_CAME,
            actor=shop.insurer.actor("keeper"),
            request_id=uuid4(),
        )
        open_a_drawer(shop.insurer, "500.00")
        red_letter = settle_refund(
            payment=payment,
            outlays=(OutlayGiven("cash", payment.amount),),
            actor=shop.insurer.actor("cashier"),
            request_id=uuid4(),
        )
        page = said(entered(shop.insurer.keeper).get(f"{SALES}{sale.number}/"))

    assert "The unearned premium is paid back" in page
    assert payment.number in page
    assert red_letter.number in page
    assert "¥227.40" in page  # stays with us


def test_what_came_back_unpaid_is_not_asked_for_any_more(shop: Shop, keeper: Client) -> None:
    sale = shop.sell((1, 10))
    take_back(shop, sale, (1, 4))

    page = keeper.get(f"{SALES}{sale.number}/receipt/").content.decode()
    account = keeper.get(f"{SALES}{sale.number}/").context["account"]

    assert "600.00" in page
    assert "6 cards" in page
    assert (account.released, account.open) == (400, 600)


def test_a_page_of_a_sale_takes_as_many_statements_for_much_as_for_little(shop: Shop) -> None:
    little, much = shop.sell((1, 10)), shop.sell((11, 12), (15, 20), (31, 32))
    keeper = entered(shop.insurer.keeper)

    def statements(sale: Sale) -> int:
        shown(keeper, sale)
        with CaptureQueriesContext(connection) as captured:
            shown(keeper, sale)
        return len(captured)

    for sale, runs in ((little, [(1, 2)]), (much, [(11, 12), (15, 15), (31, 32)])):
        for reason in ("first", "second", "third")[: len(runs)]:
            shop.void(shop.ask(sale), reason)
        shop.settle(shop.ask(sale))
        for run in runs:
            pay_back(shop, voucher(shop, take_back(shop, sale, run)))

    assert statements(much) == statements(little)


def test_a_sale_through_an_agency_names_it_with_its_agreement(shop: Shop, keeper: Client) -> None:
    agency = an_agency(shop.insurer)
    sale = shop.sell((1, 2), business_source="agency", agency=agency)

    page = shown(keeper, sale)

    assert "/office/sales/agencies/AG-01/" in page
    assert "agreement AG-01-2026" in page


# Several sales, one receipt


def test_several_sales_of_one_payer_are_asked_for_on_one_receipt(
    shop: Shop, keeper: Client
) -> None:
    agency = an_agency(shop.insurer)
    terms: Any = {"business_source": "agency", "agency": agency}
    sales = [shop.sell((1, 10), **terms), shop.sell((21, 25), **terms)]
    address = f"{TOGETHER}?sale={sales[0].number}&sale={sales[1].number}"

    assert all(
        sale.number in keeper.get("/office/sales/to-charge/").content.decode() for sale in sales
    )
    page = keeper.get(address)
    form = page.context["form"].initial
    answer = keeper.post(address, {"request_id": uuid4(), **form})

    assert "1,500.00" in page.content.decode()
    assert form["payer_name"] == "恒信保险代理有限公司"
    receipt = Receipt.objects.get()
    assert answer["Location"] == f"/office/payments/receipts/{receipt.number}/"
    assert [one.sale for one in receipt.sales.order_by("sale")] == sales
    assert f"/receipts/{receipt.number}/" in shown(keeper, sales[1])
    assert "for several sales" in shown(keeper, sales[1])


def test_a_receipt_for_a_sale_of_an_agency_and_a_direct_one_asks_who_pays(
    shop: Shop, keeper: Client
) -> None:
    agency = an_agency(shop.insurer)
    terms: Any = {"business_source": "agency", "agency": agency}
    sales = [shop.sell((1, 10), **terms), shop.sell((11, 20), **terms), shop.sell((21, 25))]
    said = "not all made by the same agency"

    alike = keeper.get(f"{TOGETHER}?sale={sales[0].number}&sale={sales[1].number}")
    mixed = keeper.get(f"{TOGETHER}?sale={sales[0].number}&sale={sales[2].number}")

    assert said not in alike.content.decode()
    assert said in mixed.content.decode()
    assert "payer_name" not in mixed.context["form"].initial


def test_a_page_for_one_sale_offers_the_others_of_its_agency(shop: Shop, keeper: Client) -> None:
    agency = an_agency(shop.insurer)
    terms: Any = {"business_source": "agency", "agency": agency}
    sale, other = shop.sell((1, 10), **terms), shop.sell((21, 25), **terms)
    direct = shop.sell((31, 31))

    page = keeper.get(f"{SALES}{sale.number}/receipt/").content.decode()

    assert f"sale={other.number}" in page
    assert direct.number not in page


def test_what_cannot_be_asked_for_is_left_out_and_named(shop: Shop, keeper: Client) -> None:
    open_, asked = shop.sell((1, 10)), shop.sell((11, 20))
    shop.ask(asked)

    page = keeper.get(f"{TOGETHER}?sale={open_.number}&sale={asked.number}&sale=S-X")

    assert page.context["strange"] == [asked.number, "S-X"]
    assert [sale.number for sale in page.context["sales"]] == [open_.number]
    assert "No sale is chosen" in keeper.get(TOGETHER).content.decode()


@pytest.mark.parametrize("named", ["", "S-2026-9999999", "S-1 " * 101])
def test_a_receipt_for_sales_that_are_none_is_refused(
    shop: Shop, keeper: Client, named: str
) -> None:
    sale = shop.sell((1, 10))
    many = " ".join(f"S-{n}" for n in range(101)) if len(named) > 100 else named

    answer = keeper.post(f"{TOGETHER}?sale={sale.number}", {"request_id": uuid4(), "sales": many})

    assert answer.status_code == 422
    assert not Receipt.objects.exists()


def test_nobody_asks_for_sales_of_another_place(shop: Shop) -> None:
    sale = shop.sell((1, 10))
    stranger = entered(shop.insurer.other_keeper)

    page = stranger.get(f"{TOGETHER}?sale={sale.number}")
    answer = stranger.post(TOGETHER, {"request_id": uuid4(), "sales": sale.number})

    assert page.context["sales"] == []
    assert answer.status_code == 422
    assert not Receipt.objects.exists()


def test_asking_for_what_was_asked_for_meanwhile_is_refused_and_shown(
    shop: Shop, keeper: Client
) -> None:
    sales = [shop.sell((1, 10)), shop.sell((11, 20))]
    named = " ".join(sale.number for sale in sales)
    receipt = shop.ask(sales[0])

    answer = keeper.post(
        f"{TOGETHER}?sale={sales[0].number}&sale={sales[1].number}",
        {"request_id": uuid4(), "sales": named},
    )

    assert answer.status_code == 422
    assert receipt.number in answer.content.decode()
    assert Receipt.objects.count() == 1


def test_nothing_is_preselected_that_decides_who_answers_for_the_money(
    shop: Shop, keeper: Client
) -> None:
    form = keeper.get(f"{SALES}register/").context["form"]

    assert form["seller_organisation"].value() == "100101"
    assert not form["seller"].value()
    assert not form["business_source"].value()


def test_what_all_of_it_costs_stands_below_the_cards_before_anything_is_sent(
    shop: Shop, keeper: Client
) -> None:
    run = shop.run(1, 30)
    typed = {
        "_judge": "runs",
        "document_type": "AC-100",
        "runs-first": str(run.first),
        "runs-last": str(run.last),
        "runs-count": "",
        "seller_organisation": "100101",
    }

    fits = keeper.post(f"{SALES}register/", typed).content.decode()
    shop.sell((30, 30))
    does_not = keeper.post(f"{SALES}register/", typed).content.decode()

    assert "3,000.00" in fits
    assert "Three thousand yuan only" in fits
    assert "人民币叁仟元整" in fits
    assert "3,000.00" not in does_not
    assert not Receipt.objects.exists()
