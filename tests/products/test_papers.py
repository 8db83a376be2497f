"""The clauses of a product version in print."""

from __future__ import annotations

from selfcard.products.papers import CLAUSES
from tests.factories.papers.products import some_clauses
from tests.factories.reading import words_on


def test_clauses_are_printed_with_covers_exclusions_and_every_article():
    said = words_on(CLAUSES, some_clauses())

    for expected in ("第3版", "意外骨折", "酒后驾驶", "总则", "第三条", "按保险金额给付"):
        assert expected in said


def test_the_signs_that_mark_headings_and_items_are_not_printed():
    assert "#" not in words_on(CLAUSES, some_clauses(), "en")
