"""Lists of the office: filter in the address, sort, page, total, export, and the empty page.

A room gives a queryset that is already limited to what the actor may see, a table (django-tables2)
and, where it helps, a filter (django-filter). The page takes a bounded number of statements: one
to count, one for the rows of the page, and those of the totals.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import django_filters
import django_tables2 as tables
from django import forms
from django.core.paginator import EmptyPage
from django.db.models import Q, QuerySet
from django.forms.renderers import TemplatesSetting
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django_tables2.data import TableQuerysetData
from django_tables2.rows import BoundRows

from selfcard.core import clock
from selfcard.core.wording import written_day
from selfcard.web.office.exports import Text, exported
from selfcard.web.office.reports import Column, filed
from selfcard.web.office.views import OfficeRequest
from selfcard.web.templatetags import selfcard as written

PER_PAGE = 25
# How far a list is counted and summed that grows as long as the insurer is in business: wide rows
# that nobody has read of late take a second for a few tens of thousands.
MOST_COUNTED = 10_000
ROWS_AT_ONCE = 1000


class OfficeTable(tables.Table):
    """A dense table. Columns named below are ready made."""

    class Meta:
        template_name = "office/lists/table.html"
        attrs: ClassVar = {"class": "dense"}
        orderable = True


class NumberColumn(tables.Column):
    """The number of a paper, as the link that opens it: `NumberColumn(linkify=(…))`."""

    def __init__(self, **kwargs: Any) -> None:
        link = {"class": "id"}
        kwargs.setdefault("attrs", {"a": link, "td": {"class": "nowrap id"}})
        super().__init__(**kwargs)


class CountColumn(tables.Column):
    """A number of cards or of anything else, to the right."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("attrs", {"th": {"class": "num"}, "td": {"class": "num"}})
        super().__init__(**kwargs)

    def render(self, value: Any) -> Any:
        return written.count(value)

    def value(self, value: Any) -> Any:
        return value


class MoneyColumn(CountColumn):
    """An amount, to the right; `currency` names where the record keeps its currency."""

    def __init__(self, currency: str = "currency", **kwargs: Any) -> None:
        self.currency = currency
        super().__init__(**kwargs)

    def render(self, value: Any, record: Any) -> Any:  # type: ignore[override]
        return written.money(value, str(tables.A(self.currency).resolve(record, quiet=True)))


class MomentColumn(tables.Column):
    """A day with the time of day."""

    def render(self, value: Any) -> Any:
        return written.moment(value)

    def value(self, value: Any) -> Any:
        return value


