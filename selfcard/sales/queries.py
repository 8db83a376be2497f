"""Sales as those see them who may, and which receipt belongs to which sale."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import (
    BigIntegerField,
    Count,
    Exists,
    F,
    FilteredRelation,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
)
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from selfcard.approvals.models import Approval
from selfcard.approvals.queries import with_fate
from selfcard.cards.models import DocumentType
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.compiled import Compiled
from selfcard.core.serials import SerialRun, merge_runs
from selfcard.custody.deeds import SALE
from selfcard.custody.models import HolderBlock, Holding
from selfcard.custody.queries import (
    RangePart,
    find_serial_of_policy,
    usable_parts,
)
from selfcard.custody.statuses import CardStatus
from selfcard.organisations.models import May, Organisation, Party
from selfcard.organisations.queries import organisations_in_reach, parties_in_reach
from selfcard.payments.models import PaymentReceipt, Receipt
from selfcard.sales.errors import PaymentOfNoRecovery, ReceiptOfNoSale
from selfcard.sales.models import (
    Agency,
    Agreement,
    Recovery,
    Sale,
    SaleReceipt,
    SaleRun,
)
from selfcard.sales.reckoning import POLICY_REASON, EndedPolicy, cards_left

# Who works on a sale sees it.
SEEING_SALES = (
    May.SEE_SALES,
    May.REGISTER_SALES,
    May.ISSUE_RECEIPTS,
    May.CONFIRM_RECEIPTS,
    May.APPROVE_SALES,
    May.RECALL_SALES,
    May.ISSUE_PAYMENTS,
    May.CONFIRM_PAYMENTS,
)
# What a second person is asked, and about what.
APPROVE_SALE = "sales.approve_sale"
SALE_REASON = "sale"


def holders_selling_for(organisation: Organisation, actor: Actor) -> QuerySet[Party]:
    """Those from whose inventory the actor may sell for an organisation: itself, what is below
    it, and the people who work there."""
    within = Organisation.objects.filter(path__within=organisation.path).values("pk")
    return parties_in_reach(actor, May.REGISTER_SALES).filter(
        Q(organisation__in=within) | Q(staff__organisation__in=within)
    )


def sellable_parts(
    document_type: DocumentType | None,
    runs: tuple[SerialRun, ...],
    organisation: Organisation,
    actor: Actor,
) -> list[RangePart]:
    """What stands beside a range while a sale is typed, judged as `register_sale` judges."""
    sellers = set(holders_selling_for(organisation, actor).values_list("pk", flat=True))
    return [
        part
        if not part.usable or (part.holder and part.holder.pk in sellers)
        else replace(part, usable=False, reason=_("No: not held by the seller's organisation"))
        for part in usable_parts(document_type, runs, actor, SALE)
    ]


def sale_of(serial: int) -> Sale | None:
    """The last sale that a card was in, if it was ever sold; with the organisation that sold it."""
    return next(iter(_last_sale(None, serial)), None)


def _sales_with(_: None, serial: int) -> QuerySet[Sale]:
    runs = SaleRun.objects.filter(serials__contains=serial)
    sales = Sale.objects.select_related("seller_organisation").filter(pk__in=runs.values("sale"))
    return sales.order_by("-id")[:1]


_last_sale = Compiled(_sales_with)


def sales_of_receipt(receipt: Receipt) -> list[SaleReceipt]:
    """The sales whose money a receipt asks for, each with how many cards it asks for.

    Raises:
        ReceiptOfNoSale: it asks for something else.
    """
    asked = (
        SaleReceipt.objects.filter(receipt=receipt)
        .order_by("sale_id")
        .select_related(
            "sale__type_version__document_type",
            "sale__seller_organisation__party",
            "sale__seller",
            "sale__agency",
            "sale__registered_by__party",
        )
        .prefetch_related("sale__runs")
    )
    if not asked:
        raise ReceiptOfNoSale(number=receipt.number)
    return list(asked)


def gifts_of(receipt: Receipt) -> list[Sale]:
    """The sales of free cards that a receipt settles; none where it asks for money."""
    return list(
        Sale.objects.filter(receipts__receipt=receipt)
        .exclude(gift_reason="")
        .select_related("registered_by__party")
        .order_by("id")
    )


def runs_of(sale: Sale) -> tuple[SerialRun, ...]:
    """The cards of a sale, in order."""
    return tuple(run.run for run in sale.runs.order_by("serials"))


def runs_taken_back(recovery: Recovery) -> tuple[SerialRun, ...]:
    """The cards of a recovery, in order, in as few runs as there can be."""
    return tuple(merge_runs(run.run for run in recovery.runs.all()))


def live_payment(recovery: Recovery) -> PaymentReceipt | None:
    """The payment receipt that pays, or paid, the money of a recovery back."""
    return (
        PaymentReceipt.objects.filter(reason_kind="recovery", reason_number=recovery.number)
        .exclude(state=PaymentReceipt.State.VOID)
        .first()
    )


def payments_of_recovery(recovery: Recovery) -> list[PaymentReceipt]:
    """Every voucher by which the money of a recovery was to be paid back, newest first."""
    return list(
        PaymentReceipt.objects.filter(reason_kind="recovery", reason_number=recovery.number)
        .select_related("issued_by__party", "confirmed_by__party", "voided_by__party", "red_letter")
        .order_by("-id")
    )


def recovery_of_payment(payment: PaymentReceipt) -> Recovery:
    """What a payment receipt pays back.

    Raises:
        PaymentOfNoRecovery: it is not the money of cards.
    """
    found = None
    if payment.reason_kind == "recovery":
        found = Recovery.objects.filter(number=payment.reason_number).first()
    if found is None:
        raise PaymentOfNoRecovery(number=payment.number)
    return found


def receipt_behind(payment: PaymentReceipt) -> Receipt | None:
    """The receipt by which the money came that a voucher pays back; none for an advance.

    It came for the cards of a recovery, or for the card that a cancelled policy came from.
    """
    if payment.kind == PaymentReceipt.Kind.ADVANCE:
        return None
    if payment.reason_kind == "recovery":
        return recovery_of_payment(payment).receipt
    serial = find_serial_of_policy(payment.reason_number)
    sale = sale_of(serial) if serial else None
    return live_receipt(sale) if sale else None


def recoveries_to_pay(actor: Actor) -> QuerySet[Recovery]:
    """Recoveries whose money nobody has written a voucher for, for whoever may, oldest first."""
    asked = PaymentReceipt.objects.filter(
        reason_kind="recovery", reason_number=OuterRef("number")
    ).exclude(state=PaymentReceipt.State.VOID)
    return (
        recoveries_in_reach(actor)
        .filter(
            ~Exists(asked),
            state=Recovery.State.REGISTERED,
            sale__seller_organisation__in=organisations_in_reach(actor, May.ISSUE_PAYMENTS).values(
                "pk"
            ),
        )
        .order_by("id")
    )


def recoveries_in_reach(actor: Actor) -> QuerySet[Recovery]:
    """The recoveries that the actor may see, newest first."""
    return (
        Recovery.objects.filter(
            sale__seller_organisation__in=organisations_in_reach(actor, *SEEING_SALES).values("pk")
        )
        .select_related(
            "sale__type_version__document_type",
            "sale__seller_organisation__party",
            "sale__seller",
            "registered_by__party",
        )
        .order_by("-id")
    )


def agreement_in_force(agency: Agency, day: date) -> Agreement | None:
    """The agreement under which an agency sells on a day."""
    return Agreement.objects.filter(agency=agency, valid_from__lte=day, valid_to__gte=day).first()


def live_receipt(sale: Sale) -> Receipt | None:
    """The charge receipt that asks, or asked, for the sale's money; void ones are left out."""
    asked = sale.receipts.filter(ended_at__isnull=True).select_related("receipt").first()
    return asked.receipt if asked else None


