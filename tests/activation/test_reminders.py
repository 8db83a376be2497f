"""Whoever began to activate a card and did not come back is reminded once, and told no secret."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import translation

from selfcard.activation.commands import discard_draft, remind_of_drafts, save_draft
from selfcard.activation.models import DraftReminder
from selfcard.activation.tasks import remind_of_drafts_by_day
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.serials import SerialRun
from selfcard.messaging.models import Message
from tests.factories.activation import activate, holder, open_card, paid_cards
from tests.factories.cards import PrintedCard
from tests.factories.custody import stop
from tests.factories.desk import a_case, an_operator
from tests.factories.organisations import Insurer
from tests.factories.postgresql import refused_by_postgresql

pytestmark = pytest.mark.django_db
DEVICE = "a device"
CONTACT = {"phone": "138 0013 8000", "email": "li@example.cn", "address": "解放路1号"}


@pytest.fixture
def cards(insurer: Insurer) -> list[PrintedCard]:
    return paid_cards(insurer)


def begin(card: PrintedCard, page: str = "contact", answers: Any = CONTACT) -> None:
    proof = open_card(card)
    save_draft(
        proof=proof, device=DEVICE, page=page, answers=answers, actor=holder(), request_id=uuid4()
    )


def look() -> list[Message]:
    """The work of a day; gives all that was told by then."""
    while remind_of_drafts(actor=Actor.system("test"), request_id=uuid4()):
        pass
    return list(Message.objects.filter(occasion="draft_unfinished").order_by("pk"))


def later(**time: int) -> Any:
    return clock.frozen(clock.now() + timedelta(**time))


def test_who_left_a_phone_in_a_draft_is_reminded_after_a_day_and_once(
    cards: list[PrintedCard], insurer: Insurer
) -> None:
    with translation.override("en"):
        begin(cards[0])

    with later(hours=23):
        assert look() == []
    with later(hours=25):
        (sms,) = look()
        assert look() == [sms]
    with later(days=9):
        assert look() == [sms]

    assert (sms.recipient, sms.language) == ("+8613800138000", "en")
    assert sms.organisation == insurer.institution
    assert "nobody is insured yet" in str(sms.words)


def test_nothing_that_was_filled_in_is_said(cards: list[PrintedCard]) -> None:
    begin(cards[0], "insured1", {"name": "李晓明", "identity_number": "11010519491231002X"})
    begin(cards[0])

    with later(days=2):
        (sms,) = look()

    for secret in (
        *CONTACT.values(), "李晓明", "11010519491231002X", cards[0].pin, cards[0].card_number,
    ):  # fmt: skip
        assert secret not in str(sms.words)


def test_a_draft_without_a_phone_is_passed_over_until_somebody_goes_on(
    cards: list[PrintedCard],
) -> None:
    begin(cards[0], "insured1", {"name": "李晓明"})
    begin(cards[1], answers={**CONTACT, "phone": "call me"})
    with later(days=2):
        assert look() == []
    with later(days=2, hours=1):
        begin(cards[0])
    with later(days=4):
        assert len(look()) == 1


def test_one_message_for_several_cards_of_one_phone(cards: list[PrintedCard]) -> None:
    for card in cards:
        begin(card)

    with later(days=2):
        assert len(look()) == 1
    with later(days=3):
        assert len(look()) == 1


def test_of_a_card_that_cannot_be_activated_any_more_nothing_is_said(
    cards: list[PrintedCard], insurer: Insurer
) -> None:
    begin(cards[0])
    begin(cards[1])
    stop(insurer, SerialRun(cards[1].serial, cards[1].serial))
    activate(cards[0])

    with later(days=2):
        assert look() == []


def test_past_the_last_day_nothing_is_said(cards: list[PrintedCard]) -> None:
    begin(cards[0])

    with later(days=366 * 4):
        assert look() == []


def test_what_the_desk_has_begun_is_left_to_the_desk(
    cards: list[PrintedCard], insurer: Insurer
) -> None:
    a_case(an_operator(insurer), cards[0])
    begin(cards[0])

    with later(days=2):
        assert look() == []


def test_who_begins_afresh_is_reminded_of_that(cards: list[PrintedCard]) -> None:
    begin(cards[0])
    with later(days=2):
        assert len(look()) == 1
    with later(days=3):
        discard_draft(proof=open_card(cards[0]), actor=holder(), request_id=uuid4())
        begin(cards[0])
    with later(days=5):
        assert len(look()) == 2


def test_nobody_is_reminded_of_a_draft_at_night(cards: list[PrintedCard]) -> None:
    begin(cards[0])
    morning = (clock.now() + timedelta(days=2)).replace(hour=9)

    with clock.frozen(morning.replace(hour=3)):
        remind_of_drafts_by_day(timestamp=0)
        assert not DraftReminder.objects.exists()
    with clock.frozen(morning):
        remind_of_drafts_by_day(timestamp=0)
        assert DraftReminder.objects.count() == 1


def test_postgresql_keeps_one_reminder_of_a_draft(cards: list[PrintedCard]) -> None:
    begin(cards[0])
    with later(days=2):
        look()
    told = DraftReminder.objects.get()

    with refused_by_postgresql("one_is_reminded_once_of_a_draft"):
        DraftReminder.objects.create(serial=told.serial, begun_at=told.begun_at, at=told.at)
