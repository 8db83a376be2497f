"""A visit: a card that was opened with its PIN, and what is being filled in for it.

The session holds the proof's key, never the card number or the PIN. A visit is over half an hour
after its last page; what was filled in stays in the draft, for the device that began it. Such a
device is known by a random token in a cookie of its own, which says nothing about anybody.
"""

import ipaddress
import secrets
from collections.abc import Callable
from datetime import datetime
from functools import cached_property, wraps
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache

from selfcard.activation.commands import activate_card, discard_draft, save_draft
from selfcard.activation.errors import CardNotReady, DraftOfAnotherDevice, ProofExpired
from selfcard.activation.models import Draft, PinProof
from selfcard.activation.queries import (
    answers_in,
    card_at_hand,
    find_draft,
    find_proof,
    is_of_device,
)
from selfcard.cards.queries import product_versions_of
from selfcard.core import clock
from selfcard.core.actor import Actor, Channel
from selfcard.custody.queries import CardState
from selfcard.policies.application import Application
from selfcard.policies.models import Policy
from selfcard.policies.queries import find_policy
from selfcard.products.models import ProductVersion
from selfcard.web.portal.answers import Answers, Page

Shown = Callable[..., HttpResponse]

PROOF, POLICY, OVER = "portal_proof", "portal_policy", "portal_visit_over"
# The code that was asked for here; the one by which a policy's phone was shown; and that contact
# data were just changed.
CODE, PHONE, CHANGED = "portal_code", "portal_phone", "portal_contact_changed"
NOTICES = "portal_notices"  # of claims, by what this browser has reported
DEVICE = "device"  # the cookie by which a draft finds its device again


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


def asking(request: HttpRequest) -> dict[str, Any]:
    """Who tries something at a gate of the portal, and from where."""
    return {"source": source_of(request), "actor": holder_of(request)}


class Visit:
    """One card, opened, in one browser; it walks the line (`line.Visiting`)."""

    def __init__(self, request: HttpRequest, proof: PinProof) -> None:
        self.request = request
        self.proof = proof

    @cached_property
    def card(self) -> CardState:
        return card_at_hand(self.proof.serial)

    @cached_property
    def answers(self) -> Answers:
        versions = product_versions_of(self.card.batch)
        return Answers(answers_in(self.draft), versions)

    @cached_property
    def device(self) -> str:
        """The token of this device, a new one where there is none."""
        return self.request.COOKIES.get(DEVICE) or secrets.token_urlsafe(32)

    @cached_property
    def _begun(self) -> Draft | None:
        return find_draft(self.proof.serial)

    @property
    def draft(self) -> Draft | None:
        """What was filled in for the card on this device."""
        return None if self.begun_elsewhere else self._begun

    @property
    def begun_elsewhere(self) -> bool:
        """Whether somebody is filling in for the card on another device."""
        return self._begun is not None and not is_of_device(self._begun, self.device)

    def keep(self, page: Page, answers: Any) -> None:
        """Save a page's answers, and go on with them."""
        save_draft(
            proof=self.proof,
            device=self.device,
            page=page.key,
            answers=answers,
            actor=holder_of(self.request),
            request_id=uuid4(),
        )
        self._read_again()

    @property
    def start(self) -> str:
        return reverse("portal:start")

    def address(self, page: Page) -> str:
        return reverse(f"portal:{page.name}", args=[page.place] if page.place else [])

    def template(self, name: str) -> str:
        return f"portal/{name}.html"

    def activate(
        self, version: ProductVersion, application: Application, request_id: UUID
    ) -> Policy:
        return activate_card(
            proof=self.proof,
            version=version,
            application=application,
            actor=holder_of(self.request),
            request_id=request_id,
        )

    def done(self, policy: Policy) -> HttpResponse:
        show_policy_to(self.request, policy)
        return redirect("portal:done")

    def frame(self, page: Page) -> dict[str, Any]:
        return {}

    def begin_afresh(self) -> None:
        """Throw the draft away."""
        discard_draft(proof=self.proof, actor=holder_of(self.request), request_id=uuid4())
        self._read_again()

    def _read_again(self) -> None:
        """The draft has changed."""
        for name in ("_begun", "answers"):
            self.__dict__.pop(name, None)


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
        response = view(request, visit, *args, **kwargs)
        know_device(response, visit.device)
        return response

    return seen


def know_device(response: HttpResponse, device: str) -> None:
    """Let this device be known again by its token: what it began is found by it."""
    response.set_cookie(
        DEVICE,
        device,
        max_age=settings.DRAFT_MEMORY,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )


def filling_in(view: Shown) -> Shown:
    """A page of the line: a card that has become a policy meanwhile leads to that policy.

    Where the card itself has changed, or somebody else began to fill in for it, the card's page
    says so.
    """

    @opened
    @wraps(view)
    def seen(request: HttpRequest, visit: Visit, *args: Any, **kwargs: Any) -> HttpResponse:
        if visit.proof.used_at:
            return redirect("portal:done")
        if visit.card.seen != "to_be_activated" or visit.begun_elsewhere:
            return redirect("portal:card")
        try:
            return view(request, visit, *args, **kwargs)
        except (CardNotReady, DraftOfAnotherDevice, ProofExpired):
            return redirect("portal:card")

    return seen


def show_policy_to(request: HttpRequest, policy: Policy) -> None:
    """Let this browser see a policy's details: its person activated it or showed who they are.

    As long as a visit lasts, and no longer: a phone may be shared.
    """
    _let_see(request, policy.number, clock.now() + settings.PROOF_LONGEST)


def policy_shown_to(request: HttpRequest) -> Policy | None:
    """The policy whose details this browser may see; each look lets it see them longer."""
    shown = request.session.get(POLICY)
    if shown is None:
        return None
    if datetime.fromisoformat(shown["until"]) <= clock.now():
        del request.session[POLICY]
        return None
    _let_see(request, shown["number"], datetime.fromisoformat(shown["at_most_until"]))
    return find_policy(shown["number"])


def _let_see(request: HttpRequest, number: str, at_most_until: datetime) -> None:
    until = min(clock.now() + settings.PROOF_IDLE, at_most_until)
    request.session[POLICY] = {
        "number": number,
        "until": until.isoformat(),
        "at_most_until": at_most_until.isoformat(),
    }