def sales_asked_together(sales: Iterable[Sale]) -> set[int]:
    """The primary keys of these sales, and of all that a live receipt of theirs asks for, too."""
    pks = {sale.pk for sale in sales}
    live = SaleReceipt.objects.filter(sale__in=pks, ended_at__isnull=True)
    together = SaleReceipt.objects.filter(receipt__in=live.values("receipt"))
    return pks | set(together.values_list("sale_id", flat=True))


def sales_in_reach(actor: Actor) -> QuerySet[Sale]:
    """The sales that the actor may see, newest first, each with what tells how it stands.

    `receipt_state` is empty where no money has been asked for yet; `cards_back` were taken back,
    `cards_left` are out with the sale.
    """
    back = (
        Recovery.objects.filter(sale=OuterRef("pk"))
        .exclude(state=Recovery.State.WITHDRAWN)
        .order_by()
        .values("sale")
        .annotate(cards=Sum("count"))
    )
    return (
        Sale.objects.filter(
            seller_organisation__in=organisations_in_reach(actor, *SEEING_SALES).values("pk")
        )
        .select_related(
            "type_version__document_type",
            "seller_organisation__party",
            "seller",
            "agency",
            "agreement",
            "registered_by__party",
            "agreed_by__party",
        )
        .annotate(
            live=FilteredRelation("receipts", condition=Q(receipts__ended_at__isnull=True)),
            receipt_state=F("live__receipt__state"),
            receipt_number=F("live__receipt__number"),
            cards_back=Coalesce(Subquery(back.values("cards")), 0, output_field=BigIntegerField()),
        )
        .annotate(
            cards_left=cards_left(),
            amount_left=F("face_value") * F("cards_left"),
        )
        .order_by("-id")
    )


