"""Fields that the office's forms are made of: codes, runs of serials, money, days."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.forms import BaseForm, BoundField
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.functional import cached_property
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from selfcard.core import serials
from selfcard.core.actor import Actor
from selfcard.core.refusals import Refusal
from selfcard.core.serials import SerialRun
from selfcard.custody.deeds import Deed
from selfcard.organisations.models import May, Organisation
from selfcard.organisations.queries import organisations_in_reach, parties_in_reach

CHOICES_SHOWN = 300
EMPTY_ROWS = 3
# So many runs are taken in one form: more than anybody types, and what one would paste.
MOST_RUNS = 2000


class CodeInput(forms.TextInput):
    """A code, typed or chosen: the choices show code, name and pinyin, and work without script."""

    template_name = "forms/code_input.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(
            {"autocomplete": "off", "spellcheck": "false", "data-code": "", **(attrs or {})}
        )
        self.options: Callable[[], list[tuple[str, str, str]]] = list

    def format_value(self, value: Any) -> str | None:
        return value.code if hasattr(value, "code") else super().format_value(value)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        options, widget = self.options(), context["widget"]
        widget["attrs"]["list"] = f"{widget['attrs'].get('id', name)}_choices"
        chosen = next((names for code, names, _ in options if code == widget["value"]), "")
        return context | {"choices": _choices(options), "chosen": chosen}


def _choices(options: Iterable[tuple[str, str, str]]) -> SafeString:
    """The elements of a list of choices: hundreds, too many for a template to walk over."""
    rows = ((code, label, names) for code, names, label in options)
    return format_html_join("", '<option value="{}" label="{}">{}</option>', rows)


class CodeField(forms.Field):
    """One thing out of those in the actor's reach, named by its code.

    A whole code is enough; so is a name or its pinyin where it means one thing only.
    """

    widget = CodeInput
    default_error_messages = {
        "unknown": _("There is nothing with the code “%(code)s” that you may use here."),
        "ambiguous": _("“%(code)s” fits several. Choose one, or type its code."),
    }

    def __init__(
        self,
        *,
        reach: Callable[[Actor], QuerySet[Any]],
        names: Iterable[str] = ("name_zh", "name_en"),
        code: str = "code",
        **kwargs: Any,
    ) -> None:
        self.reach, self.code, self.names = reach, code, tuple(names)
        super().__init__(**kwargs)

    def for_actor(self, actor: Actor) -> None:
        self.actor = actor
        self.widget.options = self.options

    @cached_property
    def queryset(self) -> QuerySet[Any]:
        """What is in the actor's reach; only put together where something is asked of it."""
        return self.reach(self.actor)

    def options(self) -> list[tuple[str, str, str]]:
        """The choices: code, names, and the names with the pinyin by which one may look."""
        return [self.option(one) for one in self.queryset[:CHOICES_SHOWN]]

    def option(self, one: Any) -> tuple[str, str, str]:
        names = " ".join(dict.fromkeys((one.name_zh, one.name_en)))
        pinyin = getattr(one, "pinyin", "")
        return one.code, names, f"{names} · {pinyin}" if pinyin else names

    def clean(self, value: Any) -> Model | None:
        text = (value or "").strip()
        if not text:
            if self.required:
                raise ValidationError(self.error_messages["required"], "required")
            return None
        return self._by_code(text) or self._by_name(text)

    def _by_code(self, text: str) -> Model | None:
        for code in dict.fromkeys((text, text.split()[0])):
            if found := self.queryset.filter(**{f"{self.code}__iexact": code}).first():
                return found
        return None

    def _by_name(self, text: str) -> Model:
        named = Q()
        for name in self.names:
            named |= Q(**{f"{name}__iexact": text})
        found = list(self.queryset.filter(named)[:2])
        if len(found) == 1:
            return found[0]
        raise ValidationError(
            self.error_messages["ambiguous" if found else "unknown"], params={"code": text}
        )


class PartyCodeField(CodeField):
    """An organisation or a person, by code, name or pinyin."""

    def __init__(self, *may: May, reach: Callable[[Actor], QuerySet[Any]] | None = None, **kw: Any):
        super().__init__(
            reach=reach or (lambda actor: parties_in_reach(actor, *may)),
            names=("name_zh", "name_en", "pinyin"),
            **kw,
        )


class OrganisationCodeField(CodeField):
    """An organisation in whose subtree the actor may do a deed."""

    def __init__(self, *may: May, reach: Callable[[Actor], QuerySet[Any]] | None = None, **kw: Any):
        super().__init__(
            reach=reach or (lambda actor: organisations_in_reach(actor, *may)),
            names=("party__name_zh", "party__name_en", "party__pinyin"),
            code="party__code",
            **kw,
        )

    def option(self, one: Organisation) -> tuple[str, str, str]:
        return super().option(one.party)


