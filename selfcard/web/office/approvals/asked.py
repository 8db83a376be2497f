"""A request for a second person as a page shows it, whatever it is about."""

from typing import NamedTuple

from selfcard.approvals.models import Approval
from selfcard.approvals.queries import approval_of
from selfcard.organisations.models import May
from selfcard.organisations.queries import may
from selfcard.web.office.views import OfficeRequest


class Asked(NamedTuple):
    """The request, and what it is to whoever looks at it."""

    approval: Approval
    is_own: bool
    may_decide: bool

    @property
    def has_expired(self) -> bool:
        return self.approval.has_expired


def asked_about(request: OfficeRequest, kind: str, subject_kind: str, number: str) -> Asked | None:
    """The latest request of a kind about a thing, decided or not."""
    approval = approval_of(kind, subject_kind, number)
    if approval is None:
        return None
    is_own = approval.asked_by_id == request.staff.pk
    waits = approval.state == Approval.State.ASKED and not approval.has_expired
    entitled = waits and may(request.actor, May(approval.may), approval.organisation)
    return Asked(approval, is_own, entitled and not is_own)
