"""A batch on its way: ordered, approved by a second person, made, released, downloaded once."""

import csv
import io
import re
from datetime import timedelta
from hashlib import sha256
from uuid import uuid4

import pyrage
import pytest
from asgiref.sync import async_to_sync
from django.db import connection

from selfcard.approvals.errors import AlreadyAsked, ApprovalExpired, NotYourOwnRequest
from selfcard.approvals.errors import ReasonMissing as NoReasonToRefuse
from selfcard.approvals.models import Approval
from selfcard.cards import making
from selfcard.cards.commands import (
    approve_batch,
    ask_batch_approval,
    ask_print_release,
    cancel_batch,
    download_print_file,
    make_batch_again,
    order_batch,
    refuse_batch,
    refuse_print_release,
    release_print_file,
)
from selfcard.cards.commands.orders import APPROVE_BATCH
from selfcard.cards.errors import (
    BatchInOtherState,
    BatchSizeOutOfBounds,
    NobodyAskedForIt,
    NotYourOrder,
    PrintFileAlreadyDownloaded,
    PrintFileAlreadyReleased,
    PrintFileNotMade,
    PrintFileNotReleased,
    SerialsUsedUp,
)
from selfcard.cards.models import BatchKey, PinSheet, PrintFile
from selfcard.cards.print_file import WrittenFile, print_folder, take
from selfcard.cards.queries import batch_of, batches_seen_by, check_pin
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.models import Paper, Work
from selfcard.core.serials import card_number
from selfcard.core.work import cancel_work, run_waiting_jobs
from selfcard.custody import tasks
from selfcard.custody.models import Holding
from selfcard.organisations.errors import NotAuthorised
from selfcard.organisations.models import May
from selfcard.organisations.queries import staff_actor
from tests.factories.cards import (
    PRINTING_HOUSE,
    a_document_type,
    a_made_batch,
    a_printed_batch,
    a_printer,
    an_approved_batch,
    an_ordered_batch,
    read_print_file,
)
from tests.factories.organisations import a_staff_member, an_insurer
from tests.factories.postgresql import refused_by_postgresql
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db


def do(deed, insurer, who, batch, **more):
    return deed(batch=batch, actor=insurer.actor(who), request_id=uuid4(), **more)


# Ordering and approving


def test_an_order_has_no_serials_and_no_deadline_before_it_is_approved(insurer):
    batch = an_ordered_batch(insurer)

    assert (batch.state, batch.serials, batch.deadline) == ("ordered", None, None)
    assert batch.number == f"B-{clock.today().year}-001"


def test_serials_follow_on_from_the_last_batch_of_the_type(insurer):
    first = an_approved_batch(insurer, 100)
    second = an_approved_batch(insurer, 50)

    assert first.run.first == 620118_000_000_001
    assert (second.run.first, second.run.count) == (first.run.last + 1, 50)


def test_a_refused_order_uses_no_serials(insurer):
    refused = an_ordered_batch(insurer, 100)
    do(refuse_batch, insurer, "second", refused, reason="Too many")

    assert an_approved_batch(insurer, 10).run.first == 620118_000_000_001


def test_nobody_approves_their_own_order(insurer):
    batch = an_ordered_batch(insurer)

    with pytest.raises((NotYourOwnRequest, NotAuthorised)):
        do(approve_batch, insurer, "chief", batch)

    batch.refresh_from_db()
    assert batch.state == "ordered"


def test_an_order_is_approved_once(insurer):
    batch = an_approved_batch(insurer)

    with pytest.raises(BatchInOtherState):
        do(approve_batch, insurer, "second", batch)


def in_fifteen_days():
    return clock.frozen(clock.now() + timedelta(days=15))


def test_an_order_whose_request_expired_is_asked_for_again_and_then_approved(insurer):
    batch = an_ordered_batch(insurer)
    with in_fifteen_days():
        with pytest.raises(ApprovalExpired) as refused:
            do(approve_batch, insurer, "second", batch)
        do(ask_batch_approval, insurer, "chief", batch)
        approved = do(approve_batch, insurer, "second", batch)

    assert refused.value.help.args == {"number": batch.number}
    assert approved.state == "approved"


def test_only_whoever_ordered_asks_again(insurer):
    batch = an_ordered_batch(insurer)
    colleague = a_staff_member("1009", insurer.head_office, May.ORDER_BATCHES, May.APPROVE_BATCHES)
    with in_fifteen_days(), pytest.raises(NotYourOrder):
        ask_batch_approval(batch=batch, actor=staff_actor(colleague), request_id=uuid4())


