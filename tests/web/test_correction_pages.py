"""What was entered wrongly about money, through pages: asked for, looked at, agreed to."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client
from django.utils.html import strip_tags

from selfcard.core import clock
from selfcard.organisations.models import Staff
from selfcard.payments.commands import bank_takings, close_drawer, count_drawer
from selfcard.payments.models import Banking, DrawerDay, Tender, TenderKind
from tests.factories.advances import an_account, deposit
from tests.factories.organisations import Insurer, an_insurer
from tests.factories.verifying import everything_holds

pytestmark = pytest.mark.django_db
HERE = "/office/drawers/"


@pytest.fixture
def insurer() -> Insurer:
    return an_insurer()


@pytest.fixture
def day(insurer: Insurer) -> DrawerDay:
    """A drawer into which 15,000.00 came, 10,000.00 of which are said to be at the bank."""
    deposit(insurer, an_account(insurer), "15000.00")
    day = DrawerDay.objects.get()
    bank_takings(
        organisation=insurer.institution,
        kind="cash",
        amount=Decimal("10000.00"),
        arrived_on=clock.today(),
        reference="SLIP-1",
        drawer_day=day,
        actor=insurer.actor("cashier"),
        request_id=uuid4(),
    )
    return day


def entered(staff: Staff) -> Client:
    client = Client()
    client.force_login(staff, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


def sent(client: Client, address: str, **form: Any) -> Any:
    return client.post(address, {"request_id": uuid4(), **form})


def test_a_wrong_banking_is_put_right_by_two_people(insurer: Insurer, day: DrawerDay) -> None:
    cashier, manager = entered(insurer.cashier), entered(insurer.second)
    number = Banking.objects.get().number
    ask, page = f"{HERE}banked/{number}/correct/", f"{HERE}corrections/{number}/"
    assert ask in cashier.get(f"{HERE}banked/").content.decode()
    right = {"amount": "1000", "reference": "SLIP-1"}

    why_not = sent(cashier, ask, **right, reason="")
    asked = sent(cashier, ask, **right, reason="a nought too many")

    assert "reason" in why_not.context["form"].errors
    assert asked["Location"] == page
    assert page in manager.get("/office/approvals/").content.decode()
    assert f"{page}grant/" not in cashier.get(page).content.decode()
    looked = strip_tags(manager.get(page).content.decode())
    assert "10,000.00" in looked
    assert "a nought too many" in looked
    assert sent(manager, f"{page}grant/")["Location"] == page
    shown = strip_tags(cashier.get(f"{HERE}{day.drawer.code}/{day.day}/").content.decode())
    assert "a nought too many" in shown
    day.refresh_from_db()
    assert day.cash == Decimal("14000.00")
    again = sent(manager, f"{page}grant/")
    assert again.status_code == 422
    everything_holds()


def test_a_tender_is_put_right_on_the_page_of_its_receipt(insurer: Insurer, day: DrawerDay) -> None:
    cashier, manager = entered(insurer.cashier), entered(insurer.second)
    deposit(insurer, an_account(insurer, payer="乙公司"), "80.00")
    tender = Tender.objects.latest("id")
    number = tender.receipt.number
    ask, page = f"{HERE}receipts/{number}/correct/", f"{HERE}corrections/{number}/"
    receipt = f"/office/payments/receipts/{number}/"
    assert ask in cashier.get(receipt).content.decode()

    form = {"tender": tender.pk, "kind": "card", "reason": "it was a card"}
    assert "reference" in sent(cashier, ask, **form).context["form"].errors
    sent(cashier, ask, **form, reference="POS-3")
    sent(manager, f"{page}grant/")

    shown = strip_tags(cashier.get(receipt).content.decode())
    assert "POS-3" in shown
    assert "it was a card" in shown
    offered = dict(cashier.get(ask).context["form"].fields["tender"].choices)
    assert str(tender.pk) not in offered
    assert any("POS-3" in said for said in offered.values())
    everything_holds()


def test_a_closed_count_is_put_right_or_refused(insurer: Insurer, day: DrawerDay) -> None:
    cashier, manager = entered(insurer.cashier), entered(insurer.second)
    address = f"{HERE}{day.drawer.code}/{day.day}/"
    assert f"{address}correct/" not in cashier.get(address).content.decode()
    assert cashier.get(f"{address}correct/")["Location"] == address
    count_drawer(
        day=day,
        counted={TenderKind.CASH: Decimal("500.00")},
        explanation="?",
        actor=insurer.actor("cashier"),
        request_id=uuid4(),
    )
    close_drawer(day=day, actor=insurer.actor("second"), request_id=uuid4())
    page = f"{HERE}corrections/{day.drawer.code}%20{day.day}/"
    form = {"cash": "5000", "card": "0", "cheque": "0", "wallet": "0", "reason": "a digit"}

    assert sent(cashier, f"{address}correct/", **form)["Location"] == page
    assert sent(manager, f"{page}refuse/", reason="count once more")["Location"] == page
    assert "count once more" in cashier.get(page).content.decode()
    sent(cashier, f"{address}correct/", **form)
    assert sent(cashier, f"{page}withdraw/")["Location"] == page
    sent(cashier, f"{address}correct/", **form)
    sent(manager, f"{page}grant/")

    assert "5,000.00 of cash stays" in strip_tags(cashier.get(address).content.decode())
    everything_holds()


Refused = Callable[[Insurer], Staff]


@pytest.mark.parametrize("who", [lambda cast: cast.other_keeper, lambda cast: cast.seller])
def test_who_has_nothing_to_do_with_the_drawer_asks_for_nothing(
    insurer: Insurer, day: DrawerDay, who: Refused
) -> None:
    stranger, number = entered(who(insurer)), Banking.objects.get().number

    assert stranger.get(f"{HERE}banked/{number}/correct/").status_code in (403, 404)
    assert stranger.get(f"{HERE}corrections/{number}/").status_code in (403, 404)
