"""What is asked of somebody who reports a claim, and what they may add later."""

from datetime import datetime, time

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from selfcard.claims.given import LONGEST_LINE, LONGEST_STORY, NoticeGiven
from selfcard.claims.models import Harm
from selfcard.core import clock
from selfcard.web.forms import RequestIdMixin
from selfcard.web.portal.fields import Choices, DayField, PhoneField, text_input
from selfcard.web.portal.forms import PortalForm
from selfcard.web.portal.picks import PickField
from selfcard.web.uploads import AttachmentsField, FilesInput


def _textarea(rows: int) -> forms.Textarea:
    return forms.Textarea({"class": "input", "rows": rows})


class ReportForm(RequestIdMixin, PortalForm):
    """What happened, when, where and to whom; and whom we call back."""

    longest_answer = LONGEST_STORY

    harm = forms.ChoiceField(
        label=_("What has happened?"),
        choices=lambda: [(one.value, capfirst(one.label)) for one in Harm],
        widget=Choices,
        error_messages={"required": _("Choose what has happened.")},
    )
    happened = DayField(
        label=_("On which day?"),
        error_messages={"required": _("Enter the day on which it happened: day, month and year.")},
    )
    hour = forms.TimeField(
        label=_("At what time? (optional)"),
        help_text=_("For example 14:30. Leave it empty if nobody knows."),
        required=False,
        input_formats=["%H:%M", "%H.%M", "%H：%M", "%H%M"],
        widget=text_input("4", inputmode="numeric", maxlength=5),
        error_messages={"invalid": _("Enter the time as hours and minutes, such as 14:30.")},
    )
    region = PickField("region", label=_("In which district or county? (optional)"), required=False)
    place = forms.CharField(
        label=_("Where exactly?"),
        help_text=_("Street, building, hospital, or the kilometre of a road."),
        max_length=LONGEST_LINE,
        widget=text_input(),
        error_messages={"required": _("Say where it happened.")},
    )
    hurt = forms.CharField(
        label=_("Who was hurt, or what was damaged?"),
        max_length=LONGEST_LINE,
        widget=text_input(),
        error_messages={"required": _("Say who was hurt, or what was damaged.")},
    )
    story = forms.CharField(
        label=_("How did it happen?"),
        help_text=_("A few sentences are enough. Photos and papers come on the next page."),
        max_length=LONGEST_STORY,
        widget=_textarea(6),
        error_messages={"required": _("Say in a few words what happened.")},
    )
    reporter = forms.CharField(
        label=_("Your name"),
        max_length=80,
        widget=text_input(autocomplete="name"),
        error_messages={"required": _("Enter your name.")},
    )
    phone = PhoneField(
        label=_("Your mobile phone"),
        help_text=_("We call you back on it."),
        error_messages={"required": _("Enter a mobile phone number.")},
    )

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


class AddForm(RequestIdMixin, PortalForm):
    """More words, photos and papers for a notice."""

    longest_answer = LONGEST_STORY

    attachments = AttachmentsField(
        label=_("Photos and papers"), required=False, widget=FilesInput({"class": "input"})
    )
    words = forms.CharField(
        label=_("Something to add? (optional)"),
        max_length=LONGEST_STORY,
        required=False,
        widget=_textarea(4),
    )
