from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import F

from selfcard.approvals.commands import ask, grant, refuse, withdraw
from selfcard.approvals.errors import (
    AlreadyAsked,
    AlreadyDecided,
    ApprovalExpired,
    NotYourOwnRequest,
    ReasonMissing,
    RequestWithdrawn,
)
from selfcard.approvals.models import Approval
from selfcard.approvals.queries import (
    approval_of,
    approvals_asked_by,
    approvals_past,
    approvals_waiting_for,
)
from selfcard.core import clock
from selfcard.core.command import command
from selfcard.core.refusals import Operation
from selfcard.organisations.errors import NotAuthorised
from selfcard.organisations.models import May
from tests.factories.postgresql import refused_by_postgresql

pytestmark = pytest.mark.django_db


@command
def within_a_command(*, deed, actor, request_id):
    return DEEDS[deed](actor)


DEEDS: dict[str, Any] = {}


def carried_out(actor, deed):
    """Run a step as a part of a command."""
    name = str(uuid4())
    DEEDS[name] = deed
    return within_a_command(deed=name, actor=actor, request_id=uuid4())


def asked_by(insurer, name="chief"):
    return carried_out(
        insurer.actor(name),
        lambda actor: ask(
            kind="batch",
            subject_kind="cards.batch",
            subject_number="B-2026-001",
            asked={"count": 100},
            may=May.APPROVE_BATCHES,
            organisation=insurer.head_office,
            actor=actor,
        ),
    )


def granted(insurer, approval, name="second"):
    return carried_out(insurer.actor(name), lambda actor: grant(approval=approval, actor=actor))


def test_a_second_person_grants_what_another_asked(insurer):
    approval = granted(insurer, asked_by(insurer))
    assert (approval.state, approval.decided_by) == ("granted", insurer.second)


def test_it_waits_on_the_list_of_those_who_may_decide_and_of_nobody_else(insurer):
    approval = asked_by(insurer)
    assert list(approvals_waiting_for(insurer.actor("second"))) == [approval]
    for name in ("chief", "keeper", "other_keeper"):
        assert not approvals_waiting_for(insurer.actor(name)).exists()


def test_nobody_decides_their_own_request(insurer):
    approval = asked_by(insurer, "second")
    with pytest.raises(NotYourOwnRequest):
        granted(insurer, approval)
    assert not approvals_waiting_for(insurer.actor("second")).exists()


def test_the_database_refuses_a_decision_on_ones_own_request(insurer):
    asked_by(insurer)
    with refused_by_postgresql("nobody_decides_their_own_request"):
        Approval.objects.update(state="granted", decided_by=F("asked_by"), decided_at=clock.now())


def test_one_without_the_authorisation_cannot_decide(insurer):
    approval = asked_by(insurer)
    with pytest.raises(NotAuthorised):
        granted(insurer, approval, "keeper")


def test_a_refusal_needs_its_reason(insurer):
    approval = asked_by(insurer)

    def refused(reason):
        return carried_out(
            insurer.actor("second"),
            lambda actor: refuse(approval=approval, reason=reason, actor=actor),
        )

    with pytest.raises(ReasonMissing):
        refused("  ")
    assert refused("Too many").reason == "Too many"


def test_what_is_decided_stays_decided(insurer):
    approval = granted(insurer, asked_by(insurer))
    with pytest.raises(AlreadyDecided):
        granted(insurer, approval)
    with refused_by_postgresql("a_decision_stands"):
        Approval.objects.update(reason="changed my mind")


def test_a_request_expires_and_can_be_asked_again(insurer):
    approval = asked_by(insurer)
    with pytest.raises(AlreadyAsked):
        asked_by(insurer)
    with clock.frozen(clock.now() + timedelta(days=15)):
        with pytest.raises(ApprovalExpired):
            granted(insurer, approval)
        assert not approvals_waiting_for(insurer.actor("second")).exists()
        again = asked_by(insurer)
        assert granted(insurer, again).state == "granted"
    assert approval_of("batch", "cards.batch", "B-2026-001") == again
    approval.refresh_from_db()
    assert approval.state == "expired"


