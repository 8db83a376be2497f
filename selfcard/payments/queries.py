"""Receipts and invoices as those see them who may."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import DecimalField, F, Q, QuerySet, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from selfcard.approvals.models import Approval
from selfcard.approvals.queries import with_fate
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.money import Money
from selfcard.ledger import chart
from selfcard.ledger.lines import Line, credit, debit
from selfcard.organisations.models import May, Organisation
from selfcard.organisations.queries import organisations_in_reach
from selfcard.payments.models import (
    AdvanceAccount,
    AdvanceEntry,
    Banking,
    Drawer,
    DrawerCount,
    DrawerDay,
    Invoice,
    Outlay,
    PaymentReceipt,
    Receipt,
    RedLetterInvoice,
    Takings,
    Tender,
    TenderKind,
)
from selfcard.payments.models.corrections import CORRECT
from selfcard.payments.models.tenders import AT_THE_DRAWER, NO_NEW_MONEY
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
            state=Receipt.State.ISSUED,
            organisation__in=organisations_in_reach(actor, May.CONFIRM_RECEIPTS).values("pk"),
        )
        .exclude(issued_by=actor.id)
        .select_related("organisation__party", "issued_by__party")
        .order_by("id")
    )


def receipts_not_arrived(actor: Actor) -> QuerySet[Receipt]:
    """Receipts whose money was sent and is not here, for whoever confirms it, oldest first."""
    return (
        Receipt.objects.filter(
            state=Receipt.State.WAITING,
            organisation__in=organisations_in_reach(actor, May.CONFIRM_RECEIPTS).values("pk"),
        )
        .select_related("organisation__party", "issued_by__party")
        .order_by("waiting_since")
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
    return {line.kind: line.expected for line in lines_of_day(day)}


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


@dataclass(frozen=True)
class DrawerLine:
    """One kind of money in a drawer's day: how the expected comes about, and what was counted.

    What came is tenders, and cash that was fetched from the bank.
    """

    kind: TenderKind
    opening: Decimal
    came: Decimal
    went: Decimal
    banked: Decimal
    counted: Decimal | None

    @property
    def expected(self) -> Decimal:
        return self.opening + self.came - self.went - self.banked

    @property
    def difference(self) -> Decimal | None:
        """What is over (positive) or short (negative); none before the count."""
        return None if self.counted is None else self.counted - self.expected


def lines_of_day(day: DrawerDay) -> list[DrawerLine]:
    """A drawer's day, kind by kind."""
    came, went = _by_kind(day.tenders), _by_kind(day.outlays)
    banked, fetched = (
        _by_kind(day.bankings.filter(is_fetched=False)),
        _by_kind(day.bankings.filter(is_fetched=True)),
    )
    counted = {count.kind: count.counted for count in last_count(day)}
    return [
        DrawerLine(
            kind=kind,
            opening=day.opening_cash if kind == TenderKind.CASH else NOTHING,
            came=came[kind] - fetched[kind],
            went=went[kind],
            banked=banked[kind],
            counted=counted.get(kind),
        )
        for kind in AT_THE_DRAWER
    ]


@dataclass(frozen=True)
class DrawerMovement:
    """Something that came into a drawer (more than nothing) or went out of it."""

    at: datetime
    what: str | Promise
    kind: TenderKind
    number: str
    reference: str
    amount: Decimal
    place: str  # which paper it is: receipt, payment or banking


def movements_of_day(day: DrawerDay) -> list[DrawerMovement]:
    """What came into a drawer on a day and went out of it, in order."""
    came = (
        DrawerMovement(
            _moment(tender, tender.receipt.confirmed_at or day.opened_at),
            tender.receipt.get_kind_display(),
            TenderKind(tender.kind),
            tender.receipt.number,
            tender.reference,
            tender.amount,
            "receipt",
        )
        for tender in day.tenders.select_related("receipt", "correction")
    )
    went = (
        DrawerMovement(
            outlay.payment.confirmed_at or day.opened_at,
            outlay.payment.get_kind_display(),
            TenderKind(outlay.kind),
            outlay.payment.number,
            outlay.reference,
            -outlay.amount,
            "payment",
        )
        for outlay in day.outlays.select_related("payment")
    )
    banked = (
        DrawerMovement(
            banking.banked_at,
            _what(banking),
            TenderKind(banking.kind),
            banking.number,
            banking.reference,
            -banking.amount,
            "banking",
        )
        for banking in day.bankings.all()
    )
    return sorted([*came, *went, *banked], key=lambda one: (one.at, one.number))


def _what(banking: Banking) -> Promise:
    if banking.is_taken_back:
        return _("taken back, as it was entered wrongly")
    return _("fetched from the bank") if banking.is_fetched else _("brought to the bank")


def _moment(row: Tender, otherwise: datetime) -> datetime:
    """When a tender was put right, if it was; else when its receipt was confirmed."""
    return (row.correction.decided_at if row.correction else None) or otherwise


