"""Filling in for a customer: the portal's line of questions, walked by the member of staff who has
the case in hand, with what is read out beside each question.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property, wraps
from typing import Any
from uuid import UUID, uuid4

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from selfcard.activation.commands import activate_card, save_case
from selfcard.activation.errors import (
    CardNotReady,
    CaseInOtherHands,
    CaseOver,
    DraftOfAnotherDevice,
    PinNotShown,
    ProofExpired,
)
from selfcard.activation.models import DeskCase, Draft, PinProof
from selfcard.activation.queries import (
    answers_in,
    card_at_hand,
    find_case,
    find_draft,
    is_of_device,
    proof_in_hand,
)
from selfcard.cards.queries import product_versions_of
from selfcard.core.actor import Actor, Channel
from selfcard.custody.queries import CardState
from selfcard.organisations.models import May
from selfcard.policies.application import Application
from selfcard.policies.models import Policy
from selfcard.products.models import ProductVersion
from selfcard.web.office.desk.reading import read_out_for
from selfcard.web.office.forms import DeedForm
from selfcard.web.office.views import OfficeRequest, found, office_view
from selfcard.web.portal.answers import Answers, Page

Shown = Callable[..., HttpResponseBase]


def at_desk(request: OfficeRequest) -> Actor:
    """The member of staff, acting for a customer."""
    return replace(request.actor, channel=Channel.DESK)


class DeskVisit:
    """A case in hand, with its card opened; it walks the line (`portal.line.Visiting`)."""

    def __init__(self, request: OfficeRequest, case: DeskCase, proof: PinProof) -> None:
        self.request = request
        self.case = case
        self.proof = proof

    @property
    def actor(self) -> Actor:
        return at_desk(self.request)

    @cached_property
    def card(self) -> CardState:
        return card_at_hand(self.proof.serial)

    @cached_property
    def versions(self) -> list[ProductVersion]:
        return product_versions_of(self.card.batch)

    @cached_property
    def answers(self) -> Answers:
        own = None if self.begun_elsewhere else self._begun
        return Answers(answers_in(own), self.versions)

    @cached_property
    def _begun(self) -> Draft | None:
        return find_draft(self.proof.serial)

    @property
    def begun_elsewhere(self) -> bool:
        """Whether somebody else fills in for the card: its holder, or another place."""
        return self._begun is not None and not is_of_device(self._begun, str(self.case.device))

    @property
    def copies(self) -> int | None:
        """How many copies of documents are kept; none are made on the telephone."""
        at_counter = self.case.way == DeskCase.Way.COUNTER
        return self.case.copies.count() if at_counter else None

    @property
    def start(self) -> str:
        return reverse("office:desk:case", args=[self.case.number])

    def address(self, page: Page) -> str:
        place = [page.place] if page.place else []
        return reverse(f"office:desk:{page.name}", args=[self.case.number, *place])

    def template(self, name: str) -> str:
        own = name in ("product", "people", "check")
        return f"office/desk/{name if own else 'question'}.html"

    def keep(self, page: Page, answers: Any) -> None:
        kept = {**self.answers.kept, page.key: answers}
        save_case(
            case=self.case,
            proof=self.proof,
            page=page.key,
            answers=answers,
            step=Answers(kept, self.versions).first_open.name,
            actor=self.actor,
            request_id=uuid4(),
        )
        for name in ("_begun", "answers"):
            self.__dict__.pop(name, None)

    def activate(
        self, version: ProductVersion, application: Application, request_id: UUID
    ) -> Policy:
        return activate_card(
            proof=self.proof,
            version=version,
            application=application,
            case=self.case,
            actor=self.actor,
            request_id=request_id,
        )

    def done(self, policy: Policy) -> HttpResponse:
        return redirect("office:desk:case", self.case.number)

    def frame(self, page: Page) -> dict[str, Any]:
        return {
            "case": self.case,
            "read_out": read_out_for(page, self),
            "deed": DeedForm(actor=self.request.actor),
            "copies": self.copies,
        }


def in_hand(view: Shown) -> Shown:
    """A page of the line, for whoever has the case in hand; everything else leads to the case."""

    @office_view(May.ACTIVATE_FOR_CUSTOMER)
    @wraps(view)
    def seen(request: OfficeRequest, number: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
        case = found(find_case(request.actor, number))
        to_case = redirect("office:desk:case", case.number)
        proof = proof_in_hand(case, request.actor)
        if proof is None:
            return to_case
        visit = DeskVisit(request, case, proof)
        if visit.card.seen != "to_be_activated" or visit.begun_elsewhere:
            return to_case
        try:
            return view(request, visit, *args, **kwargs)
        except (
            CardNotReady,
            CaseInOtherHands,
            CaseOver,
            DraftOfAnotherDevice,
            PinNotShown,
            ProofExpired,
        ):
            return to_case

    return seen
