"""What sales does by itself: at night, and at the hours at which people may be told."""

from uuid import uuid4

from django.conf import settings
from procrastinate.contrib.django import app

from selfcard.core.actor import Actor
from selfcard.core.reminding import is_waking_hour
from selfcard.sales.commands import block_overdue_sellers, remind_of_deadlines


@app.periodic(cron="20 0 * * *")
@app.task(name="sales.block_overdue_sellers", queueing_lock="sales.block_overdue_sellers")
def block_overdue_sellers_nightly(timestamp: int) -> None:
    """Where the insurer wants it: whoever sold what became overdue gets no further cards."""
    if settings.OVERDUE_BLOCKS:
        while block_overdue_sellers(actor=Actor.system("overdue sales"), request_id=uuid4()):
            pass


@app.periodic(cron="5 * * * *")
@app.task(name="sales.remind_of_deadlines", queueing_lock="sales.remind_of_deadlines")
def remind_of_deadlines_by_day(timestamp: int) -> None:
    """Remind buyers of cards that nobody has activated: the first of these hours that runs does the
    day's work, and the next ones find nothing left to do."""
    while is_waking_hour() and remind_of_deadlines(
        actor=Actor.system("reminders"), request_id=uuid4()
    ):
        pass
