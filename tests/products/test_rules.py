"""Who a product insures: every rule refuses somebody, and accepts its own bounds."""

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from selfcard.products.ages import Age, AgeRange, Length, LengthUnit, is_minor, years_old
from selfcard.products.cancelling import Repayment
from selfcard.products.details import USUAL_DETAILS
from selfcard.products.occupations import occupations
from selfcard.products.people import Relationship, Sex
from selfcard.products.rules import (
    Facts,
    InsuredFacts,
    MinorsCap,
    Rules,
    broken_rules,
    cap_on_death_cover,
    cover_period,
    first_days,
)
from selfcard.products.words import in_both_languages, rules_in_words

ASKED = date(2026, 11, 23)
STARTS = date(2026, 12, 1)
PARENT = date(1986, 5, 17)
OFFICE = "0102001"
PLATE, HEIGHT = USUAL_DETAILS["vehicle_plate"], USUAL_DETAILS["height"]
SCHOOL = USUAL_DETAILS["school"]  # asked, but not required
EVERY_DETAIL = list(USUAL_DETAILS.values())
RULES = Rules(insured_age=AgeRange(Age(days=28), Age(years=65)))


def an_insured(born: date = PARENT, **facts) -> InsuredFacts:
    fields = {
        "sex": Sex.FEMALE,
        "relationship": Relationship.CHILD if is_minor(born, STARTS) else Relationship.SELF,
        "occupation": OFFICE,
        **facts,
    }
    return InsuredFacts(birth_date=born, **fields)


def asked(*insured: InsuredFacts, **facts) -> Facts:
    fields = {
        "asked_on": ASKED,
        "starts_on": STARTS,
        "applicant_birth_date": PARENT,
        "insured": insured or (an_insured(),),
        **facts,
    }
    return Facts(**fields)


def codes(rules: Rules, facts: Facts) -> list[tuple[str | None, str]]:
    return [(broken.field, broken.code) for broken in broken_rules(rules, facts)]


def test_who_keeps_every_rule_is_insurable():
    assert codes(RULES, asked()) == []


@pytest.mark.parametrize(
    ("born", "refused"),
    [
        (date(2026, 11, 4), ["insured_too_young"]),  # 27 days on the first day of cover
        (date(2026, 11, 3), []),  # 28 days
        (date(1960, 12, 2), []),  # 66 tomorrow
        (date(1960, 12, 1), ["insured_too_old"]),  # 66 today
        (STARTS + timedelta(days=1), ["insured_too_young"]),  # not born by then
    ],
)
def test_age_is_counted_on_the_first_day_of_cover_and_both_bounds_are_in(born, refused):
    assert [code for _, code in codes(RULES, asked(an_insured(born)))] == refused


def test_a_refusal_by_age_says_the_bounds_the_day_and_the_age():
    with translation.override("en"):
        (broken,) = broken_rules(RULES, asked(an_insured(date(1955, 3, 12))))

        assert "28 days to 65 years old" in str(broken)
        assert "71 years old" in str(broken)
    assert broken.field == "insured.0.birth_date"


@pytest.mark.parametrize(
    ("born", "refused"),
    [(date(2008, 12, 2), ["applicant_too_young"]), (date(2008, 12, 1), [])],
)
def test_an_applicant_is_of_age_on_the_first_day(born, refused):
    spouse = an_insured(relationship=Relationship.SPOUSE)
    facts = asked(spouse, applicant_birth_date=born)

    assert [code for _, code in codes(RULES, facts)] == refused


def test_an_applicant_may_be_too_old_where_the_product_says_so():
    rules = replace(RULES, applicant_age=AgeRange(Age(years=18), Age(years=39)))

    assert codes(rules, asked()) == [("applicant.birth_date", "applicant_too_old")]


@pytest.mark.parametrize(
    ("starts", "refused"),
    [
        (ASKED, ["starts_too_early"]),
        (ASKED + timedelta(days=1), []),
        (ASKED + timedelta(days=30), []),
        (ASKED + timedelta(days=31), ["starts_too_late"]),
        (ASKED - timedelta(days=1), ["starts_too_early"]),
    ],
)
def test_cover_starts_from_the_next_day_to_thirty_days_ahead(starts, refused):
    assert [code for _, code in codes(RULES, asked(starts_on=starts))] == refused


