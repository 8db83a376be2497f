"""The terms of a document type in words, one version beside the other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from selfcard.cards.models import DocumentTypeVersion
from selfcard.core.wording import listed
from selfcard.web.templatetags import selfcard as written


@dataclass(frozen=True)
class Cell:
    """What one version says of one term, and whether the version before said otherwise."""

    said: Any
    is_changed: bool


@dataclass(frozen=True)
class Row:
    label: str | Promise
    cells: tuple[Cell, ...]


def deadline_said(months: int | None, day: date | None) -> Any:
    """The last day to activate, as a version fixes it."""
    if day is not None:
        return written.day(day)
    assert months is not None, "a version has months or a day"
    return ngettext(
        "%(count)d month from the approval", "%(count)d months from the approval", months
    ) % {"count": months}


def use_by_said(months: int | None) -> Any:
    """The last day to sell, as a version fixes it."""
    if months is None:
        return _("as long as it can be activated")
    return deadline_said(months, None)


def tax_said(version: DocumentTypeVersion) -> str:
    return _("tax-free") if version.tax_rate is None else written.percent(version.tax_rate)


def products_said(version: DocumentTypeVersion) -> Any:
    return format_html_join(
        mark_safe("<br>"),
        '<a class="id nowrap" href="{}">{}</a>',
        (
            (reverse("office:products:version", args=[one.product.code, one.number]), one.code)
            for one in (offer.product_version for offer in version.typeproduct_set.all())
        ),
    )


TERMS: tuple[tuple[str | Promise, Callable[[DocumentTypeVersion], Any]], ...] = (
    ("中文", lambda one: one.name_zh),
    ("English", lambda one: one.name_en),
    (gettext_lazy("Face value"), lambda one: written.money(one.face_value, one.currency)),
    (
        gettext_lazy("Last day to activate"),
        lambda one: deadline_said(one.deadline_months, one.deadline_day),
    ),
    (gettext_lazy("Last day to sell"), lambda one: use_by_said(one.use_by_months)),
    (gettext_lazy("PIN length"), lambda one: one.pin_length),
    (
        gettext_lazy("Keywords of SMS"),
        lambda one: listed(filter(None, (one.keyword_zh, one.keyword_en))) or _("as for all cards"),
    ),
    (gettext_lazy("Holding limit"), lambda one: written.count(one.holding_limit)),
    (
        gettext_lazy("Limit of an administrator"),
        lambda one: written.count(one.administrator_limit),
    ),
    (gettext_lazy("Products"), products_said),
    (gettext_lazy("Tax"), tax_said),
)


def beside_each_other(versions: Sequence[DocumentTypeVersion]) -> list[Row]:
    """Each term with what the versions say of it; the newest version comes first."""
    rows = []
    for label, say in TERMS:
        said = [say(one) for one in versions]
        rows.append(Row(label, tuple(_cells(said))))
    return rows


def _cells(said: list[Any]) -> list[Cell]:
    earlier = [*said[1:], said[-1]]
    return [Cell(one, one != before) for one, before in zip(said, earlier, strict=True)]
