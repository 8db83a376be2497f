"""Between the web server and the views: when a session ends, in which language we speak, and what
nobody can have typed.
"""

import re
import time
from collections.abc import Callable, Iterator

from django.conf import settings
from django.contrib.auth import logout
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import is_valid_path
from django.utils import translation
from django_structlog.middlewares import RequestMiddleware

Answer = Callable[[HttpRequest], HttpResponse]

SIGNED_IN = "signed_in_at"
LAST_SEEN = "last_seen_at"
SEEN_EVERY = 60  # seconds between two writes of the last sight


class SessionsEnd:
    """A member of staff who is idle too long, or signed in too long, signs in again."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = int(time.time())
            began = request.session.setdefault(SIGNED_IN, now)
            seen = request.session.setdefault(LAST_SEEN, now)
            if (
                now - seen > settings.SESSION_IDLE_MINUTES * 60
                or now - began > settings.SESSION_LONGEST_HOURS * 3600
            ):
                logout(request)
            elif now - seen >= SEEN_EVERY and not _asks_by_itself(request):
                request.session[LAST_SEEN] = now
        return self.get_response(request)


def _asks_by_itself(request: HttpRequest) -> bool:
    """A page that looks again every few seconds does so whether or not somebody sits there."""
    return request.method == "GET" and "HX-Request" in request.headers


class RequestLog(RequestMiddleware):
    """Logs every request by method and path; what was asked for may be somebody's name."""

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return f"{request.method} {request.path}"


class StaffLanguage:
    """Staff read every page in the language that they chose last, on whatever computer."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = translation.get_language()
        response = self.get_response(request)
        if request.user.is_authenticated:
            response.headers["Content-Language"] = translation.get_language() or ""
        return response


class ButtonsHaveAPage:
    """An address that only takes a form, opened as a page after a reload or a late sign-in, leads
    back to the page with its button; nothing has been done.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != 405 or request.method != "GET":
            return response
        page = render(request, "405.html", {"back": _page_above(request.path_info)}, status=405)
        page.headers["Allow"] = response.headers["Allow"]
        return page


def _page_above(path: str) -> str:
    """The nearest address above one that is an address of ours: there is always the first page."""
    while path != "/":
        path = path.rstrip("/").rpartition("/")[0] + "/"
        if is_valid_path(path):
            break
    return path


# Tabulator and line ends are typed into a remark; the others no keyboard writes, and PostgreSQL
# keeps no NUL.
_UNTYPED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class OnlyWhatCanBeTyped:
    """An address or a form with control characters, or too much of either, is answered before any
    view reads it.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _UNTYPED.search(request.path_info):
            return render(request, "404.html", status=404)
        try:
            if any(_UNTYPED.search(text) for text in _sent(request)):
                return render(request, "400.html", {"untyped": True}, status=400)
        except (RequestDataTooBig, TooManyFieldsSent):
            return render(request, "400.html", {"too_much": True}, status=413)
        return self.get_response(request)


def _sent(request: HttpRequest) -> Iterator[str]:
    for fields in (request.GET, request.POST):
        for name, values in fields.lists():
            yield name
            yield from (str(value) for value in values)
