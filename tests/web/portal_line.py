"""Walking the portal's line without a browser: what is typed on each page, and sending it."""

import html
import re
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.test import Client
from django.urls import reverse

from selfcard.web.portal.visit import DEVICE
from tests.factories.policies import a_person

WANG_FANG = a_person()

# By the page's path: what a woman of 1986 types who insures herself.
ANSWERS: dict[str, dict[str, str]] = {
    "start-of-cover": {"when": "first"},
    "insured/1": {
        "relationship": "self",
        "name": "Wang Fang",
        "identity_kind": "identity_card",
        "identity_number": WANG_FANG.identity_number,
        "birth_date_year": "1986",
        "birth_date_month": "5",
        "birth_date_day": "17",
        "sex": "female",
        "occupation": "0102001",
    },
    "insured": {},
    "applicant": {
        "name": "Wang Fang",
        "identity_kind": "identity_card",
        "identity_number": WANG_FANG.identity_number,
        "birth_date_year": "1986",
        "birth_date_month": "5",
        "birth_date_day": "17",
        "sex": "female",
    },
    "paid-on-death": {"who": "law"},
    "contact": {
        "phone": "138 0013 8000",
        "email": "wang@example.com",
        "region": "330106",
        "address": "杭州市文三路1号",
    },
    "declarations": {"terms": "on", "privacy": "on"},
}


def shown(response: Any) -> str:
    """What a page says, as its reader reads it."""
    return html.unescape(response.content.decode())


def open_card(client: Client, number: str, pin: str, **given: Any) -> Any:
    return client.post(
        reverse("portal:start"),
        {"card_number": number, "pin": pin, "request_id": str(uuid4())},
        **given,
    )


def press(client: Client, path: str, page: Any = None, **answers: Any) -> Any:
    """Send a page's form with the hidden answers that it came with."""
    hidden = hidden_in(page or client.get(path))
    assert "request_id" in hidden
    return client.post(path, {**hidden, **answers}, follow=True)


def hidden_in(page: Any) -> dict[str, str]:
    """What a page's form sends without anybody typing it."""
    names = "request_id|starts_on|seen|texts"
    return dict(re.findall(rf'name="({names})" value="([^"]+)"', shown(page)))


def agree(client: Client, **ticks: str) -> Any:
    """Read the declarations and tick them."""
    path = "/declarations/"
    return client.post(path, {**hidden_in(client.get(path)), **(ticks or ANSWERS["declarations"])})


def fill_in(
    client: Client,
    *,
    product: int | None = None,
    begin: str = "",
    until: str = "",
    changed: dict[str, dict[str, str]] | None = None,
) -> None:
    """Choose a product and answer every page in turn, up to but without `until`.

    Pages that this line does not have lead on to one that it has.
    """
    if not begin:
        page = shown(client.get(reverse("portal:product")))
        first = re.search(r'name="product" value="(\d+)"', page)
        assert first is not None
        client.post(reverse("portal:product"), {"product": product or first[1]})
    begun = not begin
    for path, answers in ANSWERS.items():
        if path == until:
            return
        begun = begun or path == begin
        if begun and path == "declarations":
            agree(client, **(changed or {}).get(path, {}))
        elif begun:
            client.post(f"/{path}/", answers | (changed or {}).get(path, {}))


def another_browser(same_device_as: Client | None = None) -> Client:
    """A browser that has no session yet; on the same device it has that device's cookie."""
    other = Client()
    other.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    if same_device_as:
        other.cookies[DEVICE] = same_device_as.cookies[DEVICE].value
    return other
