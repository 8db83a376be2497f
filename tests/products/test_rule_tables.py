"""Every rule once kept and once broken, at its very bounds; and the rules said a second time."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selfcard.core.clock import day_end, day_start
from selfcard.products.ages import Age, AgeRange, EndOfCover, Length, LengthUnit
from selfcard.products.details import USUAL_DETAILS
from selfcard.products.errors import Rule
from selfcard.products.people import Relationship, Sex
from selfcard.products.rules import (
    Facts,
    InsuredFacts,
    MinorsCap,
    Rules,
    broken_rules,
    cover_period,
)
from selfcard.products.trial import tried
from tests.products.test_rules import SOME_FACTS, SOME_RULES
from tests.products.told_again import insurable_told_again

ASKED, STARTS = date(2026, 11, 23), date(2026, 12, 1)
OFFICE, RIDER = "0101003", "0603002"
PLATE = USUAL_DETAILS["vehicle_plate"]
ADULT = InsuredFacts(
    birth_date=date(1986, 5, 17), sex=Sex.FEMALE, relationship=Relationship.SELF, occupation=OFFICE
)
CHILD = replace(ADULT, birth_date=date(2015, 1, 1), relationship=Relationship.CHILD)
FACTS = Facts(
    asked_on=ASKED,
    starts_on=STARTS,
    applicant_birth_date=date(1986, 5, 17),
    insured=(),
    region="330106",
    death_cover=Decimal(100_000),
)
RULES = Rules(
    insured_age=AgeRange(Age(days=28), Age(years=65)),
    applicant_age=AgeRange(Age(years=18), Age(years=70)),
    sexes=(Sex.FEMALE,),
    occupation_classes=(1, 2, 3, 4),
    excluded_occupations=(RIDER,),
    relationships=(Relationship.SELF, Relationship.CHILD),
    regions=("33",),
)


def kept(rule: Rule, rules: Rules, person: InsuredFacts, facts: Facts, people: int = 1) -> bool:
    return next(one for one in tried(rules, facts, person, people) if one.rule == rule).is_kept


# Per rule: what keeps it at its bound, and what breaks it by the least step beyond.
CASES: list[tuple[Rule, dict[str, Any], dict[str, Any]]] = [
    (Rule.START, {"starts_on": ASKED + timedelta(days=1)}, {"starts_on": ASKED}),
    (
        Rule.START,
        {"starts_on": ASKED + timedelta(days=30)},
        {"starts_on": ASKED + timedelta(days=31)},
    ),
    (
        Rule.APPLICANT_AGE,
        {"applicant_birth_date": date(2008, 12, 1)},
        {"applicant_birth_date": date(2008, 12, 2)},
    ),
    (
        Rule.APPLICANT_AGE,
        {"applicant_birth_date": date(1955, 12, 2)},
        {"applicant_birth_date": date(1955, 12, 1)},
    ),
    (Rule.REGION, {"region": "33"}, {"region": "31"}),
    (Rule.DETAILS, {"details": frozenset({PLATE.code})}, {"details": frozenset()}),
    (Rule.NUMBER, {"people": 1}, {"people": 2}),
    (Rule.AGE, {"birth_date": date(2026, 11, 3)}, {"birth_date": date(2026, 11, 4)}),
    (Rule.AGE, {"birth_date": date(1960, 12, 2)}, {"birth_date": date(1960, 12, 1)}),
    (Rule.SEX, {"sex": Sex.FEMALE}, {"sex": Sex.MALE}),
    (Rule.OCCUPATION, {"occupation": OFFICE}, {"occupation": "0302003"}),
    (Rule.EXCLUDED, {"occupation": OFFICE}, {"occupation": RIDER}),
    (
        Rule.RELATIONSHIP,
        {"relationship": Relationship.CHILD},
        {"relationship": Relationship.SPOUSE},
    ),
    (
        Rule.GUARDIAN,
        {"birth_date": date(2008, 12, 1), "relationship": Relationship.SELF},
        {"birth_date": date(2008, 12, 2), "relationship": Relationship.SELF},
    ),
    (Rule.POLICIES, {"policies_in_force": 0}, {"policies_in_force": 1}),
    (
        Rule.CAP,
        {"birth_date": date(2020, 1, 1), "other_death_cover": Decimal(100_000)},
        {"birth_date": date(2020, 1, 1), "other_death_cover": Decimal("100000.01")},
    ),
]


def told(rule: Rule, changes: dict[str, Any]) -> bool:
    rules = replace(RULES, details=(PLATE,)) if rule == Rule.DETAILS else RULES
    of_person = {name: changes[name] for name in changes if hasattr(ADULT, name)}
    of_facts = {name: changes[name] for name in changes if name not in {*of_person, "people"}}
    if "details" in changes:
        of_person, of_facts = {}, {"details": changes["details"]}
    person, facts = replace(ADULT, **of_person), replace(FACTS, **of_facts)
    return kept(rule, rules, person, facts, changes.get("people", 1))


@pytest.mark.parametrize(("rule", "keeping", "breaking"), CASES)
def test_each_rule_is_kept_at_its_bound_and_broken_beyond_it(rule, keeping, breaking):
    assert told(rule, keeping)
    assert not told(rule, breaking)


def test_no_rule_is_left_out():
    assert {rule for rule, _kept, _broken in CASES} == set(Rule)


@pytest.mark.parametrize(
    ("born", "total", "accepted"),
    [
        # The last day before the tenth birthday: under 10 on the first day of cover.
        (date(2016, 12, 2), "199999.99", True),
        (date(2016, 12, 2), "200000.00", True),
        (date(2016, 12, 2), "200000.01", False),
        # The tenth birthday itself.
        (date(2016, 12, 1), "200000.01", True),
        (date(2016, 12, 1), "500000.00", True),
        (date(2016, 12, 1), "500000.01", False),
        # The last day before the eighteenth, and the eighteenth.
        (date(2008, 12, 2), "499999.99", True),
        (date(2008, 12, 2), "500000.00", True),
        (date(2008, 12, 2), "500000.01", False),
        (date(2008, 12, 1), "500000.01", True),
        (date(2008, 12, 1), "9999999.99", True),
    ],
)
def test_a_cap_holds_to_the_cent_and_to_the_day(born, total, accepted):
    person = replace(CHILD, birth_date=born, other_death_cover=Decimal(total) - 100_000)

    assert kept(Rule.CAP, RULES, person, FACTS) == accepted


@pytest.mark.parametrize(
    ("starts", "below", "is_capped"),
    [
        # Born on 29 February 2016: eleven on the last of February 2027, a common year.
        (date(2027, 2, 27), 11, True),
        (date(2027, 2, 28), 11, False),
        # And twelve in a leap year not before the day itself.
        (date(2028, 2, 28), 12, True),
        (date(2028, 2, 29), 12, False),
    ],
)
def test_whoever_is_born_on_29_february_outgrows_a_cap_on_the_last_of_february(
    starts, below, is_capped
):
    rules = replace(RULES, minors_caps=(MinorsCap(below, Decimal(100_000)),), starts_latest=999)
    person = replace(CHILD, birth_date=date(2016, 2, 29), other_death_cover=Decimal(1))

    assert kept(Rule.CAP, rules, person, replace(FACTS, starts_on=starts)) == (not is_capped)


@pytest.mark.parametrize("ends", list(EndOfCover))
@pytest.mark.parametrize(
    ("starts", "length", "last"),
    [
        (date(2027, 1, 31), Length(1, LengthUnit.MONTHS), date(2027, 2, 28)),
        (date(2028, 1, 31), Length(1, LengthUnit.MONTHS), date(2028, 2, 29)),
        (date(2027, 2, 28), Length(1, LengthUnit.MONTHS), date(2027, 3, 27)),
        (date(2026, 12, 31), Length(2, LengthUnit.MONTHS), date(2027, 2, 28)),
        (date(2027, 8, 31), Length(1, LengthUnit.MONTHS), date(2027, 9, 30)),
        (date(2028, 2, 29), Length(1), date(2029, 2, 28)),
        (date(2028, 2, 29), Length(4), date(2032, 2, 28)),
        (date(2027, 3, 1), Length(1), date(2028, 2, 29)),
        (date(2026, 12, 1), Length(15, LengthUnit.DAYS), date(2026, 12, 15)),
        (date(2026, 12, 31), Length(1, LengthUnit.DAYS), date(2026, 12, 31)),
    ],
)
def test_a_cover_reaches_the_end_of_its_last_day_however_it_is_said(starts, length, last, ends):
    starts_at, ends_at = cover_period(replace(RULES, length=length, ends=ends), starts)

    assert starts_at == day_start(starts)
    assert ends_at == (
        day_end(last) if ends == EndOfCover.LAST_SECOND else day_start(last + timedelta(days=1))
    )


CAPS = st.sampled_from(
    [
        (),
        (MinorsCap(18, Decimal(100_000)),),
        (MinorsCap(10, Decimal(200_000)), MinorsCap(18, Decimal(500_000))),
    ]
)
LEFT_OUT = st.lists(st.sampled_from(["0603002", "0101", "03", "0201001"]), unique=True, max_size=2)
MORE_RULES = st.builds(
    lambda rules, caps, left_out, oldest: replace(
        rules,
        minors_caps=caps,
        excluded_occupations=tuple(left_out),
        applicant_age=AgeRange(Age(years=18), Age(years=oldest)),
    ),
    SOME_RULES,
    CAPS,
    LEFT_OUT,
    st.integers(30, 120),
)
# Facts near the rules, so that many of them are accepted: the first person is an ordinary one.
NEAR_FACTS = st.builds(
    lambda facts, born, other, ahead, applicant: replace(
        facts,
        starts_on=facts.asked_on + timedelta(days=ahead),
        applicant_birth_date=applicant,
        insured=(replace(CHILD, birth_date=born, other_death_cover=other),),
        region="33",
        details=frozenset(USUAL_DETAILS),
    ),
    SOME_FACTS,
    st.dates(date(2000, 1, 1), date(2026, 12, 31)),
    st.decimals(0, 400_000, places=2),
    st.integers(0, 40),
    st.dates(date(1950, 1, 1), date(2009, 12, 31)),
)


@settings(max_examples=300)
@given(rules=MORE_RULES, facts=st.one_of(SOME_FACTS, NEAR_FACTS))
def test_what_is_accepted_and_what_is_refused_is_what_a_second_telling_says(rules, facts):
    assert (not broken_rules(rules, facts)) == insurable_told_again(rules, facts)