def test_an_occupation_of_a_class_that_is_not_insured_is_refused_by_name():
    rules = replace(RULES, occupation_classes=(1, 2, 3))
    miner = an_insured(occupation="0501004")

    (broken,) = broken_rules(rules, asked(miner))

    assert (broken.field, broken.code) == ("insured.0.occupation", "occupation_class_not_insured")
    assert broken.facts["found"] == 6


def test_a_single_occupation_may_be_left_out():
    rules = replace(RULES, excluded_occupations=("0603002",))

    assert codes(rules, asked(an_insured(occupation="0603001"))) == []
    assert codes(rules, asked(an_insured(occupation="0603002"))) == [
        ("insured.0.occupation", "occupation_excluded")
    ]


def test_a_trade_that_is_left_out_is_left_out_with_all_its_occupations():
    rules = replace(RULES, excluded_occupations=("0603",))

    assert codes(rules, asked(an_insured(occupation="0603005"))) == [
        ("insured.0.occupation", "occupation_excluded")
    ]
    assert codes(rules, asked(an_insured(occupation="0601005"))) == []


def test_what_nobody_insures_is_refused_by_every_product():
    assert codes(RULES, asked(an_insured(occupation="0907001"))) == [
        ("insured.0.occupation", "occupation_not_insurable")
    ]


def test_an_unknown_occupation_is_asked_again():
    assert codes(RULES, asked(an_insured(occupation="9999999"))) == [
        ("insured.0.occupation", "occupation_unknown")
    ]


def test_a_product_may_insure_one_sex():
    rules = replace(RULES, sexes=(Sex.FEMALE,))

    assert codes(rules, asked()) == []
    assert codes(rules, asked(an_insured(sex=Sex.MALE))) == [("insured.0.sex", "sex_not_insured")]


def test_a_product_says_what_the_insured_may_be_to_the_applicant():
    rules = replace(RULES, relationships=(Relationship.SELF,))
    spouse = an_insured(relationship=Relationship.SPOUSE)

    assert codes(rules, asked(spouse)) == [("insured.0.relationship", "relationship_not_insured")]


@pytest.mark.parametrize("relationship", list(Relationship))
def test_a_minor_is_insured_by_a_parent_or_guardian_only(relationship):
    child = an_insured(date(2015, 1, 1), relationship=relationship)
    allowed = relationship in (Relationship.CHILD, Relationship.WARD)

    assert codes(RULES, asked(child)) == (
        [] if allowed else [("insured.0.relationship", "minor_needs_parent_or_guardian")]
    )


def test_somebody_who_turns_18_on_the_first_day_is_no_minor():
    young = an_insured(date(2008, 12, 1), relationship=Relationship.SELF)

    assert codes(RULES, asked(young, applicant_birth_date=date(2008, 12, 1))) == []


def test_a_policy_insures_as_many_people_as_its_product_says():
    rules = replace(RULES, insured_lowest=2, insured_highest=3)
    one = an_insured()

    assert codes(rules, asked(one)) == [("insured", "too_few_insured")]
    assert codes(rules, asked(one, one)) == codes(rules, asked(one, one, one)) == []
    assert codes(rules, asked(one, one, one, one)) == [("insured", "too_many_insured")]


def test_policies_in_force_are_limited_per_person():
    rules = replace(RULES, policies_per_insured=2)

    assert codes(rules, asked(an_insured(policies_in_force=1))) == []
    assert codes(rules, asked(an_insured(policies_in_force=2))) == [
        ("insured.0.identity_number", "too_many_policies")
    ]


@pytest.mark.parametrize(
    ("born", "others", "own", "refused"),
    [
        # Under 10 on the first day: 200,000 over all products and insurers.
        (date(2016, 12, 2), 100_000, 100_000, False),
        (date(2016, 12, 2), 100_000, 100_001, True),
        # 10 on the first day, to 17: 500,000.
        (date(2016, 12, 1), 400_000, 100_000, False),
        (date(2016, 12, 1), 400_001, 100_000, True),
        (date(2008, 12, 2), 400_001, 100_000, True),
        # 18 on the first day: no cap.
        (date(2008, 12, 1), 4_000_000, 100_000, False),
        # A product that pays nothing on death is not touched by what others pay.
        (date(2016, 12, 2), 300_000, 0, False),
    ],
)
def test_what_all_insurers_pay_on_a_minors_death_is_capped(born, others, own, refused):
    child = an_insured(born, relationship=Relationship.CHILD, other_death_cover=Decimal(others))
    facts = asked(child, death_cover=Decimal(own))

    assert codes(RULES, facts) == (
        [("insured.0.declared_death_cover", "minors_death_cover_too_high")] if refused else []
    )


