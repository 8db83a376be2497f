"""The rules of a product version in plain sentences, for pages and papers."""

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from selfcard.core.papers.facts import Text
from selfcard.products.ages import ADULT_AT, Age, AgeRange
from selfcard.products.cancelling import Repayment
from selfcard.products.occupations import CLASSES, classification
from selfcard.products.people import Relationship, Sex
from selfcard.products.regions import region_in_full
from selfcard.products.rules import Rules
from selfcard.products.wording import listed

_NO_LIMIT = 100  # an upper age for applicants from here on is nobody's concern


def rules_in_words(rules: Rules) -> list[str]:
    """Who can be insured and when cover starts and ends, one sentence each, for the reader."""
    lines = [
        _("The insured is %(ages)s old on the first day of cover.") % {"ages": rules.insured_age},
        _people(rules),
        _applicant(rules),
    ]
    if set(rules.sexes) != set(Sex):
        names = listed(sex.label for sex in rules.sexes)
        lines.append(_("Only people of this sex are insured: %(names)s.") % {"names": names})
    lines += _occupations(rules)
    if set(rules.relationships) != set(Relationship):
        names = listed(one.label for one in rules.relationships)
        lines.append(_("Who can be insured: %(names)s.") % {"names": names})
    lines.append(
        ngettext(
            "Each person can have %(count)d policy of this product for the same days.",
            "Each person can have %(count)d policies of this product for the same days.",
            rules.policies_per_insured,
        )
        % {"count": rules.policies_per_insured}
    )
    if rules.regions:
        names = listed(region_in_full(code) for code in rules.regions)
        lines.append(_("Offered only in: %(names)s.") % {"names": names})
    if rules.details:
        names = listed(detail.label for detail in rules.details)
        lines.append(_("Also asked for: %(names)s.") % {"names": names})
    return [*lines, _start(rules), _end(rules), _cancelled(rules)]


def rules_in_both_languages(rules: Rules) -> tuple[Text, ...]:
    """The same sentences as a paper keeps them."""
    with translation.override("zh-hans"):
        chinese = rules_in_words(rules)
    with translation.override("en"):
        english = rules_in_words(rules)
    return tuple(Text(zh=zh, en=en) for zh, en in zip(chinese, english, strict=True))


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
    age = rules.applicant_age
    if age.highest.years < _NO_LIMIT:
        adult = _("The applicant is %(ages)s old.") % {"ages": age}
    else:
        adult = _("The applicant is at least %(lowest)s old.") % {"lowest": age.lowest}
    if rules.insured_age.lowest.years >= ADULT_AT:
        return adult
    return _("%(adult)s For somebody under 18 a parent or guardian applies.") % {"adult": adult}


def _occupations(rules: Rules) -> list[str]:
    lines = []
    if set(rules.occupation_classes) != set(CLASSES):
        classes = listed(sorted(rules.occupation_classes))
        lines.append(_("Occupations of class %(classes)s.") % {"classes": classes})
    excluded = (classification().find(code) for code in rules.excluded_occupations)
    names = listed(one for one in excluded if one)
    if names:
        lines.append(_("Not insured: %(names)s.") % {"names": names})
    return lines


def _start(rules: Rules) -> str:
    return _(
        "Cover starts at 00:00 of the chosen day, from %(earliest)d to %(latest)d days"
        " after activation."
    ) % {"earliest": rules.starts_earliest, "latest": rules.starts_latest}


def _end(rules: Rules) -> str:
    return _("Cover lasts %(length)s and ends at 23:59:59 of its last day.") % {
        "length": rules.length
    }


def _cancelled(rules: Rules) -> str:
    return f"{_whole(rules)} {_afterwards(rules)}"


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
    return _("Afterwards the unearned part is given back, by days, less %(rate)s%%.") % {
        "rate": f"{rules.expense_rate * 100:f}".rstrip("0").rstrip(".")
    }


def ages_in_words(lowest: Age, highest: Age) -> str:
    """A range of ages, short: for tables and for the choice of a product."""
    return str(AgeRange(lowest, highest))
