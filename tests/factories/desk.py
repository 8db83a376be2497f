"""Customers at the desk: cases begun, opened, agreed to and activated, by commands alone."""

import re
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from selfcard.activation.commands import (
    activate_card,
    add_copies,
    ask_consent,
    begin_case,
    confirm_consent,
    enter_pin_by_link,
    open_gate,
    save_case,
    send_pin_link,
    take_case,
)
from selfcard.activation.models import DeskCase, PinProof
from selfcard.activation.queries import staff_source
from selfcard.core.actor import Actor, Channel
from selfcard.core.attachments import Attachment, AttachmentKind
from selfcard.core.work import run_waiting_jobs
from selfcard.messaging.gateways.telephone import received_by
from selfcard.organisations.models import May, Organisation, Staff
from selfcard.organisations.queries import staff_actor
from selfcard.policies.application import Application
from selfcard.policies.models import Policy
from tests.factories.activation import HOME, agreed, digits_on, holder, product_of
from tests.factories.attachments import a_photo
from tests.factories.cards import PrintedCard
from tests.factories.organisations import Insurer, a_staff_member
from tests.factories.policies import an_application

CALLER = "+8613800138000"


def an_operator(insurer: Insurer, code: str = "D01", at: Organisation | None = None) -> Staff:
    place = at or insurer.head_office
    return a_staff_member(code, place, May.ACTIVATE_FOR_CUSTOMER, name=f"Operator {code}")


def at_desk(operator: Staff) -> Actor:
    return staff_actor(operator, Channel.DESK)


def a_case(operator: Staff, card: PrintedCard, **given: Any) -> DeskCase:
    """Somebody calls about a card, speaks English and can be called back."""
    facts = {"way": DeskCase.Way.PHONE, "language": "en", "phone": CALLER, **given}
    return begin_case(
        card_number=card.card_number, **facts, actor=at_desk(operator), request_id=uuid4()
    )


def say_pin(
    case: DeskCase, operator: Staff, card: PrintedCard, pin: str | None = None
) -> PinProof | None:
    """The customer says the PIN; with the right one the operator has the case in hand."""
    proof = open_gate(
        card_number=card.card_number,
        pin=pin or card.pin,
        source=staff_source(at_desk(operator)),
        actor=at_desk(operator),
        request_id=uuid4(),
    )
    if proof:
        take_case(case=case, proof=proof, actor=at_desk(operator), request_id=uuid4())
        case.refresh_from_db()
    return proof


def a_link(case: DeskCase, operator: Staff, phone: str = CALLER) -> str:
    """The caller gets a link, by which they enter the PIN themselves: its token."""
    send_pin_link(case=case, phone=phone, actor=at_desk(operator), request_id=uuid4())
    run_waiting_jobs()
    found = re.search(r"/pin/([\w-]+)", received_by(phone)[0].words)
    assert found is not None
    return found[1]


def enter_pin(token: str, pin: str, request_id: UUID | None = None) -> DeskCase | None:
    """The caller opens the link on their phone and enters a PIN."""
    return enter_pin_by_link(
        token=token, pin=pin, source=HOME, actor=holder(), request_id=request_id or uuid4()
    )


def answer(case: DeskCase, proof: PinProof, operator: Staff, page: str = "paid") -> None:
    """One page of answers is kept."""
    save_case(
        case=case,
        proof=proof,
        page=page,
        answers={"who": "law"},
        step="contact",
        actor=at_desk(operator),
        request_id=uuid4(),
    )


def a_copy(case: DeskCase, proof: PinProof | None, operator: Staff) -> None:
    """The customer shows a passport, and it is copied."""
    assert proof is not None
    add_copies(
        case=case,
        proof=proof,
        files=(Attachment(AttachmentKind.JPEG, "passport.jpg", a_photo()),),
        actor=at_desk(operator),
        request_id=uuid4(),
    )


def agree(
    case: DeskCase, proof: PinProof, operator: Staff, card: PrintedCard, application: Application
) -> DeskCase | None:
    """The customer hears the texts, gets the code and says it."""
    ask_consent(
        case=case,
        proof=proof,
        version=product_of(card),
        kinds=application.consents_needed(),
        phone=application.contact.phone,
        read_out=("terms", "privacy"),
        actor=at_desk(operator),
        request_id=uuid4(),
    )
    run_waiting_jobs()
    case.refresh_from_db()
    return confirm_consent(
        case=case,
        proof=proof,
        digits=digits_on(application.contact.phone),
        page="declarations",
        step="check",
        actor=at_desk(operator),
        request_id=uuid4(),
    )


def activate_at_desk(
    case: DeskCase | None,
    proof: PinProof,
    operator: Staff,
    card: PrintedCard,
    application: Application | None = None,
) -> Policy:
    version = product_of(card)
    return activate_card(
        proof=proof,
        version=version,
        application=agreed(application or reached(), version),
        case=case,
        actor=at_desk(operator),
        request_id=uuid4(),
    )


def reached() -> Application:
    """An application whose phone is written as it is kept."""
    application = an_application()
    return replace(application, contact=replace(application.contact, phone=CALLER))


def an_agreed_case(operator: Staff, card: PrintedCard, **given: Any) -> tuple[DeskCase, PinProof]:
    """A case whose customer has said the PIN and agreed."""
    case = a_case(operator, card, **given)
    proof = say_pin(case, operator, card)
    assert proof is not None
    assert agree(case, proof, operator, card, reached()) is not None
    return DeskCase.objects.get(pk=case.pk), proof
