"""The cash drawers of the demo company: opened when money comes, counted before the next day."""

from decimal import Decimal

from selfcard.core import clock
from selfcard.demo.cast import as_, organisation
from selfcard.payments.commands import (
    close_drawer,
    count_drawer,
    define_drawer,
    fetch_cash,
    open_drawer,
)
from selfcard.payments.models import Drawer, DrawerDay
from selfcard.payments.queries import expected_in, left_in

FLOAT = Decimal("500.00")
NOTHING = Decimal("0.00")


def open_drawer_of(institution: str, cashier: str) -> DrawerDay:
    """The open drawer of an institution today; what was left open before is counted and closed."""
    manager = f"B{institution[:2]}03"
    drawer = Drawer.objects.filter(code=f"D{institution}").first() or define_drawer(
        organisation=organisation(institution),
        code=f"D{institution}",
        name_zh="柜台钱箱",
        name_en="Counter drawer",
        **as_(manager),
    )
    day = drawer.days.filter(state=DrawerDay.State.OPEN).first()
    if day and day.day == clock.today():
        return day
    if day:
        count_drawer(day=day, counted=expected_in(day), **as_(cashier))
        close_drawer(day=day, **as_(manager))
    left = left_in(drawer)
    if left is not None:
        return open_drawer(drawer=drawer, opening_cash=left.amount, **as_(cashier))
    day = open_drawer(drawer=drawer, opening_cash=NOTHING, **as_(cashier))
    fetch_cash(
        drawer_day=day,
        amount=FLOAT,
        left_on=clock.today(),
        reference="备用金 0001",
        **as_(cashier),
    )
    return day
