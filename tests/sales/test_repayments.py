"""The money of cards that came back: to whom, by which way, and what its red letter says."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from selfcard.core import clock
from selfcard.ledger.queries import balances
from selfcard.organisations.errors import NotAuthorised
from selfcard.organisations.models import May
from selfcard.organisations.queries import staff_actor
from selfcard.payments.commands import (
    OutlayGiven,
    PayeeGiven,
    TenderGiven,
    open_advance_account,
)
from selfcard.payments.errors import (
    AdvanceOfOtherPayer,
    GiftIsNotPaidOut,
    NotTheWayChosen,
    NotTheWayItCame,
    OutlaysDoNotAddUp,
    PaidBeforeItsVoucher,
    PaidByItsMaker,
    PaidByWhoNamedThePayee,
    PayeeAccountWrong,
    PayeeIncomplete,
    PaymentAlreadyConfirmed,
    PaymentHasFailed,
    PaymentIsVoid,
)
from selfcard.payments.models import PaymentReceipt, RedLetterInvoice
from selfcard.sales.commands import (
    correct_payment,
    issue_payment_receipt,
    note_payment_failed,
    register_recovery,
    settle_payment,
    void_payment_receipt,
    withdraw_recovery,
)
from selfcard.sales.errors import PaymentIssuedBefore, PaymentOfNoRecovery, RecoveryNotOpen
from selfcard.sales.models import Recovery, Sale
from selfcard.sales.queries import receipt_behind, recoveries_to_pay
from tests.factories.activation import open_card
from tests.factories.advances import a_refund, an_account
from tests.factories.cards import a_document_type
from tests.factories.custody import cards_at_institution, custody
from tests.factories.organisations import a_staff_member, an_insurer
from tests.factories.sales import Shop, a_shop
from tests.factories.verifying import everything_holds

pytestmark = pytest.mark.django_db

A_COMPANY = "杭州绿源物业服务有限公司"
ORIGINAL = PayeeGiven("original", "个人")
BANK = PayeeGiven("payee", A_COMPANY, "工商银行", "1202 0201 0990 0123")


@pytest.fixture
def shop() -> Shop:
    return a_shop(40)


def sold(shop: Shop, last: int, *tenders: TenderGiven, payer: str = "") -> Sale:
    sale = shop.sell((1, last))
    shop.settle(shop.ask(sale, payer_name=payer), *tenders)
    return sale


def take_back(shop: Shop, sale: Sale, *run: int, **given: Any) -> Recovery:
    return register_recovery(
        sale=sale,
        runs=(shop.run(*run),) if run else (),
        reason="brought back",
        actor=shop.insurer.actor("keeper"),
        request_id=uuid4(),
        **given,
    )


def write(shop: Shop, recovery: Recovery, payee: PayeeGiven = ORIGINAL) -> PaymentReceipt:
    return issue_payment_receipt(
        recovery=recovery, payee=payee, actor=shop.insurer.actor("keeper"), request_id=uuid4()
    )


def pay(
    shop: Shop, payment: PaymentReceipt, *outlays: OutlayGiven, by: str = "cashier"
) -> RedLetterInvoice:
    return settle_payment(
        payment=payment,
        outlays=outlays or (OutlayGiven("cash", payment.amount),),
        actor=shop.insurer.actor(by),
        request_id=uuid4(),
    )


def transfer(amount: str) -> OutlayGiven:
    return OutlayGiven("transfer", Decimal(amount), clock.today(), "OUT-1")


def test_the_last_red_letter_takes_the_remainder_to_the_cent() -> None:
    insurer = an_insurer()
    odd = a_document_type(insurer, face_value=Decimal("33.33"))
    shop = Shop(insurer, *cards_at_institution(insurer, 40, odd))
    sale = sold(shop, 7)

    reds = [pay(shop, write(shop, take_back(shop, sale, *run))) for run in ((1, 1), (2, 4), (5, 7))]

    original = reds[0].invoice
    assert sum(red.net for red in reds) == -original.net
    assert sum(red.tax for red in reds) == -original.tax
    assert sum(red.gross for red in reds) == -original.gross
    assert not {code for code, amount in balances().items() if amount}
    everything_holds()


def test_what_is_scratched_or_was_opened_is_void_when_it_is_paid_back(shop: Shop) -> None:
    sale = sold(shop, 10)
    open_card(shop.cards[4])

    pay(shop, write(shop, take_back(shop, sale, scratched=(shop.run(9, 10),))))

    assert {row for row in custody(shop.batch) if row[2] <= 10} == {
        ("Institution", "inventory", 1, 4),
        ("Institution", "void", 5, 5),
        ("Institution", "inventory", 6, 8),
        ("Institution", "void", 9, 10),
    }
    everything_holds()


def test_it_goes_back_the_way_it_came_and_no_other(shop: Shop) -> None:
    sale = sold(shop, 5, TenderGiven("cheque", Decimal("500.00"), clock.today(), "CHQ 1"))
    payment = write(shop, take_back(shop, sale))

    with pytest.raises(NotTheWayItCame):
        pay(shop, payment)
    pay(shop, payment, transfer("500.00"))

    assert balances()["1002"] == 0
    everything_holds()


def test_a_named_payee_is_paid_by_transfer(shop: Shop) -> None:
    payment = write(shop, take_back(shop, sold(shop, 5)), BANK)

    with pytest.raises(NotTheWayChosen):
        pay(shop, payment)
    with pytest.raises(OutlaysDoNotAddUp):
        pay(shop, payment, transfer("499.99"))
    pay(shop, payment, transfer("500.00"))
    with pytest.raises(PaymentAlreadyConfirmed):
        note_payment_failed(
            payment=payment, reason="x", actor=shop.insurer.actor("cashier"), request_id=uuid4()
        )


def test_a_payee_is_named_whole(shop: Shop) -> None:
    recovery = take_back(shop, sold(shop, 5))

    with pytest.raises(PayeeIncomplete):
        write(shop, recovery, PayeeGiven("payee", A_COMPANY))
    with pytest.raises(PayeeAccountWrong):
        write(shop, recovery, PayeeGiven("payee", A_COMPANY, "工商银行", "12-34"))


def test_only_the_account_of_whoever_paid_takes_the_money(shop: Shop) -> None:
    mine, other = (
        open_advance_account(
            organisation=shop.insurer.institution,
            payer_name=name,
            actor=shop.insurer.actor("cashier"),
            request_id=uuid4(),
        )
        for name in (A_COMPANY, "何晓东")
    )
    recovery = take_back(shop, sold(shop, 5, payer=A_COMPANY))

    with pytest.raises(AdvanceOfOtherPayer):
        write(shop, recovery, PayeeGiven("advance", A_COMPANY, account=other))
    payment = write(shop, recovery, PayeeGiven("advance", A_COMPANY, account=mine))
    with pytest.raises(AdvanceOfOtherPayer):
        correct_payment(
            payment=payment,
            payee=PayeeGiven("advance", A_COMPANY, account=other),
            actor=shop.insurer.actor("keeper"),
            request_id=uuid4(),
        )
    pay(shop, payment, OutlayGiven("advance", Decimal("500.00"), account=mine))

    mine.refresh_from_db()
    assert mine.balance == Decimal("500.00")
    assert balances()["2203"] == Decimal("-500.00")
    everything_holds()


def test_a_gift_is_not_paid_out(shop: Shop) -> None:
    sale = shop.sell((1, 5), gift_reason="Spring fair")
    shop.settle(shop.ask(sale), TenderGiven("promotion", Decimal("500.00")))
    recovery = take_back(shop, sale)

    with pytest.raises(GiftIsNotPaidOut):
        write(shop, recovery, BANK)
    payment = write(shop, recovery)
    with pytest.raises(NotTheWayItCame):
        pay(shop, payment)
    pay(shop, payment, OutlayGiven("promotion", Decimal("500.00")))

    assert not {code for code, amount in balances().items() if amount}
    everything_holds()


def test_a_failed_payment_keeps_the_cards_frozen_until_the_payee_is_corrected(shop: Shop) -> None:
    payment = write(shop, take_back(shop, sold(shop, 5)), BANK)
    failed = note_payment_failed(
        payment=payment,
        reason="account closed",
        actor=shop.insurer.actor("cashier"),
        request_id=uuid4(),
    )

    assert failed.state == "failed"
    assert ("Institution", "awaiting_refund", 1, 5) in custody(shop.batch)
    corrected = correct_payment(
        payment=failed,
        payee=PayeeGiven("payee", A_COMPANY, "中国银行", "6222000011112222"),
        actor=shop.insurer.actor("keeper"),
        request_id=uuid4(),
    )
    assert (corrected.number, corrected.state) == (payment.number, "issued")
    assert corrected.masked_account == "************2222"
    pay(shop, corrected, transfer("500.00"))
    everything_holds()


def test_nobody_pays_on_their_own_voucher(shop: Shop) -> None:
    both = a_staff_member("I09", shop.insurer.institution, May.ISSUE_PAYMENTS, May.CONFIRM_PAYMENTS)
    payment = issue_payment_receipt(
        recovery=take_back(shop, sold(shop, 5)),
        payee=ORIGINAL,
        actor=staff_actor(both),
        request_id=uuid4(),
    )

    with pytest.raises(PaidByItsMaker):
        settle_payment(
            payment=payment,
            outlays=(OutlayGiven("cash", payment.amount),),
            actor=staff_actor(both),
            request_id=uuid4(),
        )


def test_nobody_pays_to_an_account_that_they_named(shop: Shop) -> None:
    both = a_staff_member("I09", shop.insurer.institution, May.ISSUE_PAYMENTS, May.CONFIRM_PAYMENTS)
    payment = write(shop, take_back(shop, sold(shop, 5)))
    correct_payment(payment=payment, payee=ORIGINAL, actor=staff_actor(both), request_id=uuid4())

    with pytest.raises(PaidByWhoNamedThePayee):
        settle_payment(
            payment=payment,
            outlays=(OutlayGiven("cash", payment.amount),),
            actor=staff_actor(both),
            request_id=uuid4(),
        )
    pay(shop, payment)


def test_what_failed_is_not_paid_before_its_payee_is_corrected(shop: Shop) -> None:
    payment = write(shop, take_back(shop, sold(shop, 5)))
    cashier = shop.insurer.actor("cashier")
    note_payment_failed(payment=payment, reason="closed", actor=cashier, request_id=uuid4())

    with pytest.raises(PaymentHasFailed) as refusal:
        pay(shop, payment)
    assert refusal.value.help


def test_one_live_voucher_for_a_recovery_and_none_for_a_closed_one(shop: Shop) -> None:
    recovery = take_back(shop, sold(shop, 5))
    payment = write(shop, recovery)

    with pytest.raises(PaymentIssuedBefore):
        write(shop, recovery)
    void_payment_receipt(
        payment=payment, reason="x", actor=shop.insurer.actor("keeper"), request_id=uuid4()
    )
    with pytest.raises(PaymentIsVoid):
        pay(shop, payment)
    assert list(recoveries_to_pay(shop.insurer.actor("keeper"))) == [recovery]
    pay(shop, write(shop, recovery))
    with pytest.raises(RecoveryNotOpen):
        write(shop, recovery)
    assert not recoveries_to_pay(shop.insurer.actor("keeper"))


def test_a_voucher_of_a_withdrawn_recovery_cannot_be_paid(shop: Shop) -> None:
    recovery = take_back(shop, sold(shop, 5))
    payment = write(shop, recovery)
    withdraw_recovery(
        recovery=recovery, reason="kept", actor=shop.insurer.actor("keeper"), request_id=uuid4()
    )

    with pytest.raises(RecoveryNotOpen):
        pay(shop, payment)


def test_each_step_is_for_those_who_may(shop: Shop) -> None:
    recovery = take_back(shop, sold(shop, 5))
    with pytest.raises(NotAuthorised):
        issue_payment_receipt(
            recovery=recovery,
            payee=ORIGINAL,
            actor=shop.insurer.actor("cashier"),
            request_id=uuid4(),
        )
    payment = write(shop, recovery)
    for stranger in ("keeper", "other_keeper"):
        with pytest.raises(NotAuthorised):
            pay(shop, payment, by=stranger)
    with pytest.raises(NotAuthorised):
        void_payment_receipt(
            payment=payment, reason="x", actor=shop.insurer.actor("cashier"), request_id=uuid4()
        )


def test_the_money_of_an_advance_is_no_money_of_cards(shop: Shop) -> None:
    sold(shop, 1)
    refund = a_refund(shop.insurer, an_account(shop.insurer, "100.00"), "40.00")

    with pytest.raises(PaymentOfNoRecovery):
        pay(shop, refund)
    assert receipt_behind(refund) is None
    keeper, cashier = shop.insurer.actor("keeper"), shop.insurer.actor("cashier")
    with pytest.raises(PaymentOfNoRecovery):
        correct_payment(payment=refund, payee=BANK, actor=keeper, request_id=uuid4())
    with pytest.raises(PaymentOfNoRecovery):
        void_payment_receipt(payment=refund, reason="wrong", actor=keeper, request_id=uuid4())
    with pytest.raises(PaymentOfNoRecovery):
        note_payment_failed(payment=refund, reason="closed", actor=cashier, request_id=uuid4())


def test_a_repeated_confirmation_gives_the_same_red_letter(shop: Shop) -> None:
    payment = write(shop, take_back(shop, sold(shop, 5)))
    given: dict[str, Any] = {
        "payment": payment,
        "outlays": (OutlayGiven("cash", payment.amount),),
        "actor": shop.insurer.actor("cashier"),
        "request_id": uuid4(),
    }

    assert settle_payment(**given) == settle_payment(**given)
    assert RedLetterInvoice.objects.count() == 1


def test_no_money_goes_out_before_anybody_wrote_its_voucher(shop: Shop) -> None:
    payment = write(shop, take_back(shop, sold(shop, 5, transfer("500.00"))))
    yesterday = clock.today() - timedelta(days=1)

    with pytest.raises(PaidBeforeItsVoucher) as refused:
        pay(shop, payment, OutlayGiven("transfer", payment.amount, yesterday, "OUT-1"))

    assert refused.value.field == "tenders-0-arrived_on"
    assert refused.value.facts["day"] == clock.today()
