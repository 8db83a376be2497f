"""`verify` finds what no command could have done."""

from uuid import uuid4

import pytest
from django.db import connection

from selfcard.cards import verify as cards_verify
from selfcard.cards.print_file import print_folder
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.verify import Violation
from selfcard.custody import verify
from selfcard.custody.commands import remember_opened, sell_cards, take_back_sold
from tests.factories.cards import a_made_batch
from tests.factories.custody import cards_at_institution, cards_of, custody, hand_down
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


@command
def sell_open_and_take_back(*, batch, holder, actor, request_id):
    """Five cards are sold, somebody is shown the first one's PIN, and nobody pays."""
    record(actor, "test.done")
    runs, sale = (cards_of(batch, 1, 5),), ("sale", "S-1")
    document_type = batch.type_version.document_type
    sell_cards(runs=runs, document_type=document_type, holders=[holder], reason=sale, actor=actor)
    remember_opened(serial=batch.run.first, actor=actor)
    take_back_sold(runs=runs, scratched=(), sale=sale, reason=("sale_recall", "SR-1"), actor=actor)


def test_a_card_that_came_back_with_its_pin_known_is_void_and_nothing_is_wrong(insurer):
    batch, _ = cards_at_institution(insurer, 10)
    institution = insurer.institution.party
    sell_open_and_take_back(
        batch=batch, holder=institution, actor=insurer.actor("keeper"), request_id=uuid4()
    )

    assert custody(batch) == [("Institution", "void", 1, 1), ("Institution", "inventory", 2, 10)]
    assert promises_broken() == []


def test_verify_finds_a_void_card_that_never_came_back(insurer):
    batch, _ = cards_at_institution(insurer, 10)
    institution = insurer.institution.party
    sell_open_and_take_back(
        batch=batch, holder=institution, actor=insurer.actor("keeper"), request_id=uuid4()
    )

    with triggers_at_rest(), connection.cursor() as cursor:
        cursor.execute("UPDATE custody_holding SET reason_number = 'SR-2' WHERE status = 'void'")

    promise = "Cards are void, lost or destroyed as was agreed, or void as they came or came back"
    assert promise in promises_broken()
