"""What PostgreSQL keeps of the gate and of its proofs, tried around the commands."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db.models import F

from selfcard.activation.models import PinProof, SourceCounter, TargetCounter
from selfcard.core import clock
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
