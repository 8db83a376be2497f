"""Agencies and the agreements under which they sell."""

from datetime import date
from uuid import UUID

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.locks import LockSpace, lock
from selfcard.organisations.models import May
from selfcard.organisations.queries import acting_staff, head_office, require
from selfcard.sales.errors import (
    AgencyCodeTaken,
    AgreementDaysWrong,
    AgreementEndsInThePast,
    AgreementNumberTaken,
    AgreementsOverlap,
)
from selfcard.sales.models import Agency, Agreement


@command
def register_agency(
    *,
    code: str,
    name_zh: str,
    name_en: str,
    kind: str,
    licence: str,
    actor: Actor,
    request_id: UUID,
) -> Agency:
    """Enter a firm that sells for the insurer, so that sales can name it.

    Raises:
        NotAuthorised: agencies are the whole insurer's, and entered at its top.
        AgencyCodeTaken: another agency has the code.
    """
    require(actor, May.ADMINISTER, head_office())
    code = code.strip().upper()
    lock(LockSpace.CODE, "agency")
    if Agency.objects.filter(code=code).exists():
        raise AgencyCodeTaken(code=code)
    agency = Agency.objects.create(
        code=code,
        name_zh=name_zh,
        name_en=name_en,
        kind=Agency.Kind(kind),
        licence=licence,
        registered_at=clock.now(),
    )
    record(actor, "agencies.registered", agency, kind=agency.kind)
    return agency


@command
def register_agreement(
    *,
    agency: Agency,
    number: str,
    valid_from: date,
    valid_to: date,
    actor: Actor,
    request_id: UUID,
) -> Agreement:
    """Enter an agreement with an agency; both days are included.

    Raises:
        NotAuthorised: agreements are the whole insurer's, and entered at its top.
        AgreementNumberTaken: the agency has one of that number.
        AgreementDaysWrong: it ends before it begins.
        AgreementsOverlap: on one of these days another agreement is in force.
    """
    require(actor, May.ADMINISTER, head_office())
    Agency.objects.select_for_update(no_key=True).get(pk=agency.pk)
    number = number.strip()
    if valid_to < valid_from:
        raise AgreementDaysWrong
    own = Agreement.objects.filter(agency=agency)
    if own.filter(number=number).exists():
        raise AgreementNumberTaken(number=number, agency=agency.name)
    if other := own.filter(valid_from__lte=valid_to, valid_to__gte=valid_from).first():
        raise AgreementsOverlap(number=other.number)
    agreement = Agreement.objects.create(
        agency=agency,
        number=number,
        valid_from=valid_from,
        valid_to=valid_to,
        registered_by=acting_staff(actor),
        registered_at=clock.now(),
    )
    record(actor, "agreements.registered", agreement, agency=agency.code)
    return agreement


@command
def end_agreement(
    *, agreement: Agreement, last_day: date, actor: Actor, request_id: UUID
) -> Agreement:
    """End an agreement before its last day. What was sold under it stays.

    Raises:
        NotAuthorised: agreements are the whole insurer's.
        AgreementDaysWrong: that is before it began, or after it ends anyway.
        AgreementEndsInThePast: nothing is ended in hindsight.
    """
    require(actor, May.ADMINISTER, head_office())
    agreement = Agreement.objects.select_for_update().get(pk=agreement.pk)
    if not agreement.valid_from <= last_day <= agreement.valid_to:
        raise AgreementDaysWrong(field="last_day")
    if last_day < clock.today():
        raise AgreementEndsInThePast
    agreement.valid_to = last_day
    agreement.save(update_fields=["valid_to"])
    record(actor, "agreements.ended", agreement, last_day=last_day.isoformat())
    return agreement
