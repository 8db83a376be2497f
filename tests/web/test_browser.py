"""The browser that looks at our pages looks hard enough."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

UNLABELLED = "<html lang=en><title>t</title><main><h1>Heading</h1><input></main></html>"


@pytest.mark.parametrize("language", ["en"])
def test_axe_finds_a_field_without_a_label(
    desktop: Page, no_axe_violations: Callable[[Page], None]
) -> None:
    desktop.set_content(UNLABELLED)

    with pytest.raises(AssertionError, match="label"):
        no_axe_violations(desktop)
