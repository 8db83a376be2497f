"""How several things are named in one sentence, and how a sum or a share stands in one."""

from collections.abc import Iterable
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import pgettext


def listed(names: Iterable[object]) -> str:
    """Names one after the other, set apart as the reader's language does."""
    return pgettext("between the names of a list", ", ").join(str(name) for name in names)


def sum_said(amount: Decimal, currency: str) -> str:
    """A sum within a sentence, without cents where there are none: CNY 100."""
    figures = f"{amount:,.{0 if amount == amount.to_integral_value() else 2}f}"
    if currency == "CNY":
        return _("CNY %(amount)s") % {"amount": figures}
    return f"{currency} {figures}"


def share_said(share: Decimal) -> str:
    """A part of a whole, as it is needed: 80%, 12.5%."""
    return f"{(share * 100).normalize():f}%"
