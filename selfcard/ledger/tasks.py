"""What the ledger does by itself, at night."""

from datetime import timedelta
from uuid import uuid4

from django.conf import settings
from procrastinate.contrib.django import app

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.ledger.commands import close_days
from selfcard.ledger.queries import last_closing


@app.periodic(cron="40 0 * * *")
@app.task(name="ledger.close_days", queueing_lock="ledger.close_days")
def close_days_nightly(timestamp: int) -> None:
    """Where the insurer wants it: the days are closed that have been over for so many days."""
    if settings.CLOSE_BOOKS_AFTER_DAYS is None:
        return
    up_to = clock.today() - timedelta(days=1 + settings.CLOSE_BOOKS_AFTER_DAYS)
    last = last_closing()
    if last is None or last.up_to < up_to:
        close_days(up_to=up_to, actor=Actor.system("closing of the books"), request_id=uuid4())
