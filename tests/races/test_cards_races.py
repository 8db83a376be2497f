"""Document types and batches under threads that come at the same moment, each with a control."""

import threading
from dataclasses import replace
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError

from selfcard.approvals import commands as approval_commands
from selfcard.cards.commands import (
    approve_batch,
    ask_print_release,
    cancel_batch,
    download_print_file,
    orders,
    printing,
    release_print_file,
    revise_document_type,
    types,
)
from selfcard.cards.errors import (
    BatchInOtherState,
    OrderedByEarlierVersion,
    PrintFileAlreadyDownloaded,
    PrintFileAlreadyReleased,
    RevisedMeanwhile,
)
from selfcard.cards.models import Batch, DocumentType, DocumentTypeVersion, PrintFile
from selfcard.cards.queries import current_version
from selfcard.cards.terms import TermsGiven
from selfcard.cards.verify import violations
from selfcard.organisations.models import May
from selfcard.organisations.queries import staff_actor
from tests.factories.cards import a_document_type, a_made_batch, an_ordered_batch
from tests.factories.organisations import a_staff_member
from tests.races.threads import at_once, held_back_after, no_row_is_locked, of_kind

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def type_row_is_not_locked(monkeypatch):
    """The control: what is counted under the type's row is counted by both at once."""
    for module in (types, orders):
        monkeypatch.setattr(module, "type_row", lambda key: DocumentType.objects.get(pk=key))


def reading_together(monkeypatch, module, name, count):
    """Let a function of a module give its answer only when all have theirs."""
    real, all_have_read = getattr(module, name), threading.Barrier(count)

    def read(*given):
        found = real(*given)
        all_have_read.wait(20)
        return found

    monkeypatch.setattr(module, name, read)


def two_revisions(insurer):
    version = current_version(a_document_type(insurer))
    return [
        lambda limit=limit: revise_document_type(
            version=version,
            terms=replace(TermsGiven.of(version), holding_limit=limit),
            actor=insurer.actor("chief"),
            request_id=uuid4(),
        )
        for limit in (100, 200)
    ]


def test_of_two_revisions_at_once_one_makes_the_version_and_the_other_is_told(insurer):
    results = at_once(*two_revisions(insurer))

    (made,) = of_kind(results, DocumentTypeVersion)
    (told,) = of_kind(results, RevisedMeanwhile)
    assert made.number == told.facts["version"] == 2
    assert DocumentTypeVersion.objects.count() == 2


def test_without_the_types_lock_the_database_refuses_the_second_revision(
    insurer, type_row_is_not_locked, monkeypatch
):
    deeds = two_revisions(insurer)
    reading_together(monkeypatch, types, "current_version", 2)

    results = at_once(*deeds)

    assert len(of_kind(results, DocumentTypeVersion)) == 1
    (error,) = of_kind(results, IntegrityError)
    assert "document_type_version_has_its_own_number" in str(error)


def approvals(insurer, count):
    batches = [an_ordered_batch(insurer, 100) for _ in range(count)]
    return [
        lambda batch=batch: approve_batch(
            batch=batch, actor=insurer.actor("second"), request_id=uuid4()
        )
        for batch in batches
    ]


def test_batches_that_are_approved_at_once_follow_on_from_each_other(insurer):
    results = at_once(*approvals(insurer, 6))

    first = int(DocumentType.objects.get().prefix) * 10**9 + 1
    assert sorted(batch.run.first for batch in results) == [first + 100 * n for n in range(6)]
    assert list(violations()) == []


def test_without_the_types_lock_the_database_refuses_the_same_serials(
    insurer, type_row_is_not_locked, monkeypatch
):
    deeds = approvals(insurer, 2)
    reading_together(monkeypatch, orders, "_next_serials", 2)

    results = at_once(*deeds)

    assert len(of_kind(results, Batch)) == 1
    (error,) = of_kind(results, IntegrityError)
    assert "batch_serial_is_reserved_once" in str(error)


