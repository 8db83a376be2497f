from collections.abc import Callable, Iterable
from datetime import date, datetime, time
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.html import strip_tags
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from selfcard.cards.models import Batch
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.serials import SerialRun, merge_runs
from selfcard.custody.queries import find_serial_of_policy
from selfcard.custody.statuses import SeenStatus
from selfcard.inquiry.queries.details import books_began
from selfcard.inquiry.queries.reach import (
    SEEING_CARDS,
    batches_in_reach,
    holders_in_reach,
)
from selfcard.inquiry.queries.sought import Sought
from selfcard.payments.queries import receipts_in_reach
from selfcard.policies.queries import policies_in_reach
from selfcard.sales.queries import runs_of, sales_in_reach
from selfcard.web.office.fields import (
    CodeField,
    DayField,
    DocumentTypeCodeField,
    OrganisationCodeField,
    PartyCodeField,
    SerialRunsField,
)
from selfcard.web.office.forms import FilterForm
from selfcard.web.office.named import with_runs
from selfcard.web.templatetags.selfcard import day as day_said

MORE = ("sale", "receipt", "policy", "day", "hour")


class BatchField(CodeField):
    """A batch by its number."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(reach=batches_in_reach, names=("number",), code="number", **kwargs)

    def option(self, one: Batch) -> tuple[str, str, str]:
        name = str(one.type_version.document_type.name)
        return one.number, name, name


class PaperField(CodeField):
    """A paper that names cards, by its whole number; there are too many to choose from."""

    def __init__(self, *, reach: Callable[[Actor], QuerySet[Any]], **kwargs: Any) -> None:
        super().__init__(reach=reach, names=("number",), code="number", **kwargs)

    def options(self) -> list[tuple[str, str, str]]:
        return []


class DetailsForm(FilterForm):
    """Which cards are asked for, and as of when. What is given narrows; all may be left out."""

    widths: ClassVar = {
        "document_type": 4, "batch": 4, "status": 4, "organisation": 6, "holder": 6, "sale": 4,
        "receipt": 4, "policy": 4, "day": 4, "hour": 4,
    }  # fmt: skip

    runs = SerialRunsField(label=_("Cards"), required=False)
    document_type = DocumentTypeCodeField(required=False)
    batch = BatchField(label=_("Batch"), required=False)
    # A field is no attribute of the form, so the form's own status stays.
    status = forms.ChoiceField(  # type: ignore[assignment]
        label=_("Status"), choices=[("", _("all")), *SeenStatus.choices], required=False
    )
    organisation = OrganisationCodeField(
        *SEEING_CARDS, label=_("Organisation, with everything below it"), required=False
    )
    holder = PartyCodeField(label=_("Holder"), reach=holders_in_reach, required=False)
    sale = PaperField(label=_("Sales ID"), reach=sales_in_reach, required=False)
    receipt = PaperField(label=_("Receipt number"), reach=receipts_in_reach, required=False)
    policy = PaperField(label=_("Policy number"), reach=policies_in_reach, required=False)
    day = DayField(label=_("As of the end of"), required=False)
    hour = forms.TimeField(
        label=pgettext_lazy("of the day", "or at"),
        required=False,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
    )

    field_order = [
        "document_type", "batch", "status", "runs", "organisation", "holder", "sale", "receipt",
        "policy", "day", "hour",
    ]  # fmt: skip

    def __init__(self, asked: QueryDict | None, *, actor: Actor) -> None:
        self.actor = actor
        super().__init__(with_runs(asked) if asked else None)
        for field in self.fields.values():
            if hasattr(field, "for_actor"):
                field.for_actor(actor)

    @property
    def plain(self) -> list[forms.BoundField]:
        """What is asked for most."""
        return [self[name] for name in self.fields if name not in MORE]

    @property
    def more(self) -> list[forms.BoundField]:
        return [self[name] for name in MORE]

    @property
    def asks_more(self) -> bool:
        return any(field.data or field.errors for field in self.more)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        given["at"] = self._moment(given.get("day"), given.get("hour"))
        if not self.errors:
            given["named"] = self._named(given)
        return given

    def _moment(self, day: date | None, hour: time | None) -> datetime | None:
        """The moment asked for; a day means its end, and today means now."""
        if day is None:
            if hour:
                self.add_error("day", _("Name the day, too."))
            return None
        today = clock.today()
        if hour is None and day == today:
            return None
        at = datetime.combine(day, time.max if hour is None else hour, clock.zone())
        if day > today or at > clock.now():
            self.add_error("day", _("That is still to come: ask for a moment of the past."))
            return None
        began = books_began()
        if began is None or at < began:
            self.add_error("day", _before_the_books(began))
            return None
        return at

    def _named(self, given: dict[str, Any]) -> tuple[SerialRun, ...]:
        """The cards that runs and papers name together: those that all of them name."""
        named: list[list[SerialRun]] = [merge_runs(given["runs"])] if given.get("runs") else []
        if sale := given.get("sale"):
            named.append(merge_runs(runs_of(sale)))
        if receipt := given.get("receipt"):
            sale = sales_in_reach(self.actor).filter(receipts__receipt=receipt).first()
            named.append(merge_runs(runs_of(sale)) if sale else [])
        if policy := given.get("policy"):
            serial = find_serial_of_policy(policy.number)
            named.append([SerialRun(serial, serial)] if serial else [])
        if not named:
            return ()
        common = named[0]
        for runs in named[1:]:
            common = list(_in_both(common, runs))
        if not common:
            raise ValidationError(_("These numbers have no cards in common that you may see."))
        return tuple(common)

    @property
    def sought(self) -> Sought:
        """What the inquiry asks for, once the form is valid."""
        given = self.cleaned_data
        return Sought(
            runs=given["named"],
            batch=given.get("batch"),
            document_type=given.get("document_type"),
            holder=given.get("holder"),
            organisation=given.get("organisation"),
            status=SeenStatus(given["status"]) if given.get("status") else None,
            at=given["at"],
        )

    @property
    def one_card(self) -> SerialRun | None:
        """The one card that was named, and nothing else but its type."""
        others = ("batch", "holder", "organisation", "status", "sale", "receipt", "day")
        runs: tuple[SerialRun, ...] = self.cleaned_data["named"]
        alone = not any(self.cleaned_data.get(name) for name in others)
        typed_as_range = any(row["last"] or row["count"] for row in self["runs"].data or ())
        if alone and len(runs) == 1 and runs[0].count == 1 and not typed_as_range:
            return runs[0]
        return None


def _in_both(runs: Iterable[SerialRun], others: list[SerialRun]) -> Iterable[SerialRun]:
    return (both for run in runs for other in others if (both := run.intersection(other)))


def _before_the_books(began: datetime | None) -> str:
    if began is None:
        return str(_("There are no cards in the books yet."))
    day = strip_tags(day_said(began))
    return str(_("The books begin on %(day)s: ask for a later moment.") % {"day": day})
