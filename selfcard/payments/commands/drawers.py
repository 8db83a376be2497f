"""Cash drawers: opened in the morning, counted by the cashier, closed by a second person."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Max

from selfcard.core import clock, numbering
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.locks import LockSpace, lock
from selfcard.core.refusals import Operation
from selfcard.ledger import chart
from selfcard.ledger.commands import post_entry
from selfcard.ledger.lines import Line, credit, debit
from selfcard.ledger.models import OLDEST_DAYS, EntryKind
from selfcard.organisations.models import May, Organisation
from selfcard.organisations.queries import acting_staff, require
from selfcard.payments.errors import (
    ArrivalInTheFuture,
    ArrivedTooLongAgo,
    ClosedByItsCounter,
    DifferenceNotExplained,
    DrawerAlreadyOpen,
    DrawerCodeTaken,
    DrawerDayIsOver,
    DrawerDayNotCounted,
    DrawerDayNotOpen,
    DrawerNotOpen,
    DrawerOutOfUse,
    EarlierDayNotCounted,
    NextDayHasBegun,
    NotAnAmount,
    NotEnoughInTheDrawer,
    NotTakenAtTheDrawer,
    OpensWithWhatWasLeft,
    ReferenceMissing,
    TakingsDoNotSuffice,
)
from selfcard.payments.models import Banking, Drawer, DrawerCount, DrawerDay, TenderKind
from selfcard.payments.models.tenders import AT_THE_DRAWER
from selfcard.payments.queries import (
    ACCOUNTS,
    expected_in,
    last_count,
    left_in,
    takings_to_bank,
)
from selfcard.payments.tendering import check_amount

NOTHING = Decimal("0.00")


@command
def define_drawer(
    *,
    organisation: Organisation,
    code: str,
    name_zh: str,
    name_en: str,
    actor: Actor,
    request_id: UUID,
) -> Drawer:
    """Enter a cash drawer of an organisation, so that tenders can name it.

    Raises:
        NotAuthorised: the actor may not close drawers there.
        DrawerCodeTaken: another drawer has the code.
    """
    require(actor, May.CLOSE_DRAWERS, organisation)
    code = code.strip().upper()
    lock(LockSpace.CODE, "drawer")
    if Drawer.objects.filter(code=code).exists():
        raise DrawerCodeTaken(code=code)
    drawer = Drawer.objects.create(
        organisation=organisation, code=code, name_zh=name_zh.strip(), name_en=name_en.strip()
    )
    record(actor, "drawers.defined", drawer)
    return drawer


@command
def open_drawer(
    *,
    drawer: Drawer,
    opening_cash: Decimal,
    currency: str = "CNY",
    actor: Actor,
    request_id: UUID,
) -> DrawerDay:
    """Begin a drawer's day with the cash that its last count found; the first one with its float.

    Nothing leaves a drawer between two days, so what is missing or over in the morning is found,
    explained and booked with this day's count.

    Raises:
        NotAuthorised: the actor keeps no drawer there.
        DrawerOutOfUse: it takes no money any more.
        DrawerAlreadyOpen, DrawerDayIsOver: once a day.
        EarlierDayNotCounted: what is in it has not been counted since.
        OpensWithWhatWasLeft: it says another amount.
        NotAnAmount: parts of a cent, or less than nothing.
    """
    require(actor, May.KEEP_DRAWER, drawer.organisation)
    if opening_cash:
        check_amount(opening_cash, "opening_cash")
    drawer = _locked_drawer(drawer.pk)
    _refuse_to_open(drawer)
    left = left_in(drawer, currency)
    if left is not None and opening_cash != left:
        raise OpensWithWhatWasLeft(drawer=drawer.name, left=f"{left:,.2f}")
    today = clock.today()
    day = DrawerDay.objects.create(
        drawer=drawer,
        day=today,
        currency=currency,
        opening_cash=opening_cash,
        opened_by=acting_staff(actor),
        opened_at=clock.now(),
    )
    record(actor, "drawers.opened", day, cash=str(opening_cash))
    return day


def _refuse_to_open(drawer: Drawer) -> None:
    if not drawer.is_active:
        raise DrawerOutOfUse(drawer=drawer.name)
    last = drawer.days.order_by("-day").first()
    if last is None:
        return
    to_it = Operation.named("drawers.day", code=drawer.code, day=last.day.isoformat())
    if last.day == clock.today():
        is_open = last.state == DrawerDay.State.OPEN
        refusal = DrawerAlreadyOpen if is_open else DrawerDayIsOver
        raise refusal(drawer=drawer.name, help=to_it)
    if last.state == DrawerDay.State.OPEN:
        raise EarlierDayNotCounted(drawer=drawer.name, day=last.day.isoformat(), help=to_it)


@command
def count_drawer(
    *,
    day: DrawerDay,
    counted: Mapping[TenderKind, Decimal],
    explanation: str = "",
    actor: Actor,
    request_id: UUID,
) -> DrawerDay:
    """Say what lay in the drawer at the day's end, kind by kind; it takes no more tenders.

    Until somebody closes it, it can be counted again.

    Raises:
        NotAuthorised: the actor keeps no drawer there.
        DrawerDayNotOpen: it is closed.
        NextDayHasBegun: the drawer was opened again since.
        NotAnAmount: parts of a cent, or less than nothing.
        DifferenceNotExplained: what was counted is not what should be there, and nobody says why.
    """
    require(actor, May.KEEP_DRAWER, day.drawer.organisation)
    _locked_drawer(day.drawer_id)
    day = _locked(day)
    if day.state == DrawerDay.State.CLOSED:
        raise DrawerDayNotOpen(drawer=day.drawer.name, day=day.day.isoformat())
    if day.drawer.days.filter(day__gt=day.day).exists():
        raise NextDayHasBegun(drawer=day.drawer.name, day=day.day.isoformat())
    expected = expected_in(day)
    found = {kind: counted.get(kind, NOTHING) for kind in AT_THE_DRAWER}
    for kind, amount in found.items():
        if amount < 0 or amount != amount.quantize(Decimal("0.01")):
            raise NotAnAmount(field=kind.value)
    if found != expected and not explanation.strip():
        raise DifferenceNotExplained
    counting = day.counts.aggregate(last=Max("counting", default=0))["last"] + 1
    DrawerCount.objects.bulk_create(
        DrawerCount(
            drawer_day=day, counting=counting, kind=kind, expected=expected[kind], counted=amount
        )
        for kind, amount in found.items()
    )
    day.state = DrawerDay.State.COUNTED
    day.counted_by = acting_staff(actor)
    day.counted_at = clock.now()
    day.explanation = explanation.strip()
    day.save(update_fields=["state", "counted_by", "counted_at", "explanation"])
    record(actor, "drawers.counted", day, cash=str(found[TenderKind.CASH]))
    return day


@command
def close_drawer(*, day: DrawerDay, actor: Actor, request_id: UUID) -> DrawerDay:
    """A second person agrees to the count; what is over or short is booked.

    Raises:
        NotAuthorised: the actor may not close drawers there.
        DrawerDayNotCounted: nobody has counted it, or it is closed.
        ClosedByItsCounter: the second person is missing.
    """
    require(actor, May.CLOSE_DRAWERS, day.drawer.organisation)
    day = _locked(day)
    if day.state != DrawerDay.State.COUNTED:
        raise DrawerDayNotCounted(drawer=day.drawer.name, day=day.day.isoformat())
    if day.counted_by_id == actor.id:
        raise ClosedByItsCounter
    lines: list[Line] = []
    for count in last_count(day):
        if count.difference:
            account = ACCOUNTS[TenderKind(count.kind)]
            lines += [
                debit(account, count.difference),
                credit(chart.CASH_DIFFERENCES, count.difference),
            ]
    if lines:
        post_entry(
            kind=EntryKind.CASH_DIFFERENCE,
            counts_from=max(day.day, _first_day_of_the_books()),
            reason=("drawer", f"{day.drawer.code} {day.day.isoformat()}"),
            lines=tuple(lines),
            currency=day.currency,
            actor=actor,
        )
    day.state = DrawerDay.State.CLOSED
    day.closed_by = acting_staff(actor)
    day.closed_at = clock.now()
    day.save(update_fields=["state", "closed_by", "closed_at"])
    record(actor, "drawers.closed", day)
    return day


@command
def bank_takings(
    *,
    organisation: Organisation,
    kind: str,
    amount: Decimal,
    arrived_on: date,
    reference: str,
    drawer_day: DrawerDay | None = None,
    currency: str = "CNY",
    actor: Actor,
    request_id: UUID,
) -> Banking:
    """Takings have come to the bank: cash out of an open drawer, or what an acquirer paid out.

    Raises:
        NotAuthorised: the actor keeps no drawer there.
        NotTakenAtTheDrawer: neither cash nor paid out by an acquirer.
        NotAnAmount, ArrivalInTheFuture, ReferenceMissing: it does not say what it must.
        ArrivedTooLongAgo: the books take nothing that is so old.
        DrawerNotOpen, DrawerDayNotOpen: cash comes out of a drawer that is open.
        NotEnoughInTheDrawer, TakingsDoNotSuffice: more than there is.
    """
    require(actor, May.KEEP_DRAWER, organisation)
    tender = TenderKind(kind)
    if tender not in (TenderKind.CASH, TenderKind.CARD, TenderKind.WALLET):
        raise NotTakenAtTheDrawer(kind=tender.label)
    check_amount(amount, "amount")
    if arrived_on > clock.today():
        raise ArrivalInTheFuture(field="arrived_on")
    if arrived_on < (first := _first_day_of_the_books()):
        raise ArrivedTooLongAgo(field="arrived_on", day=first.isoformat())
    if not reference.strip():
        raise ReferenceMissing(field="reference", kind=tender.label)
    # One after the other, so that what is still to come is not paid out twice.
    organisation = Organisation.objects.select_for_update(no_key=True, of=["self"]).get(
        pk=organisation.pk
    )
    if tender == TenderKind.CASH:
        drawer_day = _open_for_banking(drawer_day, organisation, amount)
        currency = drawer_day.currency
    elif amount > takings_to_bank(organisation, tender, currency):
        raise TakingsDoNotSuffice(kind=tender.label)
    banking = Banking.objects.create(
        number=numbering.document_number("BK", "payments_banking_number"),
        organisation=organisation,
        kind=tender,
        amount=amount,
        currency=currency,
        arrived_on=arrived_on,
        reference=reference.strip(),
        drawer_day=drawer_day if tender == TenderKind.CASH else None,
        banked_by=acting_staff(actor),
        banked_at=clock.now(),
    )
    post_entry(
        kind=EntryKind.TAKINGS_BANKED,
        counts_from=arrived_on,
        reason=("banking", banking.number),
        lines=(debit(chart.BANK, amount), credit(ACCOUNTS[tender], amount)),
        currency=currency,
        actor=actor,
    )
    record(actor, "takings.banked", banking, kind=kind, amount=str(amount))
    return banking


def _open_for_banking(
    day: DrawerDay | None, organisation: Organisation, amount: Decimal
) -> DrawerDay:
    if day is None or day.drawer.organisation_id != organisation.pk:
        raise DrawerNotOpen(
            field="drawer",
            place=organisation.party.name,
            help=Operation.named("drawers.open"),
        )
    day = _locked(day)
    if day.state != DrawerDay.State.OPEN:
        raise DrawerDayNotOpen(drawer=day.drawer.name, day=day.day.isoformat())
    if amount > expected_in(day)[TenderKind.CASH]:
        raise NotEnoughInTheDrawer(drawer=day.drawer.name)
    return day


def _first_day_of_the_books() -> date:
    """The earliest day from which what is booked today can count."""
    return clock.today() - timedelta(days=OLDEST_DAYS)


def _locked_drawer(key: int) -> Drawer:
    """The drawer, its row locked: who opens it and who counts it again come one after the other."""
    return Drawer.objects.select_for_update(no_key=True).get(pk=key)


def _locked(day: DrawerDay) -> DrawerDay:
    """The day as it is now, its row locked: tenders wait, and come before or are refused after."""
    return (
        DrawerDay.objects.select_for_update(of=["self"])
        .select_related("drawer__organisation__party")
        .get(pk=day.pk)
    )
