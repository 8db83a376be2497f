"""What an entry comes from, or a line of the reconciliation is about, and where one sees it."""

from dataclasses import dataclass

from django.urls import reverse

from selfcard.core.refusals import Operation
from selfcard.ledger.models import Entry
from selfcard.web.operations import help_for

# The operation that opens a paper of a kind.
OPENS = {
    "receipt": "payments.receipt",
    "payment": "payments.payment",
    "refund": "payments.payment",
    "policy": "open.policy",
    "sale": "open.sale",
    "recovery": "sales.recovery",
}
PAGES = {
    "invoice": "office:payments:invoice",
    "red_letter": "office:payments:red_letter",
    "account": "office:ledger:account",
}


@dataclass(frozen=True)
class Reason:
    """A number, with the address of its page where there is one."""

    number: str
    url: str = ""


def reason_of(entry: Entry) -> Reason:
    """The paper or policy that an entry was booked for."""
    return Reason(entry.reason_number, page_of_paper(entry.reason_kind, entry.reason_number))


def page_of_paper(kind: str, number: str) -> str:
    """The address of a paper; where its kind has no page of its own, the search finds it."""
    if page := PAGES.get(kind):
        return reverse(page, args=[number])
    if kind == "banking":
        return reverse("office:drawers:bankings", query={"q": number})
    operation = Operation.named(OPENS.get(kind, ""), number=number)
    if kind == "drawer":
        code, _, day = number.rpartition(" ")
        operation = Operation.named("drawers.day", code=code, day=day)
    opened = help_for(operation)
    return opened.url if opened else reverse("office:search", query={"q": number})
