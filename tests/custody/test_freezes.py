from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from selfcard.core.models import AuditEvent
from selfcard.core.refusals import ReasonMissing
from selfcard.core.serials import SerialRun
from selfcard.custody.commands import (
    check_in,
    check_in_printed,
    freeze_batch,
    release_batch,
    release_cards,
)
from selfcard.custody.errors import (
    BatchAlreadyFrozen,
    BatchNotFrozen,
    BatchNotMade,
    CardsFrozen,
    CardsInOtherStatus,
    CardsNotFrozen,
    CardsNotHeld,
    FreezeAlreadyReleased,
)
from selfcard.custody.freezes import frozen_for
from selfcard.custody.models import FREEZE_REASON, Freeze, Holding
from selfcard.custody.queries import find_card, find_freeze, freezes_by_number
from selfcard.custody.statuses import SeenStatus
from selfcard.organisations.commands import authorise
from selfcard.organisations.errors import NotAuthorised
from selfcard.organisations.models import May
from tests.factories.cards import a_printed_batch, an_ordered_batch
from tests.factories.custody import (
    cards_at_head_office,
    cards_of,
    custody,
    hand_down,
    stop,
    written_off,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(insurer):
    return cards_at_head_office(insurer, 100)[0]


def issue(insurer, batch, first, last):
    return hand_down(insurer, cards_of(batch, first, last), insurer.branch.party)


def release(insurer, number, *runs, by="chief", note="It was a mistake"):
    return release_cards(
        number=number, runs=runs, note=note, actor=insurer.actor(by), request_id=uuid4()
    )


def stop_batch(insurer, batch, by="chief", note="Misprinted"):
    return freeze_batch(batch=batch, note=note, actor=insurer.actor(by), request_id=uuid4())


def let_batch_go(insurer, batch, by="chief", note="Looked at"):
    return release_batch(batch=batch, note=note, actor=insurer.actor(by), request_id=uuid4())


def in_force(batch):
    """What is frozen, by cards counted from 1 and why."""
    return [
        (freeze.run.first - batch.run.first + 1, freeze.run.last - batch.run.first + 1, kind)
        for freeze in Freeze.objects.filter(released_at=None).order_by("serials")
        for kind in [freeze.reason_kind]
    ]


def test_a_freeze_stops_cards_under_one_number_and_leaves_them_where_they_are(insurer, batch):
    before = custody(batch)

    number = stop(insurer, cards_of(batch, 11, 20), cards_of(batch, 31, 40))

    assert number.startswith("FZ-")
    assert in_force(batch) == [(11, 20, "freeze"), (31, 40, "freeze")]
    assert {freeze.reason_number for freeze in Freeze.objects.all()} == {number}
    assert custody(batch) == before
    assert find_card(batch.run.first + 10).seen == SeenStatus.FROZEN
    assert find_card(batch.run.first + 20).seen == SeenStatus.INVENTORY


def test_a_million_cards_are_stopped_by_one_row(insurer, batch):
    stop(insurer, batch.run)

    assert Freeze.objects.count() == 1


def test_stopped_cards_are_not_issued_and_the_refusal_names_them_and_the_number(insurer, batch):
    number = stop(insurer, cards_of(batch, 11, 20))

    with pytest.raises(CardsFrozen) as refused:
        issue(insurer, batch, 1, 100)

    assert refused.value.facts["serials"].startswith(str(cards_of(batch, 11, 20)))
    assert number in str(refused.value)
    assert refused.value.help.name == "custody.release"
    assert refused.value.help.args == {"number": number}


def test_cards_in_transit_may_be_stopped_and_still_arrive(insurer, batch):
    note = issue(insurer, batch, 1, 10)
    stop(insurer, cards_of(batch, 1, 10))

    check_in(issue=note, actor=insurer.actor("branch_keeper"), request_id=uuid4())

    assert custody(batch)[0] == ("Branch", "inventory", 1, 10)
    assert in_force(batch) == [(1, 10, "freeze")]


def test_cards_that_are_void_need_no_freeze(insurer, batch):
    written_off(insurer, "void", cards_of(batch, 5, 6))

    with pytest.raises(CardsInOtherStatus):
        stop(insurer, cards_of(batch, 1, 10))

    assert in_force(batch) == []


def test_nobody_stops_cards_that_are_held_out_of_their_reach(insurer, batch):
    hand_down(insurer, cards_of(batch, 1, 50), insurer.branch.party, checked_in_by="branch_keeper")

    with pytest.raises(CardsNotHeld) as refused:
        stop(insurer, cards_of(batch, 41, 60), by="branch_keeper")

    assert refused.value.facts["serials"] == str(cards_of(batch, 51, 60))


def test_a_freeze_covers_cards_of_several_holders_within_reach(insurer, batch):
    hand_down(insurer, cards_of(batch, 1, 50), insurer.branch.party, checked_in_by="branch_keeper")

    stop(insurer, cards_of(batch, 41, 60))

    assert in_force(batch) == [(41, 60, "freeze")]


def test_a_freeze_says_why(insurer, batch):
    with pytest.raises(ReasonMissing):
        stop(insurer, batch.run, note=" ")


def test_a_freeze_is_released_as_a_whole(insurer, batch):
    number = stop(insurer, cards_of(batch, 11, 20), cards_of(batch, 31, 40))

    release(insurer, number, note="The caller found them")

    assert in_force(batch) == []
    assert {freeze.release_note for freeze in Freeze.objects.all()} == {"The caller found them"}
    issue(insurer, batch, 1, 100)


def test_a_part_of_a_freeze_is_released_and_the_rest_stays_stopped_as_it_was(insurer, batch):
    number = stop(insurer, cards_of(batch, 11, 30), note="A box is missing")
    begun = Freeze.objects.get().frozen_at

    release(insurer, number, cards_of(batch, 15, 19))

    rest = Freeze.objects.filter(released_at=None)
    assert in_force(batch) == [(11, 14, "freeze"), (20, 30, "freeze")]
    assert {(one.reason_number, one.note, one.frozen_at) for one in rest} == {
        (number, "A box is missing", begun)
    }
    issue(insurer, batch, 15, 19)


def test_cards_that_the_number_does_not_stop_are_not_released(insurer, batch):
    number = stop(insurer, cards_of(batch, 11, 20))
    stop(insurer, cards_of(batch, 21, 30))

    with pytest.raises(CardsNotFrozen) as refused:
        release(insurer, number, cards_of(batch, 15, 25))

    assert refused.value.facts["serials"] == str(cards_of(batch, 21, 25))


def test_a_freeze_is_released_once(insurer, batch):
    number = stop(insurer, cards_of(batch, 11, 20))
    release(insurer, number)

    with pytest.raises(FreezeAlreadyReleased):
        release(insurer, number)


def test_a_card_goes_on_when_nothing_stops_it_any_more(insurer, batch):
    first = stop(insurer, cards_of(batch, 11, 20))
    second = stop(insurer, cards_of(batch, 16, 25))

    release(insurer, first)

    with pytest.raises(CardsFrozen):
        issue(insurer, batch, 11, 20)
    release(insurer, second)
    issue(insurer, batch, 11, 20)


def test_only_who_may_freeze_with_the_holder_releases(insurer, batch):
    number = stop(insurer, cards_of(batch, 11, 20))

    with pytest.raises(CardsNotHeld):
        release(insurer, number, by="branch_keeper")


def test_a_repeated_request_freezes_once(insurer, batch):
    from selfcard.custody.commands import freeze_cards

    given = {
        "document_type": batch.type_version.document_type,
        "runs": (batch.run,),
        "note": "Twice",
        "actor": insurer.actor("chief"),
        "request_id": uuid4(),
    }

    assert freeze_cards(**given) == freeze_cards(**given)
    assert Freeze.objects.count() == 1


def test_freeze_and_release_are_found_again_by_their_cards(insurer, batch):
    number = stop(insurer, batch.run)
    release(insurer, number)

    events = AuditEvent.objects.filter(serials=batch.run.range, facts__number=number)
    assert [event.event for event in events.order_by("id")] == ["cards.frozen", "cards.released"]


def test_a_frozen_batch_stops_all_its_cards_wherever_they_are(insurer, batch):
    hand_down(insurer, cards_of(batch, 1, 50), insurer.branch.party, checked_in_by="branch_keeper")

    stop_batch(insurer, batch)

    assert in_force(batch) == [(1, 100, "batch")]
    with pytest.raises(CardsFrozen) as refused:
        hand_down(insurer, cards_of(batch, 1, 5), insurer.institution.party, "branch_keeper")
    assert batch.number in str(refused.value)
    assert refused.value.help.args == {"number": batch.number}


def test_card_and_batch_must_both_permit(insurer, batch):
    number = stop(insurer, cards_of(batch, 1, 10))
    stop_batch(insurer, batch)

    let_batch_go(insurer, batch)

    with pytest.raises(CardsFrozen) as refused:
        issue(insurer, batch, 1, 20)
    assert number in str(refused.value)
    assert batch.number not in str(refused.value)
    issue(insurer, batch, 11, 20)


def test_a_card_stays_stopped_by_its_batch_when_its_own_freeze_ends(insurer, batch):
    number = stop(insurer, cards_of(batch, 1, 10))
    stop_batch(insurer, batch)

    release(insurer, number)

    with pytest.raises(CardsFrozen) as refused:
        issue(insurer, batch, 1, 10)
    assert number not in str(refused.value)
    assert batch.number in str(refused.value)


def test_a_batch_that_is_frozen_at_the_printer_is_still_checked_in(insurer):
    batch, _ = a_printed_batch(insurer, 100)
    stop_batch(insurer, batch)

    check_in_printed(batch=batch, actor=insurer.actor("chief"), request_id=uuid4())

    with pytest.raises(CardsFrozen):
        issue(insurer, batch, 1, 10)


def test_a_batch_is_frozen_and_released_once_at_a_time(insurer, batch):
    with pytest.raises(BatchNotFrozen):
        let_batch_go(insurer, batch)
    stop_batch(insurer, batch)
    with pytest.raises(BatchAlreadyFrozen):
        stop_batch(insurer, batch)
    let_batch_go(insurer, batch)
    stop_batch(insurer, batch)


def test_a_batch_without_cards_is_not_frozen(insurer, batch):
    with pytest.raises(BatchNotMade):
        stop_batch(insurer, an_ordered_batch(insurer))


def test_a_batch_is_frozen_where_it_was_ordered(insurer, batch):
    with pytest.raises(NotAuthorised):
        stop_batch(insurer, batch, by="branch_keeper")
    stop_batch(insurer, batch)
    with pytest.raises(NotAuthorised):
        let_batch_go(insurer, batch, by="branch_keeper")


def test_what_stops_a_card_is_said_in_the_readers_language(insurer, batch):
    number = stop(insurer, cards_of(batch, 1, 10))

    with translation.override("zh-hans"), pytest.raises(CardsFrozen) as refused:
        issue(insurer, batch, 1, 10)
    with translation.override("zh-hans"):
        assert number in str(refused.value)
        assert "冻结" in str(refused.value)


def test_freezing_and_releasing_cost_at_most_eleven_statements(insurer, batch):
    with CaptureQueriesContext(connection) as freezing:
        number = stop(insurer, batch.run)
    with CaptureQueriesContext(connection) as releasing:
        release(insurer, number)

    for queries in (freezing, releasing):
        assert len([one for one in queries if "SAVEPOINT" not in one["sql"]]) <= 11
    assert Holding.objects.count() == 1
    assert SerialRun.of(Freeze.objects.get().serials) == batch.run


def test_a_freeze_that_ends_in_part_tells_each_card_its_own_story(insurer, batch):
    number = stop(insurer, cards_of(batch, 1, 10))
    release_cards(
        number=number,
        runs=(cards_of(batch, 6, 10),),
        note="these are fine",
        actor=insurer.actor("chief"),
        request_id=uuid4(),
    )

    told = {freeze.run: freeze.release_note for freeze in frozen_for((FREEZE_REASON, number))}
    assert told == {cards_of(batch, 1, 5): "", cards_of(batch, 6, 10): "these are fine"}


def test_the_list_tells_of_what_stops_a_batch_now_and_not_of_what_once_did(insurer, batch):
    authorise(
        staff=insurer.second,
        mays=(May.FREEZE_CARDS,),
        organisation=insurer.head_office,
        actor=insurer.actor("chief"),
        request_id=uuid4(),
    )
    stop_batch(insurer, batch, by="second", note="Wrong panels")
    let_batch_go(insurer, batch, by="second")
    stop_batch(insurer, batch, by="chief", note="A caller")

    [row] = freezes_by_number(insurer.actor("chief"))

    now = Freeze.objects.get(released_at=None)
    assert (row["said"], row["since"], row["cards"]) == ("A caller", now.frozen_at, 100)
    assert (row["by_zh"], row["by_en"]) == (
        insurer.chief.party.name_zh,
        insurer.chief.party.name_en,
    )


def test_whoever_sees_some_cards_of_a_freeze_is_told_of_those_alone(insurer, batch):
    hand_down(insurer, cards_of(batch, 1, 30), insurer.branch.party, checked_in_by="branch_keeper")
    hand_down(insurer, cards_of(batch, 31, 60), insurer.other_branch.party)
    number = stop(insurer, cards_of(batch, 21, 70))
    release_cards(
        number=number,
        runs=(cards_of(batch, 26, 35),),
        note="these are fine",
        actor=insurer.actor("chief"),
        request_id=uuid4(),
    )
    branch, whole = insurer.actor("branch_keeper"), insurer.actor("chief")

    seen = find_freeze(number, branch)
    [row] = freezes_by_number(branch)

    assert (seen.frozen, seen.in_force) == ([cards_of(batch, 21, 30)], [cards_of(batch, 21, 25)])
    assert [one.runs for one in seen.releases] == [[cards_of(batch, 26, 30)]]
    assert seen.goes_further
    assert row["cards"] == 5
    assert not find_freeze(number, whole).goes_further
    assert [row["cards"] for row in freezes_by_number(whole)] == [40]
