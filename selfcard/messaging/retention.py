"""How long what this room holds is kept; `core.kept` says what the reasons mean."""

from django.conf import settings

from selfcard.core.kept import Reason, Retentions, recorded

KEPT: Retentions = {
    "messaging.Message": [recorded(Reason.CONTRACT, "written_at", settings.RECORD_TIME)]
}
