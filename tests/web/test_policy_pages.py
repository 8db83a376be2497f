"""Products and policies in the office: what is shown, to whom, and what a button does once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import Page

from selfcard.core import clock
from selfcard.core.models import AuditEvent
from selfcard.organisations.models import Staff
from selfcard.policies.application import BeneficiaryGiven, DetailGiven
from selfcard.policies.models import Policy, Unmasking
from selfcard.products.details import USUAL_DETAILS
from selfcard.products.models import ProductVersion
from selfcard.products.people import Relationship
from tests.factories.organisations import Insurer, an_insurer
from tests.factories.policies import (
    STUDENT,
    a_person,
    a_policy,
    an_application,
    an_insured,
    cancelled,
)
from tests.factories.products import a_draft, a_product, a_published_version, some_rules
from tests.web.conftest import DESKTOP, PHONE, OpenPage

MOTHER = a_person("王芳", date(1986, 5, 17))
SON = a_person("欧阳小明", date(2019, 3, 1), order=7)


@dataclass(frozen=True)
class Office:
    insurer: Insurer
    version: ProductVersion
    draft: ProductVersion
    policy: Policy


def an_office() -> Office:
    insurer = an_insurer()
    product = a_product(insurer)
    rules = some_rules(details=(USUAL_DETAILS["home_address"],))
    version = a_published_version(insurer, product, rules=rules)
    heir = BeneficiaryGiven(name="李𬱖", relationship=Relationship.PARENT, share=Decimal(100))
    application = an_application(
        an_insured(MOTHER),
        an_insured(SON, Relationship.CHILD, STUDENT),
        applicant=MOTHER,
        beneficiaries=(heir,),
        details=(DetailGiven(code="home_address", answer="文三路2号"),),
    )
    policy = a_policy(version, insurer.institution, application, reason=("other", "62010017"))
    return Office(insurer, version, a_draft(insurer, product), policy)


@pytest.fixture
def office(db: None) -> Office:
    return an_office()


def entered(staff: Staff, language: str = "en") -> Client:
    Staff.objects.filter(pk=staff.pk).update(language=language)
    client = Client()
    client.force_login(staff, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


def shown(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


def test_a_list_of_policies_names_nobody_in_full(office: Office) -> None:
    page = shown(entered(office.insurer.keeper), "/office/policies/")

    assert office.policy.number in page
    assert "欧阳**" in page
    for secret in ("王芳", "欧阳小明", "李𬱖", SON.identity_number, "13800138000"):
        assert secret not in page


def test_an_export_of_policies_names_nobody_in_full(office: Office) -> None:
    response = entered(office.insurer.keeper).get("/office/policies/?export=csv")
    lines = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]

    assert "欧阳**" in lines
    assert "王芳" not in lines


def test_a_list_of_policies_takes_as_many_statements_for_one_as_for_many(office: Office) -> None:
    keeper = entered(office.insurer.keeper)

    def statements() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            shown(keeper, "/office/policies/")
        return len(captured)

    statements()  # the first page of a visit also writes the session
    one = statements()
    for _ in range(4):
        a_policy(office.version, office.insurer.institution)
    assert statements() == one


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=P0000", True),
        ("q=P9999", False),
        ("state=issued", True),
        ("state=in_force", False),
        ("state=expired", False),
        ("state=cancelled", False),
        ("kind=accident", True),
        ("kind=travel", False),
        ("product=acc", True),
        ("product=TRV", False),
        ("card=1", False),
        ("since=2000-01-01&until=2999-12-31", True),
        ("until=2000-01-01", False),
    ],
)
def test_policies_are_filtered(office: Office, query: str, found: bool) -> None:
    page = shown(entered(office.insurer.keeper), f"/office/policies/?{query}")

    assert (office.policy.number in page) == found


@pytest.mark.parametrize(
    ("days", "state"), [(0, "issued"), (1, "in_force"), (365, "in_force"), (366, "expired")]
)
def test_a_policy_is_listed_by_the_state_of_the_day(office: Office, days: int, state: str) -> None:
    keeper = entered(office.insurer.keeper)
    # Sessions live by the machine's clock, cover by the insurer's.
    with clock.frozen(clock.today() + timedelta(days=days)):
        for asked in ("issued", "in_force", "expired"):
            page = shown(keeper, f"/office/policies/?state={asked}")
            assert (office.policy.number in page) == (asked == state)


def test_the_policys_page_names_nobody_in_full(office: Office) -> None:
    page = shown(entered(office.insurer.keeper), f"/office/policies/{office.policy.number}/")

    for said in ("王*", "欧阳**", "+86 138****8000", "23:59:59", "100,000.00", "version 2026-1"):
        assert said in page, said
    for secret in (
        "王芳", "欧阳小明", "李𬱖", SON.identity_number, "138 0013 8000", "文三路", "Zhejiang",
    ):  # fmt: skip
        assert secret not in page, secret


@pytest.mark.parametrize(
    ("what", "seen", "hidden"),
    [
        ("people", ("王芳", "李𬱖", SON.identity_number), ("138 0013 8000", "文三路1号")),
        ("contact", ("+86 138 0013 8000", "文三路1号", "Zhejiang"), ("王芳", SON.identity_number)),
    ],
)
def test_what_is_needed_is_seen_in_full_for_a_reason_that_is_kept(
    office: Office, what: str, seen: tuple[str, ...], hidden: tuple[str, ...]
) -> None:
    keeper = entered(office.insurer.keeper)
    address = f"/office/policies/{office.policy.number}/"
    form = {"request_id": str(uuid4()), "what": what, "reason": "hospital asks"}

    assert keeper.post(address + "unmask/", {**form, "reason": ""}).status_code == 422
    answer = keeper.post(address + "unmask/", form)

    page = shown(keeper, answer["Location"])
    for said in seen:
        assert said in page, said
    for secret in hidden:
        assert secret not in page, secret
    kept = Unmasking.objects.get()
    assert (kept.what, kept.reason, kept.seen_by) == (what, "hospital asks", office.insurer.keeper)
    event = AuditEvent.objects.get(event="policy.unmasked")
    assert event.subject_number == office.policy.number
    assert event.facts == {"what": what, "reason": "hospital asks"}


def test_what_was_unmasked_is_nobody_elses_and_not_for_long(office: Office) -> None:
    keeper = entered(office.insurer.keeper)
    address = f"/office/policies/{office.policy.number}/"
    form = {"request_id": str(uuid4()), "what": "people", "reason": "hospital asks"}
    to_see = keeper.post(address + "unmask/", form)["Location"]

    assert "王芳" not in shown(entered(office.insurer.branch_keeper), to_see)
    for nonsense in ("?shown=0", "?shown=x", f"?shown={10**18}"):
        assert "王芳" not in shown(keeper, address + nonsense)
    with clock.frozen(clock.now() + timedelta(minutes=11)):
        assert "王芳" not in shown(keeper, to_see)


def test_auditors_read_who_has_seen_whom(office: Office) -> None:
    keeper, auditor = entered(office.insurer.keeper), entered(office.insurer.auditor)
    number = office.policy.number
    form = {"request_id": str(uuid4()), "what": "people", "reason": "hospital asks"}
    keeper.post(f"/office/policies/{number}/unmask/", form)
    keeper.get(f"/office/papers/policy/{number}.pdf")
    keeper.get(f"/office/papers/policy_card/{number}.pdf")

    page = shown(auditor, "/office/policies/seen-unmasked/")

    for said in (number, "Person I01", "hospital asks", "the policy&#x27;s paper"):
        assert said in page, said
    assert Unmasking.objects.filter(what="paper").count() == 2
    assert "hospital asks" not in shown(auditor, "/office/policies/seen-unmasked/?what=paper")
    assert keeper.get("/office/policies/seen-unmasked/").status_code == 403


def test_an_identity_number_finds_its_policies_and_stands_in_no_address(office: Office) -> None:
    keeper, stranger = entered(office.insurer.keeper), entered(office.insurer.other_keeper)
    for person in (SON, a_person()):
        answer = keeper.post("/office/policies/by-person/", {"number": person.identity_number})
        assert office.policy.number in answer.content.decode()
        nothing = stranger.post("/office/policies/by-person/", {"number": person.identity_number})
        assert office.policy.number not in nothing.content.decode()
    nobody = keeper.post("/office/policies/by-person/", {"number": "330106199001010011"})
    assert "names anybody with this number" in nobody.content.decode()


@pytest.mark.parametrize("who", ["other_keeper", "seller", "cashier"])
def test_out_of_reach_there_is_no_policy(office: Office, who: str) -> None:
    client = entered(getattr(office.insurer, who))

    assert client.get(f"/office/policies/{office.policy.number}/").status_code in (403, 404)
    assert client.get(f"/office/papers/policy/{office.policy.number}.pdf").status_code == 404
    listed = client.get("/office/policies/")
    assert office.policy.number not in listed.content.decode()


def test_a_policy_opens_as_the_one_signed_paper_whatever_the_reader_speaks(office: Office) -> None:
    keeper = entered(office.insurer.keeper)

    papers = {
        keeper.get(f"/office/papers/policy/{office.policy.number}.pdf?lang={language}").content
        for language in ("zh-hans", "en")
    }

    (paper,) = papers
    assert paper.startswith(b"%PDF")


def test_the_policys_page_leads_to_its_card_and_to_papers_that_hold_no_more(office: Office) -> None:
    keeper, number = entered(office.insurer.keeper), office.policy.number
    keeper.get(f"/office/papers/policy/{number}.pdf")
    before = shown(keeper, f"/office/policies/{number}/")
    cancelled(office.insurer, office.policy)

    after = shown(keeper, f"/office/policies/{number}/")

    assert f"/office/papers/policy_card/{number}.pdf" in after
    former = f"/office/papers/policy/{number}-1.pdf"
    assert (former in before, former in after) == (False, True)
    assert keeper.get(former).content.startswith(b"%PDF")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_nothing_stands_in_anybodys_way(
    open_page: OpenPage,
    sign_in: Callable[[Page, Staff], None],
    no_axe_violations: Callable[[Page], None],
    language: str,
    width: int,
) -> None:
    office = an_office()
    Staff.objects.update(language=language)
    page = open_page(width)
    sign_in(page, office.insurer.chief)

    for address in (
        "/office/products/",
        "/office/products/ACC/1/",
        "/office/products/ACC/2/",
        "/office/policies/",
        f"/office/policies/{office.policy.number}/",
    ):
        page.goto(address)
        no_axe_violations(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
