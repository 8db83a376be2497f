"""How long what this room holds is kept; `core.kept` says what the reasons mean."""

from datetime import timedelta

from django.conf import settings

from selfcard.core.kept import Reason, Retentions, recorded, swept

KEPT: Retentions = {
    "sms.Budget": [swept(Reason.GATE, "hour", timedelta(hours=1))],
    "sms.InboundMessage": [recorded(Reason.CONTRACT, "came_at", settings.RECORD_TIME)],
    "sms.Nonce": [swept(Reason.REPEAT, "came_at", timedelta(hours=1))],
    # What waits for its other parts longer is deleted by then anyway (`sms.tasks`).
    "sms.Part": [swept(Reason.VISIT, "came_at", timedelta(hours=1))],
    "sms.Sender": [swept(Reason.GATE, "since", timedelta(hours=1))],
}