def test_an_order_that_waits_is_not_asked_for_twice(insurer):
    with pytest.raises(AlreadyAsked):
        do(ask_batch_approval, insurer, "chief", an_ordered_batch(insurer))


def test_cancelling_an_order_withdraws_its_request(insurer):
    batch = an_ordered_batch(insurer)
    do(cancel_batch, insurer, "chief", batch, reason="Wrong printer")
    assert Approval.objects.get(kind=APPROVE_BATCH).state == "withdrawn"


def test_an_order_whose_request_expired_can_be_cancelled(insurer):
    batch = an_ordered_batch(insurer)
    with in_fifteen_days():
        do(cancel_batch, insurer, "chief", batch, reason="Nobody wanted it")
    assert Approval.objects.get(kind=APPROVE_BATCH).state == "withdrawn"


def test_a_refusal_says_why(insurer):
    with pytest.raises(NoReasonToRefuse):
        do(refuse_batch, insurer, "second", an_ordered_batch(insurer), reason=" ")


@pytest.mark.parametrize("count", [0, -1, 10_000_001])
def test_a_batch_has_at_least_one_card_and_not_too_many(insurer, count):
    with pytest.raises(BatchSizeOutOfBounds):
        an_ordered_batch(insurer, count)


def test_a_type_can_run_out_of_serials(insurer):
    batch = an_ordered_batch(insurer, 10_000_000)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "UPDATE cards_batch SET count = 999999999, state = 'approved', deadline = '2030-01-01',"
            " serials = int8range(620118000000001, 620119000000000), decided_by_id = %s,"
            " decided_at = now() WHERE id = %s",
            [insurer.second.pk, batch.pk],
        )
        cursor.execute("SET LOCAL session_replication_role = origin")

    with pytest.raises(SerialsUsedUp):
        an_approved_batch(insurer, 1)


def test_whoever_keeps_an_institutions_cards_orders_no_batch(insurer):
    with pytest.raises(NotAuthorised):
        order_batch(
            document_type=a_document_type(insurer),
            count=10,
            printer=a_printer(insurer),
            actor=insurer.actor("keeper"),
            request_id=uuid4(),
        )


def test_a_foreign_branch_sees_no_batches(insurer):
    an_ordered_batch(insurer)

    assert batches_seen_by(insurer.actor("chief")).count() == 1
    assert batches_seen_by(insurer.actor("other_keeper")).count() == 0


# Making


def test_a_made_batch_has_a_sheet_for_every_thousand_cards_and_all_its_cards_are_printed(insurer):
    batch = a_made_batch(insurer, 2_500)

    assert list(PinSheet.objects.order_by("first_serial").values_list("cards", flat=True)) == [
        1000,
        1000,
        500,
    ]
    assert batch.state == "generated"
    assert Holding.objects.get().run == batch.run
    assert batch.work.state == Work.State.DONE
    assert batch.work.done == 2_500


def test_the_print_file_has_a_line_for_every_card(insurer):
    batch = a_made_batch(insurer, 3)
    encrypted = (print_folder() / batch.print_file.name).read_bytes()
    rows = list(csv.reader(io.StringIO(pyrage.decrypt(encrypted, [PRINTING_HOUSE]).decode())))

    assert rows[0] == ["serial", "card_number", "pin", "qr", "deadline"]
    assert len(rows) == 4
    serial, number, pin, qr, deadline = rows[3]
    assert int(serial) == batch.run.last
    assert number.replace(" ", "") == card_number(batch.run.last)
    assert re.fullmatch(r"\d{4} \d{4} \d{4} \d{4}", number)
    assert re.fullmatch(r"\d{4} \d{4} \d{4}", pin)
    assert qr.endswith(f"#c={number.replace(' ', '')}&p={pin.replace(' ', '')}")
    assert deadline == batch.last_day.isoformat()


def test_a_making_that_breaks_off_begins_anew_without_a_gap_or_a_repeat(insurer, monkeypatch):
    batch = an_approved_batch(insurer, 25_000)

    def pulled_plug(work, done):
        if done == 20_000:
            raise ConnectionError

    monkeypatch.setattr(tasks, "progress", pulled_plug)
    with pytest.raises(ConnectionError):
        run_waiting_jobs()
    batch.refresh_from_db()
    assert batch.state == "generating"
    assert PinSheet.objects.count() == 20
    assert not Holding.objects.exists()
    assert not list(print_folder().glob(f"*{batch.number}*"))
    assert batch.work.state == Work.State.FAILED
    monkeypatch.undo()

    do(make_batch_again, insurer, "chief", batch)
    run_waiting_jobs()

    sheets = PinSheet.objects.order_by("first_serial")
    assert [sheet.first_serial for sheet in sheets] == [
        batch.run.first + 1000 * place for place in range(25)
    ]
    assert BatchKey.objects.count() == 1
    assert Holding.objects.get().run == batch.run


