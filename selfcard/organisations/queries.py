"""Who is where in the tree, and who may do what there."""

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from selfcard.core.actor import Actor, ActorKind, Channel
from selfcard.core.audit import running_deed
from selfcard.core.compiled import Compiled
from selfcard.organisations.errors import NoSuchCode, NotAuthorised
from selfcard.organisations.models import Authorisation, May, Organisation, Party, Staff


def staff_actor(staff: Staff, channel: Channel = Channel.OFFICE, source: str = "") -> Actor:
    """The staff member as the actor of a command."""
    name = f"{staff.party.name_zh} {staff.party.name_en}"
    return Actor(ActorKind.STAFF, staff.pk, name, channel, source)


def staff_of_key(key: int) -> Actor:
    """Whoever has this key, as the actor of queries that ask for nothing else of them."""
    return Actor(ActorKind.STAFF, key, "", Channel.SYSTEM)


def acting_staff(actor: Actor) -> Staff:
    """The staff member behind an actor; a command asks for them once.

    Raises:
        NotAuthorised: nobody on the staff acts here.
    """
    if known := _known_in_the_deed(actor):
        return known
    found = (
        _active_staff(None, actor.id)
        if actor.kind == ActorKind.STAFF and actor.id is not None
        else []
    )
    if not found:
        raise NotAuthorised(may=May.SEE_CARDS.label, organisation="–")
    return _kept_for_the_deed(found[0])


def _people_with_names() -> QuerySet[Staff]:
    return Staff.objects.select_related("party", "organisation__party")


_active_staff = Compiled(lambda _, key: _people_with_names().filter(pk=key, is_active=True))


def _known_in_the_deed(actor: Actor) -> Staff | None:
    """Whoever acts, if the command that runs has read them before."""
    deed = running_deed.get()
    if deed is None or actor.kind != ActorKind.STAFF:
        return None
    return deed.known.get((Staff, actor.id))


def _kept_for_the_deed(staff: Staff) -> Staff:
    if deed := running_deed.get():
        deed.known[Staff, staff.pk] = staff
    return staff


def organisations_in_reach(actor: Actor, *mays: May) -> QuerySet[Organisation]:
    """The organisations where the actor may do one of these things. The system reaches all."""
    organisations = Organisation.objects.select_related("party")
    if actor.kind == ActorKind.SYSTEM:
        return organisations
    if actor.kind != ActorKind.STAFF:
        return organisations.none()
    reach = Authorisation.objects.filter(
        staff=actor.id,
        staff__is_active=True,
        may__in=mays,
        organisation__path__contains_path=OuterRef("path"),
    )
    return organisations.filter(Exists(reach))


def parties_in_reach(actor: Actor, *mays: May) -> QuerySet[Party]:
    """The organisations in reach, and the staff who work in them, as parties."""
    organisations = organisations_in_reach(actor, *mays).values("pk")
    return Party.objects.filter(
        Q(organisation__in=organisations) | Q(staff__organisation__in=organisations)
    )


def staff_in_reach(actor: Actor, *mays: May) -> QuerySet[Staff]:
    """The staff who work where the actor may do one of these things."""
    return _people_with_names().filter(
        organisation__in=organisations_in_reach(actor, *mays).values("pk")
    )


def authorisations_of(staff: Staff) -> QuerySet[Authorisation]:
    """What a person may do, and from which organisation down."""
    return (
        Authorisation.objects.filter(staff=staff)
        .select_related("organisation__party")
        .order_by("organisation__path", "may")
    )


def may(actor: Actor, deed: May, organisation: Organisation) -> bool:
    """Whether the actor may do a deed in an organisation."""
    if actor.kind != ActorKind.STAFF or actor.id is None:
        return organisations_in_reach(actor, deed).filter(pk=organisation.pk).exists()
    return bool(_where_they_may(deed, actor.id, organisation.pk))


_where_they_may = Compiled(
    lambda deed, actor, organisation: organisations_in_reach(staff_of_key(actor), deed).filter(
        pk=organisation
    )
)


def may_anywhere(actor: Actor) -> set[str]:
    """Everything that the actor may do somewhere; what their navigation shows."""
    if actor.kind == ActorKind.SYSTEM:
        return set(May.values)
    rows = Authorisation.objects.filter(staff=actor.id, staff__is_active=True)
    return set(rows.values_list("may", flat=True))


def require(actor: Actor, deed: May, organisation: Organisation) -> None:
    """Refuse an actor who may not do a deed in an organisation.

    Raises:
        NotAuthorised: they may not.
    """
    if actor.kind == ActorKind.STAFF and actor.id is not None:
        # The same statement tells who they are, which most deeds write down.
        found = _staff_who_may(deed, actor.id, organisation.pk)
        allowed = bool(found)
        for staff in found:
            _kept_for_the_deed(staff)
    else:
        allowed = may(actor, deed, organisation)
    if not allowed:
        raise NotAuthorised(may=deed.label, organisation=organisation.name)


def _allowed(deed: May, actor: int, organisation: int) -> QuerySet[Staff]:
    place = Organisation.objects.filter(pk=organisation).values("path")
    allows = Authorisation.objects.filter(
        staff=actor, may=deed, organisation__path__contains_path=Subquery(place)
    )
    return _people_with_names().filter(Exists(allows), pk=actor, is_active=True)


_staff_who_may = Compiled(_allowed)


def organisation_of(party: Party) -> Organisation:
    """The organisation itself, or the one that a person works in; read unless it came along."""
    if party.is_person:
        if Party.staff.is_cached(party):
            return party.staff.organisation
        return Organisation.objects.select_related("party").get(staff__party=party)
    if Party.organisation.is_cached(party):
        return party.organisation
    return Organisation.objects.select_related("party").get(party=party)


def organisations_below(organisation: Organisation) -> QuerySet[Organisation]:
    """Everything below an organisation in the tree, without itself."""
    return (
        Organisation.objects.select_related("party")
        .filter(path__within=organisation.path)
        .exclude(pk=organisation.pk)
    )


def is_within(organisation: Organisation, above: Organisation) -> bool:
    """Whether an organisation is another one, or stands somewhere below it."""
    return f"{organisation.path}.".startswith(f"{above.path}.")


def head_office() -> Organisation:
    return Organisation.objects.select_related("party").get(level=Organisation.Level.HEAD_OFFICE)


def branch_of(organisation: Organisation) -> Organisation:
    """The branch that an organisation belongs to; head office for head office itself."""
    found = organisation
    while found.level not in (Organisation.Level.BRANCH, Organisation.Level.HEAD_OFFICE):
        assert found.parent is not None
        found = found.parent
    return found


def of_one_house(one: Organisation, other: Organisation) -> bool:
    """Whether two are the same institution, branch or head office, or departments of it."""
    houses = {
        place.parent_id if place.level == Organisation.Level.DEPARTMENT else place.pk
        for place in (one, other)
    }
    return len(houses) == 1


def people_who_may(deed: May, organisation: Organisation) -> QuerySet[Staff]:
    """Active staff who may do a deed in an organisation."""
    return (
        _people_with_names()
        .filter(
            is_active=True,
            authorisations__may=deed,
            authorisations__organisation__path__contains_path=organisation.path,
        )
        .distinct()
    )


def find_party(code: str) -> Party | None:
    return Party.objects.filter(code__iexact=code.strip()).first()


def get_party(code: str) -> Party:
    """The party of a code.

    Raises:
        NoSuchCode: there is none.
    """
    party = find_party(code)
    if party is None:
        raise NoSuchCode(code=code)
    return party
