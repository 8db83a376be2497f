"""What has happened with a sale, as the rows of its page's line of time, the latest first."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from selfcard.approvals.models import Approval
from selfcard.organisations.models import Staff
from selfcard.payments.models import PaymentReceipt
from selfcard.sales.models import Recovery, Sale, SaleReceipt
from selfcard.sales.reckoning import POLICY_REASON, EndedPolicy
from selfcard.web.office.fields import cards_said

ISSUED = gettext_lazy("Charge receipt issued")
NOT_ARRIVED = gettext_lazy("Noted as not arrived")
VOIDED = gettext_lazy("Charge receipt made void")
SETTLED = gettext_lazy("Receipt confirmed: the cards are to be activated")
WITHDRAWN = gettext_lazy("The return was called off: to be activated again")
TO_PAY_BACK = gettext_lazy("Payment receipt issued")
PAID_BACK = gettext_lazy("Paid back, and the cards are back")
UNEARNED_PAID_BACK = gettext_lazy("The unearned premium is paid back")
POLICY_ENDED = gettext_lazy("Policy cancelled: its card is void")
SECOND_ASKED = gettext_lazy("A second person was asked")
AGREED = gettext_lazy("A second person has agreed")
REFUSED = gettext_lazy("Refused: nothing has happened to the cards")
PAYMENT_VOID = gettext_lazy("Made void")


@dataclass(frozen=True)
class Happened:
    """One step: what it was, who did it and why, and the number of its paper with its page; where
    there is a number alone, the paper is the sale's charge list."""

    at: datetime
    title: str | Promise
    by: Staff | None
    glyph: str = "waiting"
    tone: str = ""
    why: str = ""
    number: str = ""
    url_name: str = ""


def what_happened(
    sale: Sale,
    requests: Iterable[Approval],
    receipts: Iterable[SaleReceipt],
    recoveries: Iterable[Recovery],
    payments: Iterable[PaymentReceipt],
    ended: Iterable[EndedPolicy],
) -> list[Happened]:
    steps = [
        Happened(
            sale.registered_at,
            _("Sale registered: %(cards)s") % {"cards": cards_said(sale.count)},
            sale.registered_by,
            "half",
            number=sale.number,
        )
    ]
    for request in requests:
        steps += _of_request(request)
    for asked in receipts:
        steps += _of_receipt(asked)
    for recovery in recoveries:
        steps += _of_recovery(recovery)
    for payment in payments:
        steps += _of_payment(payment)
    steps += [_of_policy(one) for one in ended]
    steps.sort(key=lambda step: step.at)
    return steps[::-1]


def _of_request(one: Approval) -> Iterator[Happened]:
    """Another person was asked to agree to so many cards in one sale."""
    yield Happened(one.asked_at, SECOND_ASKED, one.asked_by)
    if one.decided_at:
        granted = one.state == Approval.State.GRANTED
        glyph, tone = ("check", "") if granted else ("cross", "stop")
        said = AGREED if granted else REFUSED
        yield Happened(one.decided_at, said, one.decided_by, glyph, tone, one.reason)


def _of_receipt(asked: SaleReceipt) -> Iterator[Happened]:
    one, named = asked.receipt, {"number": asked.receipt.number, "url_name": _RECEIPT}
    yield Happened(one.issued_at, ISSUED, one.issued_by, **named)
    if one.waiting_since:
        yield Happened(one.waiting_since, NOT_ARRIVED, None, "pause", "wait", **named)
    if one.voided_at:
        yield Happened(
            one.voided_at, VOIDED, one.voided_by, "struck", "off", one.void_reason, **named
        )
    if one.confirmed_at:
        yield Happened(one.confirmed_at, SETTLED, one.confirmed_by, "three-quarters", **named)


def _of_recovery(one: Recovery) -> Iterator[Happened]:
    paid = one.kind == Recovery.Kind.PAID
    said = _("%(cards)s await their refund") if paid else _("%(cards)s are back")
    named = {"number": one.number, "url_name": _RECOVERY}
    yield Happened(
        one.registered_at,
        said % {"cards": cards_said(one.count)},
        one.registered_by,
        "pause" if paid else "ring",
        "wait" if paid else "",
        one.reason,
        **named,
    )
    if one.withdrawn_at:
        yield Happened(
            one.withdrawn_at,
            WITHDRAWN,
            one.withdrawn_by,
            "three-quarters",
            "",
            one.withdrawal_reason,
            **named,
        )


def _of_payment(one: PaymentReceipt) -> Iterator[Happened]:
    named = {"number": one.number, "url_name": _PAYMENT}
    yield Happened(one.issued_at, TO_PAY_BACK, one.issued_by, **named)
    if one.voided_at:
        yield Happened(
            one.voided_at, PAYMENT_VOID, one.voided_by, "struck", "off", one.void_reason, **named
        )
    if one.confirmed_at:
        is_policy = one.reason_kind == POLICY_REASON
        said = UNEARNED_PAID_BACK if is_policy else PAID_BACK
        yield Happened(one.confirmed_at, said, one.confirmed_by, "ring", **named)


def _of_policy(one: EndedPolicy) -> Happened:
    return Happened(
        one.at, POLICY_ENDED, one.by, "struck", "off", number=one.number, url_name=_POLICY
    )


_RECEIPT = "office:payments:receipt"
_RECOVERY = "office:ways_back:recovery"
_PAYMENT = "office:payments:payment"
_POLICY = "office:policies:policy"
