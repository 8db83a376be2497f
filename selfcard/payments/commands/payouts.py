"""Payment receipts: money is paid back, fails to arrive, goes to another account, is confirmed."""

import re
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from selfcard.core import clock, numbering
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import step
from selfcard.core.money import Money
from selfcard.core.papers import freeze_paper
from selfcard.core.papers.facts import plain
from selfcard.core.refusals import Operation, ReasonMissing
from selfcard.organisations.models import Organisation
from selfcard.organisations.queries import acting_staff
from selfcard.payments.commands.advances import enter_advance
from selfcard.payments.errors import (
    AccountMissing,
    AdvanceOfOtherPayer,
    AdvanceOfOtherPlace,
    GiftIsNotPaidOut,
    MoreThanCameThisWay,
    NotTheWayChosen,
    NotTheWayItCame,
    OutlaysDoNotAddUp,
    PaidByItsMaker,
    PaidByWhoNamedThePayee,
    PayeeAccountWrong,
    PayeeIncomplete,
    PaymentAlreadyConfirmed,
    PaymentHasFailed,
    PaymentIsVoid,
)
from selfcard.payments.models import (
    AdvanceAccount,
    AdvanceEntry,
    Outlay,
    PaymentFailure,
    PaymentReceipt,
    Receipt,
    TenderKind,
)
from selfcard.payments.models.tenders import PAYS_OUT
from selfcard.payments.papers import PAYMENT_RECEIPT, ChargeLine
from selfcard.payments.paperwork import payment_facts
from selfcard.payments.queries import is_in_name_of_payer, left_of_ways, ways_back
from selfcard.payments.tendering import (
    Checked,
    TenderGiven,
    check_tenders,
    refuse_before_its_voucher,
    refuse_more_than_lies_there,
    total,
)

# Money goes out as it comes in, part by part.
OutlayGiven = TenderGiven
Way = PaymentReceipt.Way


@dataclass(frozen=True)
class PayeeGiven:
    """Where the money is to go: the way it came, an advance account, or a named payee."""

    way: str
    name: str
    bank: str = ""
    bank_account: str = ""
    account: AdvanceAccount | None = None


@step
def issue_payment(
    *,
    kind: PaymentReceipt.Kind,
    organisation: Organisation,
    payee: PayeeGiven,
    lines: tuple[ChargeLine, ...],
    reason: tuple[str, str],
    came_by: Receipt | None = None,
    actor: Actor,
) -> PaymentReceipt:
    """Write the voucher by which money is paid back: a numbered payment receipt.

    Raises:
        PayeeIncomplete, PayeeAccountWrong, AccountMissing, AdvanceOfOtherPlace: where the money
            goes is not said, or cannot be.
        AdvanceOfOtherPayer: the account is not that of whoever paid the receipt.
        GiftIsNotPaidOut: nobody paid it, so that its money goes the way it came.
    """
    amount = total(line.amount for line in lines)
    _check_payee(payee, organisation, amount.currency, came_by)
    payment = PaymentReceipt.objects.create(
        number=numbering.document_number("P", "payments_payment_number"),
        kind=kind,
        organisation=organisation,
        **_where(payee),
        amount=amount.amount,
        currency=amount.currency,
        lines=plain(lines),
        reason_kind=reason[0],
        reason_number=reason[1],
        issued_by=acting_staff(actor),
        issued_at=clock.now(),
        payee_set_by=acting_staff(actor),
    )
    freeze_paper(kind=PAYMENT_RECEIPT, number=payment.number, facts=payment_facts(payment, lines))
    record(actor, "payments.issued", payment, amount=str(amount.amount), reason=list(reason))
    return payment


@step
def note_failure(*, payment: PaymentReceipt, reason: str, actor: Actor) -> PaymentReceipt:
    """The payment came back because of the payee's account. Nothing else changes.

    Raises:
        ReasonMissing: nobody says why.
        PaymentAlreadyConfirmed, PaymentIsVoid: it is not open.
    """
    if not reason.strip():
        raise ReasonMissing
    payment = _open_payment(payment)
    PaymentFailure.objects.create(
        payment=payment,
        payee_name=payment.payee_name,
        reason=reason.strip(),
        noted_by=acting_staff(actor),
        noted_at=clock.now(),
    )
    payment.state = PaymentReceipt.State.FAILED
    payment.save(update_fields=["state"])
    record(actor, "payments.failed", payment)
    return payment


