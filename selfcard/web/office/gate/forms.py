from django import forms
from django.utils.translation import gettext_lazy as _

from selfcard.web.office.forms import OfficeForm, printable_text


class UnlockForm(OfficeForm):
    """Why a card may be tried again at once."""

    reason = forms.CharField(
        label=_("Why"),
        help_text=_("Who called, and how they showed that the card is theirs. Never write a PIN."),
        max_length=200,
        widget=forms.Textarea,
        validators=[printable_text],
    )
