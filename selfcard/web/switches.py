"""The switches on every page: language and theme. Both work without script and are remembered."""

from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.views.decorators.http import require_POST

from selfcard.core.actor import Channel
from selfcard.organisations.commands import choose_language
from selfcard.organisations.queries import staff_actor
from selfcard.web.context import THEMES

A_YEAR = 365 * 24 * 3600


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Speak another language from here on; staff keep it with their account."""
    response = _back(request)
    code = request.POST.get("language", "")
    if code in dict(settings.LANGUAGES) and check_for_language(code):
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, code, max_age=A_YEAR, samesite="Lax")
        if request.user.is_authenticated:
            actor = staff_actor(request.user, Channel.OFFICE)
            choose_language(language=code, actor=actor, request_id=uuid4())
    return response


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Light, dark, or as the reader's system."""
    response = _back(request)
    if request.POST.get("theme") in THEMES:
        response.set_cookie("theme", request.POST["theme"], max_age=A_YEAR, samesite="Lax")
    return response


def _back(request: HttpRequest) -> HttpResponse:
    """To the page that the switch stood on, never to another site."""
    to = request.POST.get("next", "")
    here = url_has_allowed_host_and_scheme(
        to, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return HttpResponseRedirect(to if here else "/")
