"""Where a request comes from, when web servers stand before this one."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse


class BehindProxies:
    """Take the visitor's address from `X-Forwarded-For`, as far as our own servers wrote it.

    Each of our servers adds the address that it was asked from, at the end; what stands before
    those was sent by the visitor, who may write there what they like. Without any server before
    this one the header means nothing.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        servers = settings.SERVERS_BEFORE
        addresses = request.headers.get("X-Forwarded-For", "").split(",")
        if servers and len(addresses) >= servers and addresses[-servers].strip():
            request.META["REMOTE_ADDR"] = addresses[-servers].strip()
        return self.get_response(request)
