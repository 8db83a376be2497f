"""The forms of the way back: which cards are meant, and what the inspection found of them."""

import re
from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from selfcard.core.actor import Actor
from selfcard.core.serials import SerialRun, merge_runs
from selfcard.custody.queries import RangePart
from selfcard.inquiry.queries.ways_back import WaysBack
from selfcard.sales.commands import Return
from selfcard.sales.models import Sale
from selfcard.sales.queries import sales_in_reach
from selfcard.sales.reckoning import remaining_of
from selfcard.web.office.fields import CodeField, DocumentTypeCodeField, SerialRunsField
from selfcard.web.office.forms import FilterForm, OfficeForm, printable_text
from selfcard.web.office.named import with_runs

# What a page showed of one sale: its number, how it stood, and which cards come back.
SHOWN = re.compile(r"([A-Z0-9-]{1,20})\|(paid|unpaid)\|(\d{1,15}-\d{1,15}(?:,\d{1,15}-\d{1,15})*)")


class SaleField(CodeField):
    """A sale by its whole number; there are too many to choose from."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(reach=sales_in_reach, names=("number",), code="number", **kwargs)

    def options(self) -> list[tuple[str, str, str]]:
        return []


class NamedForm(FilterForm):
    """Which cards are to come back: those of a sale, a range, or one card."""

    sale = SaleField(label=_("Sales ID"), required=False)
    document_type = DocumentTypeCodeField(required=False)
    runs = SerialRunsField(label=_("Cards"), required=False)
    widths: ClassVar = {"sale": 6, "document_type": 6}

    def __init__(self, asked: QueryDict | None, *, actor: Actor) -> None:
        super().__init__(with_runs(asked) if asked else None)
        for field in self.fields.values():
            if hasattr(field, "for_actor"):
                field.for_actor(actor)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self.errors and not (given.get("sale") or given.get("runs")):
            raise ValidationError(_("Name a sale, or the cards."))
        return given

    @property
    def cards(self) -> list[SerialRun]:
        """The cards that are meant: of a sale those that are still out, as far as named."""
        named = merge_runs(self.cleaned_data.get("runs") or ())
        sale: Sale | None = self.cleaned_data.get("sale")
        if sale is None:
            return named
        left = remaining_of(sale)
        if not named:
            return merge_runs(left)
        return [both for run in named for other in left if (both := run.intersection(other))]


class ScratchedField(SerialRunsField):
    """Cards of those that come back whose panel was found scratched."""

    answer_template = "office/ways_back/scratched_answer.html"


class TakeBackForm(OfficeForm):
    """What the inspection found, why the cards come back, and whether the rest is asked for.

    It carries what its page showed, and does just that: sales that were paid meanwhile, or cards
    that were activated, are refused.
    """

    shown = forms.CharField(widget=forms.HiddenInput)
    scratched = ScratchedField(
        answered=True,
        required=False,
        label=_("Scratched panels"),
        help_text=_("Look at each panel. A card whose panel is scratched becomes void."),
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=200, widget=forms.Textarea, validators=[printable_text]
    )
    asks_for_the_rest = forms.BooleanField(
        label=_("Ask the same payer for the rest by a new charge receipt"),
        required=False,
        initial=True,
    )
    refusal_fields: ClassVar = {"serials": "scratched"}

    def __init__(self, *args: Any, found: WaysBack, **kwargs: Any) -> None:
        self.found = found
        kwargs.setdefault("initial", {"shown": _said(found)})
        super().__init__(*args, **kwargs)

    @property
    def asks_anew(self) -> bool:
        """Whether there is a rest that could be asked for."""
        return any(demand.rest for demand in self.found.demands)

    def clean_shown(self) -> list[tuple[Sale, bool, tuple[SerialRun, ...]]]:
        """The sales that the page showed, how each stood, and the cards of it that come back."""
        shown = [SHOWN.fullmatch(line) for line in self.cleaned_data["shown"].split(";")]
        numbers = [line[1] for line in shown if line]
        sales = {one.number: one for one in sales_in_reach(self.actor).filter(number__in=numbers)}
        if not all(line and line[1] in sales for line in shown):
            raise ValidationError(_("This page is too old. Open it again and repeat the step."))
        return [
            (sales[line[1]], line[2] == "paid", tuple(map(_run, line[3].split(","))))
            for line in shown
            if line
        ]

    @property
    def returns(self) -> tuple[Return, ...]:
        """What comes back, sale by sale, as the command takes it."""
        shown = self.cleaned_data["shown"]
        left = list(merge_runs(self.cleaned_data["scratched"]))
        returns = []
        for at, (sale, is_paid, runs) in enumerate(shown):
            scratched = [both for one in left for run in runs if (both := one.intersection(run))]
            if at == len(shown) - 1:
                # What is of none of the sales is refused with the last.
                known = [run for _sale, _paid, others in shown for run in others]
                scratched += [part for one in left for part in one.without(known)]
            returns.append(Return(sale, runs, tuple(scratched), is_paid))
        return tuple(returns)

    def judged(self, name: str, runs: tuple[SerialRun, ...]) -> Iterable[RangePart]:
        coming = self.found.coming_back
        for run in merge_runs(runs):
            for piece in run.cut_at(coming):
                is_coming = any(piece.overlaps(one) for one in coming)
                reason = "" if is_coming else str(_("No: it does not come back now"))
                yield RangePart(piece, None, None, None, usable=is_coming, reason=reason)


def _said(found: WaysBack) -> str:
    return ";".join(
        "{}|{}|{}".format(
            one.sale.number,
            "paid" if one.is_paid else "unpaid",
            ",".join(f"{run.first}-{run.last}" for run in one.runs),
        )
        for one in found.returns
    )


def _run(text: str) -> SerialRun:
    first, _dash, last = text.partition("-")
    return SerialRun(int(first), max(int(first), int(last)))
