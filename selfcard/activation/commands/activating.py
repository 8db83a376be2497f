"""Opening a card with its PIN, keeping a draft, and activating the card."""

import json
import re
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import F, Func
from django.utils.translation import get_language
from psycopg.types.numeric import Int8

from selfcard.activation import gate
from selfcard.activation.errors import (
    CardActivatedAlready,
    ConsentOutdated,
    DraftOfAnotherDevice,
    NotAPin,
    ProductNotOnCard,
    ProofExpired,
    RulesBroken,
    SourceMustWait,
    TooManyTries,
)
from selfcard.activation.hands import agreed_at_desk
from selfcard.activation.models import (
    DeskCase,
    Draft,
    PinProof,
)
from selfcard.activation.papers import HAND_OVER
from selfcard.activation.paperwork import hand_over_facts
from selfcard.activation.queries import (
    answers_in,
    broken_by,
    card_at_hand,
    device_digest,
    find_draft,
    is_of_device,
    proof_as_it_is,
    why_not_ready,
)
from selfcard.activation.texts import versions_of_texts
from selfcard.activation.tolls import read_ticket
from selfcard.cards.models import LONGEST_PIN, SHORTEST_PIN
from selfcard.cards.queries import check_pin, product_versions_of
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command, step
from selfcard.core.compiled import insert, prepared
from selfcard.core.locks import LockSpace, lock
from selfcard.core.papers import freeze_paper
from selfcard.core.papers.facts import Text
from selfcard.core.serials import SerialRun, group_digits, plain_digits, serial_of
from selfcard.core.serials import card_number as number_of_card
from selfcard.custody import commands as custody
from selfcard.custody.locks import lock_custody, lock_opened_card
from selfcard.custody.queries import is_activated
from selfcard.ledger import chart
from selfcard.ledger.commands import post_entry
from selfcard.ledger.lines import credit, debit
from selfcard.ledger.models import EntryKind
from selfcard.organisations.queries import acting_staff
from selfcard.policies.application import Application
from selfcard.policies.commands import issue_policy
from selfcard.policies.identity import IdentityKind
from selfcard.policies.models import Policy
from selfcard.policies.numbers import read_policy_number
from selfcard.policies.queries import find_policy, is_of
from selfcard.products.models import ProductVersion
from selfcard.products.rules import cover_period
from selfcard.sales.queries import sale_of


@command
def open_gate(
    *,
    card_number: str,
    pin: str,
    source: str,
    ticket: str = "",
    actor: Actor,
    request_id: UUID,
) -> PinProof | None:
    """Show card number and PIN at the gate, and get the proof that opens the card.

    The answer to a wrong PIN and to a number that no card bears is nothing, the same after the
    same work: a refusal would roll back the counters that it has to leave behind. Whoever gets
    nothing tells the holder that number and PIN cannot be used together, and not a word more.
    The ticket of the page, if it had one, pays for a try that would have to wait (`tolls`).

    Raises:
        NotACardNumber, WrongCheckDigit, NotAPin: mistyped in a way that anybody can see; not
            counted.
        SourceMustWait: this source, or very many, failed too often just now; nothing was compared
            or counted.
    """
    return pass_gate(card_number=card_number, pin=pin, source=source, ticket=ticket, actor=actor)


@step
def pass_gate(
    *, card_number: str, pin: str, source: str, ticket: str, actor: Actor
) -> PinProof | None:
    """What `open_gate` does, within whatever deed has a PIN shown to it."""
    serial = serial_of(card_number)
    digits = _pin_digits(pin)
    now = clock.now()
    check = check_pin(serial, digits)
    target = gate.card_target(serial)
    charged = gate.charge(
        source=source,
        target=target,
        counts=check.selector_matches,
        ticket=read_ticket(ticket, source=source, now=now),
        now=now,
    )
    if not charged.admitted:
        raise SourceMustWait(seconds=charged.seconds_left(now))
    card = SerialRun(serial, serial)
    if not (charged.compared and check.matches):
        gate.count_failure(source=source, charged=charged, now=now)
        record(actor, "gate.refused", serials=card)
        return None
    gate.forgive(source=source, target=target)
    custody.remember_opened(serial=serial, actor=actor)
    proof = PinProof(
        serial=serial, source=source, opened_at=now, expires_at=now + settings.PROOF_IDLE
    )
    insert(proof)
    record(actor, "gate.opened", serials=card)
    return proof


@command
def save_draft(
    *, proof: PinProof, device: str, page: str, answers: Any, actor: Actor, request_id: UUID
) -> None:
    """Keep what was filled in on one page, so that a closed page loses nothing.

    Each page replaces only its own answers: two windows on the same card do not wipe out each
    other's pages. The draft belongs to the device that began it. Saving also lengthens the visit,
    up to its longest.

    Raises:
        ProofExpired: the visit is over; the PIN is asked for again.
        CardActivatedAlready: the card has become a policy meanwhile; nothing is kept beside it.
        DraftOfAnotherDevice: another one has begun for this card; here one may begin afresh.
    """
    keep_page(proof=proof, device=device, page=page, answers=answers, actor=actor)


