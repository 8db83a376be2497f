"""What the applicant of a policy is told of it, on the phone and by e-mail.

No name, no identity number and no PIN is ever in a message: whoever finds the phone learns a
policy's number and what it covers, and opens nothing with it.
"""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils import translation
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.wording import written_day
from selfcard.messaging.commands import MessageGiven, write_messages
from selfcard.messaging.models import Message
from selfcard.messaging.queries import messages_about
from selfcard.policies.identity import written_phone
from selfcard.policies.models import Policy


class Occasion(models.TextChoices):
    """What an applicant is told of."""

    ISSUED = "policy_issued", gettext_lazy("policy issued")
    CANCELLED = "policy_cancelled", gettext_lazy("policy cancelled")
    ENDORSED = "policy_endorsed", gettext_lazy("policy endorsed")
    CONTACT_CHANGED = "contact_changed", gettext_lazy("contact data changed")
    CODE = "code", pgettext_lazy("message", "code")


def tell_issued(policy: Policy, actor: Actor) -> None:
    """You are insured: by which policy, for what, from when to when, and where it is looked up."""
    with translation.override(language_of(policy)):
        words = _(
            "Your card is activated. Policy %(number)s, %(product)s, covers %(first)s to %(last)s."
            " Look it up or download it at any time: %(address)s"
        ) % {
            "number": policy.number,
            "product": policy.product_version.name,
            "first": written_day(clock.day_of(policy.starts_at)),
            "last": written_day(clock.last_day_before(policy.ends_at)),
            "address": settings.PUBLIC_ADDRESS,
        }
        _tell(policy, Occasion.ISSUED, _("You are insured"), words, actor)


def told_where(policy: Policy) -> list[str]:
    """The phone and the e-mail address that are told of its issue, unless that has failed."""
    told = messages_about(("policy", policy.number)).filter(occasion=Occasion.ISSUED)
    return [
        written_phone(one.recipient) if one.channel == Message.Channel.SMS else one.recipient
        for one in told.exclude(state=Message.State.FAILED).order_by("pk")
    ]


def tell_cancelled(policy: Policy, actor: Actor) -> None:
    """Nobody is insured by it any more."""
    with translation.override(language_of(policy)):
        words = _(
            "Policy %(number)s, %(product)s, is cancelled: nobody is insured by it any more. If"
            " you did not ask for this, call %(help)s."
        ) % {
            "number": policy.number,
            "product": policy.product_version.name,
            "help": settings.HELP_NUMBER,
        }
        _tell(policy, Occasion.CANCELLED, _("Your policy is cancelled"), words, actor)


def tell_endorsed(policy: Policy, actor: Actor) -> None:
    """The policy was put right: its former paper is replaced."""
    with translation.override(language_of(policy)):
        words = _(
            "Policy %(number)s was endorsed; the paper you had is replaced by edition %(edition)s."
            " Look it up or download it: %(address)s If you did not ask for this, call %(help)s."
        ) % {
            "number": policy.number,
            "edition": policy.edition,
            "address": settings.PUBLIC_ADDRESS,
            "help": settings.HELP_NUMBER,
        }
        _tell(policy, Occasion.ENDORSED, _("Your policy was endorsed"), words, actor)


def tell_contact_changed(policy: Policy, former_phone: str, actor: Actor) -> None:
    """The phone that was the policy's until now learns that this was changed: whoever did not do it
    can still call."""
    with translation.override(language_of(policy)):
        words = _(
            "Telephone, e-mail or address of policy %(number)s were changed. If it was not you,"
            " call %(help)s at once."
        ) % {"number": policy.number, "help": settings.HELP_NUMBER}
        _write(policy, Occasion.CONTACT_CHANGED, [_sms(former_phone, words)], actor)


def tell_code(
    policy: Policy, phone: str, words: str, *, secret_until: datetime, actor: Actor
) -> None:
    """A code, in the reader's language; its words are erased once they were sent."""
    _write(policy, Occasion.CODE, [_sms(phone, words)], actor, secret_until=secret_until)


def language_of(policy: Policy) -> str:
    """The language in which its holder activated the card."""
    return str(policy.evidence.get("language") or settings.LANGUAGE_CODE)


def _tell(policy: Policy, occasion: Occasion, subject: str, words: str, actor: Actor) -> None:
    """On the phone, and by e-mail to whoever gave an address."""
    messages = [_sms(policy.phone, words)]
    if policy.email:
        messages.append(
            MessageGiven(Message.Channel.EMAIL, policy.email, _signed(words), _signed(subject))
        )
    _write(policy, occasion, messages, actor)


def _write(
    policy: Policy,
    occasion: Occasion,
    messages: list[MessageGiven],
    actor: Actor,
    secret_until: datetime | None = None,
) -> None:
    write_messages(
        occasion=occasion,
        messages=messages,
        language=get_language() or settings.LANGUAGE_CODE,
        reason=("policy", policy.number),
        organisation=policy.organisation,
        secret_until=secret_until,
        actor=actor,
    )


def _sms(phone: str, words: str) -> MessageGiven:
    return MessageGiven(Message.Channel.SMS, phone, _signed(words))


def _signed(words: str) -> str:
    """With the insurer's name before it, as a message in the reader's language has it."""
    language = get_language() or settings.LANGUAGE_CODE
    name = settings.INSURER_SHORT_NAME.get(language, settings.INSURER_SHORT_NAME["en"])
    return _("%(insurer)s: %(words)s") % {"insurer": name, "words": words}
