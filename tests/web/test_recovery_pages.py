"""Recoveries, their vouchers and red letters through their pages, each step with its paper."""

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from selfcard.core import clock
from selfcard.core.models import Paper
from selfcard.organisations.models import May
from selfcard.payments.commands import TenderGiven, open_advance_account
from selfcard.payments.models import PaymentReceipt, RedLetterInvoice
from selfcard.payments.papers import AN_INDIVIDUAL
from selfcard.sales.commands import settle_payment
from selfcard.sales.models import Recovery
from selfcard.web.office.payments import payouts
from selfcard.web.office.payments.debts import debt_of
from tests.factories.activation import open_card
from tests.factories.custody import custody
from tests.factories.drawers import open_a_drawer
from tests.factories.organisations import a_staff_member
from tests.factories.recoveries import pay_back
from tests.factories.sales import Shop, a_shop
from tests.factories.verifying import everything_holds
from tests.web.ways_back import (
    A_COMPANY,
    BANK,
    a_recovery,
    ask,
    entered,
    of_range,
    of_sale,
    pay,
    said,
    scratched,
    take_back,
)


@pytest.fixture
def shop(db: None) -> Shop:
    shop = a_shop(40)
    open_a_drawer(shop.insurer)
    return shop


def test_a_pin_that_is_accepted_after_a_card_came_back_is_not_told_of_its_return(
    shop: Shop,
) -> None:
    sale = shop.sell((1, 5))
    keeper = entered(shop.insurer.keeper)
    page = take_back(keeper, of_sale(sale)).url
    shop.sell_and_settle((1, 5))
    open_card(shop.cards[2])

    shown = said(keeper.get(page))

    assert "PIN accepted" not in shown
    assert "void" not in shown


def test_a_withdrawn_recovery_makes_nothing_void(shop: Shop) -> None:
    shop.sell_and_settle((1, 5))
    open_card(shop.cards[2])
    keeper = entered(shop.insurer.keeper)
    page = take_back(keeper, of_range(shop, 1, 5), **scratched(shop, 1, 1)).url

    keeper.post(f"{page}withdraw/", {"request_id": uuid4(), "reason": "kept after all"})

    shown = said(keeper.get(page))
    assert "Panel scratched" in shown
    assert "void" not in shown


def test_a_payment_fails_is_corrected_is_paid_and_makes_the_red_letter(shop: Shop) -> None:
    recovery = a_recovery(shop, payer=A_COMPANY)
    keeper, cashier = entered(shop.insurer.keeper), entered(shop.insurer.cashier)
    page = ask(keeper, recovery, **BANK).url

    assert cashier.post(f"{page}failed/", {"request_id": uuid4(), "reason": " "}).status_code == 422
    cashier.post(f"{page}failed/", {"request_id": uuid4(), "reason": "account closed"})
    assert "account closed" in said(keeper.get(page))
    assert "The cards stay frozen" in said(
        keeper.get(reverse("office:ways_back:recovery", args=[recovery.number]))
    )
    assert ("Institution", "awaiting_refund", 1, 5) in custody(shop.batch)
    keeper.post(f"{page}payee/", {"request_id": uuid4(), **BANK, "payee_account": "9999020109"})
    number = page.split("/")[-2]
    editions = Paper.objects.filter(kind="payment_receipt").values_list("number", flat=True)
    assert set(editions) == {number, f"{number}-2"}
    told = said(keeper.get(page))
    name = str(shop.insurer.keeper.party.name)
    assert re.search(r"account closed · Person \w+ to 杭州绿源物业服务有限公司", told)
    assert f"Payee corrected {name} now 杭州绿源物业服务有限公司 · 9999020109" in told
    beside = said(cashier.get(page))
    assert re.search(f"Corrected [^·]* · {name}", beside), "beside the form, too"
    assert recovery.receipt is not None
    assert "How the money came Cash" in beside
    assert recovery.receipt.number in beside
    paid = {
        "request_id": uuid4(),
        "tenders-0-kind": "transfer",
        "tenders-0-amount": "500",
        "tenders-0-arrived_on": clock.day_of(recovery.registered_at).isoformat(),
        "tenders-0-reference": "OUT-1",
    }
    by_cash = {**paid, "request_id": uuid4(), "tenders-0-kind": "cash"}
    assert cashier.post(page, by_cash).status_code == 422
    assert cashier.post(page, paid).status_code == 302
    assert cashier.post(page, paid).status_code == 302, "a repeat pays once"

    red_letter = RedLetterInvoice.objects.get()
    assert red_letter.number in said(cashier.get(page))
    assert ("Institution", "inventory", 1, 40) in custody(shop.batch)
    everything_holds()


