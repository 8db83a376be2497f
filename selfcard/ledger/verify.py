"""The ledger's promises, checked on the live database without trusting its triggers."""

from collections.abc import Iterator

from selfcard.core.verify import Violation, violations_of


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
