"""Cases of the desk: the list of what is unfinished, beginning, resuming, chasing and closing."""

from typing import Any, ClassVar
from uuid import uuid4

import django_filters
import django_tables2 as tables
from django.conf import settings
from django.contrib import messages
from django.db.models import Count, Min, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from selfcard.activation.commands import (
    begin_case,
    chase_case,
    close_case,
    discard_draft,
    put_case_down,
    speak_in,
)
from selfcard.activation.models import DeskCase
from selfcard.activation.queries import (
    cases_in_reach,
    chases_of,
    find_case,
    may_be_said,
    proof_in_hand,
    why_not_ready,
)
from selfcard.core import clock
from selfcard.core.refusals import Refusal
from selfcard.core.serials import card_number
from selfcard.organisations.models import May
from selfcard.policies.editions import policy_pdf
from selfcard.policies.identity import written_phone
from selfcard.policies.queries import find_policy
from selfcard.web.office.desk.counter import show_till, till_of
from selfcard.web.office.desk.filling import DeskVisit, at_desk
from selfcard.web.office.desk.forms import BeginForm, ChaseForm, CloseForm, LanguageForm
from selfcard.web.office.desk.opening import ask_for_pin, open_with
from selfcard.web.office.desk.reading import insured, not_ready
from selfcard.web.office.desk.steps import next_step
from selfcard.web.office.forms import DeedForm, refusals_shown_on
from selfcard.web.office.lists import (
    Blank,
    ListDeed,
    MomentColumn,
    NumberColumn,
    OfficeFilter,
    OfficeTable,
    StatusColumn,
    Total,
    list_page,
)
from selfcard.web.office.views import OfficeRequest, found, office_view, show
from selfcard.web.portal.views import pdf_answer
from selfcard.web.templatetags.selfcard import age, moment
from selfcard.web.templatetags.selfcard import card_number as card_shown
from selfcard.web.templatetags.selfcard import count as counted

State = DeskCase.State
_ONE_LINE = {"td": {"class": "nowrap"}}


class CaseFilter(OfficeFilter):
    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"), choices=State.choices, empty_label=gettext_lazy("all")
    )
    way = django_filters.ChoiceFilter(
        label=gettext_lazy("Where"), choices=DeskCase.Way.choices, empty_label=gettext_lazy("all")
    )

    class Meta:
        model = DeskCase
        fields: ClassVar = ["state", "way"]


class CaseTable(OfficeTable):
    number = NumberColumn(
        verbose_name=gettext_lazy("Case"), linkify=("office:desk:case", [tables.A("number")])
    )
    state = StatusColumn(gettext_lazy("State"))
    serial = tables.Column(gettext_lazy("Card"))
    step = tables.Column(
        gettext_lazy("Next step"), empty_values=(), orderable=False, attrs=_ONE_LINE
    )
    begun_at = MomentColumn(verbose_name=pgettext_lazy("case", "Since"), attrs=_ONE_LINE)
    touched_at = tables.Column(gettext_lazy("Waits"), attrs=_ONE_LINE, exclude_from_export=True)
    phone = tables.Column(gettext_lazy("Phone"), orderable=False, attrs=_ONE_LINE)
    operator = tables.Column(gettext_lazy("Operator"), accessor="operator__party__name")
    chased_at = MomentColumn(verbose_name=gettext_lazy("Chased"))

    class Meta(OfficeTable.Meta):
        order_by = "-begun_at"

    def render_serial(self, value: int) -> Any:
        return card_shown(value)

    def value_serial(self, value: int) -> str:
        return card_number(value)

    def render_step(self, record: DeskCase) -> str:
        return next_step(record)

    def render_phone(self, value: str) -> str:
        return written_phone(value)

    def value_phone(self, value: str) -> str:
        return value

    def render_touched_at(self, record: DeskCase) -> str:
        return age(record.touched_at) if record.state == State.OPEN else "–"


