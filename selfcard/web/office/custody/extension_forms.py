"""The form that asks for a later last day."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from selfcard.custody.deeds import EXTENSION
from selfcard.web.office.fields import DayField, DocumentTypeCodeField, SerialRunsField
from selfcard.web.office.forms import OfficeForm, printable_text


class ExtensionForm(OfficeForm):
    """Which paid cards get a later last day, and why."""

    document_type = DocumentTypeCodeField()
    runs = SerialRunsField(deed=EXTENSION)
    last_day = DayField(
        label=_("New last day"), help_text=_("On this day the cards can still be activated.")
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=200, widget=forms.Textarea, validators=[printable_text]
    )
    widths: ClassVar = {"last_day": 6}
    refusal_fields: ClassVar[dict[str, Any]] = {"serials": "runs"}
