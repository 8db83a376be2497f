from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.command import command
from selfcard.custody.commands import (
    check_in_printed,
    explain_shortage,
    lose_cards,
    refuse_write_off,
)
from selfcard.custody.errors import (
    AnnouncedOutOfTime,
    AnnouncementNotDescribed,
    CardsDeclaredInvalid,
    CardsInOtherStatus,
    CardsNeverCame,
    CardsNotHeld,
    CardsNotMissing,
    CardsOpened,
    DestroyedInFuture,
    DestructionNotDescribed,
    LossAlreadyAnnounced,
    LossNotAgreed,
    NothingToAnnounce,
)
from selfcard.custody.models import WriteOff
from selfcard.custody.queries import (
    fates_of,
    losses_to_announce,
    still_lost,
    still_missing,
)
from selfcard.organisations.errors import NotAuthorised
from tests.factories.cards import a_printed_batch
from tests.factories.custody import (
    a_shortage,
    agree,
    announce,
    cards_at_head_office,
    cards_of,
    hand_down,
    opened,
    places,
    report,
    written_off,
)
from tests.factories.stock_counts import frozen

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(insurer):
    return cards_at_head_office(insurer, 100)[0]


def refuse(insurer, write_off, reason="They lie in the safe", by="second"):
    return refuse_write_off(
        write_off=write_off, reason=reason, actor=insurer.actor(by), request_id=uuid4()
    )


# Lost, and announced


def test_a_loss_explains_a_shortage(insurer, batch):
    note = a_shortage(insurer, batch, 1, 10, missing=(8, 10))

    written_off(insurer, "loss", cards_of(batch, 9, 10))

    assert still_missing(note) == [cards_of(batch, 8, 8)]
    assert frozen(batch) == [(8, 8, "shortage")]
    with pytest.raises(CardsNotMissing):
        explain_shortage(
            issue=note,
            runs=(cards_of(batch, 9, 10),),
            actor=insurer.actor("chief"),
            request_id=uuid4(),
        )


def test_a_note_tells_of_each_missing_card_what_became_of_it(insurer, batch):
    note = a_shortage(insurer, batch, 1, 20, missing=(6, 20))
    void = written_off(insurer, "void", cards_of(batch, 6, 11))
    loss = written_off(insurer, "loss", cards_of(batch, 12, 16))
    explain_shortage(
        issue=note,
        runs=(cards_of(batch, 17, 19),),
        actor=insurer.actor("chief"),
        request_id=uuid4(),
    )

    assert [(fate.write_off, fate.runs) for fate in fates_of(note)] == [
        (None, [cards_of(batch, 17, 19)]),
        (void, [cards_of(batch, 6, 11)]),
        (loss, [cards_of(batch, 12, 16)]),
    ]
    assert still_missing(note) == [cards_of(batch, 20, 20)]


def test_a_refused_loss_leaves_the_shortage_open(insurer, batch):
    a_shortage(insurer, batch, 1, 10, missing=(8, 10))

    refuse(insurer, report(insurer, "loss", cards_of(batch, 8, 10)))

    assert frozen(batch) == [(8, 10, "shortage")]


def test_a_loss_is_announced_within_five_working_days_of_its_report(insurer, batch, settings):
    # Friday 25 September 2026 is Mid-Autumn; from 1 to 7 October is National Day.
    with clock.frozen(date(2026, 9, 24)):
        loss = report(insurer, "loss", cards_of(batch, 1, 10))
    assert loss.announce_by == date(2026, 10, 9)

    # Sunday 20 September is worked, so that 6 October is free.
    with clock.frozen(date(2026, 9, 18)):
        loss = report(insurer, "loss", cards_of(batch, 11, 20))
    assert loss.announce_by == date(2026, 9, 24)

    settings.INSURER_COUNTRY, settings.LOSS_ANNOUNCEMENT_DAYS = "DE", 3
    with clock.frozen(date(2026, 9, 24)):
        loss = report(insurer, "loss", cards_of(batch, 21, 30))
    assert loss.announce_by == date(2026, 9, 29)


