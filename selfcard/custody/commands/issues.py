from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from selfcard.cards.models import DocumentType
from selfcard.core import clock
from selfcard.core.actor import Actor, ActorKind
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.compiled import Compiled
from selfcard.core.numbering import document_number
from selfcard.core.serials import SerialRun, count_cards, distinct_runs, note_runs
from selfcard.custody.deeds import ISSUE, coming_to
from selfcard.custody.errors import (
    IssueNamesNoOrganisation,
    OrganisationIsNotBelow,
    RecipientIsNotBelow,
)
from selfcard.custody.locks import lock_custody, lock_holder, lock_requisition
from selfcard.custody.models import Issue, Requisition
from selfcard.custody.moving import Leg, move
from selfcard.custody.note_errors import (
    MoreThanGranted,
    RequisitionNotGranted,
    RequisitionOfOthers,
)
from selfcard.custody.papers.freezing import freeze_issue_note
from selfcard.custody.parts import Part, one_holder, read_parts, refuse_unusable
from selfcard.custody.recipients import acting, read_people, refuse_unfit_holder, staff_behind
from selfcard.custody.statuses import CardStatus, MovementKind
from selfcard.organisations.models import May, Organisation, Party, Staff
from selfcard.organisations.queries import is_within, organisations_in_reach, staff_of_key

Level = Organisation.Level


@command
def issue_cards(
    *,
    document_type: DocumentType,
    runs: tuple[SerialRun, ...],
    to: Party,
    for_organisation: Organisation | None = None,
    requisition: Requisition | None = None,
    remark: str = "",
    actor: Actor,
    request_id: UUID,
) -> Issue:
    """Hand cards down: to an organisation below, or to an individual who works there.

    To an organisation the cards are *in transit* and stay with the sender until they are checked
    in, unless the organisation is set so that an issue makes *inventory* at once. An individual
    holds them at once. The sender is the one organisation that holds the cards. An issue for a
    requisition goes to whoever asked, and is no more than was granted.

    Raises:
        NoSerialsGiven, RunsOverlapEachOther, NoSuchCards, CardsOfOtherType, CardsOnTheirWay,
        CardsNotHeld, CardsInOtherStatus, CardsFrozen, CardsOpened, CardsExpired, CardsPastUseBy:
            some of the cards cannot be issued.
        CardsOfSeveralHolders: they lie with several organisations.
        RecipientIsNotBelow: the recipient is not below the sender.
        HolderNotAuthorised, HoldingLimitExceeded: the individual may not hold (so many) cards.
        IssueNamesNoOrganisation: a branch must say which institution or department it is for.
        OrganisationIsNotBelow: the organisation named is not the recipient's.
        RequisitionNotGranted, RequisitionOfOthers, MoreThanGranted: the requisition is not for
            this.
    """
    runs = tuple(distinct_runs(runs))
    lock_custody(runs)
    if to.is_person:
        lock_holder(to)
    parts = read_parts(runs)
    places = _places(parts, to, for_organisation, actor)
    givers = {one.pk for one in places if one.may_issue}
    refuse_unusable(parts, ISSUE.use(document_type, givers, coming_to(actor, parts)))
    sender = _organisation(one_holder(parts).pk, places)
    people = read_people(actor, [to], document_type)
    receiver = _receiver(sender, to, places, people)
    for_organisation = _for_whom(sender, receiver, to, for_organisation, places)
    if to.is_person:
        refuse_unfit_holder(staff_behind(to, people), parts)
    if requisition is not None:
        _refuse_beyond(requisition, sender, to, document_type, count_cards(runs))

    at_once = to.is_person or receiver.issue_makes_inventory
    issue = Issue.objects.create(
        number=document_number("IN", "custody_issue_number", digits=6),
        document_type=document_type,
        from_party=sender.party,
        to_party=to,
        for_organisation=for_organisation,
        requisition=requisition,
        count=count_cards(runs),
        remark=remark.strip(),
        state=Issue.State.CHECKED_IN if at_once else Issue.State.IN_TRANSIT,
        issued_by=acting(actor, people),
        issued_at=clock.now(),
        checked_in_at=clock.now() if at_once else None,
    )
    leg = Leg(
        tuple(parts),
        MovementKind.ISSUE,
        CardStatus.INVENTORY if at_once else CardStatus.IN_TRANSIT,
        to_holder=to if at_once else None,
    )
    move([leg], reason=issue.reason, actor=actor)
    freeze_issue_note(issue, runs, parts)
    record(
        actor,
        "cards.issued",
        issue,
        serials=runs[0] if len(runs) == 1 else None,
        runs=note_runs(runs),
        to=to.code,
    )
    return issue


