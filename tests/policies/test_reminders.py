"""Whose cover ends soon is reminded, once for each count of days; who is paid back is told."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.messaging.models import Message
from selfcard.policies.commands import remind_of_cover
from selfcard.policies.models import CoverReminder, Policy
from selfcard.policies.tasks import remind_of_cover_by_day
from tests.factories.activation import activate, cancel, paid_cards
from tests.factories.organisations import Insurer
from tests.factories.postgresql import refused_by_postgresql

pytestmark = pytest.mark.django_db


@pytest.fixture
def policy(insurer: Insurer) -> Policy:
    return activate(paid_cards(insurer, 1)[0])


def days_before(policy: Policy, days: int, hour: int = 10) -> Any:
    """So many days before the last day of a cover."""
    day = clock.last_day_before(policy.ends_at) - timedelta(days=days)
    return clock.frozen(datetime.combine(day, time(hour), clock.zone()))


def look() -> int:
    """The work of a day; gives how many messages there are by then."""
    for days in settings.COVER_REMINDERS:
        while remind_of_cover(days=days, actor=Actor.system("test"), request_id=uuid4()):
            pass
    return Message.objects.filter(occasion="cover_ends", channel="sms").count()


def test_an_applicant_is_reminded_30_and_7_days_before_and_on_no_day_between(
    policy: Policy,
) -> None:
    seen = {}
    for days in (40, 31, 30, 29, 8, 7, 6, 0, -1):
        with days_before(policy, days):
            look()
            seen[days] = look()

    assert seen == {40: 0, 31: 0, 30: 1, 29: 1, 8: 1, 7: 2, 6: 2, 0: 2, -1: 2}
    assert [one.days for one in CoverReminder.objects.order_by("pk")] == [30, 7]
    sms, email = Message.objects.filter(occasion="cover_ends").order_by("pk")[:2]
    assert (sms.recipient, email.recipient) == (policy.phone, policy.email)
    assert policy.number in str(sms.words)
    assert policy.name not in str(sms.words)


def test_a_reminder_missed_in_an_outage_is_made_up_for_and_the_earlier_is_not(
    policy: Policy,
) -> None:
    with days_before(policy, 4):
        look()
        look()

    assert [one.days for one in CoverReminder.objects.all()] == [7]


def test_a_cancelled_policy_is_reminded_of_nothing(policy: Policy, insurer: Insurer) -> None:
    cancel(insurer, policy)

    with days_before(policy, 7):
        assert look() == 0


def test_a_cover_shorter_than_that_from_its_beginning_is_left_alone(
    policy: Policy, settings: Any
) -> None:
    settings.COVER_REMINDERS = (400, 7)

    with days_before(policy, 300):
        assert look() == 0
    with days_before(policy, 7):
        assert look() == 1


def test_nobody_is_reminded_of_a_cover_at_night(policy: Policy) -> None:
    with days_before(policy, 7, 21):
        remind_of_cover_by_day(timestamp=0)
        assert not CoverReminder.objects.exists()
    with days_before(policy, 7, 9):
        remind_of_cover_by_day(timestamp=0)
        assert CoverReminder.objects.count() == 1


def test_postgresql_keeps_one_reminder_of_a_cover(policy: Policy) -> None:
    now = clock.now()
    CoverReminder.objects.create(policy=policy, days=7, at=now)

    with refused_by_postgresql("an_end_of_cover_is_told_once_so_many_days_before"):
        CoverReminder.objects.create(policy=policy, days=7, at=now)
    with refused_by_postgresql("an_end_of_cover_is_told_before"):
        CoverReminder.objects.create(policy=policy, days=0, at=now)
    with refused_by_postgresql("cover_reminder_is_never_changed"):
        CoverReminder.objects.update(days=30)
    with refused_by_postgresql("cover_reminder_is_never_emptied"), connection.cursor() as cursor:
        cursor.execute("TRUNCATE policies_coverreminder")
