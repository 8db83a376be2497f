"""What the ledger refuses. Who books is another room, so an entry out of balance is a fault."""

from django.utils.translation import gettext_lazy as _

from selfcard.core.refusals import Refusal


class EntryOutOfBalance(ValueError):
    """The lines of an entry do not sum to zero, or there are none."""


class DayNotOver(Refusal):
    message = _("%(day)s is not over. The books are closed up to a day that is.")
    default_field = "up_to"


class DayClosedAlready(Refusal):
    message = _("The books are closed up to %(up_to)s, so %(day)s is closed already.")
    default_field = "up_to"
