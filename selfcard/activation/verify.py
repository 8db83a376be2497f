"""What `selfcard verify` checks of activation, on the live database."""

from collections.abc import Iterator

from selfcard.core.verify import Violation, violations_of


def violations() -> Iterator[Violation]:
    """Card, policy, money and ledger must tell the same story."""
    yield from violations_of(
        "Every policy of a card has an activated card",
        """
        SELECT policy.number, 'card ' || policy.reason_number
        FROM policies_policy policy
        WHERE policy.reason_kind = 'card' AND policy.state = 'issued'
          AND NOT EXISTS (
            SELECT FROM custody_activatedcard activated
            WHERE activated.policy_number = policy.number AND activated.reversed_at IS NULL
              AND activated.serial = left(policy.reason_number, 15)::bigint)
        """,
    )
    yield from violations_of(
        "Every activated card has a policy",
        """
        SELECT activated.serial, activated.policy_number
        FROM custody_activatedcard activated
        WHERE activated.reversed_at IS NULL AND NOT EXISTS (
            SELECT FROM policies_policy policy
            WHERE policy.number = activated.policy_number AND policy.state = 'issued'
              AND policy.reason_kind = 'card'
              AND left(policy.reason_number, 15)::bigint = activated.serial)
        """,
    )
    yield from violations_of(
        "There is at most one live policy per card",
        """
        SELECT policy.reason_number, string_agg(policy.number, ' ')
        FROM policies_policy policy
        WHERE policy.reason_kind = 'card' AND policy.state = 'issued'
        GROUP BY policy.reason_number HAVING count(*) > 1
        """,
    )
    yield from violations_of(
        "The premium of every policy of a card is written in the ledger",
        """
        SELECT policy.number, policy.premium_gross
        FROM policies_policy policy
        WHERE policy.reason_kind = 'card' AND NOT EXISTS (
            SELECT FROM ledger_entry entry
            JOIN ledger_posting posting ON posting.entry_id = entry.id
            WHERE entry.kind = 'card_activated' AND entry.reason_kind = 'policy'
              AND entry.reason_number = policy.number
              AND entry.currency = policy.currency
            GROUP BY entry.id
            HAVING sum(posting.amount) FILTER (WHERE posting.amount > 0) = policy.premium_gross)
        """,
    )
    yield from violations_of(
        "No policy without a confirmed receipt",
        """
        SELECT policy.number, 'card ' || policy.reason_number
        FROM policies_policy policy
        WHERE policy.reason_kind = 'card' AND policy.state = 'issued'
          AND NOT EXISTS (
            SELECT FROM sales_salerun run
            JOIN sales_salereceipt asked ON asked.sale_id = run.sale_id
            JOIN payments_receipt receipt ON receipt.id = asked.receipt_id
            WHERE run.serials @> left(policy.reason_number, 15)::bigint
              AND asked.ended_at IS NULL AND receipt.state = 'confirmed')
        """,
    )
    yield from violations_of(
        "No policy without an accepted PIN",
        """
        SELECT policy.number, 'card ' || policy.reason_number
        FROM policies_policy policy
        WHERE policy.reason_kind = 'card'
          AND NOT EXISTS (SELECT FROM custody_openedcard opened
                          WHERE opened.serial = left(policy.reason_number, 15)::bigint)
        """,
    )
