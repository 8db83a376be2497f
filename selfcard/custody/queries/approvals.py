"""What waits for a second person, without what is about cards of their own."""

from django.db.models import Q, QuerySet

from selfcard.approvals.models import Approval
from selfcard.approvals.queries import approvals_waiting_for
from selfcard.core.actor import Actor
from selfcard.custody.models import CountFinding, StockCount, WriteOff
from selfcard.custody.queries.stock_counts import ADJUST_STOCK
from selfcard.custody.queries.write_offs import APPROVE_WRITE_OFF


def approvals_to_decide(actor: Actor) -> QuerySet[Approval]:
    """What the actor may decide now; nobody decides what becomes of cards that they answer for."""
    written_off = WriteOff.objects.filter(state=WriteOff.State.ASKED, holder__staff=actor.id)
    taken = Q(findings__remedy=CountFinding.Remedy.TAKEN_OVER, findings__holder__staff=actor.id)
    counted = StockCount.objects.filter(
        Q(holder__staff=actor.id) | taken, state=StockCount.State.ASKED
    )
    return (
        approvals_waiting_for(actor)
        .exclude(kind=APPROVE_WRITE_OFF, subject_number__in=written_off.order_by().values("number"))
        .exclude(kind=ADJUST_STOCK, subject_number__in=counted.order_by().values("number"))
    )