@step
def keep_page(*, proof: PinProof, device: str, page: str, answers: Any, actor: Actor) -> None:
    """What `save_draft` does, within whatever deed keeps a page."""
    now = clock.now()
    _lock_to_fill_in(proof)
    draft = find_draft(proof.serial)
    if draft and not is_of_device(draft, device):
        raise DraftOfAnotherDevice
    kept = answers_in(draft) | {page: answers}
    saved = Draft(
        serial=proof.serial,
        device=device_digest(device),
        answers=json.dumps(kept, ensure_ascii=False),
        language=get_language() or settings.LANGUAGE_CODE,
        begun_at=now,
        saved_at=now,
    )
    Draft.objects.bulk_create(
        [saved],
        update_conflicts=True,
        unique_fields=["serial"],
        update_fields=["answers", "language", "saved_at"],
    )
    PinProof.objects.filter(pk=proof.pk).update(
        expires_at=Func(
            now + settings.PROOF_IDLE, F("opened_at") + settings.PROOF_LONGEST, function="LEAST"
        )
    )
    record(actor, "draft.saved", serials=SerialRun(proof.serial, proof.serial), page=page)


@command
def discard_draft(*, proof: PinProof, actor: Actor, request_id: UUID) -> None:
    """Throw away what was filled in for a card, on whatever device, and begin afresh.

    Raises:
        ProofExpired: the visit is over; the PIN is asked for again.
        CardActivatedAlready: the card has become a policy meanwhile.
    """
    _lock_to_fill_in(proof)
    Draft.objects.filter(serial=proof.serial).delete()
    record(actor, "draft.discarded", serials=SerialRun(proof.serial, proof.serial))


@command
def activate_card(
    *,
    proof: PinProof,
    version: ProductVersion,
    application: Application,
    case: DeskCase | None = None,
    actor: Actor,
    request_id: UUID,
) -> Policy:
    """Turn a paid card into a policy.

    Staff do so in a `case` that they have in hand, for a customer who has agreed by a code to the
    very phone and the very texts of the application.

    Of two who activate one card at the same moment one gets the policy and the other is told that
    the card is activated. Limits per person hold across cards, since each insured person is
    locked by the blind index of their identity document. A refusal leaves the card as it was.

    Raises:
        ProofExpired: the visit is over; the PIN is asked for again.
        CardNotReady: one of its kinds, by the card's true state.
        ProductNotOnCard: the card's type does not offer this product.
        ConsentOutdated: a consent was given to another text than the present one.
        RulesBroken: the product does not take these people or this day.
        ApplicationNotComplete: what is given cannot be a policy, whatever the product.
        CustomerNotAsked, PinNotShown, CaseInOtherHands, CaseOver: staff without such a case.
    """
    serial = proof.serial
    _lock_for_activation(serial, application)
    agreed = agreed_at_desk(case, proof, application, actor)
    proof = proof_as_it_is(proof)
    if proof.used_at:
        raise CardActivatedAlready
    _require_open(proof)
    card = card_at_hand(serial)
    if refusal := why_not_ready(card):
        raise refusal
    offered = product_versions_of(card.batch)
    if version not in offered:
        raise ProductNotOnCard
    version = offered[offered.index(version)]  # with its coverages
    _require_present_texts(version, application)
    if problems := broken_by(application, version):
        raise RulesBroken(problems)

    sale = sale_of(serial)
    assert sale is not None, "a card to be activated was sold"
    begun_at = _taken_from_draft(serial)
    starts_at, ends_at = cover_period(version.bounds, application.starts_on)
    policy = issue_policy(
        version=version,
        application=application,
        starts_at=starts_at,
        ends_at=ends_at,
        premium=card.type_version.value,
        reason=("card", number_of_card(serial)),
        source=_named(serial),
        source_type=card.type_version.code,
        organisation=sale.seller_organisation,
        evidence={
            "proof": str(proof.pk),
            "opened_at": proof.opened_at.isoformat(),
            "begun_at": begun_at.isoformat() if begun_at else None,
            "source": actor.source,
            "channel": actor.channel,
            "language": case.language if case else get_language(),
            "sale": sale.number,
            **agreed,
        },
        actor=actor,
    )
    custody.activate_card(serial=serial, policy_number=policy.number, actor=actor)
    _write_premium(policy, application.starts_on, actor)
    _use(proof, policy)
    if case:
        _end_case(case, policy, actor)
    record(actor, "card.activated", policy, serials=SerialRun(serial, serial), version=version.code)
    return policy