@dataclass
class _Place:
    """An organisation that has to do with an issue, and whether the actor may issue from it."""

    organisation: Organisation
    may_issue: bool

    @property
    def pk(self) -> int:
        return self.organisation.pk


def _places(
    parts: Iterable[Part], to: Party, for_organisation: Organisation | None, actor: Actor
) -> list[_Place]:
    keys = {part.holder.pk for part in parts if part.holder} | {to.pk}
    if for_organisation is not None:
        keys.add(for_organisation.pk)
    if actor.kind == ActorKind.STAFF and actor.id is not None:
        found = _places_once(len(keys), actor.id, *keys)
    else:
        found = list(_organisations(keys, actor))
    return [_Place(one, one.may_issue) for one in found]  # type: ignore[attr-defined]


def _organisations(keys: Iterable[int], actor: Actor) -> QuerySet[Organisation]:
    reach = organisations_in_reach(actor, May.ISSUE_CARDS).filter(pk=OuterRef("pk"))
    found = Organisation.objects.select_related("party").filter(pk__in=keys)
    return found.annotate(may_issue=Exists(reach))


_places_once = Compiled(lambda _, actor, *keys: _organisations(keys, staff_of_key(actor)))


def _organisation(key: int, places: list[_Place]) -> Organisation:
    return next(place.organisation for place in places if place.pk == key)


def _receiver(
    sender: Organisation, to: Party, places: list[_Place], people: list[Staff]
) -> Organisation:
    """Where the cards go: the organisation itself, or the one that the individual works in."""
    if to.is_person:
        receiver = staff_behind(to, people).organisation
        fits = is_within(receiver, sender)
    else:
        receiver = _organisation(to.pk, places)
        fits = receiver != sender and is_within(receiver, sender)
    if not fits:
        raise RecipientIsNotBelow(to=to.name, sender=sender.name)
    return receiver


def _for_whom(
    sender: Organisation,
    receiver: Organisation,
    to: Party,
    named: Organisation | None,
    places: list[_Place],
) -> Organisation | None:
    """The organisation that the issue is for: named, or plain from who receives it."""
    end_users = (Level.INSTITUTION, Level.DEPARTMENT)
    if named is not None:
        wanted = _organisation(named.pk, places)
        if not is_within(wanted, sender if to.is_person else receiver):
            raise OrganisationIsNotBelow(organisation=wanted.name, to=receiver.name)
    else:
        wanted = receiver
    if wanted.level in end_users:
        return wanted
    if sender.level == Level.BRANCH:
        raise IssueNamesNoOrganisation
    return named and wanted


def _refuse_beyond(
    requisition: Requisition,
    sender: Organisation,
    to: Party,
    document_type: DocumentType,
    count: int,
) -> None:
    """Refuse what a requisition was not granted for; nobody else issues for it until the end."""
    requisition = lock_requisition(requisition)
    if requisition.state != Requisition.State.GRANTED:
        state = Requisition.State(requisition.state).label
        raise RequisitionNotGranted(requisition=requisition.number, state=state)
    wanted = (requisition.issuer_id, requisition.organisation_id, requisition.document_type_id)
    if wanted != (sender.pk, to.pk, document_type.pk):
        raise RequisitionOfOthers(
            requisition=requisition.number,
            issuer=requisition.issuer.name,
            organisation=requisition.organisation.name,
            document_type=requisition.document_type.code,
        )
    if count > requisition.left:
        raise MoreThanGranted(
            requisition=requisition.number, left=f"{requisition.left:,}", count=f"{count:,}"
        )
