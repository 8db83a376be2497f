"""How the buyer of a sale is told: the phone that they leave, or the notice that is handed over."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from selfcard.organisations.models import May
from selfcard.organisations.queries import may
from selfcard.policies.identity import masked_phone
from selfcard.sales.commands import forget_phone, leave_phone, note_notice_given
from selfcard.sales.models import ActivationNotice, BuyerPhone, Sale
from selfcard.sales.notices import buyer_of, notice_of
from selfcard.sales.queries import sales_in_reach
from selfcard.web.office.forms import DeedForm, refusals_shown_on
from selfcard.web.office.sales.forms import BuyerPhoneForm
from selfcard.web.office.views import OfficeRequest, found, office_view, show


@dataclass(frozen=True)
class Buyer:
    """What the page of a sale says of its buyer; nobody's number is shown in full."""

    left: BuyerPhone | None
    notice: ActivationNotice | None
    may_tell: bool
    deed: DeedForm

    @classmethod
    def of(cls, request: OfficeRequest, sale: Sale) -> "Buyer":
        return cls(
            left=buyer_of(sale),
            notice=notice_of(sale),
            may_tell=may(request.actor, May.REGISTER_SALES, sale.seller_organisation),
            deed=DeedForm(actor=request.actor),
        )

    @property
    def phone(self) -> str:
        return masked_phone(self.left.phone) if self.left else ""

    @property
    def waits(self) -> bool:
        """Whether the notice waits to be handed over."""
        return self.notice is not None and self.notice.given_at is None


@office_view(May.REGISTER_SALES)
def phone(request: OfficeRequest, number: str) -> HttpResponse:
    """The phone that the buyer leaves, or another in its place."""
    sale = _find(request, number)
    left = buyer_of(sale)
    initial = {"language": left.language} if left else {}
    form = BuyerPhoneForm(request.POST or None, actor=request.actor, initial=initial)
    if form.is_valid():
        with refusals_shown_on(form):
            leave_phone(sale=sale, **form.cleaned_data, actor=request.actor)
            messages.success(request, _("The buyer is told on this phone."))
            return redirect("office:sales:sale", number)
    context = {"sale": sale, "form": form, "left": masked_phone(left.phone) if left else ""}
    return show(request, "office/sales/buyer_phone.html", context)


@office_view(May.REGISTER_SALES)
@require_POST
def forget(request: OfficeRequest, number: str) -> HttpResponse:
    """The buyer does not want to be told any more."""
    sale = _find(request, number)
    form = DeedForm(request.POST, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            forget_phone(sale=sale, **form.cleaned_data, actor=request.actor)
            messages.success(request, _("The phone of the buyer is deleted."))
    return _back(request, sale, form)


@office_view(May.REGISTER_SALES)
@require_POST
def notice_given(request: OfficeRequest, number: str) -> HttpResponse:
    """The notice was printed and handed over."""
    sale = _find(request, number)
    form = DeedForm(request.POST, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            note_notice_given(sale=sale, **form.cleaned_data, actor=request.actor)
            messages.success(request, _("The notice is handed over."))
    return _back(request, sale, form)


def _find(request: OfficeRequest, number: str) -> Sale:
    sale: Sale = found(sales_in_reach(request.actor).filter(number=number).first())
    return sale


def _back(request: OfficeRequest, sale: Sale, form: DeedForm) -> HttpResponse:
    for problem in form.problems:
        messages.warning(request, problem.text)
    return redirect("office:sales:sale", sale.number)
