"""Cards go out and their money comes in: sales, receipts, invoices, cards, ledger."""

from django.utils.translation import gettext_lazy as _

from selfcard.inquiry.queries.reconciliation.comparing import Check, Comparison, Disagreement, Side
from selfcard.ledger import chart

# How many cards custody moved for a reason, and their worth: joined to whoever has the reason.
CARDS_MOVED = """
    SELECT sum(upper(moved.serials) - lower(moved.serials)) AS cards,
           sum((upper(moved.serials) - lower(moved.serials)) * version.face_value) AS amount
    FROM custody_movement moved
    JOIN cards_batch batch ON batch.id = moved.batch_id
    JOIN cards_documenttypeversion version ON version.id = batch.type_version_id
    WHERE moved.reason_kind = '{reason}' AND moved.reason_number = {number}
      AND moved.kind = '{kind}'
"""
MOVED_IN_THE_PERIOD = """
    SELECT reason_number FROM custody_movement
    WHERE kind = '{kind}' AND day BETWEEN %(first)s AND %(last)s
"""

SOLD = Comparison(
    title=_("Cards are sold"),
    facts=f"""
        WITH touched AS (
            SELECT number FROM sales_sale
            WHERE registered_at >= %(start)s AND registered_at < %(end)s
            UNION {MOVED_IN_THE_PERIOD.format(kind="sale")}
        ), fact AS MATERIALIZED (
            SELECT touched.number, sale.seller_organisation_id AS organisation_id,
                   coalesce(sale.currency, '') AS currency, sale.count, sale.amount,
                   moved.cards, moved.amount AS worth
            FROM touched
            LEFT JOIN sales_sale sale ON sale.number = touched.number
            CROSS JOIN LATERAL (
                {CARDS_MOVED.format(reason="sale", number="touched.number", kind="sale")}
            ) moved
            WHERE %(places)s::bigint[] IS NULL
                OR sale.seller_organisation_id = ANY(%(places)s::bigint[])
        )
    """,
    sides=(
        Side(_("Sales"), "count(amount)", "sum(count)", "sum(amount)"),
        Side(_("Cards sold"), cards="sum(cards)", amount="sum(worth)"),
    ),
    checks=(Check(Disagreement.SOLD, "sale", "amount", "worth"),),
)

PAID = Comparison(
    title=_("Their money comes in"),
    facts=f"""
        WITH settled AS MATERIALIZED (
            SELECT DISTINCT sale.id, sale.number
            FROM ({MOVED_IN_THE_PERIOD.format(kind="settlement")}) moved
            JOIN sales_sale sale ON sale.number = moved.reason_number
        ), touched AS MATERIALIZED (
            SELECT number FROM payments_receipt
            WHERE confirmed_at >= %(start)s AND confirmed_at < %(end)s AND kind = 'charge'
            UNION
            SELECT receipt.number
            FROM payments_invoice invoice
            JOIN payments_receipt receipt ON receipt.id = invoice.receipt_id
            WHERE invoice.issued_at >= %(start)s AND invoice.issued_at < %(end)s
            UNION
            SELECT reason_number FROM ledger_entry
            WHERE booked_on BETWEEN %(first)s AND %(last)s AND kind = 'receipt_confirmed'
            UNION
            SELECT receipt.number
            FROM settled
            JOIN sales_salereceipt asked ON asked.sale_id = settled.id AND asked.ended_at IS NULL
            JOIN payments_receipt receipt ON receipt.id = asked.receipt_id
        ), fact AS MATERIALIZED (
            SELECT touched.number, receipt.organisation_id,
                   coalesce(receipt.currency, '') AS currency,
                   CASE receipt.state WHEN 'confirmed' THEN receipt.amount END AS arrived,
                   sold.sales, sold.cards, sold.amount AS sold,
                   invoice.gross, invoice.net, nullif(invoice.tax, 0) AS tax,
                   booked.entries, booked.net AS booked_net, booked.tax AS booked_tax
            FROM touched
            LEFT JOIN payments_receipt receipt ON receipt.number = touched.number
            LEFT JOIN payments_invoice invoice ON invoice.receipt_id = receipt.id
            CROSS JOIN LATERAL (
                SELECT count(*) AS sales, sum(count) AS cards, sum(amount) AS amount
                FROM sales_salereceipt WHERE receipt_id = receipt.id AND ended_at IS NULL
            ) sold
            CROSS JOIN LATERAL (
                SELECT nullif(count(DISTINCT entry.id), 0) AS entries,
                       -sum(amount) FILTER (WHERE account_id = '{chart.CARD_PREMIUMS}') AS net,
                       -sum(amount) FILTER (WHERE account_id = '{chart.CARD_PREMIUM_TAX}') AS tax
                FROM ledger_entry entry
                JOIN ledger_posting posting ON posting.entry_id = entry.id
                WHERE entry.reason_kind = 'receipt' AND entry.reason_number = touched.number
                  AND entry.kind = 'receipt_confirmed'
            ) booked
            WHERE %(places)s::bigint[] IS NULL
                OR receipt.organisation_id = ANY(%(places)s::bigint[])
        ), paid AS MATERIALIZED (
            SELECT sale.number, sale.seller_organisation_id AS organisation_id, sale.currency,
                   asked.arrived, moved.cards, moved.amount AS worth
            FROM (
                SELECT id FROM settled
                UNION
                SELECT asked.sale_id
                FROM touched
                JOIN payments_receipt receipt ON receipt.number = touched.number
                JOIN sales_salereceipt asked ON asked.receipt_id = receipt.id
            ) known
            JOIN sales_sale sale ON sale.id = known.id
            LEFT JOIN LATERAL (
                SELECT asked.amount AS arrived
                FROM sales_salereceipt asked
                JOIN payments_receipt receipt ON receipt.id = asked.receipt_id
                WHERE asked.sale_id = sale.id AND asked.ended_at IS NULL
                  AND receipt.state = 'confirmed'
            ) asked ON true
            CROSS JOIN LATERAL (
                {CARDS_MOVED.format(reason="sale", number="sale.number", kind="settlement")}
            ) moved
            WHERE %(places)s::bigint[] IS NULL
                OR sale.seller_organisation_id = ANY(%(places)s::bigint[])
        )
    """,
    sides=(
        Side(_("Sales paid for"), "sum(sales)", "sum(cards)", "sum(sold)"),
        Side(_("Charge receipts confirmed"), "count(arrived)", amount="sum(arrived)"),
        Side(_("Invoices"), "count(gross)", amount="sum(gross)"),
        Side(
            _("Cards to be activated"),
            cards="(SELECT sum(cards) FROM paid WHERE paid.currency = fact.currency)",
            amount="(SELECT sum(worth) FROM paid WHERE paid.currency = fact.currency)",
        ),
        Side(
            _("Ledger: card premiums and their tax"),
            "sum(entries)",
            amount="sum(coalesce(booked_net, 0) + coalesce(booked_tax, 0))",
        ),
    ),
    checks=(
        Check(Disagreement.ASKED, "receipt", "arrived", "sold"),
        Check(Disagreement.INVOICED, "receipt", "arrived", "gross"),
        Check(Disagreement.SETTLED, "sale", "arrived", "worth", among="paid"),
        Check(Disagreement.BOOKED, "receipt", "net", "booked_net"),
        Check(Disagreement.BOOKED_TAX, "receipt", "tax", "booked_tax"),
    ),
)

