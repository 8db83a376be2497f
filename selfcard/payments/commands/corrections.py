"""What was entered wrongly about money is put right by another entry, and by two people.

One asks and says why, another agrees; then rows are added that take back what is wrong and say what
is right, and the books get a mirror and a new entry. Nothing is edited. What moves a drawer whose
day is closed stays in that day, which is counted anew: the cash that was found stays what it was,
and the difference is booked again as it really was, on a day that is open.
"""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Max

from selfcard.approvals.commands import ask, grant, refuse, withdraw
from selfcard.approvals.models import Approval
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.refusals import Operation, ReasonMissing
from selfcard.ledger.commands import post_entry, reverse_entry
from selfcard.ledger.lines import credit, debit
from selfcard.ledger.models import Entry, EntryKind
from selfcard.organisations.models import May, Organisation
from selfcard.organisations.queries import require
from selfcard.payments.booking import book_difference, enter_banking, locked_day, write_down
from selfcard.payments.errors import (
    BankedAlready,
    CorrectedAlready,
    DrawerDayNotClosed,
    DrawerDayUnknown,
    MoneyWentBackAlready,
    NextDayHasBegun,
    NotCorrectable,
    NothingToCorrect,
    ReferenceMissing,
    TakingsDoNotSuffice,
)
from selfcard.payments.models import (
    Banking,
    DrawerCount,
    DrawerDay,
    Receipt,
    Tender,
    TenderKind,
)
from selfcard.payments.models.corrections import ASKED_BY, CORRECT
from selfcard.payments.models.tenders import AT_THE_DRAWER, NO_NEW_MONEY, WITH_REFERENCE
from selfcard.payments.queries import (
    ACCOUNTS,
    corrections_of,
    expected_in,
    last_count,
    left_of_ways,
    takings_to_bank,
)
from selfcard.payments.tendering import check_amount, earliest_day

NOTHING = Decimal("0.00")


@command
def ask_banking_correction(
    *,
    banking: Banking,
    amount: Decimal,
    reference: str,
    reason: str,
    actor: Actor,
    request_id: UUID,
) -> Approval:
    """Ask a second person to agree that another amount came to the bank, or none at all.

    Raises:
        NotAuthorised: the actor keeps no drawer there.
        ReasonMissing, ReferenceMissing, NotAnAmount: it does not say what it must.
        NothingToCorrect: it says what was entered.
        CorrectedAlready: it was put right before; that banking is the one to correct.
        AlreadyAsked: the same waits already.
    """
    require(actor, May.KEEP_DRAWER, banking.organisation)
    if amount:
        check_amount(amount, "amount")
    if not reference.strip():
        raise ReferenceMissing(field="reference", kind=banking.get_kind_display())
    if (amount, reference.strip()) == (abs(banking.amount), banking.reference):
        raise NothingToCorrect
    if _entry_of(banking) is None:
        raise CorrectedAlready(number=banking.number)
    return _ask(
        ("banking", banking.number),
        {"amount": str(amount), "reference": reference.strip(), "reason": reason.strip()},
        banking.organisation,
        actor,
    )


@command
def ask_tender_correction(
    *,
    tender: Tender,
    kind: str,
    reference: str,
    reason: str,
    actor: Actor,
    request_id: UUID,
) -> Approval:
    """Ask a second person to agree that a part of a confirmed receipt came in another way.

    Raises:
        NotAuthorised: the actor may not confirm receipts there.
        ReasonMissing, ReferenceMissing: it does not say what it must.
        NotCorrectable: an advance, a gift, or a receipt that is not confirmed.
        NothingToCorrect: it says what was entered.
        CorrectedAlready: it was put right, and what is right stands beside it.
        MoneyWentBackAlready: it was paid back the way it was entered.
        AlreadyAsked: the same waits already.
    """
    receipt = tender.receipt
    require(actor, May.CONFIRM_RECEIPTS, receipt.organisation)
    right = TenderKind(kind)
    if right in WITH_REFERENCE and not reference.strip():
        raise ReferenceMissing(field="reference", kind=right.label)
    if right == tender.kind:
        raise NothingToCorrect(field="kind")
    _refuse_uncorrectable(tender, right)
    return _ask(
        ("receipt", receipt.number),
        {
            "tender": tender.pk,
            "kind": right.value,
            "reference": reference.strip(),
            "reason": reason.strip(),
        },
        receipt.organisation,
        actor,
    )


