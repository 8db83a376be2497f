"""What the house forgets by itself, at night."""

from uuid import uuid4

from procrastinate.contrib.django import app

from selfcard.core.actor import Actor
from selfcard.core.kept import forget, to_forget

# A job that failed is looked at within so long; of one that is done, nobody asks after a day.
HOURS_OF_A_JOB, HOURS_OF_A_FAILURE = 24, 24 * 90


@app.periodic(cron="40 3 * * *")
@app.task(name="core.forget", queueing_lock="core.forget")
def forget_nightly(timestamp: int) -> None:
    """Delete what is past its time, a piece at a time."""
    for label in to_forget():
        while forget(label=label, actor=Actor.system("nightly sweep"), request_id=uuid4()):
            pass


@app.periodic(cron="50 3 * * *")
@app.task(name="core.forget_jobs", queueing_lock="core.forget_jobs")
async def forget_jobs_nightly(timestamp: int) -> None:
    """Delete jobs that are over."""
    await app.job_manager.delete_old_jobs(nb_hours=HOURS_OF_A_JOB)
    await app.job_manager.delete_old_jobs(
        nb_hours=HOURS_OF_A_FAILURE,
        include_failed=True,
        include_cancelled=True,
        include_aborted=True,
    )
