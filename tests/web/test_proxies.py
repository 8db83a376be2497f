"""Which address a visitor has when our own web servers stand before this one."""

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from selfcard.web.portal.visit import source_of
from selfcard.web.proxies import BehindProxies


def address_seen(forwarded: str | None, servers: int, settings: Any) -> str:
    settings.SERVERS_BEFORE = servers
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", headers=headers)
    BehindProxies(lambda _: HttpResponse())(request)
    return str(request.META["REMOTE_ADDR"])


def test_without_a_server_before_it_the_header_means_nothing(settings: Any) -> None:
    assert address_seen("203.0.113.7", 0, settings) == "10.0.0.1"


def test_only_what_our_own_servers_wrote_counts(settings: Any) -> None:
    assert address_seen("1.2.3.4, 203.0.113.7", 1, settings) == "203.0.113.7"
    assert address_seen("1.2.3.4, 203.0.113.7, 10.0.0.9", 2, settings) == "203.0.113.7"


def test_a_header_that_is_too_short_means_nothing(settings: Any) -> None:
    assert address_seen("203.0.113.7", 2, settings) == "10.0.0.1"
    assert address_seen(None, 1, settings) == "10.0.0.1"


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("203.0.113.77", "net 203.0.113.0/24"),
        ("::ffff:203.0.113.77", "net 203.0.113.0/24"),
        ("2001:db8:1:2345:6::7", "net 2001:db8:1:2300::/56"),
        ("", "net local"),
    ],
)
def test_a_source_is_a_block_of_addresses(address: str, source: str) -> None:
    request = HttpRequest()
    request.META["REMOTE_ADDR"] = address

    assert source_of(request) == source
