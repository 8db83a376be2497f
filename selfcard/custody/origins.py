"""Where cards came from: to whom they go back when they are recalled."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from psycopg.types.range import Range

from selfcard.core.actor import Actor, ActorKind
from selfcard.core.compiled import Compiled
from selfcard.core.serials import SerialRun, describe_runs, merge_runs
from selfcard.core.wording import beside, told
from selfcard.custody.models import Movement
from selfcard.custody.note_errors import (
    CardsIssuedByNobody,
    CardsNotIssuedFrom,
    CardsOfSeveralIssuers,
    RecallGoesUp,
)
from selfcard.custody.parts import RANGES_COMPILED
from selfcard.organisations.errors import NotAuthorised
from selfcard.organisations.models import May, Organisation, Party
from selfcard.organisations.queries import (
    is_within,
    organisation_of,
    organisations_in_reach,
    staff_of_key,
)


@dataclass
class Origin:
    """An organisation above a holder, and which of the holder's cards came from it."""

    party: Party
    may_recall: bool  # whether the actor may take cards back for it
    runs: list[SerialRun] = field(default_factory=list)


def origins(
    runs: Iterable[SerialRun], holder: Party, to: Party | None, actor: Actor
) -> tuple[list[Origin], list[SerialRun]]:
    """Out of whose hands above the holder each card came last; and the cards that came from none.

    With `to`, only whether that organisation once gave them away counts. One statement.
    """
    left, found = merge_runs(runs), dict[int, Origin]()
    for movement in _from_above(left, holder, to, actor):
        came = [both for run in left if (both := run.intersection(movement.run))]
        if not came:
            continue
        giver, may_recall = movement.from_holder, movement.may_recall  # type: ignore[attr-defined]
        assert giver is not None
        found.setdefault(giver.pk, Origin(giver, may_recall)).runs.extend(came)
        left = [rest for run in left for rest in run.without(came)]
        if not left:
            break
    return list(found.values()), left


def who_takes_back(
    runs: Iterable[SerialRun], holder: Party, to: Organisation | None, actor: Actor
) -> Party:
    """The organisation that cards are recalled to: the one named, or the one they came from.

    Raises:
        RecallGoesUp, CardsNotIssuedFrom, CardsOfSeveralIssuers, CardsIssuedByNobody: it cannot be
            that one, or it is not plain which.
        NotAuthorised: the actor may not recall cards to it.
    """
    found, left = origins(runs, holder, to.party if to else None, actor)
    if left and to is None:
        raise CardsIssuedByNobody(holder=holder.name, serials=describe_runs(left))
    if left and to is not None:
        if to.pk == holder.pk or not is_within(organisation_of(holder), to):
            raise RecallGoesUp(to=to.name, holder=holder.name)
        raise CardsNotIssuedFrom(to=to.name, serials=describe_runs(left))
    if len(found) > 1:
        said = (beside(one.party.name, describe_runs(one.runs)) for one in found)
        raise CardsOfSeveralIssuers(issuers=told(said))
    origin = found[0]
    if not origin.may_recall:
        raise NotAuthorised(may=May.RECALL_CARDS.label, organisation=origin.party.name)
    return origin.party


def _from_above(
    runs: list[SerialRun], holder: Party, to: Party | None, actor: Actor
) -> list[Movement]:
    """The movements of the cards out of the hands of organisations above a holder, latest first."""
    if not runs:
        return []
    ranges = [run.range for run in runs]
    is_staff = actor.kind == ActorKind.STAFF and actor.id is not None
    if to is None and is_staff and len(ranges) <= RANGES_COMPILED:
        return _above_once(len(ranges), actor.id, holder.pk, *ranges)
    movements = _above(ranges, holder.pk, actor)
    return list(movements.filter(from_holder=to) if to is not None else movements)


def _above(ranges: Iterable[Range[int]], holder: int, actor: Actor) -> QuerySet[Movement]:
    touched = Q(*(Q(serials__overlap=serials) for serials in ranges), _connector=Q.OR)
    home = Organisation.objects.filter(Q(pk=holder) | Q(staff__party=holder)).values("path")[:1]
    places = organisations_in_reach(actor, May.RECALL_CARDS).filter(pk=OuterRef("from_holder"))
    above = (
        Movement.objects.filter(
            touched, from_holder__organisation__path__contains_path=Subquery(home)
        )
        .exclude(from_holder=holder)
        .exclude(from_holder=F("to_holder"))
    )
    return above.select_related("from_holder").annotate(may_recall=Exists(places)).order_by("-id")


_above_once = Compiled(
    lambda _, actor, holder, *ranges: _above(ranges, holder, staff_of_key(actor))
)
