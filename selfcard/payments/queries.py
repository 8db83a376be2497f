"""Receipts and invoices as those see them who may."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet, Sum

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.ledger import chart
from selfcard.ledger.lines import Line, credit, debit
from selfcard.organisations.models import May, Organisation
from selfcard.organisations.queries import organisations_in_reach
from selfcard.payments.models import (
    AdvanceAccount,
    Banking,
    DrawerCount,
    DrawerDay,
    Invoice,
    Outlay,
    PaymentReceipt,
    Receipt,
    RedLetterInvoice,
    Tender,
    TenderKind,
)
from selfcard.payments.models.tenders import AT_THE_DRAWER
from selfcard.payments.papers import AN_INDIVIDUAL

# Where the money of each tender is, in the books.
ACCOUNTS = {
    TenderKind.CASH: chart.CASH,
    TenderKind.TRANSFER: chart.BANK,
    TenderKind.CARD: chart.OTHER_FUNDS,
    TenderKind.CHEQUE: chart.BANK,
    TenderKind.WALLET: chart.OTHER_FUNDS,
    TenderKind.ADVANCE: chart.PAYER_ADVANCES,
    TenderKind.PROMOTION: chart.PROMOTION,
}

# Who works on a receipt sees it.
SEEING_RECEIPTS = (
    May.SEE_PAYMENTS,
    May.ISSUE_RECEIPTS,
    May.CONFIRM_RECEIPTS,
    May.ISSUE_PAYMENTS,
    May.CONFIRM_PAYMENTS,
    May.KEEP_ADVANCES,
)
SEEING_DRAWERS = (May.SEE_PAYMENTS, May.KEEP_DRAWER, May.CLOSE_DRAWERS, May.AUDIT)
NOTHING = Decimal("0.00")


def find_receipt(number: str) -> Receipt | None:
    return Receipt.objects.filter(number=number.strip().upper()).first()


def find_invoice(number: str) -> Invoice | None:
    return Invoice.objects.filter(number__iexact=number.strip()).first()


def receipts_in_reach(actor: Actor) -> QuerySet[Receipt]:
    """The receipts that the actor may see, newest first."""
    return (
        Receipt.objects.filter(
            organisation__in=organisations_in_reach(actor, *SEEING_RECEIPTS).values("pk")
        )
        .select_related(
            "organisation__party", "issued_by__party", "confirmed_by__party", "voided_by__party"
        )
        .order_by("-id")
    )


def receipts_to_confirm(actor: Actor) -> QuerySet[Receipt]:
    """Receipts that wait for this actor's confirmation: not their own, oldest first."""
    return (
        Receipt.objects.filter(
            state__in=[Receipt.State.ISSUED, Receipt.State.WAITING],
            organisation__in=organisations_in_reach(actor, May.CONFIRM_RECEIPTS).values("pk"),
        )
        .exclude(issued_by=actor.id)
        .select_related("organisation__party", "issued_by__party")
        .order_by("id")
    )


def invoices_in_reach(actor: Actor) -> QuerySet[Invoice]:
    """The invoices that the actor may see, newest first."""
    return (
        Invoice.objects.filter(
            organisation__in=organisations_in_reach(actor, *SEEING_RECEIPTS).values("pk")
        )
        .select_related("organisation__party", "receipt", "issued_by__party")
        .order_by("-id")
    )


def debits_of(receipt: Receipt) -> tuple[Line, ...]:
    """What a confirmed receipt means in the books: a debit for each place of its money, and a
    credit to the payer for what came over."""
    by_kind = (
        receipt.tenders.order_by().values("kind").annotate(total=Sum("amount")).order_by("kind")
    )
    return (
        *(debit(ACCOUNTS[TenderKind(row["kind"])], row["total"]) for row in by_kind),
        credit(chart.PAYER_ADVANCES, receipt.surplus),
    )


def credits_of(payment: PaymentReceipt) -> tuple[Line, ...]:
    """What a confirmed payment means in the books: a credit for each place that it came out of."""
    by_kind = (
        payment.outlays.order_by().values("kind").annotate(total=Sum("amount")).order_by("kind")
    )
    return tuple(credit(ACCOUNTS[TenderKind(row["kind"])], row["total"]) for row in by_kind)


def expected_in(day: DrawerDay) -> dict[TenderKind, Decimal]:
    """What should lie in a drawer, kind by kind: what was there, came, went and was banked."""
    came = _by_kind(day.tenders)
    went = _by_kind(day.outlays)
    banked = _by_kind(day.bankings)
    there = {TenderKind.CASH: day.opening_cash}
    return {
        kind: there.get(kind, NOTHING) + came[kind] - went[kind] - banked[kind]
        for kind in AT_THE_DRAWER
    }