def test_a_product_may_be_offered_in_some_regions_only():
    rules = replace(RULES, regions=("33", "3205", "440106"))

    for inside in ("33", "3301", "330106", "320583", "440106"):
        assert codes(rules, asked(region=inside)) == []
    for outside in ("", "44", "4401", "440105", "32", "320102"):
        assert codes(rules, asked(region=outside)) == [("contact.region", "region_not_insured")]


def test_a_product_may_ask_for_one_thing_more():
    rules = replace(RULES, details=(PLATE, HEIGHT, SCHOOL))

    assert codes(rules, asked()) == [
        ("details.vehicle_plate", "detail_missing"),
        ("insured.0.details.height", "detail_missing"),
    ]
    tall = an_insured(details=frozenset({"height"}))
    assert codes(rules, asked(tall, details=frozenset({"vehicle_plate"}))) == []


def test_everything_that_is_wrong_is_said_at_once_each_in_its_place():
    rules = replace(RULES, occupation_classes=(1,), insured_highest=2)
    facts = asked(
        an_insured(),
        an_insured(date(1950, 1, 1), occupation="0501004"),
        starts_on=ASKED,
    )

    assert codes(rules, facts) == [
        ("starts_on", "starts_too_early"),
        ("insured.1.birth_date", "insured_too_old"),
        ("insured.1.occupation", "occupation_class_not_insured"),
    ]


def test_cover_runs_from_midnight_to_the_last_second_in_the_insurers_zone():
    starts_at, ends_at = cover_period(RULES, date(2028, 2, 29))

    shanghai = ZoneInfo("Asia/Shanghai")
    assert starts_at == datetime(2028, 2, 29, 0, 0, 0, tzinfo=shanghai)
    assert ends_at == datetime(2029, 2, 28, 23, 59, 59, tzinfo=shanghai)


@pytest.mark.parametrize(
    ("bound", "bounds"),
    [
        ("insured_age", {"insured_age": AgeRange(Age(years=66), Age(years=65))}),
        ("insured_age", {"insured_age": AgeRange(Age(years=1), Age(days=300))}),
        ("applicant_age", {"applicant_age": AgeRange(Age(years=40), Age(years=39))}),
        ("sexes", {"sexes": ()}),
        ("occupation_classes", {"occupation_classes": ()}),
        ("occupation_classes", {"occupation_classes": (1, 7)}),
        ("excluded_occupations", {"excluded_occupations": ("99",)}),
        ("regions", {"regions": ("99",)}),
        ("relationships", {"relationships": ()}),
        ("insured_lowest", {"insured_lowest": 0}),
        ("insured_highest", {"insured_lowest": 3, "insured_highest": 2}),
        ("policies_per_insured", {"policies_per_insured": 0}),
        ("minors_caps", {"minors_caps": (MinorsCap(19, Decimal(1)),)}),
        ("minors_caps", {"minors_caps": (MinorsCap(10, Decimal(2)), MinorsCap(18, Decimal(1)))}),
        ("minors_caps", {"minors_caps": (MinorsCap(10, Decimal(1)), MinorsCap(10, Decimal(2)))}),
        ("starts_earliest", {"starts_earliest": 0}),
        ("starts_latest", {"starts_earliest": 8, "starts_latest": 7}),
        ("length", {"length": Length(0)}),
        ("cooling_off_days", {"cooling_off_days": -1}),
        ("repayment", {"repayment": Repayment.WHOLE}),
        ("expense_rate", {"expense_rate": Decimal(1)}),
    ],
)
def test_the_bound_that_nobody_could_keep_is_named(bound, bounds):
    assert replace(RULES, **bounds).contradiction == bound
    assert not RULES.contradiction


def test_rules_are_said_in_as_many_sentences_in_both_languages():
    rules = replace(RULES, regions=("33",), details=(PLATE,), sexes=(Sex.MALE,))
    sentences = in_both_languages(rules_in_words, rules)

    assert all(text.zh and text.en for text in sentences)
    assert any("浙江省" in text.zh and "Zhejiang" in text.en for text in sentences)


