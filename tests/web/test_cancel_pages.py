"""A policy is cancelled through its pages: what follows is shown first, and the page leads on."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import Page

from selfcard.activation.queries import live_refund
from selfcard.core import clock
from selfcard.core.models import AuditEvent
from selfcard.custody.queries import find_card
from selfcard.organisations.models import Staff
from selfcard.policies.identity import masked_name
from selfcard.policies.models import Cancellation, Policy
from tests.factories.activation import activate, cancel, paid_cards
from tests.factories.cards import PrintedCard
from tests.factories.organisations import Insurer, an_insurer
from tests.factories.policies import a_person, an_application
from tests.web.conftest import DESKTOP, PHONE, OpenPage

pytestmark = pytest.mark.django_db

ISSUED, LATER = date(2026, 3, 2), date(2026, 6, 10)
WOMAN, HUSBAND = a_person(), a_person("李强", date(1990, 1, 1), order=3)


@dataclass(frozen=True)
class Desk:
    """A policy of the institution, and somebody at its counter."""

    insurer: Insurer
    card: PrintedCard
    policy: Policy

    @property
    def address(self) -> str:
        return f"/office/policies/{self.policy.number}/"


@pytest.fixture
def desk() -> Desk:
    insurer = an_insurer()
    with clock.frozen(ISSUED):
        card = paid_cards(insurer)[0]
        return Desk(insurer, card, activate(card))


def entered(staff: Staff, language: str = "en") -> Client:
    Staff.objects.filter(pk=staff.pk).update(language=language)
    client = Client()
    client.force_login(staff, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


def shown(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status, address
    return response.content.decode()


def hidden(page: str, name: str) -> str:
    found = re.search(f'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]


def filled_in(page: str, **given: str) -> dict[str, str]:
    return {
        "request_id": hidden(page, "request_id"),
        "shown": hidden(page, "shown"),
        "asked_on": clock.today().isoformat(),
        "asker": "applicant",
        "identity_number": WOMAN.identity_number,
        "identity_kind": "identity_card",
        "name": "",
        "reason": "moved abroad",
        **given,
    }


def state_of(desk: Desk) -> tuple[str, str]:
    card = find_card(desk.card.serial)
    assert card is not None
    return Policy.objects.get(pk=desk.policy.pk).state, card.seen.value


def test_before_cover_begins_the_page_says_that_all_comes_back_and_leads_to_the_card(
    desk: Desk,
) -> None:
    keeper = entered(desk.insurer.keeper)
    with clock.frozen(ISSUED):
        page = shown(keeper, desk.address + "cancel/")
        assert "before cover begins" in page
        assert "The card is to be activated again" in page
        assert "100.00" in page

        answer = keeper.post(desk.address + "cancel/", filled_in(page), follow=True)

        assert state_of(desk) == ("cancelled", "to_be_activated")
        said = answer.content.decode()
        assert "activate the card anew, or take it back" in said
        assert f"/office/ways-back/?first={desk.card.serial}" in said
        assert Cancellation.objects.get().asker_name == WOMAN.name
        assert WOMAN.name not in said
        assert masked_name(WOMAN.name) in said


def test_later_it_says_days_and_amount_and_leads_to_the_payment_receipt(desk: Desk) -> None:
    keeper = entered(desk.insurer.keeper)
    with clock.frozen(LATER):
        page = shown(keeper, desk.address + "cancel/")
        for said in ("265 of 365 days", "72.60", "68.49", "4.11", "The card is void for ever"):
            assert said in page, said

        answer = keeper.post(desk.address + "cancel/", filled_in(page), follow=True)
        assert state_of(desk) == ("cancelled", "void")
        assert "issue the payment receipt" in answer.content.decode()

        page = shown(keeper, desk.address + "pay-back/")
        sent = keeper.post(
            desk.address + "pay-back/",
            {
                "request_id": hidden(page, "request_id"),
                "way": "payee",
                "payee_name": "王芳",
                "payee_bank": "Bank of the Lake",
                "payee_account": "6222 0000 1111 2222",
            },
        )
        payment = live_refund(desk.policy)
        assert payment is not None
        assert sent["Location"] == f"/office/payments/payments/{payment.number}/"
        # Who comes back to the form is led on, and the policy names the voucher.
        assert keeper.get(desk.address + "pay-back/").status_code == 302
        assert payment.number in shown(keeper, desk.address)


def test_what_follows_is_told_for_the_day_that_is_typed(desk: Desk) -> None:
    keeper = entered(desk.insurer.keeper)
    with clock.frozen(LATER):
        told = shown(keeper, desk.address + "cancel/what-follows/?asked_on=2026-06-01")
        assert "274 of 365 days" in told
        paid = shown(keeper, desk.address + "cancel/what-follows/?asked_on=&benefit_paid=on")
        assert "nothing is given back" in paid
        for wrong in ("2026-03-01", "2027-06-11", "2026-05-01"):
            refused = shown(keeper, desk.address + f"cancel/what-follows/?asked_on={wrong}")
            assert "cannot be cancelled for this day" in refused
            assert 'name="shown"' not in refused
        nonsense = shown(keeper, desk.address + "cancel/what-follows/?asked_on=yesterday")
        assert "265 of 365 days" in nonsense


def test_nothing_else_is_done_than_what_was_seen(desk: Desk) -> None:
    keeper = entered(desk.insurer.keeper)
    with clock.frozen(LATER):
        page = shown(keeper, desk.address + "cancel/")
    with clock.frozen(LATER + timedelta(days=1)):
        form = filled_in(page)

        answer = keeper.post(desk.address + "cancel/", form)

        assert answer.status_code == 422
        again = answer.content.decode()
        assert "Something else follows now" in again
        assert "264 of 365 days" in again
        assert state_of(desk)[0] == "issued"
        keeper.post(desk.address + "cancel/", form | {"shown": hidden(again, "shown")})
        assert state_of(desk)[0] == "cancelled"


def test_what_is_wrong_is_said_at_its_field_and_nothing_is_done(desk: Desk) -> None:
    keeper = entered(desk.insurer.keeper)
    another = a_person("李强", date(1990, 1, 1))
    with clock.frozen(LATER):
        page = shown(keeper, desk.address + "cancel/")
        for given, said in (
            ({"identity_number": another.identity_number}, "not the applicant"),
            ({"reason": ""}, "Fill this in"),
            ({"asked_on": "2026-06-11"}, "later than today"),
            ({"asker": "authority", "identity_number": another.identity_number}, "Enter the name"),
        ):
            answer = keeper.post(desk.address + "cancel/", filled_in(page, **given))
            assert answer.status_code == 422
            assert said in answer.content.decode(), said
        assert state_of(desk) == ("issued", "activated")


def test_a_double_click_and_the_back_button_cancel_once(desk: Desk) -> None:
    keeper = entered(desk.insurer.keeper)
    with clock.frozen(LATER):
        page = shown(keeper, desk.address + "cancel/")
        form = filled_in(page)

        for _ in range(2):
            assert keeper.post(desk.address + "cancel/", form).status_code == 302
        assert AuditEvent.objects.filter(event="policy.cancelled").count() == 1
        # The form from before, sent anew, and its page opened anew.
        stale = keeper.post(desk.address + "cancel/", form | {"request_id": str(uuid4())})
        assert stale.status_code == 422
        assert "is cancelled already" in stale.content.decode()
        assert keeper.get(desk.address + "cancel/").status_code == 302


@pytest.mark.parametrize("who", ["other_keeper", "cashier", "seller", "auditor"])
def test_who_may_not_cancel_finds_neither_page_nor_button(desk: Desk, who: str) -> None:
    client = entered(getattr(desk.insurer, who))
    with clock.frozen(LATER):
        for page in ("cancel/", "cancel/what-follows/", "pay-back/"):
            assert client.get(desk.address + page).status_code in (403, 404)
        assert client.post(desk.address + "cancel/", {}).status_code in (403, 404)
        if who == "auditor":
            assert "cancel/" not in shown(client, desk.address)


def test_nothing_is_paid_back_that_is_not_owed(desk: Desk) -> None:
    keeper = entered(desk.insurer.keeper)
    with clock.frozen(ISSUED):
        assert keeper.get(desk.address + "pay-back/").status_code == 404
        page = shown(keeper, desk.address + "cancel/")
        keeper.post(desk.address + "cancel/", filled_in(page))
        assert keeper.get(desk.address + "pay-back/").status_code == 404


def test_a_cancelled_policy_is_shown_as_cancelled_everywhere(desk: Desk) -> None:
    keeper = entered(desk.insurer.keeper)
    with clock.frozen(LATER):
        page = shown(keeper, desk.address + "cancel/")
        keeper.post(desk.address + "cancel/", filled_in(page))

        policy = shown(keeper, desk.address)
        assert "This policy is cancelled. Nobody is insured by it." in policy
        assert "Cancel the policy" not in policy
        assert desk.policy.number in shown(keeper, "/office/policies/?state=cancelled")
        assert desk.policy.number not in shown(keeper, "/office/policies/?state=in_force")
        card = shown(keeper, f"/office/inquiry/cards/{desk.card.serial}/")
        assert "Void since its policy was cancelled" in card
        assert "72.60" in card


def test_the_pages_take_a_bounded_number_of_statements(desk: Desk) -> None:
    keeper = entered(desk.insurer.keeper)

    def statements(address: str) -> int:
        shown(keeper, address)
        with CaptureQueriesContext(connection) as caught:
            shown(keeper, address)
        return len(caught)

    with clock.frozen(LATER):
        assert statements(desk.address + "cancel/") <= 20
        page = shown(keeper, desk.address + "cancel/")
        keeper.post(desk.address + "cancel/", filled_in(page))
        assert statements(desk.address) <= 24
        assert statements(desk.address + "pay-back/") <= 20


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
    with clock.frozen(ISSUED):
        cards = paid_cards(insurer)
        policy, other = activate(cards[0]), activate(cards[1], an_application(applicant=HUSBAND))
    Staff.objects.update(language=language)
    with clock.frozen(LATER):
        cancel(insurer, other)
        page = open_page(width)
        sign_in(page, insurer.keeper)
        for address in (
            f"/office/policies/{policy.number}/cancel/",
            f"/office/policies/{other.number}/",
            f"/office/policies/{other.number}/pay-back/",
        ):
            page.goto(address)
            no_axe_violations(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, address
        page.goto(f"/office/policies/{policy.number}/cancel/")
        page.check("[name=benefit_paid]")
        page.wait_for_selector("[name=shown][value^=nothing]", state="attached")
