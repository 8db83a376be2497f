"""How far a batch has come, over orders, print files and check-in."""

from enum import StrEnum

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from selfcard.approvals.models import Approval
from selfcard.cards.commands.orders import APPROVE_BATCH
from selfcard.cards.commands.printing import RELEASE_PRINT_FILE
from selfcard.cards.models import Batch
from selfcard.cards.queries import batches_seen_by
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.custody.models import Holding
from selfcard.custody.statuses import CardStatus
from selfcard.web.office.approvals.asked import Asked, asked_about
from selfcard.web.office.views import OfficeRequest


class Stage(StrEnum):
    """Where a batch stands, as people say it."""

    ORDERED = "ordered"
    REFUSED = "refused"
    APPROVED = "approved"
    GENERATING = "generating"
    FAILED = "failed"
    CANCELLED = "cancelled"
    MADE = "generated"
    ASKED = "asked"
    RELEASED = "released"
    AT_PRINTER = "printed"
    CHECKED_IN = "checked_in"

    @property
    def label(self) -> str | Promise:
        return LABELS[self]


LABELS: dict[Stage, str | Promise] = {
    Stage.ORDERED: _("waits for approval"),
    Stage.REFUSED: _("refused"),
    Stage.APPROVED: _("waits to be made"),
    Stage.GENERATING: _("being made"),
    Stage.FAILED: _("making broke off"),
    Stage.CANCELLED: _("cancelled"),
    Stage.MADE: _("made"),
    Stage.ASKED: _("waits for release"),
    Stage.RELEASED: _("to be downloaded"),
    Stage.AT_PRINTER: _("at the printer"),
    Stage.CHECKED_IN: _("checked in"),
}
ORDER = list(Stage)
MOVING = (Stage.APPROVED, Stage.GENERATING, Stage.RELEASED)


def batches_with_stage(actor: Actor) -> QuerySet[Batch]:
    """The batches that the actor may see, with what tells their stage."""
    asked = Approval.objects.filter(
        kind=RELEASE_PRINT_FILE,
        subject_number=OuterRef("number"),
        state=Approval.State.ASKED,
        expires_at__gt=clock.now(),
    )
    printed = Holding.objects.filter(batch=OuterRef("pk"), status=CardStatus.PRINTED)
    return (
        batches_seen_by(actor)
        .select_related(
            "print_file__release_asked_by__party",
            "print_file__released_by__party",
            "print_file__downloaded_by__party",
            "ordered_by__party",
            "decided_by__party",
            "cancelled_by__party",
        )
        .annotate(release_is_asked=Exists(asked), is_printed=Exists(printed))
    )


def stage_of(batch: Batch) -> Stage:
    """The stage of a batch that `batches_with_stage` gave."""
    if batch.state == Batch.State.GENERATED:
        return _after_making(batch)
    work = batch.work
    if batch.state == Batch.State.GENERATING and work is not None and work.has_ended:
        return Stage.FAILED
    return Stage(batch.state)


def _after_making(batch: Batch) -> Stage:
    print_file = batch.print_file
    if not batch.is_printed:  # type: ignore[attr-defined]
        return Stage.CHECKED_IN
    if print_file.downloaded_at is not None:
        return Stage.AT_PRINTER
    if print_file.released_at is not None:
        return Stage.RELEASED
    return Stage.ASKED if batch.release_is_asked else Stage.MADE  # type: ignore[attr-defined]


def waiting_request(request: OfficeRequest, batch: Batch, stage: Stage) -> Asked | None:
    """The request that waits at this stage, if one does."""
    kind = {Stage.ORDERED: APPROVE_BATCH, Stage.ASKED: RELEASE_PRINT_FILE}.get(stage)
    return asked_about(request, kind, "batch", batch.number) if kind else None
