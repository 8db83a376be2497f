"""What higher rooms do with cards – sold, paid, opened, activated, and all the way back."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from selfcard.custody.errors import (
    CardAlreadyActivated,
    CardIsFrozen,
    CardNotToBeActivated,
    CardsFrozen,
    CardsInOtherStatus,
    NoSuchCards,
)
from tests.custody.machine.against_the_index import AgainstTheIndex
from tests.custody.machine.single_cards import (
    HOMES,
    LIMITS,
    PATHS,
    Refused,
    Wanted,
    Why,
    reaches,
)


class Selling(AgainstTheIndex):
    """Sold cards stay with whoever had them."""

    def __init__(self) -> None:
        super().__init__()
        self.sales: list[str] = []
        self.refunds: dict[str, Why] = {}  # and the sale that each is of
        self.policies = 0

    @rule(data=st.data())
    def sell(self, data: Any) -> None:
        cards = self.some_cards(data)
        actor = self.some_actor(data, cards)
        givers = [holder for holder in (*PATHS, *HOMES) if reaches(actor, holder)]
        expected = self.index.judged(cards, actor, Wanted(lambda holder: holder in givers))
        number = f"S-{len(self.sales) + 1}"
        given = {
            "runs": self.runs(cards),
            "document_type": self.document_type,
            "holders": [self.party(holder) for holder in givers],
        }
        self.stepped(expected, "require_sellable", **given, actor=actor)
        if self.stepped(expected, "sell_cards", **given, reason=("sale", number), actor=actor):
            self.sales.append(number)
            for place in cards:
                self.index.cards[place].goes("sold", reason=("sale", number))

    @precondition(lambda self: self.sales)
    @rule(data=st.data())
    def settle(self, data: Any) -> None:
        why = self._some_sale(data)
        cards, refused = self._some_that_are(data, "sold", why)
        if self.stepped(
            refused, "settle_cards", runs=self.runs(cards), reason=why, actor="cashier"
        ):
            for place in cards:
                self.index.cards[place].goes("to_be_activated", reason=why)

    @rule(data=st.data())
    def open(self, data: Any) -> None:
        place = data.draw(st.sampled_from(sorted(self.index.cards)))
        self.stepped(None, "remember_opened", serial=self.serial(place), actor="cashier")
        self.index.cards[place].opened = True

    @precondition(lambda self: self.sales)
    @rule(data=st.data())
    def activate(self, data: Any) -> None:
        place = self.some_cards(data, status="to_be_activated")[0]
        card = self.index.cards.get(place)
        expected: Refused = None
        if card is None:
            expected = NoSuchCards
        elif card.policy:
            expected = CardAlreadyActivated
        elif card.freezes:
            expected = CardIsFrozen
        elif card.status != "to_be_activated":
            expected = CardNotToBeActivated
        policy = f"P{self.policies + 1}"
        if self.stepped(
            expected,
            "activate_card",
            serial=self.serial(place),
            policy_number=policy,
            actor="cashier",
        ):
            assert card is not None
            self.policies += 1
            card.policy = policy

    @rule(data=st.data())
    def sell_and_activate(self, data: Any) -> None:
        """Mostly a card is paid for at once, and soon becomes a policy."""
        self.then(self.sell, data=data)
        if self.sales:
            self.then(self.settle, data=data)
            self.then(self.activate, data=data)

    # And back.

    @precondition(lambda self: self.sales)
    @rule(data=st.data(), scratched=st.booleans())
    def take_back(self, data: Any, scratched: bool) -> None:
        """What was sold and not paid; a card whose PIN somebody knows is void."""
        why = self._some_sale(data)
        cards, refused = self._coming_back(data, "sold", why)
        spoilt = cards[:1] if scratched else []
        reason = ("recall", f"{why[1]}-{len(cards)}")
        if self.stepped(
            refused,
            "take_back_sold",
            runs=self.runs(cards),
            scratched=self.runs(spoilt),
            sale=why,
            reason=reason,
            actor="cashier",
        ):
            self._come_back(cards, set(spoilt), reason)

    @precondition(lambda self: self.sales)
    @rule(data=st.data())
    def hold_for_refund(self, data: Any) -> None:
        why = self._some_sale(data)
        cards, refused = self._coming_back(data, "to_be_activated", why)
        number = f"RF-{len(self.refunds) + 1}"
        if self.stepped(
            refused,
            "hold_for_refund",
            runs=self.runs(cards),
            sale=why,
            reason=("refund", number),
            actor="cashier",
        ):
            self.refunds[number] = why
            for place in cards:
                self.index.cards[place].goes("awaiting_refund", reason=("refund", number))

    @precondition(lambda self: self.refunds)
    @rule(data=st.data(), scratched=st.booleans())
    def refund_or_resume(self, data: Any, scratched: bool) -> None:
        """The money is paid back, and some cards are scratched; or they stay what they were."""
        number = data.draw(st.sampled_from(sorted(self.refunds)))
        sale, why = self.refunds[number], ("refund", number)
        cards, refused = self._some_that_are(data, "awaiting_refund", why)
        if data.draw(st.booleans()):
            if self.stepped(
                refused,
                "resume_after_withdrawal",
                runs=self.runs(cards),
                sale=sale,
                reason=why,
                actor="cashier",
            ):
                for place in cards:
                    self.index.cards[place].goes("to_be_activated", reason=sale)
            return
        refused = refused or self._stopped(cards)
        spoilt = cards[:1] if scratched else []
        if self.stepped(
            refused,
            "return_refunded",
            runs=self.runs(cards),
            scratched=self.runs(spoilt),
            reason=why,
            actor="cashier",
        ):
            self._come_back(cards, set(spoilt), why)

    @precondition(lambda self: self.sales)
    @rule(data=st.data(), scratched=st.booleans())
    def hold_and_refund(self, data: Any, scratched: bool) -> None:
        self.then(self.hold_for_refund, data=data)
        if self.refunds:
            self.then(self.refund_or_resume, data=data, scratched=scratched)

    @precondition(lambda self: any(card.policy for card in self.index.cards.values()))
    @rule(data=st.data(), is_void=st.booleans())
    def reverse_activation(self, data: Any, is_void: bool) -> None:
        cards = self.index.cards
        place = data.draw(st.sampled_from([one for one in cards if cards[one].policy]))
        reason = ("cancellation", cards[place].policy)
        self.stepped(
            None,
            "reverse_activation",
            serial=self.serial(place),
            policy_number=cards[place].policy,
            is_void=is_void,
            reason=reason,
            actor="cashier",
        )
        cards[place].policy = ""
        if is_void:
            cards[place].goes("void", reason=reason)

    @rule(holder=st.sampled_from(sorted(LIMITS)), owes=st.booleans())
    def block_or_lift(self, holder: str, owes: bool) -> None:
        """Who owes something gets no more cards until it is settled."""
        why = ("sale", f"of {holder}")
        if owes:
            self.stepped(
                None, "block_holder", holder=self.party(holder), reason=why, actor="cashier"
            )
            self.index.blocked.add(holder)
        else:
            self.stepped(None, "lift_blocks", reason=why, actor="cashier")
            self.index.blocked.discard(holder)

    def _some_sale(self, data: Any) -> Why:
        return "sale", data.draw(st.sampled_from(self.sales))

    def _some_that_are(self, data: Any, status: str, why: Why) -> tuple[list[int], Refused]:
        """Some cards, mostly in this status for this reason; and the refusal where they are not."""
        cards = self.index.cards
        fit = {
            place
            for place, card in cards.items()
            if (card.status, card.reason, card.policy) == (status, why, "")
        }
        chosen = self.some_cards(data, among=sorted(fit))
        return chosen, None if fit.issuperset(chosen) else CardsInOtherStatus

    def _coming_back(self, data: Any, status: str, why: Why) -> tuple[list[int], Refused]:
        """The same of cards that come back out of a sale."""
        cards, refused = self._some_that_are(data, status, why)
        return cards, refused or self._stopped(cards)

    def _stopped(self, places: list[int]) -> Refused:
        """Only where just their batch is stopped, stopped cards come back."""
        kinds = {kind for place in places for kind, _ in self.index.cards[place].freezes}
        return CardsFrozen if kinds - {"batch"} else None

    def _come_back(self, places: list[int], scratched: set[int], why: Why) -> None:
        """Into inventory, or void where somebody may know the PIN."""
        for place in places:
            card = self.index.cards[place]
            if card.opened or place in scratched:
                card.goes("void", reason=why)
            else:
                card.goes("inventory")
