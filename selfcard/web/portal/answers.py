"""What has been answered so far, page by page, and which page comes next.

The draft keeps what was typed; the pages' own forms read it again. So a page shows what was typed
into it, and the application is made from the same answers that the check page shows.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from selfcard.activation.texts import versions_of_texts
from selfcard.core.encryption import blind_index
from selfcard.policies.application import (
    Application,
    ConsentGiven,
    ConsentKind,
    InsuredGiven,
    PersonGiven,
)
from selfcard.products.ages import is_minor
from selfcard.products.details import of_policy
from selfcard.products.models import ProductVersion
from selfcard.products.people import Relationship
from selfcard.products.rules import Rules
from selfcard.web.portal.forms import PortalForm
from selfcard.web.portal.questions import (
    ApplicantForm,
    ContactForm,
    DeclarationsForm,
    DetailsForm,
    InsuredForm,
    StartsForm,
    WhoIsPaidForm,
)

PRODUCT, STARTS, INSURED, PEOPLE = "product", "starts", "insured", "people"
APPLICANT = "applicant"
PAID, DETAILS, CONTACT, DECLARATIONS, CHECK = "paid", "details", "contact", "declarations", "check"

# The progress line, and which pages belong to each of its steps.
STEPS = (
    (_("Card"), ()),
    (pgettext_lazy("step of activation", "Product"), (PRODUCT, STARTS)),
    (_("Who is insured"), (INSURED, PEOPLE, APPLICANT, PAID, DETAILS)),
    (_("Contact"), (CONTACT,)),
    (_("Declarations"), (DECLARATIONS,)),
    (pgettext_lazy("step of activation", "Check"), (CHECK,)),
)


@dataclass(frozen=True)
class Page:
    """One page of the line; `place` counts insured people from 1."""

    name: str
    place: int = 0

    @property
    def key(self) -> str:
        """Where the draft keeps its answers."""
        return f"{self.name}{self.place or ''}"


@dataclass
class Answers:
    """The answers of a draft, for a product version of the card's."""

    kept: dict[str, Any]
    versions: list[ProductVersion]
    read: dict[str, PortalForm] = field(default_factory=dict)

    @property
    def version(self) -> ProductVersion | None:
        """The product that was chosen, if the card may still become it."""
        chosen = self.kept.get(PRODUCT)
        return next((one for one in self.versions if one.pk == chosen), None)

    @property
    def rules(self) -> Rules:
        assert self.version is not None
        return self.version.bounds

    def form(self, page: Page, data: Mapping[str, Any] | None = None) -> PortalForm:
        """A page's form: with what is being sent, else showing what was kept."""
        given: dict[str, Any] = {"data": data} if data is not None else {"kept": self.at(page)}
        match page.name:
            case "starts":
                return StartsForm(**given, rules=self.rules)
            case "insured":
                return InsuredForm(**given, rules=self.rules)
            case "applicant":
                return ApplicantForm(**given)
            case "paid":
                return WhoIsPaidForm(**given)
            case "details":
                return DetailsForm(**given, rules=self.rules)
            case "contact":
                return ContactForm(**given)
        raise KeyError(page.name)

    def at(self, page: Page) -> dict[str, str]:
        """What was typed on a page; nothing where nobody has been."""
        return self.kept.get(page.key) or {}

    def kept_form(self, page: Page) -> Any:
        """A page's form as it was kept, read once."""
        if page.key not in self.read:
            self.read[page.key] = self.form(page, self.at(page))
        return self.read[page.key]

    # The people

    @property
    def count(self) -> int:
        """How many insured people are on the list, those begun included."""
        highest = self.rules.insured_highest
        begun = [place for place in range(1, highest + 1) if self.at(Page(INSURED, place))]
        return max(len(begun), 1)

    @cached_property
    def insured(self) -> list[InsuredGiven]:
        """The insured whose pages are complete, in order."""
        forms = [self.kept_form(Page(INSURED, place)) for place in range(1, self.count + 1)]
        return [form.insured for form in forms if form.is_valid()]

    @property
    def insures_the_applicant(self) -> bool:
        return any(one.relationship == Relationship.SELF for one in self.insured)

    @property
    def starts_on(self) -> Any:
        form = self.kept_form(Page(STARTS))
        return form.starts_on if form.is_valid() else None

    @property
    def consent_kinds(self) -> tuple[ConsentKind, ...]:
        """Terms and privacy always; the guardian's when a minor is insured."""
        start = self.starts_on
        if start and any(is_minor(one.person.birth_date, start) for one in self.insured):
            return (ConsentKind.TERMS, ConsentKind.PRIVACY, ConsentKind.GUARDIAN)
        return (ConsentKind.TERMS, ConsentKind.PRIVACY)

    def declarations(self, data: Mapping[str, Any] | None = None) -> DeclarationsForm:
        """The consents' form; ticks stand only for the very texts that they were given to."""
        ticked = {one.kind.value: "on" for one in self.consents}
        return DeclarationsForm(
            data, kept=ticked, kinds=self.consent_kinds, initial={"texts": self.texts_seen}
        )

    @property
    def consents(self) -> tuple[ConsentGiven, ...]:
        """The consents that still count: to the texts as they are now, for this product."""
        if self.version is None:
            return ()
        now = versions_of_texts(self.version)
        kept = [
            ConsentGiven(
                kind=ConsentKind(one["kind"]),
                version=one["version"],
                given_at=datetime.fromisoformat(one["given_at"]),
            )
            for one in self.kept.get(DECLARATIONS, [])
        ]
        return tuple(
            one for one in kept if now[one.kind] == one.version and one.kind in self.consent_kinds
        )

    # The line

    @property
    def pages(self) -> list[Page]:
        """The pages of this line, in order, as far as the answers decide them."""
        if self.version is None:
            return [Page(PRODUCT)]
        line = [Page(PRODUCT), Page(STARTS)]
        line += [Page(INSURED, place) for place in range(1, self.count + 1)]
        if self.rules.insured_highest > 1:
            line.append(Page(PEOPLE))
        if self.insured and not self.insures_the_applicant:
            line.append(Page(APPLICANT))
        line.append(Page(PAID))
        if of_policy(self.rules.details):
            line.append(Page(DETAILS))
        return [*line, Page(CONTACT), Page(DECLARATIONS), Page(CHECK)]

    def is_complete(self, page: Page) -> bool:
        match page.name:
            case "product":
                return self.version is not None
            case "declarations":
                return {one.kind for one in self.consents} == set(self.consent_kinds)
            case "people":
                return len(self.insured) >= self.rules.insured_lowest
            case "check":
                return False
        return bool(self.at(page)) and self.kept_form(page).is_valid()

    @property
    def first_open(self) -> Page:
        """The first page that is not complete; the check page when all are."""
        return next(page for page in self.pages if not self.is_complete(page))

    def after(self, page: Page) -> Page:
        """The page that follows."""
        line = self.pages
        place = line.index(page) if page in line else -1
        return line[min(place + 1, len(line) - 1)]

    def before(self, page: Page) -> Page | None:
        """The page that comes before, or none before the first."""
        line = self.pages
        if page in line:
            place = line.index(page)
            return line[place - 1] if place else None
        # Somebody is being added to the list.
        return Page(PEOPLE) if page.name == INSURED else None

    # What comes of it

    def application(self) -> Application:
        """The application, when every page is complete."""
        asked = of_policy(self.rules.details)
        paid, contact = self._valid(PAID), self._valid(CONTACT)
        return Application(
            applicant=self._applicant(),
            contact=contact.contact,
            insured=tuple(self.insured),
            starts_on=self.starts_on,
            beneficiaries=paid.beneficiaries,
            details=self._valid(DETAILS).details if asked else (),
            consents=self.consents,
        )

    @property
    def seen(self) -> str:
        """A keyed digest of all that the check page shows, sent back with its button.

        What is activated is what was checked, though the draft may have changed meanwhile.
        """
        return self.seen_with(self.starts_on)

    def seen_with(self, starts_on: date) -> str:
        """The same, had the first day of cover been another."""
        assert self.version is not None
        application = replace(self.application(), starts_on=starts_on)
        return _digest("checked answers", [self.version.pk, application.to_json()])

    @property
    def texts_seen(self) -> str:
        """The same of the texts that are agreed to, in the versions that the page shows."""
        assert self.version is not None
        now = versions_of_texts(self.version)
        return _digest("texts shown", [[kind, now[kind]] for kind in self.consent_kinds])

    def _applicant(self) -> PersonGiven:
        for one in self.insured:
            if one.relationship == Relationship.SELF:
                return one.person
        person: PersonGiven = self._valid(APPLICANT).person
        return person

    def _valid(self, name: str) -> Any:
        form = self.kept_form(Page(name))
        assert form.is_valid(), f"the page {name} is complete"
        return form


def _digest(purpose: str, shown: Any) -> str:
    return blind_index(purpose, json.dumps(shown, sort_keys=True, ensure_ascii=False)).hex()
