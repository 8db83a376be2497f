"""Message catalogs: one a room, written from the sources, compiled without gettext's tools.

A *room* is a folder that keeps its own `locale/`: every capability package
(`selfcard/cards/`), every face of one (`selfcard/web/office/cards/`,
`selfcard/web/portal/`), and `selfcard/web/` for the frame they share. So a
change to a page touches the catalog beside it and no other.

`xgettext` and `msgfmt` are not on a fresh machine; Babel does their work.
"""

import os
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from selfcard.launcher.errors import Trouble

PACKAGE = Path(__file__).resolve().parents[1]
LANGUAGE = "zh_Hans"
KEYWORDS = DEFAULT_KEYWORDS | {
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
HEADER = (
    'msgid ""\n'
    'msgstr ""\n'
    '"Project-Id-Version: Selfcard\\n"\n'
    f'"Language: {LANGUAGE}\\n"\n'
    '"MIME-Version: 1.0\\n"\n'
    '"Content-Type: text/plain; charset=utf-8\\n"\n'
    '"Content-Transfer-Encoding: 8bit\\n"\n'
    '"Plural-Forms: nplurals=1; plural=0;\\n"\n\n'
)

# `:label="_('Name')"` in a component: django-cotton evaluates it, but Django's
# own lexer sees plain text there.
IN_COMPONENT = re.compile(r""":[\w-]+="_\('([^']+)'\)"|:[\w-]+='_\("([^"]+)"\)'""")

Key = tuple[str | tuple[str, ...], str | None]


@dataclass(frozen=True)
class Room:
    """A folder with a catalog of its own, and the sources that the catalog speaks for."""

    folder: Path
    sources: tuple[Path, ...]

    @property
    def name(self) -> str:
        """The folder as people type it: `web/office/cards`, or `.` for the package itself."""
        return self.folder.relative_to(PACKAGE).as_posix()

    @property
    def po(self) -> Path:
        """Where this room's translations are written."""
        return self.folder / "locale" / LANGUAGE / "LC_MESSAGES" / "django.po"


@dataclass(frozen=True)
class Written:
    """What one room's update came to."""

    room: Room
    messages: int
    missing: int


def rooms(names: Collection[str] = ()) -> list[Room]:
    """The rooms of these names, or every room that has sources; no source is in two rooms.

    Raises:
        Trouble: there is no room of that name.
    """
    every = {room.name: room for room in _every_room()}
    for name in names:
        if name not in every:
            raise Trouble(f"There is no room {name}. Rooms are: {', '.join(every)}.")
    return [room for name, room in every.items() if not names or name in names]


def _every_room() -> list[Room]:
    folders = [PACKAGE, *(child for child in PACKAGE.iterdir() if child.is_dir())]
    web = PACKAGE / "web"
    folders += [web / "portal", *(child for child in (web / "office").glob("*") if child.is_dir())]
    shared = {web / "office" / "templates", web / "office" / "static"}
    by_depth = sorted(set(folders) - shared, key=lambda folder: len(folder.parts), reverse=True)

    sources: dict[Path, list[Path]] = {}
    for path in sorted(PACKAGE.rglob("*")):
        if _is_source(path):
            owner = next(folder for folder in by_depth if folder in path.parents)
            sources.setdefault(owner, []).append(path)
    return [Room(folder, tuple(found)) for folder, found in sorted(sources.items())]


def _is_source(path: Path) -> bool:
    if path.suffix == ".py":
        return "migrations" not in path.parts
    return path.suffix in {".html", ".txt"} and "templates" in path.parts


def extracted(room: Room) -> Catalog:
    """The messages that a room's sources speak, untranslated."""
    catalog = Catalog(locale=LANGUAGE)
    for path in room.sources:
        place = [(path.relative_to(PACKAGE.parent).as_posix(), 1)]
        for id, context in _messages_in(path):
            catalog.add(id, locations=place, context=context)
    return catalog


def _messages_in(path: Path) -> Iterator[tuple[str | tuple[str, ...], str | None]]:
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        for match in IN_COMPONENT.finditer(text):
            yield match[1] or match[2], None
        # Lines lose their indentation: what `templatize` leaves of a page is no
        # Python, and the tokenizer stumbles over nothing else in it.
        pseudo = templatize(text, origin=str(path))
        text = "\n".join(line.strip() for line in pseudo.splitlines())
    source = BytesIO(text.encode())
    options = {"encoding": "utf-8"}
    for _line, id, _comments, context in extract("python", source, KEYWORDS, (), options):
        yield id, context


def translated(room: Room) -> Catalog:
    """A room's catalog as it is on disk; empty where there is none yet."""
    if not room.po.exists():
        return Catalog(locale=LANGUAGE)
    with room.po.open("rb") as file:
        return read_po(file, locale=LANGUAGE, ignore_obsolete=True)


def missing_in(room: Room) -> list[Message]:
    """Messages that the sources speak and the catalog does not translate.

    A fuzzy translation counts as missing: a guess is no translation.
    """
    known = _known(translated(room))
    return [message for message in _spoken(extracted(room)) if _key(message) not in known]


def update(room: Room) -> Written:
    """Write a room's catalog anew: translations stay, what no source speaks any more goes.

    What another room has translated is taken from there: one English sentence is
    one Chinese sentence everywhere.
    """
    catalog = extracted(room)
    known = _known_elsewhere(room) | _known(translated(room))
    spoken = _spoken(catalog)
    for message in spoken:
        message.string = known.get(_key(message), message.string)
    if spoken:
        body = BytesIO()
        write_po(body, catalog, omit_header=True, include_lineno=False, width=100)
        _replace(room.po, HEADER.encode() + body.getvalue())
    elif room.po.exists():
        room.po.unlink()
    missing = sum(1 for message in spoken if _key(message) not in known)
    return Written(room, len(spoken), missing)


def _known_elsewhere(room: Room) -> dict[Key, Any]:
    known: dict[Key, Any] = {}
    for other in _every_room():
        if other != room:
            known |= _known(translated(other))
    return known


def compile_catalog(po: Path) -> None:
    """Make the binary catalog that Django reads, where it is older than its source."""
    mo = po.with_suffix(".mo")
    if mo.exists() and mo.stat().st_mtime > po.stat().st_mtime:
        return
    with po.open("rb") as file:
        catalog = read_po(file, locale=LANGUAGE)
    body = BytesIO()
    write_mo(body, catalog)
    _replace(mo, body.getvalue())


def compile_all() -> None:
    """Compile every catalog that changed since it was last compiled."""
    for po in PACKAGE.rglob("locale/*/LC_MESSAGES/*.po"):
        compile_catalog(po)


def _spoken(catalog: Catalog) -> list[Message]:
    return [message for message in catalog if message.id]


def _key(message: Message) -> Key:
    return (message.id if isinstance(message.id, str) else tuple(message.id), message.context)


def _known(catalog: Catalog) -> dict[Key, Any]:
    return {
        _key(message): message.string
        for message in _spoken(catalog)
        if not message.fuzzy and message.string and all(message.string)
    }


def _replace(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: a server may be reading the old one."""
    if path.exists() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.write_bytes(content)
    fresh.replace(path)
