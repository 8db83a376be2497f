"""Cards come back and their money goes out: recoveries, payment receipts, red letters, ledger."""

from django.utils.translation import gettext_lazy as _

from selfcard.inquiry.queries.reconciliation.comparing import Check, Comparison, Disagreement, Side
from selfcard.inquiry.queries.reconciliation.sales import CARDS_MOVED, MOVED_IN_THE_PERIOD
from selfcard.ledger import chart

UNPAID_BACK = Comparison(
    title=_("Unpaid cards come back"),
    facts=f"""
        WITH touched AS (
            SELECT number FROM sales_recovery
            WHERE kind = 'unpaid' AND done_at >= %(start)s AND done_at < %(end)s
            UNION {MOVED_IN_THE_PERIOD.format(kind="sale_recall")}
        ), fact AS MATERIALIZED (
            SELECT touched.number, sale.seller_organisation_id AS organisation_id,
                   coalesce(sale.currency, '') AS currency, recovery.count, recovery.amount,
                   moved.cards, moved.amount AS worth
            FROM touched
            LEFT JOIN sales_recovery recovery
                ON recovery.number = touched.number AND recovery.kind = 'unpaid'
            LEFT JOIN sales_sale sale ON sale.id = recovery.sale_id
            CROSS JOIN LATERAL (
                {CARDS_MOVED.format(reason="recovery", number="touched.number", kind="sale_recall")}
            ) moved
            WHERE %(places)s::bigint[] IS NULL
                OR sale.seller_organisation_id = ANY(%(places)s::bigint[])
        )
    """,
    sides=(
        Side(_("Recoveries"), "count(amount)", "sum(count)", "sum(amount)"),
        Side(_("Cards taken back"), cards="sum(cards)", amount="sum(worth)"),
    ),
    checks=(Check(Disagreement.TAKEN_BACK, "recovery", "amount", "worth"),),
)

# Payments of a kind of reason that the period knows of, by themselves or by what follows them.
_PAYMENTS_TOUCHED = """
    SELECT number FROM payments_paymentreceipt
    WHERE confirmed_at >= %(start)s AND confirmed_at < %(end)s AND reason_kind = '{reason}'
    UNION
    SELECT payment.number
    FROM payments_redletterinvoice red
    JOIN payments_paymentreceipt payment ON payment.id = red.payment_id
    WHERE red.issued_at >= %(start)s AND red.issued_at < %(end)s
      AND payment.reason_kind = '{reason}'
    UNION
    SELECT payment.number
    FROM ledger_entry entry
    JOIN payments_paymentreceipt payment ON payment.number = entry.reason_number
    WHERE entry.booked_on BETWEEN %(first)s AND %(last)s AND entry.kind = 'refund_paid'
      AND payment.reason_kind = '{reason}'
"""
_BOOKED_FOR_THE_PAYMENT = """
    SELECT nullif(count(DISTINCT entry.id), 0) AS entries,
           sum(amount) FILTER (WHERE account_id IN ({accounts})) AS amount
    FROM ledger_entry entry
    JOIN ledger_posting posting ON posting.entry_id = entry.id
    WHERE entry.reason_kind = 'payment' AND entry.reason_number = payment.number
      AND entry.kind = 'refund_paid'
"""
_CARD_PREMIUMS = f"'{chart.CARD_PREMIUMS}', '{chart.CARD_PREMIUM_TAX}'"

