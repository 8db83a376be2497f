"""How several things are named in one sentence."""

from collections.abc import Iterable

from django.utils.translation import pgettext


def listed(names: Iterable[object]) -> str:
    """Names one after the other, set apart as the reader's language does."""
    return pgettext("between the names of a list", ", ").join(str(name) for name in names)
