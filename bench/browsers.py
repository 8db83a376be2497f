"""A holder's browser, as much of it as the portal's line needs: over HTTP, or within this process.

Lean, so that it leaves the machine to what is measured: no page is read but for its hidden fields.
"""

import re
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection
from typing import Protocol
from urllib.parse import urlencode, urlsplit

from django.test import Client

from selfcard.launcher.run import HOST

_HIDDEN = re.compile(
    rb'name="(csrfmiddlewaretoken|request_id|starts_on|seen|texts)" value="([^"]+)"'
)


@dataclass(frozen=True)
class Answer:
    """What a server answered; where it leads to another page, that page's path."""

    status: int
    path: str
    content: bytes

    @property
    def leads_on(self) -> bool:
        return self.status == HTTPStatus.FOUND

    @property
    def hidden(self) -> dict[str, str]:
        """What the page's form sends without anybody typing it."""
        return {name.decode(): value.decode() for name, value in _HIDDEN.findall(self.content)}


class Browser(Protocol):
    """One holder's: it keeps cookies, and does not follow where an answer leads."""

    def ask(self, path: str, typed: dict[str, str] | None = None) -> Answer: ...

    def close(self) -> None: ...


class OverHttp:
    """A browser with a connection of its own, behind a proxy that names its address."""

    def __init__(self, port: int, address: str) -> None:
        self._connection = HTTPConnection(HOST, port, timeout=60)
        self._address = address
        self._cookies: dict[str, str] = {}

    def ask(self, path: str, typed: dict[str, str] | None = None) -> Answer:
        """A page; or, with what was typed, the answer to its form."""
        headers = {
            "X-Forwarded-For": self._address,
            "Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items()),
        }
        if typed is None:
            self._connection.request("GET", path, headers=headers)
        else:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            self._connection.request("POST", path, urlencode(typed), headers)
        answer = self._connection.getresponse()
        for cookie in answer.headers.get_all("Set-Cookie", ()):
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        return Answer(answer.status, _led_to(path, answer.headers["Location"]), answer.read())

    def close(self) -> None:
        """Let the connection go; the next page opens another."""
        self._connection.close()


class InProcess:
    """A browser without a network, whose statements can be counted."""

    def __init__(self, address: str) -> None:
        self.client = Client(REMOTE_ADDR=address)

    def ask(self, path: str, typed: dict[str, str] | None = None) -> Answer:
        answer = self.client.get(path) if typed is None else self.client.post(path, typed)
        return Answer(answer.status_code, _led_to(path, answer.get("Location")), answer.content)

    def close(self) -> None:
        """There is nothing to let go."""


def _led_to(path: str, location: str | None) -> str:
    return urlsplit(location).path if location else path
