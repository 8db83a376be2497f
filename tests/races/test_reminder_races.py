"""Two workers remind at the same moment: each buyer, applicant and draft is told once.

Each has its control, in which no row of a reminder is kept.
"""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest

from selfcard.activation.commands import remind_of_drafts, save_draft
from selfcard.activation.commands import reminding as drafts
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.messaging.models import Message
from selfcard.policies.commands import remind_of_cover
from selfcard.policies.commands import reminding as covers
from selfcard.sales.commands import buyers, remind_of_deadlines
from tests.factories.activation import activate, holder, open_card, paid_cards
from tests.factories.messaging import PHONE
from tests.factories.organisations import an_insurer
from tests.factories.sales import a_shop
from tests.races.threads import at_once, held_back_after, no_row_is_locked

pytestmark = pytest.mark.django_db(transaction=True)
SYSTEM = Actor.system("test")


def told(occasion: str) -> int:
    return Message.objects.filter(occasion=occasion, channel="sms").count()


def twice_at(moment: Any, deed: Any, **given: Any) -> list[Any]:
    def remind() -> Any:
        with clock.frozen(moment):
            return deed(**given, actor=SYSTEM, request_id=uuid4())

    return at_once(remind, remind)


@pytest.fixture
def a_week_before() -> datetime:
    shop = a_shop(10)
    shop.settle(shop.ask(shop.sell((1, 10), phone=PHONE)))
    day = shop.batch.last_day - timedelta(days=7)
    return datetime.combine(day, time(10), clock.zone())


@pytest.fixture
def a_week_before_the_end() -> datetime:
    policy = activate(paid_cards(an_insurer(), 1)[0])
    day = clock.last_day_before(policy.ends_at) - timedelta(days=7)
    return datetime.combine(day, time(10), clock.zone())


@pytest.fixture
def two_days_later() -> datetime:
    card = paid_cards(an_insurer(), 1)[0]
    save_draft(
        proof=open_card(card), device="a device", page="contact", answers={"phone": PHONE},
        actor=holder(), request_id=uuid4(),
    )  # fmt: skip
    return clock.now() + timedelta(days=2)


@pytest.fixture
def both_have_read(monkeypatch: pytest.MonkeyPatch) -> None:
    held_back_after(
        monkeypatch,
        (buyers, "buyers_to_look_at"),
        (covers, "covers_to_remind_of"),
        (drafts, "drafts_to_look_at"),
    )


@pytest.fixture
def unlocked(monkeypatch: pytest.MonkeyPatch) -> None:
    no_row_is_locked(monkeypatch)


@pytest.fixture
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody is the first to remind."""
    monkeypatch.setattr(buyers, "_REMINDED", "SELECT %s, %s, %s, %s, %s")
    monkeypatch.setattr(drafts, "_REMINDED", "SELECT %s, %s, %s")
    all_of_them = "SELECT policy FROM (VALUES (%s, %s)) told, unnest(%s::bigint[]) policy"
    monkeypatch.setattr(covers, "_REMINDED", all_of_them)


def test_a_buyer_is_reminded_once_by_two_at_the_same_moment(
    a_week_before: datetime, both_have_read: None
) -> None:
    assert sorted(twice_at(a_week_before, remind_of_deadlines)) == [0, 1]
    assert told("cards_deadline") == 1


def test_where_both_look_at_one_buyer_the_row_of_the_reminder_keeps_it_once(
    a_week_before: datetime, both_have_read: None, unlocked: None
) -> None:
    assert twice_at(a_week_before, remind_of_deadlines) == [1, 1]
    assert told("cards_deadline") == 1


def test_without_the_row_a_buyer_is_reminded_twice(
    a_week_before: datetime, both_have_read: None, unlocked: None, nothing_kept: None
) -> None:
    """The control."""
    twice_at(a_week_before, remind_of_deadlines)
    assert told("cards_deadline") == 2


def test_an_end_of_cover_is_told_once_by_two_at_the_same_moment(
    a_week_before_the_end: datetime, both_have_read: None
) -> None:
    assert twice_at(a_week_before_the_end, remind_of_cover, days=7) == [1, 1]
    assert told("cover_ends") == 1


def test_without_the_row_an_end_of_cover_is_told_twice(
    a_week_before_the_end: datetime, both_have_read: None, nothing_kept: None
) -> None:
    """The control."""
    twice_at(a_week_before_the_end, remind_of_cover, days=7)
    assert told("cover_ends") == 2


def test_a_draft_is_told_of_once_by_two_at_the_same_moment(
    two_days_later: datetime, both_have_read: None, unlocked: None
) -> None:
    assert twice_at(two_days_later, remind_of_drafts) == [1, 1]
    assert told("draft_unfinished") == 1


def test_without_the_row_a_draft_is_told_of_twice(
    two_days_later: datetime, both_have_read: None, unlocked: None, nothing_kept: None
) -> None:
    """The control."""
    twice_at(two_days_later, remind_of_drafts)
    assert told("draft_unfinished") == 2
