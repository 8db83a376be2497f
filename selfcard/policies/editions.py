"""The signed papers of a policy: each is made when somebody first opens it, and kept as it is.

The paper says everything in both languages, so there is one of each edition and no doubt which
counts.
"""

from uuid import uuid4

from django.db.models import QuerySet

from selfcard.core.actor import Actor
from selfcard.policies.commands import keep_edition
from selfcard.policies.errors import EditionKeptAlready, PolicyChangedMeanwhile
from selfcard.policies.models import Edition, Policy
from selfcard.policies.paperwork import policy_card, policy_card_pictures, signed_paper


def policy_pdf(policy: Policy, *, actor: Actor) -> bytes:
    """The policy as signed PDF: the same bytes each time. It names people in full."""
    return bytes(current_edition(policy, actor=actor).pdf)


def policy_card_pdf(policy: Policy, *, actor: Actor) -> bytes:
    """The essentials as a card for the wallet, with the code of the policy's present paper."""
    return policy_card(policy, current_edition(policy, actor=actor).code)


def policy_card_picture(policy: Policy, side: int, *, actor: Actor) -> bytes:
    """One side of that card as a picture: its front is 0, its back 1."""
    return policy_card_pictures(policy, current_edition(policy, actor=actor).code)[side]


def current_edition(policy: Policy, *, actor: Actor) -> Edition:
    """The paper that says how the policy is now; signed when nobody has opened it before."""
    kept = find_edition(policy, policy.edition)
    if kept:
        return kept
    # Signed outside of any transaction: the key may be in another machine.
    paper = signed_paper(policy)
    try:
        return keep_edition(policy=policy, paper=paper, actor=actor, request_id=uuid4())
    except EditionKeptAlready:
        return Edition.objects.get(policy=policy, number=paper.edition)
    except PolicyChangedMeanwhile:
        policy.refresh_from_db()
        return current_edition(policy, actor=actor)


def find_edition(policy: Policy, number: int) -> Edition | None:
    """One of the papers that a policy has had, if it was ever opened."""
    return Edition.objects.filter(policy=policy, number=number).first()


def former_editions(policy: Policy) -> QuerySet[Edition]:
    """The papers of a policy that were handed out and hold no more; without what is in them."""
    return (
        Edition.objects.filter(policy=policy, number__lt=policy.edition)
        .defer("pdf")
        .select_related("policy")
    )
