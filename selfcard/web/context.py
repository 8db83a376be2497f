"""What every page knows: the theme, the insurer, and in the office who is signed in."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from selfcard.web.office.navigation import office_context

THEMES = ("auto", "light", "dark")


def page(request: HttpRequest) -> dict[str, Any]:
    theme = request.COOKIES.get("theme", "auto")
    theme = theme if theme in THEMES else "auto"
    language = get_language() or settings.LANGUAGE_CODE
    return {
        "theme": theme,
        "next_theme": THEMES[(THEMES.index(theme) + 1) % len(THEMES)],
        "insurer": settings.INSURER_SHORT_NAME.get(language, settings.INSURER_SHORT_NAME["en"]),
        "insurer_full": settings.INSURER_NAME.get(language, settings.INSURER_NAME["en"]),
        "insurer_address": settings.INSURER_ADDRESS.get(language, settings.INSURER_ADDRESS["en"]),
        "help_number": settings.HELP_NUMBER,
        "help_number_plain": settings.HELP_NUMBER.replace(" ", ""),
        "office": SimpleLazyObject(lambda: office_context(request)),
    }
