"""What a cashier enters about money that came or went, checked before it is believed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.money import CENT, Money
from selfcard.core.refusals import Operation
from selfcard.ledger.models import OLDEST_DAYS
from selfcard.organisations.models import Organisation
from selfcard.payments.errors import (
    AccountMissing,
    AccountNamedTwice,
    AdvanceDoesNotSuffice,
    AdvanceOfOtherPlace,
    AmountTooLarge,
    ArrivalDateMissing,
    ArrivalInTheFuture,
    ArrivedLongBefore,
    DrawerNotOpen,
    NotAnAmount,
    NotEnoughToPayOut,
    PaidBeforeItsVoucher,
    ReferenceMissing,
)
from selfcard.payments.models import AdvanceAccount, DrawerDay, TenderKind
from selfcard.payments.models.tenders import ARRIVES_LATER, AT_THE_DRAWER, WITH_REFERENCE
from selfcard.payments.queries import open_drawers_at

# What one amount, and all that comes or lies together, is at most: the books hold sums of many.
LARGEST = Decimal("9999999999.99")

# How long before it is owed money can have come.
PAID_AHEAD = timedelta(days=30)


@dataclass(frozen=True)
class TenderGiven:
    """A part of the money as the cashier enters it.

    What the cashier takes in has arrived today; a transfer or a cheque says when. What goes
    through a drawer goes through the one that is named, else through the cashier's own.
    """

    kind: str
    amount: Decimal
    arrived_on: date | None = None
    reference: str = ""
    drawer: DrawerDay | None = None
    account: AdvanceAccount | None = None


@dataclass(frozen=True)
class Checked:
    """A tender or an outlay that says all that its kind must."""

    kind: TenderKind
    amount: Decimal
    day: date
    reference: str
    drawer_day: DrawerDay | None
    account: AdvanceAccount | None


def refuse_long_before(tenders: Iterable[Checked], owed_since: date) -> None:
    """Refuse money that came long before anybody owed it: the year or the month is mistyped.

    Some pay before they are asked, and a bank's slip may be days older than the sale.

    Raises:
        ArrivedLongBefore: more than `PAID_AHEAD` before.
    """
    earliest = owed_since - PAID_AHEAD
    for at, one in enumerate(tenders):
        if one.day < earliest:
            raise ArrivedLongBefore(
                field=f"tenders-{at}-arrived_on", day=earliest, days=PAID_AHEAD.days
            )


def refuse_before_its_voucher(outlays: Iterable[Checked], written_on: date) -> None:
    """Refuse money that went out before anybody wrote that it is to be paid back.

    Raises:
        PaidBeforeItsVoucher: the day is mistyped, or somebody paid on their own.
    """
    for at, one in enumerate(outlays):
        if one.day < written_on:
            raise PaidBeforeItsVoucher(field=f"tenders-{at}-arrived_on", day=written_on)


def check_tenders(
    given: Iterable[TenderGiven], place: Organisation, currency: str, actor: Actor
) -> list[Checked]:
    """Every part says what its kind must. A refusal names the field of that part's row.

    Raises:
        NotAnAmount, ReferenceMissing, ArrivalDateMissing, ArrivalInTheFuture, AccountMissing,
        AccountNamedTwice, AdvanceOfOtherPlace, DrawerNotOpen: one of them does not.
        AmountTooLarge: one of them, or all of them together.
    """
    checked: list[Checked] = []
    for at, tender in enumerate(given):
        one = _checked(f"tenders-{at}", tender, place, currency, actor)
        if one.account and one.account in [earlier.account for earlier in checked]:
            raise AccountNamedTwice(field=f"tenders-{at}-account", number=one.account.number)
        checked.append(one)
        refuse_too_large(sum((part.amount for part in checked), Decimal(0)), f"tenders-{at}-amount")
    return checked


def _checked(
    row: str, given: TenderGiven, place: Organisation, currency: str, actor: Actor
) -> Checked:
    kind = TenderKind(given.kind)
    check_amount(given.amount, f"{row}-amount")
    reference = given.reference.strip()
    if kind in WITH_REFERENCE and not reference:
        raise ReferenceMissing(field=f"{row}-reference", kind=kind.label)
    day = given.arrived_on if kind in ARRIVES_LATER else given.arrived_on or clock.today()
    if day is None:
        raise ArrivalDateMissing(field=f"{row}-arrived_on")
    if day > clock.today():
        raise ArrivalInTheFuture(field=f"{row}-arrived_on")
    account = given.account if kind == TenderKind.ADVANCE else None
    if kind == TenderKind.ADVANCE and account is None:
        raise AccountMissing(field=f"{row}-account")
    if account and (account.organisation_id != place.pk or account.currency != currency):
        raise AdvanceOfOtherPlace(field=f"{row}-account", number=account.number)
    return Checked(
        kind=kind,
        amount=given.amount,
        day=day,
        reference=reference,
        drawer_day=_drawer(row, given, place, currency, actor) if kind in AT_THE_DRAWER else None,
        account=account,
    )


def hold_drawers(parts: Iterable[Checked], place: Organisation) -> dict[int, DrawerDay]:
    """The days of the drawers that parts go through, their rows locked, ascending.

    Who counts one at the same moment comes before this money, or after it.

    Raises:
        DrawerNotOpen: it was counted meanwhile.
    """
    keys = {one.drawer_day.pk for one in parts if one.drawer_day}
    if not keys:
        return {}
    days = (
        DrawerDay.objects.select_for_update(no_key=True, of=["self"])
        .select_related("drawer")
        .filter(pk__in=keys)
        .order_by("pk")
    )
    held = {day.pk: day for day in days}
    if any(day.state != DrawerDay.State.OPEN for day in held.values()):
        raise DrawerNotOpen(
            field="tenders", place=place.party.name, help=Operation.named("drawers.open")
        )
    return held


def refuse_more_than_lies_there(parts: list[Checked], place: Organisation) -> None:
    """Refuse to pay out more cash than is in the drawer that it comes out of.

    Raises:
        NotEnoughToPayOut: it has less.
        DrawerNotOpen: it was counted meanwhile.
    """
    left = {key: (day, day.cash) for key, day in hold_drawers(parts, place).items()}
    for at, one in enumerate(parts):
        if one.kind != TenderKind.CASH or one.drawer_day is None:
            continue
        day, cash = left[one.drawer_day.pk]
        if one.amount > cash:
            raise NotEnoughToPayOut(
                field=f"tenders-{at}-amount",
                drawer=day.drawer.name,
                cash=Money(cash, day.currency),
                amount=Money(one.amount, day.currency),
                help=Operation.named("drawers.fetch"),
            )
        left[day.pk] = day, cash - one.amount


def check_amount(amount: Decimal, field: str) -> None:
    """Refuse what is not money to the cent.

    Raises:
        NotAnAmount: nothing, less than nothing, or parts of a cent.
        AmountTooLarge: more than the books hold.
    """
    refuse_too_large(amount, field)
    if amount <= 0 or amount != amount.quantize(CENT):
        raise NotAnAmount(field=field)


def refuse_too_large(amount: Decimal, field: str) -> None:
    """Refuse what the books cannot hold, which somebody mistyped.

    Raises:
        AmountTooLarge: it is above `LARGEST`.
    """
    if amount > LARGEST:
        raise AmountTooLarge(field=field, most=Money(LARGEST, "CNY"))


def _drawer(
    row: str, given: TenderGiven, place: Organisation, currency: str, actor: Actor
) -> DrawerDay:
    """The open day of the drawer that is named, else of the one that the actor opened, else of the
    only one there."""
    among = open_drawers_at(place, currency)
    if given.drawer is not None:
        found = list(among.filter(pk=given.drawer.pk))
    else:
        found = list(among.filter(opened_by=actor.id)) or list(among)
    if len(found) != 1:
        raise DrawerNotOpen(
            field=f"{row}-drawer", place=place.party.name, help=Operation.named("drawers.open")
        )
    return found[0]


def earliest_day() -> date:
    """The earliest day from which what is booked today can count."""
    return clock.today() - timedelta(days=OLDEST_DAYS)


def total(parts: Iterable[Money]) -> Money:
    """The sum of at least one amount."""
    first, *others = parts
    return sum(others, first)


def refuse_above_balance(account: AdvanceAccount, amount: Decimal, field: str = "tenders") -> None:
    """Refuse to take more out of an account than there is.

    Raises:
        AdvanceDoesNotSuffice: it has less.
    """
    if amount > account.balance:
        raise AdvanceDoesNotSuffice(
            field=field,
            number=account.number,
            balance=Money(account.balance, account.currency),
            amount=Money(amount, account.currency),
            help=Operation.named("payments.advance", number=account.number),
        )
