"""What sales does by itself, at night."""

from uuid import uuid4

from django.conf import settings
from procrastinate.contrib.django import app

from selfcard.core.actor import Actor
from selfcard.sales.commands import block_overdue_sellers


@app.periodic(cron="20 0 * * *")
@app.task(name="sales.block_overdue_sellers", queueing_lock="sales.block_overdue_sellers")
def block_overdue_sellers_nightly(timestamp: int) -> None:
    """Where the insurer wants it: whoever sold what became overdue gets no further cards."""
    if settings.OVERDUE_BLOCKS:
        while block_overdue_sellers(actor=Actor.system("overdue sales"), request_id=uuid4()):
            pass
