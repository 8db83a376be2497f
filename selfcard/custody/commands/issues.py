from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, Subquery, Sum

from selfcard.cards.models import DocumentType
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.numbering import document_number
from selfcard.core.serials import SerialRun, count_cards, describe_runs, distinct_runs
from selfcard.custody.deeds import ISSUE, coming_to
from selfcard.custody.errors import (
    HolderNotAuthorised,
    HoldingLimitExceeded,
    IssueAlreadyCheckedIn,
    IssuedByYourself,
    IssueNamesNoOrganisation,
    OrganisationIsNotBelow,
    RecipientIsNotBelow,
)
from selfcard.custody.locks import lock_batches, lock_custody, lock_holder
from selfcard.custody.models import SHORTAGE_REASON, Freeze, Holding, Issue, Movement
from selfcard.custody.moving import Leg, move
from selfcard.custody.papers.freezing import freeze_issue_check_in, freeze_issue_note
from selfcard.custody.parts import (
    Part,
    one_holder,
    parts_of,
    read_parts,
    refuse_strangers,
    refuse_unusable,
)
from selfcard.custody.statuses import CardStatus, MovementKind
from selfcard.organisations.models import Authorisation, May, Organisation, Party, Staff
from selfcard.organisations.queries import acting_staff, organisations_in_reach, require

Level = Organisation.Level


