"""Papers: the same facts give the same bytes, and nothing is printed with a gap in it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from selfcard.core import clock, papers
from selfcard.core.money import Money
from selfcard.core.papers import (
    MissingGlyph,
    find_paper,
    freeze_paper,
    frozen_facts,
    pdf_of,
    printable,
    render,
)
from selfcard.core.papers.engine import PaperCannotBeMade
from selfcard.core.papers.facts import plain
from selfcard.core.papers.words import amount_in_words
from tests.factories.papers import ALL
from tests.factories.papers.custody import an_issue_note
from tests.factories.papers.payments import a_receipt
from tests.factories.papers.policies import a_policy
from tests.factories.papers.ways_back import WAYS_BACK

EVERY = {**ALL, **WAYS_BACK}


def frozen(kind: str) -> dict:
    with clock.frozen(date(2026, 11, 23)):
        return frozen_facts(EVERY[kind]())


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("kind", EVERY)
def test_every_paper_is_made_to_the_same_bytes_each_time(kind, language):
    facts = frozen(kind)

    first, second = render(kind, facts, language), render(kind, facts, language)

    assert first == second
    assert first.startswith(b"%PDF-")


def number_of(kind, facts):
    """What a paper is known by; a drawer's day has no number of its own."""
    return f"{facts['drawer']['code']} {facts['day']}" if kind == "drawer_day" else facts["number"]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("kind", EVERY)
def test_every_paper_is_archival_tagged_and_says_its_number(kind, language):
    facts = frozen(kind)

    pdf = render(kind, facts, language)
    document = PdfReader(BytesIO(pdf))

    assert document.metadata is not None
    assert document.metadata.title is not None
    assert number_of(kind, facts) in document.metadata.title
    assert b"<pdfaid:part>2</pdfaid:part>" in pdf
    assert b"/MarkInfo" in pdf
    said = "".join(page.extract_text() for page in document.pages)
    assert number_of(kind, facts).replace(" ", "") in said.replace(" ", "")


def test_two_threads_make_the_same_paper_at_once():
    facts = frozen("policy")

    with ThreadPoolExecutor(2) as both:
        made = list(both.map(lambda _: render("policy", facts, "en"), range(4)))

    assert len(set(made)) == 1


def test_an_unknown_kind_or_a_path_is_no_paper():
    for kind in ("unheard_of", "../papers/policy", "*"):
        with pytest.raises(PaperCannotBeMade):
            render(kind, frozen("policy"), "en")


@pytest.mark.parametrize(
    "name", ["李𬱖", "䶮", "王㛃", "堃", "喆", "龘", "𠮷", "王𡛟", "𫘥", "𬺛", "𮯠", "Müller"]
)
def test_the_rare_characters_of_real_names_can_be_printed(name):
    assert printable(name) == ""


def test_every_chinese_character_of_the_standard_for_names_can_be_printed():
    # GB 18030-2022, highest level: the unified ideographs of Unicode 11, with extensions A to F.
    blocks = [
        (0x3400, 0x4DB5),
        (0x4E00, 0x9FEF),
        (0x20000, 0x2A6D6),
        (0x2A700, 0x2B734),
        (0x2B740, 0x2B81D),
        (0x2B820, 0x2CEA1),
        (0x2CEB0, 0x2EBE0),
    ]

    assert [printable("".join(map(chr, range(first, last + 1)))) for first, last in blocks] == [
        ""
    ] * len(blocks)


def test_characters_without_a_glyph_are_named_once_each():
    assert printable("𰀁王𰀀𰀁") == "𰀁𰀀"
    assert printable("tab\there") == "\t"


@pytest.mark.django_db
def test_a_missing_glyph_refuses_the_deed_and_names_the_character():
    facts = a_receipt()
    with pytest.raises(MissingGlyph) as refusal:
        freeze_paper(
            kind="charge_receipt",
            number=facts.number,
            facts=type(facts)(**{**vars(facts), "payer": "王𰀁"}),
        )

    assert refusal.value.facts == {"characters": "𰀁"}
    assert find_paper("charge_receipt", facts.number) is None


def test_a_missing_glyph_fails_the_build_of_the_paper():
    facts = frozen("charge_receipt") | {"payer": "王𰀁"}

    with pytest.raises(PaperCannotBeMade, match="𰀁"):
        render("charge_receipt", facts, "zh-hans")


