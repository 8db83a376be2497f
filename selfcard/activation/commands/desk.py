"""Activating for somebody who calls or stands at a counter: a case from its first word to its end.

The PIN goes through the same gate as everybody's, with the member of staff as the source; what is
filled in is the card's draft; what is agreed to is agreed by a code to the customer's own phone.
"""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from selfcard.activation.commands.activating import keep_page
from selfcard.activation.commands.phones import compare_code, have_code_sent
from selfcard.activation.errors import (
    CaseOfAnotherCard,
    CaseOpenAlready,
    CustomerNotAsked,
    NothingAgreedTo,
    PinNotShown,
    PinOnlyByLink,
)
from selfcard.activation.hands import case_as_it_is, case_in_hand
from selfcard.activation.models import DeskCase, OneTimeCode, PinProof
from selfcard.activation.queries import consent_of, may_be_said, staff_source
from selfcard.activation.texts import READ_OUT, versions_of_texts
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.numbering import document_number
from selfcard.core.refusals import Operation, ReasonMissing
from selfcard.core.serials import SerialRun, serial_of
from selfcard.organisations.models import May
from selfcard.organisations.queries import acting_staff, require
from selfcard.policies.application import ConsentGiven, ConsentKind
from selfcard.policies.contact import mobile_phone
from selfcard.products.codec import to_json
from selfcard.products.models import ProductVersion


@command
def begin_case(
    *,
    way: DeskCase.Way,
    card_number: str,
    language: str,
    phone: str = "",
    actor: Actor,
    request_id: UUID,
) -> DeskCase:
    """Begin with a customer: which card they mean, their language, where they can be called back.

    Whether there is such a card is told by nobody before its PIN was right.

    Raises:
        NotACardNumber, WrongCheckDigit: mistyped in a way that anybody can see.
        PhoneImpossible, PhoneTakesNoMessages: nobody can be called back there.
        CaseOpenAlready: this place has begun for the card already; one goes on with that.
        NotAuthorised: the actor does not activate for customers.
    """
    operator = acting_staff(actor)
    require(actor, May.ACTIVATE_FOR_CUSTOMER, operator.organisation)
    now = clock.now()
    serial = serial_of(card_number)
    try:
        with transaction.atomic():
            case = DeskCase.objects.create(
                number=document_number("D", "activation_case_number"),
                way=way,
                serial=serial,
                organisation=operator.organisation,
                operator=operator,
                language=language,
                phone=mobile_phone(phone) if phone.strip() else "",
                begun_at=now,
                touched_at=now,
            )
    except IntegrityError:
        other = DeskCase.objects.get(
            serial=serial, organisation=operator.organisation, state=DeskCase.State.OPEN
        )
        help = Operation.named("desk.case", number=other.number)
        raise CaseOpenAlready(number=other.number, help=help) from None
    record(actor, "case.begun", case, serials=SerialRun(serial, serial), way=way)
    return case


@command
def take_case(*, case: DeskCase, proof: PinProof, actor: Actor, request_id: UUID) -> DeskCase:
    """Have a case in hand whose PIN was just shown; whoever had it before has it no more.

    Raises:
        CaseOfAnotherCard, PinNotShown: the proof is of another card, or of somebody else.
        PinOnlyByLink: callers say no PIN here.
        CaseOver: it is closed, or a policy.
    """
    held = case_as_it_is(case, actor)
    if not may_be_said(held):
        raise PinOnlyByLink
    if proof.serial != held.serial:
        raise CaseOfAnotherCard
    if proof.source != staff_source(actor):
        raise PinNotShown
    held.operator, held.proof = acting_staff(actor), proof.pk
    _keep(held, "operator", "proof")
    record(actor, "case.taken", held)
    return held


@command
def put_case_down(*, case: DeskCase, actor: Actor, request_id: UUID) -> DeskCase:
    """The customer has hung up or left: what was filled in stays, and the PIN is asked for anew."""
    held = case_as_it_is(case, actor)
    held.proof = None
    _keep(held, "proof")
    record(actor, "case.put_down", held, step=held.step)
    return held


@command
def speak_in(*, case: DeskCase, language: str, actor: Actor, request_id: UUID) -> DeskCase:
    """Speak another language with the customer of a case from now on: what is read out and sent.

    Raises:
        CaseOver: it is closed, or a policy.
    """
    held = case_as_it_is(case, actor)
    held.language, held.touched_at = language, clock.now()
    held.save(update_fields=["language", "touched_at"])
    record(actor, "case.language_chosen", held, language=language)
    return held


@command
def save_case(
    *,
    case: DeskCase,
    proof: PinProof,
    page: str,
    answers: Any,
    step: str,
    actor: Actor,
    request_id: UUID,
) -> None:
    """Keep what a customer has answered on a page, as a draft that only this case sees. `step` is
    the page that comes next.

    Raises:
        CaseOver, CaseInOtherHands, PinNotShown: the case is not in the actor's hands.
        What `save_draft` raises.
    """
    # The card comes before its case in the order of locks.
    keep_page(proof=proof, device=str(case.device), page=page, answers=answers, actor=actor)
    held = case_in_hand(case, proof, actor)
    held.step, held.touched_at = step, clock.now()
    held.save(update_fields=["step", "touched_at"])


