"""What every view of the office has: a signed-in member of staff, who may do this here."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from selfcard.core.actor import Actor, Channel
from selfcard.organisations.errors import NotAuthorised
from selfcard.organisations.models import May, Staff
from selfcard.organisations.queries import may_anywhere, staff_actor
from selfcard.web.forms import HouseForm
from selfcard.web.office.forms import OfficeForm


class OfficeRequest(HttpRequest):
    """A request of a signed-in member of staff."""

    actor: Actor
    staff: Staff
    mays: set[str]


View = Callable[..., HttpResponseBase]
Found = TypeVar("Found")


def office_view(*may: May) -> Callable[[View], View]:
    """A page for staff who may do one of these things somewhere; for all staff without any.

    Sets `request.actor`, `request.staff` and `request.mays`. Where exactly somebody may do a deed
    is for the queries and commands that the view calls: what is out of reach is not found (404).
    """

    def decorate(view: View) -> View:
        @never_cache
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _to_sign_in(request, view)
            asked = cast(OfficeRequest, request)
            asked.staff = request.user
            asked.actor = staff_actor(asked.staff, Channel.OFFICE, client_address(request))
            asked.mays = may_anywhere(asked.actor)
            if may and not asked.mays.intersection(may):
                raise PermissionDenied(", ".join(str(one.label) for one in may))
            try:
                return view(asked, *args, **kwargs)
            except NotAuthorised as refusal:
                raise PermissionDenied(str(refusal)) from refusal

        wrapped.may = may  # type: ignore[attr-defined]
        return wrapped

    return decorate


def _to_sign_in(request: HttpRequest, view: View) -> HttpResponseBase:
    if request.headers.get("HX-Request"):
        # A fragment cannot show the sign-in page: the whole page goes there.
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return login_required(view)(request)


def client_address(request: HttpRequest) -> str:
    """The network address that the request came from."""
    return str(request.META.get("REMOTE_ADDR", ""))


def show(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None
) -> HttpResponse:
    """Show a page; one with a form that was refused answers 422.

    A form that was only asked about its cards answers that instead of a whole page.
    """
    context = context or {}
    houses = [form for form in context.values() if isinstance(form, HouseForm)]
    for form in houses:
        if isinstance(form, OfficeForm) and (answer := form.fragment(request)):
            return HttpResponse(answer)
    status = max((form.status for form in houses), default=200)
    return render(request, template, context, status=status)


def found(what: Found | None) -> Found:
    """What a `find_` query found; nothing, or nothing in reach, is a page not found."""
    if what is None:
        raise Http404
    return what
