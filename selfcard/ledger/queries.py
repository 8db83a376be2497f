"""What the books say."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Prefetch, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from selfcard.core.actor import Actor
from selfcard.ledger.models import Account, Entry, Posting
from selfcard.organisations.models import May
from selfcard.organisations.queries import head_office, require

NOTHING = Decimal("0.00")


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


def trial_balance(up_to: date | None = None) -> TrialBalance:
    """Turnover and balance of every account; with a day, of what counts up to it."""
    postings = Posting.objects.all()
    if up_to is not None:
        postings = postings.filter(entry__counts_from__lte=up_to)
    sums = (
        postings.values("account_id", "entry__currency")
        .annotate(
            debits=Coalesce(Sum("amount", filter=Q(amount__gt=0)), NOTHING),
            credits=Coalesce(-Sum("amount", filter=Q(amount__lt=0)), NOTHING),
        )
        .order_by("account_id", "entry__currency")
    )
    accounts = Account.objects.in_bulk()
    return TrialBalance(
        up_to,
        tuple(
            AccountBalance(
                accounts[row["account_id"]], row["entry__currency"], row["debits"], row["credits"]
            )
            for row in sums
        ),
    )


def balances(up_to: date | None = None) -> dict[str, Decimal]:
    """The balance of each used account by its code (one currency), debits positive."""
    return {line.account.code: line.balance for line in trial_balance(up_to).lines}


def entries_for(reason_kind: str, reason_number: str) -> QuerySet[Entry]:
    """The entries that were booked for a reason, with their postings, oldest first."""
    return (
        Entry.objects.filter(reason_kind=reason_kind, reason_number=reason_number)
        .prefetch_related(
            Prefetch("postings", Posting.objects.select_related("account").order_by("line"))
        )
        .order_by("id")
    )


def require_sight_of_books(actor: Actor) -> None:
    """The books are the whole insurer's: they are open to whoever audits it from its top.

    Raises:
        NotAuthorised: the actor audits a part of it, or nothing.
    """
    require(actor, May.AUDIT, head_office())
