"""What the buyer of cards is told, on the phone that they left.

No name, no card number and no PIN is ever in a message: whoever finds the phone learns that cards
were bought, and opens nothing with it.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from selfcard.core.actor import Actor
from selfcard.core.money import Money
from selfcard.core.papers.facts import Text
from selfcard.messaging.commands import MessageGiven, write_messages
from selfcard.messaging.models import Message
from selfcard.messaging.occasions import Occasion, register, said
from selfcard.payments.models import PaymentReceipt
from selfcard.sales.models import BuyerPhone

_SALE = {"number": "S-2026-0000123", "type": Text(zh="旅行保障卡", en="Travel card")}

READY = register(
    Occasion(
        code="cards_ready",
        name=_("cards ready to activate"),
        subject="",
        words=_(
            "Your cards are paid for: %(type)s, number of cards: %(cards)s (sale %(number)s)."
            " Nobody is insured before a card is activated, on %(last)s at the latest:"
            " %(address)s or %(help)s."
        ),
        samples={**_SALE, "cards": 20, "last": date(2027, 3, 1)},
        needed=frozenset({"last"}),
    )
)
DEADLINE = register(
    Occasion(
        code="cards_deadline",
        name=_("last day to activate is near"),
        subject="",
        words=_(
            "Cards that nobody has activated yet: %(cards)s, %(type)s (sale %(number)s). Nobody"
            " is insured by them. Last day to activate: %(last)s. %(address)s or %(help)s"
        ),
        samples={**_SALE, "cards": 3, "last": date(2027, 3, 1)},
        needed=frozenset({"last"}),
    )
)
REFUNDED = register(
    Occasion(
        code="cards_refunded",
        name=_("cards paid back"),
        subject="",
        words=_(
            "%(amount)s are paid back for cards of sale %(number)s, payment receipt %(payment)s."
            " These cards cannot be activated any more. Questions: %(help)s."
        ),
        samples={**_SALE, "amount": Money(Decimal("200.00"), "CNY"), "payment": "P-2026-0000045"},
        needed=frozenset({"amount"}),
    )
)


def tell_ready(buyer: BuyerPhone, cards: int, last: date, actor: Actor) -> None:
    """The cards are paid for: until when they can be activated, and how."""
    _tell(buyer, READY, {"cards": cards, "last": last}, actor)


def tell_deadline(buyer: BuyerPhone, cards: int, last: date, actor: Actor) -> None:
    """So many cards were not activated, and their last day comes."""
    _tell(buyer, DEADLINE, {"cards": cards, "last": last}, actor)


def tell_refunded(buyer: BuyerPhone, payment: PaymentReceipt, actor: Actor) -> None:
    """The money of cards that came back is paid."""
    amount = Money(payment.amount, payment.currency)
    _tell(buyer, REFUNDED, {"amount": amount, "payment": payment.number}, actor)


def _tell(buyer: BuyerPhone, occasion: Occasion, facts: Mapping[str, Any], actor: Actor) -> None:
    sale, version = buyer.sale, buyer.sale.type_version
    told = said(
        occasion,
        {
            "number": sale.number,
            "type": Text(zh=version.name_zh, en=version.name_en),
            **facts,
        },
        language=buyer.language,
        document_type=version.document_type.code,
    )
    write_messages(
        occasion=occasion.code,
        messages=[MessageGiven(Message.Channel.SMS, buyer.phone, told.words)],
        language=buyer.language,
        reason=("sale", sale.number),
        organisation=sale.seller_organisation,
        actor=actor,
    )
