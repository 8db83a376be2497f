"""Choosing one thing out of thousands: type a few letters, and choose from what is found; or go
down from the largest to the smallest.

Without script the list comes with the next page; with it, while one types.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from selfcard.products.occupations import classification
from selfcard.products.regions import divisions
from selfcard.products.trees import Entry, Tree

MOST = 8  # found entries on one page; who sees none that fits types more letters


@dataclass(frozen=True)
class Kind:
    """What is chosen: from which list, in which words, and answers that many people give."""

    tree: Callable[[], Tree[Any]]
    box: Any
    roots: Any
    required: Any
    from_list: Any
    common: tuple[str, ...] = ()


OCCUPATION = Kind(
    tree=classification,
    box=_("Type a few letters of it"),
    roots=_("Choose by line of work"),
    required=_("Choose the occupation."),
    from_list=_("Choose the occupation from the list."),
    common=("0101002", "0101001", "0101003", "0101004", "0102001"),
)
DIVISION = Kind(
    tree=divisions,
    box=_("Type a few letters of the district, county or city"),
    roots=_("Choose by province"),
    required=_("Choose the district or county."),
    from_list=_("Choose the district or county from the list."),
)
KINDS = {"occupation": OCCUPATION, "region": DIVISION}


@dataclass(frozen=True)
class Typed:
    """What came of the controls: the code that was chosen, the words in the box, and those to which
    the list belonged that it was chosen from."""

    code: str = ""
    words: str = ""
    listed_for: str = ""

    @classmethod
    def of(cls, value: Any) -> "Typed":
        parts = [value] if isinstance(value, str) else value or []
        return cls(*((part or "").strip() for part in parts))

    def chosen(self, tree: Tree[Any]) -> Entry | None:
        """The answer that was chosen, unless other words were typed since."""
        if not tree.is_last(self.code):
            return None
        stands = self.words in ("", self.listed_for) or tree.fits(self.code, self.words)
        return tree.find(self.code) if stands else None


@dataclass(frozen=True)
class Offer:
    """What stands below the box: answers, and larger things to look into."""

    entries: Sequence[Entry]
    within: Sequence[Entry] = ()
    more: int = 0


def offer(kind: Kind, typed: Typed) -> Offer:
    """What is offered to somebody who chose and typed this."""
    tree = kind.tree()
    if tree.find(typed.code) and not tree.is_last(typed.code):
        return Offer(tree.below(typed.code), within=tree.path(typed.code))
    found = tree.search(typed.words, MOST)
    entries = found.entries if typed.words else tuple(tree.entries[one] for one in kind.common)
    if (chosen := typed.chosen(tree)) and chosen not in entries:
        entries = (chosen, *entries)
    return Offer(entries, more=found.more)


def list_context(kind: str, typed: Typed) -> dict[str, Any]:
    """What the list's template shows."""
    tree, offered = KINDS[kind].tree(), offer(KINDS[kind], typed)
    chosen = typed.chosen(tree)
    rows = [
        {
            "entry": one,
            "above": tree.path(one.code)[len(offered.within) : -1],
            "checked": one == chosen,
            "is_answer": tree.is_last(one.code),
        }
        for one in offered.entries
    ]
    return {
        "kind": KINDS[kind],
        "kind_name": kind,
        "typed": typed,
        "answers": [row for row in rows if row["is_answer"]],
        # Below the answers: of two controls with one name the last that was sent counts.
        "groups": [row for row in rows if not row["is_answer"]],
        "roots": [{"entry": one} for one in tree.below()],
        "within": offered.within,
        "more": offered.more,
        "nothing": bool(typed.words and not rows),
    }


class Pick(forms.MultiWidget):
    """A box to type into, and the list of what was found."""

    template_name = "portal/forms/pick.html"

    def __init__(self, kind: str) -> None:
        self.kind = kind
        box = forms.TextInput(
            {"class": "input input--w-name", "autocomplete": "off", "maxlength": 60}
        )
        super().__init__({"": forms.HiddenInput(), "words": box, "for": forms.HiddenInput()})

    def decompress(self, value: Any) -> list[Any]:
        return [value or "", "", ""]

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        typed = Typed.of(value)
        listed = list_context(self.kind, typed)
        box = context["widget"]["subwidgets"][1]
        if listed["within"]:
            # Whoever looks into something has done with the words.
            box["value"], listed["typed"] = "", Typed(typed.code)
        return context | listed | {"box": box}


class PickField(forms.Field):
    """The code of something from a list with levels; typed words are enough where they mean one
    thing only. Its name in a form is that of its kind."""

    def __init__(self, kind: str, **kwargs: Any) -> None:
        self.kind = KINDS[kind]
        super().__init__(
            widget=Pick(kind), error_messages={"required": self.kind.required}, **kwargs
        )

    def clean(self, value: Any) -> str:
        typed, tree = Typed.of(value), self.kind.tree()
        if chosen := typed.chosen(tree):
            return chosen.code
        if meant := tree.meant(typed.words):
            return str(meant.code)
        if typed.words or typed.code:
            raise ValidationError(str(self.kind.from_list), code="from_list")
        if self.required:
            raise ValidationError(self.error_messages["required"], code="required")
        return ""

    def is_group(self, code: str) -> bool:
        """Whether a code is of something to look into, and no answer."""
        tree = self.kind.tree()
        return tree.find(code) is not None and not tree.is_last(code)


@never_cache
@require_POST
def found(request: HttpRequest, kind: str) -> HttpResponse:
    """The list alone, while somebody types. What was typed is in no address."""
    if kind not in KINDS:
        raise Http404
    words = request.POST.get(f"{kind}_words", "").strip()
    typed = Typed(request.POST.get("into") or request.POST.get(kind, ""), words)
    return render(request, "portal/forms/pick_list.html", list_context(kind, typed))
