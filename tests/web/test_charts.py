"""Pictures in a real browser: drawn under the strict policy, in light and dark, at any width, and
the same figures as a table for whoever sees no picture."""

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from selfcard.organisations.models import Staff
from selfcard.web.office.charts import Chart, Series
from tests.factories.organisations import Insurer, an_insurer
from tests.web.conftest import DESKTOP, PHONE, OpenPage

SignIn = Callable[[Page, Staff], None]
Check = Callable[[Page], None]

pytestmark = pytest.mark.urls("tests.web.chart_page")


@pytest.fixture
def insurer(transactional_db: None, language: str) -> Insurer:
    insurer = an_insurer()
    Staff.objects.update(language=language)
    return insurer


@pytest.mark.parametrize(("width", "theme"), [(DESKTOP, "light"), (PHONE, "dark")])
def test_figures_are_drawn_as_bars_and_a_line(
    insurer: Insurer,
    open_page: OpenPage,
    sign_in: SignIn,
    no_axe_violations: Check,
    width: int,
    theme: str,
) -> None:
    page = open_page(width)
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    sign_in(page, insurer.chief)

    page.goto("/pictures/")

    expect(page.locator(".chart-picture svg")).to_have_count(2)
    expect(page.get_by_role("img", name=re.compile("Stock of Hangzhou branch"))).to_be_visible()
    expect(page.locator(".chart-figures table")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    no_axe_violations(page)


@pytest.mark.parametrize("language", ["en"])
def test_a_picture_says_its_figures_where_the_pointer_is(
    insurer: Insurer, desktop: Page, sign_in: SignIn
) -> None:
    sign_in(desktop, insurer.chief)
    desktop.goto("/pictures/")

    desktop.locator(".chart-picture").first.hover()

    expect(desktop.locator(".chart-picture").first).to_contain_text("−4,321")


@pytest.mark.parametrize("language", ["en"])
def test_a_picture_follows_the_theme_and_the_width(
    insurer: Insurer, desktop: Page, sign_in: SignIn
) -> None:
    sign_in(desktop, insurer.chief)
    desktop.emulate_media(color_scheme="light")
    desktop.goto("/pictures/")
    picture = desktop.locator(".chart-picture").first
    light = "rgb(95, 179, 169)"  # what went out, as a strip shows what was sold
    expect(picture.locator(f"path[fill='{light}']").first).to_be_visible()

    desktop.emulate_media(color_scheme="dark")
    desktop.set_viewport_size({"width": 800, "height": 900})

    expect(picture.locator(f"path[fill='{light}']")).to_have_count(0)
    width = desktop.evaluate("document.querySelector('.chart-picture').clientWidth")
    expect(picture.locator("svg")).to_have_attribute("width", str(width))


@pytest.mark.parametrize("language", ["en"])
def test_without_script_the_table_says_it(
    insurer: Insurer, open_page: OpenPage, sign_in: SignIn
) -> None:
    page = open_page(javascript=False)
    sign_in(page, insurer.chief)

    page.goto("/pictures/")

    expect(page.locator(".chart-picture").first).to_be_hidden()
    row = page.locator(".chart-figures tr", has_text="2026-03")
    expect(row.locator("td")).to_have_text(["12,500", "0", "−4,321", "14,000"])


def test_every_category_has_a_figure_of_every_series() -> None:
    with pytest.raises(AssertionError):
        Chart("Sales", ["Monday", "Tuesday"], [Series("Cards", [1])])


def test_a_table_keeps_the_figures_as_they_are() -> None:
    chart = Chart("Sales", ["Monday"], [Series("Amount", [Decimal("-1200.50")])])

    assert list(chart.rows) == [("Monday", ["−1,200.50"])]
    assert chart.data["series"][0]["values"] == [-1200.5]