class DocumentTypeCodeField(CodeField):
    """A document type, by its code."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Document type code"))
        super().__init__(reach=lambda actor: _document_types(), **kwargs)


def _document_types() -> QuerySet[Any]:
    from selfcard.cards.models import DocumentType

    return DocumentType.objects.order_by("code")


class SerialRunsInput(forms.Widget):
    """Rows of first, last and how many; a scanner's Enter goes to the next empty place."""

    template_name = "forms/serial_runs.html"
    use_fieldset = True

    # The field as a page shows it, which knows the answer; none where no answer is given.
    bound: "AnsweredRuns | None" = None

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, str]]:
        lists = (
            data
            if isinstance(data, MultiValueDict)
            else MultiValueDict(
                {key: value if isinstance(value, list) else [value] for key, value in data.items()}
            )
        )
        columns = [lists.getlist(f"{name}-{part}") for part in ("first", "last", "count")]
        rows = []
        for at in range(max(map(len, columns))):
            first, last, count = (c[at].strip() if at < len(c) else "" for c in columns)
            if first or last or count:
                rows.append({"first": first, "last": last, "count": count})
        return rows

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}-first" not in data

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        rows = [_row(one) for one in value or []]
        context["rows"] = rows or [_row(None)]
        # Without script there are a few spare rows; with it, one is added when it is asked for.
        context["spare_rows"] = [_row(None)] * EMPTY_ROWS
        context["empty"] = _row(None)
        context["bound"] = self.bound
        context["most"] = MOST_RUNS
        return context

    def put(self, data: QueryDict, name: str, runs: Iterable[SerialRun]) -> None:
        """Name these runs in what was sent, in place of what was typed."""
        rows = [_row(run) for run in runs]
        for part in ("first", "last", "count"):
            data.setlist(f"{name}-{part}", [row[part] for row in rows])

    def id_for_label(self, id_: str, index: Any = None) -> str:
        return f"{id_}_first" if id_ else id_


def _row(value: Any) -> dict[str, str]:
    if isinstance(value, SerialRun):
        return {
            "first": serials.group_serial(value.first),
            "last": serials.group_serial(value.last),
            "count": f"{value.count:,}",
        }
    return value or {"first": "", "last": "", "count": ""}


class AnsweredRuns(BoundField):
    """Runs on a page, with what is to be said about them."""

    form: Any  # an OfficeForm: it knows the deed

    def as_widget(self, *args: Any, **kwargs: Any) -> SafeString:
        self.field.widget.bound = self
        return super().as_widget(*args, **kwargs)

    @cached_property
    def answer(self) -> Any:
        return self.form.answer_about(self.name)

    @property
    def narrowed(self) -> Any:
        """Whether the cards that fit were put here just now, in place of those typed."""
        return self.form.narrowed == self.name and self.answer and not self.answer.unfitting


