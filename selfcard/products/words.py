"""The rules of a product version in plain sentences, for pages and papers."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Protocol, TypeVar

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from selfcard.core.papers.facts import Text
from selfcard.products.ages import ADULT_AT, Age, AgeRange, EndOfCover
from selfcard.products.cancelling import Repayment
from selfcard.products.errors import Rule
from selfcard.products.occupations import CLASSES, classification
from selfcard.products.people import Relationship, Sex
from selfcard.products.regions import region_in_full
from selfcard.products.rules import Rules
from selfcard.products.wording import listed, share_said, sum_said

T = TypeVar("T")
_NO_LIMIT = 100  # an upper age for applicants from here on is nobody's concern


def rules_in_words(rules: Rules) -> list[str]:
    """Who can be insured and when cover starts and ends, one sentence each, for the reader."""
    return [*people_in_words(rules), *time_in_words(rules), cancelling_in_words(rules)]


def people_in_words(rules: Rules) -> list[str]:
    """Who can be insured, as far as it is limited."""
    lines = [
        rule_in_words(Rule.AGE, rules),
        rule_in_words(Rule.NUMBER, rules),
        _applicant(rules),
    ]
    if set(rules.sexes) != set(Sex):
        lines.append(rule_in_words(Rule.SEX, rules))
    if set(rules.occupation_classes) != set(CLASSES):
        lines.append(rule_in_words(Rule.OCCUPATION, rules))
    if rules.excluded_occupations:
        lines.append(rule_in_words(Rule.EXCLUDED, rules))
    if set(rules.relationships) != set(Relationship):
        lines.append(rule_in_words(Rule.RELATIONSHIP, rules))
    lines.append(rule_in_words(Rule.POLICIES, rules))
    if rules.regions:
        lines.append(rule_in_words(Rule.REGION, rules))
    if rules.details:
        lines.append(rule_in_words(Rule.DETAILS, rules))
    return lines


def time_in_words(rules: Rules) -> list[str]:
    """When cover starts, how long it lasts, and when it is over."""
    return [rule_in_words(Rule.START, rules), ending_in_words(rules)]


def rule_in_words(rule: Rule, rules: Rules) -> str:
    """What a version says about one thing, also where it asks nothing."""
    return _SAID[rule](rules)


def in_both_languages(say: Callable[[T], list[str]], about: T) -> tuple[Text, ...]:
    """The same sentences as a paper keeps them."""
    with translation.override("zh-hans"):
        chinese = say(about)
    with translation.override("en"):
        english = say(about)
    return tuple(Text(zh=zh, en=en) for zh, en in zip(chinese, english, strict=True))


def reporting_in_words(hours: int) -> str:
    """By when a claim is to be reported, short enough for a heading."""
    return ngettext("Tell us within %(hours)d hour", "Tell us within %(hours)d hours", hours) % {
        "hours": hours
    }


def papers_in_words(papers: Iterable[str]) -> str:
    """What a claim needs."""
    return _("We need: %(papers)s. Photos will do.") % {"papers": listed(papers)}


class Cover(Protocol):
    """A cover, as far as its conditions go."""

    deductible: Decimal
    paid_share: Decimal
    currency: str
    terms_zh: str
    terms_en: str


def conditions_in(language: str, cover: Cover) -> str:
    """What a cover pays of each event, and what else is said of it, in one of the languages."""
    terms = cover.terms_zh if language.startswith("zh") else cover.terms_en
    with translation.override(language):
        pays = _pays(cover)
        if pays and terms:
            return _("%(pays)s %(terms)s") % {"pays": pays, "terms": terms}
        return pays or terms


def _pays(cover: Cover) -> str:
    said = {
        "share": share_said(cover.paid_share),
        "deductible": sum_said(cover.deductible, cover.currency),
    }
    if cover.deductible and cover.paid_share < 1:
        return _("%(share)s of what exceeds %(deductible)s in each event.") % said
    if cover.deductible:
        return _("Less %(deductible)s in each event.") % said
    if cover.paid_share < 1:
        return _("%(share)s of the costs.") % said
    return ""


def _age(rules: Rules) -> str:
    return _("The insured is %(ages)s old on the first day of cover.") % {"ages": rules.insured_age}


def _people(rules: Rules) -> str:
    if rules.insured_lowest == rules.insured_highest:
        return ngettext(
            "One policy insures %(count)d person.",
            "One policy insures %(count)d people.",
            rules.insured_highest,
        ) % {"count": rules.insured_highest}
    return _("One policy insures %(lowest)d to %(highest)d people.") % {
        "lowest": rules.insured_lowest,
        "highest": rules.insured_highest,
    }


def _applicant(rules: Rules) -> str:
    adult = _applicant_age(rules)
    if rules.insured_age.lowest.years >= ADULT_AT:
        return adult
    return _("%(adult)s For somebody under 18 a parent or guardian applies.") % {"adult": adult}


def _applicant_age(rules: Rules) -> str:
    age = rules.applicant_age
    if age.highest.years < _NO_LIMIT:
        return _("The applicant is %(ages)s old.") % {"ages": age}
    return _("The applicant is at least %(lowest)s old.") % {"lowest": age.lowest}


def _sex(rules: Rules) -> str:
    if set(rules.sexes) == set(Sex):
        return _("People of either sex are insured.")
    names = listed(sex.label for sex in rules.sexes)
    return _("Only people of this sex are insured: %(names)s.") % {"names": names}


def _occupation(rules: Rules) -> str:
    classes = listed(sorted(rules.occupation_classes))
    return _("Occupations of class %(classes)s.") % {"classes": classes}


def _excluded(rules: Rules) -> str:
    excluded = (classification().find(code) for code in rules.excluded_occupations)
    names = listed(one for one in excluded if one)
    if not names:
        return _("No occupation of these classes is left out.")
    return _("Not insured: %(names)s.") % {"names": names}


def _relationship(rules: Rules) -> str:
    names = listed(one.label for one in rules.relationships)
    return _("Who can be insured: %(names)s.") % {"names": names}


def _policies(rules: Rules) -> str:
    return ngettext(
        "Each person can have %(count)d policy of this product for the same days.",
        "Each person can have %(count)d policies of this product for the same days.",
        rules.policies_per_insured,
    ) % {"count": rules.policies_per_insured}


def _region(rules: Rules) -> str:
    if not rules.regions:
        return _("Offered everywhere.")
    names = listed(region_in_full(code) for code in rules.regions)
    return _("Offered only in: %(names)s.") % {"names": names}


def _details(rules: Rules) -> str:
    if not rules.details:
        return _("Nothing else is asked for.")
    names = listed(detail.label for detail in rules.details)
    return _("Also asked for: %(names)s.") % {"names": names}


def _cap(rules: Rules) -> str:
    caps = [
        _("under %(below)d at most %(amount)s")
        % {"below": cap.below, "amount": sum_said(cap.amount, "CNY")}
        for cap in sorted(rules.minors_caps, key=lambda cap: cap.below)
    ]
    if not caps:
        return _("What is paid on a minor's death is not capped.")
    return _("On a minor's death all insurers together pay: %(caps)s.") % {"caps": listed(caps)}


def _start(rules: Rules) -> str:
    return _(
        "Cover starts at 00:00 of the chosen day, from %(earliest)d to %(latest)d days"
        " after activation."
    ) % {"earliest": rules.starts_earliest, "latest": rules.starts_latest}


def ending_in_words(rules: Rules) -> str:
    """How long a cover lasts, and the moment at which it is over."""
    texts = {
        EndOfCover.LAST_SECOND: _("Cover lasts %(length)s and ends at 23:59:59 of its last day."),
        EndOfCover.MIDNIGHT: _("Cover lasts %(length)s and ends at 24:00 of its last day."),
        EndOfCover.SAME_TIME: _(
            "Cover lasts %(length)s and ends at the time of day at which it started, at 00:00 after"
            " its last day."
        ),
    }
    return texts[rules.ends] % {"length": rules.length}


def cancelling_in_words(rules: Rules) -> str:
    """What is given back to whoever cancels."""
    return _("%(at_first)s %(afterwards)s") % {
        "at_first": _whole(rules),
        "afterwards": _afterwards(rules),
    }


def _whole(rules: Rules) -> str:
    if not rules.cooling_off_days:
        return _("Cancelled before cover starts, the whole premium is given back.")
    return ngettext(
        "Cancelled before cover starts, or within %(days)d day of issue, the whole premium is"
        " given back.",
        "Cancelled before cover starts, or within %(days)d days of issue, the whole premium is"
        " given back.",
        rules.cooling_off_days,
    ) % {"days": rules.cooling_off_days}


def _afterwards(rules: Rules) -> str:
    if rules.repayment == Repayment.NOTHING:
        return _("Afterwards nothing is given back.")
    if not rules.expense_rate:
        return _("Afterwards the unearned part is given back, by days.")
    return _("Afterwards the unearned part is given back, by days, less %(rate)s.") % {
        "rate": share_said(rules.expense_rate)
    }


_SAID: dict[Rule, Callable[[Rules], str]] = {
    Rule.START: _start,
    Rule.APPLICANT_AGE: _applicant_age,
    Rule.REGION: _region,
    Rule.DETAILS: _details,
    Rule.NUMBER: _people,
    Rule.AGE: _age,
    Rule.SEX: _sex,
    Rule.OCCUPATION: _occupation,
    Rule.EXCLUDED: _excluded,
    Rule.RELATIONSHIP: _relationship,
    Rule.GUARDIAN: lambda rules: _("Only a parent or guardian insures somebody under 18."),
    Rule.POLICIES: _policies,
    Rule.CAP: _cap,
}


def ages_in_words(lowest: Age, highest: Age) -> str:
    """A range of ages, short: for tables and for the choice of a product."""
    return str(AgeRange(lowest, highest))
