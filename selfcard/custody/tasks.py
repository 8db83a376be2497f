"""Background work of custody: making a batch, whose cards it then puts into the books."""

from uuid import UUID, uuid4

from procrastinate.contrib.django import app

from selfcard.cards.commands import begin_batch
from selfcard.cards.errors import BatchInOtherState
from selfcard.cards.making import throw_away, write_batch
from selfcard.cards.models import Batch, BatchKey
from selfcard.cards.print_file import WrittenFile
from selfcard.core.actor import Actor
from selfcard.core.models import Work
from selfcard.core.work import WorkCancelled, end_work, progress
from selfcard.custody.commands import take_in_batch

MAKE_BATCH = "custody.make_batch"


@app.task(name=MAKE_BATCH)
def make_batch(*, batch: int, work: str) -> None:
    """Make a batch: PIN sheets and print file chunk by chunk, its cards with the last one.

    Run again after a crash it begins anew: what the broken making left is thrown away first, and
    nothing of it was ever in anybody's hands. Two at once cannot both end: the later has thrown
    away the earlier one's keys.
    """
    actor = Actor.system("batch")
    row = Work.objects.get(pk=UUID(work))
    key: BatchKey | None = None
    written: WrittenFile | None = None
    try:
        key = begin_batch(batch=Batch.objects.get(pk=batch), actor=actor, request_id=uuid4())
        written = write_batch(_with_batch(key), lambda done: progress(row, done))
        take_in_batch(key=key, written=written, actor=actor, request_id=uuid4())
    except (WorkCancelled, BatchInOtherState):
        _end_where_it_stands(batch, row)
    except Exception as failure:
        # One whose keys are gone was overtaken by a later making, which tells how it went.
        if key is None or BatchKey.objects.filter(pk=key.pk).exists():
            end_work(row, Work.State.FAILED, type(failure).__name__)
        raise
    else:
        end_work(row, Work.State.DONE)
    finally:
        if written is not None:
            written.discard()


@app.periodic(cron="* * * * *")
@app.task(name="custody.resume_broken_makings", queueing_lock="custody.resume_broken_makings")
async def resume_broken_makings(timestamp: int) -> None:
    """Put the makings whose worker has died back into the queue; they begin anew."""
    for job in await app.job_manager.get_stalled_jobs(task_name=MAKE_BATCH):
        await app.job_manager.retry_job(job)


def _end_where_it_stands(batch: int, row: Work) -> None:
    """The making ends early: the batch was cancelled, or an earlier making came to its end."""
    found = Batch.objects.get(pk=batch)
    if found.state == Batch.State.GENERATED:
        end_work(row, Work.State.DONE)
    elif found.state == Batch.State.CANCELLED:
        throw_away(found)
        end_work(row, Work.State.CANCELLED)


def _with_batch(key: BatchKey) -> BatchKey:
    return BatchKey.objects.select_related("batch__type_version", "batch__printer").get(pk=key.pk)
