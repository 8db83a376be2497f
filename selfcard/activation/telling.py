"""What somebody is told who shows by a phone that they may do something: codes, and the link by
which a caller enters the PIN themselves.

Each of these is a secret: it counts for minutes, and its words are erased once they were sent. And
whoever has begun to fill in and not come back is told that nobody is insured yet.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from selfcard.activation.models import DeskCase, Draft, OneTimeCode
from selfcard.activation.queries import consent_of
from selfcard.cards.queries import type_code_of
from selfcard.core.actor import Actor
from selfcard.core.papers import Text
from selfcard.core.serials import card_number
from selfcard.messaging.commands import MessageGiven, write_messages
from selfcard.messaging.models import Message
from selfcard.messaging.occasions import Occasion, register, said
from selfcard.policies.models import Policy
from selfcard.sales.queries import sale_of

_CODE = {"code": "204518"}
_FOR_POLICY = {**_CODE, "number": "P0000481237469"}
_FOR_CARD = {
    **_CODE,
    "product": Text(zh="旅行意外伤害保险", en="Travel accident insurance"),
    "ending": "0018",
}


def _secret(
    code: str, name: Promise, words: Promise, samples: Mapping[str, Any], needed: set[str]
) -> Occasion:
    """Told by SMS alone; what is needed is the secret, and what tells whoever gets it unasked."""
    return register(
        Occasion(
            code=code,
            name=name,
            subject="",
            words=words,
            samples={**samples, "minutes": 10},
            needed=frozenset(needed),
        )
    )


OPEN_CODE = _secret(
    "code_open",
    _("code to open a policy"),
    _(
        "%(code)s is your code to open policy %(number)s. It counts for %(minutes)s minutes. Tell"
        " it to nobody."
    ),
    _FOR_POLICY,
    {"code", "number"},
)
CHANGE_CODE = _secret(
    "code_change",
    _("code to change contact data"),
    _(
        "%(code)s is your code to change telephone, e-mail or address of policy %(number)s. It"
        " counts for %(minutes)s minutes. Tell it to nobody. If you do not want to change anything,"
        " call us."
    ),
    _FOR_POLICY,
    {"code", "number"},
)
NEW_PHONE_CODE = _secret(
    "code_new_phone",
    _("code to a new phone"),
    _(
        "%(code)s is your code by which this phone becomes that of policy %(number)s. It counts for"
        " %(minutes)s minutes. Tell it to nobody."
    ),
    _FOR_POLICY,
    {"code", "number"},
)
AGREE_CODE = _secret(
    "code_agree",
    _("code to agree at the desk"),
    _(
        "%(code)s: tell it to our staff only if you agree to the terms of %(product)s and to the"
        " privacy notice, for the card ending in %(ending)s. It counts for %(minutes)s minutes."
    ),
    _FOR_CARD,
    {"code", "product", "ending"},
)
GUARDIAN_CODE = _secret(
    "code_guardian",
    _("code to agree as a guardian"),
    _(
        "%(code)s: tell it to our staff only if you agree to the terms of %(product)s, to the"
        " privacy notice, and as parent or guardian to the insurance of the child, for the card"
        " ending in %(ending)s. It counts for %(minutes)s minutes."
    ),
    _FOR_CARD,
    {"code", "product", "ending"},
)
PIN_LINK = _secret(
    "pin_link",
    _("link to enter the PIN"),
    _(
        "Enter the PIN of your card here, while you talk with our staff; they do not see it:"
        " %(link)s The link counts once, for %(minutes)s minutes. If you have not called us, do"
        " nothing."
    ),
    {"link": "https://example.cn/pin/3vQyR8sTq1aZkLmN0pXw2g"},
    {"link"},
)
UNFINISHED = register(
    Occasion(
        code="draft_unfinished",
        name=_("activation not finished"),
        subject="",
        words=_(
            "You began to activate a card and have not finished: nobody is insured yet. Go on with"
            " card number and PIN at %(address)s. The card can be activated up to %(last)s. If it"
            " was not you, do nothing."
        ),
        samples={"last": date(2027, 3, 1)},
        needed=frozenset({"address"}),
    )
)
_OF_PURPOSE = {
    OneTimeCode.Purpose.OPEN: OPEN_CODE,
    OneTimeCode.Purpose.CHANGE_CONTACT: CHANGE_CODE,
    OneTimeCode.Purpose.NEW_PHONE: NEW_PHONE_CODE,
}


def tell_code(code: OneTimeCode, digits: str, about: Policy | DeskCase, actor: Actor) -> None:
    """The digits of a code, to the phone that it is for."""
    assert code.phone is not None
    if isinstance(about, DeskCase):
        consent = consent_of(about)
        occasion = GUARDIAN_CODE if "guardian" in consent["texts"] else AGREE_CODE
        ending = card_number(about.serial)[-4:]
        facts = {"code": digits, "product": consent["product"], "ending": ending}
    else:
        occasion = _OF_PURPOSE[OneTimeCode.Purpose(code.purpose)]
        facts = {"code": digits, "number": code.number}
    _tell(occasion, facts, about, code.phone, code.language, code.expires_at, actor)


def tell_unfinished(draft: Draft, phone: str, last: date, actor: Actor) -> None:
    """The draft waits, and nobody is insured yet; nothing that was filled in is said."""
    sale = sale_of(draft.serial)
    assert sale is not None, "a card that can be activated was sold"
    language = draft.language
    words = said(
        UNFINISHED,
        {"last": last},
        language=language,
        document_type=type_code_of(draft.serial),
    ).words
    write_messages(
        occasion=UNFINISHED.code,
        messages=[MessageGiven(Message.Channel.SMS, phone, words)],
        language=language,
        reason=("card", str(draft.serial)),
        organisation=sale.seller_organisation,
        actor=actor,
    )


def tell_pin_link(case: DeskCase, phone: str, token: str, actor: Actor) -> None:
    """Where a caller enters the PIN; it names no card."""
    assert case.link_until is not None
    facts = {"link": f"{settings.PUBLIC_ADDRESS}/pin/{token}"}
    _tell(PIN_LINK, facts, case, phone, case.language, case.link_until, actor)


def _tell(
    occasion: Occasion,
    facts: Mapping[str, Any],
    about: Policy | DeskCase,
    phone: str,
    language: str,
    until: datetime,
    actor: Actor,
) -> None:
    if isinstance(about, DeskCase):
        kind, document_type = "case", type_code_of(about.serial)
    else:
        kind, document_type = "policy", about.source_type
    words = said(
        occasion,
        {**facts, "minutes": settings.CODE_LASTS.seconds // 60},
        language=language,
        document_type=document_type,
    ).words
    write_messages(
        occasion=occasion.code,
        messages=[MessageGiven(Message.Channel.SMS, phone, words)],
        language=language,
        reason=(kind, about.number),
        organisation=about.organisation,
        secret_until=until,
        actor=actor,
    )
