"""What is done with a stock count: each deed one command, those that say no with a reason."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from selfcard.custody import commands
from selfcard.custody.models import StockCount
from selfcard.custody.queries.stock_counts import SEEING_COUNTS, differences_of
from selfcard.organisations.models import May
from selfcard.web.office.custody.count_forms import (
    CompareForm,
    StackForm,
    StackNamedForm,
    StacksForm,
    remedies_form,
)
from selfcard.web.office.custody.stock_counts import being_counted, count_page, find_count
from selfcard.web.office.deeds import Deed, Subject, do
from selfcard.web.office.fields import cards_said
from selfcard.web.office.forms import DeedForm, OfficeForm, refusals_shown_on
from selfcard.web.office.views import OfficeRequest, office_view

State = StockCount.State


@office_view(May.COUNT_STOCK)
@require_POST
def enter(request: OfficeRequest, number: str) -> HttpResponse:
    """Write down what was scanned; a script gets the list back, and goes on scanning."""
    one = find_count(request, number)
    several = "many-request_id" in request.POST
    form: StacksForm = (
        StacksForm(
            request.POST, actor=request.actor, document_type=one.document_type, prefix="many"
        )
        if several
        else StackForm(request.POST, actor=request.actor, document_type=one.document_type)
    )
    if form.is_valid() and not (isinstance(form, StackForm) and form.awaits_last):
        with refusals_shown_on(form):
            runs = form.cleaned_data["runs"]
            commands.enter_stacks(
                stock_count=one,
                runs=runs,
                actor=request.actor,
                request_id=form.cleaned_data["request_id"],
            )
            if not _asks_for_the_list(request):
                return redirect("office:custody:stock_count", one.number)
    if _asks_for_the_list(request):
        return _list(request, one, form)
    return _refused(request, number, State.OPEN, "many" if several else "form", form)


def _refused(
    request: OfficeRequest, number: str, state: str, name: str, form: OfficeForm
) -> HttpResponse:
    """The page with what was not accepted: in its form's place, or on top where that is gone."""
    one = find_count(request, number)
    if one.state == state:
        return count_page(request, one, **{name: form})
    return count_page(request, one, form)


def _asks_for_the_list(request: OfficeRequest) -> bool:
    return "HX-Request" in request.headers


def _list(request: OfficeRequest, one: StockCount, form: StacksForm) -> HttpResponse:
    context = {"count": one, "may_count": True, "deed": DeedForm(actor=request.actor)}
    context |= being_counted(request, one)
    return render(request, "office/custody/_stacks.html", context | {"sent": form})


@office_view(May.COUNT_STOCK)
@require_POST
def remove(request: OfficeRequest, number: str) -> HttpResponse:
    one = find_count(request, number)
    form = StackNamedForm(request.POST, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            run = form.cleaned_data["run"]
            commands.remove_stack(stock_count=one, **form.cleaned_data, actor=request.actor)
            messages.success(
                request,
                _("The stack of %(cards)s, %(run)s, is struck out.")
                % {"cards": cards_said(run.count), "run": run},
            )
            return redirect("office:custody:stock_count", one.number)
    return count_page(request, one, form)


@office_view(May.COUNT_STOCK)
@require_POST
def compare(request: OfficeRequest, number: str) -> HttpResponse:
    one = find_count(request, number)
    form = CompareForm(request.POST, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            commands.compare_stock_count(stock_count=one, **form.cleaned_data, actor=request.actor)
            return redirect("office:custody:stock_count", one.number)
    return count_page(request, find_count(request, number), form, compare=form)


@office_view(May.COUNT_STOCK)
@require_POST
def ask(request: OfficeRequest, number: str) -> HttpResponse:
    """Ask a second person to agree to what is proposed for every difference."""
    one = find_count(request, number)
    form = remedies_form(differences_of(one, request.actor))(request.POST, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            commands.ask_adjustment(stock_count=one, **form.cleaned_data, actor=request.actor)
            messages.success(
                request, _("A second person is asked to agree. Until then nothing has changed.")
            )
            return redirect("office:custody:stock_count", one.number)
    return _refused(request, number, State.COMPARED, "form", form)


DEEDS: dict[str, Deed] = {
    "reopen": Deed(
        commands.reopen_stock_count, gettext_lazy("%(number)s is open again: go on counting.")
    ),
    "close": Deed(
        commands.close_stock_count, gettext_lazy("%(number)s is closed: everything is there.")
    ),
    "withdraw": Deed(
        commands.withdraw_adjustment,
        gettext_lazy("The request is taken back. Nothing has changed."),
    ),
    "agree": Deed(
        commands.agree_adjustment,
        gettext_lazy("You have agreed. %(number)s is closed, and the stock is adjusted."),
    ),
    "refuse": Deed(
        commands.refuse_adjustment,
        gettext_lazy("You have refused. Nothing has changed."),
        gettext_lazy("Refuse the adjustment"),
        gettext_lazy(
            "Nothing changes. Whoever asked reads your reason, and proposes something else or"
            " counts again."
        ),
    ),
    "cancel": Deed(
        commands.cancel_stock_count,
        gettext_lazy("%(number)s is cancelled."),
        gettext_lazy("Cancel the count"),
        gettext_lazy(
            "The count ends without a result. Nothing changes, and no card stays frozen by it."
        ),
    ),
}


@office_view(*SEEING_COUNTS)
def deed(request: OfficeRequest, number: str, name: str) -> HttpResponse:
    """Do one of the deeds; those that need a reason ask for it on a page of their own."""
    subject = Subject(
        "stock_count",
        find_count(request, number),
        "office:custody:stock_count",
        lambda form: count_page(request, find_count(request, number), form),
        "office/custody/stock_count_reason.html",
    )
    return do(request, DEEDS[name], subject)