def test_an_order_that_is_approved_while_its_type_is_revised_is_one_or_the_other(insurer):
    order = an_ordered_batch(insurer)
    version = order.type_version

    approved, revised = at_once(
        lambda: approve_batch(batch=order, actor=insurer.actor("second"), request_id=uuid4()),
        lambda: revise_document_type(
            version=version,
            terms=replace(TermsGiven.of(version), holding_limit=100),
            actor=insurer.actor("chief"),
            request_id=uuid4(),
        ),
    )

    assert revised.number == 2
    order.refresh_from_db()
    if isinstance(approved, Batch):
        assert order.serials is not None
    else:
        assert isinstance(approved, OrderedByEarlierVersion)
        assert order.serials is None


# One order, and two who decide about it


@pytest.fixture
def approved_or_cancelled(insurer):
    order = an_ordered_batch(insurer)
    return [
        lambda: approve_batch(batch=order, actor=insurer.actor("second"), request_id=uuid4()),
        lambda: cancel_batch(
            batch=order, reason="Not needed", actor=insurer.actor("chief"), request_id=uuid4()
        ),
    ]


def test_an_order_is_approved_or_cancelled_and_whoever_is_second_sees_it(approved_or_cancelled):
    approved, cancelled = at_once(*approved_or_cancelled)

    # Cancelled after its approval, it keeps its serials; before, nobody approves it any more.
    assert isinstance(cancelled, Batch)
    assert isinstance(approved, Batch | BatchInOtherState)
    assert (Batch.objects.get().serials is None) == isinstance(approved, BatchInOtherState)
    assert list(violations()) == []


def test_without_the_batchs_lock_one_of_them_meets_postgresql(approved_or_cancelled, monkeypatch):
    """The control: both find the order undecided."""
    no_row_is_locked(monkeypatch)
    reads = ("batch_in", "asked_for", "waiting_request")
    held_back_after(monkeypatch, *[(orders, name) for name in reads])

    results = at_once(*approved_or_cancelled)

    assert any(isinstance(result, DatabaseError) for result in results), results


# One print file, and two who release it or take it


@pytest.fixture
def two_releases(insurer):
    batch = a_made_batch(insurer)
    ask_print_release(batch=batch, actor=insurer.actor("chief"), request_id=uuid4())
    another = a_staff_member("C05", insurer.head_office, May.RELEASE_PRINT)
    actors = (insurer.actor("second"), staff_actor(another))
    return [
        lambda actor=actor: release_print_file(batch=batch, actor=actor, request_id=uuid4())
        for actor in actors
    ]


@pytest.fixture
def two_downloads(insurer, two_releases):
    two_releases[0]()
    batch = Batch.objects.get()
    another = a_staff_member("C06", insurer.head_office, May.ORDER_BATCHES)
    actors = (insurer.actor("chief"), staff_actor(another))
    return [
        lambda actor=actor: download_print_file(batch=batch, actor=actor, request_id=uuid4())
        for actor in actors
    ]


def test_a_print_file_is_released_once(two_releases):
    results = at_once(*two_releases)

    assert {type(result) for result in results} == {PrintFile, PrintFileAlreadyReleased}


def test_a_print_file_leaves_by_one_of_two(two_downloads):
    results = at_once(*two_downloads)

    assert {type(result) for result in results} == {PrintFile, PrintFileAlreadyDownloaded}


@pytest.fixture
def print_file_is_not_locked(monkeypatch):
    """The control: both have read the file as it was."""
    no_row_is_locked(monkeypatch)
    held_back_after(monkeypatch, (printing, "_print_file"))


def test_without_the_files_lock_the_second_release_meets_postgresql(
    two_releases, print_file_is_not_locked, monkeypatch
):
    held_back_after(monkeypatch, (approval_commands, "locked"))

    results = at_once(*two_releases)

    assert sorted(isinstance(result, IntegrityError) for result in results) == [False, True]


def test_without_the_files_lock_the_second_download_meets_postgresql(
    two_downloads, print_file_is_not_locked
):
    results = at_once(*two_downloads)

    assert sorted(isinstance(result, IntegrityError) for result in results) == [False, True]
