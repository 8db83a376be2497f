"""What is forgotten by itself."""

from uuid import uuid4

from procrastinate.contrib.django import app

from selfcard.core.actor import Actor
from selfcard.sms.commands import forget_parts


@app.periodic(cron="* * * * *")
@app.task(name="sms.forget_parts", queueing_lock="sms.forget_parts")
def forget_parts_that_wait(timestamp: int) -> None:
    """Forget parts whose others never came, and the keys under which they were sealed."""
    forget_parts(actor=Actor.system("sms"), request_id=uuid4())