PAID_BACK = Comparison(
    title=_("Paid cards come back"),
    facts=f"""
        WITH touched AS (
            SELECT number FROM sales_recovery
            WHERE kind = 'paid' AND done_at >= %(start)s AND done_at < %(end)s
            UNION
            SELECT payment.reason_number
            FROM ({_PAYMENTS_TOUCHED.format(reason="recovery")}) paid
            JOIN payments_paymentreceipt payment ON payment.number = paid.number
            UNION {MOVED_IN_THE_PERIOD.format(kind="refund")}
        ), fact AS MATERIALIZED (
            SELECT touched.number,
                   coalesce(sale.seller_organisation_id, payment.organisation_id)
                       AS organisation_id,
                   coalesce(sale.currency, payment.currency, '') AS currency,
                   CASE recovery.state WHEN 'done' THEN recovery.count END AS count,
                   CASE recovery.state WHEN 'done' THEN recovery.amount END AS amount,
                   coalesce(payment.number, touched.number) AS payment,
                   CASE WHEN payment.id IS NULL THEN 'recovery' ELSE 'payment' END AS subject,
                   CASE payment.state WHEN 'confirmed' THEN payment.amount END AS paid,
                   -red.gross AS red, moved.cards, moved.amount AS worth,
                   booked.entries, booked.amount AS booked
            FROM touched
            LEFT JOIN sales_recovery recovery
                ON recovery.number = touched.number AND recovery.kind = 'paid'
            LEFT JOIN sales_sale sale ON sale.id = recovery.sale_id
            LEFT JOIN payments_paymentreceipt payment
                ON payment.reason_kind = 'recovery' AND payment.reason_number = touched.number
                AND payment.state <> 'void'
            LEFT JOIN payments_redletterinvoice red ON red.payment_id = payment.id
            CROSS JOIN LATERAL (
                {CARDS_MOVED.format(reason="recovery", number="touched.number", kind="refund")}
            ) moved
            CROSS JOIN LATERAL (
                {_BOOKED_FOR_THE_PAYMENT.format(accounts=_CARD_PREMIUMS)}
            ) booked
            WHERE %(places)s::bigint[] IS NULL
                OR coalesce(sale.seller_organisation_id, payment.organisation_id)
                    = ANY(%(places)s::bigint[])
        )
    """,
    sides=(
        Side(_("Recoveries"), "count(amount)", "sum(count)", "sum(amount)"),
        Side(_("Payment receipts confirmed"), "count(paid)", amount="sum(paid)"),
        Side(_("Red-letter invoices"), "count(red)", amount="sum(red)"),
        Side(_("Cards that came back"), cards="sum(cards)", amount="sum(worth)"),
        Side(
            _("Ledger: card premiums and their tax"),
            "sum(entries)",
            amount="sum(booked)",
        ),
    ),
    checks=(
        Check(Disagreement.PAID_BACK, "recovery", "amount", "paid"),
        Check(Disagreement.CARDS_BACK, "recovery", "amount", "worth"),
        Check(Disagreement.RED_LETTER, "(subject)", "paid", "red", number="payment"),
        Check(Disagreement.BOOKED_BACK, "(subject)", "paid", "booked", number="payment"),
    ),
)

REFUNDED = Comparison(
    title=_("The unearned premium of cancelled policies is paid back"),
    facts=f"""
        WITH touched AS ({_PAYMENTS_TOUCHED.format(reason="policy")}),
        fact AS MATERIALIZED (
            SELECT touched.number, payment.organisation_id, payment.currency,
                   cancelled.gross AS owed,
                   CASE payment.state WHEN 'confirmed' THEN payment.amount END AS paid,
                   -red.gross AS red, booked.entries, booked.amount AS booked
            FROM touched
            JOIN payments_paymentreceipt payment ON payment.number = touched.number
            LEFT JOIN policies_policy policy ON policy.number = payment.reason_number
            LEFT JOIN policies_cancellation cancelled
                ON cancelled.policy_id = policy.id AND cancelled.repayment = 'pro_rata'
            LEFT JOIN payments_redletterinvoice red ON red.payment_id = payment.id
            CROSS JOIN LATERAL (
                {_BOOKED_FOR_THE_PAYMENT.format(accounts=f"'{chart.REFUNDS_PAYABLE}'")}
            ) booked
            WHERE %(places)s::bigint[] IS NULL
                OR payment.organisation_id = ANY(%(places)s::bigint[])
        )
    """,
    sides=(
        Side(_("Cancelled policies"), "count(owed)", amount="sum(owed)"),
        Side(_("Payment receipts confirmed"), "count(paid)", amount="sum(paid)"),
        Side(_("Red-letter invoices"), "count(red)", amount="sum(red)"),
        Side(_("Ledger: refunds payable"), "sum(entries)", amount="sum(booked)"),
    ),
    checks=(
        Check(Disagreement.OWED, "payment", "owed", "paid"),
        Check(Disagreement.OWED_RED_LETTER, "payment", "paid", "red"),
        Check(Disagreement.OWED_BOOKED, "payment", "paid", "booked"),
    ),
)
