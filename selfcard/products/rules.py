"""Who and what a product version insures: rules as data, and the pure check against them.

Nothing here reads the database. Whoever asks brings the facts: who applies, who is to be
insured, what each of them has in force already.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.utils.formats import date_format

from selfcard.core.clock import day_end, day_start
from selfcard.products import ages
from selfcard.products.ages import Age, AgeRange, EndOfCover, Length
from selfcard.products.cancelling import Repayment
from selfcard.products.codec import from_json, to_json
from selfcard.products.details import Detail, of_insured, of_policy
from selfcard.products.errors import (
    ApplicantTooOld,
    ApplicantTooYoung,
    BrokenRule,
    DetailMissing,
    InsuredTooOld,
    InsuredTooYoung,
    MinorNeedsParentOrGuardian,
    MinorsDeathCoverTooHigh,
    OccupationClassNotInsured,
    OccupationExcluded,
    OccupationNotInsurable,
    OccupationUnknown,
    RegionNotInsured,
    RelationshipNotInsured,
    SexNotInsured,
    StartsTooEarly,
    StartsTooLate,
    TooFewInsured,
    TooManyInsured,
    TooManyPolicies,
)
from selfcard.products.occupations import CLASSES, classification, find_occupation
from selfcard.products.people import Relationship, Sex
from selfcard.products.regions import find_region, lies_in, region_in_full
from selfcard.products.wording import listed, sum_said


@dataclass(frozen=True)
class MinorsCap:
    """The most that all insurers together may pay on the death of a child under an age."""

    below: int
    amount: Decimal


# Notice Baojianfa [2015] 90 of the China Insurance Regulatory Commission.
LEGAL_CAPS = (MinorsCap(10, Decimal(200_000)), MinorsCap(18, Decimal(500_000)))

ADULTS = AgeRange(Age(years=ages.ADULT_AT), Age(years=120))
ONE_YEAR = Length(1)


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What a product version accepts. Every bound is itself accepted.

    `starts_earliest` and `starts_latest` count days from the day of activation; cover
    starts at 00:00, so the earliest is at least the next day and never lies before the
    activation. It ends on its last day, at the moment that `ends` says. No region named means
    everywhere; a province or city that is named means all of it, and an excluded trade all its
    occupations.

    Whoever cancels before cover starts, or at most `cooling_off_days` after the day of issue, gets
    the whole premium back. Later it is what `repayment` says: nothing, or the unearned part of the
    premium less `expense_rate`, a fraction.
    """

    insured_age: AgeRange
    applicant_age: AgeRange = ADULTS
    sexes: tuple[Sex, ...] = (Sex.FEMALE, Sex.MALE)
    occupation_classes: tuple[int, ...] = CLASSES
    excluded_occupations: tuple[str, ...] = ()
    relationships: tuple[Relationship, ...] = tuple(Relationship)
    insured_lowest: int = 1
    insured_highest: int = 1
    policies_per_insured: int = 1
    minors_caps: tuple[MinorsCap, ...] = LEGAL_CAPS
    regions: tuple[str, ...] = ()
    details: tuple[Detail, ...] = ()
    starts_earliest: int = 1
    starts_latest: int = 30
    length: Length = ONE_YEAR
    ends: EndOfCover = EndOfCover.LAST_SECOND
    cooling_off_days: int = 0
    repayment: Repayment = Repayment.PRO_RATA
    expense_rate: Decimal = Decimal(0)

    def to_json(self) -> dict[str, Any]:
        stored: dict[str, Any] = to_json(self)
        return stored

    @classmethod
    def from_json(cls, stored: Any) -> "Rules":
        return from_json(cls, stored)

    @property
    def contradiction(self) -> str:
        """The first bound by which nobody could ever keep them; empty where somebody can."""
        sound = {
            "insured_age": _in_order(self.insured_age),
            "applicant_age": _in_order(self.applicant_age),
            "sexes": bool(self.sexes),
            "occupation_classes": self.occupation_classes
            and set(self.occupation_classes) <= set(CLASSES),
            "excluded_occupations": all(map(classification().find, self.excluded_occupations)),
            "regions": all(map(find_region, self.regions)),
            "relationships": bool(self.relationships),
            "insured_lowest": self.insured_lowest >= 1,
            "insured_highest": self.insured_lowest <= self.insured_highest,
            "policies_per_insured": self.policies_per_insured >= 1,
            "minors_caps": self._caps_are_in_order,
            "details": len({one.code for one in self.details}) == len(self.details),
            "starts_earliest": self.starts_earliest >= 1,
            "starts_latest": self.starts_earliest <= self.starts_latest,
            "length": self.length.count >= 1,
            "cooling_off_days": self.cooling_off_days >= 0,
            "repayment": self.repayment != Repayment.WHOLE,
            "expense_rate": 0 <= self.expense_rate < 1,
        }
        return next((bound for bound, is_sound in sound.items() if not is_sound), "")

    @property
    def _caps_are_in_order(self) -> bool:
        """Each for an age of its own up to 18, and never less for an older child."""
        caps = sorted(self.minors_caps, key=lambda cap: cap.below)
        return all(1 <= cap.below <= ages.ADULT_AT and cap.amount > 0 for cap in caps) and all(
            one.below < next_one.below and one.amount <= next_one.amount
            for one, next_one in pairwise(caps)
        )


