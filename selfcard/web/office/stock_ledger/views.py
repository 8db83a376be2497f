"""The stock ledger as a page with its picture, as files, and the movements behind its figures."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import django_tables2 as tables
from django.http import HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy, pgettext, pgettext_lazy
from django.utils.translation import gettext as _

from selfcard.core import clock
from selfcard.custody.models import Movement
from selfcard.custody.papers.stock_ledger import stock_ledger_pdf
from selfcard.custody.queries.stock_ledger import (
    SEEING_STOCK,
    Column,
    Keepers,
    Line,
    Side,
    StockLedger,
    TypeLedger,
    Within,
    movements_behind,
    stock_ledger,
)
from selfcard.organisations.models import Party
from selfcard.web.office.charts import Chart, Series
from selfcard.web.office.exports import exported
from selfcard.web.office.lists import (
    Blank,
    CountColumn,
    MomentColumn,
    OfficeTable,
    RunColumn,
    list_page,
)
from selfcard.web.office.stock_ledger.forms import Asked, LedgerForm, MovementsForm
from selfcard.web.office.views import OfficeRequest, found, office_view, show
from selfcard.web.templatetags.selfcard import day

# The colour of a column in the picture; the closing line has the last of the ramp.
TONES = {
    "in-print": "printed", "in-issue": "inventory", "in-hand_over": "paid", "in-recall": "refund",
    "in-found": "wait", "in-stock_count": "sold", "in-back": "activated",
    "out-issue": "transit", "out-hand_over": "paid",
    "out-recall": "refund", "out-stock_count": "wait", "out-sale": "sold", "out-void": "void",
    "out-loss": "bad",
}  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """A figure of the ledger, with the address of what is behind it."""

    cards: int
    url: str = ""

    @property
    def off(self) -> int:
        """How many it takes off, where it goes from line to line."""
        return -self.cards


@dataclass(frozen=True)
class ShownLine:
    """A line as the page shows it."""

    line: Line
    title: str | Promise
    note: str | Promise
    url: str
    flows: tuple[Figure, ...]
    closing: Figure

    @property
    def off(self) -> int:
        """How many it takes off on either side, where it goes from line to line."""
        return 0 if self.line.party else -self.line.came


@dataclass(frozen=True)
class ShownType:
    ledger: TypeLedger
    lines: tuple[ShownLine, ...]
    between: ShownLine | None
    together: ShownLine


@office_view(*SEEING_STOCK)
def ledger_page(request: OfficeRequest) -> HttpResponse:
    form = LedgerForm(request)
    if not form.is_valid():
        return show(request, "office/stock_ledger/ledger.html", {"form": form})
    asked = form.asked
    ledger = stock_ledger(asked.keepers, asked.period, asked.document_type)
    if file := exported(request, "stock-ledger", _head(ledger), _rows(ledger)):
        return file
    later = asked.period.moved(1)
    return show(
        request,
        "office/stock_ledger/ledger.html",
        {
            "form": form,
            "asked": asked,
            "ledger": ledger,
            "together": ledger.together,
            "came": [one for one in ledger.columns if one.side == Side.CAME],
            "went": [one for one in ledger.columns if one.side == Side.WENT],
            "types": [_shown(one, ledger, asked) for one in ledger.types],
            "chart": _picture(ledger),
            "pdf_url": asked.pdf,
            "said": _said(asked),
            "earlier_url": asked.at("ledger", period=asked.period.moved(-1)),
            "later_url": asked.at("ledger", period=later) if later.first <= clock.today() else "",
            "goes_on": asked.period.last > clock.today(),
        },
    )


@office_view(*SEEING_STOCK)
def ledger_pdf(request: OfficeRequest, code: str) -> HttpResponse:
    form = LedgerForm(request, party=code)
    if not form.is_valid():
        found(form.cleaned_data.get("party"))
        return show(request, "office/stock_ledger/ledger.html", {"form": form})
    asked = form.asked
    ledger = stock_ledger(asked.keepers, asked.period, asked.document_type)
    pdf = stock_ledger_pdf(ledger, asked.document_type, request.actor, get_language() or "")
    name = f"stock-ledger-{asked.keepers.party.code}-{ledger.period.first}-{ledger.period.last}"
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return response


def _said(asked: Asked) -> SafeString:
    """Whose stock, of which type and column, in which period; what the form asks for."""
    words: list[Any] = [asked.keepers.party.name]
    if asked.column:
        words.append(asked.column.label)
    if asked.document_type:
        words.append(asked.document_type.name)
    words.append(format_html("{} – {}", day(asked.period.first), day(asked.period.last)))
    return format_html_join(" · ", "{}", ((word,) for word in words))


def _shown(one: TypeLedger, ledger: StockLedger, asked: Asked) -> ShownType:
    def shown(line: Line, keepers: Keepers | None, title: Any, note: Any, url: str) -> ShownLine:
        here = asked if keepers is None else Asked(
            keepers, asked.period, one.document_type, asked.span
        )  # fmt: skip
        return ShownLine(
            line=line,
            title=title,
            note=note,
            url=url,
            flows=tuple(
                Figure(
                    line.flows[column],
                    here.at("movements", column=column) if keepers and line.flows[column] else "",
                )
                for column in ledger.columns
            ),
            closing=Figure(line.closing, _cards_of(line, keepers, one, ledger)),
        )

    def of_party(line: Line) -> ShownLine:
        assert line.party is not None
        keepers = asked.keepers.of_line(line.party)
        url = "" if keepers == asked.keepers else asked.at("ledger", keepers=keepers)
        return shown(line, keepers, line.party.name, _note(line.party, keepers, asked), url)

    between = _("From line to line"), _("is in both, and taken off here")
    return ShownType(
        ledger=one,
        lines=tuple(of_party(line) for line in one.lines),
        between=shown(one.between, None, *between, "") if one.between else None,
        together=shown(one.together, asked.keepers, _("Together"), "", ""),
    )


def _note(party: Party, keepers: Keepers, asked: Asked) -> str:
    """Below the name of a line: its code, and how much of its organisation it is."""
    if keepers.within == Within.HERE:
        return _("%(code)s, itself and the people who work there") % {"code": party.code}
    if keepers.within == Within.HOLDER and party == asked.keepers.party and not party.is_person:
        return _("%(code)s, its own stock") % {"code": party.code}
    return party.code


def _cards_of(line: Line, keepers: Keepers | None, one: TypeLedger, ledger: StockLedger) -> str:
    """Where one sees which cards the closing is, if it is today's and one holder's."""
    if keepers is None or keepers.within != Within.HOLDER or ledger.period.last < clock.today():
        return ""
    asked = {"holder": keepers.party.code, "document_type": one.document_type.code}
    return reverse("office:inquiry:range", query=asked)


def _head(ledger: StockLedger) -> list[str | Promise]:
    sides = {Side.CAME: pgettext("stock ledger", "In"), Side.WENT: pgettext("stock ledger", "Out")}
    return [
        _("Document type"), _("Code"), _("Name"),
        pgettext("stock ledger", "Opening"),
        *(f"{sides[one.side]}: {one.label}" for one in ledger.columns),
        pgettext("stock ledger", "Closing"),
    ]  # fmt: skip


def _rows(ledger: StockLedger) -> Iterator[list[Any]]:
    """Every line; with what went from line to line, so that each column adds up to the whole."""
    for one in ledger.types:
        for line in (*one.lines, *filter(None, [one.between])):
            yield [
                one.document_type.code,
                line.party.code if line.party else "",
                line.party.name if line.party else _("From line to line"),
                line.opening,
                *(line.flows[column] for column in ledger.columns),
                line.closing,
            ]


def _picture(ledger: StockLedger) -> Chart:
    """What came upward, what went downward, and the closing as a line over both."""
    used = [one for one in ledger.columns if any(moment.flows[one] for moment in ledger.course)]
    chinese = (get_language() or "").startswith("zh")
    form = ("n月j日" if chinese else "j M") if ledger.by_day else ("Y年n月" if chinese else "M Y")
    return Chart(
        _("In, out and closing by day") if ledger.by_day else _("In, out and closing by month"),
        categories=[date_format(moment.begins, form) for moment in ledger.course],
        series=[
            *(
                Series(
                    one.label,
                    [_signed(one, moment.flows[one]) for moment in ledger.course],
                    TONES.get(one.code, "track"),
                )
                for one in used
            ),
            Series(
                pgettext("stock ledger", "Closing"),
                [one.closing for one in ledger.course],
                "activated",
                line=True,
            ),
        ],
        unit=pgettext_lazy("how many", "Cards"),
    )


def _signed(column: Column, cards: int) -> int:
    return cards if column.side == Side.CAME else -cards


NOWRAP = {"td": {"class": "nowrap"}}


class MovementsTable(OfficeTable):
    """Movements as runs, with the paper of each."""

    at = MomentColumn(verbose_name=pgettext_lazy("when", "Moved"), attrs=NOWRAP)
    serials = RunColumn(verbose_name=gettext_lazy("Serials"), orderable=False)
    cards = CountColumn(
        accessor="run__count", verbose_name=pgettext_lazy("how many", "Cards"), orderable=False
    )
    kind = tables.Column(verbose_name=gettext_lazy("Movement"), attrs=NOWRAP)
    document_type = tables.Column(
        accessor="batch__type_version__document_type__code",
        verbose_name=gettext_lazy("Document type"),
        attrs=NOWRAP,
    )
    holders = tables.TemplateColumn(
        template_name="office/stock_ledger/_holders.html",
        accessor="to_holder__name",
        verbose_name=gettext_lazy("From, to"),
        orderable=False,
        exclude_from_export=True,
    )
    # For files only.
    from_holder = tables.Column(
        accessor="from_holder__name", verbose_name=gettext_lazy("From"), visible=False
    )
    to_holder = tables.Column(
        accessor="to_holder__name", verbose_name=gettext_lazy("To"), visible=False
    )
    paper = tables.TemplateColumn(
        template_name="office/stock_ledger/_paper.html",
        accessor="reason_number",
        verbose_name=gettext_lazy("Paper"),
        orderable=False,
        attrs=NOWRAP,
    )
    by = tables.Column(accessor="actor_name", verbose_name=gettext_lazy("By"), visible=False)

    class Meta(OfficeTable.Meta):
        model = Movement
        fields: ClassVar = (
            "at", "serials", "cards", "kind", "document_type", "holders", "from_holder",
            "to_holder", "paper", "by",
        )  # fmt: skip
        sequence = ("at", "kind", "cards", "...")

    def value_paper(self, value: Any) -> Any:
        return value


@office_view(*SEEING_STOCK)
def movements_page(request: OfficeRequest) -> HttpResponse:
    """The movements of a period by which cards came or went: what a figure is the sum of."""
    form = MovementsForm(request)
    if not form.is_valid():
        return show(request, "office/stock_ledger/movements.html", {"form": form})
    asked = form.asked
    return list_page(
        request,
        rows=movements_behind(asked.keepers, asked.period, asked.column, asked.document_type),
        table=MovementsTable,
        title=_("Movements of stock"),
        lead=_said(asked),
        name="movements",
        template="office/stock_ledger/movements.html",
        blank=Blank(
            _("Nothing came or went"),
            _("No card was moved like this in this period. Choose another, or ask for all."),
            "box",
        ),
        context={"form": form, "ledger_url": asked.at("ledger", column=None)},
    )
