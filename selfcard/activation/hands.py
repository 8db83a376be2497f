"""What holds for a case of the desk, whatever deed is done in it: who has it in hand, and whether
its customer has agreed.
"""

from typing import Any

from selfcard.activation.errors import (
    CaseInOtherHands,
    CaseOver,
    CustomerNotAsked,
    PinNotShown,
)
from selfcard.activation.models import DeskCase, PinProof
from selfcard.activation.queries import consent_of
from selfcard.core.actor import Actor, ActorKind
from selfcard.organisations.models import May
from selfcard.organisations.queries import acting_staff, require
from selfcard.policies.application import Application


def case_as_it_is(case: DeskCase, actor: Actor) -> DeskCase:
    """The open case as it is now; nobody else does anything in it before this deed is done.

    Raises:
        NotAuthorised: the actor may not activate for customers there.
        CaseOver: it was closed, or became a policy.
    """
    require(actor, May.ACTIVATE_FOR_CUSTOMER, case.organisation)
    held = (
        DeskCase.objects.select_for_update(of=("self",), no_key=True)
        .select_related("operator__party", "organisation__party")
        .get(pk=case.pk)
    )
    if held.state != DeskCase.State.OPEN:
        raise CaseOver(number=held.number)
    return held


def case_in_hand(case: DeskCase, proof: PinProof, actor: Actor) -> DeskCase:
    """The same, for whoever has it in hand with this proof.

    Raises:
        CaseInOtherHands: another has taken it over.
        PinNotShown: the PIN was shown for another visit than this one, or not at all.
    """
    held = case_as_it_is(case, actor)
    if held.operator_id != actor.id:
        raise CaseInOtherHands(operator=held.operator.name)
    if held.proof != proof.pk:
        raise PinNotShown
    return held


def agreed_at_desk(
    case: DeskCase | None, proof: PinProof, application: Application, actor: Actor
) -> dict[str, Any]:
    """What the evidence of a policy says of the case that it came from; nothing of a holder's own.

    Raises:
        CustomerNotAsked: staff without a case; or the customer agreed to other texts, or with
            another phone than the application has.
    """
    if case is None:
        if actor.kind == ActorKind.STAFF:
            raise CustomerNotAsked
        return {}
    held = case_in_hand(case, proof, actor)
    consent = consent_of(held)
    texts = {str(one.kind): one.version for one in application.consents}
    asked = (consent.get("phone"), consent.get("texts"))
    if not consent.get("agreed_at") or asked != (application.contact.phone, texts):
        raise CustomerNotAsked
    return {
        "case": held.number,
        "way": held.way,
        "operator": acting_staff(actor).code,
        "consent": {"purpose": "consent", **consent},
    }
