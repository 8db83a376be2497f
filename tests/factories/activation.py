"""Paid cards in somebody's hand, opened and activated, by commands alone."""

import hashlib
import re
from dataclasses import replace
from typing import Any
from uuid import uuid4

from django.conf import settings

from selfcard.activation.commands import (
    activate_card,
    ask_code,
    ask_code_to_new_phone,
    cancel_policy,
    open_gate,
    use_code,
)
from selfcard.activation.models import OneTimeCode, PinProof
from selfcard.activation.texts import versions_of_texts
from selfcard.cards.models import DocumentType
from selfcard.cards.queries import batch_of, product_versions_of
from selfcard.core import clock
from selfcard.core.actor import Actor, Channel
from selfcard.core.serials import SerialRun
from selfcard.core.work import run_waiting_jobs
from selfcard.messaging.gateways.telephone import received_by
from selfcard.payments.commands import TenderGiven
from selfcard.policies.application import Application, ConsentGiven, ContactGiven
from selfcard.policies.cancelling import AskerGiven
from selfcard.policies.models import Policy
from selfcard.products.models import ProductVersion
from selfcard.sales.commands import issue_charge_receipt, register_sale, settle_receipt
from selfcard.sales.models import Sale
from tests.factories.cards import PrintedCard
from tests.factories.custody import cards_at_institution
from tests.factories.drawers import open_a_drawer
from tests.factories.organisations import Insurer
from tests.factories.policies import an_application

HOME = "net 203.0.113.0/24"


def holder(source: str = HOME) -> Actor:
    return Actor.holder(Channel.PORTAL, source)


def sell(insurer: Insurer, cards: list[PrintedCard], gift_reason: str = "") -> Sale:
    """The institution's keeper sells an unbroken run of cards, or gives it away."""
    batch = batch_of(cards[0].serial)
    assert batch is not None
    return register_sale(
        document_type=batch.type_version.document_type,
        runs=(SerialRun(cards[0].serial, cards[-1].serial),),
        seller_organisation=insurer.institution,
        seller=insurer.seller.party,
        business_source="direct",
        gift_reason=gift_reason,
        actor=insurer.actor("keeper"),
        request_id=uuid4(),
    )


def pay(insurer: Insurer, sale: Sale) -> None:
    """The money for a sale arrives in cash."""
    receipt = issue_charge_receipt(sales=(sale,), actor=insurer.actor("keeper"), request_id=uuid4())
    open_a_drawer(insurer)
    settle_receipt(
        receipt=receipt,
        tenders=(TenderGiven("cash", receipt.amount),),
        actor=insurer.actor("cashier"),
        request_id=uuid4(),
    )


def paid_cards(
    insurer: Insurer, count: int = 3, document_type: DocumentType | None = None
) -> list[PrintedCard]:
    """Cards that are ready to activate, with their PINs."""
    _, cards = cards_at_institution(insurer, count, document_type)
    pay(insurer, sell(insurer, cards))
    return cards


def try_gate(card_number: str, pin: str, source: str = HOME, **given: Any) -> PinProof | None:
    return open_gate(
        card_number=card_number,
        pin=pin,
        source=source,
        ticket=given.get("ticket", ""),
        actor=holder(source),
        request_id=given.get("request_id") or uuid4(),
    )


def solved(ticket: str) -> str:
    """A ticket with the solution of its riddle, found as a device finds it: number by number."""
    _, size, salt, riddle, _ = ticket.split(".")
    for number in range(1, int(size) + 1):
        if hashlib.sha256(f"{salt}.{number}".encode()).hexdigest() == riddle:
            return f"{ticket}.{number}"
    raise AssertionError("every riddle has its solution within its size")


def lock_with_wrong_pins(card: PrintedCard) -> None:
    """So many wrong PINs with the right beginning, from here and there, that the card locks."""
    for place in range(settings.GATE_TARGET_CAP):
        assert try_gate(card.card_number, wrong_pin(card), f"net 10.77.{place}.0/24") is None


