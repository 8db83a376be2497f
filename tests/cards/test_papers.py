"""The print protocol."""

from __future__ import annotations

from dataclasses import replace

from selfcard.cards.papers import PRINT_PROTOCOL
from tests.factories.papers.cards import a_print_protocol
from tests.factories.reading import words_on


def test_a_print_protocol_names_the_recipient_the_checksum_and_every_hand():
    facts = a_print_protocol()

    said = words_on(PRINT_PROTOCOL, facts)

    assert facts.recipient in said
    assert facts.sha256 in said
    assert "100,000" in said
    assert said.count("王磊") == 3
    assert said.count("周婷") == 2


def test_a_file_that_nobody_has_downloaded_says_so():
    facts = replace(a_print_protocol(), downloaded_by=None, downloaded_at=None)

    assert "尚未下载" in words_on(PRINT_PROTOCOL, facts)


def test_a_print_protocol_says_by_which_version_and_until_when_cards_may_be_sold():
    facts = a_print_protocol()

    said = words_on(PRINT_PROTOCOL, facts, "en")

    assert "30Jun2027" in said
    assert "Lastdaytosell" in said
    assert "Lastdaytosell" not in words_on(PRINT_PROTOCOL, replace(facts, use_by=None), "en")
