"""The tax platform, seen from here: a port that says what it has answered about an invoice.

What it answers is an outside fact, kept beside our own number and never in its place. It is asked
between transactions; `payments.note_tax_fact` writes down what came of it.
"""

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from selfcard.payments.models import Invoice, RedLetterInvoice


@dataclass(frozen=True)
class TaxAnswer:
    """What a platform says of one invoice: its number, and when it confirmed it."""

    platform: str
    number: str
    confirmed_on: date
    confirmation: str = ""


class TaxPlatform(Protocol):
    """Whoever can say how an invoice is known to the tax authority."""

    def answer_about(self, paper: Invoice | RedLetterInvoice) -> TaxAnswer | None:
        """The platform's answer; none while it has not given one."""


@dataclass(frozen=True)
class ReadByHand(TaxPlatform):
    """A platform that somebody looks at: its answer is what they read there and enter."""

    read: TaxAnswer

    def answer_about(self, paper: Invoice | RedLetterInvoice) -> TaxAnswer:
        return self.read