@command
def open_policy(
    *,
    number: str,
    identity_number: str,
    source: str,
    ticket: str = "",
    actor: Actor,
    request_id: UUID,
) -> Policy | None:
    """Open a policy's details to somebody who knows the identity number of one of its people.

    As at the PIN gate, the answer to a wrong number is nothing, whether or not there is such a
    policy, and the counters are written before anything is compared. Tries are counted against
    the policy by source, and only by very many sources can it be shut altogether.

    Raises:
        NotAPolicyNumber: mistyped in a way that anybody can see; not counted.
        SourceMustWait: this source, or very many, failed too often just now; nothing was compared
            or counted.
        TooManyTries: this number was tried too often, from here or altogether; whether or not
            there is such a policy. Nothing was compared or counted.
    """
    now = clock.now()
    plain = read_policy_number(number)
    target = gate.policy_target(plain, source)
    charged = gate.charge(
        source=source,
        target=target,
        counts=True,
        ticket=read_ticket(ticket, source=source, now=now),
        now=now,
    )
    if not charged.admitted:
        raise SourceMustWait(seconds=charged.seconds_left(now))
    if not charged.compared:
        raise TooManyTries
    policy = find_policy(number)
    # The typed number does not say of which kind of document it is.
    known = policy is not None and any(
        is_of(policy, kind, identity_number) for kind in IdentityKind
    )
    if policy is None or not known:
        gate.count_failure(source=source, charged=charged, now=now)
        record(actor, "policy.refused", number=plain)
        return None
    gate.forgive(source=source, target=target)
    record(actor, "policy.opened", policy)
    return policy


def _end_case(case: DeskCase, policy: Policy, actor: Actor) -> None:
    """A case that became a policy is done; at a counter the customer signs for what they take."""
    now = clock.now()
    if case.way == DeskCase.Way.COUNTER:
        facts = hand_over_facts(case, policy, acting_staff(actor), now)
        freeze_paper(kind=HAND_OVER, number=case.number, facts=facts)
    DeskCase.objects.filter(pk=case.pk).update(
        state=DeskCase.State.DONE,
        policy_number=policy.number,
        proof=None,
        touched_at=now,
        ended_at=now,
    )


def _require_open(proof: PinProof) -> None:
    """Refuse a proof whose visit is over.

    Raises:
        ProofExpired: too long ago.
    """
    if proof.expires_at <= clock.now():
        raise ProofExpired


def _taken_from_draft(serial: int) -> datetime | None:
    """When somebody began to fill in for a card; what they filled in is gone with this."""
    sql = "DELETE FROM activation_draft WHERE serial = %s RETURNING begun_at"
    with prepared() as cursor:
        cursor.execute(sql, [Int8(serial)])
        found = cursor.fetchone()
    return found[0] if found else None


def _use(proof: PinProof, policy: Policy) -> None:
    """A proof opens its card once."""
    sql = "UPDATE activation_pinproof SET used_at = %s, policy_number = %s WHERE id = %s"
    with prepared() as cursor:
        cursor.execute(sql, [clock.now(), policy.number, proof.pk])


def _lock_to_fill_in(proof: PinProof) -> None:
    """Let nobody else fill in for the card or activate it at this moment; refuse who may not.

    Raises:
        ProofExpired: the visit is over.
        CardActivatedAlready: there is nothing to fill in any more.
    """
    lock_opened_card(proof.serial)
    proof = proof_as_it_is(proof)
    if proof.used_at or is_activated(proof.serial):
        raise CardActivatedAlready
    _require_open(proof)


def _lock_for_activation(serial: int, application: Application) -> None:
    """Take the locks of an activation in their order: batch, card, people."""
    lock_custody([SerialRun(serial, serial)], shared=True)
    lock_opened_card(serial)
    lock(LockSpace.PERSON, *(one.person.index for one in application.insured))


def _named(serial: int) -> Text:
    """The card as the policy's paper names it."""
    digits = group_digits(number_of_card(serial))
    return Text(zh=f"自助保险卡 {digits}", en=f"Self-service insurance card {digits}")


def _require_present_texts(version: ProductVersion, application: Application) -> None:
    now = versions_of_texts(version)
    for consent in application.consents:
        if now[consent.kind] != consent.version:
            raise ConsentOutdated(field=f"consents.{consent.kind}", consent=consent.kind.label)


def _write_premium(policy: Policy, starts_on: date, actor: Actor) -> None:
    """Move the premium from the cards awaiting activation to written premium, from the first day
    of cover."""
    post_entry(
        kind=EntryKind.CARD_ACTIVATED,
        counts_from=starts_on,
        reason=("policy", policy.number),
        lines=(
            debit(chart.CARD_PREMIUMS, policy.premium_net),
            debit(chart.CARD_PREMIUM_TAX, policy.premium_tax),
            credit(chart.WRITTEN_PREMIUM, policy.premium_net),
            credit(chart.OUTPUT_TAX, policy.premium_tax),
        ),
        currency=policy.currency,
        actor=actor,
    )


def _pin_digits(pin: str) -> str:
    digits = plain_digits(pin)
    if not (re.fullmatch(r"[0-9]+", digits) and SHORTEST_PIN <= len(digits) <= LONGEST_PIN):
        raise NotAPin
    return digits
