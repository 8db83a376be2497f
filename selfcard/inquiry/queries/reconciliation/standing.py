"""What the whole insurer owes now, beside what the ledger says of it: from totals that are kept,
never from everything that was ever booked."""

from collections import defaultdict
from decimal import Decimal

from django.db import connection
from django.utils.translation import gettext_lazy as _

from selfcard.core.money import split_tax
from selfcard.inquiry.queries.reconciliation.comparing import (
    Disagreement,
    Figure,
    Group,
    Mismatch,
)
from selfcard.ledger import chart
from selfcard.ledger.queries import trial_balance

# Paid cards that nobody has activated: also those that await their refund.
_CARDS = """
    SELECT version.currency, version.face_value, version.tax_rate, sum(kept.cards)::bigint
    FROM (
        SELECT batch_id, cards FROM custody_placetally
        WHERE status IN ('to_be_activated', 'awaiting_refund')
        UNION ALL
        SELECT batch_id, -activated FROM custody_activatedtally
    ) kept
    JOIN cards_batch batch ON batch.id = kept.batch_id
    JOIN cards_documenttypeversion version ON version.id = batch.type_version_id
    GROUP BY version.id
"""
_ADVANCES = "SELECT currency, sum(balance) FROM payments_advanceaccount GROUP BY currency"
_OWED = """
    SELECT currency, sum(amount)
    FROM (
        SELECT policy.currency, cancelled.gross AS amount
        FROM policies_cancellation cancelled
        JOIN policies_policy policy ON policy.id = cancelled.policy_id
        WHERE cancelled.repayment = 'pro_rata'
        UNION ALL
        SELECT currency, -amount FROM payments_paymentreceipt
        WHERE reason_kind = 'policy' AND state = 'confirmed'
    ) debts
    GROUP BY currency
"""
_Amounts = dict[str, Decimal]


def standing() -> Group:
    """Cards, advances and refunds that are owed now, each beside its account."""
    cards, net, tax = _awaiting_activation()
    sides = (
        (Disagreement.AWAITING, chart.CARD_PREMIUMS, net),
        (Disagreement.AWAITING_TAX, chart.CARD_PREMIUM_TAX, tax),
        (Disagreement.ALL_ADVANCES, chart.PAYER_ADVANCES, _sums(_ADVANCES)),
        (Disagreement.ALL_OWED, chart.REFUNDS_PAYABLE, _sums(_OWED)),
    )
    booked = {(line.account.code, line.currency): -line.balance for line in trial_balance().lines}
    figures: list[Figure] = []
    mismatches: list[Mismatch] = []
    for what, account, owed in sides:
        currencies = {*owed, *(currency for code, currency in booked if code == account)}
        for currency in sorted(currencies):
            is_owed, is_booked = owed[currency], booked.get((account, currency), Decimal(0))
            count = cards[currency] if what == Disagreement.AWAITING else None
            figures += [
                Figure(_LABELS[what], None, count, is_owed, currency),
                Figure(_BOOKED[what], None, None, is_booked, currency),
            ]
            if is_owed != is_booked:
                mismatches.append(
                    Mismatch(what, "account", account, None, currency, is_owed, is_booked)
                )
    return Group(_("What is owed now"), tuple(figures), tuple(mismatches))


_LABELS = {
    Disagreement.AWAITING: _("Cards awaiting activation, without tax"),
    Disagreement.AWAITING_TAX: _("The tax on them"),
    Disagreement.ALL_ADVANCES: _("Balances of all advance accounts"),
    Disagreement.ALL_OWED: _("Cancelled policies that are not paid back"),
}
_BOOKED = {
    Disagreement.AWAITING: _("Ledger: card premiums"),
    Disagreement.AWAITING_TAX: _("Ledger: tax on card premiums"),
    Disagreement.ALL_ADVANCES: _("Ledger: payer advances"),
    Disagreement.ALL_OWED: _("Ledger: refunds payable"),
}


def _awaiting_activation() -> tuple[dict[str, int], _Amounts, _Amounts]:
    """How many cards await their activation, and their premium: net, and tax, by currency."""
    count: dict[str, int] = defaultdict(int)
    net: _Amounts = defaultdict(Decimal)
    tax: _Amounts = defaultdict(Decimal)
    with connection.cursor() as cursor:
        cursor.execute(_CARDS)
        for currency, face_value, rate, cards in cursor.fetchall():
            of_one = split_tax(face_value, rate)
            count[currency] += cards
            net[currency] += cards * of_one[0]
            tax[currency] += cards * of_one[1]
    return count, net, tax


def _sums(sql: str) -> _Amounts:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return defaultdict(Decimal, cursor.fetchall())
