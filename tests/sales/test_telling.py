"""What buyers are told: once, as near as their last day is, and nothing that opens a card."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.custody.commands import ask_extension, grant_extension
from selfcard.messaging.models import Message
from selfcard.organisations.errors import NotAuthorised
from selfcard.sales.commands import (
    forget_phone,
    leave_phone,
    note_notice_given,
    remind_of_deadlines,
)
from selfcard.sales.errors import NoNoticeToGive, NoPhoneLeft, NotAPhone
from selfcard.sales.models import ActivationNotice, BuyerPhone, DeadlineReminder, Sale
from selfcard.sales.notices import notices_to_give
from selfcard.sales.tasks import remind_of_deadlines_by_day
from tests.factories.activation import activate
from tests.factories.custody import stop
from tests.factories.messaging import PHONE
from tests.factories.recoveries import pay_back, take_back, voucher
from tests.factories.sales import Shop, a_shop

pytestmark = pytest.mark.django_db
OTHER = "+8613900139000"


@pytest.fixture
def shop() -> Shop:
    return a_shop(30)


def told(occasion: str) -> list[Message]:
    return list(Message.objects.filter(occasion=occasion).order_by("pk"))


def sold_with_phone(shop: Shop, *runs: tuple[int, int], language: str = "zh-hans") -> Sale:
    sale = shop.sell(*runs, phone=PHONE, language=language)
    shop.settle(shop.ask(sale))
    return sale


def look() -> None:
    """The work of a day, until nothing is left to do."""
    while remind_of_deadlines(actor=Actor.system("test"), request_id=uuid4()):
        pass


def days_before(shop: Shop, days: int, hour: int = 10) -> Any:
    """So many days before the last day of the shop's cards."""
    day = shop.batch.last_day - timedelta(days=days)
    return clock.frozen(datetime.combine(day, time(hour), clock.zone()))


def by_staff(shop: Shop, deed: Any, sale: Sale, who: str = "keeper", **given: Any) -> Sale:
    done: Sale = deed(sale=sale, actor=shop.insurer.actor(who), request_id=uuid4(), **given)
    return done


# Ready to activate


def test_who_left_a_phone_is_told_when_the_money_is_here(shop: Shop) -> None:
    sale = shop.sell((1, 20), phone=PHONE)
    assert told("cards_ready") == []

    shop.settle(shop.ask(sale))

    (sms,) = told("cards_ready")
    assert (sms.channel, sms.recipient, sms.language) == ("sms", PHONE, "zh-hans")
    assert (sms.reason_kind, sms.reason_number) == ("sale", sale.number)
    assert sms.organisation == shop.insurer.institution
    words = str(sms.words)
    for said in ("【灯塔保险】", sale.number, "20", sale.type_version.name_zh, "http://127.0.0.1"):
        assert said in words
    assert list(notices_to_give(shop.insurer.actor("keeper"))) == []


def test_in_their_own_language(shop: Shop) -> None:
    sold_with_phone(shop, (1, 2), language="en")

    (sms,) = told("cards_ready")
    assert sms.language == "en"
    assert "Nobody is insured before a card is activated" in str(sms.words)


def test_one_message_a_sale_and_not_one_a_card(shop: Shop) -> None:
    sales = [shop.sell((1, 12), (14, 20), phone=PHONE), shop.sell((21, 30), phone=OTHER)]

    shop.settle(shop.ask(*sales))

    assert [one.recipient for one in told("cards_ready")] == [PHONE, OTHER]


def test_a_settlement_costs_the_same_for_few_cards_and_for_many(shop: Shop) -> None:
    sold_with_phone(shop, (30, 30))
    costs = []
    for run in ((1, 1), (2, 29)):
        receipt = shop.ask(shop.sell(run, phone=PHONE))
        with CaptureQueriesContext(connection) as queries:
            shop.settle(receipt)
        costs.append(len(queries))

    assert costs[0] == costs[1]


