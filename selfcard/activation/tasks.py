"""What activation does after a deed, in the background."""

from uuid import UUID, uuid4

from procrastinate.contrib.django import app

from selfcard.activation.commands.phones import SEND_CODE, send_code
from selfcard.activation.models import OneTimeCode
from selfcard.core.actor import Actor


@app.task(name=SEND_CODE)
def send_code_asked_for(*, code: str) -> None:
    """Send a code, if there is somebody to send it to."""
    asked = OneTimeCode.objects.get(pk=UUID(code))
    send_code(code=asked, actor=Actor.system("codes"), request_id=uuid4())
