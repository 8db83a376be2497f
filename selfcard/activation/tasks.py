"""What activation does in the background: after a deed, and at the hours at which people may be
told.
"""

from uuid import UUID, uuid4

from procrastinate.contrib.django import app

from selfcard.activation.commands.phones import SEND_CODE, send_code
from selfcard.activation.commands.reminding import remind_of_drafts
from selfcard.activation.models import OneTimeCode
from selfcard.core.actor import Actor
from selfcard.core.reminding import is_waking_hour


@app.task(name=SEND_CODE)
def send_code_asked_for(*, code: str) -> None:
    """Send a code, if there is somebody to send it to."""
    asked = OneTimeCode.objects.get(pk=UUID(code))
    send_code(code=asked, actor=Actor.system("codes"), request_id=uuid4())


@app.periodic(cron="25 * * * *")
@app.task(name="activation.remind_of_drafts", queueing_lock="activation.remind_of_drafts")
def remind_of_drafts_by_day(timestamp: int) -> None:
    """Remind whoever began to activate a card and did not come back within a day."""
    while is_waking_hour() and remind_of_drafts(
        actor=Actor.system("reminders"), request_id=uuid4()
    ):
        pass
