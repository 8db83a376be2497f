"""The demo company's customers: whoever holds a paid card and makes a policy out of it."""

from datetime import date, timedelta
from uuid import uuid4

from stdnum.cn import ric

from selfcard.activation.commands import activate_card, open_gate
from selfcard.activation.errors import RulesBroken
from selfcard.activation.texts import versions_of_texts
from selfcard.cards.models import DocumentType
from selfcard.cards.queries import current_version
from selfcard.core import clock
from selfcard.core.actor import Actor, Channel
from selfcard.demo.cast import days_ago, deed
from selfcard.demo.credentials import cards_to_activate
from selfcard.demo.print_files import PrintedCard
from selfcard.policies.application import (
    Application,
    ConsentGiven,
    ConsentKind,
    ContactGiven,
    DetailGiven,
    InsuredGiven,
    PersonGiven,
)
from selfcard.policies.identity import IdentityKind
from selfcard.policies.models import Policy
from selfcard.products.details import Detail, of_insured, of_policy
from selfcard.products.models import ProductVersion
from selfcard.products.people import Relationship, Sex

CUSTOMERS = (
    ("李秀兰", date(1955, 3, 8), Sex.FEMALE, "330106"),
    ("张伟", date(1988, 7, 21), Sex.MALE, "330109"),
    ("欧阳娜", date(1996, 2, 29), Sex.FEMALE, "320102"),
    ("马建国", date(1979, 11, 30), Sex.MALE, "510104"),
    ("王芳", date(1992, 5, 12), Sex.FEMALE, "330110"),
    ("陈𬱖", date(1984, 9, 3), Sex.MALE, "320115"),
)
OCCUPATION = "0101003"


def identity_number(born: date, sex: Sex, region: str, running: int = 10) -> str:
    """A resident identity card number with its check digit (GB 11643-1999)."""
    order = running * 2 + (1 if sex == Sex.MALE else 0)
    body = f"{region}{born:%Y%m%d}{order:03d}"
    return body + ric.calc_check_digit(body + "0")


def activate(card: PrintedCard, version: ProductVersion, customer: int) -> Policy:
    """Activate a card as its holder would on the portal, with whatever the product asks for."""
    region = CUSTOMERS[customer % len(CUSTOMERS)][3]
    holder = Actor.holder(Channel.PORTAL, "127.0.0.1")
    proof = open_gate(
        card_number=card.card_number,
        pin=card.pin,
        source=f"demo {card.serial}",
        **deed(holder),
    )
    assert proof is not None
    person = _person(customer)
    application = Application(
        applicant=person,
        contact=ContactGiven(phone=f"+861395550{customer:04d}", region=region),
        insured=(
            _insured(person, Relationship.SELF, version, customer),
            *_family(version, customer),
        ),
        starts_on=clock.today() + timedelta(days=1),
        consents=tuple(
            ConsentGiven(kind=kind, version=text, given_at=clock.now())
            for kind, text in versions_of_texts(version).items()
            if kind != ConsentKind.GUARDIAN
        ),
        details=_details(of_policy(version.bounds.details), customer),
    )
    return activate_card(
        proof=proof,
        version=version,
        application=application,
        actor=holder,
        request_id=uuid4(),
    )


def _person(customer: int) -> PersonGiven:
    name, born, sex, region = CUSTOMERS[customer % len(CUSTOMERS)]
    return PersonGiven(
        name=name,
        identity_kind=IdentityKind.IDENTITY_CARD,
        identity_number=identity_number(born, sex, region),
        birth_date=born,
        sex=sex,
    )


def _insured(
    person: PersonGiven, relationship: Relationship, version: ProductVersion, customer: int
) -> InsuredGiven:
    return InsuredGiven(
        person=person,
        relationship=relationship,
        occupation=OCCUPATION,
        details=_details(of_insured(version.bounds.details), customer),
    )


def _family(version: ProductVersion, customer: int) -> tuple[InsuredGiven, ...]:
    """The husband or wife, where a policy insures more than one."""
    if version.bounds.insured_lowest == 1:
        return ()
    return (_insured(_person(customer + 1), Relationship.SPOUSE, version, customer + 1),)


def _details(asked: tuple[Detail, ...], customer: int) -> tuple[DetailGiven, ...]:
    """What the product asks for beyond the people."""
    answers = {
        "vehicle_plate": f"浙A{customer:05d}",
        "vehicle_seats": "5",
        "vehicle_use": "private",
        "home_address": f"文三路{customer + 1}号",
        "home_ownership": "own",
        "home_area": f"{80 + 5 * customer}",
    }
    return tuple(DetailGiven(code=one.code, answer=answers[one.code]) for one in asked)


def activate_for_holders() -> None:
    """Two cards of each type become policies; a holder whom one product refuses takes the next."""
    customer = 0
    for code, cards in cards_to_activate(each=2).items():
        document_type = DocumentType.objects.get(code=code)
        offered = current_version(document_type).product_versions.order_by("typeproduct__order")
        for card in cards:
            with days_ago(40 - 4 * customer):
                _activate_with_first_that_fits(card, list(offered), customer)
            customer += 1


def _activate_with_first_that_fits(
    card: PrintedCard, offered: list[ProductVersion], customer: int
) -> None:
    for version in offered:
        try:
            activate(card, version, customer)
        except RulesBroken:
            continue
        return
