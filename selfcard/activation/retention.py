"""How long what this room holds is kept; `core.kept` says what the reasons mean."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Q

from selfcard.core.kept import Reason, Retentions, kept, recorded, swept

KEPT: Retentions = {
    "activation.CaseCopy": [
        # Without a policy it is evidence of nothing.
        swept(
            Reason.DRAFT, "added_at", settings.DRAFT_MEMORY, Q(case__state__in=["open", "closed"])
        ),
        recorded(Reason.CONTRACT, "added_at", settings.RECORD_TIME, Q(case__state="done")),
    ],
    "activation.DeskCase": [recorded(Reason.CONTRACT, "begun_at", settings.RECORD_TIME)],
    "activation.Draft": [swept(Reason.DRAFT, "saved_at", settings.DRAFT_MEMORY)],
    # A draft that somebody goes on with lives longer than it was begun.
    "activation.DraftReminder": [swept(Reason.DRAFT, "at", 3 * settings.DRAFT_MEMORY)],
    "activation.OneTimeCode": [swept(Reason.VISIT, "expires_at", timedelta(days=1))],
    # A proof that became a policy belongs to the policy's evidence.
    "activation.PinProof": [
        swept(Reason.VISIT, "expires_at", timedelta(days=1), Q(used_at=None)),
        recorded(Reason.CONTRACT, "used_at", settings.RECORD_TIME),
    ],
    "activation.SourceCounter": [swept(Reason.GATE, "since", settings.GATE_SOURCE_MEMORY)],
    "activation.SpentTicket": [swept(Reason.GATE, "expires_at", timedelta())],
    "activation.TargetCounter": [swept(Reason.GATE, "since", settings.GATE_TARGET_MEMORY)],
    "activation.Unlocking": [kept(Reason.TRAIL)],
}
