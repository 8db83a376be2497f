"""The journal as Beancount reads it: plain text, one transaction an entry, written as it is read.

What was there before the period is one transaction on its eve, and what is there after it is
asserted, account by account, so that Beancount itself finds whether anything is missing. Names are
English and amounts have the sign that they have in the books: debits positive.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from django.http import StreamingHttpResponse

from selfcard.core.periods import Period
from selfcard.ledger.chart import CHART, AccountKind
from selfcard.ledger.models import Entry, EntryKind
from selfcard.ledger.queries import journal, trial_balance

ROOTS = {
    AccountKind.ASSET: "Assets",
    AccountKind.LIABILITY: "Liabilities",
    AccountKind.INCOME: "Income",
    AccountKind.EXPENSE: "Expenses",
}
OPENED = date(2000, 1, 1)


def beancount_file(name: str, period: Period) -> StreamingHttpResponse:
    """The journal of a period as a `.beancount` file."""
    response = StreamingHttpResponse(beancount(period), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.beancount"'
    return response


def beancount(period: Period) -> Iterator[str]:
    """The journal of a period, line by line."""
    before, after = trial_balance(period.first - timedelta(1)), trial_balance(period.last)
    yield f'option "title" "Journal {period.first} to {period.last}"\n'
    for currency in sorted({line.currency for line in after.lines}):
        yield f'option "operating_currency" "{currency}"\n'
    yield "\n"
    for name in NAMES.values():
        yield f"{OPENED} open {name}\n"
    for currency in sorted({line.currency for line in before.lines if line.balance}):
        yield f'\n{period.first - timedelta(1)} * "What was there before"\n'
        for line in before.lines:
            if line.currency == currency and line.balance:
                yield f"  {NAMES[line.account.code]}  {line.balance:.2f} {currency}\n"
    for entry in journal(period):
        yield _transaction(entry)
    yield "\n"
    for line in after.lines:
        day, name = period.last + timedelta(1), NAMES[line.account.code]
        yield f"{day} balance {name}  {line.balance:.2f} {line.currency}\n"


def _transaction(entry: Entry) -> str:
    what = EntryKind(entry.kind).name.capitalize().replace("_", " ")
    lines = [
        f'\n{entry.counts_from} * "{what}" "{_text(entry.reason_number)}"',
        f'  entry: "{entry.number}"',
        f'  reason: "{_text(entry.reason_kind)}"',
        f"  booked: {entry.booked_on}",
    ]
    if entry.reverses_id:
        lines.append(f'  reverses: "{Entry(pk=entry.reverses_id).number}"')
    for posting in entry.postings.all():
        lines.append(f"  {NAMES[posting.account_id]}  {posting.amount:.2f} {entry.currency}")
    return "\n".join(lines) + "\n"


def _text(text: str) -> str:
    """Text within quotation marks."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _name(code: str, kind: AccountKind, name: str) -> str:
    """`Liabilities:2203-Payer-advances`: letters, figures and hyphens only."""
    return f"{ROOTS[kind]}:{code}-{re.sub(r'[^A-Za-z0-9]+', '-', name)}"


NAMES = {account.code: _name(account.code, account.kind, account.name_en) for account in CHART}