def test_where_nobody_left_a_phone_the_notice_waits_for_the_seller(shop: Shop) -> None:
    sale = shop.sell((1, 20))
    keeper = shop.insurer.actor("keeper")
    assert list(notices_to_give(keeper)) == []

    shop.settle(shop.ask(sale))

    assert [one.sale for one in notices_to_give(keeper)] == [sale]
    assert list(notices_to_give(shop.insurer.actor("other_keeper"))) == []
    assert not Message.objects.exists()

    by_staff(shop, note_notice_given, sale)

    notice = ActivationNotice.objects.get()
    assert (notice.way, notice.given_by) == ("paper", shop.insurer.keeper)
    assert list(notices_to_give(keeper)) == []
    with pytest.raises(NoNoticeToGive):
        by_staff(shop, note_notice_given, sale)
    with pytest.raises(NotAuthorised):
        by_staff(shop, note_notice_given, sale, "other_keeper")


def test_a_notice_waits_for_nobody_once_all_its_cards_are_activated(shop: Shop) -> None:
    shop.sell_and_settle((1, 1))
    shop.sell_and_settle((2, 3))
    keeper = shop.insurer.actor("keeper")
    assert len(notices_to_give(keeper)) == 2

    activate(shop.cards[0])

    assert [one.sale.count for one in notices_to_give(keeper)] == [2]


def test_a_phone_that_is_left_later_is_told_at_once_and_the_notice_waits_no_more(
    shop: Shop,
) -> None:
    sale = shop.sell((1, 5))
    shop.settle(shop.ask(sale))
    activate(shop.cards[0])

    by_staff(shop, leave_phone, sale, phone=PHONE, language="en")

    (sms,) = told("cards_ready")
    assert sms.recipient == PHONE
    assert "number of cards: 4" in str(sms.words)
    assert ActivationNotice.objects.get().way == "phone"

    by_staff(shop, leave_phone, sale, phone=OTHER, language="en")
    assert [one.recipient for one in told("cards_ready")] == [PHONE, OTHER]
    assert BuyerPhone.objects.get().phone == OTHER


def test_what_is_no_phone_is_refused_and_whoever_may_not_sell_leaves_none(shop: Shop) -> None:
    sale = shop.sell((1, 5))

    for wrong in ("", "13800138000", "+86 138", "call me"):
        with pytest.raises(NotAPhone):
            by_staff(shop, leave_phone, sale, phone=wrong, language="en")
    with pytest.raises(NotAuthorised):
        by_staff(shop, leave_phone, sale, "other_keeper", phone=PHONE, language="en")
    with pytest.raises(NoPhoneLeft):
        by_staff(shop, forget_phone, sale)


def test_a_phone_that_is_forgotten_is_told_nothing_more(shop: Shop) -> None:
    sale = sold_with_phone(shop, (1, 5))

    by_staff(shop, forget_phone, sale)

    assert not BuyerPhone.objects.exists()
    with days_before(shop, 7):
        look()
    assert told("cards_deadline") == []


# The last day comes


def test_buyers_are_reminded_30_7_and_1_day_before_and_on_no_day_between(shop: Shop) -> None:
    sold_with_phone(shop, (1, 20))
    seen = {}
    for days in (40, 31, 30, 29, 8, 7, 6, 2, 1, 0):
        with days_before(shop, days):
            before = len(told("cards_deadline"))
            look()
            look()
            seen[days] = len(told("cards_deadline")) - before
    assert seen == {40: 0, 31: 0, 30: 1, 29: 0, 8: 0, 7: 1, 6: 0, 2: 0, 1: 1, 0: 0}
    assert [one.days for one in DeadlineReminder.objects.order_by("pk")] == [30, 7, 1]
    assert {one.cards for one in DeadlineReminder.objects.all()} == {20}


def test_a_reminder_missed_in_an_outage_is_made_up_for_unless_a_nearer_one_has_come(
    shop: Shop,
) -> None:
    sold_with_phone(shop, (1, 20))
    for days in (5, 4):
        with days_before(shop, days):
            look()

    assert [one.days for one in DeadlineReminder.objects.all()] == [7]


def test_past_the_last_day_nobody_is_reminded(shop: Shop) -> None:
    sold_with_phone(shop, (1, 20))

    with days_before(shop, -1):
        look()

    assert told("cards_deadline") == []