def open_drawers_at(place: Organisation, currency: str) -> QuerySet[DrawerDay]:
    """The days of an organisation's drawers that take money now: open, and today's."""
    return (
        DrawerDay.objects.filter(
            drawer__organisation=place,
            currency=currency,
            state=DrawerDay.State.OPEN,
            day=clock.today(),
        )
        .select_related("drawer", "opened_by__party")
        .order_by("drawer__code")
    )


def last_count(day: DrawerDay) -> list[DrawerCount]:
    """The rows of a drawer day's latest count; none, if nobody has counted."""
    counts = list(day.counts.order_by("counting", "kind"))
    return [one for one in counts if one.counting == counts[-1].counting]


def takings_to_bank(organisation: Organisation, kind: TenderKind, currency: str) -> Decimal:
    """What an acquirer still owes: taken at the organisation's drawers by card or wallet, less
    what was paid back that way and what has come to the bank."""
    at_home = Q(drawer_day__drawer__organisation=organisation, drawer_day__currency=currency)
    came = _sum(Tender.objects.filter(at_home, kind=kind))
    went = _sum(Outlay.objects.filter(at_home, kind=kind))
    banked = _sum(Banking.objects.filter(organisation=organisation, kind=kind, currency=currency))
    return came - went - banked


def _by_kind(rows: Any) -> defaultdict[str, Decimal]:
    sums = rows.order_by().values("kind").annotate(total=Sum("amount"))
    return defaultdict(lambda: NOTHING, {row["kind"]: row["total"] for row in sums})


def _sum(rows: QuerySet[Any]) -> Decimal:
    return rows.aggregate(total=Sum("amount"))["total"] or NOTHING


def payments_in_reach(actor: Actor) -> QuerySet[PaymentReceipt]:
    """The payment receipts that the actor may see, newest first."""
    return (
        PaymentReceipt.objects.filter(
            organisation__in=organisations_in_reach(actor, *SEEING_RECEIPTS).values("pk")
        )
        .select_related("organisation__party", "issued_by__party", "confirmed_by__party")
        .order_by("-id")
    )


def red_letters_in_reach(actor: Actor) -> QuerySet[RedLetterInvoice]:
    """The red-letter invoices that the actor may see, newest first."""
    return (
        RedLetterInvoice.objects.filter(
            organisation__in=organisations_in_reach(actor, *SEEING_RECEIPTS).values("pk")
        )
        .select_related("organisation__party", "invoice", "payment", "issued_by__party")
        .order_by("-id")
    )


def advance_accounts_in_reach(actor: Actor) -> QuerySet[AdvanceAccount]:
    """The payers' advance accounts that the actor may see, by payer."""
    return (
        AdvanceAccount.objects.filter(
            organisation__in=organisations_in_reach(actor, *SEEING_RECEIPTS).values("pk")
        )
        .select_related("organisation__party", "opened_by__party")
        .order_by("payer_name", "number")
    )


def open_refund(account: AdvanceAccount) -> PaymentReceipt | None:
    """The voucher by which an advance is being paid back now."""
    states = PaymentReceipt.State
    return account.payments.filter(
        kind=PaymentReceipt.Kind.ADVANCE, state__in=[states.ISSUED, states.FAILED]
    ).first()


def accounts_of_payer(receipt: Receipt) -> QuerySet[AdvanceAccount]:
    """The advance accounts of a receipt's payer at its organisation: what it may be paid from."""
    if receipt.payer_name == AN_INDIVIDUAL.zh:
        return AdvanceAccount.objects.none()
    found = AdvanceAccount.objects.filter(
        organisation=receipt.organisation_id,
        currency=receipt.currency,
        payer_name=receipt.payer_name,
    )
    if receipt.buyer_tax_number:
        found = found.filter(tax_number__in=["", receipt.buyer_tax_number])
    return found.order_by("number")


def is_of_payer(account: AdvanceAccount, receipt: Receipt) -> bool:
    """Whether an account is that of a receipt's payer. A tax number that only one of them names
    tells no two payers apart: an invoice has it only when a company asks."""
    numbers = {account.tax_number, receipt.buyer_tax_number} - {""}
    return account.payer_name == receipt.payer_name and len(numbers) < 2


def drawer_days_in_reach(actor: Actor) -> QuerySet[DrawerDay]:
    """The days of the drawers that the actor may see, newest first."""
    return (
        DrawerDay.objects.filter(
            drawer__organisation__in=organisations_in_reach(actor, *SEEING_DRAWERS).values("pk")
        )
        .select_related(
            "drawer__organisation__party",
            "opened_by__party",
            "counted_by__party",
            "closed_by__party",
        )
        .order_by("-day", "drawer__code")
    )