def statement_of(account: AdvanceAccount) -> QuerySet[AdvanceEntry]:
    """What came into an advance account and went out of it, oldest first."""
    return account.entries.select_related("by__party").order_by("id")


def last_count(day: DrawerDay) -> list[DrawerCount]:
    """The rows of a drawer day's latest count; none, if nobody has counted."""
    counts = list(day.counts.order_by("counting", "kind"))
    return [one for one in counts if one.counting == counts[-1].counting]


def left_in(drawer: Drawer) -> Money | None:
    """The cash that the last count of a drawer found; none before the first."""
    found = (
        DrawerCount.objects.filter(drawer_day__drawer=drawer, kind=TenderKind.CASH)
        .order_by("-drawer_day__day", "-counting")
        .values_list("counted", "drawer_day__currency")
        .first()
    )
    return Money(*found) if found else None


def takings_to_bank(organisation: Organisation, kind: TenderKind, currency: str) -> Decimal:
    """What an acquirer still owes: what was counted on closed days and not paid out since, and
    what came, less what went back, on days that are still to be closed.

    Asked in one statement, so that a day that is closed meanwhile counts once.
    """
    not_closed = Q(
        kind=kind,
        drawer_day__drawer__organisation=organisation,
        drawer_day__currency=currency,
    ) & ~Q(drawer_day__state=DrawerDay.State.CLOSED)
    owed = Takings.objects.filter(organisation=organisation, kind=kind, currency=currency)
    parts = _sums(owed).union(
        _sums(Tender.objects.filter(not_closed)),
        _sums(Outlay.objects.filter(not_closed), -1),
        all=True,
    )
    return sum((amount for (amount,) in parts), NOTHING)


def _by_kind(rows: Any) -> defaultdict[str, Decimal]:
    sums = rows.order_by().values("kind").annotate(total=Sum("amount"))
    return defaultdict(lambda: NOTHING, {row["kind"]: row["total"] for row in sums})


def _sums(rows: QuerySet[Any], sign: int = 1) -> QuerySet[Any]:
    """The sum of rows, of which there may be none, to be united with others."""
    return (
        rows.order_by()
        .values("kind")
        .annotate(total=Sum(F("amount") * sign, output_field=DecimalField()))
        .values_list("total")
    )


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


def ways_back(receipt: Receipt) -> frozenset[TenderKind]:
    """By which kinds money can go back the way it came."""
    return frozenset(left_of_ways(receipt))


def kinds_of(tenders: Iterable[Tender]) -> tuple[TenderKind, ...]:
    """By which kinds money came; one that was entered wrongly and put right is none."""
    came: defaultdict[str, Decimal] = defaultdict(lambda: NOTHING)
    for tender in tenders:
        came[tender.kind] += tender.amount
    return tuple(TenderKind(kind) for kind, amount in came.items() if amount)


def left_of_ways(receipt: Receipt) -> dict[TenderKind, Decimal]:
    """How much of a receipt's money came by each kind and has not gone back by it.

    What came by cheque goes back by transfer.
    """
    came: dict[TenderKind, Decimal] = {}
    for kind, amount in receipt.tenders.values_list("kind", "amount"):
        back = TenderKind.TRANSFER if kind == TenderKind.CHEQUE else TenderKind(kind)
        came[back] = came.get(back, NOTHING) + amount
    left = {kind: amount for kind, amount in came.items() if amount}
    gone = Outlay.objects.filter(payment__red_letter__invoice__receipt=receipt)
    for kind, amount in gone.values_list("kind", "amount"):
        if kind in left:
            left[TenderKind(kind)] -= amount
    return left


def open_refund(account: AdvanceAccount) -> PaymentReceipt | None:
    """The voucher by which an advance is being paid back now."""
    states = PaymentReceipt.State
    return account.payments.filter(
        kind=PaymentReceipt.Kind.ADVANCE, state__in=[states.ISSUED, states.FAILED]
    ).first()


def accounts_of_payer(receipt: Receipt) -> QuerySet[AdvanceAccount]:
    """The advance accounts of a receipt's payer at its organisation: what it may be paid from."""
    theirs = Q(pk__in={receipt.payer_account_id, receipt.account_id} - {None})
    if receipt.buyer_tax_number:
        theirs |= Q(tax_number=receipt.buyer_tax_number)
    here = AdvanceAccount.objects.filter(
        organisation=receipt.organisation_id, currency=receipt.currency
    )
    return here.filter(theirs).order_by("number")


def is_of_payer(account: AdvanceAccount, receipt: Receipt) -> bool:
    """Whether an account is known to be that of a receipt's payer: the receipt names it, or both
    name one company's tax number. A name alone tells no two payers apart."""
    if account.pk in (receipt.payer_account_id, receipt.account_id):
        return True
    return bool(account.tax_number) and account.tax_number == receipt.buyer_tax_number


def accounts_in_name_of_payer(receipt: Receipt) -> QuerySet[AdvanceAccount]:
    """The advance accounts at a receipt's organisation that its money can be paid back into."""
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


