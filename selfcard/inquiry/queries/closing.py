"""What is not finished in days that are about to be closed."""

from datetime import date

from selfcard.payments.models import DrawerDay

MOST_TOLD = 20


def unfinished_drawers(up_to: date) -> list[DrawerDay]:
    """Drawer days up to a day that nobody has closed, the oldest first; some, if they are many.

    They do not keep the books from being closed: what they are over or short counts from the next
    open day then.
    """
    return list(
        DrawerDay.objects.filter(day__lte=up_to)
        .exclude(state=DrawerDay.State.CLOSED)
        .select_related("drawer__organisation__party")
        .order_by("day", "drawer__code")[:MOST_TOLD]
    )
