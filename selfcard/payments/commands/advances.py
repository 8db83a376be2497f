"""What comes into a payer's advance account and what goes out of it."""

from decimal import Decimal

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import step
from selfcard.core.refusals import Operation
from selfcard.organisations.queries import acting_staff
from selfcard.payments.errors import AdvanceDoesNotSuffice
from selfcard.payments.models import AdvanceAccount, AdvanceEntry


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
    """
    held = AdvanceAccount.objects.select_for_update(no_key=True).get(pk=account.pk)
    if held.balance + amount < 0:
        raise AdvanceDoesNotSuffice(
            number=held.number,
            balance=f"{held.balance:,.2f}",
            amount=f"{-amount:,.2f}",
            help=Operation.named("payments.advance", number=held.number),
        )
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
