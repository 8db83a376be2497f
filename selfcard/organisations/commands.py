from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from pypinyin import lazy_pinyin

from selfcard.core.actor import Actor, ActorKind
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.locks import LockSpace, lock
from selfcard.organisations.errors import (
    CodeTaken,
    HeadOfficeIsOpen,
    LevelDoesNotFit,
    NotAuthorised,
    NotForOneself,
    PasswordTooWeak,
)
from selfcard.organisations.models import Authorisation, May, Organisation, Party, Staff
from selfcard.organisations.queries import acting_staff, require

_BELOW = {
    Organisation.Level.HEAD_OFFICE: {Organisation.Level.BRANCH, Organisation.Level.DEPARTMENT},
    Organisation.Level.BRANCH: {Organisation.Level.INSTITUTION, Organisation.Level.DEPARTMENT},
    Organisation.Level.INSTITUTION: {Organisation.Level.DEPARTMENT},
    Organisation.Level.DEPARTMENT: set(),
}


@command
def open_organisation(
    *,
    code: str,
    name_zh: str,
    name_en: str,
    level: str,
    parent: Organisation | None,
    issue_makes_inventory: bool = False,
    actor: Actor,
    request_id: UUID,
) -> Organisation:
    """Open an organisation below another one; the first of all is the head office.

    Only the system opens the head office, once, when the insurer is set up.

    Raises:
        NotAuthorised: the actor may not administer there.
        LevelDoesNotFit: such an organisation does not stand below the parent.
        HeadOfficeIsOpen: the insurer has its head office.
        CodeTaken: somebody already has the code.
    """
    if parent is None:
        if actor.kind != ActorKind.SYSTEM:
            raise NotAuthorised(may=May.ADMINISTER.label, organisation=code)
        if level != Organisation.Level.HEAD_OFFICE:
            raise LevelDoesNotFit(level=Organisation.Level(level).label, parent="–")
        if Organisation.objects.filter(level=level).exists():
            raise HeadOfficeIsOpen
    else:
        require(actor, May.ADMINISTER, parent)
        if level not in _BELOW[Organisation.Level(parent.level)]:
            raise LevelDoesNotFit(
                level=Organisation.Level(level).label,
                parent=Organisation.Level(parent.level).label,
            )
    party = _new_party(code, Party.Kind.ORGANISATION, name_zh, name_en)
    organisation = Organisation.objects.create(
        party=party,
        parent=parent,
        path=f"{parent.path}.{party.pk}" if parent else str(party.pk),
        level=level,
        issue_makes_inventory=issue_makes_inventory,
    )
    record(actor, "organisation.opened", organisation, level=level)
    return organisation


@command
def set_issue_makes_inventory(
    *, organisation: Organisation, at_once: bool, actor: Actor, request_id: UUID
) -> Organisation:
    """Say whether cards issued to an organisation are its inventory at once, without a check-in.

    What is under way already still has to be checked in.

    Raises:
        NotAuthorised: the actor may not administer there.
    """
    require(actor, May.ADMINISTER, organisation)
    Organisation.objects.filter(pk=organisation.pk).update(issue_makes_inventory=at_once)
    organisation.refresh_from_db()
    record(actor, "organisation.set", organisation, issue_makes_inventory=at_once)
    return organisation


@command
def employ_staff(
    *,
    code: str,
    name_zh: str,
    name_en: str,
    title_zh: str,
    title_en: str,
    organisation: Organisation,
    password: str,
    language: str = "zh-hans",
    actor: Actor,
    request_id: UUID,
) -> Staff:
    """Give a person an account in an organisation; they may do nothing until authorised.

    Raises:
        NotAuthorised: the actor may not administer there.
        CodeTaken: somebody already has the code.
        PasswordTooWeak: it is short, common, or like the person's code.
    """
    require(actor, May.ADMINISTER, organisation)
    party = _new_party(code, Party.Kind.PERSON, name_zh, name_en)
    staff = Staff(
        username=code,
        party=party,
        organisation=organisation,
        title_zh=title_zh,
        title_en=title_en,
        language=language,
    )
    _refuse_weak(password, staff)
    staff.set_password(password)
    staff.save()
    record(actor, "staff.employed", staff, organisation=organisation.code)
    return staff


@command
def authorise(
    *,
    staff: Staff,
    mays: tuple[str, ...],
    organisation: Organisation,
    actor: Actor,
    request_id: UUID,
) -> Staff:
    """Allow a staff member some deeds, from an organisation down.

    Raises:
        NotAuthorised: the actor may not administer there, or not where the person works.
        NotForOneself: an administrator does not widen their own authorisations.
    """
    require(actor, May.ADMINISTER, organisation)
    require(actor, May.ADMINISTER, staff.organisation)
    if staff.pk == actor.id:
        raise NotForOneself
    Authorisation.objects.bulk_create(
        [Authorisation(staff=staff, may=May(may), organisation=organisation) for may in mays],
        ignore_conflicts=True,
    )
    record(actor, "staff.authorised", staff, mays=list(mays), organisation=organisation.code)
    return staff


@command
def dismiss_staff(*, staff: Staff, actor: Actor, request_id: UUID) -> Staff:
    """Close a person's account: they can no longer sign in, act, or be handed cards.

    Raises:
        NotAuthorised: the actor may not administer there.
    """
    require(actor, May.ADMINISTER, staff.organisation)
    Staff.objects.filter(pk=staff.pk).update(is_active=False)
    staff.refresh_from_db()
    record(actor, "staff.dismissed", staff)
    return staff


@command
def choose_language(*, language: str, actor: Actor, request_id: UUID) -> Staff:
    """A staff member chooses the language in which the office speaks to them.

    Raises:
        NotAuthorised: nobody on the staff acts here.
    """
    staff = acting_staff(actor)
    staff.language = language
    staff.save(update_fields=["language"])
    record(actor, "staff.language_chosen", staff, language=language)
    return staff


def _refuse_weak(password: str, staff: Staff) -> None:
    try:
        validate_password(password, staff)
    except ValidationError as error:
        raise PasswordTooWeak(reasons=" ".join(error.messages)) from error


def _new_party(code: str, kind: str, name_zh: str, name_en: str) -> Party:
    lock(LockSpace.CODE, "party")
    if Party.objects.filter(code__iexact=code).exists():
        raise CodeTaken(code=code)
    pinyin = "".join(lazy_pinyin(name_zh))
    return Party.objects.create(
        code=code, kind=kind, name_zh=name_zh, name_en=name_en, pinyin=pinyin
    )
