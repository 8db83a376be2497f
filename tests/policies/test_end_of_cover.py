"""A cover that ends at 24:00, or at the time at which it started: the same days, told as such."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import translation

from selfcard.core import clock
from selfcard.policies.cancelling import reckoned
from selfcard.policies.paperwork import policy_facts
from selfcard.policies.queries import in_force
from selfcard.products.ages import EndOfCover
from selfcard.products.rules import cover_period
from selfcard.web.templatetags import portal, selfcard
from tests.factories.organisations import an_insurer
from tests.factories.policies import a_person, a_policy, an_application, an_insured
from tests.factories.products import a_published_version, some_rules

TODAY = date(2026, 11, 23)


@pytest.fixture(params=[EndOfCover.MIDNIGHT, EndOfCover.SAME_TIME])
def policy(db, request):
    insurer = an_insurer()
    version = a_published_version(insurer, rules=some_rules(ends=request.param))
    with clock.frozen(TODAY):
        return a_policy(
            version,
            insurer.institution,
            an_application(an_insured(a_person("王芳", date(1986, 5, 17)))),
        )


def test_it_is_over_when_the_next_day_begins(policy):
    assert clock.day_of(policy.starts_at) == date(2026, 11, 24)
    assert policy.ends_at == clock.day_start(date(2027, 11, 24))
    assert clock.last_day_before(policy.ends_at) == date(2027, 11, 23)


def test_the_next_cover_may_begin_at_that_moment(policy):
    rules = policy.product_version.bounds
    index = bytes(policy.insured.get().identity_index)

    def counted(starts_on: date) -> int:
        period = cover_period(rules, starts_on)
        return in_force([index], policy.product_version.product, *period)[index].policies

    assert counted(date(2027, 11, 23)) == 1
    assert counted(date(2027, 11, 24)) == 0


def test_its_days_are_the_same_when_it_is_cancelled(policy):
    back = reckoned(policy, date(2027, 11, 22), benefit_paid=False)

    assert (back.days, back.unearned) == (365, 1)
    assert back.amount == (policy.premium_gross / 365).quantize(Decimal("0.01"))


def test_it_is_told_as_24_hours_of_its_last_day(policy):
    with translation.override("en"):
        assert portal.end_day_and_time(policy.ends_at) == "23 November 2027, 24:00"
        assert "23 Nov 2027, 24:00" in selfcard.end_of_cover(policy.ends_at)
    with translation.override("zh-hans"):
        assert portal.end_day_and_time(policy.ends_at) == "2027年11月23日 24:00"
    facts = policy_facts(policy, code="0", signer="")
    assert facts.ends_at == datetime(2027, 11, 24, tzinfo=clock.zone())


def test_a_cover_to_the_last_second_is_told_as_ever():
    end = clock.day_end(date(2027, 11, 23))

    with translation.override("en"):
        assert portal.end_day_and_time(end) == "23 November 2027, 23:59:59"
    assert clock.last_day_before(end) == clock.last_day_before(end + timedelta(seconds=1))