def test_an_agreed_loss_waits_for_its_announcement(insurer, batch):
    loss = report(insurer, "loss", batch.run)
    with pytest.raises(LossNotAgreed):
        announce(insurer, loss)
    agree(insurer, loss)
    assert list(losses_to_announce(insurer.actor("chief"))) == [loss]
    assert not losses_to_announce(insurer.actor("branch_keeper")).exists()

    announced = announce(insurer, loss)

    assert (announced.announced_in, announced.announced_by) == ("Morning Post", insurer.chief)
    assert not losses_to_announce(insurer.actor("chief")).exists()
    with pytest.raises(LossAlreadyAnnounced):
        announce(insurer, loss)


def test_an_announcement_says_where_and_when(insurer, batch):
    loss = written_off(insurer, "loss", batch.run)

    with pytest.raises(AnnouncementNotDescribed):
        announce(insurer, loss, where=" ")
    for day in (clock.today() + timedelta(days=1), clock.today() - timedelta(days=1)):
        with pytest.raises(AnnouncedOutOfTime):
            announce(insurer, loss, day=day)
    with pytest.raises(NotAuthorised):
        announce(insurer, loss, by="auditor")


def test_only_a_loss_is_announced(insurer, batch):
    with pytest.raises(LossNotAgreed):
        announce(insurer, written_off(insurer, "void", batch.run))


def test_a_loss_that_was_found_needs_no_announcement(insurer, batch):
    loss = written_off(insurer, "loss", cards_of(batch, 1, 10))
    written_off(insurer, "found", cards_of(batch, 1, 10))

    assert not losses_to_announce(insurer.actor("chief")).exists()
    with pytest.raises(NothingToAnnounce):
        announce(insurer, loss)


# Found again


def test_found_cards_are_inventory_of_whoever_lost_them(insurer, batch):
    loss = written_off(insurer, "loss", cards_of(batch, 11, 20))

    found = written_off(insurer, "found", cards_of(batch, 11, 15))

    assert found.cause == "returned"
    assert places(batch) == [("inventory", 1, 15), ("lost", 16, 20), ("inventory", 21, 100)]
    assert still_lost(loss) == [cards_of(batch, 16, 20)]
    hand_down(insurer, cards_of(batch, 11, 15), insurer.branch.party)


def test_what_was_declared_invalid_is_void_when_it_turns_up(insurer, batch):
    loss = written_off(insurer, "loss", cards_of(batch, 11, 20))
    announce(insurer, loss)

    with pytest.raises(CardsDeclaredInvalid) as refused:
        report(insurer, "found", cards_of(batch, 11, 12))

    assert refused.value.help.name == "custody.void"
    written_off(insurer, "void", cards_of(batch, 11, 12), cause="lost")
    assert places(batch)[1] == ("void", 11, 12)


def test_a_loss_that_is_announced_before_the_second_person_agrees_stays_a_loss(insurer, batch):
    loss = written_off(insurer, "loss", cards_of(batch, 11, 20))
    found = report(insurer, "found", cards_of(batch, 11, 12))
    announce(insurer, loss)

    with pytest.raises(CardsDeclaredInvalid):
        agree(insurer, found)

    refuse(insurer, found, "Announced meanwhile")
    assert places(batch)[1] == ("lost", 11, 20)


def test_a_found_card_whose_pin_was_used_meanwhile_does_not_come_back(insurer, batch):
    written_off(insurer, "loss", cards_of(batch, 11, 20))
    opened(batch.run.first + 12)

    with pytest.raises(CardsOpened) as refused:
        report(insurer, "found", cards_of(batch, 11, 20))

    assert refused.value.facts["serials"] == str(cards_of(batch, 13, 13))
    assert refused.value.help.name == "custody.void"


