"""How long what this room holds is kept; `core.kept` says what the reasons mean."""

from selfcard.core.kept import Reason, Retentions, kept

KEPT: Retentions = {
    "custody.CountFinding": [kept(Reason.BOOKS)],
    "custody.Extension": [kept(Reason.BOOKS)],
    "custody.Freeze": [kept(Reason.BOOKS)],
    "custody.Issue": [kept(Reason.BOOKS)],
    "custody.Movement": [kept(Reason.BOOKS)],
    "custody.Recall": [kept(Reason.BOOKS)],
    "custody.Requisition": [kept(Reason.BOOKS)],
    "custody.StockCount": [kept(Reason.BOOKS)],
    "custody.WriteOff": [kept(Reason.BOOKS)],
}
