"""A policy ends before its day."""

from datetime import date

from selfcard.approvals.commands import withdraw
from selfcard.approvals.locks import take_up
from selfcard.approvals.models import Approval
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import step
from selfcard.core.money import split_tax
from selfcard.core.refusals import ReasonMissing
from selfcard.organisations.queries import acting_staff
from selfcard.policies.cancelling import AskerGiven, checked_asker, returned_on
from selfcard.policies.endorsing import APPROVE_ENDORSEMENT, POLICY_REASON
from selfcard.policies.locks import lock_live
from selfcard.policies.models import Cancellation, Policy
from selfcard.policies.telling import tell_cancelled


@step
def cancel_policy(
    *,
    policy: Policy,
    asker: AskerGiven,
    asked_on: date,
    reason: str,
    benefit_paid: bool,
    actor: Actor,
) -> Cancellation:
    """End a policy from this moment: nobody is insured by it any more, and it stays so.

    The premium is reckoned from the day on which it was asked for; who asked is kept encrypted.
    An endorsement that waits for a second person is withdrawn with it.
    Whoever calls holds the lock of what the policy came from, and goes on to give it back.

    Raises:
        ReasonMissing: nobody says why.
        PolicyCancelledAlready: it is not live any more.
        AskedInTheFuture, AskedBeforeIssue, AskedLongAgo, CoverHasEnded: not of that day.
        AskerIsNotTheApplicant, NameMissing, or what `require_identity` raises: not by this person.
    """
    if not reason.strip():
        raise ReasonMissing
    _withdraw_what_waits(policy, actor)
    lock_live(policy)
    asker = checked_asker(policy, asker)
    back = returned_on(policy, asked_on, benefit_paid=benefit_paid)
    net, tax = split_tax(back.amount, policy.product_version.tax_rate)
    policy.state, policy.cancelled_at = Policy.State.CANCELLED, clock.now()
    policy.edition += 1
    policy.save(update_fields=["state", "cancelled_at", "edition"])
    cancellation = Cancellation.objects.create(
        policy=policy,
        asked_on=asked_on,
        asker_name=asker.name,
        asker_kind=asker.identity_kind,
        asker_number=asker.identity_number,
        by_authority=asker.by_authority,
        reason=reason.strip(),
        benefit_paid=benefit_paid,
        repayment=back.repayment,
        days=back.days,
        unearned=back.unearned,
        net=net,
        tax=tax,
        gross=back.amount,
        cancelled_by=acting_staff(actor),
    )
    record(
        actor,
        "policy.cancelled",
        policy,
        repayment=back.repayment,
        amount=str(back.amount),
        asked_on=asked_on.isoformat(),
    )
    tell_cancelled(policy, actor)
    return cancellation


def _withdraw_what_waits(policy: Policy, actor: Actor) -> None:
    waiting = take_up(APPROVE_ENDORSEMENT, POLICY_REASON, policy.number)
    if waiting is not None and waiting.state == Approval.State.ASKED:
        withdraw(approval=waiting, actor=actor)
