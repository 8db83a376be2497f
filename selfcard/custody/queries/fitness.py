"""Which cards can be used for what: what stands beside a range while it is typed."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from selfcard.cards.models import DocumentType
from selfcard.core.actor import Actor
from selfcard.core.refusals import Operation
from selfcard.core.serials import SerialRun, distinct_runs
from selfcard.custody.deeds import Deed
from selfcard.custody.errors import (
    CardsDeclaredInvalid,
    CardsExpired,
    CardsFrozen,
    CardsInOtherStatus,
    CardsNeverCame,
    CardsNotHeld,
    CardsOfOtherType,
    CardsOfSeveralHolders,
    CardsOnTheirWay,
    CardsOpened,
    CardsPastUseBy,
    CardsRefused,
    NoSuchCards,
)
from selfcard.custody.parts import Part, Verdict, cut_at_policies, judge, read_parts, stopped_by
from selfcard.custody.statuses import SeenStatus
from selfcard.organisations.models import May, Party
from selfcard.organisations.queries import parties_in_reach


@dataclass(frozen=True)
class RangePart:
    """A part of a typed range, and whether it can be used for what the form does."""

    run: SerialRun
    document_type: DocumentType | None
    holder: Party | None
    status: SeenStatus | None
    usable: bool
    reason: str = ""
    help: Operation | None = None

    @property
    def count(self) -> int:
        return self.run.count


def usable_parts(
    document_type: DocumentType | None,
    runs: Iterable[SerialRun],
    actor: Actor,
    deed: Deed,
) -> list[RangePart]:
    """What stands beside a range while it is typed: which cards fit the deed, and why not.

    Judged as the command judges. Holder and status of cards out of the actor's sight are left
    out. Without a document type it is read from the first card.
    """
    parts = cut_at_policies(read_parts(distinct_runs(runs)))
    known = next((part.batch for part in parts if part.batch), None)
    document_type = document_type or (known.type_version.document_type if known else None)
    holders = {part.holder.pk for part in parts if part.holder}
    if document_type is None:
        return [_range_part(part, NoSuchCards, None, seen=False) for part in parts]
    use = deed.use_by(actor, document_type, parts)
    seen = set(
        parties_in_reach(actor, May.SEE_CARDS, deed.may)
        .filter(pk__in=holders)
        .values_list("pk", flat=True)
    )
    verdicts = [judge(part, use) for part in parts]
    if deed.from_one_holder:
        verdicts = _from_one_holder(verdicts)
    return [
        _range_part(
            verdict.part,
            verdict.refused,
            verdict.help,
            seen=verdict.refused is CardsOnTheirWay
            or (verdict.part.holder is not None and verdict.part.holder.pk in seen),
        )
        for verdict in verdicts
    ]


def _from_one_holder(verdicts: list[Verdict]) -> list[Verdict]:
    """A note takes cards from one holder: whoever holds the first ones that fit."""
    giver = next((one.part.holder for one in verdicts if one.refused is None), None)
    return [
        Verdict(one.part, CardsOfSeveralHolders)
        if one.refused is None and one.part.holder != giver
        else one
        for one in verdicts
    ]


def _range_part(
    part: Part, refused: type[CardsRefused] | None, help: Operation | None, *, seen: bool
) -> RangePart:
    return RangePart(
        run=part.run,
        document_type=part.batch.type_version.document_type if part.batch else None,
        holder=part.holder if seen else None,
        status=part.seen if seen else None,
        usable=refused is None,
        reason=_short_reason(refused, part) if refused else "",
        help=help if seen else None,
    )


def _short_reason(refused: type[CardsRefused], part: Part) -> str:
    said = {
        NoSuchCards: _("No: there are no such cards"),
        CardsOfOtherType: _("No: of another document type"),
        CardsOfSeveralHolders: _("No: with another holder"),
        CardsOnTheirWay: _("No: %(number)s is not checked in yet") % {"number": part.reason[1]},
        CardsNotHeld: _("No: held elsewhere"),
        CardsFrozen: _("No: stopped by %(what)s")
        % {"what": ", ".join(stopped_by(freeze) for freeze in part.freezes)},
        CardsNeverCame: _("No: never came from the printer"),
        CardsDeclaredInvalid: _("No: the loss was announced, they are invalid"),
        CardsOpened: _("No: somebody knows their PIN already"),
        CardsExpired: _("No: the last day to activate them is over"),
        CardsPastUseBy: _("No: the last day to sell them is over"),
    }
    if refused is CardsInOtherStatus and part.seen is not None:
        return _("No: %(status)s") % {"status": part.seen.label}
    return said[refused]