@command
def ask_consent(
    *,
    case: DeskCase,
    proof: PinProof,
    version: ProductVersion,
    kinds: tuple[ConsentKind, ...],
    phone: str,
    read_out: tuple[str, ...],
    ticket: str = "",
    actor: Actor,
    request_id: UUID,
) -> OneTimeCode:
    """Have a code sent by which the customer agrees to what was read out to them, each text with
    its version. An earlier code of the case counts no more.

    Raises:
        NothingAgreedTo: no text was named.
        PhoneImpossible, PhoneTakesNoMessages: no code can be sent there.
        CaseOver, CaseInOtherHands, PinNotShown: the case is not in the actor's hands.
        SourceMustWait, TooManyCodes: as for every code.
    """
    if not kinds:
        raise NothingAgreedTo
    phone = mobile_phone(phone)
    # The counters come before the case, as where the code is shown.
    code = have_code_sent(
        number=case.number,
        purpose=OneTimeCode.Purpose.CONSENT,
        phone=phone,
        language=case.language,
        source=staff_source(actor),
        ticket=ticket,
        actor=actor,
    )
    held = case_in_hand(case, proof, actor)
    texts = versions_of_texts(version)
    asked = {
        "code": str(code.pk),
        "phone": phone,
        "product": version.name_zh if held.language.startswith("zh") else version.name_en,
        "texts": {str(kind): texts[kind] for kind in kinds},
        "read_out": {name: READ_OUT[name] for name in read_out},
        "language": held.language,
        "asked_at": code.asked_at.isoformat(),
    }
    _keep_consent(held, asked)
    record(actor, "case.consent_asked", held, texts=asked["texts"])
    return code


@command
def confirm_consent(
    *,
    case: DeskCase,
    proof: PinProof,
    digits: str,
    page: str,
    step: str,
    ticket: str = "",
    actor: Actor,
    request_id: UUID,
) -> DeskCase | None:
    """The customer says the code, and has agreed to each text by it. Nothing for a wrong code.

    The consents are kept as the answers of `page`, given when the code was shown.

    Raises:
        CustomerNotAsked: no code was sent.
        CaseOver, CaseInOtherHands, PinNotShown: the case is not in the actor's hands.
        What `use_code` raises.
    """
    asked = consent_of(case)
    code = OneTimeCode.objects.filter(pk=asked["code"]).first() if asked else None
    if code is None:
        raise CustomerNotAsked
    used = compare_code(
        code=code, digits=digits, source=staff_source(actor), ticket=ticket, actor=actor
    )
    if used is None:
        return None
    assert used.used_at is not None
    consents = tuple(
        ConsentGiven(kind=ConsentKind(kind), version=version, given_at=used.used_at)
        for kind, version in asked["texts"].items()
    )
    keep_page(
        proof=proof,
        device=str(case.device),
        page=page,
        answers=to_json(consents),
        actor=actor,
    )
    held = case_in_hand(case, proof, actor)
    held.step = step
    _keep_consent(held, asked | {"agreed_at": used.used_at.isoformat()})
    record(actor, "case.consent_given", held, texts=asked["texts"])
    return held


@command
def chase_case(*, case: DeskCase, outcome: str, actor: Actor, request_id: UUID) -> DeskCase:
    """Note what came of asking after an unfinished case.

    Raises:
        ReasonMissing: nothing was said.
        CaseOver: there is nothing to chase any more.
    """
    if not outcome.strip():
        raise ReasonMissing(field="outcome")
    held = case_as_it_is(case, actor)
    held.chased_at = clock.now()
    held.save(update_fields=["chased_at"])
    record(actor, "case.chased", held, outcome=outcome.strip())
    return held


@command
def close_case(*, case: DeskCase, reason: str, actor: Actor, request_id: UUID) -> DeskCase:
    """End a case that becomes no policy, and say why. The card is as it was.

    Raises:
        ReasonMissing: nobody said why.
        CaseOver: it is over already.
    """
    if not reason.strip():
        raise ReasonMissing
    held = case_as_it_is(case, actor)
    now = clock.now()
    DeskCase.objects.filter(pk=held.pk).update(
        state=DeskCase.State.CLOSED,
        reason=reason.strip(),
        proof=None,
        link=None,
        link_until=None,
        touched_at=now,
        ended_at=now,
    )
    record(actor, "case.closed", held, reason=reason.strip())
    return DeskCase.objects.get(pk=held.pk)


def _keep(case: DeskCase, *changed: str) -> None:
    """Whoever has a case in hand now, or puts it down: a link that waited for the PIN is over."""
    case.link = case.link_until = None
    case.touched_at = clock.now()
    case.save(update_fields=[*changed, "link", "link_until", "touched_at"])


def _keep_consent(case: DeskCase, consent: Mapping[str, Any]) -> None:
    case.consent = json.dumps(consent, ensure_ascii=False)
    case.touched_at = clock.now()
    case.save(update_fields=["consent", "step", "touched_at"])
