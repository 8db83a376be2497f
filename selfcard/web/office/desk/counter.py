"""At a counter: a card is sold and paid first where it is not yet, by the deeds of the sales and of
the cash desk; and documents that the customer shows are copied.
"""

from dataclasses import dataclass
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from selfcard.activation.commands import add_copies, open_copy
from selfcard.activation.models import CaseCopy, DeskCase
from selfcard.activation.queries import find_case
from selfcard.core.serials import SerialRun
from selfcard.custody.queries import CardState, find_card
from selfcard.custody.statuses import SeenStatus
from selfcard.organisations.models import May
from selfcard.organisations.queries import may, organisation_of
from selfcard.payments.models import Receipt
from selfcard.sales.commands import issue_charge_receipt, register_sale
from selfcard.sales.models import BusinessSource, Sale
from selfcard.sales.queries import live_receipt, sale_of
from selfcard.web.office.desk.filling import DeskVisit, at_desk, in_hand
from selfcard.web.office.desk.forms import CopiesForm, SellForm
from selfcard.web.office.forms import DeedForm, refusals_shown_on
from selfcard.web.office.views import OfficeRequest, found, office_view, show
from selfcard.web.uploads import handed_out

SELLS = (May.REGISTER_SALES, May.SEE_SALES)


@dataclass(frozen=True)
class Till:
    """How far the money of a customer's card is, as those see it who sell where the card is."""

    card: CardState
    sale: Sale | None
    receipt: Receipt | None
    may_sell: bool
    may_ask: bool
    may_confirm: bool

    @property
    def step(self) -> str:
        """What comes next before the PIN is asked for; nothing once the money is here."""
        if self.card.seen == SeenStatus.INVENTORY:
            return "sell"
        if self.card.seen != SeenStatus.SOLD:
            return ""
        return "confirm" if self.receipt else "ask"


def till_of(request: OfficeRequest, case: DeskCase) -> Till | None:
    """The till of a case at a counter; none for whoever does not sell where the card is."""
    card = find_card(case.serial) if case.way == DeskCase.Way.COUNTER else None
    if card is None:
        return None
    sold = card.seen != SeenStatus.INVENTORY
    sale = sale_of(case.serial) if sold else None
    place = sale.seller_organisation if sale else organisation_of(card.holder)
    if not any(may(request.actor, one, place) for one in SELLS):
        return None
    receipt = live_receipt(sale) if sale else None
    return Till(
        card=card,
        sale=sale,
        receipt=receipt,
        may_sell=may(request.actor, May.REGISTER_SALES, place),
        may_ask=may(request.actor, May.ISSUE_RECEIPTS, place),
        may_confirm=receipt is not None
        and receipt.issued_by_id != request.staff.pk
        and may(request.actor, May.CONFIRM_RECEIPTS, place),
    )


def show_till(
    request: OfficeRequest, case: DeskCase, till: Till, form: SellForm | None = None
) -> HttpResponse:
    """Sale, receipt, confirmation: which of them are done, and what comes next."""
    context = {
        "case": case,
        "till": till,
        "form": form or SellForm(actor=request.actor, initial={"seller": request.staff.code}),
        "deed": DeedForm(actor=request.actor),
        "steps": _steps(till),
    }
    return show(request, "office/desk/till.html", context)


def _steps(till: Till) -> list[tuple[str, str]]:
    order = ["sell", "ask", "confirm", "pin"]
    now = order.index(till.step or "pin")
    labels = [_("Sale"), _("Charge receipt"), _("Money confirmed"), _("Activation")]
    return [
        (label, "done" if place < now else "now" if place == now else "")
        for place, label in enumerate(labels)
    ]


@office_view(May.ACTIVATE_FOR_CUSTOMER)
@require_POST
def sell(request: OfficeRequest, number: str) -> HttpResponse:
    """Register the sale of the customer's card, and ask for its money; the rest is as always."""
    case = found(find_case(request.actor, number))
    till = found(till_of(request, case))
    form = SellForm(request.POST, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            sale = register_sale(
                document_type=till.card.type_version.document_type,
                runs=(SerialRun(case.serial, case.serial),),
                seller_organisation=case.organisation,
                seller=form.cleaned_data["seller"],
                business_source=BusinessSource.DIRECT,
                actor=request.actor,
                request_id=form.cleaned_data["request_id"],
            )
            issue_charge_receipt(sales=(sale,), actor=request.actor, request_id=uuid4())
            return redirect("office:desk:case", case.number)
    return show_till(request, case, found(till_of(request, case)), form)


@office_view(May.ACTIVATE_FOR_CUSTOMER)
@require_POST
def ask(request: OfficeRequest, number: str) -> HttpResponse:
    """Ask for the money of a card that is sold already."""
    case = found(find_case(request.actor, number))
    till = found(till_of(request, case))
    form = DeedForm(request.POST, actor=request.actor)
    if till.sale and form.is_valid():
        with refusals_shown_on(form):
            issue_charge_receipt(
                sales=(till.sale,),
                actor=request.actor,
                request_id=form.cleaned_data["request_id"],
            )
        for problem in form.problems:
            messages.warning(request, problem.text)
    return redirect("office:desk:case", case.number)


@office_view(May.ACTIVATE_FOR_CUSTOMER)
@require_GET
def money_waits(request: OfficeRequest, number: str) -> HttpResponse:
    """The page of a till asks here: it is loaded anew when the money has been confirmed."""
    till = till_of(request, found(find_case(request.actor, number)))
    over = till is None or till.step != "confirm"
    return HttpResponse(status=204, headers={"HX-Refresh": "true"} if over else {})


def copies(request: OfficeRequest, visit: DeskVisit) -> HttpResponse:
    """Copies of what the customer shows: those that are kept, and more."""
    case = visit.case
    form = CopiesForm(request.POST or None, files=request.FILES or None, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            add_copies(
                case=case,
                proof=visit.proof,
                files=tuple(form.cleaned_data["copies"]),
                actor=visit.actor,
                request_id=form.cleaned_data["request_id"],
            )
            return redirect("office:desk:copies", case.number)
    context = {
        "case": case,
        "form": form,
        "kept": case.copies.defer("content"),
        "next": visit.address(visit.answers.first_open),
        "deed": DeedForm(actor=request.actor),
    }
    return show(request, "office/desk/copies.html", context)


@office_view(May.ACTIVATE_FOR_CUSTOMER)
def copy(request: OfficeRequest, number: str, place: int) -> HttpResponse:
    """One copy, as a file; who looked at it is written down."""
    case = found(find_case(request.actor, number))
    one: CaseCopy | None = case.copies.filter(place=place).select_related("case").first()
    if one is None:
        raise Http404
    open_copy(copy=one, actor=at_desk(request), request_id=uuid4())
    return handed_out(one.name, one.kind, bytes(one.content))


copies_in_hand = in_hand(copies)