def left_by_day(rows: QuerySet[Sale], day: str) -> dict[date, Decimal]:
    """What is left of sales that `sales_in_reach` gave, in money, by a day of theirs (`due_on`,
    `registered_on`).

    What was sold and what came back are each summed up at once: to ask of every sale what came back
    of it takes as long again for each.
    """
    sold = rows.order_by().values_list(day).annotate(sum=Sum("amount"))
    back = (
        Recovery.objects.filter(sale__in=rows.order_by().values("pk"))
        .exclude(state=Recovery.State.WITHDRAWN)
        .order_by()
        .values_list(f"sale__{day}")
        .annotate(sum=Sum("amount"))
    )
    left = dict(sold)
    for on, amount in back:
        left[on] -= amount
    return left


def numbers_not_paid() -> QuerySet[Any]:
    """The sales IDs whose cards, all or some, are sold and nothing else: their money has not come.

    Custody knows them without looking at what was ever sold.
    """
    return Holding.objects.filter(status=CardStatus.SOLD, reason_kind=SALE_REASON).values(
        "reason_number"
    )


def sales_not_paid(actor: Actor) -> QuerySet[Sale]:
    """The sales that the actor may see whose money has not come, newest first."""
    return sales_in_reach(actor).filter(number__in=numbers_not_paid())


def sales_overdue(actor: Actor) -> QuerySet[Sale]:
    """Those that should have been paid before today, the longest overdue first."""
    return sales_not_paid(actor).filter(due_on__lt=clock.today()).order_by("due_on", "id")


def sales_to_block_for() -> QuerySet[Sale]:
    """The overdue sales of the whole insurer whose sellers are not blocked for them yet."""
    blocked = HolderBlock.objects.filter(reason_kind=SALE_REASON, lifted_at__isnull=True)
    return (
        Sale.objects.filter(number__in=numbers_not_paid(), due_on__lt=clock.today())
        .exclude(number__in=blocked.values("reason_number"))
        .select_related("seller")
        .order_by("due_on", "id")
    )


