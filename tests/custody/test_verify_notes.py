"""`verify` finds notes and requisitions that tell something else than the movements."""

from uuid import uuid4

import pytest
from django.db import connection

from selfcard.custody.commands import issue_cards, refuse_delivery
from selfcard.custody.verify import violations
from selfcard.organisations.models import May
from tests.factories.custody import (
    cards_at_branch,
    cards_of,
    granted,
    hand_down,
    hand_over,
    take_back,
)
from tests.factories.organisations import a_staff_member
from tests.factories.postgresql import triggers_at_rest

pytestmark = pytest.mark.django_db

ISSUES = "Every issue note is told by movements"
DELIVERIES = "Every delivery was taken in or sent back"
RECALLS = "Every recall note is told by movements"
REQUISITIONS = "For no requisition more is issued than was granted"


@pytest.fixture(autouse=True)
def ordinary_days(insurer):
    """A requisition half filled, a delivery refused, one under way, a hand-over and a recall."""
    batch, _ = cards_at_branch(insurer, 100)
    document_type = batch.type_version.document_type
    requisition = granted(insurer, document_type, 60)
    for first, last in ((1, 40), (41, 60)):
        note = issue_cards(
            document_type=document_type,
            runs=(cards_of(batch, first, last),),
            to=insurer.institution.party,
            requisition=requisition,
            actor=insurer.actor("branch_keeper"),
            request_id=uuid4(),
        )
    refuse_delivery(issue=note, reason="Torn", actor=insurer.actor("keeper"), request_id=uuid4())
    hand_down(
        insurer,
        cards_of(batch, 61, 90),
        insurer.institution.party,
        "branch_keeper",
        checked_in_by="keeper",
    )
    hand_down(insurer, cards_of(batch, 61, 80), insurer.seller.party, "keeper")
    colleague = a_staff_member("I05", insurer.institution, May.HOLD_CARDS)
    hand_over(insurer, cards_of(batch, 61, 70), colleague.party)
    take_back(insurer, cards_of(batch, 71, 80))


def promises_broken():
    return {violation.promise for violation in violations()}


def test_after_ordinary_days_nothing_is_wrong():
    assert promises_broken() == set()


@pytest.mark.parametrize(
    ("tampering", "promise"),
    [
        ("UPDATE custody_issue SET count = count + 1 WHERE state = 'in_transit'", ISSUES),
        ("UPDATE custody_movement SET kind = 'issue' WHERE kind = 'hand_over'", ISSUES),
        (
            "UPDATE custody_issue SET state = 'checked_in', refusal = '' WHERE state = 'refused'",
            DELIVERIES,
        ),
        ("DELETE FROM custody_movement WHERE kind = 'delivery_refused'", DELIVERIES),
        ("UPDATE custody_recall SET count = count - 1", RECALLS),
        ("UPDATE custody_recall SET to_party_id = from_party_id + 1", RECALLS),
        ("DELETE FROM custody_recall", RECALLS),
        ("UPDATE custody_requisition SET issued = 41", REQUISITIONS),
        ("UPDATE custody_requisition SET granted = 39, issued = 39", REQUISITIONS),
        (
            "UPDATE custody_issue SET to_party_id = from_party_id WHERE requisition_id IS NOT NULL",
            REQUISITIONS,
        ),
    ],
)
def test_tampering_is_named(tampering, promise):
    with triggers_at_rest(), connection.cursor() as cursor:
        cursor.execute(tampering)

    assert any(found.startswith(promise) for found in promises_broken())
