"""What is answered to a message, in the language of its keyword.

No name, no identity number and no PIN is ever in a reply: the number that it goes to may be forged.
"""

from collections.abc import Sequence

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from selfcard.cards.papers.words import ACTIVATION_BY_SMS
from selfcard.cards.queries import printed_versions
from selfcard.core import clock
from selfcard.core.refusals import Refusal
from selfcard.core.wording import listed, written_day
from selfcard.custody.queries import CardState
from selfcard.policies.models import Policy
from selfcard.products.models import ProductVersion
from selfcard.sms.applying import Lack, Understood
from selfcard.sms.grammar import Deed, Mistyped, Slip

_MOST_TOLD = 3


def help_words(about: str = "") -> str:
    """How a card is activated by SMS, as the manual of its kind has it."""
    return _(
        "To activate a card, send %(pattern)s; with it you agree to the insurance terms and the"
        " privacy notice. To ask where a card stands, send %(status)s. All about it: %(address)s."
        " Or call %(help)s."
    ) % {
        "pattern": activation_pattern(),
        "status": _("STATUS#card number#PIN"),
        "address": _manual_of(about),
        "help": settings.HELP_NUMBER,
    }


def activation_pattern() -> str:
    """What is sent to activate a card, as cards and manuals have it."""
    is_chinese = (get_language() or "").startswith("zh")
    return ACTIVATION_BY_SMS.zh if is_chinese else ACTIVATION_BY_SMS.en


def corrections(meant: Mistyped) -> str:
    """All that has to be corrected in a message, and what it should look like."""
    slips = {
        Slip.CARD_MISSING: _("The card number is missing."),
        Slip.CARD_NOT_16_DIGITS: _("A card number has 16 digits."),
        Slip.CARD_MISTYPED: _("The card number has a typing mistake."),
        Slip.PIN_MISSING: _("The PIN is missing."),
        Slip.PIN_NOT_DIGITS: _("A PIN has only digits, usually 12."),
        Slip.NAME_MISSING: _("The name is missing."),
        Slip.NAME_TOO_LONG: _("The name is too long."),
        Slip.IDENTITY_MISSING: _("The identity number is missing."),
        Slip.IDENTITY_IMPOSSIBLE: _("The identity number has a typing mistake."),
        Slip.DATE_IMPOSSIBLE: _("There is no such day."),
    }
    if meant.deed is None:
        return _("We did not understand your message.") + _between() + help_words()
    pattern = _("STATUS#card number#PIN") if meant.deed == Deed.STATUS else activation_pattern()
    told = [slips[one] for one in meant.slips[:_MOST_TOLD]]
    told.append(_("Send: %(pattern)s") % {"pattern": pattern})
    return _between().join(told)


def not_together() -> str:
    """The one answer to a wrong PIN and to a number that no card bears."""
    return _(
        "This card number and PIN cannot be used. Compare both with the card, and send the message"
        " again."
    )


def insured(policy: Policy) -> str:
    """A card that became a policy."""
    return _("Policy %(number)s, %(product)s, covers %(first)s to %(last)s: %(state)s.") % {
        "number": policy.number,
        "product": policy.product_version.name,
        "first": written_day(clock.day_of(policy.starts_at)),
        "last": written_day(clock.last_day_before(policy.ends_at)),
        "state": policy.seen_state(clock.now()).label,
    }


def ready(card: CardState) -> str:
    """A card that nobody has activated."""
    return _(
        "This card can be activated up to %(deadline)s. Nobody is insured by it before that."
    ) % {"deadline": written_day(card.deadline)}


def told_refusals(problems: Sequence[Refusal]) -> str:
    """Why a card could not be activated, the first reasons."""
    return _between().join(str(one) for one in problems[:_MOST_TOLD])


def to_be_said(found: Understood, versions: Sequence[ProductVersion]) -> str:
    """What a message has to say as well."""
    told = [_("We do not know “%(words)s”.") % {"words": one} for one in found.unknown[:1]]
    if Lack.PRODUCT in found.lacks:
        choices = listed(f"{one.product.code} {one.name}" for one in versions)
        told.append(_("Write the product at the end: %(choices)s.") % {"choices": choices})
    if Lack.OCCUPATION in found.lacks:
        told.append(
            _("Write your occupation at the end, such as “office worker”, “retired person”.")
        )
    told.append(_("Send the whole message again."))
    return _between().join(told)


def go_on(device: str) -> str:
    """More is asked than a message can carry."""
    address = settings.PUBLIC_ADDRESS + (f"/from-sms/{device}" if device else "")
    return _(
        "For this we have to ask you more. Go on here with card number and PIN, from where your"
        " message left off: %(address)s"
    ) % {"address": address}


def _manual_of(about: str) -> str:
    """The manual of a kind of card that is named by its code, else of all."""
    known = about and printed_versions().filter(document_type__code__iexact=about).first()
    code = f"{known.code}/" if known else ""
    return f"{settings.PUBLIC_ADDRESS}/manual/{code}"


def _between() -> str:
    return "" if (get_language() or "").startswith("zh") else " "
