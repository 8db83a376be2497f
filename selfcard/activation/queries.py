"""What the faces ask about a card that was opened, and what the commands check."""

import hmac
import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.formats import date_format

from selfcard.activation import gate
from selfcard.activation.errors import (
    CardActivatedAlready,
    CardBeingReturned,
    CardExpired,
    CardFrozen,
    CardNotReady,
    CardNotSold,
    CardWithdrawn,
    PremiumNotArrived,
)
from selfcard.activation.models import (
    DeskCase,
    Draft,
    GateAlarm,
    OneTimeCode,
    PinProof,
    TargetCounter,
    Unlocking,
)
from selfcard.activation.tolls import Toll
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.compiled import Compiled
from selfcard.core.encryption import blind_index
from selfcard.core.models import AuditEvent
from selfcard.core.refusals import Refusal
from selfcard.custody.queries import CardState, find_card, find_serial_of_policy
from selfcard.custody.statuses import SeenStatus
from selfcard.organisations.models import May
from selfcard.organisations.queries import acting_staff, organisations_in_reach
from selfcard.payments.models import PaymentReceipt, Receipt, TenderKind
from selfcard.policies.application import (
    Application,
    ContactGiven,
    InsuredGiven,
    insured_facts,
)
from selfcard.policies.models import Cancellation, Policy
from selfcard.policies.queries import facts_for_rules, find_policy, in_force
from selfcard.products.cancelling import Repayment
from selfcard.products.models import ProductVersion
from selfcard.products.rules import Facts, broken_rules, cover_period
from selfcard.sales.models import Sale
from selfcard.sales.queries import live_receipt, sale_of

# Who is told what goes on at the gate.
SEEING_GATE = (May.UNLOCK_CARDS, May.AUDIT, May.ADMINISTER)
# Why a card with the right PIN cannot be activated, by the status that people see.
NOT_READY: dict[SeenStatus, type[CardNotReady]] = {
    SeenStatus.PRINTED: CardNotSold,
    SeenStatus.IN_TRANSIT: CardNotSold,
    SeenStatus.INVENTORY: CardNotSold,
    SeenStatus.SOLD: PremiumNotArrived,
    SeenStatus.AWAITING_REFUND: CardBeingReturned,
    SeenStatus.VOID: CardWithdrawn,
    SeenStatus.LOST: CardWithdrawn,
    SeenStatus.DESTROYED: CardWithdrawn,
    SeenStatus.FROZEN: CardFrozen,
    SeenStatus.EXPIRED: CardExpired,
    SeenStatus.ACTIVATED: CardActivatedAlready,
}


def toll_for(source: str) -> Toll:
    """What the next try of a source costs at the gate, with the ticket by which it may be paid."""
    return gate.toll_of(source, clock.now())


def locked_until(serial: int) -> datetime | None:
    """Until when a card compares no PIN, if too many wrong ones have locked it."""
    now = clock.now()
    since = (
        TargetCounter.objects.filter(
            target=gate.card_name(serial),
            failures__gte=settings.GATE_TARGET_CAP,
            since__gt=now - settings.GATE_TARGET_MEMORY,
        )
        .values_list("since", flat=True)
        .first()
    )
    return since + settings.GATE_TARGET_MEMORY if since else None


def unlockings_of(serial: int) -> QuerySet[Unlocking]:
    """How often a card was locked and unlocked again."""
    return Unlocking.objects.filter(serial=serial).select_related("unlocked_by__party")


def alarm_in_force() -> GateAlarm | None:
    """The alarm, if so many fail at the gate just now that every try has its price."""
    now = clock.now()
    return GateAlarm.objects.filter(began_at__lte=now, until__gt=now).first()


def alarms() -> QuerySet[GateAlarm]:
    """Every alarm that there was, the newest first."""
    return GateAlarm.objects.order_by("-began_at")


def find_proof(key: str) -> PinProof | None:
    """The proof of a visit, if its half hour is not over."""
    found = _proof_of(None, UUID(key))
    return found[0] if found and found[0].expires_at > clock.now() else None


def proof_as_it_is(proof: PinProof) -> PinProof:
    """The same proof once more, as it is behind a lock."""
    return next(iter(_proof_of(None, proof.pk)))


_proof_of = Compiled(lambda _, key: PinProof.objects.filter(pk=key))


def find_code(key: UUID) -> OneTimeCode | None:
    """A code that was asked for, used or not; what is forgotten is not found."""
    return OneTimeCode.objects.filter(pk=key).first()


def contact_wanted(code: OneTimeCode) -> ContactGiven:
    """Where the applicant wants to be reached, as kept with a code to a new phone."""
    given: dict[str, str] = json.loads(code.contact or "")
    return ContactGiven(**given)


def was_used_just_now(code: OneTimeCode) -> bool:
    return code.used_at is not None and clock.now() < code.used_at + settings.PROOF_IDLE


