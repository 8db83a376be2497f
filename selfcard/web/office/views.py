"""What every view of the office has: a signed-in member of staff, who may do this here."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
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
                return _to_sign_in(request)
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


def _to_sign_in(request: HttpRequest) -> HttpResponseBase:
    """To the sign-in and back; whoever was typing is told, and their page keeps what was typed."""
    by_script = bool(request.headers.get("HX-Request"))
    if request.method != "POST":
        # A fragment cannot show the sign-in page: the whole page goes there.
        refresh = HttpResponse(status=204, headers={"HX-Refresh": "true"})
        return refresh if by_script else redirect_to_login(request.get_full_path())
    to_sign_in = redirect_to_login(_page_of(request))
    if not by_script:
        said = _(
            "You had been signed out, and nothing was done. Sign in, and the form opens again with"
            " what was typed; where the browser runs no script, type it once more."
        )
        messages.warning(request, said)
        return to_sign_in
    answer = render(request, "office/signed_out.html", {"sign_in": to_sign_in.url}, status=401)
    if "_judge" in request.POST:
        answer["HX-Retarget"] = "closest .answer-place"
        answer["HX-Reswap"] = "innerHTML"
    return answer


def _page_of(request: HttpRequest) -> str:
    """The page of ours whose form was sent."""
    page = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    here = url_has_allowed_host_and_scheme(
        page, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    parts = urlsplit(page if here else request.get_full_path())
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


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
