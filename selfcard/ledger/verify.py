"""The ledger's promises, checked on the live database without trusting its triggers."""

from collections.abc import Iterator

from selfcard.core.verify import Violation, violations_of
from selfcard.ledger.models import MOVES_ADVANCES, MOVES_CARD_PREMIUMS


def violations() -> Iterator[Violation]:
    yield from violations_of(
        "Every ledger entry balances and is complete",
        """
        SELECT entry.id, 'sum ' || coalesce(sum(posting.amount), 0),
               count(posting.id) || ' of ' || entry.lines || ' postings'
        FROM ledger_entry entry
        LEFT JOIN ledger_posting posting ON posting.entry_id = entry.id
        GROUP BY entry.id
        HAVING coalesce(sum(posting.amount), 0) <> 0 OR count(posting.id) <> entry.lines
        """,
    )
    yield from violations_of(
        "Every posting is on an account of the chart and in an entry",
        """
        SELECT posting.id, 'account ' || posting.account_id, 'entry ' || posting.entry_id
        FROM ledger_posting posting
        LEFT JOIN ledger_account account ON account.code = posting.account_id
        LEFT JOIN ledger_entry entry ON entry.id = posting.entry_id
        WHERE account.code IS NULL OR entry.id IS NULL
        """,
    )
    yield from violations_of(
        "Payer advances and card premiums are moved only by what they are for",
        """
        SELECT entry.id, entry.kind, 'account ' || posting.account_id
        FROM ledger_posting posting JOIN ledger_entry entry ON entry.id = posting.entry_id
        WHERE posting.account_id = '2203' AND NOT entry.kind = ANY(%(advances)s)
           OR posting.account_id IN ('2201', '2202') AND NOT entry.kind = ANY(%(premiums)s)
        """,
        {"advances": list(MOVES_ADVANCES), "premiums": list(MOVES_CARD_PREMIUMS)},
    )
    yield from violations_of(
        "A reversal is the mirror of what it reverses",
        """
        SELECT reversal.id, 'reverses ' || reversal.reverses_id, posting.account_id
        FROM ledger_entry reversal
        JOIN ledger_posting posting ON posting.entry_id IN (reversal.id, reversal.reverses_id)
        WHERE reversal.reverses_id IS NOT NULL
        GROUP BY reversal.id, posting.account_id
        HAVING sum(posting.amount) <> 0
        """,
    )
    yield from violations_of(
        "A posting counts from the day of its entry, in its currency",
        """
        SELECT posting.id, 'entry ' || entry.id, posting.counts_from || ' ' || posting.currency,
               entry.counts_from || ' ' || entry.currency
        FROM ledger_posting posting JOIN ledger_entry entry ON entry.id = posting.entry_id
        WHERE (posting.counts_from, posting.currency) <> (entry.counts_from, entry.currency)
        """,
    )
    yield from violations_of(
        "Nothing counts from a day that was closed before it was booked",
        """
        SELECT entry.id, 'counts from ' || entry.counts_from, 'closed up to ' || closing.up_to
        FROM ledger_closing closing
        JOIN ledger_entry entry
            ON entry.counts_from <= closing.up_to AND entry.booked_at > closing.closed_at
        """,
    )
    yield from violations_of(
        "Closings go forward",
        """
        SELECT later.up_to, 'closed ' || later.closed_at, 'after ' || earlier.up_to
        FROM ledger_closing later
        JOIN ledger_closing earlier ON earlier.id < later.id AND earlier.up_to >= later.up_to
        """,
    )
    # Each against the one before it and the postings between: all of them once, not once for each.
    yield from violations_of(
        "The balances of a closing are those of its days",
        """
        WITH closing AS (
            SELECT id, up_to, lag(id) OVER (ORDER BY up_to) AS before,
                   coalesce(lag(up_to) OVER (ORDER BY up_to), '-infinity') AS since
            FROM ledger_closing
        ), reckoned AS (
            SELECT id, account_id, currency, sum(debits) AS debits, sum(credits) AS credits
            FROM (
                SELECT closing.id, account_id, currency, debits, credits
                FROM closing JOIN ledger_closingbalance kept ON kept.closing_id = closing.before
                UNION ALL
                SELECT closing.id, account_id, currency,
                       greatest(amount, 0), greatest(-amount, 0)
                FROM closing JOIN ledger_posting posting
                    ON posting.counts_from > closing.since AND posting.counts_from <= closing.up_to
            ) AS parts
            GROUP BY id, account_id, currency
        )
        SELECT closing.up_to, 'account ' || coalesce(kept.account_id, reckoned.account_id),
               'kept ' || coalesce(kept.debits || ' and ' || kept.credits, 'nothing'),
               'booked ' || coalesce(reckoned.debits || ' and ' || reckoned.credits, 'nothing')
        FROM ledger_closingbalance kept
        FULL JOIN reckoned ON reckoned.id = kept.closing_id
            AND reckoned.account_id = kept.account_id AND reckoned.currency = kept.currency
        JOIN closing ON closing.id = coalesce(kept.closing_id, reckoned.id)
        WHERE (kept.debits, kept.credits)
            IS DISTINCT FROM (reckoned.debits, reckoned.credits)
        """,
    )
