"""Trying a version out: what each of its rules says of a person and a day."""

from dataclasses import dataclass, replace

from selfcard.products.errors import BrokenRule, Rule
from selfcard.products.rules import Facts, InsuredFacts, Rules, broken_rules
from selfcard.products.words import rule_in_words


@dataclass(frozen=True)
class Tried:
    """One rule in plain words, and what it says where it is not kept."""

    rule: Rule
    says: str
    broken: tuple[BrokenRule, ...]

    @property
    def is_kept(self) -> bool:
        return not self.broken


def tried(rules: Rules, facts: Facts, person: InsuredFacts, people: int) -> list[Tried]:
    """Every rule of a version for one person who is insured with so many others like them.

    It is what an activation would be told, by the very same check.
    """
    broken = [
        one
        for one in broken_rules(rules, replace(facts, insured=(person,) * people))
        # The others are as the first one: what is said of them is said already.
        if not (one.field or "").startswith("insured.")
        or (one.field or "").startswith("insured.0.")
    ]
    return [
        Tried(rule, rule_in_words(rule, rules), tuple(one for one in broken if one.rule == rule))
        for rule in Rule
    ]
