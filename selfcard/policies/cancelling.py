"""Who asks for a policy to be cancelled, and what is given back of its premium."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.utils.formats import date_format

from selfcard.core import clock
from selfcard.policies.errors import (
    AskedBeforeIssue,
    AskedInTheFuture,
    AskedLongAgo,
    AskerIsNotTheApplicant,
    CoverHasEnded,
    NameMissing,
)
from selfcard.policies.identity import (
    IdentityKind,
    birth_and_sex,
    identity_index,
    normalised,
    require_identity,
)
from selfcard.policies.models import Cancellation, Policy
from selfcard.products.cancelling import Returned, returned
from selfcard.products.people import Sex


@dataclass(frozen=True)
class AskerGiven:
    """Who asks, by the document that the staff member has seen.

    The applicant's name and kind of document are known. Whoever comes with the applicant's written
    authority gives their own.
    """

    identity_number: str
    by_authority: bool = False
    name: str = ""
    identity_kind: str = ""


def checked_asker(policy: Policy, asker: AskerGiven) -> AskerGiven:
    """The same with everything that is kept of them.

    Raises:
        AskerIsNotTheApplicant: the document is another person's, and no authority was seen.
        NameMissing: whoever has the authority is not named.
        What `require_identity` raises: no document has this number.
    """
    kind = asker.identity_kind if asker.by_authority else policy.identity_kind
    number = normalised(kind, asker.identity_number)
    if not asker.by_authority:
        if not number or identity_index(kind, number) != bytes(policy.identity_index):
            raise AskerIsNotTheApplicant
        return AskerGiven(number, False, policy.name, kind)
    if not asker.name.strip():
        raise NameMissing
    today = clock.today()
    born, sex = birth_and_sex(kind, number) or (today, Sex.FEMALE)
    require_identity(kind, number, birth_date=born, sex=sex, today=today)
    return AskerGiven(number, True, asker.name.strip(), IdentityKind(kind))


def returned_on(policy: Policy, asked_on: date, *, benefit_paid: bool = False) -> Returned:
    """What is given back of a policy's premium to whoever asks on a day.

    Raises:
        AskedInTheFuture, AskedBeforeIssue, AskedLongAgo: nobody asked on that day, or it should
            have been entered then.
        CoverHasEnded: there is nothing left to cancel.
    """
    today, issued_on = clock.today(), clock.day_of(policy.issued_at)
    last_day = clock.last_day_before(policy.ends_at)
    earliest = today - timedelta(days=settings.CANCELLATION_ENTRY_DAYS)
    if asked_on > today:
        raise AskedInTheFuture
    if asked_on < issued_on:
        raise AskedBeforeIssue(day=date_format(issued_on, "DATE_FORMAT"))
    if asked_on < earliest:
        raise AskedLongAgo(
            days=settings.CANCELLATION_ENTRY_DAYS, day=date_format(earliest, "DATE_FORMAT")
        )
    if asked_on > last_day:
        raise CoverHasEnded(day=date_format(last_day, "DATE_FORMAT"))
    return reckoned(policy, asked_on, benefit_paid=benefit_paid)


def reckoned(policy: Policy, asked_on: date, *, benefit_paid: bool) -> Returned:
    """The same, whether or not it can be entered today: how a cancellation came to its amount."""
    return returned(
        policy.product_version.bounds,
        issued_on=clock.day_of(policy.issued_at),
        first_day=clock.day_of(policy.starts_at),
        last_day=clock.last_day_before(policy.ends_at),
        premium=policy.premium_gross,
        asked_on=asked_on,
        benefit_paid=benefit_paid,
    )


def lock_cancellation(policy: Policy) -> Cancellation | None:
    """That a policy was cancelled, its row locked: nobody else pays for it at this moment."""
    return (
        Cancellation.objects.select_for_update(no_key=True, of=["self"])
        .select_related("policy")
        .filter(policy=policy)
        .first()
    )
