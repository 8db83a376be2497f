"""Cash drawers for tests."""

from decimal import Decimal
from uuid import uuid4

from selfcard.core import clock
from selfcard.payments.commands import count_drawer, define_drawer, fetch_cash, open_drawer
from selfcard.payments.models import Banking, Drawer, DrawerDay
from selfcard.payments.queries import expected_in, left_in
from tests.factories.organisations import Insurer

NOTHING = Decimal("0.00")


def open_a_drawer(insurer: Insurer, opening_cash: str = "0.00") -> DrawerDay:
    """The institution's drawer, open today; one that stayed open is counted before.

    Its first day begins with the given cash, fetched from the bank, each later one with what was
    left.
    """
    drawer = Drawer.objects.filter(organisation=insurer.institution).first() or define_drawer(
        organisation=insurer.institution,
        code="DRAWER-1",
        name_zh="钱箱一",
        name_en="Drawer 1",
        actor=insurer.actor("second"),
        request_id=uuid4(),
    )
    day = drawer.days.filter(state=DrawerDay.State.OPEN).first()
    if day and day.day != clock.today():
        count_drawer(
            day=day,
            counted=expected_in(day),
            actor=insurer.actor("cashier"),
            request_id=uuid4(),
        )
        day = None
    if day:
        return day
    left = left_in(drawer)
    day = open_drawer(
        drawer=drawer,
        opening_cash=left.amount if left else NOTHING,
        actor=insurer.actor("cashier"),
        request_id=uuid4(),
    )
    if left is None and Decimal(opening_cash):
        fetch(insurer, day, opening_cash)
    day.refresh_from_db()
    return day


def fetch(insurer: Insurer, day: DrawerDay, amount: str) -> Banking:
    """Cash from the bank for a drawer."""
    return fetch_cash(
        drawer_day=day,
        amount=Decimal(amount),
        left_on=clock.today(),
        reference="FLOAT-1",
        actor=insurer.actor("cashier"),
        request_id=uuid4(),
    )