def open_card(card: PrintedCard, source: str = HOME) -> PinProof:
    """The proof of a card, from a right PIN."""
    proof = try_gate(card.card_number, card.pin, source)
    assert proof is not None
    return proof


def wrong_pin(card: PrintedCard, *, selector_right: bool = True) -> str:
    """A PIN of the right length that is not the card's."""
    selector, secret = card.pin[:4], card.pin[4:]
    if selector_right:
        return selector + f"{(int(secret) + 1) % 10 ** len(secret):0{len(secret)}d}"
    return f"{(int(selector) + 1) % 10_000:04d}" + secret


def product_of(card: PrintedCard) -> ProductVersion:
    """The first product that a card may become."""
    batch = batch_of(card.serial)
    assert batch is not None
    return product_versions_of(batch)[0]


def agreed(application: Application, version: ProductVersion) -> Application:
    """The application with consents to the texts as they are now."""
    texts = versions_of_texts(version)
    consents = tuple(
        ConsentGiven(kind=kind, version=texts[kind], given_at=clock.now())
        for kind in application.consents_needed()
    )
    return replace(application, consents=consents)


def activate(
    card: PrintedCard,
    application: Application | None = None,
    *,
    version: ProductVersion | None = None,
    proof: PinProof | None = None,
    **given: Any,
) -> Policy:
    """Activate a card for an adult who insures herself, unless told otherwise."""
    version = version or product_of(card)
    return activate_card(
        proof=proof or open_card(card),
        version=version,
        application=agreed(application or an_application(), version),
        actor=holder(),
        request_id=given.get("request_id") or uuid4(),
    )


def cancel(insurer: Insurer, policy: Policy, by: str = "keeper", **given: Any) -> Policy:
    """Cancel a policy that its applicant asks for today, unless told otherwise."""
    facts: dict[str, Any] = {
        "asker": AskerGiven(policy.identity_number),
        "asked_on": clock.today(),
        "reason": "found another insurer",
        "request_id": uuid4(),
        **given,
    }
    return cancel_policy(policy=policy, actor=insurer.actor(by), **facts)


def ask_for_code(
    number: str,
    purpose: OneTimeCode.Purpose = OneTimeCode.Purpose.OPEN,
    source: str = HOME,
    **given: Any,
) -> OneTimeCode:
    """A code to the phone of a policy, asked for and sent if there is such a policy."""
    code = ask_code(
        number=number,
        purpose=purpose,
        language=given.get("language", "en"),
        source=source,
        ticket=given.get("ticket", ""),
        actor=holder(source),
        request_id=uuid4(),
    )
    run_waiting_jobs()
    return code


def ask_for_code_to_new_phone(proof: OneTimeCode, contact: ContactGiven) -> OneTimeCode:
    code = ask_code_to_new_phone(
        proof=proof,
        contact=contact,
        language="en",
        source=HOME,
        actor=holder(),
        request_id=uuid4(),
    )
    run_waiting_jobs()
    return code


def digits_on(phone: str) -> str:
    """The code that a telephone has got last, as somebody reads it there."""
    found = re.search(r"[0-9]{6}", received_by(phone)[0].words)
    assert found is not None
    return found[0]


def show_code(code: OneTimeCode, digits: str, source: str = HOME, **given: Any) -> Any:
    return use_code(
        code=code,
        digits=digits,
        source=source,
        ticket=given.get("ticket", ""),
        actor=holder(source),
        request_id=given.get("request_id") or uuid4(),
    )


def shown_phone(policy: Policy) -> OneTimeCode:
    """Whoever wants to change something has shown the policy's phone."""
    code = ask_for_code(policy.number, OneTimeCode.Purpose.CHANGE_CONTACT)
    proof: OneTimeCode = show_code(code, digits_on(policy.phone))
    return proof