SOME_RULES = st.builds(
    Rules,
    insured_age=st.builds(
        AgeRange,
        lowest=st.one_of(
            st.builds(Age, days=st.integers(0, 60)), st.builds(Age, years=st.integers(0, 20))
        ),
        highest=st.builds(Age, years=st.integers(20, 90)),
    ),
    sexes=st.sampled_from([(Sex.FEMALE,), (Sex.MALE,), (Sex.FEMALE, Sex.MALE)]),
    occupation_classes=st.lists(st.integers(1, 6), min_size=1, unique=True).map(tuple),
    relationships=st.lists(st.sampled_from(Relationship), min_size=1, unique=True).map(tuple),
    insured_highest=st.integers(1, 5),
    policies_per_insured=st.integers(1, 3),
    regions=st.lists(st.sampled_from(["33", "31", "44"]), unique=True).map(tuple),
    details=st.lists(st.sampled_from(EVERY_DETAIL), unique=True).map(tuple),
    starts_earliest=st.integers(1, 10),
    starts_latest=st.integers(10, 60),
    length=st.builds(Length, st.integers(1, 30), st.sampled_from(LengthUnit)),
)
SOME_INSURED = st.builds(
    InsuredFacts,
    birth_date=st.dates(date(1920, 1, 1), date(2026, 12, 31)),
    sex=st.sampled_from(Sex),
    relationship=st.sampled_from(Relationship),
    occupation=st.sampled_from([*occupations(), "9999999"]),
    policies_in_force=st.integers(0, 4),
    other_death_cover=st.decimals(0, 600_000, places=2),
)
SOME_FACTS = st.builds(
    Facts,
    asked_on=st.just(ASKED),
    starts_on=st.dates(date(2026, 11, 1), date(2027, 3, 1)),
    applicant_birth_date=st.dates(date(1920, 1, 1), date(2015, 1, 1)),
    insured=st.lists(SOME_INSURED, max_size=6).map(tuple),
    region=st.sampled_from(["", "33", "44"]),
    details=st.frozensets(st.sampled_from([one.code for one in EVERY_DETAIL])),
    death_cover=st.decimals(0, 600_000, places=2),
)


@given(rules=SOME_RULES, facts=SOME_FACTS)
def test_nobody_outside_the_rules_is_ever_let_through(rules, facts):
    """What the rules promise, said a second time in the plainest way."""
    if broken_rules(rules, facts):
        return
    earliest, latest = first_days(rules, facts.asked_on)
    assert facts.asked_on < earliest <= facts.starts_on <= latest
    assert rules.insured_lowest <= len(facts.insured) <= rules.insured_highest
    assert not rules.regions or facts.region in rules.regions
    for detail in rules.details:
        of_whom = (
            [one.details for one in facts.insured] if detail.of_each_insured else [facts.details]
        )
        assert not detail.required or all(detail.code in given for given in of_whom)
    assert years_old(facts.applicant_birth_date, facts.starts_on) >= 18
    for one in facts.insured:
        age = years_old(one.birth_date, facts.starts_on)
        assert age <= rules.insured_age.highest.years
        assert age >= rules.insured_age.lowest.years
        assert one.birth_date + timedelta(days=rules.insured_age.lowest.days) <= facts.starts_on
        assert one.sex in rules.sexes
        assert one.relationship in rules.relationships
        assert age >= 18 or one.relationship in (Relationship.CHILD, Relationship.WARD)
        assert occupations()[one.occupation].risk_class in rules.occupation_classes
        assert one.policies_in_force < rules.policies_per_insured
        if age < 18 and facts.death_cover:
            cap = 200_000 if age < 10 else 500_000
            assert one.other_death_cover + facts.death_cover <= cap


@given(rules=SOME_RULES, facts=SOME_FACTS)
def test_every_refusal_has_a_field_and_a_sentence(rules, facts):
    for broken in broken_rules(rules, facts):
        assert broken.field
        assert "%(" not in str(broken)


@given(rules=SOME_RULES)
def test_rules_come_back_from_json_as_they_were(rules):
    assert Rules.from_json(json.loads(json.dumps(rules.to_json()))) == rules


@given(starts_on=st.dates(date(2026, 1, 1), date(2040, 1, 1)), rules=SOME_RULES)
def test_a_cover_has_at_least_a_day_and_never_starts_late(starts_on, rules):
    starts_at, ends_at = cover_period(rules, starts_on)

    assert starts_at.date() == starts_on
    assert timedelta(hours=23, minutes=59, seconds=59) <= ends_at - starts_at


@given(born=st.dates(date(2000, 1, 1), date(2026, 12, 1)))
def test_a_cap_holds_for_every_minor_and_for_no_adult(born):
    assert (cap_on_death_cover(RULES, born, STARTS) is not None) == is_minor(born, STARTS)
