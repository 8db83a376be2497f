"""What activation does by itself, at night."""

from uuid import uuid4

from procrastinate.contrib.django import app

from selfcard.activation.commands import sweep
from selfcard.core.actor import Actor


@app.periodic(cron="40 3 * * *")
@app.task(name="activation.sweep", queueing_lock="activation.sweep")
def sweep_nightly(timestamp: int) -> None:
    """Forget what no longer counts at the gate, and drafts that nobody came back to."""
    sweep(actor=Actor.system("nightly sweep"), request_id=uuid4())
