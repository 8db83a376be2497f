from collections.abc import Sequence
from uuid import UUID

from django.conf import settings

from selfcard.claims.errors import (
    NothingAdded,
    NothingToReport,
    NotTakenOn,
    TakenOnAlready,
    TooManyAttachments,
    TooManyNotices,
    WordsMissing,
)
from selfcard.claims.given import NoticeGiven, checked
from selfcard.claims.models import Entry, KeptAttachment, Notice
from selfcard.claims.queries import (
    answers_for,
    attachment_count,
    cover_at,
    policy_or_card,
    sent_today,
    serial_meant,
)
from selfcard.core import clock
from selfcard.core.actor import Actor, ActorKind
from selfcard.core.attachments import Attachment
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.locks import LockSpace, lock
from selfcard.core.numbering import document_number
from selfcard.custody.queries import CardState, find_card
from selfcard.organisations.models import May, Organisation, Staff
from selfcard.organisations.queries import acting_staff, require
from selfcard.policies.models import Policy


@command
def record_notice(
    *, policy: Policy | None, serial: int | None, given: NoticeGiven, actor: Actor, request_id: UUID
) -> Notice:
    """Record that something has happened, for a policy or for a card.

    A card that has become a policy stands for it. One that has not – unpaid, expired, stopped,
    void, whatever – is recorded for review, with the state that it is in now. Whoever calls has
    seen that a holder has opened the policy or the card.

    Raises:
        NothingToReport: there is no such card.
        NotAuthorised: a member of staff who may not take notices for who sold it.
        TooManyNotices: its holder has sent as many today as may be; staff take down any number.
        StoryMissing, HappensLater, PlaceUnknown, PhoneImpossible, PhoneTakesNoMessages: of `given`.
    """
    said = checked(given)
    meant = policy or _card_or_policy(serial)
    organisation = answers_for(meant)
    _require_may(actor, organisation)
    of = meant if isinstance(meant, Policy) else None
    serial = serial_meant(meant)
    if actor.kind == ActorKind.HOLDER:
        _require_few(meant, serial)
    notice = Notice.objects.create(
        number=document_number("C", "claims_notice_number"),
        policy=of,
        serial=serial,
        card_status="" if isinstance(meant, Policy) else meant.seen,
        organisation=organisation,
        harm=said.harm,
        happened_at=said.happened_at,
        hour_known=said.hour_known,
        region=said.region,
        place=said.place,
        story=said.story,
        hurt=said.hurt,
        reporter=said.reporter,
        phone=said.phone,
        cover=cover_at(of, said.happened_at, hour_known=said.hour_known),
        reported_at=clock.now(),
        channel=actor.channel,
        taken_down_by=_staff_behind(actor),
    )
    record(
        actor,
        "claim.recorded",
        notice,
        policy=of.number if of else "",
        card_status=notice.card_status,
        cover=notice.cover,
    )
    return notice


@command
def add_to_notice(
    *,
    notice: Notice,
    words: str,
    attachments: Sequence[Attachment],
    actor: Actor,
    request_id: UUID,
) -> Entry:
    """Add words, photos and papers to a notice; one that was closed is open again.

    Raises:
        NothingAdded: neither words nor a file.
        TooManyAttachments: the notice would have more than are kept.
        NotAuthorised: a member of staff who may not see it.
    """
    _require_may(actor, notice.organisation)
    if not words.strip() and not attachments:
        raise NothingAdded
    _locked(notice)
    has = attachment_count(notice)
    if has + len(attachments) > settings.ATTACHMENTS_OF_A_CLAIM:
        raise TooManyAttachments(most=settings.ATTACHMENTS_OF_A_CLAIM, has=has)
    entry = _enter(notice, Entry.Kind.ADDED, words, actor)
    KeptAttachment.objects.bulk_create(
        KeptAttachment(
            entry=entry,
            place=place,
            kind=one.kind,
            name=one.name,
            size=len(one.content),
            content=one.content,
        )
        for place, one in enumerate(attachments, 1)
    )
    record(actor, "claim.added", notice, attachments=len(attachments))
    return entry


@command
def take_notice(*, notice: Notice, actor: Actor, request_id: UUID) -> Entry:
    """Take a notice on: from now on everybody sees who looks at it.

    Raises:
        TakenOnAlready: somebody else was faster.
        NotAuthorised: the actor may not.
    """
    _require_may(actor, notice.organisation)
    now = _locked(notice)
    if now.state != Notice.State.RECORDED:
        raise TakenOnAlready(name=now.handler.name if now.handler else "–")
    entry = _enter(notice, Entry.Kind.TAKEN, "", actor)
    record(actor, "claim.taken", notice)
    return entry


@command
def look_at_notice(
    *, notice: Notice, words: str, is_last: bool, actor: Actor, request_id: UUID
) -> Entry:
    """Write down what was found or done about a notice; the last such words close it.

    Raises:
        WordsMissing: nothing is said.
        NotTakenOn: nobody has taken the notice on, or it is closed.
        NotAuthorised: the actor may not.
    """
    _require_may(actor, notice.organisation)
    if not words.strip():
        raise WordsMissing
    if _locked(notice).state != Notice.State.IN_REVIEW:
        raise NotTakenOn
    entry = _enter(notice, Entry.Kind.CLOSED if is_last else Entry.Kind.LOOKED_AT, words, actor)
    record(actor, "claim.closed" if is_last else "claim.looked_at", notice)
    return entry


@command
def open_attachment(
    *, attachment: KeptAttachment, actor: Actor, request_id: UUID
) -> KeptAttachment:
    """Give a photo or paper out to somebody on the staff, and write down to whom.

    Raises:
        NotAuthorised: the actor may not see its notice.
    """
    notice = attachment.entry.notice
    require(actor, May.HANDLE_CLAIMS, notice.organisation)
    record(
        actor,
        "claim.attachment_opened",
        notice,
        entry=attachment.entry.place,
        attachment=attachment.place,
    )
    return attachment


def _card_or_policy(serial: int | None) -> Policy | CardState:
    card = find_card(serial) if serial else None
    if card is None:
        raise NothingToReport
    return policy_or_card(card)


def _require_may(actor: Actor, organisation: Organisation) -> None:
    """A holder has opened what they report; staff report and read where they handle claims."""
    if actor.kind != ActorKind.HOLDER:
        require(actor, May.HANDLE_CLAIMS, organisation)


def _require_few(meant: Policy | CardState, serial: int | None) -> None:
    """Refuse what would fill the list; two that are sent at once are counted one by one."""
    lock(LockSpace.NOTICE, serial or str(meant))
    most = settings.CLAIMS_OF_A_CARD_A_DAY
    if sent_today(meant, serial) >= most:
        raise TooManyNotices(most=most, phone=settings.HELP_NUMBER)


def _staff_behind(actor: Actor) -> Staff | None:
    return acting_staff(actor) if actor.kind == ActorKind.STAFF else None


def _locked(notice: Notice) -> Notice:
    """The notice as it is now; nobody else leads it on before this deed is done."""
    return (
        Notice.objects.select_for_update(of=("self",))
        .select_related("handler__party")
        .get(pk=notice.pk)
    )


def _enter(notice: Notice, kind: Entry.Kind, words: str, actor: Actor) -> Entry:
    last = Entry.objects.filter(notice=notice).order_by("-place").first()
    return Entry.objects.create(
        notice=notice,
        place=last.place + 1 if last else 1,
        kind=kind,
        words=words.strip(),
        by=_staff_behind(actor),
        channel=actor.channel,
        at=clock.now(),
    )
