"""Products under threads that come at the same moment, each with a control without the lock."""

from uuid import uuid4

import pytest
from django.db import IntegrityError
from django.db.models import QuerySet

from selfcard.organisations.models import May
from selfcard.organisations.queries import staff_actor
from selfcard.products.commands import publish_version, redraft_version
from selfcard.products.errors import ChangedMeanwhile, VersionAlreadyPublished
from selfcard.products.models import ProductVersion
from tests.factories.organisations import a_staff_member
from tests.factories.products import a_draft, a_product, a_version_given, submitted
from tests.races.threads import at_once, held_back_after, no_row_is_locked

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def unlocked(monkeypatch):
    no_row_is_locked(monkeypatch)


@pytest.fixture
def two_drafts(insurer, monkeypatch):
    product = a_product(insurer)
    held_back_after(monkeypatch, (QuerySet, "get"))
    return [lambda: a_draft(insurer, product)] * 2


def test_two_drafts_of_a_product_have_numbers_of_their_own(two_drafts):
    results = at_once(*two_drafts)

    assert sorted(version.number for version in results) == [1, 2]


def test_without_the_products_lock_postgresql_refuses_the_second_draft(two_drafts, unlocked):
    results = at_once(*two_drafts)

    assert sorted(isinstance(result, IntegrityError) for result in results) == [False, True]


@pytest.fixture
def two_publications(insurer):
    version = submitted(insurer, a_draft(insurer))
    another = a_staff_member("C07", insurer.head_office, May.PUBLISH_PRODUCTS)
    actors = (insurer.actor("second"), staff_actor(another))
    return [
        lambda actor=actor: publish_version(
            version=version,
            as_drafted_at=version.drafted_at,
            actor=actor,
            request_id=uuid4(),
        )
        for actor in actors
    ]


def test_a_version_is_published_by_one_of_two(two_publications):
    results = at_once(*two_publications)

    assert {type(result) for result in results} == {ProductVersion, VersionAlreadyPublished}


def test_without_the_versions_lock_the_second_publication_meets_postgresql(
    two_publications, unlocked, monkeypatch
):
    held_back_after(monkeypatch, (QuerySet, "get"))

    results = at_once(*two_publications)

    assert sorted(isinstance(result, IntegrityError) for result in results) == [False, True]


@pytest.fixture
def two_authors(insurer, monkeypatch):
    version = a_draft(insurer)
    another = a_staff_member("C07", insurer.head_office, May.DEFINE_PRODUCTS)
    held_back_after(monkeypatch, (QuerySet, "get"))
    return [
        lambda actor=actor: redraft_version(
            version=version,
            given=a_version_given(),
            as_drafted_at=version.drafted_at,
            actor=actor,
            request_id=uuid4(),
        )
        for actor in (insurer.actor("chief"), staff_actor(another))
    ]


def test_of_two_who_write_a_draft_anew_the_second_is_told(two_authors):
    results = at_once(*two_authors)

    assert {type(result) for result in results} == {ProductVersion, ChangedMeanwhile}


def test_without_the_versions_lock_the_second_author_meets_what_the_first_left(
    two_authors, unlocked
):
    results = at_once(*two_authors)

    assert ChangedMeanwhile not in {type(result) for result in results}
