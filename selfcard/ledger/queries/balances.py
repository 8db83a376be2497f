"""Turnover and balance of the accounts, of any day."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection

from selfcard.ledger.models import Account

NOTHING = Decimal("0.00")

# What a closing has kept, and what counts after it: not every posting that was ever made.
_SUMS = """
    WITH closed AS (
        SELECT id, up_to FROM ledger_closing
        WHERE up_to <= %(up_to)s ORDER BY up_to DESC LIMIT 1
    )
    SELECT account_id, currency, sum(debits), sum(credits)
    FROM (
        SELECT account_id, currency, debits, credits
        FROM ledger_closingbalance JOIN closed ON closed.id = closing_id
        UNION ALL
        SELECT account.code, later.currency, later.debits, later.credits
        FROM ledger_account account
        CROSS JOIN LATERAL (
            SELECT currency, sum(greatest(amount, 0)) AS debits,
                   sum(greatest(-amount, 0)) AS credits
            FROM ledger_posting
            WHERE account_id = account.code AND counts_from <= %(up_to)s
              AND counts_from > coalesce((SELECT up_to FROM closed), '-infinity')
            GROUP BY currency
        ) later
    ) AS parts
    WHERE %(account)s::text IS NULL OR account_id = %(account)s
    GROUP BY account_id, currency ORDER BY account_id, currency
"""


@dataclass(frozen=True)
class AccountBalance:
    """An account's turnover and balance in one currency; the balance is a debit if positive."""

    account: Account
    currency: str
    debits: Decimal
    credits: Decimal

    @property
    def balance(self) -> Decimal:
        return self.debits - self.credits

    @property
    def debit_balance(self) -> Decimal:
        return max(self.balance, NOTHING)

    @property
    def credit_balance(self) -> Decimal:
        return max(-self.balance, NOTHING)


@dataclass(frozen=True)
class TrialBalance:
    """Every account that was used, in the order of the chart, up to and including a day."""

    up_to: date | None
    lines: tuple[AccountBalance, ...]

    def totals(self) -> list["BalanceTotal"]:
        """Debits and credits over all accounts, for each currency; they are equal or the books
        are broken."""
        return [
            BalanceTotal(
                currency,
                sum((line.debits for line in self.lines if line.currency == currency), NOTHING),
                sum((line.credits for line in self.lines if line.currency == currency), NOTHING),
                sum(
                    (line.debit_balance for line in self.lines if line.currency == currency),
                    NOTHING,
                ),
                sum(
                    (line.credit_balance for line in self.lines if line.currency == currency),
                    NOTHING,
                ),
            )
            for currency in sorted({line.currency for line in self.lines})
        ]


@dataclass(frozen=True)
class BalanceTotal:
    """The sums of a trial balance in one currency."""

    currency: str
    debits: Decimal
    credits: Decimal
    debit_balance: Decimal
    credit_balance: Decimal

    @property
    def in_balance(self) -> bool:
        return self.debits == self.credits


def trial_balance(up_to: date | None = None, account: Account | None = None) -> TrialBalance:
    """Turnover and balance of every account, or of one; with a day, of what counts up to it."""
    asked = {"up_to": up_to or date.max, "account": account.code if account else None}
    with connection.cursor() as cursor:
        cursor.execute(_SUMS, asked)
        rows = cursor.fetchall()
    accounts = {account.code: account} if account else Account.objects.in_bulk()
    return TrialBalance(up_to, tuple(AccountBalance(accounts[code], *sums) for code, *sums in rows))


def balances(up_to: date | None = None) -> dict[str, Decimal]:
    """The balance of each used account by its code (one currency), debits positive."""
    return {line.account.code: line.balance for line in trial_balance(up_to).lines}
