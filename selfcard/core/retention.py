"""How long what this room holds is kept; `core.kept` says what the reasons mean."""

from django.conf import settings

from selfcard.core.kept import Reason, Retentions, kept, swept

KEPT: Retentions = {
    "core.AuditEvent": [kept(Reason.TRAIL)],
    "core.Paper": [kept(Reason.BOOKS)],
    "core.Request": [swept(Reason.REPEAT, "at", settings.REQUEST_MEMORY)],
}
