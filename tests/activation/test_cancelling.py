"""Cancelling a policy: what is given back, what becomes of the card, and what the books say."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from selfcard.activation.commands import (
    cancel_policy,
    issue_refund_payment,
    settle_refund,
)
from selfcard.activation.errors import (
    NothingToPayBack,
    PaymentOfNoPolicy,
    RefundIssuedAlready,
)
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.custody.queries import find_card
from selfcard.ledger.queries import balances
from selfcard.organisations.commands import authorise
from selfcard.organisations.errors import NotAuthorised
from selfcard.organisations.models import May
from selfcard.payments.commands import OutlayGiven, PayeeGiven, TenderGiven
from selfcard.payments.errors import GiftIsNotPaidOut, PaidByItsMaker
from selfcard.payments.models import PaymentReceipt
from selfcard.policies.cancelling import AskerGiven
from selfcard.policies.errors import (
    AskedBeforeIssue,
    AskedInTheFuture,
    AskedLongAgo,
    AskerIsNotTheApplicant,
    CoverHasEnded,
    IdentityCheckDigitWrong,
    NameMissing,
    PolicyCancelledAlready,
)
from selfcard.policies.models import Policy
from selfcard.products.cancelling import Repayment
from selfcard.sales.commands import issue_charge_receipt, settle_receipt
from tests.factories.activation import activate, paid_cards, sell
from tests.factories.cards import PrintedCard, a_document_type
from tests.factories.custody import cards_at_institution
from tests.factories.drawers import open_a_drawer
from tests.factories.organisations import Insurer
from tests.factories.policies import a_person
from tests.factories.products import a_published_version, some_rules
from tests.factories.verifying import everything_holds

pytestmark = pytest.mark.django_db

ISSUED = date(2026, 3, 2)  # cover from 3 March 2026 to 2 March 2027: 365 days
APPLICANT = AskerGiven(a_person().identity_number)


def cards_of(insurer: Insurer, **rules: Any) -> list[PrintedCard]:
    version = a_published_version(insurer, rules=some_rules(**rules))
    return paid_cards(insurer, 3, a_document_type(insurer, "AC-100", "620118", version))


def cancel(
    insurer: Insurer,
    policy: Policy,
    asker: AskerGiven = APPLICANT,
    by: str = "keeper",
    **given: Any,
) -> Policy:
    terms: dict[str, Any] = {
        "asked_on": clock.today(),
        "reason": "found another insurer",
        "request_id": uuid4(),
        **given,
    }
    return cancel_policy(policy=policy, asker=asker, actor=insurer.actor(by), **terms)


def status_of(card: PrintedCard) -> str:
    found = find_card(card.serial)
    assert found is not None
    return found.seen.value


def books() -> dict[str, Decimal]:
    return {code: amount for code, amount in balances().items() if amount}


def voucher(insurer: Insurer, policy: Policy, way: str = "original") -> PaymentReceipt:
    return issue_refund_payment(
        policy=policy,
        payee=PayeeGiven(way, "王芳", "Bank of the Lake", "6222 0000 1111 2222"),
        actor=insurer.actor("keeper"),
        request_id=uuid4(),
    )


def pay_out(insurer: Insurer, payment: PaymentReceipt, kind: str = "cash", by: str = "cashier"):
    outlay = OutlayGiven(kind, payment.amount, clock.today(), "2026 0100")
    return settle_refund(
        payment=payment, outlays=(outlay,), actor=insurer.actor(by), request_id=uuid4()
    )


def test_before_cover_starts_all_is_given_back_and_the_card_is_to_be_activated_again(
    insurer: Insurer,
) -> None:
    with clock.frozen(ISSUED):
        card = cards_of(insurer)[0]
        before = books()
        policy = activate(card)
        cancel(insurer, policy)

        policy.refresh_from_db()
        assert (policy.state, policy.cancelled_at) == ("cancelled", clock.now())
        assert policy.cancellation.repayment == Repayment.WHOLE
        assert status_of(card) == "to_be_activated"
        assert books() == before
        everything_holds()


def test_the_card_can_be_activated_anew_after_all_was_given_back(insurer: Insurer) -> None:
    with clock.frozen(ISSUED):
        card = cards_of(insurer)[0]
        cancel(insurer, activate(card))
        second = activate(card)

        assert status_of(card) == "activated"
        assert Policy.objects.filter(state="issued").get() == second
        everything_holds()


def test_the_last_day_of_the_cooling_off_period_still_gives_all_back(insurer: Insurer) -> None:
    with clock.frozen(ISSUED):
        first, second, _ = cards_of(insurer, cooling_off_days=15, policies_per_insured=2)
        policies = [activate(first), activate(second)]
    with clock.frozen(ISSUED + timedelta(days=15)):
        cancel(insurer, policies[0])
    with clock.frozen(ISSUED + timedelta(days=16)):
        cancel(insurer, policies[1])

        assert [status_of(first), status_of(second)] == ["to_be_activated", "void"]
        everything_holds()


def test_afterwards_the_days_that_have_not_begun_are_given_back_and_the_card_is_void(
    insurer: Insurer,
) -> None:
    with clock.frozen(ISSUED):
        card = cards_of(insurer)[0]
        policy = activate(card)
    with clock.frozen(date(2026, 6, 10)):
        cancel(insurer, policy)

        # From 11 June 2026 to 2 March 2027: 265 of 365 days.
        back = policy.cancellation
        assert (back.unearned, back.days) == (265, 365)
        assert (back.gross, back.net, back.tax) == (
            Decimal("72.60"), Decimal("68.49"), Decimal("4.11"),
        )  # fmt: skip
        assert status_of(card) == "void"
        assert books()["2206"] == Decimal("-72.60")
        assert books()["6001"] == Decimal("68.49") - Decimal("94.34")
        assert books()["2221"] == Decimal("4.11") - Decimal("5.66")
        everything_holds()


def test_the_insurer_keeps_its_expenses_where_the_product_says_so(insurer: Insurer) -> None:
    with clock.frozen(ISSUED):
        policy = activate(cards_of(insurer, expense_rate=Decimal("0.35"))[0])
    with clock.frozen(date(2026, 6, 10)):
        cancel(insurer, policy)

        assert policy.cancellation.gross == Decimal("47.19")


@pytest.mark.parametrize(
    ("rules", "day", "paid"),
    [
        ({"repayment": Repayment.NOTHING}, date(2026, 6, 10), False),
        ({}, date(2027, 3, 2), False),  # the last day has begun
        ({"cooling_off_days": 200}, date(2026, 6, 10), True),  # a benefit was paid
    ],
)
def test_nothing_is_given_back_where_nothing_is_unearned_or_the_product_says_so(
    insurer: Insurer, rules: dict[str, Any], day: date, paid: bool
) -> None:
    with clock.frozen(ISSUED):
        card = cards_of(insurer, **rules)[0]
        policy = activate(card)
        before = books()
    with clock.frozen(day):
        cancel(insurer, policy, benefit_paid=paid)

        assert policy.cancellation.repayment == Repayment.NOTHING
        assert status_of(card) == "void"
        assert books() == before
        with pytest.raises(NothingToPayBack):
            voucher(insurer, policy)
        everything_holds()


def test_the_unearned_part_is_paid_back_against_a_red_letter_over_just_this_part(
    insurer: Insurer,
) -> None:
    with clock.frozen(ISSUED):
        policy = activate(cards_of(insurer)[0])
        taken = books()["1001"]
    with clock.frozen(date(2026, 6, 10)):
        open_a_drawer(insurer, "500.00")
        cancel(insurer, policy)
        payment = voucher(insurer, policy)
        everything_holds()
        red_letter = pay_out(insurer, payment)

        assert (red_letter.net, red_letter.tax) == (Decimal("-68.49"), Decimal("-4.11"))
        assert red_letter.invoice.gross == Decimal("300.00")
        assert "2206" not in books()
        assert books()["1001"] == taken - Decimal("72.60")
        everything_holds()


def test_it_is_paid_back_once_and_by_another_person(insurer: Insurer) -> None:
    with clock.frozen(ISSUED):
        policy = activate(cards_of(insurer)[0])
    with clock.frozen(date(2026, 6, 10)):
        cancel(insurer, policy)
        payment = voucher(insurer, policy, way="payee")

        with pytest.raises(RefundIssuedAlready):
            voucher(insurer, policy)
        with pytest.raises(NotAuthorised):
            pay_out(insurer, payment, "transfer", by="keeper")
        pay_out(insurer, payment, "transfer")
        with pytest.raises(RefundIssuedAlready):
            voucher(insurer, policy)
        everything_holds()


def test_the_money_of_a_gift_goes_back_the_way_it_came(insurer: Insurer) -> None:
    with clock.frozen(ISSUED):
        version = a_published_version(insurer)
        document_type = a_document_type(insurer, "AC-100", "620118", version)
        _, cards = cards_at_institution(insurer, 1, document_type)
        receipt = issue_charge_receipt(
            sales=(sell(insurer, cards, gift_reason="Spring fair"),),
            actor=insurer.actor("keeper"),
            request_id=uuid4(),
        )
        settle_receipt(
            receipt=receipt,
            tenders=(TenderGiven("promotion", receipt.amount),),
            actor=insurer.actor("cashier"),
            request_id=uuid4(),
        )
        policy = activate(cards[0])
    with clock.frozen(date(2026, 6, 10)):
        cancel(insurer, policy)
        with pytest.raises(GiftIsNotPaidOut):
            voucher(insurer, policy, way="payee")
        pay_out(insurer, voucher(insurer, policy), "promotion")

        assert books()["6602"] == Decimal("27.40")
        everything_holds()


def test_who_asks_is_the_applicant_or_has_their_authority(insurer: Insurer) -> None:
    with clock.frozen(ISSUED):
        policy = activate(cards_of(insurer)[0])
        another = a_person("李强", date(1990, 1, 1))

        with pytest.raises(AskerIsNotTheApplicant):
            cancel(insurer, policy, AskerGiven(another.identity_number))
        with pytest.raises(NameMissing):
            cancel(insurer, policy, AskerGiven(another.identity_number, True, "", "identity_card"))
        mistyped = another.identity_number[:-1] + (
            "0" if another.identity_number[-1] != "0" else "1"
        )
        with pytest.raises(IdentityCheckDigitWrong):
            cancel(insurer, policy, AskerGiven(mistyped, True, "李强", "identity_card"))
        cancel(insurer, policy, AskerGiven(another.identity_number, True, "李强", "identity_card"))

        kept = policy.cancellation
        assert (kept.asker_name, kept.by_authority) == ("李强", True)
        assert kept.asker_number == another.identity_number


def test_it_counts_from_the_day_on_which_it_was_asked_for(insurer: Insurer) -> None:
    with clock.frozen(ISSUED):
        policy = activate(cards_of(insurer)[0])
        with pytest.raises(AskedBeforeIssue):
            cancel(insurer, policy, asked_on=ISSUED - timedelta(days=1))
        with pytest.raises(AskedInTheFuture):
            cancel(insurer, policy, asked_on=ISSUED + timedelta(days=1))
    with clock.frozen(date(2027, 3, 4)):
        with pytest.raises(AskedLongAgo):
            cancel(insurer, policy, asked_on=date(2027, 2, 20))
        with pytest.raises(CoverHasEnded):
            cancel(insurer, policy)
        cancel(insurer, policy, asked_on=date(2027, 3, 1))

        assert policy.cancellation.unearned == 1
        assert policy.cancellation.gross == Decimal("0.27")


def test_only_who_cancels_policies_of_the_seller_may_do_it_and_once(insurer: Insurer) -> None:
    with clock.frozen(ISSUED):
        policy = activate(cards_of(insurer)[0])
        for stranger in ("cashier", "other_keeper", "auditor"):
            with pytest.raises(NotAuthorised):
                cancel(insurer, policy, by=stranger)
        request_id = uuid4()
        cancel(insurer, policy, request_id=request_id)
        assert cancel(insurer, policy, request_id=request_id) == policy
        with pytest.raises(PolicyCancelledAlready):
            cancel(insurer, policy)


def test_a_voucher_of_a_recovery_is_not_settled_here(insurer: Insurer) -> None:
    stray = PaymentReceipt(
        number="P-1", reason_kind="recovery", reason_number="RV-1", organisation=insurer.institution
    )
    with pytest.raises(PaymentOfNoPolicy):
        pay_out(insurer, stray)


def test_whoever_writes_the_voucher_does_not_pay_it(insurer: Insurer) -> None:
    authorise(
        staff=insurer.keeper,
        mays=(May.CONFIRM_PAYMENTS,),
        organisation=insurer.institution,
        actor=Actor.system("test"),
        request_id=uuid4(),
    )
    with clock.frozen(ISSUED):
        policy = activate(cards_of(insurer)[0])
    with clock.frozen(date(2026, 6, 10)):
        cancel(insurer, policy)
        payment = voucher(insurer, policy, way="payee")

        with pytest.raises(PaidByItsMaker):
            pay_out(insurer, payment, "transfer", by="keeper")
