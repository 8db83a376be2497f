"""Cash drawers: opened in the morning, counted by the cashier, closed by a second person."""

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from django.db.models import Max

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.locks import LockSpace, lock
from selfcard.core.money import Money, to_cents
from selfcard.core.refusals import Operation
from selfcard.organisations.models import May, Organisation
from selfcard.organisations.queries import acting_staff, require
from selfcard.payments.booking import book_difference, locked_day
from selfcard.payments.errors import (
    BeginsEmpty,
    CashIsLeftInTheDrawer,
    ClosedByItsCounter,
    DifferenceNotExplained,
    DrawerAlreadyOpen,
    DrawerCodeTaken,
    DrawerDayIsOver,
    DrawerDayNotClosed,
    DrawerDayNotCounted,
    DrawerDayNotOpen,
    DrawerInUse,
    DrawerOutOfUse,
    EarlierDayNotCounted,
    NextDayHasBegun,
    NotAnAmount,
    OpensWithWhatWasLeft,
)
from selfcard.payments.models import Drawer, DrawerCount, DrawerDay, TenderKind
from selfcard.payments.models.tenders import AT_THE_DRAWER, PAID_OUT_LATER
from selfcard.payments.queries import expected_in, left_in
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
def retire_drawer(*, drawer: Drawer, actor: Actor, request_id: UUID) -> Drawer:
    """Take a drawer out of use, empty and closed; its days stay.

    Raises:
        NotAuthorised: the actor may not close drawers there.
        DrawerOutOfUse: it is out of use already.
        DrawerDayNotClosed: its last day is not at its end.
        CashIsLeftInTheDrawer: its last count found cash.
    """
    require(actor, May.CLOSE_DRAWERS, drawer.organisation)
    drawer = _locked_drawer(drawer.pk)
    if not drawer.is_active:
        raise DrawerOutOfUse(drawer=drawer.name)
    waiting = drawer.days.exclude(state=DrawerDay.State.CLOSED).order_by("day").first()
    if waiting:
        raise DrawerDayNotClosed(
            drawer=drawer.name,
            day=waiting.day,
            help=Operation.named("drawers.day", code=drawer.code, day=waiting.day.isoformat()),
        )
    left = left_in(drawer)
    if left and left.amount:
        raise CashIsLeftInTheDrawer(
            drawer=drawer.name, cash=left, help=Operation.named("drawers.open")
        )
    return _set_in_use(drawer, False, "drawers.retired", actor)


@command
def take_drawer_back(*, drawer: Drawer, actor: Actor, request_id: UUID) -> Drawer:
    """Take a drawer that was out of use back into use: it can be opened again.

    Raises:
        NotAuthorised: the actor may not close drawers there.
        DrawerInUse: it is in use.
    """
    require(actor, May.CLOSE_DRAWERS, drawer.organisation)
    drawer = _locked_drawer(drawer.pk)
    if drawer.is_active:
        raise DrawerInUse(drawer=drawer.name)
    return _set_in_use(drawer, True, "drawers.taken_back", actor)


def _set_in_use(drawer: Drawer, in_use: bool, event: str, actor: Actor) -> Drawer:
    drawer.is_active = in_use
    drawer.save(update_fields=["is_active"])
    record(actor, event, drawer)
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
    """Begin a drawer's day with the cash that its last count found; the first one with nothing.

    Nothing leaves a drawer between two days, so what is missing or over in the morning is found,
    explained and booked with this day's count. Its float is fetched from the bank (`fetch_cash`).

    Raises:
        NotAuthorised: the actor keeps no drawer there.
        DrawerOutOfUse: it takes no money any more.
        DrawerAlreadyOpen, DrawerDayIsOver: once a day.
        EarlierDayNotCounted: what is in it has not been counted since.
        BeginsEmpty, OpensWithWhatWasLeft: it says another amount.
        NotAnAmount: parts of a cent, or less than nothing.
    """
    require(actor, May.KEEP_DRAWER, drawer.organisation)
    if opening_cash:
        check_amount(opening_cash, "opening_cash")
    drawer = _locked_drawer(drawer.pk)
    _refuse_to_open(drawer)
    left = left_in(drawer)
    if left is None and opening_cash:
        raise BeginsEmpty(drawer=drawer.name)
    if left is not None and not _is_same(left, Money(opening_cash, currency)):
        raise OpensWithWhatWasLeft(drawer=drawer.name, left=left)
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


def _is_same(left: Money, opening: Money) -> bool:
    """Whether it is what was left. Only an empty drawer changes its currency."""
    return left == opening or not (left.amount or opening.amount)


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
        raise EarlierDayNotCounted(drawer=drawer.name, day=last.day, help=to_it)


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
    day = locked_day(day)
    if day.state == DrawerDay.State.CLOSED:
        raise DrawerDayNotOpen(drawer=day.drawer.name, day=day.day)
    if day.drawer.days.filter(day__gt=day.day).exists():
        raise NextDayHasBegun(drawer=day.drawer.name, day=day.day)
    expected = expected_in(day)
    found = {kind: counted.get(kind, NOTHING) for kind in AT_THE_DRAWER}
    for kind, amount in found.items():
        if amount != to_cents(amount) or (amount < 0 and kind not in PAID_OUT_LATER):
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
    day = locked_day(day)
    if day.state != DrawerDay.State.COUNTED:
        raise DrawerDayNotCounted(drawer=day.drawer.name, day=day.day)
    if day.counted_by_id == actor.id:
        raise ClosedByItsCounter
    book_difference(day, actor)
    day.state = DrawerDay.State.CLOSED
    day.closed_by = acting_staff(actor)
    day.closed_at = clock.now()
    day.save(update_fields=["state", "closed_by", "closed_at"])
    record(actor, "drawers.closed", day)
    return day


def _locked_drawer(key: int) -> Drawer:
    """The drawer, its row locked: who opens it and who counts it again come one after the other."""
    return Drawer.objects.select_for_update(no_key=True).get(pk=key)
