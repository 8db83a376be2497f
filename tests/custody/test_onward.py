"""What higher rooms do with cards: sell, settle, activate; and what people see of it."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import NotWithinCommand, command
from selfcard.core.refusals import Operation
from selfcard.core.serials import SerialRun
from selfcard.custody.commands import (
    activate_card,
    check_in,
    hold_for_refund,
    sell_cards,
    settle_cards,
)
from selfcard.custody.deeds import HAND_OVER, ISSUE, VOID
from selfcard.custody.errors import (
    CardAlreadyActivated,
    CardHasExpired,
    CardIsFrozen,
    CardNotToBeActivated,
    CardsInOtherStatus,
    CardsNotHeld,
    NoSuchCards,
)
from selfcard.custody.models import ActivatedCard, Freeze
from selfcard.custody.queries import (
    find_card,
    find_serial_of_policy,
    history_of,
    stock_of,
    usable_parts,
)
from selfcard.custody.statuses import CardStatus, seen_status
from tests.factories.custody import (
    cards_at_institution,
    cards_of,
    custody,
    hand_down,
    report,
    stop,
)
from tests.factories.postgresql import refused_by_postgresql

pytestmark = pytest.mark.django_db
SALE = ("sale", "S-2026-0000001")


@command
def within_a_command(*, deed, given, actor, request_id):
    record(actor, "test.done")
    STEPS[deed](**PENDING.pop(given), actor=actor)


STEPS: dict[str, Any] = {
    "sell": sell_cards,
    "settle": settle_cards,
    "activate": activate_card,
    "hold": hold_for_refund,
}
PENDING: dict = {}


def do(deed, **given):
    key = str(uuid4())
    PENDING[key] = given
    within_a_command(deed=deed, given=key, actor=Actor.system("test"), request_id=uuid4())


@pytest.fixture
def batch(insurer):
    return cards_at_institution(insurer, 100)[0]


def sell(insurer, batch, first, last, reason=SALE, holders=None):
    do(
        "sell",
        runs=(cards_of(batch, first, last),),
        document_type=batch.type_version.document_type,
        holders=holders or [insurer.institution.party, insurer.seller.party],
        reason=reason,
    )


def pay(batch, first, last, reason=SALE):
    do("settle", runs=(cards_of(batch, first, last),), reason=reason)


def serial(batch, place):
    return batch.run.first + place - 1


def test_sold_cards_stay_with_whoever_had_them(insurer, batch):
    hand_down(insurer, cards_of(batch, 1, 10), insurer.seller.party, "keeper")

    sell(insurer, batch, 6, 15)

    assert custody(batch) == [
        ("Person I02", "inventory", 1, 5),
        ("Person I02", "sold", 6, 10),
        ("Institution", "sold", 11, 15),
        ("Institution", "inventory", 16, 100),
    ]
    assert find_card(serial(batch, 6)).reason == SALE


def test_cards_of_somebody_else_are_not_sold(insurer, batch):
    with pytest.raises(CardsNotHeld):
        sell(insurer, batch, 1, 5, holders=[insurer.seller.party])


def test_two_sales_side_by_side_stay_apart(insurer, batch):
    sell(insurer, batch, 1, 5)
    sell(insurer, batch, 6, 10, ("sale", "S-2026-0000002"))

    assert [place[2:] for place in custody(batch)] == [(1, 5), (6, 10), (11, 100)]


def test_paid_cards_are_to_be_activated(insurer, batch):
    sell(insurer, batch, 1, 5)
    pay(batch, 1, 5)

    assert custody(batch)[0] == ("Institution", "to_be_activated", 1, 5)
    assert find_card(serial(batch, 1)).reason == SALE


def test_money_settles_only_what_it_was_asked_for(insurer, batch):
    sell(insurer, batch, 1, 5)

    with pytest.raises(CardsInOtherStatus):
        pay(batch, 1, 6)
    with pytest.raises(CardsInOtherStatus):
        pay(batch, 1, 5, ("sale", "S-2026-0000009"))


def test_an_activated_card_is_found_by_its_policy(insurer, batch):
    sell(insurer, batch, 1, 5)
    pay(batch, 1, 5)

    do("activate", serial=serial(batch, 3), policy_number="P1")

    assert find_card(serial(batch, 3)).seen == "activated"
    assert find_card(serial(batch, 3)).policy_number == "P1"
    assert find_serial_of_policy("P1") == serial(batch, 3)
    assert find_card(serial(batch, 4)).seen == "to_be_activated"


def test_a_card_is_activated_once(insurer, batch):
    sell(insurer, batch, 1, 5)
    pay(batch, 1, 5)
    do("activate", serial=serial(batch, 3), policy_number="P1")

    with pytest.raises(CardAlreadyActivated):
        do("activate", serial=serial(batch, 3), policy_number="P2")
    with refused_by_postgresql("card_is_activated_once_at_a_time"):
        ActivatedCard.objects.create(
            serial=serial(batch, 3), policy_number="P2", activated_at=clock.now()
        )


@pytest.mark.parametrize(
    ("place", "refusal"), [(1, CardNotToBeActivated), (20, CardNotToBeActivated)]
)
def test_an_unpaid_card_is_not_activated(insurer, batch, place, refusal):
    sell(insurer, batch, 1, 5)

    with pytest.raises(refusal):
        do("activate", serial=serial(batch, place), policy_number="P1")


def test_a_card_that_was_never_made_is_not_activated(batch):
    with pytest.raises(NoSuchCards):
        do("activate", serial=serial(batch, 101), policy_number="P1")


def test_the_last_day_still_counts(insurer, batch):
    sell(insurer, batch, 1, 5)
    pay(batch, 1, 5)

    with clock.frozen(batch.last_day):
        do("activate", serial=serial(batch, 1), policy_number="P1")
    with clock.frozen(batch.last_day + timedelta(days=1)), pytest.raises(CardHasExpired):
        do("activate", serial=serial(batch, 2), policy_number="P2")


def test_a_frozen_card_is_not_activated(insurer, batch):
    sell(insurer, batch, 1, 5)
    pay(batch, 1, 5)
    Freeze.objects.create(
        serials=cards_of(batch, 1, 3).range,
        reason_kind="inquiry",
        reason_number="X-1",
        frozen_by=insurer.chief,
        frozen_at=clock.now(),
    )

    with pytest.raises(CardIsFrozen):
        do("activate", serial=serial(batch, 3), policy_number="P1")
    do("activate", serial=serial(batch, 4), policy_number="P1")


def test_an_activated_card_does_not_move(insurer, batch):
    from tests.custody.test_promises import a_movement

    sell(insurer, batch, 1, 5)
    pay(batch, 1, 5)
    do("activate", serial=serial(batch, 3), policy_number="P1")

    with refused_by_postgresql("an activated card does not move|step_that_cards_take"):
        a_movement(
            insurer, batch, 1, 5, from_status="to_be_activated", to_status="inventory"
        ).save()


def test_steps_run_only_within_a_command(insurer, batch):
    with pytest.raises(NotWithinCommand):
        settle_cards(runs=(batch.run,), reason=SALE, actor=Actor.system("test"))


# What people see

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("status", "facts", "seen"),
    [
        (CardStatus.INVENTORY, {}, "inventory"),
        (CardStatus.TO_BE_ACTIVATED, {}, "to_be_activated"),
        (CardStatus.TO_BE_ACTIVATED, {"activated": True}, "activated"),
        (CardStatus.TO_BE_ACTIVATED, {"activated": True, "frozen": True}, "activated"),
        (CardStatus.TO_BE_ACTIVATED, {"deadline": TODAY}, "to_be_activated"),
        (CardStatus.TO_BE_ACTIVATED, {"deadline": TODAY - timedelta(days=1)}, "expired"),
        (
            CardStatus.TO_BE_ACTIVATED,
            {"activated": True, "deadline": TODAY - timedelta(days=1)},
            "activated",
        ),
        (CardStatus.SOLD, {"frozen": True}, "frozen"),
        (CardStatus.AWAITING_REFUND, {"frozen": True}, "awaiting_refund"),
        (CardStatus.VOID, {"frozen": True, "deadline": TODAY - timedelta(days=1)}, "void"),
        (CardStatus.LOST, {}, "lost"),
    ],
)
def test_the_status_that_people_see_is_one_function(status, facts, seen):
    given = {"activated": False, "frozen": False, "deadline": None, **facts}

    assert seen_status(status, today=TODAY, **given) == seen


def test_a_cards_history_is_every_step_it_took(insurer, batch):
    sell(insurer, batch, 1, 5)

    kinds = [step.kind for step in history_of([SerialRun(serial(batch, 2), serial(batch, 2))])]

    assert kinds == [
        "print",
        "check_in_printed",
        "issue",
        "check_in",
        "issue",
        "check_in",
        "sale",
    ]


def test_the_live_answer_judges_as_the_command_does(insurer, batch):
    sell(insurer, batch, 1, 5)
    document_type = batch.type_version.document_type
    actor = insurer.actor("keeper")

    parts = usable_parts(document_type, [cards_of(batch, 1, 101)], actor, ISSUE)

    assert [(part.count, part.usable, part.status) for part in parts] == [
        (5, False, "sold"),
        (95, True, "inventory"),
        (1, False, None),
    ]


def test_the_live_answer_tells_strangers_nothing(insurer, batch):
    parts = usable_parts(None, [batch.run], insurer.actor("other_keeper"), ISSUE)

    assert [(part.usable, part.status, part.holder) for part in parts] == [(False, None, None)]


def test_the_live_answer_does_not_tell_how_others_stock_is_cut(insurer, batch):
    hand_down(insurer, cards_of(batch, 11, 20), insurer.seller.party, "keeper")
    sell(insurer, batch, 31, 35)
    stop(insurer, cards_of(batch, 51, 55))

    [part] = usable_parts(None, [batch.run], insurer.actor("other_keeper"), ISSUE)

    assert (part.run, part.usable, part.help) == (batch.run, False, None)


def test_the_live_answer_does_not_tell_foreign_cards_from_those_never_printed(insurer, batch):
    beyond = SerialRun(batch.run.first, batch.run.last + 5)

    [part] = usable_parts(None, [beyond], insurer.actor("other_keeper"), ISSUE)
    [never] = usable_parts(None, [SerialRun(1, 5)], insurer.actor("other_keeper"), ISSUE)

    assert (part.run, part.document_type, part.reason) == (beyond, None, never.reason)
    told = usable_parts(None, [beyond], insurer.actor("chief"), ISSUE)
    assert [one.run.count for one in told] == [batch.run.count, 5]
    assert told[-1].reason != part.reason


def test_the_live_answer_names_the_deed_that_takes_the_cards_from_where_they_are(insurer, batch):
    hand_down(insurer, cards_of(batch, 11, 20), insurer.seller.party, "keeper")
    document_type, actor = batch.type_version.document_type, insurer.actor("keeper")

    def helped(deed, who=actor):
        return [
            (part.count, part.usable, part.help and part.help.name)
            for part in usable_parts(document_type, [cards_of(batch, 1, 20)], who, deed)
        ]

    assert helped(ISSUE) == [(10, True, None), (10, False, "custody.hand_over")]
    assert helped(HAND_OVER) == [(10, False, "custody.issue"), (10, True, None)]
    assert helped(ISSUE, insurer.actor("other_keeper")) == [(20, False, None)]


def test_of_two_stops_the_one_that_stops_the_deed_is_told(insurer, batch):
    cards = cards_of(batch, 1, 5)
    stop(insurer, cards)
    case = report(insurer, "void", cards, by="keeper")

    [part] = usable_parts(None, [cards], insurer.actor("keeper"), VOID)

    assert case.number in part.reason
    assert "FZ-" not in part.reason
    assert part.help == Operation.named("custody.write_off", number=case.number)


def test_a_shortage_is_offered_to_nobody(insurer, batch):
    note = hand_down(insurer, cards_of(batch, 1, 10), insurer.department.party, "keeper")
    check_in(
        issue=note,
        missing=(cards_of(batch, 4, 4),),
        actor=insurer.actor("branch_keeper"),
        request_id=uuid4(),
    )
    parts = usable_parts(None, [cards_of(batch, 4, 4)], insurer.actor("keeper"), ISSUE)

    assert [(part.usable, part.status) for part in parts] == [(False, "frozen")]


def test_a_holders_stock_is_counted_by_type(insurer, batch):
    sell(insurer, batch, 1, 5)

    assert stock_of(insurer.institution.party) == [(batch.type_version.document_type, 95, 0)]
