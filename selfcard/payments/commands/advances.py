"""Premium received in advance: a payer's account, what comes into it and what goes out of it."""

from decimal import Decimal
from uuid import UUID

from selfcard.core import clock, numbering
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command, step
from selfcard.core.locks import LockSpace, lock
from selfcard.core.refusals import Operation
from selfcard.organisations.models import May, Organisation
from selfcard.organisations.queries import acting_staff, may, require
from selfcard.payments.errors import AdvanceAccountExists, PayerNotNamed
from selfcard.payments.models import AdvanceAccount, AdvanceEntry
from selfcard.payments.papers import AN_INDIVIDUAL
from selfcard.payments.tax_numbers import checked_tax_number
from selfcard.payments.tendering import refuse_above_balance, refuse_too_large


@command
def open_advance_account(
    *,
    organisation: Organisation,
    payer_name: str,
    tax_number: str = "",
    currency: str = "CNY",
    actor: Actor,
    request_id: UUID,
) -> AdvanceAccount:
    """Open an account for what a payer leaves with an organisation in advance; it is empty.

    Raises:
        NotAuthorised: the actor neither keeps advances there nor asks for money.
        PayerNotNamed: nobody knows whose money it would be.
        AdvanceAccountExists: the payer has one there.
        WrongTaxNumber: it is not a unified social credit code (GB 32100-2015).
    """
    # Whoever asks a payer for a deposit opens the account that it goes to.
    if not may(actor, May.ISSUE_RECEIPTS, organisation):
        require(actor, May.KEEP_ADVANCES, organisation)
    return open_account(
        organisation=organisation,
        payer_name=payer_name,
        tax_number=tax_number,
        currency=currency,
        actor=actor,
    )


@step
def open_account(
    *, organisation: Organisation, payer_name: str, tax_number: str, currency: str, actor: Actor
) -> AdvanceAccount:
    """Open an advance account within another deed; see `open_advance_account`."""
    payer = payer_name.strip()
    if payer in ("", AN_INDIVIDUAL.zh, AN_INDIVIDUAL.en):
        raise PayerNotNamed
    number = checked_tax_number(tax_number, payer)
    # Two who open one for the same payer come one after the other.
    lock(LockSpace.CODE, f"advance account {organisation.pk} {payer}")
    earlier = AdvanceAccount.objects.filter(
        organisation=organisation, payer_name=payer, tax_number=number, currency=currency
    ).first()
    if earlier:
        raise AdvanceAccountExists(
            number=earlier.number, help=Operation.named("payments.advance", number=earlier.number)
        )
    account = AdvanceAccount.objects.create(
        number=numbering.document_number("A", "payments_account_number"),
        organisation=organisation,
        payer_name=payer,
        tax_number=number,
        currency=currency,
        opened_by=acting_staff(actor),
        opened_at=clock.now(),
    )
    record(actor, "advances.opened", account)
    return account


@step
def enter_advance(
    *,
    account: AdvanceAccount,
    kind: AdvanceEntry.Kind,
    amount: Decimal,
    reason: tuple[str, str],
    actor: Actor,
) -> AdvanceEntry:
    """Enter what came (more than nothing) or went (less than nothing); the balance follows.

    Raises:
        AdvanceDoesNotSuffice: the account has less.
        AmountTooLarge: the account would have more than it can.
    """
    held = AdvanceAccount.objects.select_for_update(no_key=True).get(pk=account.pk)
    refuse_above_balance(held, -amount)
    refuse_too_large(held.balance + amount, "tenders")
    entry = AdvanceEntry.objects.create(
        account=held,
        kind=kind,
        amount=amount,
        reason_kind=reason[0],
        reason_number=reason[1],
        at=clock.now(),
        by=acting_staff(actor),
    )
    record(actor, f"advances.{kind}", held, amount=str(amount), reason=list(reason))
    return entry