class DayColumn(tables.Column):
    """A calendar day."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("attrs", {"td": {"class": "nowrap"}})
        super().__init__(*args, **kwargs)

    def render(self, value: Any) -> Any:
        return written.day(value)

    def value(self, value: Any) -> Any:
        return value


class StatusColumn(tables.Column):
    """A status with its glyph, for a field with choices."""

    def render(self, value: Any, record: Any, bound_column: Any) -> SafeString:
        raw = tables.A(bound_column.accessor).resolve(record, quiet=True)
        return written.status(raw, value)


class RunColumn(tables.Column):
    """A run of serials kept as a range."""

    def render(self, value: Any) -> Any:
        return written.run(_run(value))

    def value(self, value: Any) -> Any:
        return str(_run(value))


def _run(value: Any) -> Any:
    from selfcard.core.serials import SerialRun

    return value if isinstance(value, SerialRun) else SerialRun.of(value)


class _FilterRenderer(TemplatesSetting):
    form_template_name = "office/lists/filter_form.html"
    field_template_name = "office/lists/filter_field.html"


def parties_named(text: str, *parties: str) -> Q:
    """That one of the parties has this code, or a name or pinyin with this in it."""
    named = Q()
    for party in parties:
        named |= Q(**{f"{party}__code__iexact": text})
        for part in ("name_zh", "name_en", "pinyin"):
            named |= Q(**{f"{party}__{part}__icontains": text})
    return named


class OfficeFilter(django_filters.FilterSet):
    """The filters of a list. They stand in the address, so that a list can be shared."""

    def get_form_class(self) -> Any:
        form = super().get_form_class()
        form.default_renderer = _FilterRenderer
        return form


class ListFilter(forms.Form):
    """The filters of a list that is in no table: its view looks for the rows itself."""

    default_renderer = _FilterRenderer


class RowsOfThePage(TableQuerysetData):
    """A long list whose rows bring much with them: a page first finds its own rows, and asks all
    about those only."""

    def __init__(self, data: QuerySet[Any]) -> None:
        super().__init__(data)
        self._pages: dict[tuple[int, int], QuerySet[Any]] = {}

    def __getitem__(self, key: Any) -> Any:
        if not isinstance(key, slice):
            return super().__getitem__(key)
        if (page := (key.start, key.stop)) not in self._pages:
            found = list(self.data.values_list("pk", flat=True)[key])
            self._pages[page] = self.data.filter(pk__in=found)
        return self._pages[page]


class EndlessRows(RowsOfThePage):
    """A long list that grows for ever: it is counted so far, and filters find what follows."""

    @cached_property
    def found(self) -> int:
        found: int = self.data.order_by()[: MOST_COUNTED + 1].count()
        return found

    @property
    def has_more(self) -> bool:
        return self.found > MOST_COUNTED

    def __len__(self) -> int:
        return min(self.found, MOST_COUNTED)


@dataclass(frozen=True)
class Blank:
    """What an empty list says: what comes first, and the link to it."""

    title: Text
    text: Text
    icon: str = "inbox"
    url: str = ""
    deed: Text = ""


@dataclass(frozen=True)
class Total:
    """A figure of everything that the filter leaves, above the rows."""

    label: Text
    value: Any
    tone: str = ""


@dataclass(frozen=True)
class ListDeed:
    """What is created or done from a list, as its one primary button."""

    label: Text
    url: str


def list_page(
    request: OfficeRequest,
    *,
    rows: QuerySet[Any] | Sequence[Any],
    table: type[OfficeTable],
    title: Text,
    blank: Blank,
    lead: Text = "",
    filters: type[OfficeFilter] | None = None,
    totals: Callable[[Any], Iterable[Total]] | None = None,
    deed: ListDeed | None = None,
    name: str = "list",
    template: str = "office/lists/list.html",
    context: dict[str, Any] | None = None,
    printed: bool = False,
    long: bool = False,
    endless: bool = False,
) -> HttpResponse:
    """A whole list page, or the file that the address asks for (`?export=xlsx`).

    A `long` one brings much with each row, and asks it of the rows of the page only. An `endless`
    one is counted and summed no further than `MOST_COUNTED`: beyond, a filter has to say of what.
    A list that is `printed` is also a paper (`?export=pdf`), with what it was filtered by.
    """
    filter_set = filters(request.GET, queryset=rows, request=request) if filters else None
    shown = filter_set.qs if filter_set else rows
    made = table(_read(shown, long=long, endless=endless), request=request)
    tables.RequestConfig(request, paginate=False).configure(made)
    if printed and request.GET.get("export") == "pdf":
        return _paper(request, made, name, str(title), filter_set)
    if file := _export(request, made, name):
        return file
    _turn_to(made, page_number(request))
    total = made.paginator.count
    has_more = isinstance(made.data, EndlessRows) and made.data.has_more
    return render(
        request,
        template,
        {
            "title": title,
            "lead": lead,
            "table": made,
            "filter": filter_set,
            "filtered": bool(
                filter_set and any(filter_set.form.data.get(f) for f in filter_set.filters)
            ),
            "total": total,
            "has_more": has_more,
            "totals": list(totals(shown)) if totals and total and not has_more else [],
            "blank": blank,
            "deed": deed,
            "printed": printed,
            **(context or {}),
        },
    )


def _read(rows: Any, *, long: bool, endless: bool) -> Any:
    """Rows as a table reads them."""
    if not isinstance(rows, QuerySet):
        return rows
    if endless:
        return EndlessRows(rows)
    return RowsOfThePage(rows) if long else rows


def page_number(request: OfficeRequest) -> int:
    """The page asked for; anything that is not a page is the first."""
    text = request.GET.get("page", "1")
    return max(int(text), 1) if text.isdigit() and len(text) < 9 else 1


def _turn_to(table: OfficeTable, number: int) -> None:
    """Turn to a page; the last one where the list has become shorter."""
    try:
        table.paginate(page=number, per_page=PER_PAGE)
    except EmptyPage:
        table.page = table.paginator.page(table.paginator.num_pages)


def _export(request: OfficeRequest, table: OfficeTable, name: str) -> HttpResponse | None:
    """The whole list as a file, if the address asks for one; it is never held in memory."""
    columns = _columns_of(table)
    return exported(request, name, [column.header for column in columns], _rows_of(table, columns))


def _paper(
    request: OfficeRequest,
    table: OfficeTable,
    name: str,
    title: str,
    filter_set: django_filters.FilterSet | None,
) -> HttpResponse:
    """The whole list as a paper: figures to the right, and what it was filtered by."""
    columns = _columns_of(table)
    file = filed(
        request,
        name,
        title=title,
        period=written_day(clock.today()),
        asked=list(_asked(filter_set)) if filter_set else (),
        columns=[
            Column(str(column.header), figures=isinstance(column.column, CountColumn))
            for column in columns
        ],
        rows=_rows_of(table, columns),
    )
    assert file is not None, "a paper was asked for"
    return file


def _asked(filter_set: django_filters.FilterSet) -> Iterator[tuple[str, str]]:
    """What a list was filtered by, as a reader says it."""
    for name, value in filter_set.form.cleaned_data.items():
        if value:
            choices = dict(getattr(filter_set.form.fields[name], "choices", ()))
            yield str(filter_set.form.fields[name].label), str(choices.get(value, value))


def _columns_of(table: OfficeTable) -> list[Any]:
    return [one for one in table.columns.iterall() if not one.column.exclude_from_export]


def _rows_of(table: OfficeTable, columns: list[Any]) -> Iterator[list[Any]]:
    records = table.data.data
    if isinstance(records, QuerySet):
        records = records.iterator(chunk_size=ROWS_AT_ONCE)
    for row in BoundRows(records, table):
        yield [row.get_cell_value(column.name) for column in columns]
