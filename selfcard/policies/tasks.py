"""What policies do by themselves, at the hours at which people may be told."""

from uuid import uuid4

from django.conf import settings
from procrastinate.contrib.django import app

from selfcard.core.actor import Actor
from selfcard.core.reminding import is_waking_hour
from selfcard.policies.commands import remind_of_cover


@app.periodic(cron="15 * * * *")
@app.task(name="policies.remind_of_cover", queueing_lock="policies.remind_of_cover")
def remind_of_cover_by_day(timestamp: int) -> None:
    """Remind applicants whose cover ends soon: the first of these hours that runs does the day's
    work, and the next ones find nothing left to do."""
    for days in sorted(settings.COVER_REMINDERS):
        while is_waking_hour() and remind_of_cover(
            days=days, actor=Actor.system("reminders"), request_id=uuid4()
        ):
            pass
