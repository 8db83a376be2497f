"""Forms of the office for notices of claim."""

from datetime import datetime, time
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from selfcard.claims.given import LONGEST_LINE, LONGEST_STORY, NoticeGiven
from selfcard.claims.models import Harm
from selfcard.core import clock
from selfcard.products.regions import divisions
from selfcard.web.office.fields import DayField
from selfcard.web.office.forms import OfficeForm
from selfcard.web.uploads import AttachmentsField


class DivisionField(forms.CharField):
    """A district or county by its name or its six digits."""

    def clean(self, value: Any) -> str:
        typed = super().clean(value)
        if not typed:
            return ""
        meant = divisions().meant(typed)
        if meant is None:
            raise ValidationError(
                _("No district or county has just this name. Type its six digits or its city, too.")
            )
        return meant.code


class RecordForm(OfficeForm):
    """What a caller, or somebody at the counter, says has happened."""

    number = forms.CharField(
        label=_("Policy number or card number"),
        max_length=40,
        help_text=_("Any card will do, whatever its status."),
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )
    harm = forms.ChoiceField(
        label=pgettext_lazy("claim", "What has happened"), choices=[("", "–"), *Harm.choices]
    )
    happened = DayField(label=_("Day"))
    hour = forms.TimeField(
        label=_("Time of day"),
        required=False,
        help_text=_("Empty where nobody knows."),
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
    )
    region = DivisionField(
        label=_("District or county"), required=False, max_length=60, help_text=_("Name or code.")
    )
    place = forms.CharField(label=_("Where exactly"), max_length=LONGEST_LINE)
    hurt = forms.CharField(label=_("Who was hurt, or what was damaged"), max_length=LONGEST_LINE)
    story = forms.CharField(
        label=_("How it happened"), max_length=LONGEST_STORY, widget=forms.Textarea({"rows": 5})
    )
    reporter = forms.CharField(label=_("Who reports it"), max_length=80)
    phone = forms.CharField(label=_("Mobile phone to call back"), max_length=40)
    widths: ClassVar = {
        "number": 6, "harm": 6, "happened": 3, "hour": 3, "region": 6, "reporter": 6, "phone": 6,
    }  # fmt: skip

    @property
    def given(self) -> NoticeGiven:
        said = self.cleaned_data
        hour: time | None = said["hour"]
        return NoticeGiven(
            harm=Harm(said["harm"]),
            happened_at=datetime.combine(said["happened"], hour or time.min, clock.zone()),
            hour_known=hour is not None,
            region=said["region"],
            place=said["place"],
            story=said["story"],
            hurt=said["hurt"],
            reporter=said["reporter"],
            phone=said["phone"],
        )


class LookForm(OfficeForm):
    """What was found or done; and whether that is all."""

    words = forms.CharField(
        label=_("What you found or did"), max_length=LONGEST_STORY, widget=forms.Textarea
    )
    is_last = forms.BooleanField(
        label=_("Close the notice"),
        required=False,
        help_text=_("Say to whom it was handed on, or why nothing more is to be done."),
    )


class AddForm(OfficeForm):
    """What a caller adds, or brings to the counter."""

    attachments = AttachmentsField(label=_("Photos and papers"), required=False)
    words = forms.CharField(
        label=_("What was said"),
        max_length=LONGEST_STORY,
        required=False,
        widget=forms.Textarea,
    )