def test_who_was_told_since_then_is_not_reminded_on_the_same_day(shop: Shop) -> None:
    with days_before(shop, 5):
        sold_with_phone(shop, (1, 20))
        look()
        assert told("cards_deadline") == []
    with days_before(shop, 1):
        look()
    assert [one.days for one in DeadlineReminder.objects.all()] == [1]


def test_only_cards_are_told_of_that_somebody_can_still_activate(shop: Shop) -> None:
    sale = sold_with_phone(shop, (1, 20))
    activate(shop.cards[0])
    stop(shop.insurer, shop.run(2, 4))
    take_back(shop, sale, (5, 6))

    with days_before(shop, 7):
        look()

    assert DeadlineReminder.objects.get().cards == 14
    (sms,) = told("cards_deadline")
    assert "14" in str(sms.words)


def test_where_no_card_is_left_nobody_is_told(shop: Shop) -> None:
    sold_with_phone(shop, (1, 2))
    activate(shop.cards[0])
    stop(shop.insurer, shop.run(2, 2))

    with days_before(shop, 7):
        look()

    assert told("cards_deadline") == []


def test_a_later_last_day_is_told_and_reminded_of_anew(shop: Shop) -> None:
    sold_with_phone(shop, (1, 20))
    last = shop.batch.last_day + timedelta(days=6)
    with days_before(shop, -1):
        extension = ask_extension(
            document_type=shop.document_type,
            runs=(shop.run(1, 10),),
            last_day=last,
            reason="sold late",
            actor=shop.insurer.actor("keeper"),
            request_id=uuid4(),
        )
        second = shop.insurer.actor("second")
        grant_extension(extension=extension, actor=second, request_id=uuid4())
        look()
        look()
    assert [(one.last_day, one.days, one.cards) for one in DeadlineReminder.objects.all()] == [
        (last, 7, 10)
    ]


def test_nobody_is_reminded_at_night(shop: Shop) -> None:
    sold_with_phone(shop, (1, 20))

    for hour in (0, 8, 20, 23):
        with days_before(shop, 7, hour):
            remind_of_deadlines_by_day(timestamp=0)
    assert told("cards_deadline") == []

    with days_before(shop, 7, 9):
        remind_of_deadlines_by_day(timestamp=0)
        remind_of_deadlines_by_day(timestamp=0)
    assert len(told("cards_deadline")) == 1


def test_looking_costs_the_same_for_few_cards_and_for_many(shop: Shop) -> None:
    costs = []
    for run in ((1, 1), (2, 30)):
        sold_with_phone(shop, run)
        with days_before(shop, 7), CaptureQueriesContext(connection) as queries:
            remind_of_deadlines(actor=Actor.system("test"), request_id=uuid4())
        costs.append(len(queries))

    assert costs[0] == costs[1]
    assert [one.cards for one in DeadlineReminder.objects.order_by("pk")] == [1, 29]


# Money comes back


def test_who_left_a_phone_is_told_that_the_money_is_paid(shop: Shop) -> None:
    sale = sold_with_phone(shop, (1, 5))
    payment = voucher(shop, take_back(shop, sale, (1, 2)))
    assert told("cards_refunded") == []

    pay_back(shop, payment)

    (sms,) = told("cards_refunded")
    words = str(sms.words)
    for said in (sale.number, payment.number, f"{payment.amount:,.2f}"):
        assert said in words
    assert sms.recipient == PHONE


def test_nobody_is_told_who_left_no_phone(shop: Shop) -> None:
    sale = shop.sell((1, 5))
    shop.settle(shop.ask(sale))

    pay_back(shop, voucher(shop, take_back(shop, sale, (1, 2))))

    assert not Message.objects.exists()


def test_no_message_names_a_card_or_says_how_it_is_opened(shop: Shop) -> None:
    sale = sold_with_phone(shop, (1, 5))
    with days_before(shop, 7):
        look()
    pay_back(shop, voucher(shop, take_back(shop, sale, (1, 2))))

    said = " ".join(str(one.words) for one in Message.objects.all())
    assert len(Message.objects.all()) == 3
    for card in shop.cards[:5]:
        for secret in (card.pin, card.card_number, str(card.serial)):
            assert secret not in said
    assert PHONE not in said
