"""Sales as those see them who may, and which receipt belongs to which sale."""

from dataclasses import replace
from datetime import date

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from selfcard.cards.models import DocumentType
from selfcard.core.actor import Actor
from selfcard.core.serials import SerialRun, merge_runs
from selfcard.custody.deeds import SALE
from selfcard.custody.queries import RangePart, usable_parts
from selfcard.organisations.models import May, Organisation, Party
from selfcard.organisations.queries import organisations_in_reach, parties_in_reach
from selfcard.payments.models import Invoice, PaymentReceipt, Receipt
from selfcard.sales.errors import PaymentOfNoRecovery, ReceiptOfNoSale
from selfcard.sales.models import (
    Agency,
    Agreement,
    Recovery,
    RecoveryRun,
    Sale,
    SaleReceipt,
    SaleRun,
)

# Who works on a sale sees it.
SEEING_SALES = (
    May.SEE_SALES,
    May.REGISTER_SALES,
    May.ISSUE_RECEIPTS,
    May.CONFIRM_RECEIPTS,
    May.RECALL_SALES,
    May.ISSUE_PAYMENTS,
    May.CONFIRM_PAYMENTS,
)


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


def find_sale(number: str) -> Sale | None:
    return Sale.objects.filter(number=number.strip().upper()).first()


def sale_of(serial: int) -> Sale | None:
    """The last sale that a card was in, if it was ever sold."""
    return (
        Sale.objects.filter(pk__in=SaleRun.objects.filter(serials__contains=serial).values("sale"))
        .order_by("-id")
        .first()
    )


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


def runs_of(sale: Sale) -> tuple[SerialRun, ...]:
    """The cards of a sale, in order."""
    return tuple(run.run for run in sale.runs.order_by("serials"))


def remaining_of(sale: Sale) -> tuple[SerialRun, ...]:
    """The cards of a sale that nobody has taken back, in order."""
    back = RecoveryRun.objects.filter(sale=sale, is_live=True)
    gone = [run.run for run in back]
    return tuple(part for run in runs_of(sale) for part in run.without(gone))


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


def find_recovery(number: str) -> Recovery | None:
    return Recovery.objects.filter(number=number.strip().upper()).first()


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


def invoice_of(sale: Sale) -> Invoice | None:
    receipt = live_receipt(sale)
    return Invoice.objects.filter(receipt=receipt).first() if receipt else None


def sales_in_reach(actor: Actor) -> QuerySet[Sale]:
    """The sales that the actor may see, newest first, each with the state of its live receipt.

    `receipt_state` is empty where no money has been asked for yet.
    """
    live = SaleReceipt.objects.filter(sale=OuterRef("pk"), ended_at__isnull=True)
    return (
        Sale.objects.filter(
            seller_organisation__in=organisations_in_reach(actor, *SEEING_SALES).values("pk")
        )
        .select_related(
            "type_version__document_type",
            "seller_organisation__party",
            "seller",
            "agency",
            "registered_by__party",
        )
        .annotate(
            receipt_state=Subquery(live.values("receipt__state")[:1]),
            receipt_number=Subquery(live.values("receipt__number")[:1]),
        )
        .order_by("-id")
    )


def sales_without_receipt(actor: Actor) -> QuerySet[Sale]:
    """Sales whose money the actor may ask for and nobody has asked for yet, oldest first."""
    return (
        sales_in_reach(actor)
        .filter(
            Q(receipt_state__isnull=True),
            seller_organisation__in=organisations_in_reach(actor, May.ISSUE_RECEIPTS).values("pk"),
        )
        .order_by("id")
    )


def agencies() -> QuerySet[Agency]:
    """All agencies; they are the whole insurer's."""
    return Agency.objects.order_by("code")


def agencies_at_work(actor: Actor) -> QuerySet[Agency]:
    """All agencies, each with how many of its sales the actor may see (`sales_seen`)."""
    seen = organisations_in_reach(actor, *SEEING_SALES).values("pk")
    return agencies().annotate(
        sales_seen=Count("sales", filter=Q(sales__seller_organisation__in=seen))
    )
