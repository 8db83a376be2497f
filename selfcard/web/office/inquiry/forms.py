from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from selfcard.cards.models import Batch
from selfcard.core.actor import Actor
from selfcard.core.serials import SerialRun
from selfcard.custody.statuses import SeenStatus
from selfcard.inquiry.queries.details import Sought
from selfcard.inquiry.queries.reach import batches_in_reach, holders_in_reach
from selfcard.web.office.fields import (
    CodeField,
    DocumentTypeCodeField,
    PartyCodeField,
    SerialRunsField,
)
from selfcard.web.office.forms import FilterForm


class BatchField(CodeField):
    """A batch by its number."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(reach=batches_in_reach, names=("number",), code="number", **kwargs)

    def option(self, one: Batch) -> tuple[str, str, str]:
        name = str(one.type_version.document_type.name)
        return one.number, name, name


class DetailsForm(FilterForm):
    """Which cards are asked for. Everything may be left out; what is given narrows."""

    widths: ClassVar = {
        "first": 4, "last": 4, "document_type": 4, "batch": 4, "holder": 4, "status": 4,
    }  # fmt: skip

    document_type = DocumentTypeCodeField(required=False)
    first = forms.CharField(
        label=_("Card number or first serial"), required=False, max_length=40, strip=True
    )
    last = forms.CharField(label=_("Last serial"), required=False, max_length=40, strip=True)
    batch = BatchField(label=_("Batch"), required=False)
    holder = PartyCodeField(label=_("Holder"), reach=holders_in_reach, required=False)
    # A field is no attribute of the form, so the form's own status stays.
    status = forms.ChoiceField(  # type: ignore[assignment]
        label=_("Status"), choices=[("", _("all")), *SeenStatus.choices], required=False
    )

    field_order = ["first", "last", "document_type", "batch", "holder", "status"]

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("first", "last"):
            self.fields[name].widget.attrs.update(
                inputmode="numeric", autocomplete="off", spellcheck="false"
            )
        for field in self.fields.values():
            if hasattr(field, "for_actor"):
                field.for_actor(actor)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        row = {"first": given.get("first", ""), "last": given.get("last", ""), "count": ""}
        if row["first"] or row["last"]:
            prefix = getattr(given.get("document_type"), "prefix", "")
            try:
                (given["run"],) = SerialRunsField(label="").clean([row], prefix)
            except forms.ValidationError as problem:
                self.add_error("first", problem.messages)
        return given

    @property
    def sought(self) -> Sought:
        """What the inquiry asks for, once the form is valid."""
        given = self.cleaned_data
        return Sought(
            run=given.get("run"),
            batch=given.get("batch"),
            document_type=given.get("document_type"),
            holder=given.get("holder"),
            status=SeenStatus(given["status"]) if given.get("status") else None,
        )

    @property
    def one_card(self) -> SerialRun | None:
        """The one card that was named, and nothing else."""
        run: SerialRun | None = self.cleaned_data.get("run")
        named_alone = not any(
            self.cleaned_data.get(name) for name in ("last", "batch", "holder", "status")
        )
        return run if run and run.count == 1 and named_alone else None
