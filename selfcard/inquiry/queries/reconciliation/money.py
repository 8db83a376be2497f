"""Money itself: tenders and outlays, advances, drawers, the bank, and the numbers of invoices."""

from django.utils.translation import gettext_lazy as _

from selfcard.inquiry.queries.reconciliation.comparing import Check, Comparison, Disagreement, Side
from selfcard.ledger import chart
from selfcard.payments.models import TenderKind
from selfcard.payments.queries import ACCOUNTS

# Where each kind of money stands in the ledger; advances have a group of their own.
_PLACES = ", ".join(
    f"('{kind.value}', '{account}')"
    for kind, account in ACCOUNTS.items()
    if kind != TenderKind.ADVANCE
)

MOVED = Comparison(
    title=_("Money comes and goes"),
    facts=f"""
        WITH place (kind, account) AS (VALUES {_PLACES}),
        touched AS MATERIALIZED (
            SELECT 'receipt' AS subject, number FROM payments_receipt
            WHERE confirmed_at >= %(start)s AND confirmed_at < %(end)s
            UNION
            SELECT 'payment', number FROM payments_paymentreceipt
            WHERE confirmed_at >= %(start)s AND confirmed_at < %(end)s
            UNION
            SELECT reason_kind, reason_number FROM ledger_entry
            WHERE booked_on BETWEEN %(first)s AND %(last)s
              AND kind IN ('receipt_confirmed', 'deposit_confirmed', 'refund_paid',
                           'advance_refunded', 'tender_corrected')
        ), paper AS MATERIALIZED (
            SELECT touched.*, receipt.id AS receipt, payment.id AS payment,
                   coalesce(receipt.organisation_id, payment.organisation_id) AS organisation_id,
                   coalesce(receipt.currency, payment.currency, '') AS currency
            FROM touched
            LEFT JOIN payments_receipt receipt
                ON touched.subject = 'receipt' AND receipt.number = touched.number
            LEFT JOIN payments_paymentreceipt payment
                ON touched.subject <> 'receipt' AND payment.number = touched.number
            WHERE %(places)s::bigint[] IS NULL
                OR coalesce(receipt.organisation_id, payment.organisation_id)
                    = ANY(%(places)s::bigint[])
        ), part AS (
            SELECT paper.number, account, tender.amount AS moved, NULL::numeric AS booked
            FROM paper
            JOIN payments_tender tender ON tender.receipt_id = paper.receipt
            JOIN place ON place.kind = tender.kind
            UNION ALL
            SELECT paper.number, account, -outlay.amount, NULL
            FROM paper
            JOIN payments_outlay outlay ON outlay.payment_id = paper.payment
            JOIN place ON place.kind = outlay.kind
            UNION ALL
            SELECT paper.number, posting.account_id, NULL, posting.amount
            FROM paper
            JOIN ledger_entry entry
                ON entry.reason_number = paper.number
                AND entry.reason_kind IN ('receipt', 'payment')
            JOIN ledger_posting posting ON posting.entry_id = entry.id
            WHERE posting.account_id IN (SELECT account FROM place)
        ), fact AS MATERIALIZED (
            SELECT paper.subject, paper.number, paper.organisation_id, paper.currency,
                   sum(part.moved) AS moved, sum(part.booked) AS booked
            FROM paper JOIN part USING (number)
            GROUP BY paper.subject, paper.number, paper.organisation_id, paper.currency,
                     part.account
        )
    """,
    sides=(
        Side(_("Tenders, less what was paid out"), "count(DISTINCT number)", amount="sum(moved)"),
        Side(_("Ledger: cash, bank, takings, promotion"), amount="sum(booked)"),
    ),
    checks=(Check(Disagreement.MONEY, "(subject)", "moved", "booked"),),
)

ADVANCES = Comparison(
    title=_("Premium is received in advance and written off"),
    facts=f"""
        WITH touched AS (
            SELECT reason_kind, reason_number FROM payments_advanceentry
            WHERE at >= %(start)s AND at < %(end)s
            UNION
            SELECT entry.reason_kind, entry.reason_number
            FROM ledger_entry entry
            JOIN ledger_posting posting
                ON posting.entry_id = entry.id AND posting.account_id = '{chart.PAYER_ADVANCES}'
            WHERE entry.booked_on BETWEEN %(first)s AND %(last)s
              AND entry.kind NOT IN ('card_activated', 'policy_cancelled')
        ), fact AS MATERIALIZED (
            SELECT touched.reason_number AS number, entered.organisation_id,
                   coalesce(entered.currency, booked.currency, '') AS currency,
                   touched.reason_kind AS subject, entered.lines, entered.amount,
                   booked.entries, booked.amount AS booked
            FROM touched
            CROSS JOIN LATERAL (
                SELECT count(*) AS lines, sum(line.amount) AS amount,
                       min(account.organisation_id) AS organisation_id,
                       min(account.currency) AS currency
                FROM payments_advanceentry line
                JOIN payments_advanceaccount account ON account.id = line.account_id
                WHERE line.reason_kind = touched.reason_kind
                  AND line.reason_number = touched.reason_number
            ) entered
            CROSS JOIN LATERAL (
                SELECT nullif(count(DISTINCT entry.id), 0) AS entries,
                       -sum(posting.amount) AS amount, min(entry.currency) AS currency
                FROM ledger_entry entry
                JOIN ledger_posting posting ON posting.entry_id = entry.id
                    AND posting.account_id = '{chart.PAYER_ADVANCES}'
                WHERE entry.reason_kind = touched.reason_kind
                  AND entry.reason_number = touched.reason_number
            ) booked
            WHERE %(places)s::bigint[] IS NULL
                OR entered.organisation_id = ANY(%(places)s::bigint[])
        )
    """,
    sides=(
        Side(_("Lines of advance accounts"), "sum(lines)", amount="sum(amount)"),
        Side(_("Ledger: payer advances"), "sum(entries)", amount="sum(booked)"),
    ),
    checks=(Check(Disagreement.ADVANCE, "(subject)", "amount", "booked"),),
)

