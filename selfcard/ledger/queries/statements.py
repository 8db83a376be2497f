"""An account's statement: what it was, what moved it, what it is.

A page of it begins where the one before ended, found in an index and not counted off from the
first line; so the last page of millions of lines costs what the first does.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from selfcard.core.periods import Period
from selfcard.ledger.models import Account, Posting
from selfcard.ledger.queries.balances import NOTHING, trial_balance

LINES_OF_A_PAGE = 50
ROWS_AT_ONCE = 2_000
IN_ORDER = ("counts_from", "entry_id", "line")


@dataclass(frozen=True)
class Place:
    """Where a line stands in a statement: its day, its entry, its line in that."""

    day: date
    entry: int
    line: int

    @classmethod
    def of(cls, posting: Posting) -> "Place":
        return cls(posting.counts_from, posting.entry_id, posting.line)

    @classmethod
    def read(cls, text: str) -> "Place | None":
        """A place as an address says it; nothing, if it is none."""
        parts = text.split(".")
        try:
            place = cls(date.fromisoformat(parts[0]), *map(int, parts[1:]))
        except (ValueError, TypeError):
            return None
        return place if 0 < place.entry < 2**63 and 0 < place.line < 2**15 else None

    def __str__(self) -> str:
        return f"{self.day.isoformat()}.{self.entry}.{self.line}"

    @property
    def before(self) -> Q:
        """The lines that stand before it."""
        here = Q(entry_id__lt=self.entry) | Q(entry_id=self.entry, line__lt=self.line)
        return Q(counts_from__lte=self.day) & (Q(counts_from__lt=self.day) | here)

    @property
    def after(self) -> Q:
        """The lines that stand after it."""
        here = Q(entry_id__gt=self.entry) | Q(entry_id=self.entry, line__gt=self.line)
        return Q(counts_from__gte=self.day) & (Q(counts_from__gt=self.day) | here)


@dataclass(frozen=True)
class AccountStatement:
    """An account in one currency over a period: balances are debits if positive."""

    account: Account
    currency: str
    period: Period
    opening: Decimal
    debits: Decimal
    credits: Decimal

    @property
    def closing(self) -> Decimal:
        return self.opening + self.debits - self.credits


@dataclass(frozen=True)
class StatementLine:
    """A posting, and the balance after it."""

    posting: Posting
    balance: Decimal


@dataclass(frozen=True)
class StatementPage:
    """Some lines on end, and whether others stand before or after them."""

    lines: tuple[StatementLine, ...]
    has_earlier: bool
    has_later: bool

    @property
    def first(self) -> Place:
        return Place.of(self.lines[0].posting)

    @property
    def last(self) -> Place:
        return Place.of(self.lines[-1].posting)


def account_statement(account: Account, period: Period, currency: str) -> AccountStatement:
    """Opening, turnover and closing of an account."""
    debits_before, credits_before = _turnover(account, currency, period.first - timedelta(1))
    debits, credits = _turnover(account, currency, period.last)
    return AccountStatement(
        account,
        currency,
        period,
        opening=debits_before - credits_before,
        debits=debits - debits_before,
        credits=credits - credits_before,
    )


def _turnover(account: Account, currency: str, up_to: date) -> tuple[Decimal, Decimal]:
    """Debits and credits of all days up to one, reckoned from the last that is closed."""
    return next(
        (
            (line.debits, line.credits)
            for line in trial_balance(up_to, account).lines
            if line.currency == currency
        ),
        (NOTHING, NOTHING),
    )


def page_of(
    statement: AccountStatement,
    after: Place | None = None,
    before: Place | None = None,
    from_the_end: bool = False,
) -> StatementPage:
    """The lines after a place, or those before one, or the last; without any, the first."""
    rows = _postings(statement)
    backwards = from_the_end or before is not None
    asked = rows.filter(before.before) if before else rows.filter(after.after) if after else rows
    order = [f"-{name}" for name in IN_ORDER] if backwards else IN_ORDER
    found = list(asked.order_by(*order)[: LINES_OF_A_PAGE + 1])
    more, found = len(found) > LINES_OF_A_PAGE, found[:LINES_OF_A_PAGE]
    if backwards:
        found.reverse()
    if not found:
        return StatementPage((), has_earlier=False, has_later=False)
    first, last = Place.of(found[0]), Place.of(found[-1])
    return StatementPage(
        tuple(_with_balances(found, _balance_before(statement, first))),
        has_earlier=more if backwards else rows.filter(first.before).exists(),
        has_later=rows.filter(last.after).exists() if backwards else more,
    )


def lines_of(statement: AccountStatement) -> Iterator[StatementLine]:
    """All lines, for a file; never all of them at once."""
    rows = _postings(statement).order_by(*IN_ORDER).iterator(chunk_size=ROWS_AT_ONCE)
    yield from _with_balances(rows, statement.opening)


def _postings(statement: AccountStatement) -> QuerySet[Posting]:
    days = (statement.period.first, statement.period.last)
    return Posting.objects.filter(
        account=statement.account, currency=statement.currency, counts_from__range=days
    ).select_related("entry")


def _balance_before(statement: AccountStatement, place: Place) -> Decimal:
    """The balance that a page begins with: that of the day before, and what the day itself moved
    until then. Where days are closed, no more than that day is added up."""
    debits, credits = _turnover(statement.account, statement.currency, place.day - timedelta(1))
    of_the_day = _postings(statement).filter(place.before, counts_from=place.day).order_by()
    moved = of_the_day.aggregate(total=Coalesce(Sum("amount"), NOTHING))["total"]
    return debits - credits + moved


def _with_balances(
    rows: Iterator[Posting] | list[Posting], opening: Decimal
) -> Iterator[StatementLine]:
    balance = opening
    for posting in rows:
        balance += posting.amount
        yield StatementLine(posting, balance)
