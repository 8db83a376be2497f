"""The applicant of a policy is reached elsewhere."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command, step
from selfcard.core.refusals import ReasonMissing
from selfcard.organisations.models import May
from selfcard.organisations.queries import acting_staff, require
from selfcard.policies.application import ContactGiven
from selfcard.policies.cancelling import AskerGiven, checked_asker
from selfcard.policies.contact import mobile_phone, problems_of_contact
from selfcard.policies.errors import ContactIsTheSame
from selfcard.policies.locks import lock_live
from selfcard.policies.models import CONTACT, ContactChange, Policy
from selfcard.policies.paperwork import require_characters
from selfcard.policies.telling import tell_contact_changed
from selfcard.products.addresses import postal_address


@step
def change_contact(
    *,
    policy: Policy,
    contact: ContactGiven,
    how: str,
    asker: AskerGiven | None = None,
    reason: str = "",
    actor: Actor,
) -> ContactChange:
    """Have the applicant of a policy reached elsewhere from now on; what was so before is kept.

    The policy's paper says where its applicant is reached, so this makes its next edition.
    Whoever calls has seen to it that they may ask for it: `how` says whether by a code to the
    former phone or in the office, where `asker` and `reason` say who did and why. The former phone
    is told.

    Raises:
        PolicyCancelledAlready: nobody is insured by it.
        ContactIsTheSame: nothing would change.
        PhoneImpossible, PhoneTakesNoMessages, RegionUnknown, AddressTooShort, AddressTooLong.
        MissingGlyph: the address cannot be printed on the policy.
        What `checked_asker` raises, and ReasonMissing: in the office.
    """
    contact = _checked(contact)
    require_characters(contact.address, contact.email)
    lock_live(policy)
    given = {name: getattr(contact, name) for name in CONTACT}
    changed = [name for name in CONTACT if given[name] != getattr(policy, name)]
    if not changed:
        raise ContactIsTheSame
    former = {f"former_{name}": getattr(policy, name) for name in CONTACT}
    in_office = how == ContactChange.How.OFFICE
    said = _asked_in_office(policy, asker, reason, actor) if in_office else {}
    policy.edition += 1
    for name in changed:
        setattr(policy, name, given[name])
    policy.save(update_fields=[*changed, "edition"])
    change = ContactChange.objects.create(
        policy=policy,
        edition=policy.edition,
        **former,
        how=how,
        changed_at=clock.now(),
        **said,
    )
    record(
        actor,
        "policy.contact_changed",
        policy,
        how=str(how),
        changed=changed,
        edition=policy.edition,
    )
    tell_contact_changed(policy, change.former_phone, actor)
    return change


@command
def change_contact_in_office(
    *,
    policy: Policy,
    contact: ContactGiven,
    asker: AskerGiven,
    reason: str,
    actor: Actor,
    request_id: UUID,
) -> Policy:
    """Change where a policy's applicant is reached, for whoever came with their document.

    Raises:
        NotAuthorised: the actor may not change policies of the selling organisation.
        What `change_contact` raises.
    """
    require(actor, May.CHANGE_POLICIES, policy.organisation)
    change_contact(
        policy=policy,
        contact=contact,
        how=ContactChange.How.OFFICE,
        asker=asker,
        reason=reason,
        actor=actor,
    )
    return policy


def _asked_in_office(
    policy: Policy, asker: AskerGiven | None, reason: str, actor: Actor
) -> dict[str, Any]:
    """Who asked for it, by which document, and who has seen that."""
    if asker is None or not reason.strip():
        raise ReasonMissing
    asker = checked_asker(policy, asker)
    return {
        "changed_by": acting_staff(actor),
        "asker_name": asker.name,
        "asker_kind": asker.identity_kind,
        "asker_number": asker.identity_number,
        "by_authority": asker.by_authority,
        "reason": reason.strip(),
    }


def _checked(given: ContactGiven) -> ContactGiven:
    """The same as it is kept; refused where nobody could be reached."""
    for problem in problems_of_contact(
        phone=given.phone, region=given.region, address=given.address
    ):
        raise problem
    return replace(
        given,
        phone=mobile_phone(given.phone),
        email=given.email.strip(),
        address=postal_address(given.address) if given.address else "",
    )
