"""Where money lies now that is not in the bank yet, beside what the ledger says of it: the drawers,
and what acquirers still owe. From what is kept, and the few days that are not closed."""

from decimal import Decimal

from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from selfcard.inquiry.queries.reconciliation.comparing import (
    Disagreement,
    Figure,
    Group,
    Mismatch,
)
from selfcard.ledger import chart
from selfcard.ledger.queries import trial_balance

# An open drawer has in it what came and went, any other what its last count found. What a count
# found too much or too little is in the ledger when its day is closed.
_CASH = """
    SELECT currency, sum(cash), count(*) FILTER (WHERE is_drawer)
    FROM (
        SELECT day.currency, true AS is_drawer,
               CASE day.state WHEN 'open' THEN day.cash ELSE found.counted END AS cash
        FROM payments_drawer drawer
        CROSS JOIN LATERAL (
            SELECT id, currency, state, cash FROM payments_drawerday
            WHERE drawer_id = drawer.id ORDER BY day DESC LIMIT 1
        ) day
        LEFT JOIN LATERAL (
            SELECT counted FROM payments_drawercount
            WHERE drawer_day_id = day.id AND kind = 'cash' ORDER BY counting DESC LIMIT 1
        ) found ON true
        UNION ALL
        SELECT day.currency, false, found.expected - found.counted
        FROM payments_drawerday day
        CROSS JOIN LATERAL (
            SELECT expected, counted FROM payments_drawercount
            WHERE drawer_day_id = day.id AND kind = 'cash' ORDER BY counting DESC LIMIT 1
        ) found
        WHERE day.state = 'counted'
    ) parts
    GROUP BY currency
"""
_TAKINGS = """
    WITH waiting AS MATERIALIZED (
        SELECT id, currency FROM payments_drawerday WHERE state <> 'closed'
    )
    SELECT currency, sum(amount), NULL
    FROM (
        SELECT currency, amount FROM payments_takings
        UNION ALL
        SELECT waiting.currency, tender.amount
        FROM waiting JOIN payments_tender tender ON tender.drawer_day_id = waiting.id
        WHERE tender.kind IN ('card', 'wallet')
        UNION ALL
        SELECT waiting.currency, -outlay.amount
        FROM waiting JOIN payments_outlay outlay ON outlay.drawer_day_id = waiting.id
        WHERE outlay.kind IN ('card', 'wallet')
    ) parts
    GROUP BY currency
"""


def held() -> Group:
    """The cash in all drawers and the takings that are still to come, each beside its account."""
    booked = {(line.account.code, line.currency): line.balance for line in trial_balance().lines}
    figures: list[Figure] = []
    mismatches: list[Mismatch] = []
    for what, account, sql in (
        (Disagreement.ALL_CASH, chart.CASH, _CASH),
        (Disagreement.ALL_TAKINGS, chart.OTHER_FUNDS, _TAKINGS),
    ):
        there = _sums(sql)
        for currency in sorted({*there, *(known for code, known in booked if code == account)}):
            lies, papers = there.get(currency, (Decimal(0), None))
            said = booked.get((account, currency), Decimal(0))
            figures += [
                Figure(_LABELS[what][0], papers, None, lies, currency),
                Figure(_LABELS[what][1], None, None, said, currency),
            ]
            if lies != said:
                mismatches.append(Mismatch(what, "account", account, None, currency, lies, said))
    return Group(_("What is held now"), tuple(figures), tuple(mismatches))


_LABELS: dict[Disagreement, tuple[Promise, Promise]] = {
    Disagreement.ALL_CASH: (_("Drawers, and the cash in them"), _("Ledger: cash")),
    Disagreement.ALL_TAKINGS: (
        _("Card and wallet takings that are still to come"),
        _("Ledger: takings not yet in the bank"),
    ),
}


def _sums(sql: str) -> dict[str, tuple[Decimal, int | None]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return {currency: (amount, papers) for currency, amount, papers in cursor.fetchall()}
