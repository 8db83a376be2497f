"""Buyers who are told by phone, and notices that wait for their sellers to hand them over."""

from collections.abc import Iterable
from datetime import timedelta

from django.db import models
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.custody.queries import Waiting, cards_waiting, extended_since
from selfcard.custody.queries.counts import activated_now
from selfcard.organisations.models import May
from selfcard.organisations.queries import organisations_in_reach
from selfcard.sales.models import ActivationNotice, BuyerPhone, Sale
from selfcard.sales.queries import SALE_REASON

# What nobody handed over within so many days helps nobody any more.
NOTICE_DAYS = 60
# A later last day is told of if it was agreed to within so many days.
LATER_DAYS = 7

# Whether a sale has a card left that somebody can activate.
_SOME_LEFT = f"""EXISTS (
    SELECT FROM sales_sale sale
    JOIN custody_holding place
      ON place.reason_kind = 'sale' AND place.reason_number = sale.number
     AND place.status = 'to_be_activated'
    WHERE sale.id = sales_activationnotice.sale_id
      AND {activated_now("place.serials")} < upper(place.serials) - lower(place.serials)
)"""
# The buyers who were not looked at since some of their cards got a later last day.
_EXTENDED = """sales_buyerphone.id IN (
    SELECT buyer.id
    FROM unnest(%s::text[], %s::timestamptz[]) later (number, since)
    JOIN sales_sale sale ON sale.number = later.number
    JOIN sales_buyerphone buyer ON buyer.sale_id = sale.id AND buyer.looked_at < later.since
)"""


def notices_to_give(actor: Actor) -> QuerySet[ActivationNotice]:
    """The notices that the actor's places have to hand over: nobody left a phone, and cards are
    left to activate. The oldest first."""
    reach = organisations_in_reach(actor, May.REGISTER_SALES).values("pk")
    return (
        ActivationNotice.objects.filter(
            RawSQL(_SOME_LEFT, [], models.BooleanField()),  # noqa: S611
            given_at=None,
            settled_at__gte=clock.now() - timedelta(days=NOTICE_DAYS),
            sale__seller_organisation__in=reach,
        )
        .select_related("sale__seller_organisation__party", "sale__seller")
        .order_by("settled_at")
    )


def notice_of(sale: Sale) -> ActivationNotice | None:
    """Whether and how the buyer of a sale was told; nothing before it is paid."""
    return ActivationNotice.objects.filter(sale=sale).select_related("given_by__party").first()


def buyer_of(sale: Sale) -> BuyerPhone | None:
    """The phone that the buyer left, if they did."""
    return buyers_of([sale]).get(sale.pk)


def buyers_of(sales: Iterable[Sale]) -> dict[int, BuyerPhone]:
    """The phones that the buyers of these sales left, by the sales' primary keys."""
    found = BuyerPhone.objects.filter(sale__in=[sale.pk for sale in sales])
    return {one.sale_id: one for one in _with_their_sales(found)}


def buyers_to_look_at(most: int) -> list[BuyerPhone]:
    """The buyers of whose cards a reminder is due, or some of whose cards got a later last day;
    their rows are held, and those that another holds are passed over."""
    due = _held(Q(due_on__lte=clock.today()), most)
    if due:
        return due
    later = extended_since(SALE_REASON, clock.now() - timedelta(days=LATER_DAYS))
    if not later:
        return []
    extended = RawSQL(_EXTENDED, [[*later], [*later.values()]], models.BooleanField())  # noqa: S611
    return _held(Q(extended, told_at__isnull=False), most)


def _held(wanted: Q, most: int) -> list[BuyerPhone]:
    rows = _with_their_sales(BuyerPhone.objects.filter(wanted).order_by("pk"))
    return list(rows.select_for_update(skip_locked=True, of=("self",), no_key=True)[:most])


def waiting_of(sales: Iterable[Sale]) -> dict[str, list[Waiting]]:
    """The paid cards of each sale that wait to be activated, by its sales ID, soonest first."""
    numbers = [sale.number for sale in sales]
    found: dict[str, list[Waiting]] = {number: [] for number in numbers}
    for one in cards_waiting(SALE_REASON, numbers):
        found[one.reason_number].append(one)
    return found


def _with_their_sales(rows: QuerySet[BuyerPhone]) -> QuerySet[BuyerPhone]:
    return rows.select_related(
        "sale__type_version__document_type", "sale__seller_organisation__party"
    )
