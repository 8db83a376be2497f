"""A visit: a card that was opened with its PIN, and what is being filled in for it.

The session holds the proof's key, never the card number or the PIN. A visit is over half an hour
after its last page; what was filled in stays in the draft.
"""

import ipaddress
from collections.abc import Callable
from functools import cached_property, wraps
from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache

from selfcard.activation.commands import discard_draft, save_draft
from selfcard.activation.models import PinProof
from selfcard.activation.queries import answers_of, card_at_hand, find_proof
from selfcard.cards.queries import product_versions_of
from selfcard.core.actor import Actor, Channel
from selfcard.custody.queries import CardState
from selfcard.policies.models import Policy
from selfcard.policies.queries import find_policy
from selfcard.web.portal.answers import Answers, Page

Shown = Callable[..., HttpResponse]

PROOF, POLICY, OVER = "portal_proof", "portal_policy", "portal_visit_over"


def source_of(request: HttpRequest) -> str:
    """The block of network addresses that a request comes from: /24, for IPv6 /56.

    A household changes its address within such a block, and a guesser would.
    """
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        # Asked through a socket of this machine.
        return "net local"
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    size = 24 if address.version == 4 else 56
    return f"net {ipaddress.ip_network((address, size), strict=False)}"


def holder_of(request: HttpRequest) -> Actor:
    """Whoever holds the card: nobody knows who that is."""
    return Actor.holder(Channel.PORTAL, source_of(request))


class Visit:
    """One card, opened, in one browser."""

    def __init__(self, request: HttpRequest, proof: PinProof) -> None:
        self.request = request
        self.proof = proof

    @cached_property
    def card(self) -> CardState:
        return card_at_hand(self.proof.serial)

    @cached_property
    def answers(self) -> Answers:
        versions = product_versions_of(self.card.batch)
        return Answers(answers_of(self.proof.serial), versions)

    def keep(self, page: Page, answers: Any) -> None:
        """Save a page's answers, and go on with them."""
        save_draft(
            proof=self.proof,
            page=page.key,
            answers=answers,
            actor=holder_of(self.request),
            request_id=uuid4(),
        )
        self.__dict__.pop("answers", None)

    def begin_afresh(self) -> None:
        """Throw the draft away."""
        discard_draft(proof=self.proof, actor=holder_of(self.request), request_id=uuid4())
        self.__dict__.pop("answers", None)


def open_visit(request: HttpRequest, proof: PinProof) -> None:
    """Begin a visit, under a session key that nobody has seen before."""
    request.session.cycle_key()
    request.session[PROOF] = str(proof.pk)
    request.session.pop(POLICY, None)


def visit_of(request: HttpRequest) -> Visit | None:
    """The visit of this browser, if there is one and its time is not over."""
    key = request.session.get(PROOF)
    proof = find_proof(key) if key else None
    return Visit(request, proof) if proof else None


def opened(view: Shown) -> Shown:
    """A page of an opened card: without a visit it leads back to the start, and says why."""

    @never_cache
    @wraps(view)
    def seen(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        visit = visit_of(request)
        if visit is None:
            if request.session.pop(PROOF, None):
                request.session[OVER] = True
            return redirect("portal:start")
        return view(request, visit, *args, **kwargs)

    return seen


def filling_in(view: Shown) -> Shown:
    """A page of the line: a card that has become a policy meanwhile leads to that policy."""

    @opened
    @wraps(view)
    def seen(request: HttpRequest, visit: Visit, *args: Any, **kwargs: Any) -> HttpResponse:
        if visit.proof.used_at:
            return redirect("portal:done")
        if visit.card.seen != "to_be_activated":
            return redirect("portal:card")
        return view(request, visit, *args, **kwargs)

    return seen


def show_policy_to(request: HttpRequest, policy: Policy) -> None:
    """Let this browser see a policy's details: its person activated it or showed who they are."""
    request.session[POLICY] = policy.number


def policy_shown_to(request: HttpRequest) -> Policy | None:
    """The policy whose details this browser may see."""
    number = request.session.get(POLICY)
    return find_policy(number) if number else None