# Free cards are paid for like others, by the insurer's own promotion expense.
GIVEN = Comparison(
    title=_("Cards are given away"),
    facts=f"""
        WITH touched AS (
            SELECT receipt.number
            FROM payments_receipt receipt
            JOIN sales_salereceipt asked ON asked.receipt_id = receipt.id
            JOIN sales_sale sale ON sale.id = asked.sale_id AND sale.gift_reason <> ''
            WHERE receipt.confirmed_at >= %(start)s AND receipt.confirmed_at < %(end)s
            UNION
            SELECT entry.reason_number
            FROM ledger_entry entry
            JOIN ledger_posting posting
                ON posting.entry_id = entry.id AND posting.account_id = '{chart.PROMOTION}'
            WHERE entry.booked_on BETWEEN %(first)s AND %(last)s
              AND entry.kind = 'receipt_confirmed'
        ), fact AS MATERIALIZED (
            SELECT touched.number, receipt.organisation_id,
                   coalesce(receipt.currency, '') AS currency,
                   given.sales, given.cards, given.amount,
                   booked.entries, booked.amount AS booked
            FROM touched
            LEFT JOIN payments_receipt receipt ON receipt.number = touched.number
            CROSS JOIN LATERAL (
                SELECT count(*) AS sales, sum(asked.count) AS cards, sum(asked.amount) AS amount
                FROM sales_salereceipt asked
                JOIN sales_sale sale ON sale.id = asked.sale_id AND sale.gift_reason <> ''
                WHERE asked.receipt_id = receipt.id
            ) given
            CROSS JOIN LATERAL (
                SELECT nullif(count(DISTINCT entry.id), 0) AS entries, sum(amount) AS amount
                FROM ledger_entry entry
                JOIN ledger_posting posting ON posting.entry_id = entry.id
                    AND posting.account_id = '{chart.PROMOTION}'
                WHERE entry.reason_kind = 'receipt' AND entry.reason_number = touched.number
                  AND entry.kind = 'receipt_confirmed'
            ) booked
            WHERE %(places)s::bigint[] IS NULL
                OR receipt.organisation_id = ANY(%(places)s::bigint[])
        )
    """,
    sides=(
        Side(_("Sales of free cards, settled"), "sum(sales)", "sum(cards)", "sum(amount)"),
        Side(_("Ledger: promotion expense"), "sum(entries)", amount="sum(booked)"),
    ),
    checks=(Check(Disagreement.GIVEN, "receipt", "amount", "booked"),),
)
