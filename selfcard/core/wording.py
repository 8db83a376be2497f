"""Words put together in the reader's language: Chinese sets lists and brackets in its own marks."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext


def between_things() -> str:
    """What stands between the things of a list."""
    return pgettext("between things of a list", ", ")


def listed(things: Iterable[Any]) -> str:
    """“one, two, three”."""
    return between_things().join(map(str, things))


def told(clauses: Iterable[Any]) -> str:
    """“one thing; another”: for things that have commas or brackets themselves."""
    return pgettext("between clauses", "; ").join(map(str, clauses))


def beside(thing: Any, more: Any) -> str:
    """“thing (more)”."""
    return _("%(thing)s (%(more)s)") % {"thing": thing, "more": more}
