"""The office's staff at their desks, for a test that several of them act in."""

from collections.abc import Callable

from playwright.sync_api import Page

from selfcard.organisations.models import Staff


class Office:
    """The staff at their desks, each in a browser of their own."""

    def __init__(
        self,
        open_page: Callable[..., Page],
        sign_in: Callable[[Page, Staff], None],
        no_axe_violations: Callable[[Page], None],
        language: str,
    ) -> None:
        self._open, self._sign_in, self._axe = open_page, sign_in, no_axe_violations
        self._language = language
        self._desks: dict[int, Page] = {}

    def at_the_desk_of(self, staff: Staff, path: str) -> Page:
        """The page at a path, as a staff member sees it."""
        if staff.pk not in self._desks:
            Staff.objects.filter(pk=staff.pk).update(language=self._language)
            self._desks[staff.pk] = self._open()
            self._sign_in(self._desks[staff.pk], staff)
        page = self._desks[staff.pk]
        page.goto(path)
        self._axe(page)
        return page

    def send(self, page: Page, form: str = "main form") -> None:
        """Press the button of a form, twice in a row as the hasty do, and look at what comes."""
        button = page.locator(f"{form} button[type=submit]:not([name])").last
        with page.expect_navigation(wait_until="load"):
            button.dblclick()
        self._axe(page)
