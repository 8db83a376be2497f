"""What an entry comes from, and where one sees it."""

from dataclasses import dataclass

from django.urls import reverse

from selfcard.core.refusals import Operation
from selfcard.ledger.models import Entry
from selfcard.web.operations import help_for

# The operation that opens what an entry of a reason was booked for.
OPENS = {"receipt": "payments.receipt", "payment": "payments.payment", "policy": "open.policy"}


@dataclass(frozen=True)
class Reason:
    """A number, with the address of its page where there is one."""

    number: str
    url: str = ""


def reason_of(entry: Entry) -> Reason:
    """The paper or policy that an entry was booked for."""
    kind, number = entry.reason_kind, entry.reason_number
    operation = Operation.named(OPENS.get(kind, ""), number=number)
    if kind == "drawer":
        code, _, day = number.rpartition(" ")
        operation = Operation.named("drawers.day", code=code, day=day)
    elif kind == "payment" and entry.kind == "advance_refunded":
        operation = Operation.named("payments.refund", number=number)
    elif kind == "banking":
        return Reason(number, reverse("office:drawers:bankings", query={"q": number}))
    opened = help_for(operation)
    return Reason(number, opened.url if opened else "")
