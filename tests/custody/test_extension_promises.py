"""Around the commands: what PostgreSQL itself refuses of later last days."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from psycopg.types.range import DateRange, Range

from selfcard.core import clock
from selfcard.custody.models import Extension, ExtensionRun
from selfcard.custody.verify import violations
from tests.factories.extensions import Overdue, overdue_cards
from tests.factories.postgresql import refused_by_postgresql, triggers_at_rest

pytestmark = pytest.mark.django_db


@pytest.fixture
def overdue() -> Overdue:
    return overdue_cards()


@pytest.fixture
def asked(overdue: Overdue) -> Extension:
    with overdue.afterwards():
        return overdue.ask((1, 5))


@pytest.fixture
def granted(overdue: Overdue, asked: Extension) -> Extension:
    with overdue.afterwards():
        return overdue.grant(asked)


def changed(extension: Extension, **changes: Any) -> None:
    Extension.objects.filter(pk=extension.pk).update(**changes)


def test_what_was_asked_for_stays(overdue: Overdue, asked: Extension) -> None:
    for change in (
        {"last_day": asked.last_day + timedelta(days=1)},
        {"count": 3},
        {"reason": "another"},
        {"number": "EX-0"},
        {"asked_by": overdue.insurer.second},
    ):
        with refused_by_postgresql("never changed"):
            changed(asked, **change)
    with refused_by_postgresql("never deleted"):
        Extension.objects.all()._raw_delete("default")
    with refused_by_postgresql("never deleted"):
        ExtensionRun.objects.all()._raw_delete("default")


def test_nobody_agrees_to_their_own_request(overdue: Overdue, asked: Extension) -> None:
    with refused_by_postgresql("an_extension_is_decided_by_another_person"):
        changed(asked, state="granted", decided_by=overdue.insurer.keeper, decided_at=clock.now())


def test_a_decision_stands_and_is_taken_once(overdue: Overdue, granted: Extension) -> None:
    with refused_by_postgresql("extension_is_decided_once"):
        changed(granted, state="asked", decided_by=None, decided_at=None)


def test_what_is_granted_is_in_force_and_what_is_not_is_not(
    overdue: Overdue, asked: Extension
) -> None:
    now = clock.now()
    with refused_by_postgresql("does not say what its cards say"):
        changed(asked, state="granted", decided_by=overdue.insurer.second, decided_at=now)
    with refused_by_postgresql("nobody agreed to a later last day"):
        asked.runs.update(
            granted_at=now, during=DateRange(clock.today(), asked.last_day + timedelta(days=1))
        )


def test_a_run_is_in_force_just_to_the_day_that_was_agreed_to(
    overdue: Overdue, asked: Extension
) -> None:
    with overdue.afterwards() as today:
        now = clock.now()
        for first, end in (
            (today, asked.last_day + timedelta(days=2)),
            (today - timedelta(days=30), asked.last_day + timedelta(days=1)),
        ):
            with refused_by_postgresql("nobody agreed to a later last day"):
                changed(asked, state="granted", decided_by=overdue.insurer.second, decided_at=now)
                asked.runs.update(granted_at=now, during=DateRange(first, end))


def test_no_cards_are_named_once_somebody_decided(overdue: Overdue, granted: Extension) -> None:
    with refused_by_postgresql("named before anybody decides"):
        ExtensionRun.objects.create(extension=granted, serials=overdue.run(6, 6).range)


def test_what_is_in_force_is_never_changed(overdue: Overdue, granted: Extension) -> None:
    with refused_by_postgresql("never changed"):
        granted.runs.update(serials=overdue.run(1, 6).range)


@pytest.mark.parametrize("serials", [Range(empty=True), Range(1, None)])
def test_a_run_is_neither_empty_nor_unbounded(asked: Extension, serials: Range) -> None:
    with refused_by_postgresql("extension_run_is_neither_empty_nor_unbounded"):
        ExtensionRun.objects.create(extension=asked, serials=serials)


def test_a_run_has_its_days_when_it_is_granted_and_not_before(asked: Extension) -> None:
    for half in (
        {"granted_at": clock.now()},
        {"during": DateRange(clock.today(), asked.last_day)},
        {"granted_at": clock.now(), "during": DateRange(clock.today(), None)},
    ):
        with (
            refused_by_postgresql("an_extension_run_is_in_force_when_it_is_granted"),
            triggers_at_rest(),
        ):
            asked.runs.update(**half)


def test_a_card_has_one_later_last_day_at_a_time(overdue: Overdue, granted: Extension) -> None:
    with overdue.afterwards():
        other = overdue.ask((6, 8))
        named = ExtensionRun(extension=other, serials=overdue.run(5, 5).range)
        named.save()
        with refused_by_postgresql("a_card_is_extended_once_at_a_time"):
            now = clock.now()
            changed(other, state="granted", decided_by=overdue.insurer.second, decided_at=now)
            other.runs.update(
                granted_at=now,
                during=DateRange(clock.today(), other.last_day + timedelta(days=1)),
            )


def test_an_extension_names_cards_and_its_reason(overdue: Overdue, asked: Extension) -> None:
    facts = {
        "document_type": asked.document_type,
        "holder": asked.holder,
        "count": 1,
        "last_day": asked.last_day,
        "reason": "late",
        "asked_by": asked.asked_by,
        "asked_at": clock.now(),
    }
    with refused_by_postgresql("does not say what its cards say"):
        Extension.objects.create(number="EX-0", **facts)
    for wrong in ({"reason": ""}, {"count": 0}):
        with refused_by_postgresql("an_extension_is_of_cards_and_has_its_reason"):
            Extension.objects.create(number="EX-0", **{**facts, **wrong})


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE custody_extension SET state = 'refused'",
        "UPDATE custody_extension SET last_day = last_day + 1",
        "UPDATE custody_extensionrun SET during = daterange('2020-01-01', upper(during))",
    ],
)
def test_verify_names_a_later_last_day_that_nobody_agreed_to(
    overdue: Overdue, granted: Extension, damage: str
) -> None:
    assert list(violations()) == []

    with triggers_at_rest(), connection.cursor() as cursor:
        cursor.execute(damage)

    assert any("later last day" in violation.promise for violation in violations())