def test_a_making_that_was_overtaken_by_another_cannot_end(insurer, monkeypatch):
    batch = an_approved_batch(insurer, 10)
    make = tasks.make_batch.func
    write = making.write_batch

    def overtaken(key, on_progress):
        written = write(key, on_progress)
        monkeypatch.setattr(tasks, "write_batch", write)
        make(batch=batch.pk, work=str(batch.work.pk))
        return written

    monkeypatch.setattr(tasks, "write_batch", overtaken)
    make(batch=batch.pk, work=str(batch.work.pk))

    kept = (print_folder() / f"{batch.number}.age").read_bytes()
    first = pyrage.decrypt(kept, [PRINTING_HOUSE]).decode().splitlines()[1].split(",")
    assert check_pin(int(first[0]), first[2].replace(" ", "")).matches
    assert Work.objects.get(pk=batch.work.pk).state == Work.State.DONE


@pytest.mark.django_db(transaction=True)
def test_a_making_whose_worker_was_killed_is_taken_up_again():
    batch = an_approved_batch(an_insurer(), 25_000)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing'")  # its worker is gone
    key = tasks.begin_batch(batch=batch, actor=Actor.system("batch"), request_id=uuid4())
    PinSheet.objects.create(
        key=key, first_serial=batch.run.first, cards=1, digests=b"", selectors=b""
    )
    leftover = print_folder() / f".{batch.number}.age.{key.pk}.partial"
    leftover.write_bytes(b"half a file")

    # In a thread of its own: a browser of another test may keep a loop running in this one.
    assert at_once(lambda: async_to_sync(tasks.resume_broken_makings.func)(timestamp=0)) == [None]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'")
    run_waiting_jobs()

    batch.refresh_from_db()
    assert batch.state == "generated"
    assert PinSheet.objects.count() == 25
    assert Holding.objects.get().run == batch.run
    assert not leftover.exists()


def a_making_whose_commit_never_came(insurer, monkeypatch):
    """The file has its name already, and then the power is cut."""
    batch = an_approved_batch(insurer, 10)
    keep = WrittenFile.keep

    def pulled_plug(written, name):
        keep(written, name)
        raise ConnectionError

    monkeypatch.setattr(WrittenFile, "keep", pulled_plug)
    with pytest.raises(ConnectionError):
        run_waiting_jobs()
    monkeypatch.undo()
    assert [path.name for path in print_folder().iterdir()] == [f"{batch.number}.age"]
    batch.refresh_from_db()
    return batch


def test_a_file_whose_making_was_never_committed_is_made_anew(insurer, monkeypatch):
    batch = a_making_whose_commit_never_came(insurer, monkeypatch)

    do(make_batch_again, insurer, "chief", batch)
    run_waiting_jobs()

    encrypted = (print_folder() / PrintFile.objects.get().name).read_bytes()
    assert sha256(encrypted).hexdigest() == PrintFile.objects.get().sha256
    for card in read_print_file(encrypted):
        assert check_pin(card.serial, card.pin).matches


def test_a_batch_that_is_cancelled_after_its_making_broke_off_leaves_nothing(insurer, monkeypatch):
    batch = a_making_whose_commit_never_came(insurer, monkeypatch)
    assert PinSheet.objects.exists()

    do(cancel_batch, insurer, "chief", batch, reason="Wrong printer")

    assert not BatchKey.objects.exists()
    assert not PinSheet.objects.exists()
    assert not list(print_folder().iterdir())


def test_what_belongs_to_a_made_batch_is_never_thrown_away(insurer):
    batch = a_made_batch(insurer, 10)

    with refused_by_postgresql("never deleted"):
        making.throw_away(batch)

    assert (print_folder() / batch.print_file.name).exists()


def test_a_made_batch_is_not_made_again(insurer):
    batch = a_made_batch(insurer, 10)
    key = BatchKey.objects.get()

    tasks.make_batch.func(batch=batch.pk, work=str(batch.work.pk))

    assert BatchKey.objects.get() == key
    with pytest.raises(BatchInOtherState):
        do(make_batch_again, insurer, "chief", batch)


def test_a_cancelled_batch_is_not_made_and_its_serials_are_never_used(insurer):
    batch = an_approved_batch(insurer, 10)
    do(cancel_batch, insurer, "chief", batch, reason="Wrong printer")
    run_waiting_jobs()

    batch.refresh_from_db()
    assert batch.state == "cancelled"
    assert batch.work.state == Work.State.CANCELLED
    assert not PrintFile.objects.exists()
    assert not Holding.objects.exists()
    assert an_approved_batch(insurer, 10).run.first == batch.run.last + 1


