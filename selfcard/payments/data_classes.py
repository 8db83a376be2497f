"""Of what kind the data of this room are; `core.held` says what the kinds mean."""

from selfcard.core.held import Held, held

HELD: dict[str, Held] = {
    "payments.AdvanceAccount": held(party="payer_name tax_number", business="number currency"),
    "payments.AdvanceEntry": held(business="reason_kind reason_number"),
    "payments.Drawer": held(business="code name_zh name_en"),
    "payments.DrawerDay": held(words="explanation", business="currency"),
    "payments.Banking": held(business="number currency reference"),
    "payments.Takings": held(business="currency"),
    "payments.PaymentReceipt": held(
        personal="payee_account",
        party="payee_name payee_bank",
        words="void_reason",
        business=(
            "id number kind organisation way account amount currency lines reason_kind "
            "reason_number state issued_by issued_at payee_set_by confirmed_by confirmed_at "
            "voided_by voided_at"
        ),
    ),
    "payments.PaymentFailure": held(party="payee_name", words="reason"),
    "payments.Outlay": held(business="reference"),
    "payments.Receipt": held(
        party="payer_name buyer_tax_number",
        words="void_reason",
        business="number currency lines reason_kind reason_number expected",
    ),
    "payments.Tender": held(business="reference"),
    "payments.Invoice": held(
        party="buyer_name buyer_tax_number",
        business="number series currency lines",
    ),
    "payments.RedLetterInvoice": held(
        party="buyer_name buyer_tax_number",
        business="number series currency lines",
    ),
    "payments.TaxFact": held(business="platform number confirmation"),
}
