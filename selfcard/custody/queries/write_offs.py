"""Cards that were written off, or are about to be, and what is still to do for it."""

from django.db.models import Exists, OuterRef, QuerySet

from selfcard.core.actor import Actor
from selfcard.core.papers import find_paper, frozen_facts, pdf_of, render
from selfcard.core.serials import SerialRun, merge_runs
from selfcard.custody.freezes import frozen_for
from selfcard.custody.models import WRITE_OFF_REASON, Freeze, Holding, WriteOff
from selfcard.custody.papers.write_offs import LOSS_ANNOUNCEMENT, announcement_of
from selfcard.custody.statuses import CardStatus
from selfcard.organisations.models import May
from selfcard.organisations.queries import parties_in_reach

SEEING_WRITE_OFFS = (May.SEE_CARDS, May.WRITE_OFF_CARDS, May.APPROVE_WRITE_OFFS, May.AUDIT)
# The kind of request by which a second person is asked to agree.
APPROVE_WRITE_OFF = "custody.write_off"


def write_offs_seen_by(actor: Actor) -> QuerySet[WriteOff]:
    """The write-offs that the actor may look at: their holder lies in the actor's reach."""
    holders = parties_in_reach(actor, *SEEING_WRITE_OFFS)
    return _with_details(WriteOff.objects.filter(holder__in=holders.values("pk")))


def find_write_off(number: str) -> WriteOff | None:
    return _with_details(WriteOff.objects.filter(number__iexact=number.strip())).first()


def runs_written_off(write_off: WriteOff) -> list[SerialRun]:
    """The cards that a write-off is about."""
    return [one.run for one in write_off.runs.all()]


def still_lost(write_off: WriteOff) -> list[SerialRun]:
    """The cards of a loss that were neither found nor made void since."""
    return merge_runs(holding.run for holding in _lost_by(write_off.number))


def may_write_off(actor: Actor, write_off: WriteOff) -> bool:
    """Whether the actor writes cards off where the holder is."""
    return parties_in_reach(actor, May.WRITE_OFF_CARDS).filter(pk=write_off.holder_id).exists()


def write_offs_asked_by(actor: Actor) -> QuerySet[WriteOff]:
    """What the actor reported and nobody has decided."""
    return _with_details(WriteOff.objects.filter(asked_by=actor.id, state=WriteOff.State.ASKED))


def losses_to_announce(actor: Actor) -> QuerySet[WriteOff]:
    """Agreed losses, where the actor writes cards off, that nobody has announced yet."""
    holders = parties_in_reach(actor, May.WRITE_OFF_CARDS)
    return (
        _with_details(WriteOff.objects.filter(holder__in=holders.values("pk")))
        .filter(
            Exists(_lost_by(OuterRef("number"))),
            kind=WriteOff.Kind.LOSS,
            state=WriteOff.State.DONE,
            announced_on__isnull=True,
        )
        .order_by("announce_by")
    )


def announcement_pdf(loss: WriteOff, language: str) -> bytes:
    """The declaration of invalidity: as it was published, or as it is to be published now."""
    if paper := find_paper(LOSS_ANNOUNCEMENT, loss.number):
        return pdf_of(paper, language)
    facts = frozen_facts(announcement_of(loss, still_lost(loss)))
    return render(LOSS_ANNOUNCEMENT, facts, language)


def freezes_of(write_off: WriteOff) -> QuerySet[Freeze]:
    """By what the cards of a write-off were stopped while it waited, and who let them go."""
    return frozen_for(write_off.reason).select_related("frozen_by__party", "released_by__party")


def _lost_by(number: str | OuterRef) -> QuerySet[Holding]:
    return Holding.objects.filter(
        reason_kind=WRITE_OFF_REASON, reason_number=number, status=CardStatus.LOST
    )


def _with_details(write_offs: QuerySet[WriteOff]) -> QuerySet[WriteOff]:
    return write_offs.select_related(
        "document_type", "holder", "asked_by__party", "decided_by__party", "announced_by__party"
    )
