"""Each promise about how buyers are told, tried from outside the commands: PostgreSQL refuses."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from selfcard.core import clock
from selfcard.sales.models import ActivationNotice, BuyerPhone, DeadlineReminder, Sale
from tests.factories.messaging import PHONE
from tests.factories.postgresql import refused_by_postgresql
from tests.factories.sales import Shop, a_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return a_shop(10)


def remind(sale: Sale, **other: Any) -> DeadlineReminder:
    facts = {"last_day": clock.today(), "days": 7, "cards": 3, "at": clock.now(), **other}
    return DeadlineReminder.objects.create(sale=sale, **facts)


def test_of_a_last_day_and_its_nearness_a_buyer_is_reminded_once(shop: Shop) -> None:
    sale = shop.sell((1, 5))
    remind(sale)
    remind(sale, days=1)
    remind(sale, last_day=clock.today() + timedelta(days=90))

    with refused_by_postgresql("a_buyer_is_reminded_once_of_a_last_day"):
        remind(sale)


def test_a_reminder_is_of_cards_and_stays_what_it_was(shop: Shop) -> None:
    sale = shop.sell((1, 5))
    for nothing in ({"cards": 0}, {"days": 0}):
        with refused_by_postgresql("a_reminder_is_of_cards_and_in_time"):
            remind(sale, **nothing)
    told = remind(sale)

    with refused_by_postgresql("deadline_reminder_is_never_changed"):
        DeadlineReminder.objects.update(cards=9)
    with refused_by_postgresql("deadline_reminder_is_never_changed"):
        told.delete()
    with (
        refused_by_postgresql("deadline_reminder_is_never_emptied"),
        connection.cursor() as cursor,
    ):
        cursor.execute("TRUNCATE sales_deadlinereminder")


def test_nobody_is_reminded_of_cards_that_are_not_paid(shop: Shop) -> None:
    shop.sell((1, 5), phone=PHONE)

    with refused_by_postgresql("nobody_is_reminded_of_cards_that_are_not_paid"):
        BuyerPhone.objects.update(due_on=clock.today())


def test_a_notice_on_paper_says_who_handed_it_over(shop: Shop) -> None:
    shop.sell_and_settle((1, 5))
    now = clock.now()
    keeper = shop.insurer.keeper

    for wrong in (
        {"way": "paper", "given_at": now},
        {"way": "phone", "given_at": now, "given_by": keeper},
        {"way": "phone"},
        {"given_at": now},
    ):
        with refused_by_postgresql("a_notice_on_paper_says_who_handed_it_over"):
            ActivationNotice.objects.update(**wrong)


def test_a_notice_is_given_once_and_kept(shop: Shop) -> None:
    shop.sell_and_settle((1, 5))
    now = clock.now()
    with refused_by_postgresql("an_activation_notice_is_given_once"):
        ActivationNotice.objects.update(settled_at=now - timedelta(days=1))
    ActivationNotice.objects.update(way="paper", given_at=now, given_by=shop.insurer.keeper)

    with refused_by_postgresql("an_activation_notice_is_given_once"):
        ActivationNotice.objects.update(given_at=now + timedelta(days=1))
    with refused_by_postgresql("activation_notice_is_kept"):
        ActivationNotice.objects.all().delete()
    with (
        refused_by_postgresql("activation_notice_is_never_emptied"),
        connection.cursor() as cursor,
    ):
        cursor.execute("TRUNCATE sales_activationnotice")


def test_a_sale_has_one_notice_and_one_phone(shop: Shop) -> None:
    sale = shop.sell((1, 5), phone=PHONE)
    shop.settle(shop.ask(sale))
    now = clock.now()

    with refused_by_postgresql("sales_activationnotice_sale_id"):
        ActivationNotice.objects.create(sale=sale, settled_at=now)
    with refused_by_postgresql("sales_buyerphone_sale_id"):
        BuyerPhone.objects.create(
            sale=sale, phone=PHONE, left_by=shop.insurer.keeper, left_at=now, looked_at=now
        )


def test_a_phone_lies_encrypted_in_the_database(shop: Shop) -> None:
    shop.sell((1, 5), phone=PHONE)

    with connection.cursor() as cursor:
        cursor.execute("SELECT phone FROM sales_buyerphone")
        (stored,) = cursor.fetchone()
    assert PHONE.encode() not in bytes(stored)
    assert BuyerPhone.objects.get().phone == PHONE
