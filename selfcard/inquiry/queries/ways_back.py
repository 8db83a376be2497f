"""How cards come back, before anything happens: by their status, and with all that follows.

A range may be of several sales, paid and unpaid; some of its cards may be policies. The answer
takes a fixed number of statements, however many cards and sales there are.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Any

from django.db.models import Sum
from django.db.models.functions import Coalesce

from selfcard.cards.models import DocumentType
from selfcard.core.actor import Actor
from selfcard.core.serials import SerialRun, count_cards, merge_runs
from selfcard.core.wording import listed
from selfcard.custody.models import Reason
from selfcard.custody.parts import Part, read_parts
from selfcard.custody.queries import activations_within, opened_within
from selfcard.custody.statuses import CardStatus, SeenStatus
from selfcard.inquiry.queries.reach import holders_in_reach
from selfcard.organisations.models import May, Party
from selfcard.organisations.queries import organisations_in_reach
from selfcard.payments.models import AdvanceAccount, Invoice, Receipt, TenderKind
from selfcard.payments.papers import AN_INDIVIDUAL, InvoiceLine
from selfcard.payments.queries import is_in_name_of_payer, kinds_of
from selfcard.policies.queries import policies_in_reach
from selfcard.sales.models import Recovery, Sale, SaleReceipt
from selfcard.sales.paperwork import invoice_line
from selfcard.sales.queries import SALE_REASON, recoveries_in_reach, sales_in_reach
from selfcard.sales.reckoning import ended_policies

# So many sales, and so many policies, somebody can still look through.
MOST_SALES = 50
POLICIES_NAMED = 20
NOTHING = Decimal("0.00")
RECOVERY_REASON = "recovery"


class Way(StrEnum):
    """The way back of a card, by what it is now."""

    UNPAID = "unpaid"  # sold: back at once
    PAID = "paid"  # to be activated: back when its money is paid back
    POLICY = "policy"  # activated: its policy is cancelled first
    STOPPED = "stopped"  # reported lost, missing or under inquiry: that is cleared first
    COMING = "coming"  # awaits its refund already
    NONE = "none"  # in no sale now, or out of the actor's reach


COMES_BACK = (Way.UNPAID, Way.PAID)


@dataclass(frozen=True)
class WayPart:
    """Cards in a row that come back in the same way, or do not.

    `number` is the sale's, or the recovery's of cards that are coming; `stopped_by` is what keeps
    cards that are stopped. Of cards out of the actor's reach nothing is told.
    """

    run: SerialRun
    way: Way
    status: SeenStatus | None = None
    holder: Party | None = None
    document_type: DocumentType | None = None
    number: str = ""
    stopped_by: tuple[Reason, ...] = ()

    @property
    def count(self) -> int:
        return self.run.count


@dataclass(frozen=True, kw_only=True)
class Returning:
    """What comes back of one sale, and what follows for its money and its cards."""

    sale: Any  # of `sales_in_reach`
    is_paid: bool
    runs: tuple[SerialRun, ...]
    holders: tuple[tuple[Party, int], ...]  # who has how many in inventory again
    opened: tuple[SerialRun, ...]  # void, whatever the inspection finds
    left: int  # cards that stay with the sale
    receipt: Receipt | None
    invoice: Invoice | None
    cancelled: Decimal  # of the invoice, by earlier red-letter invoices; not positive
    coming: Decimal  # of the invoice, what is still to be paid back of it
    earned: Decimal  # of the invoice, by policies that ended early
    came_by: tuple[TenderKind, ...]
    has_account: bool  # whether its payer has an advance account that the money can go into
    allowed: bool  # whether the actor may take cards of this sale back

    @property
    def count(self) -> int:
        return count_cards(self.runs)

    @property
    def amount(self) -> Decimal:
        amount: Decimal = self.sale.face_value * self.count
        return amount

    @cached_property
    def line(self) -> InvoiceLine:
        """What the red-letter invoice will say, its amounts positive."""
        return invoice_line(self.sale, self.runs)

    @property
    def left_of_invoice(self) -> Decimal:
        """What the original still stands for afterwards."""
        assert self.invoice is not None, "a paid sale has its invoice"
        return self.invoice.gross + self.cancelled - self.coming - self.amount

    @property
    def void(self) -> int:
        return count_cards(self.opened)

    @property
    def came_by_said(self) -> str:
        """By which ways the money came, in words."""
        return listed(kind.label for kind in self.came_by)

    @property
    def is_gift(self) -> bool:
        return TenderKind.PROMOTION in self.came_by


@dataclass(frozen=True, kw_only=True)
class Demand:
    """A charge receipt that asked for too much: it becomes void, and the rest is asked for anew."""

    receipt: Receipt
    rest: Decimal
    others: tuple[str, ...]  # sales of which nothing comes back, asked for by the same receipt

    @property
    def is_on_its_way(self) -> bool:
        return self.receipt.state == Receipt.State.WAITING


@dataclass(frozen=True, kw_only=True)
class Activated:
    """A card that is a policy now; `opens` says whether the actor may look at it."""

    serial: int
    policy: str
    opens: bool


@dataclass(frozen=True, kw_only=True)
class WaysBack:
    """The ways of some cards, each part with its own, and what follows for every sale."""

    parts: tuple[WayPart, ...]
    returns: tuple[Returning, ...] = ()
    demands: tuple[Demand, ...] = ()
    activated: tuple[Activated, ...] = ()  # the first of them
    has_too_many_sales: bool = False

    def count_of(self, *ways: Way) -> int:
        return sum(part.count for part in self.parts if part.way in ways)

    @property
    def coming_back(self) -> list[SerialRun]:
        """The cards that can come back now."""
        return merge_runs(part.run for part in self.parts if part.way in COMES_BACK)

    @property
    def others(self) -> list[WayPart]:
        """Those that cannot, whatever the reason."""
        return [part for part in self.parts if part.way not in COMES_BACK]

    @property
    def stopped_by(self) -> list[Reason]:
        """Whatever keeps some of the cards from coming back, each once."""
        return list(dict.fromkeys(freeze for part in self.parts for freeze in part.stopped_by))

    @property
    def refund(self) -> Decimal:
        return sum((one.amount for one in self.returns if one.is_paid), NOTHING)

    @property
    def on_their_way(self) -> list[Demand]:
        return [one for one in self.demands if one.is_on_its_way]


@dataclass(frozen=True)
class Inspected:
    """Cards in a row of a recovery, and what makes them void, if anything does."""

    run: SerialRun
    is_scratched: bool
    is_opened: bool  # its PIN was accepted before it was back

    @property
    def is_void(self) -> bool:
        return self.is_scratched or self.is_opened


def inspected(recovery: Recovery) -> list[Inspected]:
    """The cards of a recovery as they came, or will come, back: in inventory again, or void."""
    runs = list(recovery.runs.all())
    opened = opened_within((one.run for one in runs), by=recovery.done_at)
    return [
        Inspected(piece, one.is_scratched, any(piece.overlaps(other) for other in opened))
        for one in runs
        for piece in one.run.cut_at(opened)
    ]


def ways_back(actor: Actor, runs: Iterable[SerialRun]) -> WaysBack:
    """How these cards come back, as far as the actor may know, as the command will judge."""
    parts = read_parts(runs)
    activated = _activated(parts)
    numbers = {part.reason[1] for part in parts if part.reason[0] == SALE_REASON}
    sales = {sale.number: sale for sale in sales_in_reach(actor).filter(number__in=numbers)}
    told = tuple(_told(actor, parts, activated, sales))
    if len({part.number for part in told if part.way in COMES_BACK}) > MOST_SALES:
        return WaysBack(parts=told, has_too_many_sales=True)
    returns = tuple(_returns(actor, told, sales))
    return WaysBack(
        parts=told,
        returns=returns,
        demands=tuple(_demands(actor, returns)),
        activated=_named(actor, activated, told),
    )


def _activated(parts: Iterable[Part]) -> dict[int, str]:
    """The cards that are policies now, with their numbers."""
    paid = [part.run for part in parts if part.status == CardStatus.TO_BE_ACTIVATED]
    live = activations_within(merge_runs(paid)).order_by("serial")
    return dict(live.values_list("serial", "policy_number"))


def _told(
    actor: Actor, parts: list[Part], activated: dict[int, str], sales: dict[str, Any]
) -> list[WayPart]:
    """The parts as far as the actor may know them, cut where their ways differ."""
    policies = merge_runs(SerialRun(serial, serial) for serial in activated)
    coming = {part.reason[1] for part in parts if part.status == CardStatus.AWAITING_REFUND}
    recoveries = set(
        recoveries_in_reach(actor).filter(number__in=coming).values_list("number", flat=True)
    )
    keys = {part.holder.pk for part in parts if part.holder}
    seen = set(holders_in_reach(actor).filter(pk__in=keys).values_list("pk", flat=True))
    found: list[WayPart] = []
    for part in parts:
        for piece in part.run.cut_at(policies):
            is_policy = piece.first in activated
            if part.reason[1] in sales or part.reason[1] in recoveries or _is_seen(part, seen):
                one = _way_part(part, piece, is_policy, sales)
            else:
                one = WayPart(piece, Way.NONE)
            last = found[-1] if found else None
            if last and one.run.first == last.run.last + 1 and replace(one, run=last.run) == last:
                one = replace(one, run=SerialRun(found.pop().run.first, one.run.last))
            found.append(one)
    return found


def _is_seen(part: Part, seen: set[int]) -> bool:
    return part.holder is not None and part.holder.pk in seen


def _way_part(part: Part, piece: SerialRun, is_policy: bool, sales: dict[str, Any]) -> WayPart:
    number = part.reason[1]
    way = Way.NONE
    if number in sales and part.status == CardStatus.SOLD:
        way = Way.UNPAID
    elif number in sales and part.status == CardStatus.TO_BE_ACTIVATED:
        way = Way.POLICY if is_policy else Way.PAID
    elif part.status == CardStatus.AWAITING_REFUND and part.reason[0] == RECOVERY_REASON:
        way = Way.COMING
    if way in COMES_BACK and part.kept_by:
        way = Way.STOPPED
    return WayPart(
        piece,
        way,
        SeenStatus.ACTIVATED if is_policy else part.seen,
        part.holder,
        part.batch.type_version.document_type if part.batch else None,
        "" if way == Way.NONE else number,
        part.kept_by if way == Way.STOPPED else (),
    )


def _named(
    actor: Actor, activated: dict[int, str], told: tuple[WayPart, ...]
) -> tuple[Activated, ...]:
    """The first cards that are policies, of those that the actor may know of."""
    known = [part.run for part in told if part.way == Way.POLICY]
    first = [
        (serial, policy)
        for serial, policy in activated.items()
        if any(serial in run for run in known)
    ][:POLICIES_NAMED]
    numbers = [policy for _serial, policy in first]
    open_ = set(
        policies_in_reach(actor).filter(number__in=numbers).values_list("number", flat=True)
    )
    return tuple(
        Activated(serial=serial, policy=policy, opens=policy in open_) for serial, policy in first
    )


def _returns(actor: Actor, told: tuple[WayPart, ...], sales: dict[str, Any]) -> Iterable[Returning]:
    by_sale: dict[str, list[WayPart]] = defaultdict(list)
    for part in told:
        if part.way in COMES_BACK:
            by_sale[part.number].append(part)
    chosen = [sales[number] for number in sorted(by_sale)]
    receipts = _receipts_of(chosen)
    opened = opened_within(part.run for parts in by_sale.values() for part in parts)
    accounts = _with_account(receipts.values())
    coming, earned = _of_their_money(receipts.values())
    invoices = {one.receipt_id: one for one in _invoices_of(receipts.values())}
    allowed = set(
        organisations_in_reach(actor, May.RECALL_SALES)
        .filter(pk__in={sale.seller_organisation_id for sale in chosen})
        .values_list("pk", flat=True)
    )
    for sale in chosen:
        parts = by_sale[sale.number]
        runs = tuple(merge_runs(part.run for part in parts))
        holders: Counter[Party] = Counter()
        for part in parts:
            assert part.holder is not None, "sold cards lie with somebody"
            holders[part.holder] += count_cards(part.run.without(opened))
        receipt = receipts.get(sale.pk)
        invoice = invoices.get(receipt.pk) if receipt else None
        yield Returning(
            sale=sale,
            is_paid=any(part.way == Way.PAID for part in parts),
            runs=runs,
            holders=tuple((holder, count) for holder, count in holders.items() if count),
            opened=tuple(
                both for run in runs for other in opened if (both := run.intersection(other))
            ),
            left=sale.cards_left - count_cards(runs),
            receipt=receipt,
            invoice=invoice,
            cancelled=invoice.cancelled if invoice else NOTHING,  # type: ignore[attr-defined]
            coming=coming[receipt.pk] if receipt else NOTHING,
            earned=earned[receipt.pk] if receipt else NOTHING,
            came_by=kinds_of(receipt.tenders.all()) if receipt else (),
            has_account=bool(receipt and receipt.pk in accounts),
            allowed=sale.seller_organisation_id in allowed,
        )


def _receipts_of(sales: list[Sale]) -> dict[int, Receipt]:
    """The live charge receipt of each sale that has one."""
    live = (
        SaleReceipt.objects.filter(sale__in=sales, ended_at__isnull=True)
        .select_related("receipt")
        .prefetch_related("receipt__tenders")
    )
    return {one.sale_id: one.receipt for one in live}


def _invoices_of(receipts: Iterable[Receipt]) -> Iterable[Invoice]:
    """Their invoices, each with what was cancelled of it (`cancelled`)."""
    red = Coalesce(Sum("red_letters__gross"), NOTHING)
    return Invoice.objects.filter(receipt__in=list(receipts)).annotate(cancelled=red)


def _of_their_money(
    receipts: Iterable[Receipt],
) -> tuple[dict[int, Decimal], dict[int, Decimal]]:
    """What of each receipt's money is still to be paid back, for cards that await it and for
    policies that ended early; and what these have earned."""
    receipts = [one for one in receipts if one.state == Receipt.State.CONFIRMED]
    coming: dict[int, Decimal] = defaultdict(lambda: NOTHING)
    earned: dict[int, Decimal] = defaultdict(lambda: NOTHING)
    waiting = Recovery.objects.filter(
        receipt__in=receipts, state=Recovery.State.REGISTERED
    ).values_list("receipt", "amount")
    for receipt, amount in waiting:
        coming[receipt] += amount
    asked = SaleReceipt.objects.filter(receipt__in=receipts).select_related("sale")
    paid = {one.sale: one.receipt_id for one in asked}
    ended = ended_policies(paid)
    for sale, receipt in paid.items():
        for one in ended[sale.pk]:
            coming[receipt] += one.owed
            earned[receipt] += sale.face_value - one.gives_back
    return coming, earned


def _with_account(receipts: Iterable[Receipt]) -> set[int]:
    """The paid ones whose payer has an advance account."""
    paid = [one for one in receipts if one.state == Receipt.State.CONFIRMED]
    named = [one for one in paid if one.payer_name != AN_INDIVIDUAL.zh]
    if not named:
        return set()
    accounts = AdvanceAccount.objects.filter(payer_name__in={one.payer_name for one in named})
    places = defaultdict(list)
    for account in accounts:
        places[account.organisation_id, account.currency].append(account)
    return {
        one.pk
        for one in named
        if any(is_in_name_of_payer(each, one) for each in places[one.organisation_id, one.currency])
    }


def _demands(actor: Actor, returns: tuple[Returning, ...]) -> Iterable[Demand]:
    """What becomes of the charge receipts of unpaid sales, with all sales that each asks for."""
    unpaid = {one.sale.pk: one for one in returns if not one.is_paid}
    receipts = {one.receipt.pk: one.receipt for one in unpaid.values() if one.receipt}
    if not receipts:
        return
    asked: dict[int, list[int]] = defaultdict(list)
    for one in SaleReceipt.objects.filter(receipt__in=receipts).order_by("sale_id"):
        asked[one.receipt_id].append(one.sale_id)
    keys = {sale for together in asked.values() for sale in together}
    sales: dict[int, Any] = {sale.pk: sale for sale in sales_in_reach(actor).filter(pk__in=keys)}
    for key, receipt in sorted(receipts.items()):
        together = [sales[sale] for sale in asked[key] if sale in sales]
        rest = sum(
            (
                sale.face_value * (unpaid[sale.pk].left if sale.pk in unpaid else sale.cards_left)
                for sale in together
            ),
            NOTHING,
        )
        others = tuple(sale.number for sale in together if sale.pk not in unpaid)
        yield Demand(receipt=receipt, rest=rest, others=others)
