"""Opening the card of a case: the PIN is said and typed, or entered on the customer's phone."""

from uuid import uuid4

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from selfcard.activation.commands import send_pin_link, take_case
from selfcard.activation.models import DeskCase
from selfcard.activation.queries import (
    chases_of,
    find_case,
    may_be_linked,
    may_be_said,
    staff_source,
    toll_for,
    waits_for_link,
    why_not_ready,
)
from selfcard.core.serials import card_number
from selfcard.organisations.models import May
from selfcard.web.office.desk.filling import DeskVisit, at_desk
from selfcard.web.office.desk.forms import LinkForm, PinForm
from selfcard.web.office.desk.reading import pin as pin_read_out
from selfcard.web.office.desk.steps import next_step
from selfcard.web.office.forms import DeedForm, refusals_shown_on
from selfcard.web.office.views import OfficeRequest, found, office_view, show
from selfcard.web.portal.views import through_the_gate


def ask_for_pin(request: OfficeRequest, one: DeskCase, form: PinForm | None = None) -> HttpResponse:
    """The same gate as everybody's; then on to the first question that is open."""
    actor = at_desk(request)
    form = form or PinForm(request.POST or None)
    if may_be_said(one) and form.is_valid():
        number, source = card_number(one.serial), staff_source(actor)
        proof = through_the_gate(form, card_number=number, source=source, actor=actor)
        if proof:
            take_case(case=one, proof=proof, actor=actor, request_id=uuid4())
            visit = DeskVisit(request, found(find_case(actor, one.number)), proof)
            if why_not_ready(visit.card) or visit.begun_elsewhere:
                return redirect("office:desk:case", one.number)
            return redirect(visit.address(visit.answers.first_open))
    return _shown(request, one, form, _link_form(request, one))


def open_with(request: OfficeRequest, one: DeskCase, pin: str) -> HttpResponse:
    """The code under the panel was scanned, and has said the PIN as well."""
    return ask_for_pin(request, one, PinForm({"pin": pin, "request_id": str(uuid4())}))


@office_view(May.ACTIVATE_FOR_CUSTOMER)
@require_POST
def link(request: OfficeRequest, number: str) -> HttpResponse:
    """Send the customer a link, by which they enter the PIN themselves."""
    one = found(find_case(request.actor, number))
    form = LinkForm(request.POST, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            send_pin_link(case=one, **form.cleaned_data, actor=at_desk(request))
            return redirect("office:desk:case", one.number)
    return _shown(request, one, PinForm(), form)


@office_view(May.ACTIVATE_FOR_CUSTOMER)
@require_GET
def link_waits(request: OfficeRequest, number: str) -> HttpResponse:
    """The page of a case that waits for a PIN asks here: it is loaded anew when that is over."""
    over = not waits_for_link(found(find_case(request.actor, number)))
    return HttpResponse(status=204, headers={"HX-Refresh": "true"} if over else {})


def _link_form(request: OfficeRequest, one: DeskCase) -> LinkForm:
    return LinkForm(actor=request.actor, initial={"phone": one.phone})


def _shown(request: OfficeRequest, one: DeskCase, form: PinForm, link: LinkForm) -> HttpResponse:
    toll = toll_for(staff_source(at_desk(request)))
    form.ask_for(toll)
    link.ask_for(toll)
    context = {
        "case": one,
        "form": form,
        "link": link,
        "may_say": may_be_said(one),
        "may_link": may_be_linked(one),
        "waits": waits_for_link(one),
        "read_out": pin_read_out(one),
        "next_step": next_step(one),
        "chases": chases_of(one),
        "deed": DeedForm(actor=request.actor),
    }
    response = show(request, "office/desk/pin.html", context)
    response.status_code = 429 if form.waits else max(response.status_code, link.status)
    return response
