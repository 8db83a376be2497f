"""The policy as paper."""

from __future__ import annotations

from dataclasses import replace

from selfcard.core.papers import Text
from selfcard.policies.papers import POLICY, POLICY_CARD
from tests.factories.papers.policies import a_policy, a_policy_card
from tests.factories.reading import words_on


def test_a_policy_says_who_is_insured_for_how_much_and_from_when_to_when():
    said = words_on(POLICY, a_policy())

    assert "王建国" in said
    assert "330106195503124419" in said
    assert "2026年11月23日00:00·23Nov2026" in said
    assert "2027年11月22日23:59:59·22Nov2027" in said
    assert "意外身故或伤残" in said
    assert "¥50,000" in said


def test_a_policy_names_exclusions_beneficiaries_and_how_to_claim():
    said = words_on(POLICY, a_policy(), "en")

    assert "Drivingafterdrinkingorwithoutalicence" in said
    assert "李𬱖spouse配偶60%" in said
    assert "Telluswithin36hours" in said
    assert "Weneed:medicalrecords,bills.Photoswilldo." in said
    assert "https://cards.lantern.example/claim/" in said
    assert "https://cards.lantern.example/check/P0000481237462" in said


def test_the_card_says_whom_to_call_by_when_and_where_to_report():
    said = words_on(POLICY_CARD, a_policy_card())

    for expected in ("36小时内报案", "Telluswithin36hours;", "cards.lantern.example/claim/"):
        assert expected in said, expected


def test_an_applicant_who_insures_themself_is_shown_once():
    assert words_on(POLICY, a_policy()).count("330106195503124419") == 1


def test_somebody_else_as_insured_is_shown_beside_the_applicant():
    policy = a_policy()
    child = replace(
        policy.insured[0],
        person=replace(policy.applicant, name="王㛃", id_number="330106201803124412"),
        relationship=Text(zh="子女", en="child"),
        beneficiaries=(),
    )

    said = words_on(POLICY, replace(policy, insured=(child,)), "en")

    assert "330106195503124419" in said
    assert "330106201803124412" in said
    assert "thestatutoryheirs" in said
