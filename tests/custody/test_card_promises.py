"""Around the commands: what PostgreSQL refuses to do with cards that are stopped or activated."""

from uuid import uuid4

import pytest
from django.db import connection

from selfcard.core import clock
from selfcard.custody.models import ActivatedCard, ActivatedTally, Freeze, PlaceTally
from selfcard.custody.verify import violations
from tests.custody.test_onward import do
from tests.custody.test_promises import a_movement, run_sql
from tests.factories.custody import cards_at_institution, cards_of, custody, hand_down
from tests.factories.postgresql import refused_by_postgresql, triggers_at_rest

pytestmark = pytest.mark.django_db

SALE = ("sale", "S-2026-0000001")


@pytest.fixture
def batch(insurer):
    return cards_at_institution(insurer, 100)[0]


def a_freeze(insurer, batch, first, last, kind="freeze"):
    return Freeze.objects.create(
        serials=cards_of(batch, first, last).range,
        reason_kind=kind,
        reason_number=str(uuid4())[:8],
        frozen_by=insurer.chief,
        frozen_at=clock.now(),
    )


def a_movement_of_the_institutions(insurer, batch, kind, to_status="inventory", **changes):
    """Cards 1 to 10 go out of the institution's hands, as no command would send them."""
    return a_movement(
        insurer,
        batch,
        kind=kind,
        from_holder=insurer.institution.party,
        to_holder=insurer.seller.party,
        to_status=to_status,
        kept_reason_kind="",
        kept_reason_number="",
        **changes,
    )


def paid(insurer, batch, first, last):
    """Cards that are to be activated."""
    run = cards_of(batch, first, last)
    document_type = batch.type_version.document_type
    holders = [insurer.institution.party]
    do("sell", runs=(run,), document_type=document_type, holders=holders, reason=SALE)
    do("settle", runs=(run,), reason=SALE)
    return run


def activate(serial, number="P1"):
    return ActivatedCard.objects.create(
        serial=serial, policy_number=number, activated_at=clock.now()
    )


@pytest.mark.parametrize(
    ("kind", "to_status"),
    [("issue", "inventory"), ("hand_over", "inventory"), ("sale", "sold")],
)
@pytest.mark.parametrize("why", ["freeze", "batch", "shortage", "write_off", "stock_count"])
def test_a_card_that_is_stopped_for_whatever_reason_is_not_handed_on(
    insurer, batch, kind, to_status, why
):
    a_freeze(insurer, batch, 10, 10, why)

    with refused_by_postgresql("a frozen card is not handed on"):
        a_movement_of_the_institutions(insurer, batch, kind, to_status).save()


@pytest.mark.parametrize("why", ["shortage", "write_off", "stock_count"])
def test_a_card_that_lacks_or_is_about_to_be_written_off_is_not_recalled(insurer, batch, why):
    a_freeze(insurer, batch, 10, 10, why)

    with refused_by_postgresql("a frozen card is not handed on"):
        a_movement_of_the_institutions(insurer, batch, "recall").save()


@pytest.mark.parametrize("why", ["freeze", "batch"])
def test_a_card_under_inquiry_may_be_called_back(insurer, batch, why):
    a_freeze(insurer, batch, 1, 10, why)

    movement = a_movement_of_the_institutions(insurer, batch, "recall")
    movement.to_holder = insurer.branch.party
    movement.save()

    assert custody(batch)[0] == ("Branch", "inventory", 1, 10)


# How cards come back out of a sale: unpaid, into the refund, out of it.
WAYS_BACK = {
    "sale_recall": ("sold", "inventory"),
    "refund_hold": ("to_be_activated", "awaiting_refund"),
    "refund": ("awaiting_refund", "inventory"),
}


def coming_back(insurer, batch, kind):
    """Cards 1 to 10 of a sale, and the movement by which they come back, not written yet."""
    run, holder = cards_of(batch, 1, 10), insurer.institution.party
    if kind == "sale_recall":
        document_type = batch.type_version.document_type
        do("sell", runs=(run,), document_type=document_type, holders=[holder], reason=SALE)
    else:
        paid(insurer, batch, 1, 10)
    if kind == "refund":
        do("hold", runs=(run,), sale=SALE, reason=("recovery", "RV-1"))
    before, after = WAYS_BACK[kind]
    return a_movement(
        insurer,
        batch,
        kind=kind,
        from_holder=holder,
        to_holder=holder,
        from_status=before,
        to_status=after,
    )


@pytest.mark.parametrize("kind", WAYS_BACK)
@pytest.mark.parametrize("why", ["freeze", "shortage", "write_off", "stock_count"])
def test_a_card_that_is_lost_missing_or_under_inquiry_does_not_come_back_out_of_a_sale(
    insurer, batch, why, kind
):
    movement = coming_back(insurer, batch, kind)
    a_freeze(insurer, batch, 10, 10, why)

    with refused_by_postgresql("a frozen card is not handed on"):
        movement.save()