def _totals(rows: QuerySet[DeskCase]) -> list[Total]:
    open_ = Q(state=State.OPEN)
    sums = rows.order_by().aggregate(
        open=Count("pk", filter=open_),
        done=Count("pk", filter=Q(state=State.DONE)),
        oldest=Min("touched_at", filter=open_),
    )
    since = moment(sums["oldest"]) if sums["oldest"] else "–"
    return [
        Total(_("Unfinished"), counted(sums["open"]), "wait" if sums["open"] else ""),
        Total(_("The oldest waits since"), since),
        Total(pgettext_lazy("cases", "Activated"), counted(sums["done"])),
    ]


@office_view(May.ACTIVATE_FOR_CUSTOMER)
def cases(request: OfficeRequest) -> HttpResponse:
    return list_page(
        request,
        rows=cases_in_reach(request.actor),
        table=CaseTable,
        filters=CaseFilter,
        totals=_totals,
        title=_("Activation desk"),
        lead=_("Customers whom we activate a card for. Unfinished ones are called back."),
        blank=Blank(
            _("No customer yet"),
            _("A case begins when somebody calls or comes who wants to activate a card."),
            icon="headset",
            url=reverse("office:desk:begin"),
            deed=_("Begin with a customer"),
        ),
        name="desk-cases",
        deed=ListDeed(_("Begin with a customer"), reverse("office:desk:begin")),
    )


@office_view(May.ACTIVATE_FOR_CUSTOMER)
def begin(request: OfficeRequest) -> HttpResponse:
    """Which card, in which language, and where to call back."""
    form = BeginForm(request.POST or None, actor=request.actor, initial=_likely(request))
    if form.is_valid():
        with refusals_shown_on(form):
            one = begin_case(**form.cleaned_data, actor=at_desk(request))
            till = till_of(request, one)
            if form.scanned and may_be_said(one) and not (till and till.step):
                return open_with(request, one, form.scanned.pin)
            return redirect("office:desk:case", one.number)
    return show(request, "office/desk/begin.html", {"form": form})


def _likely(request: OfficeRequest) -> dict[str, str]:
    """How it will begin: as the case before, of a customer with several cards; else whoever sells
    stands at a counter.
    """
    if before := find_case(request.actor, request.GET.get("after", "")):
        return {"way": before.way, "language": before.language, "phone": before.phone}
    sells = May.REGISTER_SALES in request.mays
    way = DeskCase.Way.COUNTER if sells else DeskCase.Way.PHONE
    return {"way": request.GET.get("way", way), "language": settings.LANGUAGE_CODE}


@office_view(May.ACTIVATE_FOR_CUSTOMER)
def case(request: OfficeRequest, number: str) -> HttpResponse:
    """A case: the PIN is asked for, or how far it is, or what became of it."""
    one = found(find_case(request.actor, number))
    if one.state == State.DONE:
        return _done(request, one)
    if one.state == State.CLOSED:
        return show(request, "office/desk/closed.html", {"case": one})
    proof = proof_in_hand(one, request.actor)
    if proof is None:
        till = till_of(request, one)
        return show_till(request, one, till) if till and till.step else ask_for_pin(request, one)
    visit = DeskVisit(request, one, proof)
    refusal = why_not_ready(visit.card)
    context = {
        "case": one,
        "card": visit.card,
        "refusal": refusal,
        "begun_elsewhere": visit.begun_elsewhere,
        "read_out": not_ready(one, visit.card),
        "deed": DeedForm(actor=request.actor),
        "next": "" if refusal else visit.address(visit.answers.first_open),
        "next_step": next_step(one),
        "chases": chases_of(one),
    }
    return show(request, "office/desk/case.html", context)


def _done(request: OfficeRequest, one: DeskCase) -> HttpResponse:
    policy = found(find_policy(one.policy_number))
    context = {
        "case": one,
        "policy": policy,
        "read_out": insured(one, policy),
        "may_print": _may_print(request, one),
        "may_see": May.SEE_POLICIES in request.mays,
        "at_counter": one.way == DeskCase.Way.COUNTER,
    }
    return show(request, "office/desk/done.html", context)


