"""Playing the phone: a message goes the whole way in, in its parts, and its reply comes back."""

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.http import Http404, HttpResponse
from django.utils.translation import gettext_lazy as _

from selfcard.messaging.gateways.telephone import received_by
from selfcard.organisations.models import May
from selfcard.policies.identity import written_phone
from selfcard.sms.loopback import send_from_telephone
from selfcard.web.office.forms import OfficeLook
from selfcard.web.office.views import OfficeRequest, office_view, show
from selfcard.web.portal.fields import PhoneField

# Whoever talks with customers, or reads what they were told.
PLAYING = (May.ACTIVATE_FOR_CUSTOMER, May.SEE_POLICIES, May.AUDIT)


class TelephoneForm(OfficeLook):
    """Whose phone it is, and what is sent from it."""

    number = PhoneField(
        label=_("Mobile phone"),
        help_text=_("Any number: nothing is really sent."),
        widget=forms.TextInput({"inputmode": "tel", "autocomplete": "off", "class": "id"}),
    )
    words = forms.CharField(
        label=_("Message to us"),
        help_text=_("“HELP” says what can be sent."),
        required=False,
        max_length=1000,
        widget=forms.Textarea({"rows": 3, "autocomplete": "off"}),
    )
    widths: ClassVar = {"number": 6}

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if "send" in self.data and not given.get("words"):
            self.add_error("words", _("Write the message that is to be sent."))
        return given


@office_view(*PLAYING)
def play(request: OfficeRequest) -> HttpResponse:
    """What a phone has got, and what is sent from it; there is no such page but in a demonstration.

    The number is in no address, and so the page is sent where it only looks as well. Sent twice,
    the same words are one message.
    """
    if not settings.DEMO_MESSAGES:
        raise Http404
    number = ""
    form = TelephoneForm(request.POST or None)
    if form.is_valid():
        number = form.cleaned_data["number"]
        if "send" in request.POST:
            send_from_telephone(number, form.cleaned_data["words"])
        # What was sent may hold a PIN: it does not come back.
        form = TelephoneForm(initial={"number": number})
    facts = {"form": form, "number": written_phone(number), "received": received_by(number)}
    return show(request, "office/telephone/play.html", facts)
