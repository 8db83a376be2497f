"""Products in the office: written, submitted, published by another person, and tried out."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import Page

from selfcard.core import clock
from selfcard.core.models import AuditEvent
from selfcard.core.papers.facts import Text
from selfcard.organisations.models import Staff
from selfcard.products.ages import Age, AgeRange, EndOfCover, Length, LengthUnit
from selfcard.products.cancelling import Repayment
from selfcard.products.details import USUAL_DETAILS, Choice, Detail, DetailKind
from selfcard.products.given import VersionGiven
from selfcard.products.models import Product, ProductVersion
from selfcard.products.people import Relationship, Sex
from selfcard.products.queries import find_version, get_version
from selfcard.products.rules import MinorsCap
from selfcard.web.office.products.draft_form import GROUPS, DraftForm
from selfcard.web.office.products.own_fields import ChoicesField
from tests.factories.organisations import Insurer, an_insurer
from tests.factories.products import (
    ACCIDENT,
    a_draft,
    a_product,
    a_published_version,
    a_version_given,
    some_rules,
    submitted,
)
from tests.web.conftest import DESKTOP, PHONE, OpenPage
from tests.web.test_policy_pages import entered, shown

pytestmark = pytest.mark.django_db

DRAFT = "/office/products/ACC/draft/"


@pytest.fixture
def insurer() -> Insurer:
    return an_insurer()


@pytest.fixture
def chief(insurer: Insurer) -> Client:
    return entered(insurer.chief)


@pytest.fixture
def second(insurer: Insurer) -> Client:
    return entered(insurer.second)


def hidden(page: str, name: str) -> str:
    found = re.search(f'name="{name}" value="([^"]+)"', page)
    assert found, name
    return found[1]


def filled_in(given: VersionGiven, **changes: Any) -> dict[str, Any]:
    """What a browser sends of the form that begins with a version; without what is left empty."""
    initial = DraftForm.given_by(given)
    rows = {group.name: initial.pop(group.name) for group in GROUPS}
    sent = {
        f"{name}-{at}-{key}": value
        for name, several in rows.items()
        for at, row in enumerate(several)
        for key, value in row.items()
    }
    sent = {**initial, **sent, "request_id": str(uuid4())}
    for name in ("excluded_occupations", "regions"):
        sent[name] = "\n".join(sent[name])
    for name, value in sent.items():
        if name.endswith("-choices"):
            sent[name] = ChoicesField().prepare_value(value)
    for name, value in sent.items():
        if isinstance(value, Decimal) and name.endswith(("percent", "share")):
            sent[name] = str(value * 100)
    return {
        name: value
        for name, value in (sent | changes).items()
        if value is not None and value is not False and value != ()
    }


def post(client: Client, address: str, sent: dict[str, Any]) -> Any:
    return client.post(address, sent)


# ---- the list and a version ----------------------------------------------------------------


def test_products_are_listed_with_their_bounds(insurer: Insurer, chief: Client) -> None:
    product = a_product(insurer)
    a_published_version(insurer, product)
    a_draft(insurer, product)
    page = shown(chief, "/office/products/")

    assert "ACC-1" in page
    assert "ACC-2" in page
    assert "0 to 80 years" in page
    found = shown(chief, "/office/products/?state=draft&q=acc")
    assert "ACC-2" in found
    assert "ACC-1" not in found


def test_a_product_without_a_version_is_not_lost(insurer: Insurer, chief: Client) -> None:
    a_product(insurer)

    assert 'href="/office/products/ACC/draft/"' in shown(chief, "/office/products/")


def test_a_version_says_its_rules_in_words(insurer: Insurer, chief: Client) -> None:
    a_published_version(insurer)
    page = shown(chief, "/office/products/ACC/1/")

    assert "The insured is 0 to 80 years old on the first day of cover." in page
    assert "On the death of a child under 10" in page
    assert "Driving after drinking" in page
    assert "Tell us within 36 hours" in page
    assert "a report of the accident" in page


def test_there_is_no_page_for_a_version_that_is_not_there(chief: Client) -> None:
    for address in (
        "/office/products/ACC/9/",
        "/office/products/versions/ACC-9/",
        "/office/products/versions/ACC/",
        "/office/products/ACC/9/try/",
        DRAFT,
    ):
        assert chief.get(address).status_code == 404, address


def test_a_version_is_found_by_what_it_is_called(insurer: Insurer, chief: Client) -> None:
    a_draft(insurer)

    answer = chief.get("/office/products/versions/ACC-1/")
    assert answer.headers["Location"] == "/office/products/ACC/1/"


# ---- writing -------------------------------------------------------------------------------


def test_a_product_is_defined_and_one_goes_on_with_its_first_version(chief: Client) -> None:
    sent = {
        "code": "acc-new",
        "kind": "accident",
        "name_zh": "新意外险",
        "name_en": "New Accident",
        "request_id": str(uuid4()),
    }

    answer = post(chief, "/office/products/define/", sent)

    assert answer.headers["Location"] == "/office/products/ACC-NEW/draft/"
    page = shown(chief, "/office/products/ACC-NEW/draft/")
    assert 'value="New Accident"' in page


@pytest.mark.parametrize(("code", "said"), [("a b", "letters, figures"), ("ACC", "already")])
def test_a_product_code_is_refused_at_its_field(
    insurer: Insurer, chief: Client, code: str, said: str
) -> None:
    a_product(insurer)
    sent = {"code": code, "kind": "travel", "name_zh": "甲", "name_en": "A"}

    answer = post(chief, "/office/products/define/", sent | {"request_id": str(uuid4())})

    assert answer.status_code == 422
    page = answer.content.decode()
    assert said in page
    assert 'href="#id_code"' in page
    assert Product.objects.count() == 1


EVERYTHING = a_version_given(
    rules=some_rules(
        insured_age=AgeRange(Age(days=28), Age(years=65)),
        applicant_age=AgeRange(Age(years=18), Age(years=70)),
        sexes=(Sex.FEMALE,),
        occupation_classes=(1, 2),
        excluded_occupations=("0603002",),
        relationships=(Relationship.SELF, Relationship.CHILD),
        insured_lowest=2,
        insured_highest=4,
        policies_per_insured=3,
        minors_caps=(MinorsCap(10, Decimal("100000.00")),),
        regions=("33", "3205"),
        starts_earliest=2,
        starts_latest=45,
        length=Length(15, LengthUnit.DAYS),
        ends=EndOfCover.MIDNIGHT,
        cooling_off_days=15,
        repayment=Repayment.PRO_RATA,
        expense_rate=Decimal("0.35"),
        details=(
            USUAL_DETAILS["vehicle_plate"],
            Detail(
                code="boat_length",
                name=Text(zh="船长", en="Length of the boat"),
                kind=DetailKind.NUMBER,
                lowest=Decimal(2),
                highest=Decimal(30),
                unit=Text(zh="米", en="m"),
            ),
            Detail(
                code="boat_kind",
                name=Text(zh="船型", en="Kind of boat"),
                kind=DetailKind.CHOICE,
                required=False,
                of_each_insured=True,
                choices=(
                    Choice(code="sail", name=Text(zh="帆船", en="Sailing boat")),
                    Choice(code="motor", name=Text(zh="摩托艇", en="Motor boat")),
                ),
            ),
        ),
    )
)


def test_everything_that_the_form_says_is_drafted(insurer: Insurer, chief: Client) -> None:
    a_product(insurer)

    answer = post(chief, DRAFT, filled_in(EVERYTHING))

    assert answer.status_code == 302, answer.content.decode()
    assert VersionGiven.of(get_version(ProductVersion.objects.get().pk)) == EVERYTHING


def test_lines_are_kept_as_a_browser_sends_them(insurer: Insurer, chief: Client) -> None:
    a_product(insurer)
    typed = {"clauses_en": "# General\r\n\r\nThis is the contract.", "clauses_zh": "# 总则\r本合同"}

    answer = post(chief, DRAFT, filled_in(a_version_given(), **typed))

    assert answer.status_code == 302, problems(answer)
    version = ProductVersion.objects.get()
    assert version.clauses_en == "# General\n\nThis is the contract."
    assert version.clauses_zh == "# 总则\n本合同"


def test_a_version_begins_from_an_earlier_one(insurer: Insurer, chief: Client) -> None:
    a_published_version(insurer, rules=EVERYTHING.rules)

    page = shown(chief, f"{DRAFT}?from=1")

    assert 'value="Death or disability by accident"' in page
    assert "0603002" in page
    assert 'value="100000.00"' in page
    assert chief.get(f"{DRAFT}?from=7").status_code == 404
    assert chief.get(f"{DRAFT}?from=x").status_code == 404


def test_a_draft_is_changed_and_only_once(insurer: Insurer, chief: Client) -> None:
    a_draft(insurer)
    address = "/office/products/ACC/1/edit/"
    sent = filled_in(
        a_version_given(tax_rate=None),
        as_drafted_at=hidden(shown(chief, address), "as_drafted_at"),
    )

    assert post(chief, address, sent).status_code == 302
    changed = find_version("ACC", 1)
    assert changed is not None
    assert changed.tax_rate is None
    late = post(chief, address, sent | {"request_id": str(uuid4())})
    assert late.status_code == 422
    assert "has changed this draft meanwhile" in late.content.decode()


def problems(answer: Any) -> list[tuple[str, str]]:
    """What the summary says, each with the field that it links to."""
    page = answer.content.decode()
    summary = page[page.index("data-problems") :].split("</ul>")[0]
    return re.findall(r'<a href="#(?:id_)?([^"]*)">([^<]*)', summary)


OWN_FIELD = {
    "own_fields-0-name_zh": "船",
    "own_fields-0-name_en": "Boat",
    "own_fields-0-code": "boat",
}


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"name_en": ""}, "name_en", "Fill this in"),
        ({"coverages-0-name_zh": ""}, "coverages-0-name_zh", "Fill this in"),
        ({"coverages-0-sum_insured": "many"}, "coverages-0-sum_insured", "no amount"),
        ({"coverages-1-deductible": "10000"}, "coverages-1-sum_insured", "above its deductible"),
        ({"coverages-0-paid_share": "101"}, "coverages-0-paid_share", "at most 100"),
        ({"coverages-0-terms_en": ""}, "coverages-0-terms_en", "Fill this in"),
        ({"exclusions-0-en": ""}, "exclusions-0-en", "Fill this in"),
        ({"claim_hours": "0"}, "claim_hours", ""),
        ({"claim_papers-1-en": ""}, "claim_papers-1-en", "Fill this in"),
        ({"minors_caps-1-amount": ""}, "minors_caps-1-amount", "Fill this in"),
        ({"minors_caps-1-below": "10"}, "minors_caps-0-below", "Nobody could ever keep"),
        ({"tax_percent": ""}, "tax_percent", "Fill this in"),
        ({"tax_percent": "0"}, "tax_percent", "between 0% and 100%"),
        ({"oldest": "0"}, None, None),
        ({"youngest": "81"}, "youngest", "Nobody could ever keep"),
        ({"sexes": []}, "sexes_group", "Choose one"),
        ({"excluded_occupations": "Nobody knows"}, "excluded_occupations", "Nothing is called"),
        ({"regions": "浙江\nqqqq"}, "regions", "Nothing is called “qqqq”"),
        ({"own_fields-0-name_zh": "船"}, "own_fields-0-code", "Fill this in"),
        ({"own_fields-0-code": "A b"}, "own_fields-0-code", "Small letters"),
        ({**OWN_FIELD, "own_fields-0-kind": "choice"}, "own_fields-0-choices", "Fill this in"),
        ({**OWN_FIELD, "own_fields-0-choices": "a 甲"}, "own_fields-0-choices", "Write “a 甲”"),
        ({**OWN_FIELD, "own_fields-0-unit_en": "m"}, "own_fields-0-unit_zh", "Fill this in"),
        (
            {**OWN_FIELD, "own_fields-0-lowest": "3", "own_fields-0-highest": "2"},
            "own_fields-0-lowest",
            "more than the greatest",
        ),
        ({**OWN_FIELD, "own_fields-0-code": "height", "details": "height"}, "details_group", "Nob"),
        ({"insured_lowest": "3"}, "insured_highest", "Nobody could ever keep"),
        ({"starts_latest": "0"}, "starts_latest", ""),
        ({"starts_earliest": "9", "starts_latest": "8"}, "starts_latest", "Nobody could ever"),
        ({"expense_percent": "100"}, "expense_percent", "Nobody could ever keep"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(
    insurer: Insurer, chief: Client, changes: dict[str, Any], field: str | None, said: str | None
) -> None:
    a_product(insurer)

    answer = post(chief, DRAFT, filled_in(a_version_given(), **changes))

    if field is None:
        assert answer.status_code == 302
        return
    assert answer.status_code == 422
    assert any(at == field and (said or "") in text for at, text in problems(answer))
    page = answer.content.decode()
    assert "Within 180 days of the accident." in page or "terms_en" in field
    assert "# General" in page
    assert not ProductVersion.objects.exists()


def test_without_any_cover_nothing_is_insured(insurer: Insurer, chief: Client) -> None:
    a_product(insurer)
    sent = filled_in(a_version_given(coverages=()))

    answer = post(chief, DRAFT, sent)

    assert ("coverages-0-name_zh", "Chinese name: Name at least one cover.") in problems(answer)


def test_without_any_paper_nobody_knows_what_to_keep(insurer: Insurer, chief: Client) -> None:
    a_product(insurer)
    sent = filled_in(a_version_given(claim_papers=()))

    answer = post(chief, DRAFT, sent)

    said = "In Chinese: Name at least one paper that a claim needs."
    assert ("claim_papers-0-zh", said) in problems(answer)


def names_in(answer: Any) -> list[str]:
    return re.findall(r'name="coverages-\d+-name_en" value="([^"]*)"', answer.content.decode())


DEATH, MEDICAL = (one.name.en for one in ACCIDENT)


@pytest.mark.parametrize(
    ("deed", "names"),
    [
        ("coverages-add", [DEATH, MEDICAL]),
        ("coverages-remove-0", [MEDICAL]),
        ("coverages-down-0", [MEDICAL, DEATH]),
        ("coverages-up-1", [MEDICAL, DEATH]),
        ("coverages-up-0", [DEATH, MEDICAL]),
        ("other-add", [DEATH, MEDICAL]),
    ],
)
def test_rows_come_go_and_move_and_everything_else_stays(
    insurer: Insurer, chief: Client, deed: str, names: list[str]
) -> None:
    a_product(insurer)
    sent = filled_in(a_version_given(), row=deed, youngest="not yet a number", sexes=["female"])

    answer = post(chief, DRAFT, sent)

    assert answer.status_code == 200
    page = answer.content.decode()
    assert names_in(answer) == names
    assert page.count('name="coverages-2-name_zh"') == (deed == "coverages-add")
    assert "data-problems" not in page
    assert 'value="not yet a number"' in page
    assert re.findall(r'name="sexes" value="(\w+)"[^>]*checked', page) == ["female"]
    assert "# General" in page
    assert not ProductVersion.objects.exists()


def test_an_empty_row_does_not_count(insurer: Insurer, chief: Client) -> None:
    a_product(insurer)
    sent = filled_in(a_version_given()) | {"coverages-2-name_zh": "", "exclusions-1-en": " "}

    assert post(chief, DRAFT, sent).status_code == 302
    version = find_version("ACC", 1)
    assert version is not None
    assert len(version.coverages.all()) == 2
    assert len(version.exclusions) == 1


# ---- the second person ---------------------------------------------------------------------


def do(client: Client, address: str, **more: Any) -> Any:
    return client.post(address, {"request_id": str(uuid4()), **more})


def test_a_draft_goes_to_a_second_person_who_publishes_it_once(
    insurer: Insurer, chief: Client, second: Client
) -> None:
    a_draft(insurer)
    assert do(chief, "/office/products/ACC/1/submit/").status_code == 302
    assert "Publish a product version" in shown(second, "/office/approvals/")
    page = shown(second, "/office/products/ACC/1/")
    form = {name: hidden(page, name) for name in ("request_id", "as_drafted_at")}

    for _ in range(2):  # a double click
        assert second.post("/office/products/ACC/1/", form).status_code == 302

    version = find_version("ACC", 1)
    assert version is not None
    assert version.published_by == insurer.second
    assert AuditEvent.objects.filter(event="product.published").count() == 1
    assert "is published" in shown(second, "/office/products/ACC/1/")


def test_a_page_from_before_the_publication_says_so(insurer: Insurer, second: Client) -> None:
    version = a_published_version(insurer)

    answer = do(second, "/office/products/ACC/1/", as_drafted_at=version.drafted_at.isoformat())

    assert answer.status_code == 422
    assert "published already" in answer.content.decode()


def test_whoever_drafted_a_version_finds_no_button_and_cannot_publish_it(
    insurer: Insurer, chief: Client
) -> None:
    draft = submitted(insurer, a_draft(insurer))

    page = shown(chief, "/office/products/ACC/1/")
    assert "You drafted it" in page
    assert "Publish ACC-1" not in page
    do(chief, "/office/products/ACC/1/", as_drafted_at=draft.drafted_at.isoformat())
    draft.refresh_from_db()
    assert not draft.is_published


def test_a_version_goes_back_with_a_reason_that_its_author_finds(
    insurer: Insurer, chief: Client, second: Client
) -> None:
    submitted(insurer, a_draft(insurer))

    assert do(second, "/office/products/ACC/1/return/", reason="").status_code == 422
    assert do(second, "/office/products/ACC/1/return/", reason="The sum.").status_code == 302

    page = shown(chief, "/office/products/ACC/1/")
    assert "The sum." in page
    assert "Change the draft" in page


def test_what_was_submitted_is_taken_back_and_thrown_away(insurer: Insurer, chief: Client) -> None:
    submitted(insurer, a_draft(insurer))

    refused = do(chief, "/office/products/ACC/1/throw-away/")
    assert refused.status_code == 422
    assert do(chief, "/office/products/ACC/1/take-back/").status_code == 302
    assert "its number is not given again" in shown(chief, "/office/products/ACC/1/throw-away/")
    assert do(chief, "/office/products/ACC/1/throw-away/").status_code == 302
    assert find_version("ACC", 1) is None


def test_the_second_person_sees_what_differs(insurer: Insurer, second: Client) -> None:
    product = a_product(insurer)
    a_published_version(insurer, product)
    medical = replace(ACCIDENT[1], sum_insured=Decimal(8_000), deductible=Decimal(100))
    given = {"coverages": (medical,), "tax_rate": None, "rules": some_rules(starts_latest=60)}
    submitted(insurer, a_draft(insurer, product, **given))

    page = shown(second, "/office/products/ACC/2/")
    differs = page[page.index('id="differs"') :].split("</section>")[0]

    assert "4 differences" in differs
    for said in ("exempt", "CNY 8,000", "Less CNY 100 in each event.", "from 1 to 60 days",
                 "Death or disability by accident"):  # fmt: skip
        assert said in differs, said
    assert "What is not covered" not in differs


# ---- trying out ----------------------------------------------------------------------------

SOMEBODY = {
    "birth_date": "1990-05-01",
    "sex": "female",
    "relationship": "self",
    "occupation": "",
    "asked_on": "2026-11-23",
    "starts_on": "2026-11-24",
    "people": "1",
    "policies_in_force": "0",
}
OFFICE_WORK = "0201001"


def outcomes(page: str) -> dict[str, str]:
    rows = re.findall(r'<tr><th scope="row">([^<]+)</th><td[^>]*>.*?</svg>(\w+)', page, re.S)
    return {rule.replace("&#x27;", "'"): word for rule, word in rows}


def test_every_rule_is_listed_with_its_words_also_for_a_draft(
    insurer: Insurer, chief: Client
) -> None:
    a_draft(insurer)
    page = chief.get(
        "/office/products/ACC/1/try/", SOMEBODY | {"occupation": an_occupation()}
    ).content.decode()

    assert len(outcomes(page)) == 13
    assert set(outcomes(page).values()) == {"Passed"}
    assert "All rules are kept." in page
    assert "Offered everywhere." in page


def an_occupation(risk_class: int = 1) -> str:
    from selfcard.products.occupations import occupations

    return next(code for code, one in occupations().items() if one.risk_class == risk_class)


def test_a_rule_that_is_not_kept_says_why_beside_the_others(
    insurer: Insurer, chief: Client
) -> None:
    a_draft(insurer, rules=some_rules(insured_age=AgeRange(Age(years=18), Age(years=30))))

    asked = SOMEBODY | {"occupation": an_occupation(), "policies_in_force": "1"}
    page = chief.get("/office/products/ACC/1/try/", asked).content.decode()

    failed = [rule for rule, word in outcomes(page).items() if word == "Failed"]
    assert failed == ["Age of the insured", "Policies in force"]
    assert "which is too old" in page
    assert "2 rules are not kept." in page


def test_a_try_that_cannot_be_read_says_so_at_its_field(insurer: Insurer, chief: Client) -> None:
    a_draft(insurer)

    answer = chief.get("/office/products/ACC/1/try/", SOMEBODY | {"birth_date": "1990-02-30"})

    assert answer.status_code == 422
    assert {at for at, _text in problems(answer)} == {"birth_date", "occupation"}


# ---- cost and looks ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "statements"),
    [
        ("/office/products/ACC/2/", 16),
        ("/office/products/ACC/2/edit/", 13),
        ("/office/products/ACC/2/try/", 11),
        ("/office/products/", 13),
    ],
)
def test_a_page_takes_as_many_statements_with_many_covers(
    insurer: Insurer, chief: Client, address: str, statements: int
) -> None:
    product = a_product(insurer)
    a_published_version(insurer, product)
    a_draft(insurer, product, coverages=ACCIDENT * 5)

    with CaptureQueriesContext(connection) as asked:
        shown(chief, address)

    assert len(asked) <= statements, [one["sql"][:90] for one in asked]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_nothing_stands_in_anybodys_way(
    open_page: OpenPage,
    sign_in: Callable[[Page, Staff], None],
    no_axe_violations: Callable[[Page], None],
    language: str,
    width: int,
) -> None:
    insurer = an_insurer()
    product = a_product(insurer)
    a_published_version(insurer, product)
    a_draft(insurer, product, tax_rate=None)
    Staff.objects.update(language=language)
    page = open_page(width)
    sign_in(page, insurer.chief)
    asked = "&".join(f"{k}={v}" for k, v in (SOMEBODY | {"occupation": an_occupation(6)}).items())

    for address in (
        "",
        "define/",
        "ACC/draft/?from=1",
        "ACC/2/",
        "ACC/2/edit/",
        "ACC/2/throw-away/",
        f"ACC/2/try/?{asked}",
    ):
        page.goto(f"/office/products/{address}")
        no_axe_violations(page)


def test_the_clock_of_a_try_is_the_insurers(insurer: Insurer, chief: Client) -> None:
    a_draft(insurer)

    with clock.frozen(date(2026, 12, 31)):
        page = shown(chief, "/office/products/ACC/1/try/")

    assert 'value="2027-01-01"' in page