@pytest.mark.django_db
def test_a_frozen_paper_keeps_what_it_said_when_the_insurer_is_renamed(settings):
    note = an_issue_note()
    paper = freeze_paper(kind="issue_note", number=note.number, facts=note)
    before = pdf_of(paper, "en")

    settings.INSURER_NAME = {"zh-hans": "新名字", "en": "A New Name"}

    kept = find_paper("issue_note", note.number)
    assert kept is not None
    assert pdf_of(kept, "en") == before


@pytest.mark.django_db
def test_what_a_paper_says_is_sealed_in_the_database():
    from django.db import connection

    policy = a_policy()
    freeze_paper(kind="policy", number=policy.number, facts=policy)

    with connection.cursor() as cursor:
        cursor.execute("SELECT facts FROM core_paper WHERE number = %s", [policy.number])
        (stored,) = cursor.fetchone()
    assert policy.applicant.name.encode() not in bytes(stored)
    assert policy.applicant.id_number.encode() not in bytes(stored)


def test_facts_become_exact_plain_values():
    facts = frozen("charge_list")

    assert facts["amount"] == {
        "amount": "20100.00",
        "currency": "CNY",
        "zh": "人民币贰万零壹佰元整",
        "en": "Twenty thousand one hundred yuan only",
    }
    assert facts["runs"][0] == {"first": "620118000412001", "last": "620118000412200", "count": 200}
    assert facts["registered_at"] == "2026-11-02T15:18:00+08:00"
    assert json.loads(json.dumps(facts)) == facts


@pytest.mark.parametrize(
    ("amount", "zh", "en"),
    [
        ("0", "零元整", "Zero yuan"),
        ("0.05", "伍分", "Zero yuan and five fen"),
        ("0.50", "伍角整", "Zero yuan and fifty fen"),
        ("1", "壹元整", "One yuan"),
        ("10", "壹拾元整", "Ten yuan"),
        ("50", "伍拾元整", "Fifty yuan"),
        ("100", "壹佰元整", "One hundred yuan"),
        ("101", "壹佰零壹元整", "One hundred and one yuan"),
        ("110", "壹佰壹拾元整", "One hundred and ten yuan"),
        ("1005", "壹仟零伍元整", "One thousand and five yuan"),
        (
            "1409.50",
            "壹仟肆佰零玖元伍角整",
            "One thousand four hundred and nine yuan and fifty fen",
        ),
        ("6007.14", "陆仟零柒元壹角肆分", "Six thousand and seven yuan and fourteen fen"),
        ("325.04", "叁佰贰拾伍元零肆分", "Three hundred and twenty-five yuan and four fen"),
        ("10000", "壹万元整", "Ten thousand yuan"),
        ("10001", "壹万零壹元整", "Ten thousand and one yuan"),
        (
            "16409.02",
            "壹万陆仟肆佰零玖元零贰分",
            "Sixteen thousand four hundred and nine yuan and two fen",
        ),
        (
            "107000.53",
            "壹拾万柒仟元伍角叁分",
            "One hundred and seven thousand yuan and fifty-three fen",
        ),
        ("1000000", "壹佰万元整", "One million yuan"),
        ("100000000", "壹亿元整", "One hundred million yuan"),
        ("100000001", "壹亿零壹元整", "One hundred million and one yuan"),
        ("100100000", "壹亿零壹拾万元整", "One hundred million one hundred thousand yuan"),
        ("1000010000", "壹拾亿零壹万元整", "One billion ten thousand yuan"),
        ("-20.30", "负贰拾元叁角整", "Minus twenty yuan and thirty fen"),
    ],
)
def test_a_sum_is_written_in_words(amount, zh, en):
    said = amount_in_words(Money(Decimal(amount), "CNY"))

    assert said == (f"人民币{zh}", f"{en} only")


def test_a_moment_is_told_in_the_insurers_time_zone():
    assert plain(datetime(2026, 11, 22, 16, 30, tzinfo=UTC)) == "2026-11-23T00:30:00+08:00"


def test_a_sum_finer_than_a_cent_is_a_mistake():
    with pytest.raises(ValueError, match="hundredth"):
        amount_in_words(Money(Decimal("0.005"), "CNY"))


def test_the_typefaces_are_what_their_manifest_says():
    folder = Path(papers.__file__).parent / "fonts"

    for face in json.loads((folder / "manifest.json").read_text()):
        for name, file in face["files"].items():
            assert sha256((folder / f"{name}.xz").read_bytes()).hexdigest() == file["xz_sha256"]
        assert (folder / face["licence_file"]).exists()
