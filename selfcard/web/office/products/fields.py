"""Fields of what a product asks: shares, and things out of a list with levels."""

import re
import unicodedata
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from selfcard.core.wording import listed
from selfcard.products.trees import Entry, Tree

SHOWN = 4


class PercentField(forms.DecimalField):
    """A part of a whole, written in percent; gives the fraction."""

    default_error_messages: ClassVar = {
        "invalid": _("This is no percentage. Write it in figures, such as 80."),
        "max_decimal_places": _("A percentage has at most two decimals."),
        "max_digits": _("A percentage has at most two decimals."),
        "max_whole_digits": _("A percentage is at most 100."),
        "min_value": _("A percentage cannot be less than nothing."),
        "max_value": _("A percentage is at most 100."),
    }

    def __init__(self, **kwargs: Any) -> None:
        bounds = {"min_value": 0, "max_value": 100, "max_digits": 5, "decimal_places": 2}
        attrs = {"inputmode": "decimal", "autocomplete": "off", "class": "num"}
        super().__init__(**{**bounds, "widget": forms.TextInput(attrs=attrs), **kwargs})

    def prepare_value(self, value: Any) -> Any:
        return f"{(value * 100).normalize():f}" if isinstance(value, Decimal) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = re.sub(r"[\s%]", "", unicodedata.normalize("NFKC", value))
        return super().to_python(value)

    def clean(self, value: Any) -> Decimal | None:
        percent = super().clean(value)
        return None if percent is None else percent / 100


class EntriesField(forms.CharField):
    """Things out of a list with levels, one a line: by code, by name or by pinyin.

    Gives their codes. What has others below it stands for all of them.
    """

    widget: forms.Widget | type[forms.Widget] = forms.Textarea(
        attrs={"rows": 3, "spellcheck": "false"}
    )
    default_error_messages: ClassVar = {
        "unknown": _("Nothing is called “%(typed)s”."),
        "ambiguous": _("“%(typed)s” fits several: %(found)s. Write the code of one."),
    }

    def __init__(self, *, tree: Any, **kwargs: Any) -> None:
        self._tree = tree
        super().__init__(**kwargs)

    @property
    def tree(self) -> Tree[Entry]:
        tree: Tree[Entry] = self._tree()
        return tree

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, tuple):
            found = ((code, self.tree.find(code)) for code in value)
            return "\n".join(f"{code} {one}" if one else code for code, one in found)
        return value

    def clean(self, value: Any) -> tuple[str, ...]:
        lines = [line.strip() for line in re.split(r"[\n;；]", super().clean(value) or "")]
        codes, problems = [], []
        for line in filter(None, lines):
            try:
                codes.append(self._code(line))
            except ValidationError as problem:
                problems.append(problem)
        if problems:
            raise ValidationError(problems)
        return tuple(dict.fromkeys(codes))

    def _code(self, line: str) -> str:
        for code in (line, line.split()[0]):
            if self.tree.find(code):
                return code
        named = [one for one in self.tree.entries.values() if line in (one.name_zh, one.name_en)]
        found = named or list(self.tree.search(line, most=SHOWN).entries)
        if len(found) == 1:
            return found[0].code
        said = {"typed": line, "found": listed(f"{one.code} {one}" for one in found)}
        kind = "ambiguous" if found else "unknown"
        raise ValidationError(self.error_messages[kind], kind, said)


class EntryField(EntriesField):
    """One thing out of such a list."""

    widget = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        return super().prepare_value((value,)) if self.tree.find(value or "") else value

    def clean(self, value: Any) -> Any:
        codes = super().clean(value)
        return codes[0] if codes else ""
