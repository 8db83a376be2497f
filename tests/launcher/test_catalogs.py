"""Catalogs are written from the sources: Python, templates and components alike."""

from pathlib import Path

import pytest

from selfcard.launcher import messages
from selfcard.launcher.errors import Trouble
from selfcard.launcher.messages import Room, missing_in, rooms, translated, update

PAGE = """
{% load i18n %}
  {% translate "Cards" %} {% translate "May" context "month" %}
<p>{% blocktranslate count n=cards|length trimmed %}
  {{ n }} card{% plural %}{{ n }} cards
{% endblocktranslate %}</p>
{{ _("Holder") }} <c-field :label="_('Serial number')" />
"""
MODULE = (
    'NAME = _("Sales ID")\nPARTS = ngettext_lazy("%(count)s part", "%(count)s parts", "count")\n'
)


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Room:
    package = tmp_path / "selfcard"
    monkeypatch.setattr(messages, "PACKAGE", package)
    page = package / "cards" / "templates" / "page.html"
    page.parent.mkdir(parents=True)
    page.write_text(PAGE)
    module = package / "cards" / "words.py"
    module.write_text(MODULE)
    (package / "web" / "office").mkdir(parents=True)
    return rooms()[0]


def test_whatever_is_said_is_found(room: Room) -> None:
    said = [(message.id, message.context) for message in missing_in(room)]

    assert said == [
        ("Serial number", None),
        ("Cards", None),
        ("May", "month"),
        (("%(n)s card", "%(n)s cards"), None),
        ("Holder", None),
        ("Sales ID", None),
        (("%(count)s part", "%(count)s parts"), None),
    ]


def test_translations_stay_and_what_nobody_says_goes(room: Room) -> None:
    update(room)
    text = room.po.read_text().replace('msgid "Cards"\nmsgstr ""', 'msgid "Cards"\nmsgstr "单证"')
    text += '\nmsgid "Nobody says this"\nmsgstr "没人说"\n'
    room.po.write_text(text)

    written = update(room)

    assert {"单证"} == {message.string for message in translated(room) if message.id == "Cards"}
    assert translated(room).get("Nobody says this") is None
    assert (written.messages, written.missing) == (7, 6)


def test_a_second_update_changes_nothing(room: Room) -> None:
    update(room)
    before = room.po.read_text()

    update(room)

    assert room.po.read_text() == before


def test_what_another_room_translated_is_said_the_same_way(room: Room) -> None:
    other = room.folder.parent / "sales"
    other.mkdir()
    (other / "words.py").write_text('NAME = _("Sales ID")\n')
    update(rooms(["sales"])[0])
    po = rooms(["sales"])[0].po
    po.write_text(po.read_text().replace('"Sales ID"\nmsgstr ""', '"Sales ID"\nmsgstr "销售号"'))

    update(room)

    assert 'msgid "Sales ID"\nmsgstr "销售号"' in room.po.read_text()


def test_a_guess_is_no_translation(room: Room) -> None:
    update(room)
    text = room.po.read_text()
    fuzzy = '#, fuzzy\nmsgid "Cards"\nmsgstr "单证"'
    room.po.write_text(text.replace('msgid "Cards"\nmsgstr ""', fuzzy))

    assert "Cards" in [message.id for message in missing_in(room)]
    update(room)
    assert "单证" not in room.po.read_text()


def test_a_mistyped_room_is_said_plainly(room: Room) -> None:
    with pytest.raises(Trouble, match="There is no room crads"):
        rooms(["crads"])
