"""Cards become policies, and policies end early: policies, activated cards, ledger."""

from django.utils.translation import gettext_lazy as _

from selfcard.inquiry.queries.reconciliation.comparing import Check, Comparison, Disagreement, Side
from selfcard.ledger import chart

ACTIVATED = Comparison(
    title=_("Cards are activated"),
    facts=f"""
        WITH touched AS (
            SELECT number FROM policies_policy
            WHERE issued_at >= %(start)s AND issued_at < %(end)s AND reason_kind = 'card'
            UNION
            SELECT policy_number FROM custody_activatedcard
            WHERE activated_at >= %(start)s AND activated_at < %(end)s
            UNION
            SELECT reason_number FROM ledger_entry
            WHERE booked_on BETWEEN %(first)s AND %(last)s AND kind = 'card_activated'
        ), fact AS MATERIALIZED (
            SELECT touched.number, policy.organisation_id,
                   coalesce(policy.currency, '') AS currency, policy.premium_gross AS premium,
                   CASE WHEN activated.id IS NOT NULL THEN version.face_value END AS worth,
                   booked.entries, booked.amount AS booked
            FROM touched
            LEFT JOIN policies_policy policy ON policy.number = touched.number
            LEFT JOIN custody_activatedcard activated ON activated.policy_number = touched.number
            LEFT JOIN cards_batch batch ON batch.serials @> activated.serial
            LEFT JOIN cards_documenttypeversion version ON version.id = batch.type_version_id
            CROSS JOIN LATERAL (
                SELECT nullif(count(DISTINCT entry.id), 0) AS entries, -sum(amount) AS amount
                FROM ledger_entry entry
                JOIN ledger_posting posting ON posting.entry_id = entry.id
                    AND account_id IN ('{chart.WRITTEN_PREMIUM}', '{chart.OUTPUT_TAX}')
                WHERE entry.reason_kind = 'policy' AND entry.reason_number = touched.number
                  AND entry.kind = 'card_activated'
            ) booked
            WHERE %(places)s::bigint[] IS NULL
                OR policy.organisation_id = ANY(%(places)s::bigint[])
        )
    """,
    sides=(
        Side(_("Policies"), "count(premium)", amount="sum(premium)"),
        Side(_("Cards activated"), cards="count(worth)", amount="sum(worth)"),
        Side(_("Ledger: written premium and its tax"), "sum(entries)", amount="sum(booked)"),
    ),
    checks=(
        Check(Disagreement.ACTIVATED, "policy", "premium", "worth"),
        Check(Disagreement.WRITTEN, "policy", "premium", "booked"),
    ),
)

CANCELLED = Comparison(
    title=_("Policies are cancelled"),
    facts=f"""
        WITH touched AS (
            SELECT policy.number
            FROM policies_cancellation cancelled
            JOIN policies_policy policy ON policy.id = cancelled.policy_id
            WHERE policy.cancelled_at >= %(start)s AND policy.cancelled_at < %(end)s
            UNION
            SELECT reason_number FROM ledger_entry
            WHERE booked_on BETWEEN %(first)s AND %(last)s AND reason_kind = 'policy'
              AND kind IN ('policy_cancelled', 'reversal')
        ), fact AS MATERIALIZED (
            SELECT touched.number, policy.organisation_id,
                   coalesce(policy.currency, '') AS currency,
                   nullif(cancelled.gross, 0) AS gives_back, booked.entries,
                   booked.amount AS booked
            FROM touched
            LEFT JOIN policies_policy policy ON policy.number = touched.number
            LEFT JOIN policies_cancellation cancelled ON cancelled.policy_id = policy.id
            CROSS JOIN LATERAL (
                SELECT nullif(count(DISTINCT entry.id), 0) AS entries, sum(amount) AS amount
                FROM ledger_entry entry
                JOIN ledger_posting posting ON posting.entry_id = entry.id
                    AND account_id IN ('{chart.WRITTEN_PREMIUM}', '{chart.OUTPUT_TAX}')
                WHERE entry.reason_kind = 'policy' AND entry.reason_number = touched.number
                  AND entry.kind IN ('policy_cancelled', 'reversal')
            ) booked
            WHERE %(places)s::bigint[] IS NULL
                OR policy.organisation_id = ANY(%(places)s::bigint[])
        )
    """,
    sides=(
        Side(_("Premium that is given back"), "count(gives_back)", amount="sum(gives_back)"),
        Side(_("Ledger: written premium and its tax"), "sum(entries)", amount="sum(booked)"),
    ),
    checks=(Check(Disagreement.CANCELLED, "policy", "gives_back", "booked"),),
)
