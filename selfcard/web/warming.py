"""What a web server has ready before its first visitor: addresses, words, pages, the lists that
people look in, and its key.
"""

from pathlib import Path

from django.conf import settings
from django.template.loader import get_template
from django.urls import reverse
from django.utils import formats, translation

from selfcard.policies.signing import pades
from selfcard.products.occupations import classification
from selfcard.products.regions import divisions


def warm_up() -> None:
    """Load what is otherwise loaded by whoever comes first, and would take them seconds.

    Raises:
        SigningKeyUnusable: nobody could sign the policies that are issued here.
    """
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            formats.get_format("DATE_FORMAT")
            reverse("office:home")
            translation.gettext("Selfcard")
    for name in template_names():
        get_template(name)
    for tree in (classification(), divisions()):
        tree.search("a", most=1)
    pades.get_ready()


def template_names() -> list[str]:
    """All templates of the house."""
    folders = [Path(folder) for folder in settings.TEMPLATES[0]["DIRS"]]
    return sorted(
        path.relative_to(folder).as_posix() for folder in folders for path in folder.rglob("*.html")
    )