def is_in_name_of_payer(account: AdvanceAccount, receipt: Receipt) -> bool:
    """Whether a receipt's money can be paid back into an account: it is in the payer's name, and
    not of another tax number. The voucher names the account, and another person pays it."""
    numbers = {account.tax_number, receipt.buyer_tax_number} - {""}
    return account.payer_name == receipt.payer_name and len(numbers) < 2


def drawer_days_in_reach(actor: Actor, *mays: May) -> QuerySet[DrawerDay]:
    """The days of the drawers that the actor may see, or where one of `mays` is theirs, newest
    first."""
    reach = organisations_in_reach(actor, *(mays or SEEING_DRAWERS))
    return (
        DrawerDay.objects.filter(drawer__organisation__in=reach.values("pk"))
        .select_related(
            "drawer__organisation__party",
            "opened_by__party",
            "counted_by__party",
            "closed_by__party",
        )
        .order_by("-day", "drawer__code")
    )


def drawers_in_reach(actor: Actor) -> QuerySet[Drawer]:
    """The drawers that the actor may see, by code."""
    return (
        Drawer.objects.filter(
            organisation__in=organisations_in_reach(actor, *SEEING_DRAWERS).values("pk")
        )
        .select_related("organisation__party")
        .order_by("code")
    )


def drawer_days_to_count(actor: Actor) -> QuerySet[DrawerDay]:
    """Days that are over and were not counted, for whoever keeps the drawer, oldest first."""
    return (
        drawer_days_in_reach(actor, May.KEEP_DRAWER)
        .filter(state=DrawerDay.State.OPEN, day__lt=clock.today())
        .order_by("day")
    )


def drawer_days_to_close(actor: Actor) -> QuerySet[DrawerDay]:
    """Counted days that wait for a second person: not those that the actor counted."""
    return (
        drawer_days_in_reach(actor, May.CLOSE_DRAWERS)
        .filter(state=DrawerDay.State.COUNTED)
        .exclude(counted_by=actor.id)
        .order_by("counted_at")
    )


def payments_to_pay(actor: Actor) -> QuerySet[PaymentReceipt]:
    """Vouchers that wait to be paid by this actor: not their own, oldest first."""
    return (
        PaymentReceipt.objects.filter(
            state=PaymentReceipt.State.ISSUED,
            organisation__in=organisations_in_reach(actor, May.CONFIRM_PAYMENTS).values("pk"),
        )
        .exclude(Q(issued_by=actor.id) | Q(payee_set_by=actor.id))
        .select_related("organisation__party", "issued_by__party")
        .order_by("id")
    )


def payments_failed(actor: Actor) -> QuerySet[PaymentReceipt]:
    """Vouchers whose money came back: the payee is to be corrected, by whoever may write them."""
    return (
        PaymentReceipt.objects.filter(
            state=PaymentReceipt.State.FAILED,
            organisation__in=organisations_in_reach(actor, May.ISSUE_PAYMENTS).values("pk"),
        )
        .select_related("organisation__party", "issued_by__party")
        .order_by("id")
    )


def corrections_in_reach(actor: Actor) -> QuerySet[Approval]:
    """What was asked to be put right where the actor sees drawers or receipts, latest first."""
    reach = organisations_in_reach(actor, *SEEING_DRAWERS, *SEEING_RECEIPTS)
    return with_fate(
        Approval.objects.filter(kind=CORRECT, organisation__in=reach.values("pk"))
    ).order_by("-asked_at")


def corrections_of(receipt: Receipt) -> list[Approval]:
    """What of a receipt's money was put right, oldest first."""
    return _corrections(Q(pk__in=receipt.tenders.values("correction")))


def tenders_to_correct(receipt: Receipt) -> list[Tender]:
    """The parts of a confirmed receipt's money that stand as they came, in their order: neither an
    advance nor a gift, nor what was put right already."""
    if receipt.state != Receipt.State.CONFIRMED:
        return []
    corrected = [one.asked["tender"] for one in corrections_of(receipt)]
    parts = receipt.tenders.filter(amount__gt=0).exclude(kind__in=NO_NEW_MONEY)
    return list(parts.exclude(pk__in=corrected).select_related("receipt").order_by("id"))


def corrections_within(day: DrawerDay) -> list[Approval]:
    """What was put right of a drawer's day, oldest first."""
    return _corrections(
        Q(pk__in=day.counts.values("correction"))
        | Q(pk__in=day.tenders.values("correction"))
        | Q(pk__in=day.bankings.values("correction"))
    )


def _corrections(those: Q) -> list[Approval]:
    made = Approval.objects.filter(those, kind=CORRECT)
    return list(made.select_related("asked_by__party", "decided_by__party").order_by("decided_at"))


def bankings_in_reach(actor: Actor) -> QuerySet[Banking]:
    """What came to the bank out of the drawers that the actor may see, newest first."""
    return (
        Banking.objects.filter(
            organisation__in=organisations_in_reach(actor, *SEEING_DRAWERS).values("pk")
        )
        .select_related("organisation__party", "drawer_day__drawer", "banked_by__party")
        .order_by("-id")
    )
