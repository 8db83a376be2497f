"""What PostgreSQL keeps of the gate and of its proofs, tried around the commands."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db.models import F

from selfcard.activation.models import (
    FailureTally,
    GateAlarm,
    PinProof,
    SourceCounter,
    SpentTicket,
    TargetCounter,
    Unlocking,
)
from selfcard.core import clock
from tests.factories.organisations import an_insurer
from tests.factories.postgresql import refused_by_postgresql

pytestmark = pytest.mark.django_db


def test_nobody_has_failed_less_than_never() -> None:
    now = clock.now()

    with refused_by_postgresql("a_source_fails_from_zero_up"):
        SourceCounter.objects.create(
            source="net", failures=-1, since=now, opens_at=now, admitted=True
        )
    with refused_by_postgresql("a_target_fails_from_zero_up"):
        TargetCounter.objects.create(target="x", failures=-1, cap=1, since=now, compared=True)
    with refused_by_postgresql("a_tally_is_never_negative"):
        FailureTally.objects.create(share=1, failures=-0.5, at=now)


def test_a_proof_is_good_for_a_while_and_becomes_one_policy() -> None:
    now = clock.now()
    proof = {"id": uuid4(), "serial": 1, "source": "net", "opened_at": now}

    with refused_by_postgresql("a_proof_expires_after_it_opened"):
        PinProof.objects.create(**proof, expires_at=now)
    PinProof.objects.create(**proof, expires_at=now + timedelta(minutes=30))
    with refused_by_postgresql("a_proof_is_used_exactly_when_it_became_a_policy"):
        PinProof.objects.update(used_at=now)
    with refused_by_postgresql("a_proof_is_used_exactly_when_it_became_a_policy"):
        PinProof.objects.update(policy_number="P1")
    with refused_by_postgresql("a_proof_expires_after_it_opened"):
        PinProof.objects.update(expires_at=F("opened_at") - timedelta(seconds=1))


def test_a_ticket_is_spent_once() -> None:
    now = clock.now()

    SpentTicket.objects.create(riddle=b"1" * 32, expires_at=now)
    with refused_by_postgresql("activation_spentticket_pkey"):
        SpentTicket.objects.bulk_create([SpentTicket(riddle=b"1" * 32, expires_at=now)])


def test_there_is_one_alarm_at_a_time() -> None:
    now = clock.now()
    hour = timedelta(hours=1)

    with refused_by_postgresql("an_alarm_ends_after_it_began"):
        GateAlarm.objects.create(began_at=now, until=now)
    GateAlarm.objects.create(began_at=now, until=now + hour)
    GateAlarm.objects.create(began_at=now + hour, until=now + 2 * hour)
    with refused_by_postgresql("there_is_one_alarm_at_a_time"):
        GateAlarm.objects.create(began_at=now + hour / 2, until=now + 3 * hour)


def test_an_unlocking_has_its_reason_and_stays() -> None:
    keeper = an_insurer().keeper
    done = {"serial": 1, "unlocked_by": keeper, "unlocked_at": clock.now()}

    with refused_by_postgresql("an_unlocking_has_its_reason"):
        Unlocking.objects.create(**done, reason="")
    Unlocking.objects.create(**done, reason="called us")
    with refused_by_postgresql("never changed"):
        Unlocking.objects.update(reason="another")
    with refused_by_postgresql("never deleted"):
        Unlocking.objects.all().delete()