class SerialRunsField(forms.Field):
    """Which cards: one or several runs, each first–last, or first and how many, or one card.

    A number is the 15 digits of a serial or the 16 of a card number; where the form has a
    document type (`type_field`), the last nine digits of a serial are enough. Gives a tuple of
    `SerialRun`. With a `deed`, the page says at once which cards fit it; a form that judges by
    rules of its own (`OfficeForm.judged`) says `answered=True`.
    """

    widget = SerialRunsInput
    answer_template = "office/runs_answer.html"
    default_error_messages = {
        "required": _("Name the cards: the first and the last serial, or the first and how many."),
        "count": _("“%(text)s” is not a number of cards."),
        "differs": _("From %(first)s to %(last)s are %(really)s cards, not %(count)s."),
        "first": _("The first serial is missing."),
        "too_many": _(
            "These are %(count)s runs, and one form takes at most %(most)s."
            " Take some out, and send them with another form."
        ),
        "short": _(
            "“%(text)s” is short for a serial. With the document type code it is enough;"
            " without, type the 15 digits, or the 16 of the card number."
        ),
    }

    def __init__(
        self,
        *,
        deed: Deed | None = None,
        answered: bool = False,
        type_field: str = "document_type",
        **kwargs: Any,
    ) -> None:
        self.deed, self.answered, self.type_field = deed, answered or deed is not None, type_field
        kwargs.setdefault("label", _("Cards"))
        super().__init__(**kwargs)

    def get_bound_field(self, form: BaseForm, field_name: str) -> BoundField:
        kind = AnsweredRuns if self.answered else BoundField
        return kind(form, self, field_name)

    def _clean_bound_field(self, bound: BoundField) -> tuple[SerialRun, ...]:
        document_type = bound.form.cleaned_data.get(self.type_field)
        prefix = getattr(document_type, "prefix", "") or ""
        return self.clean(bound.data, str(prefix))

    def clean(self, value: Any, prefix: str = "") -> tuple[SerialRun, ...]:
        if not value:
            if self.required:
                raise ValidationError(self.error_messages["required"], "required")
            return ()
        if len(value) > MOST_RUNS:
            raise ValidationError(
                self.error_messages["too_many"],
                "too_many",
                params={"count": f"{len(value):,}", "most": f"{MOST_RUNS:,}"},
            )
        problems, runs = [], []
        for row in value:
            try:
                runs.append(self._run(row, prefix))
            except Refusal as refusal:
                problems.append(ValidationError(str(refusal)))
            except ValidationError as problem:
                problems.append(problem)
        if problems:
            raise ValidationError(problems)
        return tuple(runs)

    def _run(self, row: dict[str, str], prefix: str) -> SerialRun:
        if not row["first"]:
            raise ValidationError(self.error_messages["first"], "first")
        if not prefix and _is_short(row["first"]):
            raise ValidationError(
                self.error_messages["short"], "short", params={"text": row["first"][:20]}
            )
        first = serials.parse_serial(_whole(row["first"], prefix))
        count = self._count(row["count"])
        if not row["last"]:
            return SerialRun(first, first + (count or 1) - 1)
        last = serials.parse_serial(_whole(row["last"], f"{first:015d}"))
        run = SerialRun(first, last)
        if count is not None and count != run.count:
            raise ValidationError(
                self.error_messages["differs"],
                params={
                    "first": serials.group_serial(first),
                    "last": serials.group_serial(last),
                    "really": f"{run.count:,}",
                    "count": f"{count:,}",
                },
            )
        return run

    def _count(self, text: str) -> int | None:
        digits = re.sub(r"[\s,]", "", unicodedata.normalize("NFKC", text))
        if not digits:
            return None
        if not digits.isascii() or not digits.isdigit() or not 0 < int(digits) < serials.RUNNING:
            raise ValidationError(self.error_messages["count"], params={"text": text[:20]})
        return int(digits)


def _whole(text: str, like: str) -> str:
    """A serial typed short, made whole after the type's prefix or after the first serial."""
    if like and _is_short(text):
        digits = serials.plain_digits(text)
        return like[: serials.PREFIX_DIGITS] + digits.zfill(serials.RUNNING_DIGITS)
    return text


def _is_short(text: str) -> bool:
    """Whether somebody typed the running number of a serial alone."""
    digits = serials.plain_digits(text)
    return digits.isdigit() and len(digits) <= serials.RUNNING_DIGITS


def cards_said(count: int) -> str:
    """“1,000 cards”, in the reader's language."""
    return ngettext("%(count)s card", "%(count)s cards", count) % {"count": f"{count:,}"}


class MoneyField(forms.DecimalField):
    """An amount in the books' currency, typed with or without separators."""

    default_error_messages: ClassVar = {
        "required": _("Fill this in."),
        "invalid": _("This is no amount. Write it in figures, such as 1250.50."),
        "max_decimal_places": _("An amount has at most two decimals."),
        "max_digits": _("So large an amount cannot be entered."),
        "max_whole_digits": _("So large an amount cannot be entered."),
        "min_value": _("An amount is more than nothing."),
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 14)
        kwargs.setdefault("decimal_places", 2)
        kwargs.setdefault("min_value", Decimal("0.01"))
        if not kwargs["min_value"]:
            words = {"min_value": _("An amount cannot be less than nothing.")}
            kwargs["error_messages"] = words | kwargs.get("error_messages", {})
        kwargs.setdefault(
            "widget",
            forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "class": "num"}),
        )
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = re.sub(r"[\s,]", "", unicodedata.normalize("NFKC", value)).lstrip("¥")
        return super().to_python(value)


class CountField(forms.IntegerField):
    """A whole number, typed with or without separators."""

    widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "class": "num"})

    def prepare_value(self, value: Any) -> Any:
        return f"{value:,}" if isinstance(value, int) else value

    def to_python(self, value: Any) -> int | None:
        if isinstance(value, str):
            value = re.sub(r"[\s,]", "", unicodedata.normalize("NFKC", value))
        return super().to_python(value)


class DayField(forms.DateField):
    """A calendar day, chosen in the browser's own way."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
        super().__init__(**kwargs)
