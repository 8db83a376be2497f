"""What is read out to the customer, in the customer's language, whatever the operator reads in.

Whoever changes words here gives them a new version in `activation.texts.READ_OUT`: a policy's
evidence keeps which ones were read.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

from selfcard.activation.models import DeskCase
from selfcard.activation.queries import (
    may_be_said,
    staff_source,
    waits_for_link,
    why_not_ready,
)
from selfcard.activation.texts import READ_OUT
from selfcard.core import clock
from selfcard.core.wording import listed
from selfcard.custody.queries import CardState
from selfcard.policies.application import ConsentKind
from selfcard.policies.models import Policy
from selfcard.products.models import ProductVersion
from selfcard.products.rules import cover_period, first_days
from selfcard.web.portal.answers import Page
from selfcard.web.portal.views import ADVICE
from selfcard.web.templatetags.portal import clock_time, end_day, long_day, policy_digits

if TYPE_CHECKING:
    from selfcard.web.office.desk.filling import DeskVisit


@dataclass(frozen=True)
class ReadOut:
    """Sentences for the customer, and the language that they are in."""

    language: str
    lines: tuple[str, ...]

    @property
    def language_name(self) -> str:
        return str(get_language_info(self.language)["name_translated"])


def reading(case: DeskCase, lines: Callable[[], Iterator[str]]) -> ReadOut:
    """Sentences as they are said to the customer of a case."""
    with translation.override(case.language):
        return ReadOut(case.language, tuple(lines()))


def read_out_for(page: Page, visit: "DeskVisit") -> ReadOut:
    """What is read out on a page of the line."""
    return reading(visit.case, lambda: _LINES[page.name](visit))


def names_read(visit: "DeskVisit") -> tuple[str, ...]:
    """The texts that this customer has heard before they agree; their versions are kept."""
    answers = visit.answers
    opened = "pin" if visit.proof.source == staff_source(visit.actor) else "link"
    heard = {opened, "code", *(page.name for page in answers.pages), *answers.consent_kinds}
    return tuple(name for name in READ_OUT if name in heard)


def pin(case: DeskCase) -> ReadOut:
    by_link = waits_for_link(case) or not may_be_said(case)
    return reading(case, _link if by_link else _pin)


def not_ready(case: DeskCase, card: CardState) -> ReadOut:
    return reading(case, lambda: _not_ready(card))


def insured(case: DeskCase, policy: Policy) -> ReadOut:
    return reading(case, lambda: _insured(policy))


def consents(visit: "DeskVisit") -> dict[ConsentKind, ReadOut]:
    """What is read out of each text that the customer is asked to agree to."""
    version = visit.answers.version
    assert version is not None
    said = {
        ConsentKind.TERMS: lambda: _terms(version),
        ConsentKind.PRIVACY: _privacy,
        ConsentKind.GUARDIAN: _guardian,
    }
    return {kind: reading(visit.case, said[kind]) for kind in visit.answers.consent_kinds}


def _pin() -> Iterator[str]:
    yield _(
        "Please scratch the silver panel on the back of the card, and tell me the PIN under it,"
        " in groups of four digits. I type it without seeing it, and it is kept nowhere."
    )


def _link() -> Iterator[str]:
    yield _(
        "You get a message with a link. Please open it, scratch the silver panel on the back of the"
        " card, and enter the PIN there. I do not see it, and I stay on the line."
    )


def _product(visit: "DeskVisit") -> Iterator[str]:
    offers = visit.answers.versions
    if len(offers) > 1:
        yield _("Your card is paid for. You can choose one of these:")
    else:
        yield _("Your card is paid for. It is good for this insurance:")
    for version in offers:
        yield _("%(name)s: %(summary)s") % {"name": version.name, "summary": version.summary}
    yield _("You pay nothing more. Which one would you like?")


def _starts(visit: "DeskVisit") -> Iterator[str]:
    first, last = first_days(visit.answers.rules, clock.today())
    said = {"first": long_day(first), "last": long_day(last)}
    yield (
        _(
            "Your cover can start on %(first)s at 00:00, or on a later day up to %(last)s. From"
            " which day would you like to be insured?"
        )
        % said
    )


def _insured_person(visit: "DeskVisit") -> Iterator[str]:
    yield _("Who is to be insured, and what is that person to you?")
    yield _(
        "Please take the identity document and tell me the full name, the kind and number of the"
        " document, the date of birth, and what the person works as."
    )


def _people(visit: "DeskVisit") -> Iterator[str]:
    yield _("I have these people on the list: %(names)s. Is anybody missing?") % {
        "names": listed(one.person.name for one in visit.answers.insured)
    }


def _applicant(visit: "DeskVisit") -> Iterator[str]:
    yield _(
        "Now about yourself, since you apply: your full name, the kind and number of your identity"
        " document, and your date of birth, please."
    )


def _paid(visit: "DeskVisit") -> Iterator[str]:
    yield _(
        "If the insured person dies, we pay the heirs by law. You can also name up to three people"
        " with their shares. Which would you like?"
    )


def _details(visit: "DeskVisit") -> Iterator[str]:
    yield _("For this insurance I need a little more from you.")


def _contact(visit: "DeskVisit") -> Iterator[str]:
    yield _(
        "Which mobile phone may we send messages to? In a moment it gets a code by which you agree."
        " And what is your address?"
    )


def _terms(version: ProductVersion) -> Iterator[str]:
    yield _("You are asked to agree to the terms of %(name)s. We do not pay in these cases:") % {
        "name": version.name
    }
    yield from version.exclusion_list
    yield _(
        "If an answer that you gave is wrong, we may not be able to pay. All clauses can be read at"
        " %(address)s. Do you agree to the terms?"
    ) % {"address": settings.PUBLIC_ADDRESS}


def _privacy() -> Iterator[str]:
    yield _(
        "We use name, identity number, date of birth, phone and address to issue this policy, to"
        " run it and to settle claims. We do not sell them and do not use them for advertising. Do"
        " you agree to this?"
    )


def _guardian() -> Iterator[str]:
    yield _(
        "A person under 18 is insured. The law limits what all insurers together may pay if a child"
        " dies. Are you the parent or guardian, and do you agree to this insurance and its sums?"
    )


def _code(visit: "DeskVisit") -> Iterator[str]:
    yield _(
        "A message with a code of six digits has been sent to your phone. Tell me the code if you"
        " agree to all that I have read out; else tell it to nobody."
    )


def _check(visit: "DeskVisit") -> Iterator[str]:
    answers = visit.answers
    starts, ends = cover_period(answers.rules, answers.starts_on)
    yield _("I read back to you: %(product)s, for %(names)s, from %(first)s to %(last)s.") % {
        "product": answers.version.name if answers.version else "",
        "names": listed(one.person.name for one in answers.insured),
        "first": long_day(starts),
        "last": end_day(ends),
    }
    yield _(
        "Are all answers true and complete? Then I activate your card now, and it is used up by it."
    )


def _not_ready(card: CardState) -> Iterator[str]:
    refusal = why_not_ready(card)
    if refusal:
        yield str(refusal)
        if advice := ADVICE.get(type(refusal)):
            yield str(advice)


def _insured(policy: Policy) -> Iterator[str]:
    yield _(
        "Your card is activated. You are insured from %(day)s, %(time)s, to %(last)s. Your policy"
        " number is %(number)s."
    ) % {
        "day": long_day(policy.starts_at),
        "time": clock_time(policy.starts_at),
        "last": end_day(policy.ends_at),
        "number": policy_digits(policy.number),
    }
    yield _("A message with the policy number has been sent to your phone. Keep the card.")


_LINES: dict[str, Callable[[Any], Iterator[str]]] = {
    "product": _product,
    "starts": _starts,
    "insured": _insured_person,
    "people": _people,
    "applicant": _applicant,
    "paid": _paid,
    "details": _details,
    "contact": _contact,
    "declarations": _code,
    "check": _check,
}
