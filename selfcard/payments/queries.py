"""Receipts and invoices as those see them who may."""

from django.db.models import QuerySet, Sum

from selfcard.core.actor import Actor
from selfcard.ledger import chart
from selfcard.ledger.lines import Line, debit
from selfcard.organisations.models import May
from selfcard.organisations.queries import organisations_in_reach
from selfcard.payments.models import Invoice, Receipt, Tender

# Where the money of each tender is, in the books.
ACCOUNTS = {Tender.Kind.CASH: chart.CASH, Tender.Kind.TRANSFER: chart.BANK}

# Who works on a receipt sees it.
SEEING_RECEIPTS = (May.SEE_PAYMENTS, May.ISSUE_RECEIPTS, May.CONFIRM_RECEIPTS)


def find_receipt(number: str) -> Receipt | None:
    return Receipt.objects.filter(number=number.strip().upper()).first()


def find_invoice(number: str) -> Invoice | None:
    return Invoice.objects.filter(number__iexact=number.strip()).first()


def receipts_in_reach(actor: Actor) -> QuerySet[Receipt]:
    """The receipts that the actor may see, newest first."""
    return (
        Receipt.objects.filter(
            organisation__in=organisations_in_reach(actor, *SEEING_RECEIPTS).values("pk")
        )
        .select_related(
            "organisation__party", "issued_by__party", "confirmed_by__party", "voided_by__party"
        )
        .order_by("-id")
    )


def receipts_to_confirm(actor: Actor) -> QuerySet[Receipt]:
    """Receipts that wait for this actor's confirmation: not their own, oldest first."""
    return (
        Receipt.objects.filter(
            state=Receipt.State.ISSUED,
            organisation__in=organisations_in_reach(actor, May.CONFIRM_RECEIPTS).values("pk"),
        )
        .exclude(issued_by=actor.id)
        .select_related("organisation__party", "issued_by__party")
        .order_by("id")
    )


def invoices_in_reach(actor: Actor) -> QuerySet[Invoice]:
    """The invoices that the actor may see, newest first."""
    return (
        Invoice.objects.filter(
            organisation__in=organisations_in_reach(actor, *SEEING_RECEIPTS).values("pk")
        )
        .select_related("organisation__party", "receipt", "issued_by__party")
        .order_by("-id")
    )


def debits_of(receipt: Receipt) -> tuple[Line, ...]:
    """The debits that a confirmed receipt means in the books: one for each place of its money."""
    by_kind = (
        receipt.tenders.order_by().values("kind").annotate(total=Sum("amount")).order_by("kind")
    )
    return tuple(debit(ACCOUNTS[Tender.Kind(row["kind"])], row["total"]) for row in by_kind)
