"""Between the drawers and the bank: cash that is carried or fetched, and payouts of acquirers."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.money import Money
from selfcard.core.refusals import Operation
from selfcard.organisations.models import May, Organisation
from selfcard.organisations.queries import require
from selfcard.payments.booking import enter_banking, locked_day
from selfcard.payments.errors import (
    ArrivalInTheFuture,
    ArrivedTooLongAgo,
    DrawerDayNotOpen,
    DrawerNotOpen,
    NotEnoughInTheDrawer,
    NotTakenAtTheDrawer,
    ReferenceMissing,
    TakingsDoNotSuffice,
)
from selfcard.payments.models import Banking, DrawerDay, TenderKind
from selfcard.payments.models.tenders import PAID_OUT_LATER
from selfcard.payments.queries import takings_to_bank
from selfcard.payments.tendering import check_amount, earliest_day


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
    if tender != TenderKind.CASH and tender not in PAID_OUT_LATER:
        raise NotTakenAtTheDrawer(kind=tender.label)
    _check_slip(tender, amount, arrived_on, reference)
    # One after the other, so that what is still to come is not paid out twice.
    organisation = Organisation.objects.select_for_update(no_key=True, of=["self"]).get(
        pk=organisation.pk
    )
    day = None
    if tender == TenderKind.CASH:
        day = _open_day(drawer_day, organisation)
        currency = day.currency
        if amount > day.cash:
            raise NotEnoughInTheDrawer(
                drawer=day.drawer.name,
                cash=Money(day.cash, currency),
                amount=Money(amount, currency),
            )
    elif amount > takings_to_bank(organisation, tender, currency):
        raise TakingsDoNotSuffice(kind=tender.label)
    banking = enter_banking(
        Banking(organisation=organisation, kind=tender, amount=amount, currency=currency),
        day,
        (arrived_on, reference),
        actor,
    )
    record(actor, "takings.banked", banking, kind=kind, amount=str(amount))
    return banking


@command
def fetch_cash(
    *,
    drawer_day: DrawerDay,
    amount: Decimal,
    left_on: date,
    reference: str,
    actor: Actor,
    request_id: UUID,
) -> Banking:
    """Cash was fetched from the bank into an open drawer: its float, or what it is to pay out.

    Raises:
        NotAuthorised: the actor keeps no drawer there.
        NotAnAmount, ArrivalInTheFuture, ReferenceMissing: it does not say what it must.
        ArrivedTooLongAgo: the books take nothing that is so old.
        DrawerDayNotOpen: the drawer is counted.
    """
    place = drawer_day.drawer.organisation
    require(actor, May.KEEP_DRAWER, place)
    _check_slip(TenderKind.CASH, amount, left_on, reference)
    day = _open_day(drawer_day, place)
    banking = enter_banking(
        Banking(
            organisation=place,
            kind=TenderKind.CASH,
            is_fetched=True,
            amount=-amount,
            currency=day.currency,
        ),
        day,
        (left_on, reference),
        actor,
    )
    record(actor, "takings.fetched", banking, amount=str(amount))
    return banking


def _check_slip(kind: TenderKind, amount: Decimal, on: date, reference: str) -> None:
    check_amount(amount, "amount")
    if on > clock.today():
        raise ArrivalInTheFuture(field="arrived_on")
    if on < (first := earliest_day()):
        raise ArrivedTooLongAgo(field="arrived_on", day=first)
    if not reference.strip():
        raise ReferenceMissing(field="reference", kind=kind.label)


def _open_day(day: DrawerDay | None, organisation: Organisation) -> DrawerDay:
    """The day of a drawer of the organisation, its row locked, if it is open."""
    if day is None or day.drawer.organisation_id != organisation.pk:
        raise DrawerNotOpen(
            field="drawer",
            place=organisation.party.name,
            help=Operation.named("drawers.open"),
        )
    day = locked_day(day)
    if day.state != DrawerDay.State.OPEN:
        raise DrawerDayNotOpen(drawer=day.drawer.name, day=day.day)
    return day
