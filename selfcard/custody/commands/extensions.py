"""More time for paid cards that were not activated in time: asked by one, agreed by another."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from django.conf import settings
from django.utils.formats import date_format
from psycopg.types.range import DateRange

from selfcard.approvals.commands import ask, grant, refuse, withdraw
from selfcard.approvals.locks import take_up
from selfcard.approvals.models import Approval
from selfcard.cards.models import DocumentType
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.numbering import document_number
from selfcard.core.refusals import Operation, ReasonMissing
from selfcard.core.serials import (
    SerialRun,
    count_cards,
    describe_runs,
    distinct_runs,
    note_runs,
)
from selfcard.custody.deeds import EXTENSION
from selfcard.custody.errors import (
    ExtensionAskedBefore,
    ExtensionInOtherState,
    LastDayTooEarly,
    LastDayTooLate,
    NothingToExtend,
    NotYourExtension,
)
from selfcard.custody.locks import lock_custody
from selfcard.custody.models import Extension, ExtensionRun
from selfcard.custody.parts import one_holder, read_parts, refuse_unusable
from selfcard.custody.queries.counts import count_activated_in
from selfcard.custody.queries.extensions import APPROVE_EXTENSION, extensions_of, runs_extended
from selfcard.organisations.models import May
from selfcard.organisations.queries import acting_staff, organisation_of, require

State = Extension.State
SUBJECT = "extension"


@command
def ask_extension(
    *,
    document_type: DocumentType,
    runs: tuple[SerialRun, ...],
    last_day: date,
    reason: str,
    actor: Actor,
    request_id: UUID,
) -> Extension:
    """Ask for a later last day of paid cards that are out of date. Nothing changes before a second
    person agrees.

    Cards in between that are activated stay what they are: so the rest of a batch is one run.

    Raises:
        ReasonMissing: nobody says why.
        LastDayTooEarly, LastDayTooLate: the new day is over, or years away.
        NoSerialsGiven, RunsOverlapEachOther, NoSuchCards, CardsOfOtherType, CardsNotHeld,
        CardsInOtherStatus, CardsNotExpired: some of the cards need no more time, or get none.
        CardsOfSeveralHolders: they lie with several holders.
        ExtensionAskedBefore: another request for some of them waits.
        NothingToExtend: all of them are activated.
    """
    if not reason.strip():
        raise ReasonMissing
    _require_day(last_day)
    runs = tuple(distinct_runs(runs))
    lock_custody(runs)
    parts = read_parts(runs)
    refuse_unusable(parts, EXTENSION.use_by(actor, document_type, parts))
    holder = one_holder(parts)
    _require_unasked(runs)
    extension = Extension.objects.create(
        number=document_number("EX", "custody_extension_number", digits=6),
        document_type=document_type,
        holder=holder,
        count=_not_activated(runs),
        last_day=last_day,
        reason=reason.strip(),
        asked_by=acting_staff(actor),
        asked_at=clock.now(),
    )
    ExtensionRun.objects.bulk_create(
        ExtensionRun(extension=extension, serials=run.range) for run in runs
    )
    _ask_second_person(extension, actor)
    _write_down(actor, "extension.asked", extension, runs)
    return extension


@command
def ask_extension_again(*, extension: Extension, actor: Actor, request_id: UUID) -> Extension:
    """Ask again for a second person, after the request has expired undecided.

    Only whoever asked asks again: whoever asks is the one who cannot agree.

    Raises:
        ExtensionInOtherState: it was decided or withdrawn.
        NotYourExtension: somebody else asked.
        LastDayTooEarly: the day has gone by while nobody decided.
        AlreadyAsked: the request has not expired.
    """
    extension, runs = _locked(extension)
    if extension.asked_by_id != actor.id:
        raise NotYourExtension(name=extension.asked_by.name)
    _require_ahead(extension.last_day)
    _ask_second_person(extension, actor)
    _write_down(actor, "extension.asked_again", extension, runs)
    return extension


@command
def grant_extension(*, extension: Extension, actor: Actor, request_id: UUID) -> Extension:
    """Agree to a later last day: from now on the cards can be activated again.

    Raises:
        ExtensionInOtherState: it was decided or withdrawn.
        NotAuthorised, NotYourOwnRequest, ApprovalExpired: as for every approval.
        LastDayTooEarly: the day has gone by while nobody decided.
        CardsNotHeld, CardsInOtherStatus, CardsNotExpired: it is not possible any more.
    """
    extension, runs = _locked(extension)
    granted = grant(approval=_asked_for(extension), actor=actor)
    _require_ahead(extension.last_day)
    parts = read_parts(runs)
    refuse_unusable(parts, EXTENSION.use(extension.document_type, {extension.holder_id}))
    extension.state = State.GRANTED
    extension.decided_by, extension.decided_at = granted.decided_by, clock.now()
    extension.save(update_fields=["state", "decided_by", "decided_at"])
    extension.runs.update(
        granted_at=extension.decided_at,
        during=DateRange(clock.today(), extension.last_day + timedelta(days=1)),
    )
    _write_down(actor, "extension.granted", extension, runs)
    return extension


@command
def refuse_extension(
    *, extension: Extension, reason: str, actor: Actor, request_id: UUID
) -> Extension:
    """Refuse a later last day, with the reason: the cards stay out of date.

    Raises:
        ExtensionInOtherState: it was decided or withdrawn.
        ReasonMissing, NotAuthorised, NotYourOwnRequest, ApprovalExpired: as for every approval.
    """
    extension, runs = _locked(extension)
    refuse(approval=_asked_for(extension), reason=reason, actor=actor)
    extension.state = State.REFUSED
    extension.decided_by, extension.decided_at = acting_staff(actor), clock.now()
    extension.save(update_fields=["state", "decided_by", "decided_at"])
    _write_down(actor, "extension.refused", extension, runs)
    return extension


@command
def withdraw_extension(*, extension: Extension, actor: Actor, request_id: UUID) -> Extension:
    """Take a request back that nobody has decided, expired or not.

    Raises:
        NotAuthorised: the actor may not ask for more time where the holder is.
        ExtensionInOtherState: it was decided or withdrawn.
    """
    extension, runs = _locked(extension)
    require(actor, May.RECALL_SALES, organisation_of(extension.holder))
    withdraw(approval=_asked_for(extension), actor=actor)
    extension.state = State.WITHDRAWN
    extension.save(update_fields=["state"])
    _write_down(actor, "extension.withdrawn", extension, runs)
    return extension


def _require_ahead(last_day: date) -> None:
    first = clock.today()
    if last_day < first:
        raise LastDayTooEarly(first=date_format(first, "DATE_FORMAT"))


def _require_day(last_day: date) -> None:
    _require_ahead(last_day)
    last = clock.today() + timedelta(days=settings.EXTENSION_DAYS)
    if last_day > last:
        raise LastDayTooLate(days=settings.EXTENSION_DAYS, last=date_format(last, "DATE_FORMAT"))


def _require_unasked(runs: Sequence[SerialRun]) -> None:
    """Of two requests over one card only one could be granted."""
    if earlier := extensions_of(runs).filter(state=State.ASKED).first():
        same = [
            both
            for run in runs_extended(earlier)
            for one in runs
            if (both := one.intersection(run))
        ]
        raise ExtensionAskedBefore(
            number=earlier.number,
            serials=describe_runs(same),
            help=Operation.named("custody.extension", number=earlier.number),
        )


def _ask_second_person(extension: Extension, actor: Actor) -> None:
    ask(
        kind=APPROVE_EXTENSION,
        subject_kind=SUBJECT,
        subject_number=extension.number,
        asked={
            "document_type": extension.document_type.code,
            "count": extension.count,
            "holder": extension.holder.code,
            "last_day": extension.last_day.isoformat(),
        },
        may=May.APPROVE_SALES,
        organisation=organisation_of(extension.holder),
        actor=actor,
    )


def _not_activated(runs: Sequence[SerialRun]) -> int:
    left = count_cards(runs) - sum(count_activated_in(runs).values())
    if not left:
        raise NothingToExtend
    return left


def _locked(extension: Extension) -> tuple[Extension, list[SerialRun]]:
    """The extension as it is now, and its cards: batches locked first, then its row.

    Raises:
        ExtensionInOtherState: it does not wait any more.
    """
    runs = runs_extended(extension)
    lock_custody(runs)
    found = (
        Extension.objects.select_for_update(of=["self"])
        .select_related(
            "document_type",
            "holder__organisation",
            "holder__staff__organisation",
            "asked_by__party",
        )
        .get(pk=extension.pk)
    )
    if found.state != State.ASKED:
        raise ExtensionInOtherState(
            number=found.number,
            state=found.get_state_display(),
            help=Operation.named("custody.extension", number=found.number),
        )
    return found, runs


def _asked_for(extension: Extension) -> Approval:
    approval = take_up(APPROVE_EXTENSION, SUBJECT, extension.number)
    assert approval is not None, "an extension that waits was asked for"
    return approval


def _write_down(actor: Actor, event: str, extension: Extension, runs: Sequence[SerialRun]) -> None:
    record(
        actor,
        event,
        extension,
        serials=runs[0] if len(runs) == 1 else None,
        last_day=extension.last_day.isoformat(),
        runs=note_runs(runs),
    )
