"""`docs/money.md` says what is booked: its chart is the chart, and its examples are played."""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest

from selfcard.core import clock
from selfcard.launcher.folder import PROJECT
from selfcard.ledger.chart import CHART, AccountKind
from selfcard.ledger.models import Entry, EntryKind
from selfcard.payments.commands import (
    OutlayGiven,
    PayeeGiven,
    TenderGiven,
    ask_tender_correction,
    grant_correction,
)
from selfcard.payments.models import Invoice
from selfcard.sales.commands import settle_receipt
from tests.factories.advances import A_COMPANY, an_account, deposit
from tests.factories.days import Day, a_busy_day
from tests.factories.drawers import fetch, open_a_drawer
from tests.factories.payments import cash, transfer
from tests.factories.recoveries import pay_back, take_back, voucher
from tests.factories.sales import Shop

PAGE = (PROJECT / "docs" / "money.md").read_text()
CODES = {account.code for account in CHART}
TODAY, NEXT_DAY = date(2026, 11, 23), date(2026, 11, 24)
Lines = dict[str, Decimal]


def examples() -> dict[str, Lines]:
    """The worked examples: their heading, and what they book on which account."""
    found: dict[str, Lines] = {}
    worked = PAGE.split("## Worked examples")[1].split("\n## ")[0]
    for section in worked.split("\n### ")[1:]:
        heading, _, text = section.partition("\n")
        rows = re.findall(r"^\| (\d{4}) [^|]*\|([^|]*)\|([^|]*)\|$", text, re.M)
        found[heading] = {code: _amount(debit) - _amount(credit) for code, debit, credit in rows}
    return found


def _amount(text: str) -> Decimal:
    return Decimal(text.strip().replace(",", "") or 0)


def booked(**asked: str) -> Lines:
    """What the last entry of this kind, or for this reason, has booked."""
    entry = Entry.objects.filter(**asked).latest("id")
    return {posting.account_id: posting.amount for posting in entry.postings.all()}


def test_the_chart_is_the_chart() -> None:
    rows = re.findall(r"^\| (\d{4}) \| ([^|]*) \| (\w+) \| (\w+) \|$", PAGE, re.M)

    assert rows == [
        (
            account.code,
            f"{account.name_en} {account.name_zh}",
            account.kind.value,
            "debit" if account.kind in (AccountKind.ASSET, AccountKind.EXPENSE) else "credit",
        )
        for account in CHART
    ]


@pytest.mark.parametrize("heading", [name for name, lines in examples().items() if lines])
def test_every_example_balances_on_accounts_of_the_chart(heading: str) -> None:
    lines = examples()[heading]

    assert sum(lines.values()) == 0
    assert lines.keys() <= CODES
    assert all(lines.values())


@pytest.fixture
def day() -> Iterator[Day]:
    with clock.frozen(TODAY):
        yield a_busy_day()


@pytest.mark.django_db
def test_the_examples_are_what_the_deeds_book(day: Day) -> None:
    told, kinds = examples(), EntryKind
    left_in_advance = booked(kind=kinds.DEPOSIT_CONFIRMED)
    with clock.frozen(NEXT_DAY):
        first, too_much, gift = _paid_otherwise(day.shop)
        kept = _money_stays(day)
        _came_by_card(day.shop)
        fetch(day.shop.insurer, open_a_drawer(day.shop.insurer), "500.00")

    played = {
        "The receipt is confirmed": booked(reason_number=first.receipt.number),
        "Money is left in advance": left_in_advance,
        "An advance pays a part of a sale": booked(reason_number=day.invoice.receipt.number),
        "A transfer brings too much": booked(reason_number=too_much.receipt.number),
        "Cards are given away": booked(reason_number=gift.receipt.number),
        "A card is activated": booked(reason_number=day.policy.number),
        "A policy is cancelled in time": booked(kind=kinds.REVERSAL),
        "A policy is cancelled later": booked(kind=kinds.POLICY_CANCELLED),
        "What is owed for a cancelled policy is paid": booked(reason_number=day.refund.number),
        "Paid cards come back": booked(reason_number=day.red_letter.payment.number),
        "Paid cards come back, and their money stays": kept,
        "An advance is paid back": booked(kind=kinds.ADVANCE_REFUNDED),
        "A float is fetched from the bank": booked(kind=kinds.CASH_FETCHED),
        "A part of a receipt came in another way": booked(kind=kinds.TENDER_CORRECTED),
        "Takings are brought to the bank": booked(kind=kinds.TAKINGS_BANKED),
        "A drawer is short": booked(kind=kinds.CASH_DIFFERENCE),
    }
    assert played == {heading: told[heading] for heading in played}
    without = {"A sale is registered, a charge receipt is issued", "An exempt premium"}
    assert told.keys() - played.keys() == without


def _paid_otherwise(shop: Shop) -> tuple[Invoice, Invoice, Invoice]:
    """In cash and by transfer; by a transfer over more; and not at all."""
    first = shop.settle(shop.ask(shop.sell((31, 45))), cash("500.00"), transfer("1000.00"))
    too_much = settle_receipt(
        receipt=shop.ask(shop.sell((46, 47)), payer_name="Someone"),
        tenders=(transfer("250.00", reference="2"),),
        surplus_to="new",
        actor=shop.insurer.actor("cashier"),
        request_id=uuid4(),
    )
    free = TenderGiven("promotion", Decimal("200.00"))
    given_away = shop.ask(shop.sell((48, 49), gift_reason="Spring fair"))
    return first, too_much, shop.settle(given_away, free)


def _came_by_card(shop: Shop) -> None:
    """80.00 that were entered as cash came by card; another person agrees."""
    receipt = deposit(shop.insurer, an_account(shop.insurer, payer="Someone else"), "80.00")
    asked = ask_tender_correction(
        tender=receipt.tenders.get(),
        kind="card",
        reference="POS-1",
        reason="the slip was found",
        actor=shop.insurer.actor("cashier"),
        request_id=uuid4(),
    )
    grant_correction(approval=asked, actor=shop.insurer.actor("second"), request_id=uuid4())


def _money_stays(day: Day) -> Lines:
    """A card of the school's sale comes back, and its money goes into the school's advance."""
    recovery = take_back(day.shop, day.sale, (1, 1))
    payee = PayeeGiven("advance", A_COMPANY, account=day.account)
    payment = voucher(day.shop, recovery, payee)
    pay_back(day.shop, payment, OutlayGiven("advance", payment.amount, account=day.account))
    return booked(reason_number=payment.number)
