"""How long what this room holds is kept; `core.kept` says what the reasons mean."""

from datetime import timedelta

from django.conf import settings

from selfcard.core.kept import Reason, Retentions, recorded, swept

KEPT: Retentions = {
    "sms.InboundMessage": [recorded(Reason.CONTRACT, "came_at", settings.RECORD_TIME)],
    # What waits for its other parts longer is deleted within the minute (`sms.tasks`).
    "sms.Part": [swept(Reason.VISIT, "came_at", settings.SMS_PARTS_WAIT)],
    "sms.Sender": [swept(Reason.GATE, "since", timedelta(hours=1))],
}
