"""How long what this room holds is kept; `core.kept` says what the reasons mean."""

from django.conf import settings

from selfcard.core.kept import Reason, Retentions, recorded

KEPT: Retentions = {
    "claims.Entry": [recorded(Reason.CONTRACT, "at", settings.RECORD_TIME)],
    "claims.KeptAttachment": [recorded(Reason.CONTRACT, "entry__at", settings.RECORD_TIME)],
    "claims.Notice": [recorded(Reason.CONTRACT, "reported_at", settings.RECORD_TIME)],
}