def shows_phone(code: OneTimeCode) -> bool:
    """Whether somebody has just shown a policy's phone in order to change contact data."""
    return code.purpose == OneTimeCode.Purpose.CHANGE_CONTACT and was_used_just_now(code)


def card_at_hand(serial: int) -> CardState:
    """The card that a proof opened."""
    card = find_card(serial)
    assert card is not None, "a proof is only given for a card that was printed"
    return card


def policy_of_card(card: CardState) -> str:
    """The policy that a card is, or was until it became void by its cancellation; if any."""
    kind, number = card.reason
    return card.policy_number or (number if kind == "policy" else "")


def why_not_ready(card: CardState) -> CardNotReady | None:
    """Why a card cannot be activated now, or nothing when it can."""
    kind = NOT_READY.get(SeenStatus(card.seen))
    if kind is None:
        return None
    return kind(deadline=date_format(card.deadline, "DATE_FORMAT"))


def broken_so_far(
    version: ProductVersion,
    *,
    starts_on: date,
    insured: Sequence[InsuredGiven],
    applicant_birth_date: date | None = None,
    contact_region: str | None = None,
) -> list[Refusal]:
    """The rules that answers break while others are still missing; none about what is missing.

    A page asks this as soon as it knows enough, so that nobody fills in five pages in vain.
    """
    starts_at, ends_at = cover_period(version.bounds, starts_on)
    already = in_force((one.person.index for one in insured), version.product, starts_at, ends_at)
    every = frozenset(one.code for one in version.bounds.details)
    facts = Facts(
        asked_on=clock.today(),
        starts_on=starts_on,
        # Whoever applies is not known yet; what this day says about them is left out below.
        applicant_birth_date=applicant_birth_date or starts_on,
        insured=tuple(
            insured_facts(
                one,
                policies_in_force=already[one.person.index].policies,
                own_death_cover=already[one.person.index].death_cover,
                details=every,
            )
            for one in insured
        ),
        region=contact_region or "",
        details=every,
        death_cover=version.death_cover,
        currency=version.currency,
    )
    unasked = {"insured"}
    if applicant_birth_date is None:
        unasked.add("applicant.birth_date")
    if contact_region is None:
        unasked.add("contact.region")
    return [one for one in broken_rules(version.bounds, facts) if one.field not in unasked]


def broken_by(application: Application, version: ProductVersion) -> list[Refusal]:
    """The product's rules that an application breaks, with what its people have in force."""
    starts_at, ends_at = cover_period(version.bounds, application.starts_on)
    already = in_force(
        (one.person.index for one in application.insured), version.product, starts_at, ends_at
    )
    facts = facts_for_rules(application, version, asked_on=clock.today(), already=already)
    return list(broken_rules(version.bounds, facts))


def device_digest(token: str) -> bytes:
    """What is kept of the random token by which a device is known."""
    return blind_index("device", token)


def has_draft(serial: int) -> bool:
    """Whether somebody has begun to fill in for a card, on whatever device."""
    return find_draft(serial) is not None


def find_draft(serial: int) -> Draft | None:
    """What was filled in for a card and not finished, on whatever device: for `is_of_device`."""
    return next(iter(_draft_of(None, serial)), None)


_draft_of = Compiled(lambda _, serial: Draft.objects.filter(serial=serial))


def is_of_device(draft: Draft, device: str) -> bool:
    """Whether it was this device that began a draft; nobody else may see what is in it."""
    return hmac.compare_digest(bytes(draft.device), device_digest(device))


def answers_in(draft: Draft | None) -> dict[str, Any]:
    """The answers that a draft keeps, page by page; empty when there is none."""
    kept: dict[str, Any] = json.loads(draft.answers) if draft else {}
    return kept


def drafts_to_look_at(most: int) -> list[Draft]:
    """Drafts that nobody has gone on with for a while, and that were not looked at since; their
    rows are held. What a case at the desk is about is left to the desk."""
    at_desk = DeskCase.objects.filter(serial=OuterRef("serial"), state=DeskCase.State.OPEN)
    return list(
        Draft.objects.filter(
            ~Exists(at_desk),
            Q(looked_at=None) | Q(looked_at__lt=F("saved_at")),
            saved_at__lte=clock.now() - settings.DRAFT_REMINDER_AFTER,
        )
        .order_by("saved_at", "serial")
        .select_for_update(skip_locked=True, of=("self",), no_key=True)[:most]
    )


def answers_of(serial: int, device: str) -> dict[str, Any]:
    """The answers kept for a card on this device; empty when there are none."""
    draft = find_draft(serial)
    return answers_in(draft if draft and is_of_device(draft, device) else None)


