"""What is answered to a message, in the language of its keyword.

No name, no identity number and no PIN is ever in a reply: the number that it goes to may be forged.
"""

from collections.abc import Sequence

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from selfcard.cards.keywords import Deed
from selfcard.cards.models import DocumentTypeVersion
from selfcard.cards.papers.words import activation_by_sms
from selfcard.cards.queries import printed_versions, products_offered
from selfcard.core import clock
from selfcard.core.refusals import Refusal
from selfcard.core.wording import listed, written_day
from selfcard.custody.queries import CardState
from selfcard.policies.models import Policy
from selfcard.products.models import ProductVersion
from selfcard.sms.applying import Lack, Understood
from selfcard.sms.grammar import Mistyped, Slip

_MOST_TOLD = 3
_LONGEST_SHOWN = 20


def help_words(about: str = "") -> str:
    """How a card is activated by SMS, as the manual of its kind has it; of all where none is named
    by its code."""
    kind = _kind(about)
    return _(
        "To activate a card, send %(pattern)s; with it you agree to the insurance terms and the"
        " privacy notice. To ask where a card stands, send %(status)s. All about it: %(address)s."
        " Or call %(help)s."
    ) % {
        "pattern": _pattern_of(kind),
        "status": _("STATUS#card number#PIN"),
        "address": f"{settings.PUBLIC_ADDRESS}/manual/{f'{kind.code}/' if kind else ''}",
        "help": settings.HELP_NUMBER,
    }


def activation_pattern(
    kind: DocumentTypeVersion | None = None, products: Sequence[ProductVersion] = ()
) -> str:
    """What is sent to activate a card, as cards and manuals have it."""
    pattern = activation_by_sms(kind, products)
    return pattern.zh if (get_language() or "").startswith("zh") else pattern.en


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
    pattern = (
        _("STATUS#card number#PIN")
        if meant.deed == Deed.STATUS
        else _pattern_of(_kind(meant.about))
    )
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
    told = [_("We do not know “%(words)s”.") % {"words": _shown(one)} for one in found.unknown[:1]]
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


def _kind(about: str) -> DocumentTypeVersion | None:
    """The kind of card that is named by its code, as it is printed now."""
    kinds = printed_versions().filter(document_type__code__iexact=about)
    return kinds.order_by("-number").first() if about else None


def _pattern_of(kind: DocumentTypeVersion | None) -> str:
    return activation_pattern(kind, products_offered(kind) if kind else ())


def _shown(words: str) -> str:
    """What was not understood, without digits: it may be a PIN in the wrong place."""
    return "".join("*" if sign.isdigit() else sign for sign in words)[:_LONGEST_SHOWN]


def _between() -> str:
    return "" if (get_language() or "").startswith("zh") else " "
