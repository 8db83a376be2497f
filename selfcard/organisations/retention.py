"""How long what this room holds is kept; `core.kept` says what the reasons mean."""

from selfcard.core.kept import Reason, Retentions, kept

KEPT: Retentions = {
    "organisations.Party": [kept(Reason.STAFF)],
    "organisations.Staff": [kept(Reason.STAFF)],
}
