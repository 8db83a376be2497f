"""How long what this room holds is kept; `core.kept` says what the reasons mean."""

from selfcard.core.kept import Reason, Retentions, kept

KEPT: Retentions = {"approvals.Approval": [kept(Reason.TRAIL)]}
