"""What every answer tells a browser to do with it, and the cookies that it sets."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.test import Client

from selfcard.web.portal.visit import DEVICE
from tests.factories.activation import paid_cards
from tests.factories.organisations import an_insurer
from tests.web.portal_line import open_card

pytestmark = pytest.mark.django_db

FROM_OTHERS = ["/", "/look-up/", "/check/", "/manual/", "/keys/codes.json", "/account/sign-in/"]


@pytest.fixture
def visitor(client: Client) -> Client:
    """Somebody who has opened a card."""
    card = paid_cards(an_insurer(), 1)[0]
    open_card(client, card.card_number, card.pin, follow=True)
    return client


@pytest.mark.parametrize("address", FROM_OTHERS)
def test_every_answer_forbids_guessing_its_type_framing_it_and_telling_where_one_came_from(
    client: Client, address: str
) -> None:
    told = client.get(address, follow=True).headers

    assert told["X-Content-Type-Options"] == "nosniff"
    assert told["X-Frame-Options"] == "DENY"
    assert told["Referrer-Policy"] == "same-origin"
    assert told["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "default-src 'none'" in told["Content-Security-Policy"]


@pytest.mark.parametrize("address", ["/product/", "/card/", "/policy/", "/"])
def test_the_pages_of_a_visit_are_kept_nowhere(visitor: Client, address: str) -> None:
    told = visitor.get(address)["Cache-Control"]

    assert "no-store" in told
    assert "private" in told


def test_cookies_are_for_this_site_alone(visitor: Client) -> None:
    visitor.get("/product/")

    cookies = visitor.cookies
    assert {DEVICE, settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME} <= set(cookies)
    for name in (DEVICE, settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME):
        assert cookies[name]["httponly"], name
        assert cookies[name]["samesite"] == "Lax", name
        assert not cookies[name]["domain"], name


def test_behind_tls_the_cookies_and_the_site_are_for_tls_only() -> None:
    asked = "SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_HSTS_SECONDS"
    said = subprocess.run(
        [sys.executable, "-c", f"from selfcard.config import settings as s; print(s.{asked})"],
        env={**os.environ, "SELFCARD_PUBLIC_ADDRESS": "https://cards.example"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert said.stdout.split() == ["True", "True", "31536000"]
