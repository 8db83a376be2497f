"""One sale: how it stands, its money, where its cards are, what happened and what comes next."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse

from selfcard.core import clock
from selfcard.core.money import Money
from selfcard.core.papers.words import amount_in_words
from selfcard.organisations.models import May
from selfcard.organisations.queries import may
from selfcard.payments.models import Receipt
from selfcard.sales.account import account_of
from selfcard.sales.models import Recovery
from selfcard.sales.queries import (
    SEEING_SALES,
    payments_of,
    receipts_of,
    recoveries_of,
    requests_about,
    runs_of,
    sales_in_reach,
)
from selfcard.sales.reckoning import ended_policies
from selfcard.sales.standing import standing_of
from selfcard.web.office.fields import cards_said
from selfcard.web.office.sales.buyers import Buyer
from selfcard.web.office.sales.happened import what_happened
from selfcard.web.office.views import OfficeRequest, found, office_view, show
from selfcard.web.office.whereabouts import whereabouts

# So many policies that ended early, somebody can still look through.
ENDED_SHOWN = 20


@office_view(*SEEING_SALES)
def sale(request: OfficeRequest, number: str) -> HttpResponse:
    one = found(sales_in_reach(request.actor).filter(number=number).first())
    runs, receipts, recoveries = runs_of(one), receipts_of(one), recoveries_of(one)
    ended = ended_policies([one])[one.pk]
    payments = payments_of(one, ended)
    live = next((asked for asked in receipts if asked.ended_at is None), None)
    receipt = live.receipt if live else None
    return show(
        request,
        "office/sales/sale.html",
        {
            "sale": one,
            "standing": standing_of(one),
            "cards": cards_said(one.count),
            "document_type": one.type_version.document_type,
            "lines": [(run, one.face_value * run.count) for run in runs],
            "words": amount_in_words(Money(one.amount, one.currency)),
            "now": whereabouts(request, runs),
            "account": account_of(one, receipts, recoveries, ended),
            "ended": ended[-ENDED_SHOWN:][::-1],
            "more_ended": max(len(ended) - ENDED_SHOWN, 0),
            "receipts": receipts,
            "live": live,
            "receipt": receipt,
            "paid": receipt is not None and receipt.state == Receipt.State.CONFIRMED,
            "invoice": getattr(receipt, "invoice", None),
            "recoveries": recoveries,
            "payments": payments,
            "happened": what_happened(
                one,
                requests_about(one) if one.agreed_by else (),
                receipts,
                recoveries,
                payments,
                ended[-ENDED_SHOWN:],
            ),
            "buyer": Buyer.of(request, one),
            **_next(request, one, receipt, recoveries),
        },
    )


def _next(
    request: OfficeRequest, one: Any, receipt: Receipt | None, recoveries: list[Recovery]
) -> dict[str, Any]:
    """What can be done from here, and by whom."""
    days = (clock.today() - one.due_on).days
    recalls = one.cards_left and may(request.actor, May.RECALL_SALES, one.seller_organisation)
    coming = [one for one in recoveries if one.state == Recovery.State.REGISTERED]
    return {
        "days_late": days,
        "days_left": -days,
        "coming_back": coming,
        "may_ask": may(request.actor, May.ISSUE_RECEIPTS, one.seller_organisation),
        "may_confirm": receipt is not None
        and receipt.issued_by_id != request.staff.pk
        and may(request.actor, May.CONFIRM_RECEIPTS, one.seller_organisation),
        "way_back": f"{reverse('office:ways_back:guide')}?{urlencode({'sale': one.number})}"
        if recalls
        else "",
    }
