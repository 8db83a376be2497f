"""Check your answers: every answer in the words of its page, with the page where it is changed."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from selfcard.core.serials import group_digits
from selfcard.policies.application import (
    Application,
    BeneficiaryGiven,
    DetailGiven,
    PersonGiven,
)
from selfcard.policies.contact import address_in_full
from selfcard.policies.identity import NUMBERED_BY_BIRTH, IdentityKind, normalised
from selfcard.products.ages import exact_age
from selfcard.products.occupations import find_occupation
from selfcard.products.rules import cover_period
from selfcard.web.portal.answers import (
    APPLICANT,
    CONTACT,
    DECLARATIONS,
    DETAILS,
    INSURED,
    PAID,
    PRODUCT,
    STARTS,
    Answers,
    Page,
)
from selfcard.web.portal.questions import IS_FOR, IS_TO_INSURED
from selfcard.web.templatetags.portal import clock_time, long_day, weekday


@dataclass(frozen=True)
class Row:
    """One answer; without a page it follows from the others."""

    label: Any
    value: Any
    page: Page | None = None
    digits: bool = False


@dataclass
class Section:
    title: Any
    rows: list[Row] = field(default_factory=list)


def sections_of(answers: Answers, application: Application) -> list[Section]:
    """The whole application, section by section."""
    return [
        _cover(answers, application),
        *_people(answers, application),
        _contact(application),
        _agreed(application),
    ]


def _cover(answers: Answers, application: Application) -> Section:
    assert answers.version is not None
    starts, ends = cover_period(answers.rules, application.starts_on)
    rows = [
        Row(_("Product"), answers.version.name, Page(PRODUCT)),
        Row(_("Starts"), _moment(starts), Page(STARTS)),
        Row(_("Ends"), _moment(ends)),
    ]
    rows += _details(answers, application.details, Page(DETAILS))
    return Section(_("Cover"), rows)


def _people(answers: Answers, application: Application) -> list[Section]:
    several = len(application.insured) > 1
    sections = []
    for place, one in enumerate(application.insured, 1):
        page = Page(INSURED, place)
        title = _("Insured person %(place)d") % {"place": place} if several else _("Who is insured")
        occupation = find_occupation(one.occupation)
        rows = [
            Row(_("The card is for"), IS_FOR[one.relationship], page),
            *_person_rows(one.person, page, application),
            Row(_("Occupation"), str(occupation or ""), page),
        ]
        rows += _details(answers, one.details, page)
        if one.declared_death_cover:
            amount = f"¥{one.declared_death_cover:,.2f}"
            rows.append(Row(_("Death cover with other insurers"), amount, page))
        sections.append(Section(title, rows))
    paid = "\n".join(_share(one) for one in application.beneficiaries) or _("The heirs by law")
    row = Row(_("Paid if the insured dies"), paid, Page(PAID))
    if several:
        sections.append(Section(_("For everybody insured"), [row]))
    else:
        sections[0].rows.append(row)
    if not answers.insures_the_applicant:
        page = Page(APPLICANT)
        rows = _person_rows(application.applicant, page, application)
        sections.append(Section(_("You, who apply"), rows))
    return sections


def _details(answers: Answers, given: tuple[DetailGiven, ...], page: Page) -> list[Row]:
    """What the product asked for beyond the people."""
    asked = {one.code: one for one in answers.rules.details}
    return [
        Row(asked[one.code].label, asked[one.code].shown(one.answer), page)
        for one in given
        if one.code in asked
    ]


def _person_rows(person: PersonGiven, page: Page, application: Application) -> list[Row]:
    number = normalised(person.identity_kind, person.identity_number)
    if person.identity_kind in NUMBERED_BY_BIRTH and len(number) == 18:
        number = f"{number[:6]} {number[6:14]} {number[14:]}"
    age = _("%(day)s, %(age)s old when cover starts") % {
        "day": long_day(person.birth_date),
        "age": exact_age(person.birth_date, application.starts_on),
    }
    return [
        Row(_("Full name"), person.name, page),
        Row(IdentityKind(person.identity_kind).label, number, page, digits=True),
        Row(_("Date of birth"), age, page),
        Row(_("Sex"), capfirst(person.sex.label), page),
    ]


def _share(one: BeneficiaryGiven) -> str:
    return _("%(name)s (%(relationship)s), %(share)s%%") % {
        "name": one.name,
        "relationship": IS_TO_INSURED[one.relationship.value],
        "share": f"{one.share.normalize():f}",
    }


def _contact(application: Application) -> Section:
    contact, page = application.contact, Page(CONTACT)
    rows = [Row(_("Mobile phone"), _spoken(contact.phone), page, digits=True)]
    if contact.email:
        rows.append(Row(_("E-mail"), contact.email, page))
    rows.append(Row(_("Address"), address_in_full(contact.region, contact.address), page))
    return Section(_("Contact"), rows)


def _agreed(application: Application) -> Section:
    page = Page(DECLARATIONS)
    rows = [
        Row(
            one.kind.label,
            _("Version %(version)s, agreed %(day)s, %(time)s")
            % {
                "version": one.version,
                "day": long_day(one.given_at),
                "time": date_format(one.given_at, "H:i"),
            },
            page,
        )
        for one in application.consents
    ]
    return Section(_("Agreed"), rows)


def _moment(moment: Any) -> str:
    return _("%(weekday)s %(day)s, %(time)s") % {
        "weekday": weekday(moment),
        "day": long_day(moment),
        "time": clock_time(moment),
    }


def _spoken(phone: str) -> str:
    """A Chinese mobile number in the groups that people say it in."""
    if phone.startswith("+86") and len(phone) == 14:
        return f"{phone[3:6]} {group_digits(phone[6:])}"
    return phone
