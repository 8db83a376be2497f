"""One organisation: how cards come to it."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from selfcard.organisations.commands import set_issue_makes_inventory
from selfcard.organisations.models import May
from selfcard.organisations.queries import organisations_in_reach
from selfcard.web.office.forms import OfficeForm, refusals_shown_on
from selfcard.web.office.views import OfficeRequest, found, office_view, show


class OrganisationForm(OfficeForm):
    """The settings of an organisation."""

    at_once = forms.BooleanField(
        label=gettext_lazy("Cards issued to it are its inventory at once"),
        required=False,
        help_text=gettext_lazy(
            "Nobody checks them in then, and nobody says what is missing. Without it they are in"
            " transit, with the sender, until they are checked in."
        ),
    )


@office_view(May.ADMINISTER)
def organisation(request: OfficeRequest, code: str) -> HttpResponse:
    places = organisations_in_reach(request.actor, May.ADMINISTER).select_related("parent__party")
    one = found(places.filter(party__code=code).first())
    form = OrganisationForm(
        request.POST or None,
        actor=request.actor,
        initial={"at_once": one.issue_makes_inventory},
    )
    if form.is_valid():
        with refusals_shown_on(form):
            set_issue_makes_inventory(organisation=one, **form.cleaned_data, actor=request.actor)
            messages.success(request, _("The settings of %(name)s are kept.") % {"name": one.name})
            return redirect("office:administration:organisation", one.code)
    return show(request, "office/administration/organisation.html", {"place": one, "form": form})