DRAWERS = Comparison(
    title=_("Drawers are closed"),
    facts=f"""
        WITH touched AS (
            SELECT drawer.code || ' ' || day.day AS number
            FROM payments_drawerday day JOIN payments_drawer drawer ON drawer.id = day.drawer_id
            WHERE day.closed_at >= %(start)s AND day.closed_at < %(end)s
            UNION
            SELECT reason_number FROM ledger_entry
            WHERE booked_on BETWEEN %(first)s AND %(last)s AND reason_kind = 'drawer'
        ), fact AS MATERIALIZED (
            SELECT touched.number, drawer.organisation_id,
                   coalesce(day.currency, '') AS currency, day.id AS day,
                   CASE day.state WHEN 'closed' THEN nullif(counted.difference, 0) END
                       AS difference,
                   booked.entries, booked.amount AS booked
            FROM touched
            LEFT JOIN payments_drawer drawer
                ON drawer.code = left(touched.number, length(touched.number) - 11)
            LEFT JOIN payments_drawerday day
                ON day.drawer_id = drawer.id AND day.day::text = right(touched.number, 10)
            CROSS JOIN LATERAL (
                SELECT sum(line.counted - line.expected) AS difference
                FROM payments_drawercount line
                WHERE line.drawer_day_id = day.id AND line.counting = (
                    SELECT max(counting) FROM payments_drawercount WHERE drawer_day_id = day.id
                )
            ) counted
            CROSS JOIN LATERAL (
                SELECT nullif(count(DISTINCT entry.id), 0) AS entries,
                       nullif(-sum(amount), 0) AS amount
                FROM ledger_entry entry
                JOIN ledger_posting posting ON posting.entry_id = entry.id
                    AND account_id = '{chart.CASH_DIFFERENCES}'
                WHERE entry.reason_kind = 'drawer' AND entry.reason_number = touched.number
            ) booked
            WHERE %(places)s::bigint[] IS NULL
                OR drawer.organisation_id = ANY(%(places)s::bigint[])
        )
    """,
    sides=(
        Side(
            _("Drawers, and what they were over or short"), "count(day)", amount="sum(difference)"
        ),
        Side(_("Ledger: cash over and short"), "sum(entries)", amount="sum(booked)"),
    ),
    checks=(Check(Disagreement.DRAWER, "drawer", "difference", "booked"),),
)

BANKED = Comparison(
    title=_("Takings come to the bank"),
    facts=f"""
        WITH touched AS (
            SELECT number FROM payments_banking
            WHERE banked_at >= %(start)s AND banked_at < %(end)s
            UNION
            SELECT reason_number FROM ledger_entry
            WHERE booked_on BETWEEN %(first)s AND %(last)s AND reason_kind = 'banking'
        ), fact AS MATERIALIZED (
            SELECT touched.number, banking.organisation_id,
                   coalesce(banking.currency, '') AS currency, banking.amount,
                   booked.entries, booked.amount AS booked
            FROM touched
            LEFT JOIN payments_banking banking ON banking.number = touched.number
            CROSS JOIN LATERAL (
                SELECT nullif(count(DISTINCT entry.id), 0) AS entries, sum(amount) AS amount
                FROM ledger_entry entry
                JOIN ledger_posting posting ON posting.entry_id = entry.id
                    AND account_id = '{chart.BANK}'
                WHERE entry.reason_kind = 'banking' AND entry.reason_number = touched.number
            ) booked
            WHERE %(places)s::bigint[] IS NULL
                OR banking.organisation_id = ANY(%(places)s::bigint[])
        )
    """,
    sides=(
        Side(_("Takings brought to the bank"), "count(amount)", amount="sum(amount)"),
        Side(_("Ledger: bank"), "sum(entries)", amount="sum(booked)"),
    ),
    checks=(Check(Disagreement.BANKED, "banking", "amount", "booked"),),
)

# A number is missing where the one before it in its series is not there.
NUMBERED = Comparison(
    title=_("Invoices are numbered"),
    facts="""
        WITH fact AS MATERIALIZED (
            SELECT 'invoice' AS subject, number, organisation_id, currency, gross, running,
                   (SELECT running FROM payments_invoice before
                    WHERE before.series = invoice.series
                      AND before.running = invoice.running - 1) AS before
            FROM payments_invoice invoice
            WHERE issued_at >= %(start)s AND issued_at < %(end)s
            UNION ALL
            SELECT 'red_letter', number, organisation_id, currency, gross, running,
                   (SELECT running FROM payments_redletterinvoice before
                    WHERE before.series = red.series
                      AND before.running = red.running - 1)
            FROM payments_redletterinvoice red
            WHERE issued_at >= %(start)s AND issued_at < %(end)s
        ), ours AS (
            SELECT * FROM fact
            WHERE %(places)s::bigint[] IS NULL OR organisation_id = ANY(%(places)s::bigint[])
        )
    """,
    sides=(),
    checks=(
        Check(
            Disagreement.INVOICE_GAP,
            "invoice",
            "running - 1",
            "before",
            among="ours",
            only="subject = 'invoice' AND running > 1",
        ),
        Check(
            Disagreement.RED_LETTER_GAP,
            "red_letter",
            "running - 1",
            "before",
            among="ours",
            only="subject = 'red_letter' AND running > 1",
        ),
    ),
)