def days_left(card: CardState) -> int:
    """Full days after today on which the card can still be activated."""
    return max((card.deadline - clock.today()) // timedelta(days=1), 0)


def cancellations_to_pay_back(actor: Actor) -> QuerySet[Cancellation]:
    """Cancellations whose unearned premium is owed, and no payment receipt was issued for it."""
    issued = PaymentReceipt.objects.filter(
        reason_kind="policy", reason_number=OuterRef("policy__number")
    ).exclude(state=PaymentReceipt.State.VOID)
    reach = organisations_in_reach(actor, May.ISSUE_PAYMENTS).values("pk")
    return (
        Cancellation.objects.filter(
            ~Exists(issued), repayment=Repayment.PRO_RATA, policy__organisation__in=reach
        )
        .select_related("policy__organisation__party")
        .order_by("policy__cancelled_at")
    )


def paid_by(policy: Policy) -> tuple[Sale, Receipt]:
    """The sale of the policy's card, and the receipt by which its money came."""
    serial = find_serial_of_policy(policy.number)
    assert serial is not None, "a policy that is paid back came from a card"
    sale = sale_of(serial)
    assert sale is not None, "a card that was activated was sold"
    receipt = live_receipt(sale)
    assert receipt is not None, "a card that was activated was paid"
    return sale, receipt


def is_gift(receipt: Receipt) -> bool:
    """Whether nobody paid for the cards: their money came out of promotion expense."""
    return receipt.tenders.filter(kind=TenderKind.PROMOTION).exists()


def live_refund(policy: Policy) -> PaymentReceipt | None:
    """The payment receipt that pays, or paid, a cancelled policy's unearned premium back."""
    return (
        PaymentReceipt.objects.filter(reason_kind="policy", reason_number=policy.number)
        .exclude(state=PaymentReceipt.State.VOID)
        .first()
    )


def policy_of_payment(payment: PaymentReceipt) -> Policy | None:
    """The cancelled policy whose premium a payment receipt pays back, if it does."""
    return find_policy(payment.reason_number) if payment.reason_kind == "policy" else None


def cases_in_reach(actor: Actor) -> QuerySet[DeskCase]:
    """The cases of those places where the actor activates for customers."""
    reach = organisations_in_reach(actor, May.ACTIVATE_FOR_CUSTOMER).values("pk")
    return DeskCase.objects.filter(organisation__in=reach).select_related(
        "organisation__party", "operator__party"
    )


def find_case(actor: Actor, number: str) -> DeskCase | None:
    """A case in reach, by its number."""
    return cases_in_reach(actor).filter(number=number).first()


def open_case_of(actor: Actor, serial: int) -> DeskCase | None:
    """The case for a card that is not over, if there is one in reach."""
    return cases_in_reach(actor).filter(serial=serial, state=DeskCase.State.OPEN).first()


def cases_that_wait(actor: Actor) -> QuerySet[DeskCase]:
    """The open cases in reach that nobody has in hand at this moment."""
    in_hand = PinProof.objects.filter(pk=OuterRef("proof"), expires_at__gt=clock.now())
    return cases_in_reach(actor).filter(~Exists(in_hand), state=DeskCase.State.OPEN)


def chases_of(case: DeskCase) -> QuerySet[AuditEvent]:
    """What came of asking after a case, the newest first: each with who asked, when, and the
    outcome among its facts.
    """
    return AuditEvent.objects.filter(
        subject_kind=case._meta.label_lower, subject_number=case.number, event="case.chased"
    ).order_by("-at")


def consent_of(case: DeskCase) -> dict[str, Any]:
    """What a case's customer was asked to agree to, and when they did; empty before."""
    asked: dict[str, Any] = json.loads(case.consent) if case.consent else {}
    return asked


def may_be_said(case: DeskCase) -> bool:
    """Whether the PIN of a case may be typed at the desk; at a counter the card itself is shown."""
    return case.way == DeskCase.Way.COUNTER or settings.DESK_PIN != "link"


def may_be_linked(case: DeskCase) -> bool:
    """Whether the customer of a case may enter the PIN by a link to their phone."""
    return case.way == DeskCase.Way.PHONE and settings.DESK_PIN in ("link", "either")


def waits_for_link(case: DeskCase) -> bool:
    """Whether a link has been sent by which its customer may still enter the PIN."""
    return case.link_until is not None and case.link_until > clock.now()


def link_digest(token: str) -> bytes:
    """What is kept of the random token in a link."""
    return blind_index("pin-link", token)


def find_case_of_link(token: str) -> DeskCase | None:
    """The case that waits for a PIN by this link; none where the link counts no more."""
    return (
        DeskCase.objects.filter(link=link_digest(token), link_until__gt=clock.now())
        .select_related("operator__party", "organisation__party")
        .first()
    )


def staff_source(actor: Actor) -> str:
    """A member of staff as a source of the gate: counted like a block of addresses."""
    return f"staff {acting_staff(actor).code}"


def proof_in_hand(case: DeskCase, actor: Actor) -> PinProof | None:
    """The proof of a case, for whoever has the case in hand and as long as its visit lasts."""
    if case.proof is None or case.operator_id != actor.id:
        return None
    return find_proof(str(case.proof))
