"""What a tax platform said of an invoice is written down beside it."""

from uuid import UUID

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.organisations.models import May
from selfcard.organisations.queries import acting_staff, require
from selfcard.payments.errors import ConfirmedInTheFuture, TaxFactAlreadyEntered
from selfcard.payments.models import Invoice, RedLetterInvoice, TaxFact
from selfcard.payments.tax_platform import TaxAnswer


@command
def note_tax_fact(
    *, paper: Invoice | RedLetterInvoice, answer: TaxAnswer, actor: Actor, request_id: UUID
) -> TaxFact:
    """Keep what a tax platform says of an invoice or red-letter invoice; a later one corrects it.

    Raises:
        NotAuthorised: the actor does not confirm money there.
        ConfirmedInTheFuture: a day that is still to come.
        TaxFactAlreadyEntered: it is known.
    """
    is_invoice = isinstance(paper, Invoice)
    deed = May.CONFIRM_RECEIPTS if is_invoice else May.CONFIRM_PAYMENTS
    require(actor, deed, paper.organisation)
    if answer.confirmed_on > clock.today():
        raise ConfirmedInTheFuture
    of = {"invoice" if is_invoice else "red_letter": paper}
    platform, number = answer.platform.strip(), answer.number.strip()
    # The paper's row stands for what is entered about it: one after the other.
    type(paper).objects.select_for_update(no_key=True).get(pk=paper.pk)
    if TaxFact.objects.filter(**of, platform=platform, number=number).exists():
        raise TaxFactAlreadyEntered(platform=platform)
    fact = TaxFact.objects.create(
        **of,
        platform=platform,
        number=number,
        confirmation=answer.confirmation.strip(),
        confirmed_on=answer.confirmed_on,
        entered_by=acting_staff(actor),
        entered_at=clock.now(),
    )
    record(actor, "invoices.tax_fact", paper, platform=platform, number=number)
    return fact
