"""A mother insures two children with a card that went through three hands: nothing was asked and
nothing is known about anybody until now. One of them is refused by the cap on what is paid for a
child, and she takes the card's other product.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from selfcard.activation.models import Draft
from selfcard.core import clock
from selfcard.core.papers.facts import Text
from selfcard.policies.application import PersonGiven
from selfcard.policies.models import Policy
from selfcard.products.ages import Age, AgeRange
from selfcard.products.details import USUAL_DETAILS
from selfcard.products.given import CoverageGiven
from selfcard.products.people import Relationship, Sex
from tests.factories.activation import paid_cards
from tests.factories.cards import PrintedCard, a_document_type
from tests.factories.organisations import an_insurer
from tests.factories.policies import STUDENT, a_person
from tests.factories.products import a_product, a_published_version, some_rules
from tests.web.conftest import OpenPage
from tests.web.test_portal import choose, enter, go_on

pytestmark = pytest.mark.django_db(transaction=True)

THIS_YEAR = clock.today().year
MOTHER = a_person("王芳")
DAUGHTER = a_person("李小雨", date(THIS_YEAR - 12, 3, 4), order=3)
SON = a_person("李小龙", date(THIS_YEAR - 8, 1, 2), Sex.MALE, order=4)
DECLARED = 100_000  # with another insurer, for the son
NARROWEST = 360


def on_death(amount: int) -> tuple[CoverageGiven, ...]:
    name = Text(zh="意外身故、伤残（每人）", en="Death or disability by accident, each person")
    return (CoverageGiven(name=name, sum_insured=Decimal(amount), counts_for_minors=True),)


@pytest.fixture
def card() -> PrintedCard:
    """A card that may become a policy for children, or a smaller one for a whole family."""
    insurer = an_insurer()
    children = a_published_version(
        insurer,
        a_product(insurer, "KID"),
        name=Text(zh="少儿平安险", en="Children’s Accident"),
        coverages=on_death(150_000),
        rules=some_rules(
            insured_age=AgeRange(Age(), Age(years=17)),
            relationships=(Relationship.CHILD,),
            insured_highest=3,
        ),
    )
    family = a_published_version(
        insurer,
        a_product(insurer, "FAM"),
        name=Text(zh="合家安康险", en="Whole Family"),
        coverages=on_death(80_000),
        rules=some_rules(
            insured_lowest=2,
            insured_highest=5,
            details=(USUAL_DETAILS["home_area"],),
        ),
    )
    return paid_cards(insurer, 1, a_document_type(insurer, "FA-1", "620126", children, family))[0]


def unseen(page: Page) -> None:
    """Without script axe cannot run; that the page does what it is for is enough."""


@pytest.mark.parametrize("javascript", [True, False])
def test_a_mother_insures_two_children_and_takes_the_other_product(
    open_page: OpenPage, card: PrintedCard, seen: Callable[[Page], None], javascript: bool
) -> None:
    page = open_page(NARROWEST, javascript=javascript)
    look = seen if javascript else unseen

    page.goto("/")
    look(page)
    enter(page, card.card_number, card.pin)
    look(page)
    page.locator("button[name=product]").first.click()
    look(page)
    go_on(page)
    go_on(page)  # nothing is filled in yet: each mistake stands at its control
    look(page)
    say_which_child(page, DAUGHTER)
    go_on(page)
    look(page)
    page.locator("button[name=add]").click()
    say_which_child(page, SON)
    page.locator("#id_declared_death_cover").fill(str(DECLARED))
    go_on(page)

    # The rule with its figures, whom it is about, and what can be done now.
    expect(page.locator(".problem")).to_contain_text("250,000")
    expect(page.locator(".rule")).to_contain_text(SON.name)
    look(page)
    page.locator("button[name=switch_to]").click()

    # Nothing has to be typed again.
    expect(page.locator("#people-list")).to_contain_text(DAUGHTER.name)
    expect(page.locator("#people-list")).to_contain_text(SON.name)
    go_on(page)
    look(page)
    say_who(page, MOTHER)
    go_on(page)
    look(page)
    go_on(page)
    look(page)
    page.locator("#id_home_area").fill("90")
    go_on(page)
    look(page)
    say_where_she_lives(page)
    go_on(page)
    look(page)
    for box in page.locator("input[type=checkbox]").all():
        box.check()
    go_on(page)
    for answer in (DAUGHTER.name, SON.name, MOTHER.name, "90", "138 0013 8000"):
        expect(page.locator("main")).to_contain_text(answer)
    look(page)

    page.locator("#page.go .button").dblclick()
    expect(page.locator(".state--insured h1")).to_contain_text(SON.name)
    look(page)
    policy = Policy.objects.get()
    assert [one.name for one in policy.insured.all()] == [DAUGHTER.name, SON.name]
    assert policy.product_version.code == "FAM-1"
    assert not Draft.objects.exists()

    # Going back shows the policy, and makes no second one.
    page.go_back()
    page.goto("/check-answers/")
    expect(page.locator(".state--insured")).to_be_visible()
    look_at_the_policy(page, card, policy, look)
    assert Policy.objects.count() == 1


def look_at_the_policy(
    page: Page, card: PrintedCard, policy: Policy, look: Callable[[Page], None]
) -> None:
    """The same card on another day: masked, then whole, on paper, for the wallet, and genuine."""
    page.context.clear_cookies(name="sessionid")
    page.goto("/look-up/")
    look(page)
    page.locator("#card_card_number").fill(card.card_number)
    page.locator("#card_pin").fill(card.pin)
    page.locator("#card_pin").press("Enter")
    expect(page.locator("h1")).to_contain_text("李**")
    assert DAUGHTER.name not in page.content()
    look(page)
    page.locator("#id_identity_number").fill(SON.identity_number)
    go_on(page)
    for answer in (DAUGHTER.name, SON.name, MOTHER.name, "90", "浙江省杭州市西湖区文三路1号"):
        expect(page.locator("main")).to_contain_text(answer)
    look(page)
    assert page.request.get("/policy/paper/").body().startswith(b"%PDF")
    page.goto("/policy/card/")
    expect(page.locator(".specimen img").first).to_have_js_property("naturalWidth", 1011)
    look(page)

    page.goto("/manual/FA-1/")
    look(page)
    page.goto("/check/")
    page.locator("#id_policy_number").fill(policy.number)
    page.locator("#id_last_signs").fill(SON.identity_number[-4:])
    go_on(page)
    expect(page.locator(".state--genuine h1")).to_be_visible()
    assert SON.name not in page.content()
    look(page)


def say_which_child(page: Page, child: PersonGiven) -> None:
    choose(page, "relationship", "child")
    say_who(page, child)
    choose(page, "occupation", STUDENT)


def say_who(page: Page, person: PersonGiven) -> None:
    page.locator("#id_name").fill(person.name)
    page.locator("#id_identity_number").fill(person.identity_number)
    born = person.birth_date
    for part, value in (("year", born.year), ("month", born.month), ("day", born.day)):
        page.locator(f"[name=birth_date_{part}]").fill(str(value))
    choose(page, "sex", person.sex.value)


def say_where_she_lives(page: Page) -> None:
    page.locator("#id_phone").fill("138 0013 8000")
    page.locator("#id_region_1").fill("杭州西湖")
    page.locator("#id_address").fill("文三路1号")
