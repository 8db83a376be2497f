"""A caller enters the PIN on their own phone, for the member of staff they are talking with.

The address names no card, and the pages say nothing of one: whoever finds the link learns nothing.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from selfcard.activation.commands import enter_pin_by_link
from selfcard.activation.queries import find_case_of_link
from selfcard.web.portal.forms import PinForm
from selfcard.web.portal.views import shown, tried
from selfcard.web.portal.visit import asking

NOT_THIS_PIN = _("This PIN cannot be used. Compare every digit with your card.")


@never_cache
def enter(request: HttpRequest, token: str) -> HttpResponse:
    """The PIN, and nothing else."""
    form = PinForm(request.POST or None)
    if form.is_valid():
        pin = form.cleaned_data["pin"]
        if tried(form, enter_pin_by_link, NOT_THIS_PIN, token=token, pin=pin, **asking(request)):
            return redirect("portal:pin_entered")
    if find_case_of_link(token) is None:
        return render(request, "portal/pin_link_over.html", status=410)
    return shown(request, "portal/pin_link.html", form, {})


@never_cache
@require_GET
def entered(request: HttpRequest) -> HttpResponse:
    """The staff go on."""
    return render(request, "portal/pin_entered.html")
