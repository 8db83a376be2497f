"""How a sentence tells things: lists and brackets, amounts and days, in the reader's language.

Chinese sets lists and brackets in its own marks. Pages dress amounts and days (`templatetags`); in
a sentence, in a choice or on paper they are plain text.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from selfcard.core.money import Money

SYMBOLS = {"CNY": "¥"}


def between_things() -> str:
    """What stands between the things of a list."""
    return pgettext("between things of a list", ", ")


def listed(things: Iterable[Any]) -> str:
    """“one, two, three”."""
    return between_things().join(map(str, things))


def told(clauses: Iterable[Any]) -> str:
    """“one thing; another”: for things that have commas or brackets themselves."""
    return pgettext("between clauses", "; ").join(map(str, clauses))


def said_by(who: Any, what: Any) -> str:
    """“who: what they said”."""
    return _("%(who)s: %(what)s") % {"who": who, "what": what}


def beside(thing: Any, more: Any) -> str:
    """“thing (more)”."""
    return _("%(thing)s (%(more)s)") % {"thing": thing, "more": more}


def written_money(amount: Money) -> str:
    """An amount with its currency, two decimals and a true minus sign."""
    sign = "−" if amount.amount < 0 else ""
    symbol = SYMBOLS.get(amount.currency, f"{amount.currency} ")
    return f"{sign}{symbol}{abs(amount.amount):,.2f}"


def written_day(day: date) -> str:
    """A calendar day in the reader's convention."""
    return date_format(day, "Y年n月j日" if (get_language() or "").startswith("zh") else "j M Y")


def written_fact(fact: Any) -> Any:
    """What a sentence says of a fact: amounts and days as readers write them."""
    if isinstance(fact, Money):
        return written_money(fact)
    return written_day(fact) if type(fact) is date else fact
