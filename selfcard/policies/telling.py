"""What the applicant of a policy is told of it, on the phone and by e-mail.

No name, no identity number and no PIN is ever in a message: whoever finds the phone learns a
policy's number and what it covers, and opens nothing with it.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.money import Money
from selfcard.core.papers import Text
from selfcard.messaging.commands import MessageGiven, write_messages
from selfcard.messaging.models import Message
from selfcard.messaging.occasions import Occasion, register, said
from selfcard.messaging.queries import messages_about
from selfcard.policies.identity import written_phone
from selfcard.policies.models import Policy

_NUMBER = {"number": "P0000481237469"}
_PRODUCT = {"product": Text(zh="旅行意外伤害保险", en="Travel accident insurance")}

ISSUED = register(
    Occasion(
        code="policy_issued",
        name=_("policy issued"),
        subject=_("You are insured"),
        words=_(
            "Your card is activated. Policy %(number)s, %(product)s, covers %(first)s to %(last)s."
            " Look it up or download it at any time: %(address)s"
        ),
        samples={
            **_NUMBER,
            **_PRODUCT,
            "first": date(2027, 3, 1),
            "last": date(2028, 2, 29),
        },
        needed=frozenset({"number"}),
    )
)
CANCELLED = register(
    Occasion(
        code="policy_cancelled",
        name=_("policy cancelled"),
        subject=_("Your policy is cancelled"),
        words=_(
            "Policy %(number)s, %(product)s, is cancelled: nobody is insured by it any more. If"
            " you did not ask for this, call %(help)s."
        ),
        samples={**_NUMBER, **_PRODUCT},
        needed=frozenset({"number"}),
    )
)
ENDORSED = register(
    Occasion(
        code="policy_endorsed",
        name=_("policy endorsed"),
        subject=_("Your policy was endorsed"),
        words=_(
            "Policy %(number)s was endorsed; the paper you had is replaced by edition %(edition)s."
            " Look it up or download it: %(address)s If you did not ask for this, call %(help)s."
        ),
        samples={**_NUMBER, **_PRODUCT, "edition": 2},
        needed=frozenset({"number", "help"}),
    )
)
CONTACT_CHANGED = register(
    Occasion(
        code="contact_changed",
        name=_("contact data changed"),
        subject="",
        words=_(
            "Telephone, e-mail or address of policy %(number)s were changed. If it was not you,"
            " call %(help)s at once."
        ),
        samples={**_NUMBER, **_PRODUCT},
        needed=frozenset({"number", "help"}),
    )
)

COVER_ENDS = register(
    Occasion(
        code="cover_ends",
        name=_("cover ends soon"),
        subject=_("Your cover ends soon"),
        words=_(
            "Policy %(number)s, %(product)s, ends with %(last)s: after that day nobody is insured"
            " by it. Who wants to stay insured needs a new card. %(address)s"
        ),
        samples={**_NUMBER, **_PRODUCT, "last": date(2028, 2, 29)},
        needed=frozenset({"number", "last"}),
    )
)
REFUND_PAID = register(
    Occasion(
        code="policy_refunded",
        name=_("unearned premium paid back"),
        subject=_("Your money is paid back"),
        words=_(
            "%(amount)s are paid back for policy %(number)s, which is cancelled: payment receipt"
            " %(payment)s. If they do not arrive, call %(help)s."
        ),
        samples={
            **_NUMBER,
            **_PRODUCT,
            "amount": Money(Decimal("128.50"), "CNY"),
            "payment": "P-2026-0000045",
        },
        needed=frozenset({"number", "amount"}),
    )
)


def tell_issued(policy: Policy, actor: Actor) -> None:
    """You are insured: by which policy, for what, from when to when, and where it is looked up."""
    first, last = clock.day_of(policy.starts_at), clock.last_day_before(policy.ends_at)
    _tell(policy, ISSUED, {"first": first, "last": last}, actor)


def told_where(policy: Policy) -> list[str]:
    """The phone and the e-mail address that are told of its issue, unless that has failed."""
    told = messages_about(("policy", policy.number)).filter(occasion=ISSUED.code)
    return [
        written_phone(one.recipient) if one.channel == Message.Channel.SMS else one.recipient
        for one in told.exclude(state=Message.State.FAILED).order_by("pk")
    ]


def tell_cancelled(policy: Policy, actor: Actor) -> None:
    """Nobody is insured by it any more."""
    _tell(policy, CANCELLED, {}, actor)


def tell_cover_ends(policy: Policy, actor: Actor) -> None:
    """The last day of cover comes."""
    _tell(policy, COVER_ENDS, {"last": clock.last_day_before(policy.ends_at)}, actor)


def tell_refunded(policy: Policy, amount: Money, payment: str, actor: Actor) -> None:
    """What was unearned of a cancelled policy is paid, by this payment receipt."""
    _tell(policy, REFUND_PAID, {"amount": amount, "payment": payment}, actor)


def tell_endorsed(policy: Policy, actor: Actor) -> None:
    """The policy was put right: its former paper is replaced."""
    _tell(policy, ENDORSED, {"edition": policy.edition}, actor)


def tell_contact_changed(policy: Policy, former_phone: str, actor: Actor) -> None:
    """The phone that was the policy's until now learns that this was changed: whoever did not do it
    can still call."""
    _tell(policy, CONTACT_CHANGED, {}, actor, phone=former_phone)


def language_of(policy: Policy) -> str:
    """The language in which its holder activated the card."""
    return str(policy.evidence.get("language") or settings.LANGUAGE_CODE)


def _tell(
    policy: Policy, occasion: Occasion, facts: Mapping[str, Any], actor: Actor, phone: str = ""
) -> None:
    """On the phone, and by e-mail to whoever gave an address; or on this one phone alone."""
    language = language_of(policy)
    version = policy.product_version
    told = said(
        occasion,
        {
            "number": policy.number,
            "product": Text(zh=version.name_zh, en=version.name_en),
            **facts,
        },
        language=language,
        document_type=policy.source_type,
    )
    messages = [MessageGiven(Message.Channel.SMS, phone or policy.phone, told.words)]
    if policy.email and not phone:
        messages.append(MessageGiven(Message.Channel.EMAIL, policy.email, told.words, told.subject))
    write_messages(
        occasion=occasion.code,
        messages=messages,
        language=language,
        reason=("policy", policy.number),
        organisation=policy.organisation,
        actor=actor,
    )
