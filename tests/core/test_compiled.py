"""A query that is put together once answers as one that is put together each time."""

from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from psycopg.types.range import Range

from selfcard.activation.models import Draft
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.compiled import Compiled, insert
from selfcard.core.models import AuditEvent
from selfcard.core.serials import SerialRun
from selfcard.organisations.models import Staff
from tests.factories.organisations import an_insurer
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def built():
    """How often the query was put together."""
    return []


@pytest.fixture
def staff_and_theirs(built):
    def build(count, *keys):
        built.append(count)
        return Staff.objects.select_related("party", "organisation__party").filter(pk__in=keys)

    return Compiled(build)


def test_it_gives_the_same_instances_with_what_belongs_to_them(
    staff_and_theirs, django_assert_num_queries
):
    insurer = an_insurer()
    keys = [insurer.keeper.pk, insurer.seller.pk]

    with django_assert_num_queries(1):
        found = staff_and_theirs(2, *keys)
        names = {staff.organisation.party.name_en for staff in found}

    assert found == list(Staff.objects.filter(pk__in=keys))
    assert names == {"Institution"}


def test_it_is_put_together_once_for_each_shape(staff_and_theirs, built):
    insurer = an_insurer()

    assert staff_and_theirs(1, insurer.keeper.pk) == [insurer.keeper]
    assert staff_and_theirs(1, insurer.seller.pk) == [insurer.seller]
    assert staff_and_theirs(1, 0) == []
    assert staff_and_theirs(2, insurer.seller.pk, insurer.seller.pk) == [insurer.seller]
    assert built == [1, 2]


def test_ranges_are_exchanged_like_numbers():
    for first in (10, 20, 30):
        record(Actor.system(), f"from {first}", serials=SerialRun(first, first + 4))
    touching = Compiled(
        lambda _, one, other: AuditEvent.objects.filter(
            Q(serials__overlap=one) | Q(serials__overlap=other)
        ).order_by("id")
    )

    def found(one, other):
        return [event.event for event in touching(None, one, other)]

    assert found(Range(12, 13), Range(1, 2)) == ["from 10"]
    assert found(Range(12, 13), Range(24, 31)) == ["from 10", "from 20", "from 30"]


def test_texts_are_exchanged_like_numbers():
    for name in ("one", "other"):
        record(Actor.system(), name)
    named = Compiled(lambda _, name: AuditEvent.objects.filter(event=name))

    assert [len(named(None, name)) for name in ("one", "other", "one' OR 'a'='a")] == [1, 1, 0]


def test_a_query_that_is_asked_again_is_planned_once(staff_and_theirs):
    insurer = an_insurer()
    for staff in (insurer.keeper, insurer.seller, insurer.chief, insurer.second):
        assert staff_and_theirs(1, staff.pk) == [staff]

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT generic_plans + custom_plans FROM pg_prepared_statements"
            " WHERE statement LIKE '%organisations_staff%'"
        )
        assert cursor.fetchall() == [(2,)]


def test_a_query_may_lock_the_rows_that_it_reads(staff_and_theirs):
    insurer = an_insurer()
    locking = Compiled(lambda _, key: Staff.objects.select_for_update().filter(pk=key))

    with CaptureQueriesContext(connection) as captured:
        assert [locking(None, insurer.keeper.pk) for _ in range(2)] == [[insurer.keeper]] * 2

    assert all(one["sql"].endswith("FOR UPDATE") for one in captured)
    assert all(f'"id" = {insurer.keeper.pk} ' in one["sql"] for one in captured)


def test_a_value_that_the_query_does_not_ask_for_is_a_mistake():
    with pytest.raises(AssertionError):
        Compiled(lambda _, key, other: Staff.objects.filter(pk=key))(None, 1, 2)


@pytest.mark.django_db(transaction=True)
def test_each_thread_asks_on_its_own_connection(staff_and_theirs):
    insurer = an_insurer()
    cast = [insurer.chief, insurer.second, insurer.keeper, insurer.seller]

    found = at_once(*[lambda one=one: staff_and_theirs(1, one.pk) for one in cast])

    assert found == [[one] for one in cast]


def test_uuids_are_exchanged_like_numbers():
    keys = [uuid4(), uuid4()]
    for place, key in enumerate(keys):
        AuditEvent.objects.bulk_create(
            [AuditEvent(at=clock.now(), event=f"of {place}", request=key, facts={})]
        )
    asked = Compiled(lambda _, key: AuditEvent.objects.filter(request=key))

    assert [[event.event for event in asked(None, key)] for key in keys] == [["of 0"], ["of 1"]]


def test_rows_are_written_as_they_would_be_one_by_one_and_get_their_keys():
    insurer = an_insurer()
    now = clock.now()

    def batch(first):
        return [
            AuditEvent(at=now, event=f"event {first + place}", actor_id=key, facts={"of": [place]})
            for place, key in enumerate((None, insurer.keeper.pk))
        ]

    for first in (0, 2):
        rows = batch(first)
        insert(*rows)
        assert [row.pk for row in rows] == sorted(row.pk for row in rows)
        for row in rows:
            written = AuditEvent.objects.get(pk=row.pk)
            assert (written.event, written.facts) == (row.event, row.facts)
            assert not row._state.adding
    insert()


def test_rows_that_are_encrypted_are_encrypted():
    draft = Draft(
        serial=7, device=b"0" * 16, answers="何处", begun_at=clock.now(), saved_at=clock.now()
    )
    insert(draft)

    assert Draft.objects.get(pk=7).answers == "何处"
    with connection.cursor() as cursor:
        cursor.execute("SELECT position('何处'::bytea IN answers) FROM activation_draft")
        assert cursor.fetchone() == (0,)
