"""Recording a notice of claim for somebody, and what the staff do with one."""

from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from selfcard.claims.commands import (
    add_to_notice,
    look_at_notice,
    open_attachment,
    record_notice,
    take_notice,
)
from selfcard.claims.errors import NoSuchNotice, NothingToReport
from selfcard.claims.models import Notice
from selfcard.claims.queries import (
    access_notice,
    answers_for,
    entries_of,
    find_attachment,
    other_notices,
    what_is_meant,
)
from selfcard.core import clock
from selfcard.custody.queries import CardState
from selfcard.organisations.models import May
from selfcard.organisations.queries import may
from selfcard.policies.identity import written_phone
from selfcard.policies.models import Policy
from selfcard.policies.queries import policies_in_reach
from selfcard.products.regions import region_in_full
from selfcard.web.office.claims.forms import AddForm, LookForm, RecordForm
from selfcard.web.office.forms import DeedForm, OfficeForm, refusals_shown_on
from selfcard.web.office.views import OfficeRequest, found, office_view, show
from selfcard.web.uploads import handed_out


@office_view(May.HANDLE_CLAIMS)
def record(request: OfficeRequest) -> HttpResponse:
    """Write down what a caller says, for any policy and any card in reach."""
    form = RecordForm(
        request.POST or None,
        actor=request.actor,
        initial={"number": request.GET.get("number", ""), "happened": clock.today()},
    )
    if form.is_valid():
        with refusals_shown_on(form):
            meant = _meant(request, form.cleaned_data["number"])
            one = record_notice(
                policy=meant if isinstance(meant, Policy) else None,
                serial=meant.serial if isinstance(meant, CardState) else None,
                given=form.given,
                actor=request.actor,
                request_id=form.cleaned_data["request_id"],
            )
            said = _("%(number)s: the notice of claim is recorded.") % {"number": one.number}
            messages.success(request, said)
            return redirect("office:claims:notice", one.number)
    return show(request, "office/claims/record.html", {"form": form})


@office_view(May.HANDLE_CLAIMS)
def notice(request: OfficeRequest, number: str) -> HttpResponse:
    """One notice: what it says, what came later, and what can be done."""
    return _page(request, _access(request, number))


@office_view(May.HANDLE_CLAIMS)
def take(request: OfficeRequest, number: str) -> HttpResponse:
    """Take it on: a button on its page."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    one = _access(request, number)
    form = DeedForm(request.POST, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            take_notice(notice=one, actor=request.actor, **form.cleaned_data)
            messages.success(request, _("You have taken %(number)s on.") % {"number": one.number})
            return redirect("office:claims:notice", one.number)
    return _page(request, one, refused=form)


@office_view(May.HANDLE_CLAIMS)
def look(request: OfficeRequest, number: str) -> HttpResponse:
    """Write down what was found or done; the last such words close it."""
    one = _access(request, number)
    form = LookForm(request.POST or None, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            look_at_notice(notice=one, actor=request.actor, **form.cleaned_data)
            return redirect("office:claims:notice", one.number)
    if one.state != Notice.State.IN_REVIEW and not form.is_bound:
        return redirect("office:claims:notice", one.number)
    return show(request, "office/claims/look.html", {"form": form, "notice": one})


@office_view(May.HANDLE_CLAIMS)
def add(request: OfficeRequest, number: str) -> HttpResponse:
    """Add what a caller says, or what somebody brings to the counter."""
    one = _access(request, number)
    form = AddForm(request.POST or None, files=request.FILES or None, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            add_to_notice(notice=one, actor=request.actor, **form.cleaned_data)
            return redirect("office:claims:notice", one.number)
    return show(request, "office/claims/add.html", {"form": form, "notice": one})


@office_view(May.HANDLE_CLAIMS)
def attachment(request: OfficeRequest, number: str, entry: int, place: int) -> HttpResponse:
    """A photo or paper, to be kept on the reader's own machine; who opened it is written down."""
    one = found(find_attachment(_access(request, number), entry, place))
    opened = open_attachment(attachment=one, actor=request.actor, request_id=uuid4())
    name = f"{number}-{entry}-{place} {opened.name}"
    return handed_out(name, opened.kind, bytes(opened.content))


def _access(request: OfficeRequest, number: str) -> Notice:
    try:
        return access_notice(request.actor, number)
    except NoSuchNotice as refusal:
        raise Http404(str(refusal)) from refusal


def _meant(request: OfficeRequest, number: str) -> Policy | CardState:
    """What a number means, as far as the actor may handle claims for it.

    Raises:
        NothingToReport: nothing that they may; the answer is the same.
    """
    meant = what_is_meant(number)
    if not may(request.actor, May.HANDLE_CLAIMS, answers_for(meant)):
        raise NothingToReport
    return meant


def _page(request: OfficeRequest, one: Notice, refused: OfficeForm | None = None) -> HttpResponse:
    policy = one.policy
    return show(
        request,
        "office/claims/notice.html",
        {
            "notice": one,
            "entries": entries_of(one),
            "others": other_notices(one, request.actor),
            "where": region_in_full(one.region),
            "phone": written_phone(one.phone),
            "version": policy.product_version if policy else None,
            "policy_now": policy.seen_state(clock.now()) if policy else None,
            "opens_policy": policy is not None
            and policies_in_reach(request.actor).filter(pk=policy.pk).exists(),
            "deed": refused or DeedForm(actor=request.actor),
            "refused": refused,
        },
    )
