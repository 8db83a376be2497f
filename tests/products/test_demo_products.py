"""The demo's products: complete in both languages, and each rule refuses somebody."""

import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from selfcard.core.papers import printable
from selfcard.demo.cast import employ_people, open_places
from selfcard.demo.products import publish_products
from selfcard.demo.products.catalogue import CHOICES
from selfcard.products.errors import BrokenRule
from selfcard.products.models import ProductVersion
from selfcard.products.people import Relationship, Sex
from selfcard.products.queries import clauses_pdf, versions
from selfcard.products.rules import Facts, InsuredFacts, broken_rules

TODAY = date(2026, 11, 23)
CHAPTERS = {
    "zh": ["总则", "保险责任", "责任免除", "保险金额与保险费", "保险期间", "我们的义务",
           "投保人和被保险人的义务", "保险金的申请", "合同的解除", "争议处理", "释义"],
    "en": ["General", "What is covered", "What is not covered", "Sums insured and premium",
           "Period of insurance", "What we owe", "What applicant and insured owe", "How to claim",
           "Ending the contract", "Disputes", "Meanings"],
}  # fmt: skip


@pytest.fixture(scope="module")
def published(django_db_setup, django_db_blocker):
    """The demo's products, published once for all tests of this file."""
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        open_places()
        employ_people()
        yield publish_products()
        transaction.set_rollback(True)


@pytest.fixture
def all_versions(published, django_db_blocker):
    with django_db_blocker.unblock():
        yield list(versions())


def test_the_cards_of_each_type_have_published_choices_with_one_tax_rate(published):
    assert published.keys() == CHOICES.keys()
    for choices in published.values():
        assert all(one.is_published for one in choices)
        assert len({one.tax_rate for one in choices}) == 1


def test_there_is_a_taxed_and_an_exempt_product(published):
    rates = {one.tax_rate for choices in published.values() for one in choices}
    assert rates == {None, Decimal("0.06")}


def test_clauses_are_complete_in_both_languages(all_versions):
    for version in all_versions:
        for language, text in (("zh", version.clauses_zh), ("en", version.clauses_en)):
            chapters = re.findall("^# (.*)$", text, flags=re.MULTILINE)
            assert chapters == CHAPTERS[language], version.code
            assert not re.search(r"[{}§]", text), version.code
            assert not printable(text)
        articles = [
            re.findall(pattern, text, flags=re.MULTILINE)
            for pattern, text in (
                (r"^第(\d+)条", version.clauses_zh),
                (r"^Article (\d+)\.", version.clauses_en),
            )
        ]
        assert articles[0] == articles[1] == [str(n) for n in range(1, len(articles[0]) + 1)]


def test_the_clauses_of_every_product_can_be_printed(all_versions):
    for version in all_versions:
        for language in ("zh-hans", "en"):
            assert clauses_pdf(version, language).startswith(b"%PDF")


PEOPLE = [
    InsuredFacts(
        birth_date=born,
        sex=sex,
        relationship=relationship,
        occupation=occupation,
        policies_in_force=in_force,
        other_death_cover=Decimal(others),
    )
    for born, sex, relationship, occupation, in_force, others in (
        (date(1955, 3, 8), Sex.FEMALE, Relationship.SELF, "0101003", 0, 0),
        (date(1988, 7, 21), Sex.MALE, Relationship.SELF, "2101001", 0, 0),
        (date(1988, 7, 21), Sex.MALE, Relationship.SELF, "0603002", 0, 0),
        (date(1988, 7, 21), Sex.MALE, Relationship.SELF, "0501004", 0, 0),
        (date(1988, 7, 21), Sex.MALE, Relationship.SELF, "0907001", 0, 0),
        (date(1988, 7, 21), Sex.FEMALE, Relationship.FAMILY, "0102001", 2, 0),
        (date(2018, 1, 1), Sex.MALE, Relationship.CHILD, "0101002", 0, 100_000),
        (date(2018, 1, 1), Sex.MALE, Relationship.FAMILY, "0101002", 0, 0),
        (date(2026, 11, 10), Sex.FEMALE, Relationship.CHILD, "0101001", 0, 0),
        (date(1938, 1, 1), Sex.FEMALE, Relationship.PARENT, "0101003", 0, 0),
    )
]


def refusals(version: ProductVersion, person: InsuredFacts, **asked) -> list[BrokenRule]:
    facts = Facts(
        asked_on=TODAY,
        starts_on=TODAY + timedelta(days=1),
        applicant_birth_date=person.birth_date
        if person.relationship == Relationship.SELF
        else date(1988, 7, 21),
        insured=(person,),
        region="440106",
        death_cover=version.death_cover,
    )
    return broken_rules(version.bounds, replace(facts, **asked))


def test_each_rule_refuses_somebody(all_versions):
    said = {
        broken.code
        for version in all_versions
        for person in PEOPLE
        for asked in (
            {},
            {"starts_on": TODAY},
            {"starts_on": TODAY + timedelta(days=61)},
            {"applicant_birth_date": date(2010, 1, 1)},
            {"insured": (person,) * 6},
        )
        for broken in refusals(version, person, **asked)
    }

    every = {rule.__name__ for rule in BrokenRule.__subclasses__()} - {"OccupationUnknown"}
    named = {"".join(part.capitalize() for part in code.split("_")) for code in said}
    assert named == every


def test_every_card_insures_somebody(published):
    adult = PEOPLE[1]
    for type_code, choices in published.items():
        fitting = [
            version
            for version in choices
            if not refusals(
                version,
                adult,
                region="330106",
                details=frozenset(one.code for one in version.bounds.details),
                insured=(adult, replace(adult, relationship=Relationship.SPOUSE))[
                    : max(version.bounds.insured_lowest, 1)
                ],
            )
        ]
        assert fitting, type_code
