"""The classification of occupations, as whoever defines products or answers a customer reads it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import django_tables2 as tables
from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from selfcard.organisations.models import May
from selfcard.products.occupations import CLASSES, Occupation, classification
from selfcard.web.office.lists import Blank, ListFilter, OfficeTable, list_page
from selfcard.web.office.views import OfficeRequest, office_view

NOT_INSURABLE = "none"


class OccupationFilter(ListFilter):
    """What is looked for: some words, a sector, a class."""

    q = forms.CharField(
        label=gettext_lazy("Occupation, trade or code"), required=False, max_length=60
    )
    sector = forms.ChoiceField(label=gettext_lazy("Sector"), required=False)
    risk_class = forms.ChoiceField(label=gettext_lazy("Class"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sector"].choices = [  # type: ignore[attr-defined]
            ("", _("all")),
            *((one.code, str(one)) for one in classification().below()),
        ]
        self.fields["risk_class"].choices = [  # type: ignore[attr-defined]
            ("", _("all")),
            *((str(one), str(one)) for one in CLASSES),
            (NOT_INSURABLE, _("not insurable")),
        ]

    @property
    def wanted(self) -> dict[str, str]:
        """What is asked for; nothing where it cannot be asked."""
        return {name: str(value) for name, value in self.cleaned_data.items() if value}


@dataclass(frozen=True)
class Row:
    """An occupation with the trade that it belongs to."""

    code: str
    name_zh: str
    name_en: str
    trade: str
    risk_class: int | None


class OccupationTable(OfficeTable):
    code = tables.Column(gettext_lazy("Code"), attrs={"td": {"class": "nowrap id"}})
    name_zh = tables.Column(
        gettext_lazy("Occupation in Chinese"), attrs={"td": {"lang": "zh-Hans"}}
    )
    name_en = tables.Column(gettext_lazy("Occupation in English"), attrs={"td": {"lang": "en"}})
    trade = tables.Column(gettext_lazy("Sector and trade"), order_by="code")
    risk_class = tables.Column(
        gettext_lazy("Class"),
        empty_values=(),
        attrs={"th": {"class": "num"}, "td": {"class": "num nowrap"}},
    )

    class Meta(OfficeTable.Meta):
        pass

    def render_risk_class(self, value: int | None) -> Any:
        return value or _("not insurable")

    def value_risk_class(self, value: int | None) -> Any:
        return value or _("not insurable")


@office_view(May.DEFINE_PRODUCTS, May.PUBLISH_PRODUCTS, May.SEE_POLICIES)
def occupations(request: OfficeRequest) -> HttpResponse:
    form = OccupationFilter(request.GET)
    wanted = form.wanted if form.is_valid() else {}
    return list_page(
        request,
        rows=list(_rows(wanted)),
        table=OccupationTable,
        title=_("Occupations"),
        lead=_(
            "The class says how dangerous an occupation is, from 1 in an office to 6. A product"
            " names the classes that it insures."
        ),
        blank=Blank(_("No occupation"), _("The classification is empty."), icon="shield"),
        name="occupations",
        context={"filter": {"form": form}, "filtered": bool(wanted)},
    )


def _rows(wanted: dict[str, str]) -> Iterator[Row]:
    tree = classification()
    for one in _found(wanted.get("q", "")):
        if not one.code.startswith(wanted.get("sector", "")):
            continue
        its_class = str(one.risk_class or NOT_INSURABLE)
        if wanted.get("risk_class", its_class) != its_class:
            continue
        trade = " › ".join(str(each) for each in tree.path(one.code)[:-1])
        yield Row(one.code, one.name_zh, one.name_en, trade, one.risk_class)


def _found(words: str) -> Iterator[Occupation]:
    """The occupations that these words mean, or all; of a trade that is found, all its own."""
    tree = classification()
    entries = tree.search(words, most=len(tree.entries)).entries if words else tree.below()
    for one in entries:
        yield from tree.answers_below(one.code)