@dataclass(frozen=True, kw_only=True)
class InsuredFacts:
    """One person to be insured, with what they have already.

    `policies_in_force` counts policies of this product that share a day with the new cover;
    `other_death_cover` is what all other policies would pay on death, own and declared; `details`
    are the codes of those that are answered as they can be right.
    """

    birth_date: date
    sex: Sex
    relationship: Relationship
    occupation: str
    policies_in_force: int = 0
    other_death_cover: Decimal = Decimal(0)
    details: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is asked of a product version, and on which day.

    `death_cover` is what the version pays on the death of one insured, as far as it counts
    towards the caps on minors.
    """

    asked_on: date
    starts_on: date
    applicant_birth_date: date
    insured: tuple[InsuredFacts, ...]
    region: str = ""
    details: frozenset[str] = frozenset()
    death_cover: Decimal = Decimal(0)
    currency: str = "CNY"


def broken_rules(rules: Rules, facts: Facts) -> list[BrokenRule]:
    """All rules that the facts break, in the order in which one would ask; none if insurable.

    Each carries the field that it is about: `starts_on`, `applicant.birth_date`, `insured`,
    `insured.0.birth_date`, `contact.region`, `details.vehicle_plate`, `insured.0.details.height`.
    """
    found: list[BrokenRule] = []
    found += _broken_start(rules, facts)
    found += _broken_by_applicant(rules, facts)
    found += _broken_by_number(rules, facts)
    for place, one in enumerate(facts.insured):
        for broken in _broken_by_insured(rules, facts, one):
            broken.field = f"insured.{place}.{broken.field}"
            found.append(broken)
    return found


def first_days(rules: Rules, asked_on: date) -> tuple[date, date]:
    """The earliest and the latest first day of cover that can be chosen on a day."""
    return (
        asked_on + timedelta(days=rules.starts_earliest),
        asked_on + timedelta(days=rules.starts_latest),
    )


def cover_period(rules: Rules, starts_on: date) -> tuple[datetime, datetime]:
    """From 00:00 of the first day to the end of the last, in the insurer's zone.

    Cover that ends at the same time of day as it started, at 00:00, ends with its last day as well:
    in whichever way a product says it, the same days are covered.
    """
    last = ages.last_day(starts_on, rules.length)
    if rules.ends == EndOfCover.LAST_SECOND:
        return day_start(starts_on), day_end(last)
    return day_start(starts_on), day_start(last + timedelta(days=1))


def cap_on_death_cover(rules: Rules, birth_date: date, on: date) -> MinorsCap | None:
    """The cap that holds for a person on a day, or none for an adult."""
    age = ages.years_old(birth_date, on)
    caps = sorted(rules.minors_caps, key=lambda cap: cap.below)
    return next((cap for cap in caps if age < cap.below), None)


def _in_order(allowed: AgeRange) -> bool:
    some_birth = date(2000, 1, 1)
    lowest = some_birth + timedelta(days=allowed.lowest.days)
    reached = ages.months_later(lowest, allowed.lowest.years * 12)
    return not ages.is_older(some_birth, allowed.highest, reached)


def _day(day: date) -> str:
    return date_format(day, "DATE_FORMAT")


def _broken_start(rules: Rules, facts: Facts) -> Iterator[BrokenRule]:
    earliest, latest = first_days(rules, facts.asked_on)
    if facts.starts_on < earliest:
        yield StartsTooEarly(field="starts_on", first_day=_day(earliest))
    if facts.starts_on > latest:
        yield StartsTooLate(field="starts_on", last_day=_day(latest))


def _broken_by_applicant(rules: Rules, facts: Facts) -> Iterator[BrokenRule]:
    starts_on, birth_date = facts.starts_on, facts.applicant_birth_date
    allowed = rules.applicant_age
    said: dict[str, Any] = {
        "lowest": str(allowed.lowest),
        "highest": str(allowed.highest),
        "starts_on": _day(starts_on),
    }
    if ages.is_younger(birth_date, allowed.lowest, starts_on):
        yield ApplicantTooYoung(field="applicant.birth_date", **said)
    elif ages.is_older(birth_date, allowed.highest, starts_on):
        yield ApplicantTooOld(field="applicant.birth_date", **said)
    if rules.regions and not lies_in(facts.region, rules.regions):
        names = listed(region_in_full(code) for code in rules.regions)
        yield RegionNotInsured(field="contact.region", regions=names)
    yield from _missing(of_policy(rules.details), facts.details)


def _missing(asked: tuple[Detail, ...], given: frozenset[str]) -> Iterator[BrokenRule]:
    for detail in asked:
        if detail.required and detail.code not in given:
            yield DetailMissing(field=f"details.{detail.code}", detail=detail.label)


def _broken_by_number(rules: Rules, facts: Facts) -> Iterator[BrokenRule]:
    if len(facts.insured) < rules.insured_lowest:
        yield TooFewInsured(field="insured", lowest=rules.insured_lowest)
    if len(facts.insured) > rules.insured_highest:
        yield TooManyInsured(field="insured", highest=rules.insured_highest)


def _broken_by_insured(rules: Rules, facts: Facts, one: InsuredFacts) -> Iterator[BrokenRule]:
    yield from _broken_age(rules, facts, one)
    if one.sex not in rules.sexes:
        yield SexNotInsured(field="sex")
    yield from _broken_occupation(rules, one)
    yield from _broken_relationship(rules, facts, one)
    if one.policies_in_force >= rules.policies_per_insured:
        yield TooManyPolicies(
            field="identity_number",
            in_force=one.policies_in_force,
            highest=rules.policies_per_insured,
        )
    yield from _broken_cap(rules, facts, one)
    yield from _missing(of_insured(rules.details), one.details)


def _broken_age(rules: Rules, facts: Facts, one: InsuredFacts) -> Iterator[BrokenRule]:
    allowed = rules.insured_age
    said: dict[str, Any] = {
        "ages": str(allowed),
        "age": str(ages.exact_age(one.birth_date, facts.starts_on)),
        "starts_on": _day(facts.starts_on),
    }
    if ages.is_younger(one.birth_date, allowed.lowest, facts.starts_on):
        yield InsuredTooYoung(field="birth_date", **said)
    elif ages.is_older(one.birth_date, allowed.highest, facts.starts_on):
        yield InsuredTooOld(field="birth_date", **said)


def _broken_occupation(rules: Rules, one: InsuredFacts) -> Iterator[BrokenRule]:
    occupation = find_occupation(one.occupation)
    if occupation is None:
        yield OccupationUnknown(field="occupation")
    elif occupation.risk_class is None:
        yield OccupationNotInsurable(field="occupation", occupation=str(occupation))
    else:
        if occupation.risk_class not in rules.occupation_classes:
            yield OccupationClassNotInsured(
                field="occupation",
                occupation=str(occupation),
                classes=listed(sorted(rules.occupation_classes)),
                found=occupation.risk_class,
            )
        if occupation.code.startswith(rules.excluded_occupations):
            yield OccupationExcluded(field="occupation", occupation=str(occupation))


def _broken_relationship(rules: Rules, facts: Facts, one: InsuredFacts) -> Iterator[BrokenRule]:
    minor = ages.is_minor(one.birth_date, facts.starts_on)
    if minor and one.relationship not in (Relationship.CHILD, Relationship.WARD):
        yield MinorNeedsParentOrGuardian(field="relationship")
    if one.relationship not in rules.relationships:
        allowed = listed(each.label for each in rules.relationships)
        yield RelationshipNotInsured(field="relationship", allowed=allowed)


def _broken_cap(rules: Rules, facts: Facts, one: InsuredFacts) -> Iterator[BrokenRule]:
    cap = cap_on_death_cover(rules, one.birth_date, facts.starts_on)
    total = facts.death_cover + one.other_death_cover
    # A product that pays nothing on death is not touched by what others pay.
    if cap and facts.death_cover and total > cap.amount:
        yield MinorsDeathCoverTooHigh(
            field="declared_death_cover",
            below=cap.below,
            cap=sum_said(cap.amount, facts.currency),
            total=sum_said(total, facts.currency),
        )