@command
def ask_count_correction(
    *,
    day: DrawerDay,
    counted: Mapping[TenderKind, Decimal],
    reason: str,
    actor: Actor,
    request_id: UUID,
) -> Approval:
    """Ask a second person to agree that something else lay in a drawer whose day is closed.

    Raises:
        NotAuthorised: the actor keeps no drawer there.
        ReasonMissing: it does not say why.
        DrawerDayNotClosed: until it is closed it is simply counted again.
        NothingToCorrect: it says what was counted.
        NextDayHasBegun: the cash that lies in it is counted there now.
        AlreadyAsked: the same waits already.
    """
    require(actor, May.KEEP_DRAWER, day.drawer.organisation)
    if day.state != DrawerDay.State.CLOSED:
        raise _not_closed(day)
    _refuse_other_cash(day, counted)
    if {one.kind: one.counted for one in last_count(day)} == counted:
        raise NothingToCorrect
    said = {kind.value: str(amount) for kind, amount in counted.items()}
    return _ask(
        ("drawer", _number(day)),
        {"counted": said, "reason": reason.strip()},
        day.drawer.organisation,
        actor,
    )


@command
def grant_correction(*, approval: Approval, actor: Actor, request_id: UUID) -> Approval:
    """Agree: now what is wrong is taken back, and what is right is entered and booked.

    Raises:
        NotAuthorised, NotYourOwnRequest, AlreadyDecided, RequestWithdrawn, ApprovalExpired: as for
            every approval.
        CorrectedAlready, NotCorrectable, MoneyWentBackAlready, NextDayHasBegun: it was put right,
            or went on, meanwhile.
        DrawerDayNotClosed: the drawer is counted, and waits for its end.
        DrawerDayUnknown: nobody knows into which drawer it came.
        BankedAlready: there is not so much in the drawer.
        TakingsDoNotSuffice: the acquirer did not owe so much.
    """
    approval = grant(approval=approval, actor=actor)
    _RIGHTED[approval.subject_kind](approval, actor)
    record(actor, "corrections.made", approval, about=approval.subject_number)
    return approval


@command
def refuse_correction(
    *, approval: Approval, reason: str, actor: Actor, request_id: UUID
) -> Approval:
    """Refuse a correction, with the reason. Everything stays as it was entered.

    Raises:
        ReasonMissing, NotAuthorised, NotYourOwnRequest, AlreadyDecided, RequestWithdrawn,
        ApprovalExpired: as for every approval.
    """
    return refuse(approval=approval, reason=reason, actor=actor)


@command
def withdraw_correction(*, approval: Approval, actor: Actor, request_id: UUID) -> Approval:
    """Take the request for a correction back before anybody has decided it.

    Raises:
        NotAuthorised: the actor could not have asked for it.
        AlreadyDecided, RequestWithdrawn: it does not wait any more.
    """
    require(actor, ASKED_BY[approval.subject_kind], approval.organisation)
    return withdraw(approval=approval, actor=actor)


def _ask(
    subject: tuple[str, str], asked: dict[str, Any], place: Organisation, actor: Actor
) -> Approval:
    if not asked["reason"]:
        raise ReasonMissing
    approval = ask(
        kind=CORRECT,
        subject_kind=subject[0],
        subject_number=subject[1],
        asked=asked,
        may=May.CLOSE_DRAWERS,
        organisation=place,
        actor=actor,
    )
    record(actor, "corrections.asked", approval, about=subject[1])
    return approval