def test_money_goes_into_the_account_of_whoever_paid_and_of_nobody_else(shop: Shop) -> None:
    accounts = [
        open_advance_account(
            organisation=shop.insurer.institution,
            payer_name=name,
            actor=shop.insurer.actor("cashier"),
            request_id=uuid4(),
        )
        for name in (A_COMPANY, "何晓东")
    ]
    recovery = a_recovery(shop, payer=A_COMPANY)
    keeper, cashier = entered(shop.insurer.keeper), entered(shop.insurer.cashier)

    other = ask(keeper, recovery, way="advance", account=accounts[1].pk)
    assert other.status_code == 422
    page = ask(keeper, recovery, way="advance", account=accounts[0].pk).url
    paid = {
        "request_id": uuid4(),
        "tenders-0-kind": "advance",
        "tenders-0-amount": "500",
        "tenders-0-account": accounts[0].pk,
    }
    assert cashier.post(page, paid).status_code == 302

    accounts[0].refresh_from_db()
    assert accounts[0].balance == Decimal("500.00")
    everything_holds()


def test_an_individual_has_no_account_to_be_paid_into(shop: Shop) -> None:
    recovery = a_recovery(shop)
    page = reverse("office:ways_back:pay_back", args=[recovery.number])

    form = entered(shop.insurer.keeper).get(page).context["form"]

    assert recovery.receipt is not None
    assert recovery.receipt.payer_name == AN_INDIVIDUAL.zh
    assert "account" not in form.fields
    assert [way for way, _label in form.fields["way"].choices] == ["original", "payee"]


def test_a_gift_goes_back_the_way_it_came(shop: Shop) -> None:
    sale = shop.sell((1, 5), gift_reason="Spring fair")
    shop.settle(shop.ask(sale), TenderGiven("promotion", Decimal("500.00")))
    keeper, cashier = entered(shop.insurer.keeper), entered(shop.insurer.cashier)
    assert "they were a gift" in said(keeper.get(of_sale(sale)))
    take_back(keeper, of_sale(sale))
    recovery = Recovery.objects.get()

    assert ask(keeper, recovery, **BANK).status_code == 422
    page = ask(keeper, recovery, way="original").url
    paid = {"tenders-0-kind": "promotion", "tenders-0-amount": "500"}
    assert cashier.post(page, {"request_id": uuid4(), **paid}).status_code == 302
    everything_holds()


def test_whoever_wrote_a_voucher_cannot_pay_it(shop: Shop) -> None:
    recovery = a_recovery(shop)
    both = a_staff_member(
        "I09", shop.insurer.institution, May.ISSUE_PAYMENTS, May.CONFIRM_PAYMENTS, May.SEE_SALES
    )
    client = entered(both)
    page = ask(client, recovery, way="original").url

    assert client.get(page).context["form"] is None
    paid = {"request_id": uuid4(), "tenders-0-kind": "cash", "tenders-0-amount": "500"}
    assert client.post(page, paid).status_code == 422
    assert PaymentReceipt.objects.get().state == "issued"