def test_a_making_stops_when_it_is_cancelled_meanwhile(insurer, monkeypatch):
    batch = an_approved_batch(insurer, 30_000)
    seen = []

    def cancelled_in_between(work, done):
        seen.append(done)
        cancel_work(work)
        do(cancel_batch, insurer, "chief", batch, reason="Stop")
        monkeypatch.undo()
        tasks.progress(work, done)

    monkeypatch.setattr(tasks, "progress", cancelled_in_between)
    run_waiting_jobs()

    batch.refresh_from_db()
    assert seen == [10_000]
    assert batch.work.state == Work.State.CANCELLED
    assert not PinSheet.objects.exists()
    assert not list(print_folder().glob(f".{batch.number}*"))


def test_a_made_batch_cannot_be_cancelled(insurer):
    with pytest.raises(BatchInOtherState):
        do(cancel_batch, insurer, "chief", a_made_batch(insurer), reason="Too late")


# The print file's one way out


def test_a_second_person_releases_the_print_file(insurer):
    batch = a_made_batch(insurer)
    with pytest.raises(NobodyAskedForIt):
        do(release_print_file, insurer, "second", batch)
    do(ask_print_release, insurer, "chief", batch)

    with pytest.raises(NotYourOwnRequest):
        do(release_print_file, insurer, "chief", batch)
    print_file = do(release_print_file, insurer, "second", batch)

    assert print_file.release_asked_by == insurer.chief
    assert print_file.released_by == insurer.second
    with pytest.raises(PrintFileAlreadyReleased):
        do(release_print_file, insurer, "second", batch)


def test_a_refused_release_can_be_asked_for_again(insurer):
    batch = a_made_batch(insurer)
    do(ask_print_release, insurer, "chief", batch)
    do(refuse_print_release, insurer, "second", batch, reason="Call the printer first")
    do(ask_print_release, insurer, "chief", batch)

    assert do(release_print_file, insurer, "second", batch).released_at


def test_a_print_file_does_not_leave_before_it_is_released(insurer):
    with pytest.raises(PrintFileNotMade):
        do(download_print_file, insurer, "chief", an_approved_batch(insurer))
    batch = a_made_batch(insurer)

    with pytest.raises(PrintFileNotReleased):
        do(download_print_file, insurer, "chief", batch)


def test_a_print_file_is_downloaded_once(insurer):
    batch, _ = a_printed_batch(insurer)

    with pytest.raises(PrintFileAlreadyDownloaded, match="C01"):
        do(download_print_file, insurer, "chief", batch)


def test_a_repeated_download_does_not_give_the_file_a_second_time(insurer):
    batch = a_made_batch(insurer)
    do(ask_print_release, insurer, "chief", batch)
    do(release_print_file, insurer, "second", batch)
    request = {"batch": batch, "actor": insurer.actor("chief"), "request_id": uuid4()}

    first = take(download_print_file(**request).name)
    again = take(download_print_file(**request).name)

    assert first is not None
    first.close()
    assert again is None


def a_download_that_broke_off(insurer):
    """The download is in the books, and the file still lies in its folder."""
    batch = a_made_batch(insurer)
    do(ask_print_release, insurer, "chief", batch)
    do(release_print_file, insurer, "second", batch)
    do(download_print_file, insurer, "chief", batch)
    return batch


def test_whoever_downloaded_takes_a_file_that_a_crash_left_lying_once(insurer):
    batch = a_download_that_broke_off(insurer)

    taken = take(do(download_print_file, insurer, "chief", batch).name)

    assert taken is not None
    taken.close()
    with pytest.raises(PrintFileAlreadyDownloaded):
        do(download_print_file, insurer, "chief", batch)


def test_nobody_else_takes_a_file_that_a_crash_left_lying(insurer):
    batch = a_download_that_broke_off(insurer)
    colleague = a_staff_member("1009", insurer.head_office, May.ORDER_BATCHES)

    with pytest.raises(PrintFileAlreadyDownloaded):
        download_print_file(batch=batch, actor=staff_actor(colleague), request_id=uuid4())


def test_the_protocol_is_kept_with_checksum_and_key(insurer):
    batch, _ = a_printed_batch(insurer)

    paper = Paper.objects.get(kind="print_protocol", number=batch.number)

    assert batch.print_file.sha256 in paper.facts
    assert batch.printer.public_key in paper.facts


def test_the_batch_of_a_serial_is_found(insurer):
    batch = an_approved_batch(insurer, 100)

    assert batch_of(batch.run.last) == batch
    assert batch_of(batch.run.last + 1) is None
