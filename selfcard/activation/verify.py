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
    yield from violations_of(
        "A card is void exactly when its policy was cancelled and not all given back",
        """
        SELECT policy.number, cancelled.repayment, 'card ' || policy.reason_number,
               CASE WHEN moved.id IS NULL THEN 'stayed' ELSE 'was made void' END
        FROM policies_cancellation cancelled
        JOIN policies_policy policy ON policy.id = cancelled.policy_id
        LEFT JOIN custody_movement moved ON moved.kind = 'cancellation'
            AND moved.reason_kind = 'policy' AND moved.reason_number = policy.number
        WHERE (cancelled.repayment <> 'whole') <> (moved.id IS NOT NULL)
        """,
    )
    yield from violations_of(
        "What a cancelled policy gives back is in the books, to the cent",
        """
        SELECT policy.number, cancelled.repayment, 'gives back ' || cancelled.gross,
               'in the books ' || coalesce(booked.amount, 0)
        FROM policies_cancellation cancelled
        JOIN policies_policy policy ON policy.id = cancelled.policy_id
        LEFT JOIN LATERAL (
            SELECT sum(posting.amount) AS amount
            FROM ledger_entry entry
            LEFT JOIN ledger_entry written ON written.id = entry.reverses_id
            JOIN ledger_posting posting ON posting.entry_id = entry.id AND posting.amount > 0
            WHERE entry.reason_kind = 'policy' AND entry.reason_number = policy.number
              AND CASE cancelled.repayment
                WHEN 'whole' THEN written.kind = 'card_activated'
                ELSE entry.kind = 'policy_cancelled' END
        ) booked ON true
        WHERE policy.reason_kind = 'card' AND cancelled.gross <> coalesce(booked.amount, 0)
        """,
    )
    yield from violations_of(
        "What is owed for a cancelled policy is paid back once, and nothing else is",
        """
        SELECT policy.number, 'owed ' || cancelled.gross, payment.number,
               'paid ' || payment.amount
        FROM payments_paymentreceipt payment
        LEFT JOIN policies_policy policy ON policy.number = payment.reason_number
        LEFT JOIN policies_cancellation cancelled
            ON cancelled.policy_id = policy.id AND cancelled.repayment = 'pro_rata'
        WHERE payment.reason_kind = 'policy' AND payment.state <> 'void'
          AND cancelled.gross IS DISTINCT FROM payment.amount
        """,
    )
    yield from violations_of(
        "Staff activate only for customers who agreed by a code",
        """
        SELECT policy.number, policy.channel
        FROM policies_policy policy
        WHERE policy.channel IN ('desk', 'office') AND NOT EXISTS (
            SELECT FROM activation_deskcase desk
            WHERE desk.policy_number = policy.number AND desk.state = 'done'
              AND desk.consent IS NOT NULL
              AND left(policy.reason_number, 15)::bigint = desk.serial)
        """,
    )