def test_an_expired_request_leads_to_where_it_is_asked_again(insurer):
    approval = asked_by(insurer)
    with clock.frozen(clock.now() + timedelta(days=15)), pytest.raises(ApprovalExpired) as refused:
        granted(insurer, approval)
    assert refused.value.help == Operation.named("batch", number="B-2026-001")


def withdrawn(insurer, approval):
    return carried_out(
        insurer.actor("chief"), lambda actor: withdraw(approval=approval, actor=actor)
    )


def test_a_withdrawn_request_waits_for_nobody_and_cannot_be_decided(insurer):
    approval = withdrawn(insurer, asked_by(insurer))
    assert approval.state == "withdrawn"
    assert not approvals_waiting_for(insurer.actor("second")).exists()
    with pytest.raises(RequestWithdrawn):
        granted(insurer, approval)
    with refused_by_postgresql("a_decision_stands"):
        Approval.objects.update(state="asked")
    assert asked_by(insurer).state == "asked"


def test_what_is_decided_cannot_be_withdrawn(insurer):
    approval = granted(insurer, asked_by(insurer))
    with pytest.raises(AlreadyDecided):
        withdrawn(insurer, approval)


def test_whoever_asked_sees_what_became_of_it_and_that_it_has_expired(insurer):
    approval = asked_by(insurer)

    def fates(name):
        return [one.fate for one in approvals_asked_by(insurer.actor(name))]  # type: ignore[attr-defined]

    assert fates("chief") == ["asked"]
    assert fates("second") == []
    with clock.frozen(approval.expires_at + timedelta(seconds=1)):
        assert fates("chief") == ["expired"]
    granted(insurer, approval)
    assert fates("chief") == ["granted"]


def test_what_was_decided_stays_to_be_seen_where_one_decides_audits_or_took_part(insurer):
    approval = asked_by(insurer)
    seen = {name: approvals_past(insurer.actor(name)) for name in ("chief", "second", "auditor")}
    assert not any(past.exists() for past in seen.values())

    granted(insurer, approval)

    assert all(list(past) == [approval] for past in seen.values())
    for name in ("keeper", "other_keeper"):
        assert not approvals_past(insurer.actor(name)).exists()


@pytest.mark.parametrize(
    "changed",
    [
        "asked_by_id = asked_by_id",
        "may = 'audit'",
        "asked = '{}'",
        "expires_at = now()",
        "subject_number = 'B-2026-002'",
        "organisation_id = organisation_id",
    ],
)
def test_what_is_asked_stays_while_it_waits(insurer, changed):
    approval = asked_by(insurer)

    with refused_by_postgresql("a_question_stays"), connection.cursor() as cursor:
        cursor.execute(f"UPDATE approvals_approval SET {changed}")
    assert approval.state == Approval.State.ASKED


def around_the_commands(promise, **changes):
    """A request like the one that waits, but for what is changed."""
    approval = Approval.objects.get()
    approval.pk = uuid4()
    for column, value in changes.items():
        setattr(approval, column, value)
    with refused_by_postgresql(promise):
        approval.save(force_insert=True)


def test_nothing_is_granted_that_was_never_asked(insurer):
    asked_by(insurer)

    around_the_commands(
        "an_approval_begins_with_the_question",
        state="granted",
        decided_by=insurer.second,
        decided_at=clock.now(),
    )


def test_the_same_thing_waits_once_whatever_a_program_does(insurer):
    asked_by(insurer)

    around_the_commands("the_same_thing_is_asked_once_at_a_time")


@pytest.mark.parametrize(
    ("changes", "promise"),
    [
        ("state = 'granted'", "an_approval_is_decided_exactly_when_somebody_decided"),
        (
            "state = 'refused', decided_by_id = asked_by_id + 1, decided_at = now()",
            "a_refused_approval_has_a_reason",
        ),
    ],
)
def test_a_decision_is_whole(insurer, changes, promise):
    asked_by(insurer)

    with refused_by_postgresql(promise), connection.cursor() as cursor:
        cursor.execute(f"UPDATE approvals_approval SET {changes}")
