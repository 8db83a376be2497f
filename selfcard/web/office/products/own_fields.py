"""Fields that a product asks for by itself, beside the usual ones: a row each in its form."""

import re
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from selfcard.core.papers.facts import Text
from selfcard.products.details import Choice, Detail, DetailKind
from selfcard.web.office.forms import OfficeLook, printable_text

_CHOICE = re.compile(r"([a-z][a-z0-9_]*)\s*[:：]\s*(.+?)\s*/\s*(.+)")


class ChoicesField(forms.CharField):
    """What one may choose from, one a line: `own: 自有 / Our own`."""

    widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})
    default_error_messages: ClassVar = {
        "line": _("Write “%(line)s” as a code, the Chinese and the English: own: 自有 / Our own."),
    }

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, tuple):
            return "\n".join(f"{one.code}: {one.name.zh} / {one.name.en}" for one in value)
        return value

    def clean(self, value: Any) -> tuple[Choice, ...]:
        choices = []
        for line in filter(None, map(str.strip, (super().clean(value) or "").splitlines())):
            found = _CHOICE.fullmatch(line)
            if found is None:
                raise ValidationError(self.error_messages["line"], "line", {"line": line[:40]})
            choices.append(Choice(code=found[1], name=Text(zh=found[2], en=found[3])))
        return tuple(choices)


class DetailRow(OfficeLook):
    """One field. A row without a name does not count."""

    name_zh = forms.CharField(
        label=_("Chinese name"), max_length=80, required=False, validators=[printable_text]
    )
    name_en = forms.CharField(
        label=_("English name"), max_length=80, required=False, validators=[printable_text]
    )
    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        required=False,
        validators=[
            RegexValidator(r"^[a-z][a-z0-9_]*$", _("Small letters, figures and underscores."))
        ],
        help_text=_("Small letters, figures and underscores."),
    )
    kind = forms.ChoiceField(
        label=_("How it is answered"),
        choices=[(one.value, capfirst(one.label)) for one in DetailKind],
        required=False,
    )
    lowest = forms.DecimalField(label=_("Least figure"), required=False)
    highest = forms.DecimalField(label=_("Greatest figure"), required=False)
    unit_zh = forms.CharField(label=_("Unit, in Chinese"), max_length=20, required=False)
    unit_en = forms.CharField(label=_("Unit, in English"), max_length=20, required=False)
    choices = ChoicesField(
        label=_("Choices"),
        required=False,
        help_text=_("Where one is to be chosen, one a line: own: 自有 / Our own."),
    )
    optional = forms.BooleanField(label=_("It may be left empty"), required=False)
    of_each_insured = forms.BooleanField(
        label=_("Asked of everybody who is insured"), required=False
    )


def detail_of(said: dict[str, Any]) -> Detail:
    """The field that a row says."""
    unit = Text(zh=said["unit_zh"], en=said["unit_en"]) if said["unit_zh"] else None
    return Detail(
        code=said["code"],
        name=Text(zh=said["name_zh"], en=said["name_en"]),
        kind=DetailKind(said["kind"] or DetailKind.TEXT),
        required=not said["optional"],
        of_each_insured=said["of_each_insured"],
        lowest=said["lowest"],
        highest=said["highest"],
        unit=unit,
        choices=said["choices"],
    )


def shown(detail: Detail) -> dict[str, Any]:
    """The row that says a field."""
    return {
        "name_zh": detail.name.zh,
        "name_en": detail.name.en,
        "code": detail.code,
        "kind": detail.kind.value,
        "lowest": detail.lowest,
        "highest": detail.highest,
        "unit_zh": detail.unit.zh if detail.unit else "",
        "unit_en": detail.unit.en if detail.unit else "",
        "choices": detail.choices,
        "optional": not detail.required,
        "of_each_insured": detail.of_each_insured,
    }
