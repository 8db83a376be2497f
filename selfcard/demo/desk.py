"""Customers at the demo company's desk whom somebody has still to call back."""

from selfcard.activation.commands import (
    begin_case,
    chase_case,
    open_gate,
    put_case_down,
    save_case,
    take_case,
)
from selfcard.activation.models import DeskCase
from selfcard.activation.queries import staff_source
from selfcard.cards.models import DocumentType
from selfcard.cards.queries import current_version
from selfcard.core.actor import Channel
from selfcard.core.serials import card_number
from selfcard.custody.models import Holding
from selfcard.custody.statuses import CardStatus
from selfcard.demo.cast import days_ago, deed, staff
from selfcard.demo.credentials import cards_to_activate
from selfcard.organisations.queries import staff_actor

OPERATOR = "H007"


def leave_customers() -> None:
    """One whose line broke off half-way, asked after in vain; one whose card is not paid yet."""
    operator = staff_actor(staff(OPERATOR), Channel.DESK)
    # Not one of those that are handed out to try things with.
    code, cards = next(iter(cards_to_activate(each=6).items()))
    card = cards[-1]
    with days_ago(2):
        case = begin_case(
            way=DeskCase.Way.PHONE,
            card_number=card.card_number,
            language="zh-hans",
            phone="13955500101",
            **deed(operator),
        )
        proof = open_gate(
            card_number=card.card_number,
            pin=card.pin,
            source=staff_source(operator),
            **deed(operator),
        )
        assert proof is not None
        take_case(case=case, proof=proof, **deed(operator))
        version = current_version(DocumentType.objects.get(code=code)).product_versions.first()
        assert version is not None
        answers = (("product", version.pk, "starts"), ("starts", {"when": "first"}, "insured"))
        for page, answer, step in answers:
            save_case(
                case=case, proof=proof, page=page, answers=answer, step=step, **deed(operator)
            )
        put_case_down(case=case, **deed(operator))
    with days_ago(1):
        chase_case(case=case, outcome="无人接听，明天上午再打。", **deed(operator))
        unpaid = Holding.objects.filter(status=CardStatus.SOLD).order_by("pk").first()
        assert unpaid is not None
        begin_case(
            way=DeskCase.Way.PHONE,
            card_number=card_number(unpaid.serials.lower),
            language="en",
            phone="13955500102",
            **deed(operator),
        )
