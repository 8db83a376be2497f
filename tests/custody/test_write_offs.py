import itertools
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test.utils import CaptureQueriesContext

from selfcard.approvals.errors import (
    AlreadyAsked,
    ApprovalExpired,
    NotYourOwnRequest,
)
from selfcard.approvals.errors import ReasonMissing as RefusalReasonMissing
from selfcard.approvals.models import Approval
from selfcard.approvals.queries import approvals_waiting_for
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.models import AuditEvent
from selfcard.core.refusals import ReasonMissing
from selfcard.custody.commands import (
    ask_write_off_again,
    refuse_write_off,
    withdraw_write_off,
)
from selfcard.custody.errors import (
    CardsFrozen,
    CardsInOtherStatus,
    CardsNotHeld,
    CardsOfSeveralHolders,
    CauseDoesNotFit,
    CauseOfLostCards,
    NotYourWriteOff,
    WriteOffInOtherState,
)
from selfcard.custody.models import Freeze, Movement, WriteOff
from selfcard.custody.queries import (
    find_card,
    still_missing,
)
from selfcard.custody.statuses import SeenStatus
from selfcard.custody.verify import violations
from selfcard.organisations.errors import NotAuthorised
from tests.factories.custody import (
    a_shortage,
    agree,
    announce,
    cards_at_head_office,
    cards_at_institution,
    cards_of,
    custody,
    hand_down,
    opened,
    places,
    report,
    stop,
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


def withdraw(insurer, write_off, reason="Counted wrongly", by="chief"):
    return withdraw_write_off(
        write_off=write_off, reason=reason, actor=insurer.actor(by), request_id=uuid4()
    )


def ask_again(insurer, write_off, by="chief"):
    return ask_write_off_again(write_off=write_off, actor=insurer.actor(by), request_id=uuid4())


# Reported, and frozen at once


@pytest.mark.parametrize("kind", ["void", "loss"])
def test_reported_cards_are_frozen_at_once_and_change_only_when_a_second_person_agrees(
    insurer, batch, kind
):
    outcome = {"void": "void", "loss": "lost"}[kind]

    write_off = report(insurer, kind, cards_of(batch, 11, 20))

    assert write_off.number.startswith("W-")
    assert frozen(batch) == [(11, 20, "write_off")]
    assert places(batch) == [("inventory", 1, 100)]
    assert find_card(batch.run.first + 10).seen == SeenStatus.FROZEN

    agree(insurer, write_off)

    assert frozen(batch) == []
    assert places(batch) == [("inventory", 1, 10), (outcome, 11, 20), ("inventory", 21, 100)]
    assert custody(batch)[1][0] == "Head office"


def test_a_second_person_finds_the_request_among_their_approvals(insurer, batch):
    report(insurer, "loss", batch.run)

    waiting = approvals_waiting_for(insurer.actor("second")).get()

    assert waiting.kind == "custody.write_off"
    assert waiting.asked["count"] == 100
    assert not approvals_waiting_for(insurer.actor("chief")).exists()


def test_nobody_agrees_to_their_own_report(insurer, batch):
    from selfcard.organisations.commands import authorise
    from selfcard.organisations.models import May

    authorise(
        staff=insurer.chief,
        mays=(May.APPROVE_WRITE_OFFS,),
        organisation=insurer.head_office,
        actor=Actor.system("test"),
        request_id=uuid4(),
    )
    write_off = report(insurer, "void", batch.run)

    with pytest.raises(NotYourOwnRequest):
        agree(insurer, write_off, by="chief")


def test_only_who_decides_write_offs_agrees(insurer, batch):
    write_off = report(insurer, "void", batch.run)

    with pytest.raises(NotAuthorised):
        agree(insurer, write_off, by="auditor")


def test_the_cards_of_several_holders_are_written_off_holder_by_holder(insurer, batch):
    hand_down(insurer, cards_of(batch, 1, 50), insurer.branch.party, checked_in_by="branch_keeper")

    with pytest.raises(CardsOfSeveralHolders) as refused:
        report(insurer, "void", cards_of(batch, 41, 60))

    assert "Head office" in str(refused.value) or "机构" in str(refused.value)
    assert frozen(batch) == []


def test_an_individuals_cards_are_written_off_by_their_organisation(insurer):
    batch, _ = cards_at_institution(insurer, 10)
    hand_down(insurer, cards_of(batch, 1, 5), insurer.seller.party, "keeper")

    written_off(insurer, "loss", cards_of(batch, 1, 5), by="keeper")

    assert custody(batch)[0] == ("Person I02", "lost", 1, 5)


def test_nobody_writes_off_cards_out_of_their_reach(insurer, batch):
    with pytest.raises(CardsNotHeld):
        report(insurer, "void", batch.run, by="branch_keeper")


def test_a_report_needs_a_note_and_a_cause(insurer, batch):
    with pytest.raises(ReasonMissing):
        report(insurer, "void", batch.run, note=" ")
    for cause in ("", "lost?", "returned", "counted"):
        with pytest.raises(CauseDoesNotFit):
            report(insurer, "void", batch.run, cause=cause)


def test_cards_that_are_about_to_be_written_off_are_not_written_off_again(insurer, batch):
    write_off = report(insurer, "void", cards_of(batch, 11, 20))

    with pytest.raises(CardsFrozen) as refused:
        report(insurer, "loss", cards_of(batch, 20, 30))

    assert write_off.number in str(refused.value)
    assert refused.value.help.name == "custody.write_off"
    assert refused.value.help.args == {"number": write_off.number}


# Decided


def test_a_refused_report_gives_the_cards_free_and_keeps_the_reason(insurer, batch):
    write_off = report(insurer, "loss", cards_of(batch, 11, 20))

    refused = refuse(insurer, write_off, "They lie in the safe")

    assert refused.state == "refused"
    assert frozen(batch) == []
    assert places(batch) == [("inventory", 1, 100)]
    assert Approval.objects.get(kind="custody.write_off").reason == "They lie in the safe"
    assert Freeze.objects.get().release_note == "They lie in the safe"


def test_a_refusal_needs_its_reason(insurer, batch):
    write_off = report(insurer, "loss", batch.run)

    with pytest.raises(RefusalReasonMissing):
        refuse(insurer, write_off, " ")


def test_a_withdrawn_report_gives_the_cards_free_and_waits_for_nobody(insurer, batch):
    write_off = report(insurer, "loss", cards_of(batch, 11, 20))

    with pytest.raises(ReasonMissing):
        withdraw(insurer, write_off, " ")
    with pytest.raises(NotAuthorised):
        withdraw(insurer, write_off, by="branch_keeper")
    withdrawn = withdraw(insurer, write_off)

    assert withdrawn.state == "withdrawn"
    assert frozen(batch) == []
    assert Approval.objects.get(kind="custody.write_off").state == "withdrawn"


@pytest.mark.parametrize("first", [agree, refuse, withdraw])
@pytest.mark.parametrize("then", [agree, refuse, withdraw, ask_again])
def test_what_is_decided_stays_decided(insurer, batch, first, then):
    write_off = report(insurer, "void", batch.run)
    first(insurer, write_off)

    with pytest.raises(WriteOffInOtherState):
        then(insurer, write_off)


def test_a_request_that_nobody_decided_expires_and_is_asked_again(insurer, batch):
    write_off = report(insurer, "void", batch.run)
    with pytest.raises(AlreadyAsked):
        ask_again(insurer, write_off)
    later = clock.now() + timedelta(days=15)

    with clock.frozen(later):
        with pytest.raises(ApprovalExpired) as refused:
            agree(insurer, write_off)
        assert refused.value.help.name == "custody.write_off"
        assert frozen(batch) == [(1, 100, "write_off")]
        with pytest.raises(NotYourWriteOff):
            ask_again(insurer, write_off, by="branch_keeper")
        ask_again(insurer, write_off)
        agree(insurer, write_off)

    assert places(batch) == [("void", 1, 100)]


def test_an_expired_request_is_withdrawn_like_any_other(insurer, batch):
    write_off = report(insurer, "void", batch.run)

    with clock.frozen(clock.now() + timedelta(days=15)):
        withdraw(insurer, write_off)

    assert frozen(batch) == []


# Void


def test_cards_that_are_out_of_date_or_opened_become_void(insurer, batch):
    opened(batch.run.first)

    with clock.frozen(batch.deadline + timedelta(days=1)):
        written_off(insurer, "void", cards_of(batch, 1, 10), cause="expired")

    assert places(batch)[0] == ("void", 1, 10)


def test_frozen_cards_become_void_and_stay_frozen_by_what_does_not_concern_it(insurer, batch):
    stop(insurer, cards_of(batch, 1, 10))

    written_off(insurer, "void", cards_of(batch, 1, 10))

    assert places(batch)[0] == ("void", 1, 10)
    assert frozen(batch) == [(1, 10, "freeze")]


def test_missing_cards_that_turn_out_damaged_are_missing_no_more(insurer, batch):
    note = a_shortage(insurer, batch, 1, 10, missing=(8, 10))

    written_off(insurer, "void", cards_of(batch, 8, 9))

    assert still_missing(note) == [cards_of(batch, 10, 10)]


def test_sold_cards_are_not_written_off(insurer, batch):
    hand_down(insurer, cards_of(batch, 1, 10), insurer.branch.party)

    with pytest.raises(CardsInOtherStatus) as refused:
        report(insurer, "void", cards_of(batch, 1, 20))

    assert refused.value.help.name == "custody.check_in"


def test_cards_that_are_gone_are_reported_as_a_loss_and_not_made_void(insurer, batch):
    with pytest.raises(CauseOfLostCards) as refused:
        report(insurer, "void", batch.run, cause="stolen")

    assert refused.value.help.name == "custody.lost"
    written_off(insurer, "loss", cards_of(batch, 1, 10), cause="stolen")
    written_off(insurer, "void", cards_of(batch, 1, 10), cause="stolen")
    assert places(batch)[0] == ("void", 1, 10)


# Written down


def test_every_step_is_found_again_by_the_number(insurer, batch):
    loss = written_off(insurer, "loss", batch.run)
    announce(insurer, loss)

    events = AuditEvent.objects.filter(subject_number=loss.number).order_by("id")
    assert [event.event for event in events] == [
        "write_off.asked",
        "write_off.agreed",
        "loss.announced",
    ]
    assert {event.serials for event in events} == {batch.run.range}


def test_a_repeated_request_reports_once(insurer, batch):
    given: dict[str, Any] = {"cause": "lost", "note": "A box"}
    request = uuid4()
    from selfcard.custody.commands import ask_write_off

    both = [
        ask_write_off(
            kind="loss",
            document_type=batch.type_version.document_type,
            runs=(batch.run,),
            actor=insurer.actor("chief"),
            request_id=request,
            **given,
        )
        for _ in range(2)
    ]

    assert both[0] == both[1]
    assert WriteOff.objects.count() == 1


def test_the_movement_names_the_write_off(insurer, batch):
    loss = written_off(insurer, "loss", batch.run)

    movement = Movement.objects.get(kind="loss")
    assert movement.reason == loss.reason
    assert not list(violations())


def statements(queries):
    """Those of the command, which begins with its request."""
    said = [one["sql"] for one in queries if "SAVEPOINT" not in one["sql"]]
    return list(itertools.dropwhile(lambda sql: "INTO core_request" not in sql, said))


def test_a_report_costs_twelve_statements_and_its_agreement_too(insurer, batch):
    from django.db import connection

    counts = []
    for run in (cards_of(batch, 1, 1), cards_of(batch, 2, 100)):
        with CaptureQueriesContext(connection) as asked:
            write_off = report(insurer, "void", run)
        with CaptureQueriesContext(connection) as agreed:
            agree(insurer, write_off)
        counts.append((len(statements(asked)), len(statements(agreed))))

    assert counts == [(12, 12), (12, 12)]
