"""Issue notes and check-in notes."""

from __future__ import annotations

from dataclasses import replace

from selfcard.custody.papers import CHECK_IN, ISSUE_NOTE
from tests.factories.papers import a_check_in, an_issue_note
from tests.factories.reading import words_on


def test_an_issue_note_names_both_sides_the_runs_and_whom_they_are_for():
    said = words_on(ISSUE_NOTE, an_issue_note())

    for expected in ("发放单", "杭州中心支公司", "西湖营业部", "西湖营业部车险部", "王磊"):
        assert expected in said
    assert "620118000412001" in said
    assert "620118000413500" in said
    assert "合计700" in said


def test_a_note_to_an_individual_says_that_they_hold_the_cards_at_once():
    said = words_on(ISSUE_NOTE, replace(an_issue_note(), to_person=True), "en")

    assert "whoholdsthecardsatonce" in said
    assert "intransit" not in said


def test_a_check_in_note_names_what_is_missing():
    said = words_on(CHECK_IN, a_check_in(), "en")

    assert "Missingcards" in said
    assert "620118000412045" in said
    assert "Damagedcards" not in said


def test_a_note_of_many_runs_goes_on_over_as_many_pages_as_it_needs():
    run = an_issue_note().runs[0]
    many = tuple(type(run)(run.first + 10 * n, run.first + 10 * n + 4) for n in range(200))

    said = words_on(ISSUE_NOTE, replace(an_issue_note(), runs=many, count=1000), "en")

    assert "Page1of7" in said
    assert said.count("Firstserial") >= 6, "each page repeats the head of the table"