def _right_banking(approval: Approval, actor: Actor) -> None:
    """The banking is taken back, and entered again with what really came; nothing, if none did."""
    wrong = Banking.objects.select_related("organisation").get(number=approval.subject_number)
    Organisation.objects.select_for_update(no_key=True).get(pk=wrong.organisation_id)
    entry = _entry_of(wrong)
    if entry is None:
        raise CorrectedAlready(number=wrong.number)
    day = _day_to_correct(wrong.drawer_day) if wrong.drawer_day else None
    sign = -1 if wrong.is_fetched else 1
    amount = sign * Decimal(approval.asked["amount"])
    if day and day.cash + wrong.amount - amount < 0:
        raise BankedAlready(drawer=day.drawer.name)
    owed = (
        None if day else takings_to_bank(wrong.organisation, TenderKind(wrong.kind), wrong.currency)
    )
    if owed is not None and amount > owed + wrong.amount:
        raise TakingsDoNotSuffice(kind=wrong.get_kind_display())
    taken_back, right = _again(wrong, -wrong.amount, approval), _again(wrong, amount, approval)
    # What puts cash into the drawer goes first, so that it never seems to have less than nothing.
    for one in sorted((taken_back, right), key=lambda row: row.amount):
        if one is taken_back:
            write_down(one, day, (wrong.arrived_on, wrong.reference), actor)
            _mirror(entry, ("banking", one.number), actor)
        elif amount:
            slip = _since(wrong.arrived_on), approval.asked["reference"]
            enter_banking(one, day, slip, actor)
    if day:
        _count_anew(day, {}, approval, actor)


def _again(wrong: Banking, amount: Decimal, approval: Approval) -> Banking:
    return Banking(
        organisation=wrong.organisation,
        kind=wrong.kind,
        is_fetched=wrong.is_fetched,
        amount=amount,
        currency=wrong.currency,
        correction=approval,
    )


def _right_tender(approval: Approval, actor: Actor) -> None:
    """The part is taken back by the kind that was entered, and entered by the one it came by."""
    Receipt.objects.select_for_update(no_key=True).get(number=approval.subject_number)
    wrong = Tender.objects.select_related("receipt__organisation__party").get(
        pk=approval.asked["tender"]
    )
    kind = TenderKind(approval.asked["kind"])
    _refuse_uncorrectable(wrong, kind)
    former = wrong.drawer_day
    latter = (former or _day_of(wrong.receipt)) if kind in AT_THE_DRAWER else None
    keys = {day.pk: day for day in (former, latter) if day}
    days = {key: _day_to_correct(keys[key]) for key in sorted(keys)}
    if former and wrong.kind == TenderKind.CASH and days[former.pk].cash < wrong.amount:
        raise BankedAlready(drawer=former.drawer.name)
    shared = {"receipt": wrong.receipt, "arrived_on": wrong.arrived_on, "correction": approval}
    Tender.objects.bulk_create(
        [
            Tender(
                kind=wrong.kind,
                amount=-wrong.amount,
                reference=wrong.reference,
                drawer_day=former,
                **shared,
            ),
            Tender(
                kind=kind,
                amount=wrong.amount,
                reference=approval.asked["reference"],
                drawer_day=latter,
                **shared,
            ),
        ]
    )
    places = ACCOUNTS[kind], ACCOUNTS[TenderKind(wrong.kind)]
    if places[0] != places[1]:
        post_entry(
            kind=EntryKind.TENDER_CORRECTED,
            counts_from=_since(clock.day_of(wrong.receipt.confirmed_at)),  # type: ignore[arg-type]
            reason=("receipt", wrong.receipt.number),
            lines=(debit(places[0], wrong.amount), credit(places[1], wrong.amount)),
            currency=wrong.receipt.currency,
            actor=actor,
        )
    for day in days.values():
        _count_anew(day, {}, approval, actor)


def _right_count(approval: Approval, actor: Actor) -> None:
    """Another count of the closed day, and its difference booked anew."""
    code, _, day = approval.subject_number.rpartition(" ")
    found = DrawerDay.objects.get(drawer__code=code, day=date.fromisoformat(day))
    found = _day_to_correct(found)
    counted = {TenderKind(kind): Decimal(said) for kind, said in approval.asked["counted"].items()}
    _refuse_other_cash(found, counted)
    _count_anew(found, counted, approval, actor)


_RIGHTED: dict[str, Callable[[Approval, Actor], None]] = {
    "banking": _right_banking,
    "receipt": _right_tender,
    "drawer": _right_count,
}


