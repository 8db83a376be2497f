"""What an application must say, whatever the product."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from selfcard.core import clock
from selfcard.policies.application import (
    Application,
    BeneficiaryGiven,
    ConsentKind,
    DetailGiven,
    answers_in,
    problems,
)
from selfcard.policies.identity import IdentityKind
from selfcard.products.people import Relationship
from tests.factories.policies import a_person, an_application, an_insured

MOTHER = a_person("王芳", date(1986, 5, 17))
SON = a_person("王小明", date(2016, 3, 1), order=7)


def found(application: Application) -> list[tuple[str | None, str]]:
    return [(one.field, one.code) for one in problems(application, today=clock.today())]


def a_beneficiary(share: str, name: str = "王建国") -> BeneficiaryGiven:
    return BeneficiaryGiven(name=name, relationship=Relationship.PARENT, share=Decimal(share))


def test_an_application_with_everything_has_no_problem():
    assert found(an_application()) == []


def test_an_application_comes_back_from_a_draft_as_it_was():
    application = an_application(
        an_insured(SON, Relationship.CHILD, declared_death_cover=Decimal("50000.00")),
        applicant=MOTHER,
        beneficiaries=(
            replace(
                a_beneficiary("100"),
                identity_kind=IdentityKind.PASSPORT,
                identity_number="E12345678",
            ),
        ),
        details=(DetailGiven(code="vehicle_plate", answer="浙A12345"),),
    )

    assert Application.from_json(json.loads(json.dumps(application.to_json()))) == application
    assert answers_in(application.details) == {"vehicle_plate": "浙A12345"}


def test_a_missing_consent_is_named_each_on_its_own():
    application = replace(an_application(), consents=())

    assert found(application) == [
        ("consents.terms", "consent_missing"),
        ("consents.privacy", "consent_missing"),
    ]


def test_for_a_minor_the_guardian_consents_as_well():
    adult, minor = (
        an_application(),
        an_application(an_insured(SON, Relationship.CHILD), applicant=MOTHER),
    )

    assert ConsentKind.GUARDIAN not in adult.consents_needed()
    assert ConsentKind.GUARDIAN in minor.consents_needed()
    assert found(replace(minor, consents=minor.consents[:2])) == [
        ("consents.guardian", "consent_missing")
    ]


def test_who_insures_themself_is_the_same_person_in_both_places():
    other = a_person("王芳", date(1986, 5, 18))

    assert found(an_application(an_insured(other), applicant=MOTHER)) == [
        ("insured.0.relationship", "applicant_is_another_person")
    ]


@pytest.mark.parametrize("relationship", [one for one in Relationship if one != Relationship.SELF])
def test_whoever_applies_is_insured_only_as_themself(relationship):
    spaced = replace(
        MOTHER, identity_number=f" {MOTHER.identity_number[:6]} {MOTHER.identity_number[6:]}"
    )
    mistyped = replace(MOTHER, name="王芬")

    for person in (MOTHER, spaced, mistyped):
        application = an_application(
            an_insured(SON, Relationship.CHILD),
            an_insured(person, relationship),
            applicant=MOTHER,
        )
        assert found(application) == [("insured.1.relationship", "insured_is_the_applicant")]


def test_an_applicant_who_is_insured_as_themself_stands_on_the_list_once():
    application = an_application(
        an_insured(MOTHER), an_insured(MOTHER, Relationship.SPOUSE), applicant=MOTHER
    )

    assert found(application) == [("insured.1.identity_number", "same_person_twice")]


def test_a_person_is_insured_once_however_the_number_is_typed():
    again = replace(SON, identity_number=f" {SON.identity_number} ")
    application = an_application(
        an_insured(SON, Relationship.CHILD),
        an_insured(again, Relationship.CHILD),
        applicant=MOTHER,
    )

    assert found(application) == [("insured.1.identity_number", "same_person_twice")]


def test_problems_of_an_insured_carry_their_place():
    wrong = replace(SON, identity_number="33010620160301014")
    application = an_application(
        an_insured(MOTHER), an_insured(wrong, Relationship.CHILD), applicant=MOTHER
    )

    assert found(application) == [("insured.1.identity_number", "identity_number_impossible")]


def test_a_name_is_not_blank():
    nameless = replace(MOTHER, name=" ")

    assert found(an_application(applicant=nameless)) == [
        ("applicant.name", "name_missing"),
        ("insured.0.name", "name_missing"),
    ]


@pytest.mark.parametrize(
    ("shares", "refused"),
    [
        ([], []),
        (["100"], []),
        (["33.33", "33.33", "33.34"], []),
        (["60", "30"], ["shares_do_not_add_up"]),
        (["60", "50"], ["shares_do_not_add_up"]),
        (["0", "100"], ["share_out_of_range"]),
        (["-10", "110"], ["share_out_of_range", "share_out_of_range"]),
    ],
)
def test_the_shares_of_named_beneficiaries_make_the_whole(shares, refused):
    application = an_application(beneficiaries=tuple(a_beneficiary(one) for one in shares))

    assert [code for _, code in found(application)] == refused
