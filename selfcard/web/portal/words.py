"""Whom a product insures, in the few words that fit beside its name."""

from django.utils.translation import gettext as _

from selfcard.products.occupations import CLASSES
from selfcard.products.regions import region_in_full
from selfcard.products.rules import Rules
from selfcard.products.wording import listed
from selfcard.products.words import ages_in_words


def ages(rules: Rules) -> str:
    """Who is insured by age, short."""
    return _("Ages %(range)s") % {
        "range": ages_in_words(rules.insured_age.lowest, rules.insured_age.highest)
    }


def who_else(rules: Rules) -> list[str]:
    """What else decides who can be insured, as short as it can be said."""
    lines = []
    if rules.insured_highest > 1:
        lines.append(
            _("%(lowest)d to %(highest)d people on one card")
            % {"lowest": rules.insured_lowest, "highest": rules.insured_highest}
        )
    classes = sorted(rules.occupation_classes)
    if classes != list(CLASSES):
        lines.append(_("Occupation classes %(classes)s") % {"classes": _span(classes)})
    if len(rules.sexes) == 1:
        lines.append(_("Only: %(sex)s") % {"sex": rules.sexes[0].label})
    if rules.regions:
        names = listed(region_in_full(code) for code in rules.regions)
        lines.append(_("Only in: %(regions)s") % {"regions": names})
    return lines


def _span(numbers: list[int]) -> str:
    """Consecutive numbers as a span, others one by one."""
    if numbers == list(range(numbers[0], numbers[-1] + 1)) and len(numbers) > 1:
        return _("%(first)s to %(last)s") % {"first": numbers[0], "last": numbers[-1]}
    return ", ".join(str(number) for number in numbers)