@step
def correct_payee(
    *,
    payment: PaymentReceipt,
    payee: PayeeGiven,
    came_by: Receipt | None = None,
    actor: Actor,
) -> PaymentReceipt:
    """Say anew where the money is to go; the voucher waits to be paid again.

    Raises:
        PayeeIncomplete, PayeeAccountWrong, AccountMissing, AdvanceOfOtherPlace,
        AdvanceOfOtherPayer, GiftIsNotPaidOut: see `issue_payment`.
        PaymentAlreadyConfirmed, PaymentIsVoid: it is not open.
    """
    payment = _open_payment(payment)
    _check_payee(payee, payment.organisation, payment.currency, came_by)
    for name, value in _where(payee).items():
        if name == "account" and payment.kind == PaymentReceipt.Kind.ADVANCE:
            continue
        setattr(payment, name, value)
    payment.state = PaymentReceipt.State.ISSUED
    payment.payee_set_by = acting_staff(actor)
    payment.save(
        update_fields=[
            "way",
            "payee_name",
            "payee_bank",
            "payee_account",
            "account",
            "state",
            "payee_set_by",
        ]
    )
    record(actor, "payments.payee_corrected", payment, way=payee.way)
    return payment


@step
def void_payment(*, payment: PaymentReceipt, reason: str, actor: Actor) -> PaymentReceipt:
    """Take the voucher back before it is paid, and say why.

    Raises:
        ReasonMissing: nobody says why.
        PaymentAlreadyConfirmed, PaymentIsVoid: it is not open.
    """
    if not reason.strip():
        raise ReasonMissing
    payment = _open_payment(payment)
    payment.state = PaymentReceipt.State.VOID
    payment.voided_by = acting_staff(actor)
    payment.voided_at = clock.now()
    payment.void_reason = reason.strip()
    payment.save(update_fields=["state", "voided_by", "voided_at", "void_reason"])
    record(actor, "payments.voided", payment)
    return payment


@step
def confirm_payment(
    *,
    payment: PaymentReceipt,
    outlays: tuple[OutlayGiven, ...],
    came_by: Receipt | None,
    actor: Actor,
) -> PaymentReceipt:
    """Say that the money was paid back, by these outlays, to the cent.

    The way the money came is that of its receipt: what came by cheque goes back by transfer, and
    an advance goes back into its account. The caller of a refund goes on to `issue_red_letter` in
    the same command: PostgreSQL refuses a paid one without.

    Raises:
        PaymentAlreadyConfirmed, PaymentIsVoid: it is not open.
        PaymentHasFailed: its payee is to be corrected first.
        PaidByItsMaker, PaidByWhoNamedThePayee: the second person is missing.
        PaidBeforeItsVoucher: the money would have gone before anybody asked for it.
        OutlaysDoNotAddUp: another amount than the voucher's.
        NotTheWayChosen, NotTheWayItCame, MoreThanCameThisWay: money would go where it may not.
        AdvanceDoesNotSuffice: an advance that is paid back was used meanwhile.
        NotEnoughToPayOut: more cash than is in the drawer.
        What `check_tenders` raises: an outlay does not say what it must.
    """
    payment = _open_payment(payment)
    if payment.state == PaymentReceipt.State.FAILED:
        raise PaymentHasFailed(
            number=payment.number, help=Operation.named("payments.payment", number=payment.number)
        )
    payer = acting_staff(actor)
    if payer.pk == payment.issued_by_id:
        raise PaidByItsMaker(number=payment.number)
    if payer.pk == payment.payee_set_by_id:
        raise PaidByWhoNamedThePayee(number=payment.number)
    paid = check_tenders(outlays, payment.organisation, payment.currency, actor)
    refuse_before_its_voucher(paid, clock.day_of(payment.issued_at))
    given = sum((one.amount for one in paid), Decimal("0.00"))
    if given != payment.amount:
        raise OutlaysDoNotAddUp(
            given=Money(given, payment.currency), amount=Money(payment.amount, payment.currency)
        )
    _require_way(payment, {one.kind for one in paid}, {one.account for one in paid}, came_by)
    if payment.way == Way.ORIGINAL and came_by:
        _require_left(paid, came_by)
    reason = ("payment", payment.number)
    into: Counter[AdvanceAccount] = Counter()
    for one in paid:
        if one.account:
            into[one.account] += one.amount  # type: ignore[assignment]
    if payment.kind == PaymentReceipt.Kind.ADVANCE:
        assert payment.account is not None
        into[payment.account] -= payment.amount  # type: ignore[assignment]
    for account, amount in sorted(into.items(), key=lambda item: item[0].pk):
        out = payment.kind == PaymentReceipt.Kind.ADVANCE
        enter_advance(
            account=account,
            kind=AdvanceEntry.Kind.REFUND_OUT if out else AdvanceEntry.Kind.REFUND_IN,
            amount=amount,  # type: ignore[arg-type]
            reason=reason,
            actor=actor,
        )
    refuse_more_than_lies_there(paid, payment.organisation)
    Outlay.objects.bulk_create(
        Outlay(
            payment=payment,
            kind=one.kind,
            amount=one.amount,
            paid_on=one.day,
            reference=one.reference,
            drawer_day=one.drawer_day,
            account=one.account,
        )
        for one in paid
    )
    payment.state = PaymentReceipt.State.CONFIRMED
    payment.confirmed_by = payer
    payment.confirmed_at = clock.now()
    payment.save(update_fields=["state", "confirmed_by", "confirmed_at"])
    record(actor, "payments.confirmed", payment, outlays=[one.kind for one in paid])
    return payment


