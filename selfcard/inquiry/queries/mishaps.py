"""What went wrong with where a payment receipt's money goes: each failure, and each correction.

Corrections are read from the audit trail. It names no payee: who it was is known of the newest, and
of one that failed afterwards.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from selfcard.core.models import AuditEvent
from selfcard.organisations.models import Staff
from selfcard.payments.models import PaymentReceipt
from selfcard.payments.models.tenders import named

CORRECTED = "payments.payee_corrected"


@dataclass(frozen=True)
class Mishap:
    """A payment that failed, with its reason, or a correction of its payee, which has none."""

    at: datetime
    by: Staff
    reason: str = ""
    payee: str = ""
    is_current: bool = False  # the correction that holds now

    @property
    def is_correction(self) -> bool:
        return not self.reason


def mishaps_of(payment: PaymentReceipt) -> list[Mishap]:
    """Every failure and every correction of a voucher, the newest first."""
    events = list(
        AuditEvent.objects.filter(
            event=CORRECTED,
            subject_kind=payment._meta.label_lower,
            subject_number=payment.number,
        )
    )
    staff = _staff({event.actor_id for event in events if event.actor_id})
    failures = payment.failures.select_related("noted_by__party")
    found = sorted(
        [
            *(
                Mishap(each.noted_at, each.noted_by, each.reason, each.payee_name)
                for each in failures
            ),
            *(Mishap(each.at, staff[each.actor_id]) for each in events if each.actor_id),
        ],
        key=lambda one: one.at,
        reverse=True,
    )
    return list(_told(found, payment))


def _staff(keys: set[int]) -> dict[int, Staff]:
    return Staff.objects.select_related("party").in_bulk(keys) if keys else {}


def _told(found: list[Mishap], payment: PaymentReceipt) -> Iterator[Mishap]:
    """The same: a correction names whom the next failure does, or at last the voucher."""
    after: Mishap | None = None
    for one in found:
        if not one.is_correction:
            yield replace(one, payee=named(one.payee))
        elif after is None:
            yield replace(one, payee=payment.payee, is_current=True)
        else:
            yield replace(one, payee="" if after.is_correction else named(after.payee))
        after = one