def test_who_is_slower_by_a_moment_sees_what_became_of_the_voucher(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = ask(entered(shop.insurer.keeper), a_recovery(shop), way="original").url

    def too_late(**given: Any) -> Any:
        pay_back(shop, PaymentReceipt.objects.get())
        return settle_payment(**given)

    monkeypatch.setattr(payouts, "debt_of", lambda one: replace(debt_of(one), settle=too_late))
    paid = {"tenders-0-kind": "cash", "tenders-0-amount": "500"}
    told = entered(shop.insurer.cashier).post(page, {"request_id": uuid4(), **paid})

    assert told.context["payment"].state == PaymentReceipt.State.CONFIRMED
    assert "is not waiting for this any more" in said(told)


def test_a_withdrawn_recovery_frees_its_cards_and_its_voucher(shop: Shop) -> None:
    recovery = a_recovery(shop)
    keeper = entered(shop.insurer.keeper)
    ask(keeper, recovery, way="original")
    page = reverse("office:ways_back:withdraw", args=[recovery.number])

    assert keeper.post(page, {"request_id": uuid4(), "reason": ""}).status_code == 422
    assert keeper.post(page, {"request_id": uuid4(), "reason": "kept"}).status_code == 302
    late = keeper.post(page, {"request_id": uuid4(), "reason": "kept"})

    assert late.status_code == 422
    assert ("Institution", "to_be_activated", 1, 5) in custody(shop.batch)
    assert PaymentReceipt.objects.get().state == "void"
    everything_holds()


def test_the_form_of_a_withdrawal_is_offered_only_while_it_can_be_withdrawn(shop: Shop) -> None:
    recovery = a_recovery(shop)
    keeper = entered(shop.insurer.keeper)
    form = reverse("office:ways_back:withdraw", args=[recovery.number])

    assert keeper.get(form).status_code == 200
    keeper.post(form, {"request_id": uuid4(), "reason": "kept after all"})
    after: Any = keeper.get(form)

    assert after.url == reverse("office:ways_back:recovery", args=[recovery.number])


def test_a_voucher_made_void_leaves_the_cards_frozen_for_another(shop: Shop) -> None:
    recovery = a_recovery(shop)
    keeper = entered(shop.insurer.keeper)
    page = ask(keeper, recovery, way="original").url
    assert ask(keeper, recovery, way="original").status_code == 422

    keeper.post(f"{page}void/", {"request_id": uuid4(), "reason": "another payee"})

    assert ("Institution", "awaiting_refund", 1, 5) in custody(shop.batch)
    assert ask(keeper, recovery, **BANK).status_code == 302


def test_an_account_is_masked_for_those_who_need_not_know_it(shop: Shop) -> None:
    recovery = a_recovery(shop)
    page = ask(entered(shop.insurer.keeper), recovery, **BANK).url

    assert "1202020109900123" in entered(shop.insurer.cashier).get(page).content.decode()
    looked = entered(shop.insurer.auditor).get(page).content.decode()
    assert "1202020109900123" not in looked
    assert "************0123" in looked


def test_every_number_of_the_way_back_is_found_and_every_paper_opens(shop: Shop) -> None:
    recovery = a_recovery(shop)
    keeper, cashier = entered(shop.insurer.keeper), entered(shop.insurer.cashier)
    payment_page = ask(keeper, recovery, way="original").url
    paid = {"request_id": uuid4(), "tenders-0-kind": "cash", "tenders-0-amount": "500"}
    cashier.post(payment_page, paid)
    payment, red_letter = PaymentReceipt.objects.get(), RedLetterInvoice.objects.get()
    pages = {
        recovery.number: reverse("office:ways_back:recovery", args=[recovery.number]),
        payment.number: payment_page,
        red_letter.number: reverse("office:payments:red_letter", args=[red_letter.number]),
    }

    for number, page in pages.items():
        found: Any = keeper.get(f"/office/search/?q={number}")
        assert found.url == page
        assert keeper.get(page).status_code == 200
    running = keeper.get(f"/office/search/?q={red_letter.number[-8:]}").content.decode()
    assert red_letter.number in running
    papers = (
        ("recovery_note", recovery.number),
        ("payment_receipt", payment.number),
        ("red_letter", red_letter.number),
    )
    for kind, number in papers:
        address = reverse("office:paper", args=[kind, number])
        assert keeper.get(address).content.startswith(b"%PDF"), kind
        assert entered(shop.insurer.other_keeper).get(address).status_code == 404
    original = keeper.get(reverse("office:payments:invoice", args=[red_letter.invoice.number]))
    assert pages[red_letter.number] in original.content.decode()
    assert "−¥471.70" in said(keeper.get(pages[red_letter.number]))


def test_each_step_waits_on_the_home_page_of_whoever_does_it(shop: Shop) -> None:
    recovery = a_recovery(shop)
    keeper, cashier = entered(shop.insurer.keeper), entered(shop.insurer.cashier)

    assert recovery.number in keeper.get("/office/").content.decode()
    page = ask(keeper, recovery, **BANK).url
    number = PaymentReceipt.objects.get().number
    assert recovery.number not in keeper.get("/office/").content.decode()
    assert number in cashier.get("/office/").content.decode()
    cashier.post(f"{page}failed/", {"request_id": uuid4(), "reason": "account closed"})
    assert number in keeper.get("/office/").content.decode()
    cashier.get(page)
    assert number not in cashier.get("/office/").content.decode()


@pytest.mark.parametrize(
    "page", ["ways-back/recoveries/", "payments/payments/", "payments/red-letters/"]
)
def test_lists_take_as_many_statements_on_a_busy_day(shop: Shop, page: str) -> None:
    cashier = entered(shop.insurer.cashier)

    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert cashier.get(f"/office/{page}").status_code == 200
        return len(asked)

    pay(shop, a_recovery(shop, 1, 2))
    statements()
    few = statements()
    for first in (3, 5, 7):
        pay(shop, a_recovery(shop, first, first + 1))
    assert statements() == few
