"""`verify` finds what no command could have done."""

import pytest
from django.db import connection

from selfcard.cards import verify as cards_verify
from selfcard.cards.print_file import print_folder
from selfcard.core.verify import Violation
from selfcard.custody import verify
from tests.factories.cards import a_made_batch
from tests.factories.custody import cards_at_institution, cards_of, hand_down
from tests.factories.postgresql import triggers_at_rest

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(insurer):
    found, _ = cards_at_institution(insurer, 1_500)
    hand_down(insurer, cards_of(found, 11, 20), insurer.seller.party, "keeper")
    hand_down(insurer, cards_of(found, 31, 40), insurer.department.party, "keeper")
    return found


def promises_broken() -> list[str]:
    found: list[Violation] = [*verify.violations(), *cards_verify.violations()]
    return sorted({violation.promise for violation in found})


def test_after_ordinary_days_nothing_is_wrong(batch):
    assert promises_broken() == []


@pytest.mark.parametrize(
    ("tampering", "promise"),
    [
        (
            "DELETE FROM custody_holding WHERE status = 'in_transit'",
            "Per batch, as many cards are held as were printed",
        ),
        ("UPDATE custody_batchtally SET held = held - 1", "Per batch, as many cards are held"),
        (
            "UPDATE custody_holding SET serials = int8range(1, 11) WHERE status = 'in_transit'",
            "No card is in two places, or outside its batch",
        ),
        (
            "UPDATE custody_holding SET status = 'sold' WHERE status = 'in_transit'",
            "The last movement of every card says where it is",
        ),
        (
            "UPDATE custody_movement SET to_holder_id = from_holder_id WHERE id ="
            " (SELECT max(id) FROM custody_movement WHERE to_status = 'inventory')",
            "The last movement of every card says where it is",
        ),
        (
            "UPDATE custody_holding SET since = since + interval '1 s' WHERE status = 'in_transit'",
            "What was ends where something else begins",
        ),
        (
            "INSERT INTO custody_activatedcard (serial, policy_number, activated_at)"
            " SELECT lower(serials), 'P1', now() FROM custody_holding LIMIT 1",
            "Every activated card is paid for, and activated in time",
        ),
        (
            "UPDATE custody_issue SET count = count + 1",
            "Every issue note is told by movements",
        ),
        (
            "UPDATE custody_issue SET state = 'checked_in', checked_in_at = issued_at"
            " WHERE state = 'in_transit'",
            "Every issue note is told by movements",
        ),
        (
            "DELETE FROM cards_pinsheet WHERE cards = 500",
            "Every card of a made batch has its PIN sealed, once",
        ),
        (
            "UPDATE cards_pinsheet SET digests = substring(digests FROM 2)",
            "Every card of a made batch has its PIN sealed, once",
        ),
        (
            "UPDATE cards_printfile SET cards = 1",
            "A made batch has its print file, for all its cards",
        ),
    ],
)
def test_tampering_is_named(batch, tampering, promise):
    with triggers_at_rest(), connection.cursor() as cursor:
        cursor.execute(tampering)

    assert any(found.startswith(promise) for found in promises_broken())


def test_a_print_file_that_is_gone_is_named(insurer):
    batch = a_made_batch(insurer, 10)
    (print_folder() / batch.print_file.name).unlink()

    assert promises_broken() == ["A print file that has not left is whole and in its place"]
