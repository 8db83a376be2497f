"""Which cards can be used for what: what stands beside a range while it is typed."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from selfcard.cards.models import DocumentType
from selfcard.core.actor import Actor
from selfcard.core.refusals import Operation
from selfcard.core.serials import SerialRun, distinct_runs
from selfcard.core.wording import listed
from selfcard.custody.deeds import HAND_OVER, ISSUE, Deed
from selfcard.custody.errors import (
    CardsDeclaredInvalid,
    CardsExpired,
    CardsFrozen,
    CardsInOtherStatus,
    CardsNeverCame,
    CardsNotExpired,
    CardsNotHeld,
    CardsOfOtherType,
    CardsOfSeveralHolders,
    CardsOnTheirWay,
    CardsOpened,
    CardsPastUseBy,
    CardsRefused,
    NoSuchCards,
)
from selfcard.custody.parts import (
    Part,
    Use,
    Verdict,
    cut_at_policies,
    judge,
    read_parts,
    stopped_by,
)
from selfcard.custody.statuses import SeenStatus
from selfcard.organisations.models import May, Organisation, Party
from selfcard.organisations.queries import organisations_in_reach, parties_in_reach


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
        nowhere = NoSuchCards if _sees_everything(actor, deed) else None
        return [_nothing_told(part.run, nowhere) for part in parts]
    use = deed.use_by(actor, document_type, parts)
    seen = set(
        parties_in_reach(actor, May.SEE_CARDS, deed.may)
        .filter(pk__in=holders)
        .values_list("pk", flat=True)
    )
    verdicts = [judge(part, use) for part in parts]
    if deed.from_one_holder:
        verdicts = _from_one_holder(verdicts)
    others = _other_deed(deed, actor, verdicts)
    some_nowhere = any(one.refused is NoSuchCards for one in verdicts)
    sees_everything = some_nowhere and _sees_everything(actor, deed)
    return _joined(
        _nothing_told(one.part.run, one.refused if sees_everything else None)
        if one.refused in (CardsNotHeld, NoSuchCards) and not _is_seen(one, seen)
        else _range_part(
            one, use, one.help or others.get(one.part.holder), seen=_is_seen(one, seen)
        )
        for one in verdicts
    )


def _is_seen(verdict: Verdict, seen: set[int]) -> bool:
    holder = verdict.part.holder
    return verdict.refused is CardsOnTheirWay or (holder is not None and holder.pk in seen)


def _sees_everything(actor: Actor, deed: Deed) -> bool:
    """Whether no card is out of the actor's sight: those that are nowhere were never printed."""
    organisations = organisations_in_reach(actor, May.SEE_CARDS, deed.may)
    return organisations.filter(level=Organisation.Level.HEAD_OFFICE).exists()


def _nothing_told(run: SerialRun, refused: type[CardsRefused] | None) -> RangePart:
    """Cards out of the actor's sight: not even told is which of them were never printed."""
    reason = (
        _("No: there are no such cards")
        if refused is NoSuchCards
        else _("No: not in your reach, or never printed")
    )
    return RangePart(run, None, None, None, usable=False, reason=reason)


def _from_one_holder(verdicts: list[Verdict]) -> list[Verdict]:
    """A note takes cards from one holder: whoever holds the first ones that fit."""
    giver = next((one.part.holder for one in verdicts if one.refused is None), None)
    return [
        Verdict(one.part, CardsOfSeveralHolders)
        if one.refused is None and one.part.holder != giver
        else one
        for one in verdicts
    ]


# Cards that a deed does not take from their holder, and that another deed takes from just there.
_OTHER_DEEDS = ((ISSUE, HAND_OVER, "custody.hand_over"), (HAND_OVER, ISSUE, "custody.issue"))


def _other_deed(
    deed: Deed, actor: Actor, verdicts: Iterable[Verdict]
) -> dict[Party | None, Operation]:
    """For the holders from whom the deed takes nothing, the deed that does."""
    holders = {
        one.part.holder.pk: one.part.holder
        for one in verdicts
        if one.refused is CardsNotHeld and one.part.holder
    }
    found: dict[Party | None, Operation] = {}
    for asked, other, operation in _OTHER_DEEDS:
        if asked is deed and holders:
            givers = other.givers(actor, set(holders))
            found |= {holders[key]: Operation.named(operation) for key in givers}
    return found


def _joined(parts: Iterable[RangePart]) -> list[RangePart]:
    """Neighbours of which the actor learns the same are one: how others' stock is cut is theirs."""
    joined: list[RangePart] = []
    for part in parts:
        last = joined[-1] if joined else None
        if (
            last is not None
            and not part.usable
            and part.status is None
            and part.run.first == last.run.last + 1
            and replace(part, run=last.run) == last
        ):
            part = replace(part, run=SerialRun(joined.pop().run.first, part.run.last))
        joined.append(part)
    return joined


def _range_part(verdict: Verdict, use: Use, help: Operation | None, *, seen: bool) -> RangePart:
    part, refused = verdict.part, verdict.refused
    return RangePart(
        run=part.run,
        document_type=part.batch.type_version.document_type if part.batch else None,
        holder=part.holder if seen else None,
        status=part.seen if seen else None,
        usable=refused is None,
        reason=_short_reason(refused, part, use) if refused else "",
        help=help if seen else None,
    )


def _short_reason(refused: type[CardsRefused], part: Part, use: Use) -> str:
    said = {
        CardsOfOtherType: _("No: of another document type"),
        CardsOfSeveralHolders: _("No: with another holder"),
        CardsOnTheirWay: _("No: %(number)s is not checked in yet") % {"number": part.reason[1]},
        CardsNotHeld: _("No: held elsewhere"),
        CardsFrozen: _("No: stopped by %(what)s")
        % {"what": listed(stopped_by(freeze) for freeze in use.stopping(part))},
        CardsNeverCame: _("No: never came from the printer"),
        CardsDeclaredInvalid: _("No: the loss was announced, they are invalid"),
        CardsOpened: _("No: somebody knows their PIN already"),
        CardsExpired: _("No: the last day to activate them is over"),
        CardsNotExpired: _("No: the last day to activate them is not over yet"),
        CardsPastUseBy: _("No: the last day to sell them is over"),
    }
    if refused is CardsInOtherStatus and part.seen is not None:
        return _("No: %(status)s") % {"status": part.seen.label}
    return said[refused]