def _count_anew(
    day: DrawerDay, counted: Mapping[TenderKind, Decimal], approval: Approval, actor: Actor
) -> None:
    """What was found in a closed drawer beside what should have been, as it is known now.

    An open one has nothing to count anew: it is counted at its end.
    """
    if day.state == DrawerDay.State.OPEN:
        return
    found = {TenderKind(one.kind): one.counted for one in last_count(day)} | dict(counted)
    expected = expected_in(day)
    counting = day.counts.aggregate(last=Max("counting"))["last"] + 1
    DrawerCount.objects.bulk_create(
        DrawerCount(
            drawer_day=day,
            counting=counting,
            kind=kind,
            expected=expected[kind],
            counted=found[kind],
            correction=approval,
        )
        for kind in AT_THE_DRAWER
    )
    booked = Entry.objects.filter(
        kind=EntryKind.CASH_DIFFERENCE,
        reason_kind="drawer",
        reason_number=_number(day),
        reversed_by=None,
    ).first()
    if booked:
        _mirror(booked, ("drawer", _number(day)), actor)
    book_difference(day, actor)


def _mirror(entry: Entry, reason: tuple[str, str], actor: Actor) -> None:
    reverse_entry(entry=entry, counts_from=_since(entry.counts_from), reason=reason, actor=actor)


def _since(day: date) -> date:
    return max(day, earliest_day())


def _entry_of(banking: Banking) -> Entry | None:
    """The entry by which a banking is booked; none where it was taken back, or takes one back."""
    return (
        Entry.objects.filter(
            reason_kind="banking", reason_number=banking.number, reversed_by=None, reverses=None
        )
        .order_by("id")
        .first()
    )


def _day_to_correct(day: DrawerDay) -> DrawerDay:
    """The day, its row locked; one that is counted has to be closed, or counted again, first."""
    day = locked_day(day)
    if day.state == DrawerDay.State.COUNTED:
        raise _not_closed(day)
    return day


def _not_closed(day: DrawerDay) -> DrawerDayNotClosed:
    return DrawerDayNotClosed(
        drawer=day.drawer.name,
        day=day.day,
        help=Operation.named("drawers.day", code=day.drawer.code, day=day.day.isoformat()),
    )


def _refuse_other_cash(day: DrawerDay, counted: Mapping[TenderKind, Decimal]) -> None:
    """Cash that was opened with again is counted on the later day."""
    found = {one.kind: one.counted for one in last_count(day)}
    if counted.get(TenderKind.CASH, NOTHING) == found.get(TenderKind.CASH):
        return
    if day.drawer.days.filter(day__gt=day.day).exists():
        raise NextDayHasBegun(drawer=day.drawer.name, day=day.day)


def _refuse_uncorrectable(tender: Tender, kind: TenderKind) -> None:
    receipt = tender.receipt
    if (
        receipt.state != Receipt.State.CONFIRMED
        or tender.amount < 0
        or tender.kind in NO_NEW_MONEY
        or kind in NO_NEW_MONEY
    ):
        raise NotCorrectable(number=receipt.number)
    if any(one.asked["tender"] == tender.pk for one in corrections_of(receipt)):
        raise CorrectedAlready(number=receipt.number)
    back = TenderKind.TRANSFER if tender.kind == TenderKind.CHEQUE else TenderKind(tender.kind)
    if left_of_ways(receipt).get(back, NOTHING) < tender.amount:
        raise MoneyWentBackAlready(number=receipt.number)


def _day_of(receipt: Receipt) -> DrawerDay:
    """The only drawer of the place that was open when the receipt was confirmed."""
    assert receipt.confirmed_at is not None, "only a confirmed receipt is corrected"
    found = DrawerDay.objects.filter(
        drawer__organisation=receipt.organisation_id,
        day=clock.day_of(receipt.confirmed_at),
        currency=receipt.currency,
    )
    if len(found) != 1:
        raise DrawerDayUnknown(number=receipt.number)
    return found[0]


def _number(day: DrawerDay) -> str:
    return f"{day.drawer.code} {day.day.isoformat()}"