def _may_print(request: OfficeRequest, one: DeskCase) -> bool:
    """Whoever activated prints the policy for the customer who still stands there."""
    just_now = one.ended_at and clock.now() < one.ended_at + settings.PROOF_LONGEST
    return bool(just_now) and one.operator_id == request.staff.pk


@office_view(May.ACTIVATE_FOR_CUSTOMER)
def paper(request: OfficeRequest, number: str) -> HttpResponse:
    """The policy of a case, for the customer to take along."""
    one = found(find_case(request.actor, number))
    if not _may_print(request, one):
        return redirect("office:desk:case", one.number)
    policy = found(find_policy(one.policy_number))
    return pdf_answer(policy_pdf(policy, actor=at_desk(request)), f"{policy.number}.pdf")


@office_view(May.ACTIVATE_FOR_CUSTOMER)
@require_POST
def put_down(request: OfficeRequest, number: str) -> HttpResponse:
    """The customer has hung up or left."""
    one = found(find_case(request.actor, number))
    form = DeedForm(request.POST, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            put_case_down(case=one, **form.cleaned_data, actor=at_desk(request))
            messages.success(
                request,
                _("Case %(number)s waits. What was answered is kept; the PIN is asked for again.")
                % {"number": one.number},
            )
            return redirect("office:desk:list")
    return redirect("office:desk:case", one.number)


@office_view(May.ACTIVATE_FOR_CUSTOMER)
@require_POST
def speak(request: OfficeRequest, number: str) -> HttpResponse:
    """Read out in the other language from now on; what was typed on the page stays unsent."""
    one = found(find_case(request.actor, number))
    form = LanguageForm(request.POST, actor=request.actor)
    page = reverse("office:desk:case", args=[one.number])
    if form.is_valid():
        asked_on = form.cleaned_data.pop("page")
        page = asked_on if asked_on.startswith(page) else page
        with refusals_shown_on(form):
            speak_in(case=one, **form.cleaned_data, actor=at_desk(request))
    return redirect(page)


@office_view(May.ACTIVATE_FOR_CUSTOMER)
@require_POST
def begin_afresh(request: OfficeRequest, number: str) -> HttpResponse:
    """Throw away what was filled in for the card elsewhere, and begin here."""
    one = found(find_case(request.actor, number))
    proof = proof_in_hand(one, request.actor)
    if proof:
        try:
            discard_draft(proof=proof, actor=at_desk(request), request_id=uuid4())
        except Refusal as refusal:
            messages.warning(request, str(refusal))
            return redirect("office:desk:case", one.number)
        return redirect("office:desk:product", one.number)
    return redirect("office:desk:case", one.number)


@office_view(May.ACTIVATE_FOR_CUSTOMER)
def chase(request: OfficeRequest, number: str) -> HttpResponse:
    """Note what came of calling the customer back."""
    one = found(find_case(request.actor, number))
    form = ChaseForm(request.POST or None, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            chase_case(case=one, **form.cleaned_data, actor=at_desk(request))
            messages.success(request, _("Noted with case %(number)s.") % {"number": one.number})
            return redirect("office:desk:case", one.number)
    return show(request, "office/desk/chase.html", {"form": form, "case": one})


@office_view(May.ACTIVATE_FOR_CUSTOMER)
def close(request: OfficeRequest, number: str) -> HttpResponse:
    """End a case that becomes no policy."""
    one = found(find_case(request.actor, number))
    form = CloseForm(request.POST or None, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            close_case(case=one, **form.cleaned_data, actor=at_desk(request))
            messages.success(request, _("Case %(number)s is closed.") % {"number": one.number})
            return redirect("office:desk:list")
    return show(request, "office/desk/close.html", {"form": form, "case": one})
