"""A request is locked by whoever decides it, so that nobody else does at the same moment."""

from django.db.models import QuerySet

from selfcard.approvals.models import Approval
from selfcard.core.audit import running_deed
from selfcard.core.compiled import Compiled


def take_up(kind: str, subject_kind: str, subject_number: str) -> Approval | None:
    """The latest request of a kind about a thing, its row locked for the command that decides it.

    It may have been decided before: that is for `grant`, `refuse` and `withdraw` to say.
    """
    for approval in _latest((kind, subject_kind), subject_number):
        if deed := running_deed.get():
            deed.known[Approval, approval.pk] = approval
        return approval
    return None


def locked(approval: Approval) -> Approval:
    """The request as it is now, its row locked: another person may have decided meanwhile."""
    deed = running_deed.get()
    assert deed is not None, "a step runs within a command"
    found: Approval | None = deed.known.get((Approval, approval.pk))
    return found or _for_update().get(pk=approval.pk)


def _for_update() -> QuerySet[Approval]:
    return Approval.objects.select_for_update(of=["self"]).select_related(
        "asked_by__party", "organisation__party", "decided_by__party"
    )


_latest = Compiled(
    lambda about, number: (
        _for_update()
        .filter(kind=about[0], subject_kind=about[1], subject_number=number)
        .order_by("-asked_at")[:1]
    )
)
