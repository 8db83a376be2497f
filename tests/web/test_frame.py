"""The office's frame: who gets in, how long, in which language, and what they may see."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import get_resolver, reverse
from django.views.defaults import server_error

from selfcard.organisations.models import Staff
from selfcard.web.office.navigation import AREAS
from selfcard.web.operations import OPERATIONS
from tests.factories.organisations import PASSWORD, Insurer, an_insurer

SIGN_IN = "/account/sign-in/"


@pytest.fixture(autouse=True)
def no_memory_of_other_tests() -> None:
    """How often an address tried to sign in is remembered in the cache."""
    cache.clear()


@pytest.fixture
def insurer(db: None) -> Insurer:
    return an_insurer()


@pytest.fixture
def keeper(insurer: Insurer, client: Client) -> Client:
    client.force_login(insurer.keeper, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


def sign_in(client: Client, code: str, password: str = PASSWORD) -> HttpResponse:
    return client.post(SIGN_IN, {"login": code, "password": password})  # type: ignore[return-value]


# Signing in


def test_staff_sign_in_with_their_code_and_password(insurer: Insurer, client: Client) -> None:
    answer = sign_in(client, insurer.keeper.code)

    assert answer.status_code == 302
    assert client.get("/office/").status_code == 200


def test_without_signing_in_every_office_page_leads_to_the_sign_in(client: Client) -> None:
    answer = client.get("/office/approvals/")

    assert answer.status_code == 302
    assert answer["Location"] == f"{SIGN_IN}?next=/office/approvals/"


def test_a_wrong_password_is_told_kindly_and_names_neither_half(
    insurer: Insurer, client: Client
) -> None:
    client.cookies["django_language"] = "en"
    answers = [sign_in(client, code, "wrong") for code in (insurer.keeper.code, "nobody")]

    for answer in answers:
        assert "do not fit together" in answer.content.decode()


def test_a_guesser_is_locked_out_after_five_failures_and_told_for_how_long(
    insurer: Insurer, client: Client
) -> None:
    client.cookies["django_language"] = "en"
    for _ in range(settings.AXES_FAILURE_LIMIT):
        sign_in(client, insurer.keeper.code, "wrong")

    answer = sign_in(client, insurer.keeper.code)

    assert answer.status_code == 429
    assert "rests for 15 minutes" in answer.content.decode()


def test_another_spelling_of_the_code_gives_no_further_tries(
    insurer: Insurer, client: Client
) -> None:
    for spelling in ("I01", "i01", " I01", "i01 ", "I01 "):
        sign_in(client, spelling, "wrong")

    assert sign_in(client, insurer.keeper.code).status_code == 429
    assert sign_in(client, "i01").status_code == 429


def test_staff_may_type_their_code_in_small_letters(insurer: Insurer, client: Client) -> None:
    assert sign_in(client, " i01").status_code == 302


def test_a_guesser_locks_nobody_else_out(insurer: Insurer, client: Client) -> None:
    for _ in range(settings.AXES_FAILURE_LIMIT):
        sign_in(client, insurer.keeper.code, "wrong")

    assert sign_in(client, insurer.cashier.code).status_code == 302
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert sign_in(elsewhere, insurer.keeper.code).status_code == 302


def test_nobody_signs_up() -> None:
    assert not [name for name in _url_names() if "signup" in str(name)]


def test_a_dismissed_person_does_not_get_in(insurer: Insurer, client: Client) -> None:
    insurer.keeper.is_active = False
    insurer.keeper.save()

    sign_in(client, insurer.keeper.code)

    assert client.get("/office/").status_code == 302


def test_a_page_that_asks_by_itself_keeps_no_session_alive(keeper: Client) -> None:
    keeper.get("/office/")
    session = keeper.session
    long_ago = int(time.time()) - settings.SESSION_IDLE_MINUTES * 60 + 30
    session["last_seen_at"] = long_ago
    session.save()

    keeper.get("/office/", headers={"HX-Request": "true"})
    assert keeper.session["last_seen_at"] == long_ago
    keeper.get("/office/")
    assert keeper.session["last_seen_at"] > long_ago


def test_the_log_keeps_no_words_that_somebody_looked_for(
    keeper: Client, capfd: pytest.CaptureFixture[str]
) -> None:
    keeper.get("/office/search/?q=Wang+Fang")

    said = capfd.readouterr()
    assert "Wang" not in said.out + said.err


def test_an_idle_session_ends(keeper: Client) -> None:
    keeper.get("/office/")
    session = keeper.session
    session["last_seen_at"] = int(time.time()) - settings.SESSION_IDLE_MINUTES * 60 - 1
    session.save()

    assert keeper.get("/office/").status_code == 302


def test_a_session_ends_after_twelve_hours_however_busy(keeper: Client) -> None:
    keeper.get("/office/")
    session = keeper.session
    session["signed_in_at"] = int(time.time()) - settings.SESSION_LONGEST_HOURS * 3600 - 1
    session.save()

    assert keeper.get("/office/").status_code == 302


def test_signing_out_takes_a_deed_not_a_visit(keeper: Client) -> None:
    assert keeper.get("/account/sign-out/").status_code == 200
    assert keeper.get("/office/").status_code == 200

    keeper.post("/account/sign-out/")

    assert keeper.get("/office/").status_code == 302


# Language and theme


def test_the_language_is_switched_on_the_page_and_remembered(client: Client, db: None) -> None:
    answer = client.post("/language/", {"language": "en", "next": SIGN_IN})

    assert answer["Location"] == SIGN_IN
    assert 'lang="en"' in client.get(SIGN_IN).content.decode()
    client.post("/language/", {"language": "zh-hans", "next": SIGN_IN})
    assert 'lang="zh-hans"' in client.get(SIGN_IN).content.decode()


def test_staff_find_their_language_again_on_another_computer(
    insurer: Insurer, keeper: Client
) -> None:
    keeper.post("/language/", {"language": "zh-hans", "next": "/office/"})

    elsewhere = Client(headers={"accept-language": "en"})
    sign_in(elsewhere, insurer.keeper.code)
    assert 'lang="zh-hans"' in elsewhere.get("/office/").content.decode()


def test_a_switch_leads_to_no_other_site(client: Client, db: None) -> None:
    answer = client.post("/language/", {"language": "en", "next": "https://elsewhere.example/"})

    assert answer["Location"] == "/"


def test_the_theme_is_there_before_the_page_is_painted(keeper: Client) -> None:
    keeper.post("/theme/", {"theme": "dark", "next": "/office/"})

    assert 'data-bs-theme="dark"' in keeper.get("/office/").content.decode()


# What the browser is allowed


@pytest.mark.parametrize("address", [SIGN_IN, "/office/", "/office/nowhere/"])
def test_the_content_security_policy_allows_nothing_inline(keeper: Client, address: str) -> None:
    policy = keeper.get(address)["Content-Security-Policy"]

    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy


def test_no_template_has_inline_script_or_style() -> None:
    inline = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=\"")
    templates = [
        template
        for folder in settings.TEMPLATES[0]["DIRS"]
        for template in Path(folder).rglob("*.html")
    ]

    assert [one for one in templates if inline.search(one.read_text(encoding="utf-8"))] == []


def test_office_pages_are_not_kept_by_the_browser(keeper: Client) -> None:
    assert "no-store" in keeper.get("/office/")["Cache-Control"]


def test_a_page_from_before_the_sign_in_is_refused_kindly(insurer: Insurer) -> None:
    careful = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})

    answer = careful.post(SIGN_IN, {"login": insurer.keeper.code, "password": PASSWORD})

    assert answer.status_code == 403
    assert "This page is too old" in answer.content.decode()


def test_a_mistake_of_ours_is_owned_in_both_languages(client: Client, db: None) -> None:
    page = server_error(RequestFactory().get("/")).content.decode()

    assert "It was our mistake" in page
    assert "这是系统的问题" in page


# Navigation and authorisation


def test_navigation_shows_only_what_somebody_may_do(insurer: Insurer, keeper: Client) -> None:
    page = keeper.get("/office/").content.decode()

    assert reverse("office:administration:staff") not in page
    assert reverse("office:approvals:list") in page


def test_whoever_administers_sees_administration(insurer: Insurer, client: Client) -> None:
    client.force_login(insurer.chief, backend=settings.AUTHENTICATION_BACKENDS[-1])

    assert reverse("office:administration:organisations") in client.get("/office/").content.decode()


def test_a_page_that_one_may_not_use_says_so(keeper: Client) -> None:
    answer = keeper.get(reverse("office:administration:staff"))

    assert answer.status_code == 403
    assert "not authorised" in answer.content.decode()


def test_every_page_of_the_navigation_exists() -> None:
    named = {page.url_name for area in AREAS for page in area.pages}

    assert named - set(_url_names()) == set()


def test_every_operation_that_a_refusal_names_has_its_page() -> None:
    named = {place.url_name for place in OPERATIONS.values()}

    assert named - set(_url_names()) == set()


def test_every_office_page_is_an_office_view() -> None:
    bare = [view.__name__ for view in _office_views() if not hasattr(view, "may")]

    assert bare == []


def test_a_fragment_for_somebody_signed_out_reloads_the_page(client: Client, db: None) -> None:
    answer = client.get("/office/", headers={"HX-Request": "true"})

    assert answer.status_code == 204
    assert answer["HX-Refresh"] == "true"


def _walk(patterns: list[Any], namespace: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern.url_patterns, inner)
        else:
            yield f"{namespace}{pattern.name}", pattern.callback


def _url_names() -> list[str]:
    return [name for name, _ in _walk(get_resolver().url_patterns)]


def _office_views() -> list[Any]:
    return [view for name, view in _walk(get_resolver().url_patterns) if name.startswith("office:")]


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/office/search/?q=abc%00d", 400),
        ("/office/sales/?q=%00", 400),
        ("/office/sales/?%00=1", 400),
        ("/office/sales/?q=%1b%5b", 400),
        ("/office/sales/S%00/", 404),
        ("/office/payments/receipts/R%00/", 404),
        ("/office/papers/invoice/a%00.pdf", 404),
        ("/check/P%00", 404),
    ],
)
def test_an_address_that_nobody_can_have_typed_is_answered_kindly(
    keeper: Client, address: str, status: int
) -> None:
    answer = keeper.get(address)

    assert answer.status_code == status
    assert "btn-primary" in answer.content.decode()


def test_a_form_that_nobody_can_have_typed_is_answered_kindly(client: Client, db: None) -> None:
    client.cookies["django_language"] = "en"
    answer = client.post("/", {"card_number": "6201\x00", "pin": "1"})

    assert answer.status_code == 400
    assert "This cannot be read" in answer.content.decode()


@pytest.mark.parametrize("where", ["the address", "the form"])
def test_more_than_a_form_takes_is_called_that(keeper: Client, where: str) -> None:
    fields = {f"runs-{at}": "1" for at in range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1)}
    Staff.objects.update(language="en")
    answer = keeper.generic(
        "GET" if where == "the address" else "POST",
        f"/office/inquiry/{'?' + urlencode(fields) if where == 'the address' else ''}",
        urlencode(fields) if where == "the form" else "",
        content_type="application/x-www-form-urlencoded",
    )

    assert answer.status_code == 413
    assert "more than one form takes" in answer.content.decode()


def test_a_remark_may_have_several_lines(keeper: Client) -> None:
    assert keeper.get("/office/search/?q=a%0d%0ab%09c").status_code == 200