@command
def issue_cards(
    *,
    document_type: DocumentType,
    runs: tuple[SerialRun, ...],
    to: Party,
    for_organisation: Organisation | None = None,
    remark: str = "",
    actor: Actor,
    request_id: UUID,
) -> Issue:
    """Hand cards down: to an organisation below, or to an individual who works there.

    To an organisation the cards are *in transit* and stay with the sender until they are checked
    in, unless the organisation is set so that an issue makes *inventory* at once. An individual
    holds them at once. The sender is the one organisation that holds the cards.

    Raises:
        NoSerialsGiven, RunsOverlapEachOther, NoSuchCards, CardsOfOtherType, CardsOnTheirWay,
        CardsNotHeld, CardsInOtherStatus, CardsFrozen, CardsOpened, CardsExpired, CardsPastUseBy:
            some of the cards cannot be issued.
        CardsOfSeveralHolders: they lie with several organisations.
        RecipientIsNotBelow: the recipient is not below the sender.
        HolderNotAuthorised, HoldingLimitExceeded: the individual may not hold (so many) cards.
        IssueNamesNoOrganisation: a branch must say which institution or department it is for.
        OrganisationIsNotBelow: the organisation named is not the recipient's.
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
    people = _people(actor, to, document_type)
    receiver = _receiver(sender, to, places, people)
    for_organisation = _for_whom(sender, receiver, to, for_organisation, places)
    if to.is_person:
        _refuse_unfit_holder(_staff_behind(to, people), parts)

    at_once = to.is_person or receiver.issue_makes_inventory
    issue = Issue.objects.create(
        number=document_number("IN", "custody_issue_number", digits=6),
        document_type=document_type,
        from_party=sender.party,
        to_party=to,
        for_organisation=for_organisation,
        count=count_cards(runs),
        remark=remark.strip(),
        state=Issue.State.CHECKED_IN if at_once else Issue.State.IN_TRANSIT,
        issued_by=_issuer(actor, people),
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
        runs=describe_runs(runs, most=1000),
        to=to.code,
    )
    return issue


@command
def check_in(
    *, issue: Issue, missing: tuple[SerialRun, ...] = (), actor: Actor, request_id: UUID
) -> Issue:
    """Confirm what came: those cards are the receiver's inventory from now on.

    Missing serials go back into the sender's inventory as a named shortage. They are frozen: as
    long as nobody has explained where they are, nobody can hand them on or sell them.

    Raises:
        NotAuthorised: the actor may not check in cards for the receiver.
        IssueAlreadyCheckedIn: that was done before, or there was nothing to check in.
        IssuedByYourself: whoever sent the cards does not say what came.
        RunsOverlapEachOther: a serial is named twice.
        CardsNotOnTheNote: a serial was not sent.
    """
    sent = list(Movement.objects.filter(**_sent_with(issue)))
    runs = [movement.run for movement in sent]
    lock_batches({movement.batch_id for movement in sent})
    issue = (
        Issue.objects.select_for_update(of=["self"])
        .select_related("document_type", "from_party", "to_party__organisation__party")
        .get(pk=issue.pk)
    )
    if issue.state != Issue.State.IN_TRANSIT:
        raise IssueAlreadyCheckedIn(issue=issue.number)
    receiver = issue.to_party.organisation
    require(actor, May.CHECK_IN_CARDS, receiver)
    if issue.issued_by_id == actor.id:
        raise IssuedByYourself
    short = distinct_runs(missing) if missing else []
    refuse_strangers(short, runs, "missing")

    parts = read_parts(runs)
    came = [part for run in runs for part in run.without(short)]
    arrived = Leg(
        parts_of(parts, came), MovementKind.CHECK_IN, CardStatus.INVENTORY, issue.to_party
    )
    lacking = Leg(
        parts_of(parts, short),
        MovementKind.SHORTAGE,
        CardStatus.INVENTORY,
        kept_reason=(SHORTAGE_REASON, issue.number),
    )
    move([leg for leg in (arrived, lacking) if leg.parts], reason=issue.reason, actor=actor)
    staff = acting_staff(actor)
    _freeze_shortage(issue, short, staff)
    issue.state = Issue.State.CHECKED_IN
    issue.checked_in_by, issue.checked_in_at = staff, clock.now()
    issue.save()
    freeze_issue_check_in(issue, runs, came, short)
    record(
        actor,
        "cards.checked_in",
        issue,
        serials=runs[0] if len(runs) == 1 else None,
        came=count_cards(came),
        missing=describe_runs(short, most=1000),
    )
    return issue


def _sent_with(issue: Issue) -> dict[str, str]:
    kind, number = issue.reason
    return {"kind": MovementKind.ISSUE, "reason_kind": kind, "reason_number": number}


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
    reach = organisations_in_reach(actor, May.ISSUE_CARDS).filter(pk=OuterRef("pk"))
    found = Organisation.objects.select_related("party").filter(pk__in=keys)
    return [_Place(one, one.may_issue) for one in found.annotate(may_issue=Exists(reach))]


def _organisation(key: int, places: list[_Place]) -> Organisation:
    return next(place.organisation for place in places if place.pk == key)


def _people(actor: Actor, to: Party, document_type: DocumentType) -> list[Staff]:
    """Whoever issues and whoever receives, with what the receiver may hold and holds, at once."""
    allowed = Authorisation.objects.filter(
        staff=OuterRef("pk"),
        may=May.HOLD_CARDS,
        organisation__path__contains_path=OuterRef("organisation__path"),
    )
    held = (
        Holding.objects.filter(
            holder=OuterRef("party"),
            status=CardStatus.INVENTORY,
            batch__type_version__document_type=document_type,
        )
        .values("holder")
        .annotate(cards=Sum(F("serials__endswith") - F("serials__startswith")))
        .values("cards")
    )
    return list(
        Staff.objects.select_related("party", "organisation__party")
        .filter(Q(pk=actor.id) | Q(party=to), is_active=True)
        .annotate(may_hold=Exists(allowed), held=Subquery(held))
    )


def _issuer(actor: Actor, people: list[Staff]) -> Staff:
    found = next((staff for staff in people if staff.pk == actor.id), None)
    return found or acting_staff(actor)


def _staff_behind(to: Party, people: list[Staff]) -> Staff:
    found = next((staff for staff in people if staff.party_id == to.pk), None)
    if found is None:
        raise HolderNotAuthorised(name=to.name, may=May.HOLD_CARDS.label)
    return found


def _receiver(
    sender: Organisation, to: Party, places: list[_Place], people: list[Staff]
) -> Organisation:
    """Where the cards go: the organisation itself, or the one that the individual works in."""
    if to.is_person:
        receiver = _staff_behind(to, people).organisation
        fits = _is_within(receiver, sender)
    else:
        receiver = _organisation(to.pk, places)
        fits = receiver != sender and _is_within(receiver, sender)
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
        if not _is_within(wanted, sender if to.is_person else receiver):
            raise OrganisationIsNotBelow(organisation=wanted.name, to=receiver.name)
    else:
        wanted = receiver
    if wanted.level in end_users:
        return wanted
    if sender.level == Level.BRANCH:
        raise IssueNamesNoOrganisation
    return named and wanted


def _refuse_unfit_holder(staff: Staff, parts: list[Part]) -> None:
    name = staff.party.name
    if not staff.may_hold:  # type: ignore[attr-defined]
        raise HolderNotAuthorised(name=name, may=May.HOLD_CARDS.label)
    held: int = staff.held or 0  # type: ignore[attr-defined]
    limit = min(part.batch.type_version.holding_limit for part in parts if part.batch)
    count = count_cards(part.run for part in parts)
    if held + count > limit:
        raise HoldingLimitExceeded(
            name=name, held=f"{held:,}", limit=f"{limit:,}", count=f"{count:,}"
        )


def _is_within(organisation: Organisation, above: Organisation) -> bool:
    return f"{organisation.path}.".startswith(f"{above.path}.")


def _freeze_shortage(issue: Issue, short: list[SerialRun], staff: Staff) -> None:
    if not short:
        return
    Freeze.objects.bulk_create(
        Freeze(
            serials=run.range,
            reason_kind=SHORTAGE_REASON,
            reason_number=issue.number,
            frozen_by=staff,
            frozen_at=clock.now(),
        )
        for run in short
    )
