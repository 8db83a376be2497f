"""How long the cards of a batch may be sold and activated, and by which terms they are printed."""

from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest

from selfcard.cards.commands import approve_batch, ask_batch_approval, refuse_batch
from selfcard.cards.errors import DeadlineTooNear, OrderedByEarlierVersion
from selfcard.cards.models import Batch
from selfcard.cards.print_file import print_folder
from selfcard.cards.verify import violations
from selfcard.core import clock
from selfcard.core.work import run_waiting_jobs
from selfcard.organisations.models import Staff
from selfcard.products.ages import months_later
from tests.factories.cards import (
    a_document_type,
    an_approved_batch,
    an_ordered_batch,
    read_print_file,
    revise,
)
from tests.factories.postgresql import refused_by_postgresql, triggers_at_rest

pytestmark = pytest.mark.django_db


def do(deed, insurer, who, batch, **more):
    return deed(batch=batch, actor=insurer.actor(who), request_id=uuid4(), **more)


def test_the_deadline_is_the_same_day_so_many_months_later(insurer):
    with clock.frozen(date(2026, 11, 23)):
        assert an_approved_batch(insurer).deadline == date(2028, 11, 23)


def test_a_deadline_falls_on_the_last_day_of_a_month_that_is_too_short(insurer):
    a_document_type(insurer, deadline_months=3)
    with clock.frozen(date(2026, 11, 30)):
        assert an_approved_batch(insurer).deadline == date(2027, 2, 28)


def test_a_fixed_last_day_is_the_deadline_of_every_batch(insurer):
    a_document_type(insurer, deadline_day=date(2027, 12, 31))
    with clock.frozen(date(2026, 11, 23)):
        first = an_approved_batch(insurer)
    with clock.frozen(date(2027, 6, 1)):
        second = an_approved_batch(insurer)

    assert (first.deadline, second.deadline) == (date(2027, 12, 31),) * 2


def test_stock_is_sold_so_many_months_from_the_approval(insurer):
    a_document_type(insurer, deadline_months=24, use_by_months=15)
    with clock.frozen(date(2026, 11, 30)):
        batch = an_ordered_batch(insurer)
    with clock.frozen(date(2026, 12, 1)):
        do(approve_batch, insurer, "second", batch)

    batch.refresh_from_db()
    assert (batch.deadline, batch.use_by) == (date(2028, 12, 1), date(2028, 3, 1))


def test_stock_without_a_use_by_is_sold_as_long_as_it_can_be_activated(insurer):
    assert an_approved_batch(insurer).use_by is None


@pytest.mark.parametrize(
    "terms",
    [
        {"deadline_months": 12, "use_by_months": 18},
        {"deadline_day": date(2027, 11, 23), "use_by_months": 13},
    ],
)
def test_nothing_is_sold_that_cannot_be_activated_any_more(insurer, terms):
    a_document_type(insurer, **terms)
    with clock.frozen(date(2026, 11, 23)):
        assert an_approved_batch(insurer).use_by == date(2027, 11, 23)


def test_cards_whose_fixed_day_is_near_or_past_are_not_ordered(insurer):
    with clock.frozen(date(2026, 1, 1)):
        a_document_type(insurer, deadline_day=date(2026, 12, 31))
    with clock.frozen(date(2026, 12, 1)), pytest.raises(DeadlineTooNear) as refused:
        an_ordered_batch(insurer)
    with clock.frozen(date(2027, 3, 1)), pytest.raises(DeadlineTooNear):
        an_ordered_batch(insurer)

    assert refused.value.field == "document_type"
    assert "2026年12月31日" in str(refused.value)
    assert refused.value.help.args == {"code": "AC-100"}


def test_an_order_whose_fixed_day_came_too_near_while_it_waited_is_not_approved(insurer):
    with clock.frozen(date(2026, 11, 28)):
        a_document_type(insurer, deadline_day=date(2026, 12, 31))
        batch = an_ordered_batch(insurer)
    with clock.frozen(date(2026, 11, 30)):
        do(approve_batch, insurer, "second", an_ordered_batch(insurer))
    with clock.frozen(date(2026, 12, 1)), pytest.raises(DeadlineTooNear):
        do(approve_batch, insurer, "second", batch)

    batch.refresh_from_db()
    assert (batch.state, batch.serials) == ("ordered", None)


