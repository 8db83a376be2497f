"""Whatever is submitted, and in whatever order: no policy outside its product's rules, and none
refused that is within them. What the rules are is told a second time, beside a notebook of what
each person has already.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import transaction
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from selfcard.activation.commands import activate_card
from selfcard.activation.errors import CardActivatedAlready
from selfcard.activation.verify import violations
from selfcard.core import clock
from selfcard.core.refusals import Refusal
from selfcard.custody.queries import is_activated
from selfcard.policies.application import Application, DetailGiven, PersonGiven
from selfcard.policies.models import Policy
from selfcard.products.ages import Age, AgeRange, Length, LengthUnit
from selfcard.products.details import USUAL_DETAILS
from selfcard.products.models import ProductVersion
from selfcard.products.people import Relationship, Sex
from selfcard.products.rules import Facts, InsuredFacts
from tests.factories.activation import agreed, holder, open_card, paid_cards
from tests.factories.cards import PrintedCard, a_document_type
from tests.factories.organisations import Insurer
from tests.factories.policies import a_person, an_application, an_insured
from tests.factories.products import a_product, a_published_version, some_rules
from tests.products.told_again import insurable_told_again

pytestmark = pytest.mark.django_db

CARDS = 4
DEATH_COVER = Decimal(100_000)  # of each product of the tests
# What people say that an insured is to the applicant.
OWN = [Relationship.SELF] * 5 + [Relationship.CHILD]
OTHERS = [Relationship.CHILD, Relationship.CHILD, *Relationship]


@dataclass
class Notebook:
    """Who has been insured by what, from which day to which, as a clerk would write it down."""

    lines: list[tuple[str, str, date, date]] = field(default_factory=list)
    used: set[int] = field(default_factory=set)

    def add(self, version: ProductVersion, application: Application) -> None:
        first, last = days_of(version, application)
        for one in application.insured:
            self.lines.append((one.person.identity_number, version.product.code, first, last))

    def has(self, number: str, first: date, last: date) -> list[str]:
        """The products by which somebody is insured on some day of a time."""
        return [
            product
            for whose, product, begins, ends in self.lines
            if whose == number and begins <= last and ends >= first
        ]


def days_of(version: ProductVersion, application: Application) -> tuple[date, date]:
    first = application.starts_on
    return first, first + timedelta(days=version.bounds.length.count - 1)


def facts_told_again(
    notebook: Notebook, version: ProductVersion, application: Application
) -> Facts:
    days = days_of(version, application)
    insured = []
    for one in application.insured:
        products = notebook.has(one.person.identity_number, *days)
        insured.append(
            InsuredFacts(
                birth_date=one.person.birth_date,
                sex=one.person.sex,
                relationship=one.relationship,
                occupation=one.occupation,
                policies_in_force=products.count(version.product.code),
                other_death_cover=DEATH_COVER * len(products) + one.declared_death_cover,
            )
        )
    return Facts(
        asked_on=clock.today(),
        starts_on=application.starts_on,
        applicant_birth_date=application.applicant.birth_date,
        insured=tuple(insured),
        region=application.contact.region,
        details=frozenset(one.code for one in application.details),
        death_cover=DEATH_COVER,
    )


def is_whole_told_again(application: Application) -> bool:
    """Whether it could be a policy of any product: each person once, and who is oneself is."""
    numbers = [one.person.identity_number for one in application.insured]
    return len(set(numbers)) == len(numbers) and all(
        (one.person == application.applicant) == (one.relationship == Relationship.SELF)
        for one in application.insured
    )


def people(today: date) -> list[PersonGiven]:
    """Old and young, near every bound, one born on a 29 February."""
    born = (
        date(1986, 5, 17),
        date(today.year - 18, 2, 28),
        date(2004, 2, 29),
        date(1961, 1, 1),
        today - timedelta(days=20),
        today - timedelta(days=9 * 365),
        today.replace(year=today.year - 10, day=min(today.day, 28)) + timedelta(days=5),
        today.replace(year=today.year - 17, day=min(today.day, 28)),
        today.replace(year=today.year - 65, day=min(today.day, 28)) - timedelta(days=355),
    )
    return [
        a_person(f"某{order}", day, Sex.MALE if order % 2 else Sex.FEMALE, order=order)
        for order, day in enumerate(born)
    ]


@st.composite
def an_order(draw: st.DrawFn) -> tuple[int, int, Application]:
    """A card, a product and an application, mostly one that might do."""
    everybody = people(clock.today())
    applicant = draw(st.sampled_from(everybody[:3] * 3 + everybody))
    insured = [
        an_insured(
            person,
            draw(st.sampled_from([Relationship.CHILD, Relationship.CHILD, *Relationship]))
            if person != applicant
            else draw(st.sampled_from([Relationship.SELF] * 5 + [Relationship.CHILD])),
            draw(st.sampled_from(["0102001"] * 6 + ["0101002", "0603002", "0101"])),
            declared_death_cover=draw(st.sampled_from([Decimal(0), Decimal(0), Decimal(100_000)])),
        )
        for person in draw(
            st.lists(st.sampled_from([applicant, *everybody]), min_size=1, max_size=3)
        )
    ]
    application = an_application(
        *insured,
        applicant=applicant,
        starts_on=clock.today() + timedelta(days=draw(st.integers(0, 13))),
        details=(DetailGiven(code="vehicle_plate", answer="浙A12345"),)
        if draw(st.booleans())
        else (),
    )
    region = draw(st.sampled_from(["330106"] * 4 + ["110101"]))
    contact = replace(application.contact, region=region)
    card, version = draw(st.integers(0, CARDS - 1)), draw(st.integers(0, 1))
    return card, version, replace(application, contact=contact)


@pytest.fixture
def versions(insurer: Insurer) -> list[ProductVersion]:
    """One for families, two policies a person and asking for a plate; one for everybody."""
    short = Length(5, LengthUnit.DAYS)
    family = some_rules(
        insured_age=AgeRange(Age(days=28), Age(years=65)),
        insured_highest=2,
        policies_per_insured=2,
        excluded_occupations=("0603002",),
        relationships=(Relationship.SELF, Relationship.CHILD, Relationship.SPOUSE),
        regions=("33",),
        details=(USUAL_DETAILS["vehicle_plate"],),
        starts_latest=12,
        length=short,
    )
    return [
        a_published_version(insurer, a_product(insurer, "FAM"), rules=family),
        a_published_version(insurer, a_product(insurer, "ALL"), rules=some_rules(length=short)),
    ]


@pytest.fixture
def cards(insurer: Insurer, versions: list[ProductVersion]) -> list[PrintedCard]:
    return paid_cards(insurer, CARDS, a_document_type(insurer, "AC-9", "620120", *versions))


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(orders=st.lists(an_order(), min_size=1, max_size=6))
def test_a_policy_comes_of_it_exactly_when_the_rules_are_kept(
    cards: list[PrintedCard],
    versions: list[ProductVersion],
    orders: list[tuple[int, int, Application]],
) -> None:
    with undone():
        notebook = Notebook()
        for place, product, application in orders:
            submit(notebook, place, cards[place], versions[product], application)
        assert Policy.objects.count() == len(notebook.used)
        assert not list(violations())


def submit(
    notebook: Notebook,
    place: int,
    card: PrintedCard,
    version: ProductVersion,
    application: Application,
) -> None:
    """Send it as a holder does, and see that what comes is what the notebook says."""
    facts = facts_told_again(notebook, version, application)
    insurable = is_whole_told_again(application) and insurable_told_again(version.bounds, facts)
    try:
        policy = activate_card(
            proof=open_card(card),
            version=version,
            application=agreed(application, version),
            actor=holder(),
            request_id=uuid4(),
        )
    except CardActivatedAlready:
        assert place in notebook.used
    except Refusal:
        event("refused")
        assert not insurable
        assert place in notebook.used or not is_activated(card.serial)
    else:
        event("insured")
        assert insurable
        assert place not in notebook.used
        assert policy.insured.count() == len(application.insured)
        notebook.add(version, application)
        notebook.used.add(place)


@contextmanager
def undone() -> Iterator[None]:
    """Whatever happens within has not happened afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
