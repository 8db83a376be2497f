"""The request and the gapless series under threads that come at the same moment."""

import threading
import time
from uuid import uuid4

import pytest
from django.db import transaction

from selfcard.core import command as command_module
from selfcard.core import numbering
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.locks import LockSpace, lock
from selfcard.core.models import AuditEvent, NumberSeries
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
ACTOR = Actor.system("test")


@command
def take_slowly(*, series, actor, request_id):
    record(actor, "number.taken")
    number = numbering.next_number(series)
    time.sleep(0.05)
    return number


def test_a_request_repeated_at_the_same_moment_is_done_once():
    request_id = uuid4()

    results = at_once(
        *[lambda: take_slowly(series="a", actor=ACTOR, request_id=request_id) for _ in range(6)]
    )

    assert results == [1] * 6
    assert AuditEvent.objects.count() == 1


def test_without_the_request_row_the_same_deed_is_done_again(monkeypatch):
    monkeypatch.setattr(command_module, "_first_time", lambda *_: True)
    request_id = uuid4()

    results = at_once(
        *[lambda: take_slowly(series="a", actor=ACTOR, request_id=request_id) for _ in range(6)]
    )

    assert sorted(results) == [1, 2, 3, 4, 5, 6]


def take_or_fail(fails):
    with transaction.atomic():
        number = numbering.next_number("invoice")
        time.sleep(0.002)
        if fails:
            raise InterruptedError
        return number


def test_a_gapless_series_has_no_gap_and_no_repeat_even_when_deeds_fail():
    results = at_once(*[lambda n=n: take_or_fail(n % 5 == 0) for n in range(20)])

    given = sorted(result for result in results if isinstance(result, int))
    assert given == list(range(1, 17))
    assert NumberSeries.objects.get().last == 16


def test_a_series_that_is_read_before_it_is_written_repeats(monkeypatch):
    """The control: without the row's lock the same number is given twice."""

    all_have_read = threading.Barrier(8)

    def unlocked(series):
        row = NumberSeries.objects.get(name=series)
        all_have_read.wait(20)
        NumberSeries.objects.filter(name=series).update(last=row.last + 1)
        return row.last

    NumberSeries.objects.create(name="invoice", last=1)
    monkeypatch.setattr(numbering, "next_number", unlocked)
    results = at_once(*[lambda: take_or_fail(False) for _ in range(8)])

    assert len(set(results)) < len(results)


def test_a_shared_lock_lets_others_share_and_keeps_the_exclusive_one_out():
    order = []
    both_inside = threading.Barrier(3)

    def share(name):
        with transaction.atomic():
            lock(LockSpace.BATCH, 1, shared=True)
            order.append(f"{name} in")
            both_inside.wait(20)
            time.sleep(0.1)
            order.append(f"{name} out")

    def alone():
        both_inside.wait(20)
        with transaction.atomic():
            lock(LockSpace.BATCH, 1)
            order.append("alone")

    at_once(lambda: share("a"), lambda: share("b"), alone)

    assert order[-1] == "alone"
    assert len(order) == 5
