"""More time for paid cards that are out of date: asked for by one person, agreed to by another."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.test import override_settings

from selfcard.activation.errors import CardExpired
from selfcard.activation.queries import card_at_hand, why_not_ready
from selfcard.approvals.errors import AlreadyAsked, ApprovalExpired, NotYourOwnRequest
from selfcard.core import clock
from selfcard.core.models import AuditEvent
from selfcard.core.refusals import ReasonMissing
from selfcard.custody.commands import (
    ask_extension_again,
    freeze_cards,
    refuse_extension,
    withdraw_extension,
)
from selfcard.custody.errors import (
    CardsInOtherStatus,
    CardsNotExpired,
    CardsNotHeld,
    ExtensionAskedBefore,
    ExtensionInOtherState,
    LastDayTooEarly,
    LastDayTooLate,
    NothingToExtend,
    NotYourExtension,
)
from selfcard.custody.models import Extension
from selfcard.custody.queries import find_card
from selfcard.custody.queries.extensions import (
    extensions_seen_by,
    liability_of,
    owed_for,
    paid_past_deadline,
    runs_past_deadline,
)
from selfcard.custody.verify import violations
from selfcard.organisations.errors import NotAuthorised
from tests.factories.activation import activate
from tests.factories.cards import PrintedCard
from tests.factories.custody import cards_at_institution
from tests.factories.extensions import MORE_TIME, Overdue, overdue_cards

pytestmark = pytest.mark.django_db


@pytest.fixture
def overdue() -> Overdue:
    return overdue_cards()


def seen(card: PrintedCard) -> str:
    found = find_card(card.serial)
    assert found is not None
    return found.seen.value


def lines(overdue: Overdue, who: str = "keeper") -> list[tuple[int, Decimal]]:
    places = paid_past_deadline(overdue.insurer.actor(who))
    return [(place.left, place.liability) for place in places]  # type: ignore[attr-defined]


# What is out of date, and owed.


def test_paid_cards_past_their_last_day_stand_with_what_is_owed_for_them(overdue: Overdue) -> None:
    with clock.frozen(overdue.last_day):
        assert lines(overdue) == []
    with overdue.afterwards():
        assert lines(overdue) == [(9, Decimal("900.00"))]
        assert liability_of(paid_past_deadline(overdue.insurer.actor("chief"))) == {
            "CNY": Decimal("900.00")
        }
        assert lines(overdue, "other_keeper") == []
        assert lines(overdue, "seller") == []


def test_what_nobody_paid_is_not_owed(overdue: Overdue) -> None:
    cards_at_institution(overdue.insurer, 5, overdue.document_type)
    with overdue.afterwards(800):
        assert lines(overdue) == [(9, Decimal("900.00"))]


def test_frozen_cards_are_owed_too_and_cards_with_more_time_are_none_of_these(
    overdue: Overdue,
) -> None:
    with overdue.afterwards():
        freeze_cards(
            document_type=overdue.document_type,
            runs=(overdue.run(1, 2),),
            note="under inquiry",
            actor=overdue.insurer.actor("keeper"),
            request_id=uuid4(),
        )
        overdue.extend((2, 5))  # one of them is a policy

        assert lines(overdue) == [(6, Decimal("600.00"))]
        holder = overdue.insurer.seller.party
        left = runs_past_deadline(overdue.batch, holder) or runs_past_deadline(
            overdue.batch, overdue.insurer.institution.party
        )
        assert left == [overdue.run(1, 1), overdue.run(6, 10)]
    with overdue.afterwards(1 + MORE_TIME.days + 1):
        assert lines(overdue) == [(9, Decimal("900.00"))]


def test_what_is_owed_for_some_cards_is_told(overdue: Overdue) -> None:
    cards, money = owed_for([overdue.run(1, 4)])

    assert (cards, money and money.amount) == (3, Decimal("300.00"))
    assert owed_for([overdue.run(3, 3)])[0] == 0


# Asked for and agreed to.


def test_nothing_changes_before_a_second_person_agrees(overdue: Overdue) -> None:
    with overdue.afterwards():
        asked = overdue.ask((1, 5))

        assert (asked.state, asked.count) == ("asked", 4)
        assert seen(overdue.cards[0]) == "expired"
        with pytest.raises(CardExpired):
            activate(overdue.cards[0])


def test_with_more_time_a_card_can_be_activated_to_the_end_of_the_new_last_day(
    overdue: Overdue,
) -> None:
    with overdue.afterwards():
        extension = overdue.extend((1, 5))
        assert extension.decided_by == overdue.insurer.second
        assert [seen(overdue.cards[n]) for n in (0, 2, 4, 5)] == [
            "to_be_activated", "activated", "to_be_activated", "expired",
        ]  # fmt: skip
        found = find_card(overdue.cards[0].serial)
        assert found is not None
        assert (found.deadline, found.is_extended) == (extension.last_day, True)
    with clock.frozen(extension.last_day):
        activate(overdue.cards[0])
    with clock.frozen(extension.last_day + timedelta(days=1)):
        assert seen(overdue.cards[0]) == "activated"
        refusal = why_not_ready(card_at_hand(overdue.cards[1].serial))
        assert isinstance(refusal, CardExpired)
        assert list(violations()) == []


def test_the_rest_can_be_given_more_time_again(overdue: Overdue) -> None:
    with overdue.afterwards():
        first = overdue.extend()
    with clock.frozen(first.last_day + timedelta(days=1)):
        assert seen(overdue.cards[0]) == "expired"
        second = overdue.extend((1, 2))
        assert seen(overdue.cards[0]) == "to_be_activated"
        assert (second.count, seen(overdue.cards[5])) == (2, "expired")


def test_cards_with_more_time_go_back_with_their_money_like_all_others(overdue: Overdue) -> None:
    with overdue.afterwards():
        overdue.extend((1, 2))
        overdue.take_back((1, 1), (6, 6))

        assert [seen(overdue.cards[n]) for n in (0, 1, 5)] == [
            "awaiting_refund", "to_be_activated", "awaiting_refund",
        ]  # fmt: skip


def test_whoever_asks_does_not_agree_and_needs_the_authorisation(overdue: Overdue) -> None:
    with overdue.afterwards():
        with pytest.raises(CardsNotHeld):
            overdue.ask(by="other_keeper")
        with pytest.raises(CardsNotHeld):
            overdue.ask(by="cashier")
        asked = overdue.ask()
        with pytest.raises((NotAuthorised, NotYourOwnRequest)):
            overdue.grant(asked, by="keeper")
        with pytest.raises(NotAuthorised):
            overdue.grant(asked, by="other_keeper")


def test_refused_or_withdrawn_the_cards_stay_out_of_date(overdue: Overdue) -> None:
    second, keeper = overdue.insurer.actor("second"), overdue.insurer.actor("keeper")
    with overdue.afterwards():
        refused = refuse_extension(
            extension=overdue.ask(), reason="too old", actor=second, request_id=uuid4()
        )
        withdrawn = withdraw_extension(extension=overdue.ask(), actor=keeper, request_id=uuid4())

        assert (refused.state, withdrawn.state) == ("refused", "withdrawn")
        assert seen(overdue.cards[0]) == "expired"
        for decided in (refused, withdrawn):
            with pytest.raises(ExtensionInOtherState):
                overdue.grant(decided)
        assert list(violations()) == []


def test_a_card_is_asked_for_once_at_a_time(overdue: Overdue) -> None:
    with overdue.afterwards():
        first = overdue.ask((1, 5))

        with pytest.raises(ExtensionAskedBefore) as caught:
            overdue.ask((4, 8))
        assert caught.value.facts["number"] == first.number
        assert str(overdue.run(4, 5)) in str(caught.value)
        overdue.ask((6, 8))


def test_a_repeated_request_asks_once(overdue: Overdue) -> None:
    request_id = uuid4()
    with overdue.afterwards():
        assert overdue.ask(request_id=request_id) == overdue.ask(request_id=request_id)

    assert Extension.objects.count() == 1
    assert AuditEvent.objects.filter(event="extension.asked").count() == 1


def test_only_paid_cards_that_are_out_of_date_and_no_policies_get_more_time(
    overdue: Overdue,
) -> None:
    with clock.frozen(overdue.last_day), pytest.raises(CardsNotExpired):
        overdue.ask()
    with overdue.afterwards():
        with pytest.raises(NothingToExtend):
            overdue.ask((3, 3))
        overdue.take_back((1, 1))
        with pytest.raises(CardsInOtherStatus):
            overdue.ask((1, 2))
        overdue.extend((2, 2))
        with pytest.raises(CardsNotExpired):
            overdue.ask((2, 2))


def test_the_new_last_day_lies_ahead_and_not_years_away_and_has_its_reason(
    overdue: Overdue,
) -> None:
    with overdue.afterwards() as today:
        with pytest.raises(LastDayTooEarly):
            overdue.ask(last_day=today - timedelta(days=1))
        with pytest.raises(LastDayTooLate):
            overdue.ask(last_day=today + timedelta(days=732))
        with pytest.raises(ReasonMissing):
            overdue.ask(reason=" ")
        overdue.ask(last_day=today)


def test_a_day_that_went_by_while_nobody_decided_is_not_granted(overdue: Overdue) -> None:
    with overdue.afterwards() as today:
        asked = overdue.ask(last_day=today)
    with overdue.afterwards(2), pytest.raises(LastDayTooEarly):
        overdue.grant(asked)


def test_what_nobody_decided_in_time_is_asked_again_by_whoever_asked(overdue: Overdue) -> None:
    insurer = overdue.insurer
    with overdue.afterwards():
        with override_settings(APPROVAL_DAYS=0):
            asked = overdue.ask()
        with pytest.raises(ApprovalExpired):
            overdue.grant(asked)
    with overdue.afterwards(2):
        with pytest.raises(NotYourExtension):
            ask_extension_again(
                extension=asked, actor=insurer.actor("branch_keeper"), request_id=uuid4()
            )
        ask_extension_again(extension=asked, actor=insurer.actor("keeper"), request_id=uuid4())
        with pytest.raises(AlreadyAsked):
            ask_extension_again(extension=asked, actor=insurer.actor("keeper"), request_id=uuid4())
        overdue.grant(asked)
        assert seen(overdue.cards[0]) == "to_be_activated"


def test_cards_that_changed_meanwhile_are_not_given_more_time(overdue: Overdue) -> None:
    with overdue.afterwards():
        asked = overdue.ask((1, 5))
        overdue.take_back((5, 5))

        with pytest.raises(CardsInOtherStatus):
            overdue.grant(asked)
        assert seen(overdue.cards[0]) == "expired"


def test_who_sees_an_extension(overdue: Overdue) -> None:
    with overdue.afterwards():
        overdue.ask()

        for who, count in (("keeper", 1), ("second", 1), ("auditor", 1), ("other_keeper", 0)):
            assert extensions_seen_by(overdue.insurer.actor(who)).count() == count, who
