"""Recall notes, and which cards can be recalled to whom."""

from collections.abc import Iterable
from dataclasses import replace

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from selfcard.cards.models import DocumentType
from selfcard.core.actor import Actor
from selfcard.core.serials import SerialRun, merge_runs
from selfcard.custody.deeds import RECALL
from selfcard.custody.models import Recall
from selfcard.custody.origins import origins
from selfcard.custody.queries.fitness import RangePart, usable_parts
from selfcard.custody.queries.notes import movements_of
from selfcard.organisations.models import May, Organisation
from selfcard.organisations.queries import parties_in_reach

SEEING_RECALLS = (May.SEE_CARDS, May.RECALL_CARDS)


def recalls_seen_by(actor: Actor) -> QuerySet[Recall]:
    """The recall notes that the actor may look at: one of both sides lies in their reach."""
    parties = parties_in_reach(actor, *SEEING_RECALLS).values("pk")
    return Recall.objects.select_related(
        "document_type", "from_party", "to_party", "recalled_by__party"
    ).filter(Q(from_party__in=parties) | Q(to_party__in=parties))


def runs_recalled(recall: Recall) -> list[SerialRun]:
    """The cards on a recall note."""
    return merge_runs(one.run for one in movements_of(recall))


def recallable_parts(
    document_type: DocumentType | None,
    runs: Iterable[SerialRun],
    to: Organisation | None,
    actor: Actor,
) -> list[RangePart]:
    """What stands beside a range while a recall is typed, judged as `recall_cards` judges."""
    parts = usable_parts(document_type, runs, actor, RECALL)
    fitting = [part for part in parts if part.usable]
    if not fitting or fitting[0].holder is None:
        return parts
    found, strangers = origins(
        (part.run for part in fitting), fitting[0].holder, to.party if to else None, actor
    )
    taken_back = found[0] if found else None
    judged: list[RangePart] = []
    for part in parts:
        if not part.usable:
            judged.append(part)
            continue
        others = [run for one in found[1:] for run in one.runs]
        for run in part.run.cut_at([*strangers, *others]):
            piece = replace(part, run=run)
            if any(run.first in one for one in strangers):
                said = _("No: they did not come from there") if to else _("No: from nobody above")
                piece = replace(piece, usable=False, reason=said)
            elif any(run.first in one for one in others):
                piece = replace(piece, usable=False, reason=_("No: they came from elsewhere"))
            judged.append(piece)
    if taken_back and not taken_back.may_recall:
        said = _("No: they go back to %(name)s") % {"name": taken_back.party.name}
        judged = [replace(one, usable=False, reason=said) if one.usable else one for one in judged]
    return judged
