"""A real browser on the real pages: Chromium, a live server, the test's own database.

A test that asks for `desktop` or `phone` runs once in each language; it names
one with `@pytest.mark.parametrize("language", ["en"])` where the words do not
matter. Whatever a page complains of – a script that fails, a rule of the
content security policy, a file that is not there – fails the test at its end.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, Response, sync_playwright
from pytest_django.live_server_helper import LiveServer

from selfcard.launcher.chromium import ARGUMENTS, ensure_chromium
from selfcard.organisations.models import Staff
from tests.factories.organisations import Insurer, an_insurer
from tests.web.desks import Office

# Playwright's loop runs in this thread, and Django would refuse the database beside it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

AXE = Path(__file__).with_name("vendor") / "axe.min.js"
LOCALES = {"zh-hans": "zh-CN", "en": "en-GB"}
DESKTOP, PHONE = 1280, 390
MILLISECONDS_TO_WAIT = 10_000
# What is pressed takes a finger, where the keys lead is seen, and a mistake stands at its control.
LOOK = """finger => {
  const found = [], say = (what, one) => found.push(`${what}: ${one.outerHTML.slice(0, 120)}`);
  const amongWords = link => link.tagName === "A" &&
    [...link.parentElement.childNodes].some(one => one.nodeType === 3 && one.data.trim());
  for (const one of document.querySelectorAll(
    "a[href], button, input:not([type=hidden]), select, textarea, summary")) {
    one.scrollIntoView({block: "center"});
    const [box] = one.getClientRects();
    if (!box || box.width < 2 || box.height < 2) continue;
    const x = box.left + box.width / 2, y = box.top + box.height / 2, reaches = height => {
      const hit = document.elementFromPoint(x, height);
      return hit && (one.contains(hit) || hit.closest("label")?.control === one);
    };
    let [top, bottom] = [y, y];
    while (bottom - top < finger && reaches(top - 1)) top -= 1;
    while (bottom - top < finger && reaches(bottom + 1)) bottom += 1;
    if (reaches(y) && !amongWords(one) && bottom - top < finger) say(`${bottom - top} px`, one);
    one.focus({focusVisible: true});
    const ring = getComputedStyle(one.matches(".choice input") ? one.closest(".choice") : one);
    if (document.activeElement === one && parseFloat(ring.outlineWidth) < 2) say("no focus", one);
    one.blur();
  }
  for (const one of document.querySelectorAll("[aria-invalid=true]")) {
    const tied = [one, one.closest("fieldset")].map(it => it?.getAttribute("aria-describedby"));
    const said = tied.join(" ").split(" ").map(id => document.getElementById(id));
    if (!said.some(it => it?.matches(".wrong"))) say("not tied to its mistake", one);
  }
  const beside = document.documentElement.scrollWidth - window.innerWidth;
  if (beside > 0) found.push(`${beside} px beside the screen`);
  window.scrollTo(0, 0);
  return found;
}"""

OpenPage = Callable[..., Page]


@pytest.fixture(params=list(LOCALES))
def language(request: pytest.FixtureRequest) -> str:
    """The reader's language: each test of pages runs in both."""
    return str(request.param)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=ensure_chromium(), args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser, live_server: LiveServer, language: str) -> Iterator[OpenPage]:
    """Open a page as somebody new: `open_page(width=390)`. Two of them are two browsers."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_one(width: int = DESKTOP, *, javascript: bool = True) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            locale=LOCALES[language],
            timezone_id=settings.TIME_ZONE,
            viewport={"width": width, "height": 844 if width < DESKTOP else 900},
            has_touch=width < DESKTOP,
            java_script_enabled=javascript,
            accept_downloads=True,
        )
        context.set_default_timeout(MILLISECONDS_TO_WAIT)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(f"script: {error}"))
        page.on("console", lambda said: _note_broken_rule(said.text, complaints))
        page.on("response", lambda response: _note_failure(response, complaints))
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []


def _note_broken_rule(text: str, complaints: list[str]) -> None:
    if "Content Security Policy" in text or "Content-Security-Policy" in text:
        complaints.append(text)


def _note_failure(response: Response, complaints: list[str]) -> None:
    missing_file = response.status == 404 and "/static/" in response.url
    if missing_file or response.status >= 500:
        complaints.append(f"{response.status} {response.url}")


@pytest.fixture
def desktop(open_page: OpenPage) -> Page:
    """A page at desktop width, for the office."""
    return open_page(DESKTOP)


@pytest.fixture
def phone(open_page: OpenPage) -> Page:
    """A page at phone width, for the portal."""
    return open_page(PHONE)


@pytest.fixture
def sign_in(live_server: LiveServer) -> Callable[[Page, Staff], None]:
    """Let a staff member in without the sign-in page, which has tests of its own."""

    def let_in(page: Page, staff: Staff) -> None:
        client = Client()
        client.force_login(staff, backend=settings.AUTHENTICATION_BACKENDS[-1])
        assert client.session[BACKEND_SESSION_KEY]
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        page.context.add_cookies(
            [{"name": cookie.key, "value": cookie.value, "url": live_server.url}]
        )

    return let_in


@pytest.fixture(scope="session")
def no_axe_violations() -> Callable[[Page], None]:
    """Check that axe finds nothing wrong with a page as it stands."""
    source = AXE.read_text(encoding="utf-8")

    def check(page: Page) -> None:
        # A click returns when the next page has begun: half of one would be without headings.
        page.wait_for_load_state("load")
        # What has been scrolled half behind the bar at the top is not too small.
        page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
        # Evaluated by the debugger, and so not against the page's own policy.
        page.evaluate(source)
        found = page.evaluate(
            "axe.run(document, {rules: {'target-size': {enabled: true}}})"
            ".then(result => result.violations.flatMap(rule =>"
            "  rule.nodes.map(node => `${rule.id}: ${node.html}: ${node.failureSummary}`)))"
        )
        assert found == [], page.url

    return check


@pytest.fixture
def seen(no_axe_violations: Callable[[Page], None]) -> Callable[[Page], None]:
    """A page of the portal that is looked at: for everybody, with a finger, and by keys alone."""

    def look(page: Page) -> None:
        no_axe_violations(page)
        narrow = bool(page.viewport_size and page.viewport_size["width"] < DESKTOP)
        assert page.evaluate(LOOK, 44 if narrow else 0) == [], page.url

    return look


@pytest.fixture
def insurer(request: pytest.FixtureRequest) -> Insurer:
    """An insurer; in a browser its rows are committed, and its staff read the page's language."""
    browsed = "open_page" in request.fixturenames
    request.getfixturevalue("transactional_db" if browsed else "db")
    insurer = an_insurer()
    if browsed:
        Staff.objects.update(language=request.getfixturevalue("language"))
    return insurer


@pytest.fixture
def office(
    open_page: OpenPage,
    sign_in: Callable[[Page, Staff], None],
    no_axe_violations: Callable[[Page], None],
    language: str,
) -> Office:
    return Office(open_page, sign_in, no_axe_violations, language)
