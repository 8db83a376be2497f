"""What a version says otherwise than another one, in the reader's words."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from selfcard.core.papers.facts import Text
from selfcard.products.errors import Rule
from selfcard.products.models import Coverage, ProductVersion
from selfcard.products.wording import share_said, sum_said
from selfcard.products.words import cancelling_in_words, ending_in_words, rule_in_words


@dataclass(frozen=True)
class Difference:
    """One thing that is said otherwise: what it is about, how it was, and how it is now."""

    about: str
    before: tuple[str, ...]
    now: tuple[str, ...]


def differences(before: ProductVersion, now: ProductVersion) -> list[Difference]:
    """All that differs, in the order of the version; nothing where both say the same."""
    return [
        *_texts(before, now),
        *_coverages(before, now),
        *_exclusions(before, now),
        *_claims(before, now),
        *_rules(before, now),
        *_clauses(before, now),
    ]


def _texts(before: ProductVersion, now: ProductVersion) -> Iterator[Difference]:
    pairs = (
        (_("Chinese name"), before.name_zh, now.name_zh),
        (_("English name"), before.name_en, now.name_en),
        (_("In one sentence, in Chinese"), before.summary_zh, now.summary_zh),
        (_("In one sentence, in English"), before.summary_en, now.summary_en),
        (_("Tax"), _tax(before), _tax(now)),
    )
    for about, was, is_now in pairs:
        if was != is_now:
            yield Difference(about, (was,), (is_now,))


def _tax(version: ProductVersion) -> str:
    return _("exempt") if version.tax_rate is None else share_said(version.tax_rate)


def _coverages(before: ProductVersion, now: ProductVersion) -> Iterator[Difference]:
    """Each cover beside the one of the same name; those that are new, and those that are gone."""
    was = {one.name_zh: one for one in before.coverages.all()}
    is_now = {one.name_zh: one for one in now.coverages.all()}
    for name in dict.fromkeys([*was, *is_now]):
        old, new = was.get(name), is_now.get(name)
        one = new or old
        assert one is not None
        about = pgettext("what differs", "Cover: %(name)s") % {"name": one.name}
        said_before, said_now = _coverage_said(old), _coverage_said(new)
        if said_before != said_now:
            yield Difference(about, said_before, said_now)
    if list(was) != list(is_now) and set(was) == set(is_now):
        order = tuple(one.name for one in before.coverages.all())
        yield Difference(
            _("Order of the covers"), order, tuple(is_now[name].name for name in is_now)
        )


def _coverage_said(one: Coverage | None) -> tuple[str, ...]:
    if one is None:
        return ()
    counts = _("counts towards the caps on minors") if one.counts_for_minors else ""
    said = (
        one.name_zh,
        one.name_en,
        sum_said(one.sum_insured, one.currency),
        one.conditions_zh,
        one.conditions_en,
        counts,
    )
    return tuple(filter(None, said))


def _exclusions(before: ProductVersion, now: ProductVersion) -> Iterator[Difference]:
    gone = _without(before.exclusion_texts, now.exclusion_texts)
    new = _without(now.exclusion_texts, before.exclusion_texts)
    if gone or new:
        yield Difference(_("What is not covered"), gone, new)


def _claims(before: ProductVersion, now: ProductVersion) -> Iterator[Difference]:
    if before.claim_hours != now.claim_hours:
        yield Difference(_("Reporting a claim"), (before.reporting,), (now.reporting,))
    gone = _without(before.claim_paper_texts, now.claim_paper_texts)
    new = _without(now.claim_paper_texts, before.claim_paper_texts)
    if gone or new:
        yield Difference(_("Papers of a claim"), gone, new)


def _without(some: tuple[Text, ...], others: tuple[Text, ...]) -> tuple[str, ...]:
    return tuple(line for one in some if one not in others for line in (one.zh, one.en))


def _rules(before: ProductVersion, now: ProductVersion) -> Iterator[Difference]:
    for rule in Rule:
        was, is_now = rule_in_words(rule, before.bounds), rule_in_words(rule, now.bounds)
        if was != is_now:
            yield Difference(str(rule.label), (was,), (is_now,))
    for about, say in (
        (_("End of cover"), ending_in_words),
        (_("Cancelling"), cancelling_in_words),
    ):
        was, is_now = say(before.bounds), say(now.bounds)
        if was != is_now:
            yield Difference(about, (was,), (is_now,))


def _clauses(before: ProductVersion, now: ProductVersion) -> Iterator[Difference]:
    """Only the lines of the clauses that differ."""
    for about, was, is_now in (
        (_("Clauses, in Chinese"), before.clauses_zh, now.clauses_zh),
        (_("Clauses, in English"), before.clauses_en, now.clauses_en),
    ):
        old, new = was.splitlines(), is_now.splitlines()
        for kind, first, last, first_new, last_new in SequenceMatcher(
            None, old, new, autojunk=False
        ).get_opcodes():
            if kind != "equal":
                gone = tuple(filter(None, old[first:last]))
                come = tuple(filter(None, new[first_new:last_new]))
                if gone or come:
                    yield Difference(about, gone, come)