def _open_payment(payment: PaymentReceipt) -> PaymentReceipt:
    """The voucher as it is now, locked, if it is still to be paid.

    Raises:
        PaymentAlreadyConfirmed, PaymentIsVoid: it is not.
    """
    locked = (
        PaymentReceipt.objects.select_for_update(no_key=True, of=["self"])
        .select_related("organisation__party", "account")
        .get(pk=payment.pk)
    )
    if locked.state == PaymentReceipt.State.CONFIRMED:
        raise PaymentAlreadyConfirmed(
            number=locked.number, help=Operation.named("payments.payment", number=locked.number)
        )
    if locked.state == PaymentReceipt.State.VOID:
        raise PaymentIsVoid(number=locked.number)
    return locked


def _require_way(
    payment: PaymentReceipt,
    kinds: set[TenderKind],
    accounts: set[AdvanceAccount | None],
    came_by: Receipt | None,
) -> None:
    way = Way(payment.way)
    refund = payment.kind == PaymentReceipt.Kind.REFUND
    allowed = {
        Way.ADVANCE: frozenset({TenderKind.ADVANCE}),
        Way.PAYEE: frozenset({TenderKind.TRANSFER}),
        Way.ORIGINAL: ways_back(came_by)
        if came_by
        else frozenset(PAYS_OUT) - {TenderKind.ADVANCE, TenderKind.PROMOTION},
    }[way]
    if strange := kinds - allowed:
        said = ", ".join(str(kind.label) for kind in sorted(strange))
        if way == Way.ORIGINAL:
            raise NotTheWayItCame(kinds=said)
        raise NotTheWayChosen(way=way.label)
    if way == Way.ADVANCE and refund and accounts != {payment.account}:
        raise NotTheWayChosen(way=way.label)
    if way == Way.ORIGINAL and came_by:
        known = {tender.account for tender in came_by.tenders.select_related("account")}
        if accounts - {None} - known:
            raise NotTheWayItCame(kinds=TenderKind.ADVANCE.label)


def _require_left(paid: list[Checked], came_by: Receipt) -> None:
    """No more goes back by a way than came by it: a gift in part is never paid out.

    Two vouchers for the money of one receipt come one after the other.
    """
    Receipt.objects.select_for_update(no_key=True).get(pk=came_by.pk)
    left = left_of_ways(came_by)
    for kind in sorted({one.kind for one in paid}):
        if sum((one.amount for one in paid if one.kind == kind), Decimal("0.00")) > left[kind]:
            raise MoreThanCameThisWay(kind=kind.label, left=Money(left[kind], came_by.currency))


def _check_payee(
    payee: PayeeGiven, organisation: Organisation, currency: str, came_by: Receipt | None
) -> None:
    way = Way(payee.way)
    if way != Way.ORIGINAL and came_by and TenderKind.PROMOTION in ways_back(came_by):
        raise GiftIsNotPaidOut
    if way == Way.PAYEE:
        if not (payee.name.strip() and payee.bank.strip() and payee.bank_account.strip()):
            raise PayeeIncomplete
        if not re.fullmatch(r"[0-9A-Za-z]{8,34}", _plain(payee.bank_account)):
            raise PayeeAccountWrong
    if way == Way.ADVANCE and payee.account is None:
        raise AccountMissing(field="account")
    if payee.account and (
        payee.account.organisation_id != organisation.pk or payee.account.currency != currency
    ):
        raise AdvanceOfOtherPlace(field="account", number=payee.account.number)
    if payee.account and came_by and not is_in_name_of_payer(payee.account, came_by):
        raise AdvanceOfOtherPayer(field="account", number=payee.account.number, payer=came_by.payer)


def _where(payee: PayeeGiven) -> dict[str, object]:
    to_payee = payee.way == Way.PAYEE
    return {
        "way": Way(payee.way),
        "payee_name": payee.name.strip(),
        "payee_bank": payee.bank.strip() if to_payee else "",
        "payee_account": _plain(payee.bank_account) if to_payee else None,
        "account": payee.account,
    }


def _plain(bank_account: str) -> str:
    return re.sub(r"[\s-]", "", bank_account)
