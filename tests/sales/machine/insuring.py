"""Cards become policies in random order, and policies are cancelled, beside the notebook."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from selfcard.activation.commands import activate_card, cancel_policy, issue_refund_payment
from selfcard.activation.errors import NothingToPayBack, RefundIssuedAlready
from selfcard.activation.models import PinProof
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.organisations.errors import NotAuthorised
from selfcard.policies.cancelling import AskerGiven
from selfcard.policies.errors import PolicyCancelledAlready
from selfcard.policies.models import Policy
from tests.factories.activation import agreed, holder, open_card, product_of
from tests.factories.custody import let_go, stop
from tests.factories.policies import a_person, an_application
from tests.sales.machine.going_back import GoingBack
from tests.sales.machine.notebook import KEEPERS, Refused

MUCH_LATER = timedelta(days=100)


class Insuring(GoingBack):
    """Holders open and activate their cards; some cancel, and get all back, a part or nothing."""

    @rule(data=st.data())
    def open(self, data: Any) -> None:
        """Somebody shows the right PIN, whatever becomes of it."""
        place = data.draw(st.sampled_from(sorted(self.notebook.cards)))
        self._opened(place)

    @precondition(lambda self: self.notebook.sales)
    @rule(data=st.data())
    def activate(self, data: Any) -> None:
        note = self.notebook
        fit = (
            place
            for place, card in note.cards.items()
            if card.status == "to_be_activated" and not card.policy
        )
        place = self.mostly(data, fit, note.cards)
        proof = self._opened(place)
        person = a_person(order=len(note.policies) + 1)
        version = product_of(self.shop.cards[place - 1])
        if policy := self.done(
            note.activation_refused(place),
            self.as_its_holder,
            actor="keeper",
            proof=proof,
            version=version,
            application=agreed(an_application(applicant=person), version),
        ):
            self.done_so_far[activate_card.__name__] += 1
            note.activate(policy.number, place)

    def as_its_holder(self, *, actor: Actor, **given: Any) -> Policy:
        return activate_card(actor=holder(), **given)

    @precondition(lambda self: self.notebook.policies)
    @rule(data=st.data(), repayment=st.sampled_from(["whole", "whole", "pro_rata", "nothing"]))
    def cancel(self, data: Any, repayment: str) -> None:
        note = self.notebook
        number = self.mostly(
            data, (one for one, kept in note.policies.items() if not kept.repayment), note.policies
        )
        policy, actor = Policy.objects.get(number=number), self.somebody(data, *KEEPERS)
        asker = AskerGiven(a_person(order=list(note.policies).index(number) + 1).identity_number)
        expected: Refused = None
        if actor not in KEEPERS:
            expected = NotAuthorised
        elif note.policies[number].repayment:
            expected = PolicyCancelledAlready
        asked_on = clock.today() + (MUCH_LATER if repayment == "pro_rata" else timedelta())
        with clock.frozen(asked_on):
            if self.done(
                expected,
                cancel_policy,
                policy=policy,
                asker=asker,
                asked_on=asked_on,
                reason="found another insurer",
                benefit_paid=repayment == "nothing",
                actor=actor,
            ):
                first, last = clock.day_of(policy.starts_at), clock.day_of(policy.ends_at)
                days, unearned = (last - first).days + 1, (last - asked_on).days
                note.cancel(number, repayment, days, unearned)

    @precondition(lambda self: self.notebook.policies)
    @rule(data=st.data())
    def write_refund(self, data: Any) -> None:
        """The unearned part of a premium is to be paid back."""
        note = self.notebook
        number = self.mostly(
            data, (one for one, kept in note.policies.items() if kept.gross), note.policies
        )
        policy = note.policies[number]
        came_by = note.receipts[note.sales[policy.sale].receipt]
        actor, payee = self.somebody(data, *KEEPERS), self.some_payee(data, came_by)
        live = [one for one in note.vouchers_of("policy", number) if one.state != "void"]
        expected: Refused = None
        if actor not in KEEPERS:
            expected = NotAuthorised
        elif policy.repayment != "pro_rata":
            expected = NothingToPayBack
        elif live:
            expected = RefundIssuedAlready
        else:
            account = payee.account.number if payee.account else ""
            expected = note.payee_refused(came_by, payee.way, account)
        if payment := self.done(
            expected,
            issue_refund_payment,
            policy=Policy.objects.select_related("organisation").get(number=number),
            payee=payee,
            actor=actor,
        ):
            assert policy.gross is not None
            self.keep("policy", number, policy.gross, payee, actor, payment)

    @precondition(lambda self: self.notebook.sales)
    @rule(data=st.data(), repayment=st.sampled_from(["whole", "pro_rata", "pro_rata"]))
    def activate_and_cancel(self, data: Any, repayment: str) -> None:
        """Mostly what is unearned is paid back at once."""
        self.then(self.activate, data=data)
        if self.notebook.policies:
            self.then(self.cancel, data=data, repayment=repayment)
            self.then(self.write_refund, data=data)
        if self.notebook.vouchers:
            self.then(self.pay, data=data)

    # Somebody reports cards lost, and they turn up again.

    @rule(data=st.data())
    def stop(self, data: Any) -> None:
        cards = self.notebook.cards
        fit = [place for place, card in cards.items() if card.status != "void" and not card.stopped]
        if places := self.some_of(data, sorted(fit))[:2]:
            number = stop(self.shop.insurer, *self.runs(places))
            for place in places:
                cards[place].stopped = number

    @precondition(lambda self: any(card.stopped for card in self.notebook.cards.values()))
    @rule(data=st.data())
    def let_go(self, data: Any) -> None:
        stopped = {card.stopped for card in self.notebook.cards.values()} - {""}
        number = data.draw(st.sampled_from(sorted(stopped)))
        let_go(self.shop.insurer, number)
        for card in self.notebook.cards.values():
            if card.stopped == number:
                card.stopped = ""

    def _opened(self, place: int) -> PinProof:
        self.notebook.cards[place].opened = True
        return open_card(self.shop.cards[place - 1], source=f"net {uuid4()}")
