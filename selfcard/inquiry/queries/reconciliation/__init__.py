"""Daily reconciliation: sales = receipts = invoices = cards = ledger, and the ways back.

Every paper of a period is set beside whatever must say the same, to the cent. What disagrees is
named with its paper; what is not there at all stands as nothing. What belongs to no organisation –
money that is booked for a paper that does not exist – is told to whoever sees the whole insurer.
"""

from dataclasses import dataclass

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.periods import Period
from selfcard.inquiry.queries.reconciliation.comparing import (
    Asked,
    Disagreement,
    Figure,
    Group,
    Mismatch,
)
from selfcard.inquiry.queries.reconciliation.held import held
from selfcard.inquiry.queries.reconciliation.money import (
    ADVANCES,
    BANKED,
    DRAWERS,
    MOVED,
    NUMBERED,
)
from selfcard.inquiry.queries.reconciliation.policies import ACTIVATED, CANCELLED
from selfcard.inquiry.queries.reconciliation.sales import GIVEN, PAID, SOLD
from selfcard.inquiry.queries.reconciliation.standing import standing
from selfcard.inquiry.queries.reconciliation.ways_back import PAID_BACK, REFUNDED, UNPAID_BACK
from selfcard.organisations.models import May, Organisation
from selfcard.organisations.queries import organisations_in_reach

__all__ = [
    "SEEING_RECONCILIATION",
    "Disagreement",
    "Figure",
    "Group",
    "Mismatch",
    "Reconciliation",
    "compared",
    "held",
    "reconciliation",
    "standing",
]

SEEING_RECONCILIATION = (May.AUDIT, May.CLOSE_BOOKS, May.CLOSE_DRAWERS, May.SEE_PAYMENTS)
COMPARISONS = (
    PAID,
    SOLD,
    GIVEN,
    ACTIVATED,
    UNPAID_BACK,
    PAID_BACK,
    CANCELLED,
    REFUNDED,
    MOVED,
    ADVANCES,
    DRAWERS,
    BANKED,
    NUMBERED,
)


@dataclass(frozen=True)
class Reconciliation:
    """A period's papers in groups; whose they are, by the key of the organisation.

    `tells_what_is_owed` says whether a group of them is of now, not of the period.
    """

    period: Period
    groups: tuple[Group, ...]
    organisations: dict[int, Organisation]
    tells_what_is_owed: bool

    @property
    def mismatches(self) -> list[Mismatch]:
        return [one for group in self.groups for one in group.mismatches]


def compared(period: Period, places: list[int] | None = None) -> tuple[Group, ...]:
    """The groups of a period, of some organisations or of all."""
    asked = Asked(period, places)
    return tuple(comparison.asked(asked) for comparison in COMPARISONS)


def reconciliation(
    actor: Actor, period: Period, organisation: Organisation | None = None
) -> Reconciliation:
    """The reconciliation of what the actor may see, or of one organisation and what is below it.

    Whoever sees the whole insurer is also told what it owes and holds now, beside the ledger, if
    the period reaches today.
    """
    reach = organisations_in_reach(actor, *SEEING_RECONCILIATION)
    sees_all = reach.filter(level=Organisation.Level.HEAD_OFFICE).exists()
    if organisation is not None:
        reach = reach.filter(path__within=organisation.path)
    whole = sees_all and organisation is None
    places = None if whole else list(reach.order_by().values_list("pk", flat=True))
    groups = compared(period, places)
    tells_what_is_owed = whole and period.last >= clock.today()
    if tells_what_is_owed:
        groups = (*groups, standing(), held())
    named = {one.organisation for group in groups for one in group.mismatches}
    return Reconciliation(
        period,
        tuple(group for group in groups if group.figures or group.mismatches),
        Organisation.objects.select_related("party").in_bulk([key for key in named if key]),
        tells_what_is_owed,
    )