def test_only_lost_cards_are_found(insurer, batch):
    with pytest.raises(CardsInOtherStatus):
        report(insurer, "found", batch.run)


# Destroyed


def test_void_cards_are_destroyed_with_place_method_and_day(insurer, batch):
    written_off(insurer, "void", cards_of(batch, 11, 20))

    destroyed = written_off(
        insurer, "destruction", cards_of(batch, 11, 20), place=" Yard ", method="Fire"
    )

    assert places(batch)[1] == ("destroyed", 11, 20)
    assert (destroyed.place, destroyed.method, destroyed.destroyed_on, destroyed.cause) == (
        "Yard",
        "Fire",
        clock.today(),
        "void",
    )


@pytest.mark.parametrize("lacking", ["place", "method", "destroyed_on"])
def test_a_destruction_that_lacks_something_is_refused_at_that_field(insurer, batch, lacking):
    written_off(insurer, "void", batch.run)
    lacks: dict[str, Any] = {lacking: None if lacking == "destroyed_on" else ""}

    with pytest.raises(DestructionNotDescribed) as refused:
        report(
            insurer,
            "destruction",
            batch.run,
            **lacks,
        )

    assert refused.value.field == lacking


def test_nothing_was_destroyed_tomorrow(insurer, batch):
    written_off(insurer, "void", batch.run)

    with pytest.raises(DestroyedInFuture):
        report(insurer, "destruction", batch.run, destroyed_on=clock.today() + timedelta(days=1))


def test_only_void_cards_are_destroyed(insurer, batch):
    with pytest.raises(CardsInOtherStatus):
        report(insurer, "destruction", batch.run)


def test_what_never_came_from_the_printer_is_not_destroyed(insurer):
    batch, _ = a_printed_batch(insurer, 100)
    check_in_printed(
        batch=batch,
        missing=(cards_of(batch, 1, 3),),
        damaged=(cards_of(batch, 4, 6),),
        actor=insurer.actor("chief"),
        request_id=uuid4(),
    )

    with pytest.raises(CardsNeverCame) as refused:
        report(insurer, "destruction", cards_of(batch, 1, 6))

    assert refused.value.facts["serials"] == str(cards_of(batch, 1, 3))
    written_off(insurer, "destruction", cards_of(batch, 4, 6))


# Missing at a stock count


@command
def lose_at_a_count(*, insurer_pk: int, given: tuple, actor: Actor, request_id):
    """A count that ends: what lacked is lost."""
    document_type, holder, runs, asked_by = given
    lose_cards(
        document_type=document_type,
        holder=holder,
        runs=runs,
        note="Missing at the count",
        asked_by=asked_by,
        asked_at=datetime(2026, 9, 18, 10, tzinfo=clock.zone()),
        actor=actor,
    )


def count_out(insurer, batch, run, holder=None, by="second"):
    document_type = batch.type_version.document_type
    given = (document_type, holder or insurer.head_office.party, (run,), insurer.chief)
    lose_at_a_count(insurer_pk=1, given=given, actor=insurer.actor(by), request_id=uuid4())
    return WriteOff.objects.latest("id")


def test_what_lacked_at_a_count_is_lost_as_was_agreed_there(insurer, batch):
    a_shortage(insurer, batch, 1, 10, missing=(8, 10))

    loss = count_out(insurer, batch, cards_of(batch, 8, 12))

    assert (loss.kind, loss.state, loss.cause) == ("loss", "done", "counted")
    assert (loss.asked_by, loss.decided_by) == (insurer.chief, insurer.second)
    assert loss.announce_by == date(2026, 9, 24)
    assert ("lost", 8, 12) in places(batch)
    assert frozen(batch) == []
    assert list(losses_to_announce(insurer.actor("chief"))) == [loss]


def test_a_count_loses_nothing_that_another_holds(insurer, batch):
    with pytest.raises(CardsNotHeld):
        count_out(insurer, batch, cards_of(batch, 1, 5), holder=insurer.branch.party)
