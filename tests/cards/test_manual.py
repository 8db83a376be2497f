"""The manual of a document type and the words on its cards, from its product versions."""

import pytest

from selfcard.cards.papers.manual import manual_pdf
from selfcard.cards.papers.words import card_words, card_words_pdf
from selfcard.cards.queries import current_version, find_type_version, products_offered
from selfcard.core.papers import find_paper, pdf_of
from selfcard.inquiry.errors import NoSuchPaper
from selfcard.inquiry.queries.papers import open_paper
from selfcard.products.ages import EndOfCover
from tests.factories.cards import a_document_type, an_approved_batch, revise
from tests.factories.organisations import an_insurer
from tests.factories.products import a_product, a_published_version, some_rules
from tests.factories.reading import words_of

pytestmark = pytest.mark.django_db
LANGUAGES = ["zh-hans", "en"]
ACTIVATION = "ACT#card number#PIN#name#identity number#occupation"


@pytest.fixture
def insurer():
    return an_insurer()


@pytest.fixture
def version(insurer):
    rules = some_rules(ends=EndOfCover.MIDNIGHT, cooling_off_days=15)
    product = a_published_version(insurer, a_product(insurer), rules=rules)
    return current_version(a_document_type(insurer, "AC-100", "620118", product))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_manual_is_always_the_same_pdf(version, language):
    made = [manual_pdf(version, products_offered(version), language) for _ in range(2)]

    assert made[0] == made[1]
    assert made[0].startswith(b"%PDF-")


def test_the_manual_says_how_to_activate_what_is_covered_how_to_claim_and_to_cancel(version):
    products = products_offered(version)
    english = words_of(manual_pdf(version, products, "en"))
    chinese = words_of(manual_pdf(version, products, "zh-hans"))

    for said in ("Onthewebsite", "Bytelephone", "Atacounter", "Deathordisabilitybyaccident",
                 "CNY100,000", "Within180days", "0to80yearsold", "24:00ofitslastday",
                 "Drivingafterdrinking", "within15daysofissue", "Telluswithin36hours",
                 "areportoftheaccident", "4005550100", "/claim/",
                 "/manual/AC-100/1/", "24monthsfromtheapproval"):  # fmt: skip
        assert said.replace("CNY", "¥") in english.replace("CNY", "¥"), said
    for said in (
        "网站",
        "电话",
        "网点",
        "意外身故、伤残",
        "最后一日24时",
        "酒后驾驶",
        "15天内",
        "36小时内报案",
        "病历、事故证明",
    ):
        assert said in chinese, said


def test_sms_is_only_spoken_of_where_there_is_a_number(version, settings):
    assert "ACT#" not in words_of(manual_pdf(version, products_offered(version), "en"))
    assert not any("ACT#" in line.en for line in card_words(version).back)

    settings.SMS_NUMBER = "1069 5555"
    assert "ACT#" in words_of(manual_pdf(version, products_offered(version), "en"))
    assert any("ACT#" in line.en and "1069 5555" in line.zh for line in card_words(version).back)


def test_a_kind_of_card_prints_its_own_keyword_and_names_a_product_only_among_several(
    insurer, version, settings
):
    settings.SMS_NUMBER = "1069 5555"
    assert ACTIVATION in " ".join(line.en for line in card_words(version).back)

    other = a_published_version(insurer, a_product(insurer, "ACC2"))
    several = (*version.product_versions.all(), other)
    own = revise(insurer, version.document_type, keyword_en="SAFE", product_versions=several)

    printed = " ".join(line.en + line.zh for line in card_words(own).back)
    asked = ACTIVATION.replace("ACT", "SAFE").replace("number#occ", "number#product#occ")
    assert asked in printed
    assert "激活#卡号#密码#姓名#身份证号#产品#职业" in printed
    leaflet = words_of(manual_pdf(own, products_offered(own), "en"))
    assert asked.replace(" ", "") in leaflet.replace(" ", "")


def test_the_card_names_its_products_how_to_activate_and_where_to_read_more(version):
    words = card_words(version)
    front = " ".join(line.en for line in words.front)
    back = " ".join(line.en for line in words.back)

    assert "Accident card" in front
    assert "Becomes: Accident insurance" in front
    assert "Value CNY 100" in front
    for said in ("Nobody is insured before", "To activate", "400 555 0100",
                 "24 months from the approval", "/manual/AC-100/1/"):  # fmt: skip
        assert said in back, said
    assert all(line.zh and line.en for line in (*words.front, *words.back))


def printed_words(batch, language="en"):
    paper = find_paper("card_words", batch.number)
    assert paper is not None
    return pdf_of(paper, language)


def test_what_the_printer_is_given_is_kept_with_the_last_day_of_the_batch(insurer, version):
    batch = an_approved_batch(insurer, document_type=version.document_type)

    said = words_of(printed_words(batch))
    day = batch.deadline
    assert f"{day.day}{day:%B}{day.year}" in said
    assert "lastdaytoactivate,thatdayincluded" in said.lower()


def test_no_secret_is_among_the_words(insurer, version):
    batch = an_approved_batch(insurer, document_type=version.document_type)
    said = words_of(printed_words(batch, "zh-hans"))

    assert f"{batch.run.first:015d}" not in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_open_for_everybody_on_the_staff(insurer, version, language):
    for kind in ("manual", "card_words"):
        pdf = open_paper(
            kind=kind, number="AC-100-1", language=language, actor=insurer.actor("other_keeper")
        )
        assert pdf.startswith(b"%PDF-")
        for number in ("AC-100-9", "AC-100", "AC-100-x"):
            with pytest.raises(NoSuchPaper):
                open_paper(
                    kind=kind, number=number, language=language, actor=insurer.actor("chief")
                )


def test_each_version_of_a_type_keeps_its_own_manual(insurer, version):
    revise(insurer, version.document_type, name_en="Better card")
    first, newest = find_type_version("ac-100", 1), find_type_version("AC-100")

    assert first is not None
    assert newest is not None
    assert newest.name_en == "Better card"
    assert "Accidentcard" in words_of(card_words_pdf(first, "en"))
    assert "Bettercard" in words_of(card_words_pdf(newest, "en"))
