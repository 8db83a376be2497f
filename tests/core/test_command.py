from dataclasses import dataclass
from decimal import Decimal
from uuid import uuid4

import pytest

from selfcard.core import command as command_module
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import NothingRecorded, NotWithinCommand, command, step
from selfcard.core.models import AuditEvent, NumberSeries, Request
from selfcard.core.numbering import next_number
from selfcard.core.refusals import Refusal, RequestReused

pytestmark = pytest.mark.django_db
ACTOR = Actor.system("test")


class NoMoreOfThese(Refusal):
    message = "No more than %(most)s."


@dataclass(frozen=True)
class Detail:
    amount: Decimal


@command
def take_number(*, series, detail=None, actor, request_id):
    record(actor, "number.taken", series=series)
    return next_number(series)


@command
def take_and_refuse(*, series, actor, request_id):
    record(actor, "number.taken")
    next_number(series)
    raise NoMoreOfThese(most=3)


@command
def forget_the_audit(*, series, actor, request_id):
    return next_number(series)


@step
def part_of_a_deed(*, series, actor):
    record(actor, "part.done")
    return next_number(series)


@command
def whole_deed(*, series, actor, request_id):
    return part_of_a_deed(series=series, actor=actor)


@command
def open_series(*, series, actor, request_id):
    record(actor, "series.opened")
    return NumberSeries.objects.create(name=series, last=1)


def test_a_repeated_request_returns_the_first_result_and_does_nothing():
    request_id = uuid4()

    first = take_number(series="a", actor=ACTOR, request_id=request_id)
    again = take_number(series="a", actor=ACTOR, request_id=request_id)

    assert (first, again) == (1, 1)
    assert AuditEvent.objects.filter(event="number.taken").count() == 1


def test_a_repeat_gives_back_the_thing_that_was_made():
    request_id = uuid4()
    made = open_series(series="a", actor=ACTOR, request_id=request_id)

    assert open_series(series="a", actor=ACTOR, request_id=request_id) == made


@pytest.mark.parametrize(
    "other", [{"series": "b"}, {"detail": Detail(Decimal("1.01"))}, {"actor": Actor.holder()}]
)
def test_a_request_id_is_refused_for_anything_else(other):
    request_id = uuid4()
    deed = {"series": "a", "detail": Detail(Decimal("1.00")), "actor": ACTOR}
    take_number(**deed, request_id=request_id)

    with pytest.raises(RequestReused):
        take_number(**(deed | other), request_id=request_id)
    with pytest.raises(RequestReused):
        forget_the_audit(series="a", actor=ACTOR, request_id=request_id)


def test_equal_amounts_are_the_same_request():
    request_id = uuid4()
    take_number(series="a", detail=Detail(Decimal("1.0")), actor=ACTOR, request_id=request_id)
    take_number(series="a", detail=Detail(Decimal("1.00")), actor=ACTOR, request_id=request_id)

    assert NumberSeries.objects.get().last == 1


def test_a_refusal_leaves_nothing_behind_so_that_it_may_be_repeated():
    request_id = uuid4()

    with pytest.raises(NoMoreOfThese, match="No more than 3"):
        take_and_refuse(series="a", actor=ACTOR, request_id=request_id)

    assert not Request.objects.exists()
    assert not NumberSeries.objects.exists()
    assert not AuditEvent.objects.exists()


def test_a_command_that_writes_no_audit_event_fails():
    with pytest.raises(NothingRecorded):
        forget_the_audit(series="a", actor=ACTOR, request_id=uuid4())
    assert not NumberSeries.objects.exists()


def test_a_step_runs_only_within_a_command():
    with pytest.raises(NotWithinCommand):
        part_of_a_deed(series="a", actor=ACTOR)

    request_id = uuid4()
    assert whole_deed(series="a", actor=ACTOR, request_id=request_id) == 1
    assert AuditEvent.objects.get().request == request_id


def test_a_command_must_close_with_actor_and_request_id():
    def deed(*, actor, request_id, series):
        return None

    with pytest.raises(TypeError):
        command_module.command(deed)


def test_the_code_of_a_refusal_is_its_fact():
    assert NoMoreOfThese(most=1).code == "no_more_of_these"