@pytest.mark.parametrize("kind", WAYS_BACK)
def test_cards_of_a_stopped_batch_may_come_back_out_of_a_sale(insurer, batch, kind):
    movement = coming_back(insurer, batch, kind)
    a_freeze(insurer, batch, 1, 100, "batch")

    movement.save()

    assert custody(batch)[0][:3] == ("Institution", WAYS_BACK[kind][1], 1)


def test_a_card_whose_freeze_has_ended_goes_on(insurer, batch):
    freeze = Freeze.objects.filter(pk=a_freeze(insurer, batch, 1, 10).pk)
    freeze.update(released_by=insurer.chief, released_at=clock.now())

    a_movement_of_the_institutions(insurer, batch, "issue").save()

    assert custody(batch)[0] == ("Person I02", "inventory", 1, 10)


def test_a_stopped_card_is_not_activated(insurer, batch):
    run = paid(insurer, batch, 1, 5)
    a_freeze(insurer, batch, 3, 3)

    with refused_by_postgresql("is not to be activated"):
        activate(run.first + 2)
    activate(run.first)


def test_a_card_has_one_live_policy(insurer, batch):
    run = paid(insurer, batch, 1, 5)
    activate(run.first)

    with refused_by_postgresql("card_is_activated_once_at_a_time"):
        activate(run.first, "P2")


def test_an_activation_stays_and_is_reversed_once(insurer, batch):
    run = paid(insurer, batch, 1, 5)
    card = ActivatedCard.objects.filter(pk=activate(run.first).pk)

    with refused_by_postgresql("never changed"):
        card.update(policy_number="P2")
    with refused_by_postgresql("never deleted"):
        card.delete()
    with refused_by_postgresql("an_activation_is_reversed_after_it_was_made"):
        card.update(reversed_at=clock.day_start(clock.today().replace(year=2020)))
    card.update(reversed_at=clock.now())
    with refused_by_postgresql("never changed"):
        card.update(reversed_at=None)


def test_activations_are_tallied_as_they_come_and_go(insurer, batch):
    run = paid(insurer, batch, 1, 5)
    cards = [activate(run.first + place, f"P{place}") for place in range(3)]
    ActivatedCard.objects.filter(pk=cards[1].pk).update(reversed_at=clock.now())

    tally = ActivatedTally.objects.get()
    assert (tally.batch, tally.holder) == (batch, insurer.institution.party)
    assert (tally.block, tally.activated) == (run.first // 1000, 2)
    activate(run.first + 1, "P4")
    tally.refresh_from_db()
    assert tally.activated == 3
    assert not list(violations())


def test_no_activation_is_reversed_that_was_never_tallied(insurer, batch):
    activate(paid(insurer, batch, 1, 5).first)
    with triggers_at_rest():
        ActivatedTally.objects.all()._raw_delete(using="default")

    with refused_by_postgresql("reversals_are_tallied"):
        ActivatedCard.objects.update(reversed_at=clock.now())


@pytest.mark.parametrize("model", [ActivatedTally, PlaceTally])
def test_a_tally_is_written_by_nobody_who_counts_otherwise(insurer, batch, model):
    activate(paid(insurer, batch, 1, 5).first)
    column = "activated" if model is ActivatedTally else "cards"

    with refused_by_postgresql("written by movements only"):
        model.objects.update(**{column: 50})
    with refused_by_postgresql("written by movements only"):
        model.objects.all()._raw_delete(using="default")


@pytest.mark.parametrize(
    ("tampering", "promise"),
    [
        (
            "UPDATE custody_placetally SET cards = cards + 1",
            "What is tallied of each holder's cards is what they hold",
        ),
        (
            "UPDATE custody_placetally SET runs = runs + 1",
            "What is tallied of each holder's cards is what they hold",
        ),
        (
            "DELETE FROM custody_placetally WHERE status = 'to_be_activated'",
            "What is tallied of each holder's cards is what they hold",
        ),
        (
            "UPDATE custody_activatedtally SET activated = activated - 1",
            "As many cards are tallied as activated as there are",
        ),
        (
            "DELETE FROM custody_activatedtally",
            "As many cards are tallied as activated as there are",
        ),
        (
            "UPDATE custody_activatedcard SET reversed_at = activated_at",
            "As many cards are tallied as activated as there are",
        ),
    ],
)
def test_verify_names_a_tally_that_does_not_count_what_is_there(insurer, batch, tampering, promise):
    activate(paid(insurer, batch, 1, 5).first)
    hand_down(insurer, cards_of(batch, 11, 20), insurer.seller.party, "keeper")
    assert not list(violations())

    with triggers_at_rest():
        run_sql(tampering)

    assert promise in {violation.promise for violation in violations()}


def test_a_tally_cannot_count_more_cards_than_there_are_in_its_block(insurer, batch):
    activate(paid(insurer, batch, 1, 5).first)

    with (
        refused_by_postgresql("activated_tally_is_within_its_block"),
        connection.cursor() as cursor,
    ):
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE custody_activatedtally SET activated = 1001")
