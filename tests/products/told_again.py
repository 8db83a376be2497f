"""The rules of a product told a second time.

The second telling shares nothing with the first: it counts birthdays and days by itself, so that
a mistake in one of them is seen by the other.
"""

from datetime import date

from selfcard.products.occupations import occupations
from selfcard.products.rules import Facts, InsuredFacts, Rules


def age_told_again(born: date, on: date) -> int:
    """Completed years: the birthday of 29 February is the 28th where there is no 29th."""
    leap = on.year % 4 == 0 and (on.year % 100 != 0 or on.year % 400 == 0)
    month, day = born.month, born.day
    if (month, day) == (2, 29) and not leap:
        day = 28
    return on.year - born.year - ((on.month, on.day) < (month, day))


def insurable_told_again(rules: Rules, facts: Facts) -> bool:
    ahead = (facts.starts_on - facts.asked_on).days
    applicant = age_told_again(facts.applicant_birth_date, facts.starts_on)
    of_policy = {one.code for one in rules.details if one.required and not one.of_each_insured}
    return (
        rules.starts_earliest <= ahead <= rules.starts_latest
        and rules.applicant_age.lowest.years <= applicant <= rules.applicant_age.highest.years
        and (not rules.regions or any(facts.region.startswith(one) for one in rules.regions))
        and of_policy <= facts.details
        and rules.insured_lowest <= len(facts.insured) <= rules.insured_highest
        and all(person_told_again(rules, facts, one) for one in facts.insured)
    )


def person_told_again(rules: Rules, facts: Facts, one: InsuredFacts) -> bool:
    age = age_told_again(one.birth_date, facts.starts_on)
    lived = (facts.starts_on - one.birth_date).days
    lowest, highest = rules.insured_age.lowest, rules.insured_age.highest
    work = occupations().get(one.occupation)
    caps = [cap.amount for cap in rules.minors_caps if age < cap.below]
    asked = {each.code for each in rules.details if each.required and each.of_each_insured}
    return (
        lived >= lowest.days
        and age >= lowest.years
        and (lived <= highest.days if highest.days else age <= highest.years)
        and one.sex in rules.sexes
        and work is not None
        and work.risk_class in rules.occupation_classes
        and not any(one.occupation.startswith(left_out) for left_out in rules.excluded_occupations)
        and one.relationship in rules.relationships
        and (age >= 18 or one.relationship in ("child", "ward"))
        and one.policies_in_force < rules.policies_per_insured
        and asked <= one.details
        and (
            not caps
            or not facts.death_cover
            or facts.death_cover + one.other_death_cover <= min(caps)
        )
    )
