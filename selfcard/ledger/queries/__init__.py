"""What the books say: balances, statements, entries, closings, and who may read them."""

from selfcard.ledger.queries.balances import (
    AccountBalance,
    BalanceTotal,
    TrialBalance,
    balances,
    trial_balance,
)
from selfcard.ledger.queries.entries import (
    EntriesAsked,
    booked_on,
    closings,
    entries_before,
    entries_for,
    find_entry,
    journal,
    last_closing,
)
from selfcard.ledger.queries.reading import require_sight_of_books, sees_books
from selfcard.ledger.queries.statements import (
    AccountStatement,
    Place,
    StatementLine,
    StatementPage,
    account_statement,
    lines_of,
    page_of,
)

__all__ = [
    "AccountBalance",
    "AccountStatement",
    "BalanceTotal",
    "EntriesAsked",
    "Place",
    "StatementLine",
    "StatementPage",
    "TrialBalance",
    "account_statement",
    "balances",
    "booked_on",
    "closings",
    "entries_before",
    "entries_for",
    "find_entry",
    "journal",
    "last_closing",
    "lines_of",
    "page_of",
    "require_sight_of_books",
    "sees_books",
    "trial_balance",
]
