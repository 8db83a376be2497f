"""What the applicant of a policy is told of it, on the phone and by e-mail.

No name, no identity number and no PIN is ever in a message: whoever finds the phone learns a
policy's number and what it covers, and opens nothing with it.
"""

from datetime import datetime

from django.conf import settings
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.wording import written_day
from selfcard.messaging.commands import MessageGiven, write_messages
from selfcard.messaging.models import Message
from selfcard.messaging.queries import messages_about
from selfcard.organisations.models import Organisation
from selfcard.policies.identity import written_phone
from selfcard.policies.models import Policy

ISSUED, CANCELLED, CONTACT_CHANGED = "policy_issued", "policy_cancelled", "contact_changed"
ENDORSED = "policy_endorsed"
CODE = "code"


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
        _tell(policy, ISSUED, _("You are insured"), words, actor)


def told_where(policy: Policy) -> list[str]:
    """The phone and the e-mail address that are told of its issue, unless that has failed."""
    told = messages_about(("policy", policy.number)).filter(occasion=ISSUED)
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
        _tell(policy, CANCELLED, _("Your policy is cancelled"), words, actor)


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
        _tell(policy, ENDORSED, _("Your policy was endorsed"), words, actor)


def tell_contact_changed(policy: Policy, former_phone: str, actor: Actor) -> None:
    """The phone that was the policy's until now learns that this was changed: whoever did not do it
    can still call."""
    with translation.override(language_of(policy)):
        words = _(
            "Telephone, e-mail or address of policy %(number)s were changed. If it was not you,"
            " call %(help)s at once."
        ) % {"number": policy.number, "help": settings.HELP_NUMBER}
        _write(policy, CONTACT_CHANGED, [_sms(former_phone, words)], actor)


def tell_code(
    reason: tuple[str, str],
    organisation: Organisation,
    *,
    phone: str,
    words: str,
    secret_until: datetime,
    actor: Actor,
) -> None:
    """A code, in the reader's language; its words are erased once they were sent."""
    write_messages(
        occasion=CODE,
        messages=[_sms(phone, words)],
        language=get_language() or settings.LANGUAGE_CODE,
        reason=reason,
        organisation=organisation,
        secret_until=secret_until,
        actor=actor,
    )


def language_of(policy: Policy) -> str:
    """The language in which its holder activated the card."""
    return str(policy.evidence.get("language") or settings.LANGUAGE_CODE)


def _tell(policy: Policy, occasion: str, subject: str, words: str, actor: Actor) -> None:
    """On the phone, and by e-mail to whoever gave an address."""
    messages = [_sms(policy.phone, words)]
    if policy.email:
        messages.append(
            MessageGiven(Message.Channel.EMAIL, policy.email, signed(words), signed(subject))
        )
    _write(policy, occasion, messages, actor)


def _write(policy: Policy, occasion: str, messages: list[MessageGiven], actor: Actor) -> None:
    write_messages(
        occasion=occasion,
        messages=messages,
        language=get_language() or settings.LANGUAGE_CODE,
        reason=("policy", policy.number),
        organisation=policy.organisation,
        actor=actor,
    )


def _sms(phone: str, words: str) -> MessageGiven:
    return MessageGiven(Message.Channel.SMS, phone, signed(words))


def signed(words: str) -> str:
    """With the insurer's name before it, as a message in the reader's language has it."""
    language = get_language() or settings.LANGUAGE_CODE
    name = settings.INSURER_SHORT_NAME.get(language, settings.INSURER_SHORT_NAME["en"])
    return _("%(insurer)s: %(words)s") % {"insurer": name, "words": words}