def sales_without_receipt(actor: Actor) -> QuerySet[Sale]:
    """Sales whose money the actor may ask for and nobody has asked for yet, oldest first."""
    asked = SaleReceipt.objects.filter(sale=OuterRef("pk"), ended_at__isnull=True)
    return (
        sales_not_paid(actor)
        .filter(
            ~Exists(asked),
            seller_organisation__in=organisations_in_reach(actor, May.ISSUE_RECEIPTS).values("pk"),
        )
        .order_by("id")
    )


def large_sales_in_reach(actor: Actor) -> QuerySet[Approval]:
    """The requests for large sales that the actor may see, decided or not, newest first.

    `fate` is the state as people see it: what nobody decided in time has expired.
    """
    return with_fate(
        Approval.objects.filter(
            kind=APPROVE_SALE,
            organisation__in=organisations_in_reach(actor, *SEEING_SALES).values("pk"),
        )
    ).order_by("-asked_at")


def requests_about(sale: Sale) -> list[Approval]:
    """How a second person was asked about a large sale, oldest first."""
    asked = Approval.objects.filter(subject_kind=SALE_REASON, subject_number=sale.number)
    return list(
        asked.filter(kind=APPROVE_SALE).select_related("asked_by__party", "decided_by__party")
    )


def receipts_of(sale: Sale) -> list[SaleReceipt]:
    """Every receipt that asks or asked for the sale's money, newest first; void ones too."""
    asked = sale.receipts.select_related(
        "receipt__organisation__party",
        "receipt__issued_by__party",
        "receipt__confirmed_by__party",
        "receipt__voided_by__party",
        "receipt__invoice",
    )
    return list(asked.order_by("-id"))


def recoveries_of(sale: Sale) -> list[Recovery]:
    """What came back of a sale, or is coming, newest first, each with its cards."""
    return list(
        sale.recoveries.select_related("registered_by__party", "withdrawn_by__party")
        .prefetch_related("runs")
        .order_by("-id")
    )


def payments_of(sale: Sale, ended: Iterable[EndedPolicy]) -> list[PaymentReceipt]:
    """The vouchers by which money of a sale was or is to be paid back, newest first: of cards that
    were taken back, and of its policies that ended early, which the caller has read."""
    recoveries = sale.recoveries.order_by().values("number")
    policies = [one.number for one in ended]
    return list(
        PaymentReceipt.objects.filter(
            Q(reason_kind="recovery", reason_number__in=recoveries)
            | Q(reason_kind=POLICY_REASON, reason_number__in=policies)
        )
        .select_related("issued_by__party", "confirmed_by__party", "red_letter")
        .order_by("-id")
    )


def agencies() -> QuerySet[Agency]:
    """All agencies; they are the whole insurer's."""
    return Agency.objects.order_by("code")


def agencies_selling() -> QuerySet[Agency]:
    """All agencies, each with the agreement under which it sells today.

    `agreement_number` and `agreement_ends` are empty where none is in force.
    """
    return _with_agreement(agencies())


def _with_agreement(rows: QuerySet[Agency]) -> QuerySet[Agency]:
    today = clock.today()
    in_force = FilteredRelation(
        "agreements",
        condition=Q(agreements__valid_from__lte=today, agreements__valid_to__gte=today),
    )
    return rows.annotate(
        in_force=in_force,
        agreement_number=F("in_force__number"),
        agreement_ends=F("in_force__valid_to"),
    )


def agreements_of(agency: Agency) -> QuerySet[Agreement]:
    """The agreements with an agency, the latest first."""
    return agency.agreements.select_related("registered_by__party").order_by("-valid_from")


def agencies_at_work(actor: Actor) -> QuerySet[Agency]:
    """All agencies, each with its agreement in force, and how many of its sales the actor may
    see (`sales_seen`)."""
    seen = Sale.objects.filter(
        agency=OuterRef("pk"),
        seller_organisation__in=organisations_in_reach(actor, *SEEING_SALES).values("pk"),
    )
    counted = seen.order_by().values("agency").annotate(count=Count("pk"))
    return agencies_selling().annotate(
        sales_seen=Coalesce(Subquery(counted.values("count")), 0, output_field=BigIntegerField())
    )
