"""How long what this room holds is kept; `core.kept` says what the reasons mean."""

from selfcard.core.kept import Reason, Retentions, kept

KEPT: Retentions = {
    "payments.AdvanceAccount": [kept(Reason.BOOKS)],
    "payments.DrawerDay": [kept(Reason.BOOKS)],
    "payments.Invoice": [kept(Reason.BOOKS)],
    "payments.PaymentFailure": [kept(Reason.BOOKS)],
    "payments.PaymentReceipt": [kept(Reason.BOOKS)],
    "payments.Receipt": [kept(Reason.BOOKS)],
    "payments.RedLetterInvoice": [kept(Reason.BOOKS)],
}