def test_a_later_batch_is_printed_by_the_new_version_and_an_earlier_one_stays(insurer):
    first = an_approved_batch(insurer)
    revise(insurer, first.type_version.document_type, deadline_months=12, pin_length=8)
    second = an_approved_batch(insurer)
    run_waiting_jobs()

    first.refresh_from_db()
    assert [batch.type_version.number for batch in (first, second)] == [1, 2]
    assert first.deadline == months_later(first.decided_at.astimezone(clock.zone()).date(), 24)
    assert second.run.first == first.run.last + 1
    assert {len(pin) for pin in printed_pins(first)} == {12}
    assert {len(pin) for pin in printed_pins(second)} == {8}


def printed_pins(batch):
    encrypted = (print_folder() / f"{batch.number}.age").read_bytes()
    return [card.pin for card in read_print_file(encrypted)]


def test_an_order_is_not_approved_by_terms_that_were_revised_meanwhile(insurer):
    batch = an_ordered_batch(insurer)
    revise(insurer, batch.type_version.document_type, deadline_months=12)

    with pytest.raises(OrderedByEarlierVersion) as refused:
        do(approve_batch, insurer, "second", batch)
    with clock.frozen(clock.now() + timedelta(days=15)), pytest.raises(OrderedByEarlierVersion):
        do(ask_batch_approval, insurer, "chief", batch)

    batch.refresh_from_db()
    assert (batch.state, batch.serials, batch.type_version.number) == ("ordered", None, 1)
    assert (refused.value.facts["ordered"], refused.value.facts["newest"]) == (1, 2)
    do(refuse_batch, insurer, "second", batch, reason="Version 2 has come")
    assert an_approved_batch(insurer).type_version.number == 2


# What PostgreSQL keeps


def test_serials_and_deadline_stay_once_they_are_fixed(insurer):
    batch = an_approved_batch(insurer, 100)

    with refused_by_postgresql("batch_serials_and_deadline_stay"):
        Batch.objects.filter(pk=batch.pk).update(deadline=date(2099, 1, 1))


def test_the_use_by_day_stays_once_it_is_fixed(insurer):
    a_document_type(insurer, use_by_months=12)
    batch = an_approved_batch(insurer)

    for day in (None, date(2026, 12, 1)):
        with refused_by_postgresql("batch_serials_and_deadline_stay"):
            Batch.objects.filter(pk=batch.pk).update(use_by=day)


def approved_around_the_command(batch, **days):
    first = int(batch.type_version.document_type.prefix) * 10**9 + 1
    Batch.objects.filter(pk=batch.pk).update(
        state="approved",
        serials=(first, first + batch.count),
        decided_by=Staff.objects.exclude(pk=batch.ordered_by_id).first(),
        decided_at=clock.now(),
        **days,
    )


def test_no_batch_is_sold_longer_than_it_can_be_activated(insurer):
    a_document_type(insurer, use_by_months=12)
    batch = an_ordered_batch(insurer)

    with refused_by_postgresql("batch_is_sold_no_longer_than_it_can_be_activated"):
        approved_around_the_command(batch, deadline=date(2030, 1, 1), use_by=date(2030, 1, 2))
    with refused_by_postgresql("batch_has_serials_and_deadline_once_approved"):
        Batch.objects.filter(pk=batch.pk).update(use_by=date(2030, 1, 1), deadline="2030-01-01")


def test_a_batch_has_the_days_that_its_version_says(insurer):
    a_document_type(insurer, deadline_day=date(2030, 1, 1))
    batch = an_ordered_batch(insurer)

    with refused_by_postgresql("has other days than its version says"):
        approved_around_the_command(batch, deadline=date(2030, 1, 2))
    with refused_by_postgresql("has other days than its version says"):
        approved_around_the_command(batch, deadline=date(2030, 1, 1), use_by=date(2029, 1, 1))


def test_no_serial_is_reserved_by_a_version_that_was_revised(insurer):
    batch = an_ordered_batch(insurer)
    revise(insurer, batch.type_version.document_type, holding_limit=10)

    with refused_by_postgresql("is ordered by a version that was revised"):
        approved_around_the_command(batch, deadline=date(2030, 1, 1))


def test_verify_names_a_batch_whose_days_do_not_follow_from_its_approval(insurer):
    a_document_type(insurer, use_by_months=12)
    with clock.frozen(datetime(2026, 11, 30, 0, 30, tzinfo=clock.zone())):
        batch = an_approved_batch(insurer)
    assert list(violations()) == []

    with triggers_at_rest():
        Batch.objects.filter(pk=batch.pk).update(use_by=date(2027, 12, 1))

    assert [found.subject for found in violations()] == [batch.number]
