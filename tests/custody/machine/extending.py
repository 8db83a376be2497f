"""More time for paid cards, with a second person: beside the index."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from selfcard.approvals.errors import AlreadyAsked, ApprovalExpired
from selfcard.core import clock
from selfcard.custody.commands import (
    ask_extension,
    ask_extension_again,
    grant_extension,
    refuse_extension,
    withdraw_extension,
)
from selfcard.custody.errors import (
    CardsNotExpired,
    CardsOfSeveralHolders,
    ExtensionAskedBefore,
    ExtensionInOtherState,
    NothingToExtend,
    NotYourExtension,
)
from selfcard.custody.models import Extension
from selfcard.custody.queries import find_card
from selfcard.organisations.errors import NotAuthorised
from tests.custody.machine.against_the_index import AgainstTheIndex
from tests.custody.machine.single_cards import ACTORS, Refused, Wanted, reaches


@dataclass
class Wait:
    """A request for more time."""

    places: list[int]
    holder: str
    asked_by: str
    expired: bool
    state: str = "asked"


class Extending(AgainstTheIndex):
    """All of it happens after the last day of the cards; everything else goes on before it."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: dict[str, Wait] = {}
        self.extensions: dict[str, Extension] = {}
        self.with_more_time: set[int] = set()

    @property
    def too_late(self) -> date:
        return max(batch.last_day for batch in self.batches) + timedelta(days=1)

    @invariant()
    def every_request_for_more_time_is_as_the_index_has_it(self) -> None:
        found = Extension.objects.values_list("number", "state")
        assert dict(found) == {number: wait.state for number, wait in self.waits.items()}

    @rule(data=st.data(), expires=st.sampled_from([False, False, True]))
    def ask_for_more_time(self, data: Any, expires: bool) -> None:
        cards = self.some_cards(data, status="to_be_activated")
        actor = self.some_actor(data, cards)
        expected = self._asking_refused(cards, actor)
        with self.asking(expires), clock.frozen(self.too_late):
            extension = self.done(
                expected,
                ask_extension,
                **self.named(cards),
                last_day=self.too_late + timedelta(days=90),
                reason="sold late",
                actor=actor,
            )
        if extension:
            (holder,) = self.index.holders(cards)
            self.extensions[extension.number] = extension
            self.waits[extension.number] = Wait(cards, holder, actor, expires)

    @precondition(lambda self: self.waits)
    @rule(data=st.data())
    def ask_for_more_time_again(self, data: Any) -> None:
        number, wait = self._some_wait(data)
        actor = self.mostly(data, [wait.asked_by], ACTORS)
        expected: Refused = None
        if wait.state != "asked":
            expected = ExtensionInOtherState
        elif actor != wait.asked_by:
            expected = NotYourExtension
        elif not wait.expired:
            expected = AlreadyAsked
        if self._decided(expected, ask_extension_again, number, actor):
            wait.expired = False

    @precondition(lambda self: self.waits)
    @rule(data=st.data())
    def agree_to_more_time(self, data: Any) -> None:
        number, wait = self._some_wait(data)
        actor = self.mostly(data, ["second"], ["second", *ACTORS])
        expected = self._more_time_refused(wait, actor) or self._cards_refused(
            wait.places, "chief", lambda holder: holder == wait.holder
        )
        if self._decided(expected, grant_extension, number, actor):
            wait.state = "granted"
            self.with_more_time.update(wait.places)
            self._assert_they_can_be_activated(wait)

    @precondition(lambda self: self.waits)
    @rule(data=st.data())
    def refuse_more_time(self, data: Any) -> None:
        number, wait = self._some_wait(data)
        actor = self.mostly(data, ["second"], ["second", *ACTORS])
        expected = self._more_time_refused(wait, actor)
        if self._decided(expected, refuse_extension, number, actor, reason="too late"):
            wait.state = "refused"

    @precondition(lambda self: self.waits)
    @rule(data=st.data())
    def withdraw_more_time(self, data: Any) -> None:
        number, wait = self._some_wait(data)
        actor = self.mostly(data, (one for one in ACTORS if reaches(one, wait.holder)), ACTORS)
        expected: Refused = None
        if wait.state != "asked":
            expected = ExtensionInOtherState
        elif not reaches(actor, wait.holder):
            expected = NotAuthorised
        if self._decided(expected, withdraw_extension, number, actor):
            wait.state = "withdrawn"

    @precondition(
        lambda self: any(card.status == "to_be_activated" for card in self.index.cards.values())
    )
    @rule(
        data=st.data(),
        decide=st.sampled_from(["agree_to_more_time", "refuse_more_time", "withdraw_more_time"]),
    )
    def extend_at_once(self, data: Any, decide: str) -> None:
        """Mostly nothing comes between the request and the decision."""
        self.then(self.ask_for_more_time, data=data, expires=False)
        if self.waits:
            self.then(getattr(self, decide), data=data)

    def _asking_refused(self, places: list[int], actor: str) -> Refused:
        refused = self._cards_refused(places, actor, lambda holder: reaches(actor, holder))
        if refused:
            return refused
        if len(self.index.holders(places)) > 1:
            return CardsOfSeveralHolders
        waiting = (wait.places for wait in self.waits.values() if wait.state == "asked")
        if any(set(places) & set(named) for named in waiting):
            return ExtensionAskedBefore
        all_policies = all(self.index.cards[place].policy for place in places)
        return NothingToExtend if all_policies else None

    def _cards_refused(
        self, places: list[int], actor: str, from_whom: Callable[[str], bool]
    ) -> Refused:
        wanted = Wanted(from_whom, {"to_be_activated"}, despite=None, opened=True)
        if refused := self.index.judged(places, actor, wanted):
            return refused
        return CardsNotExpired if self.with_more_time.intersection(places) else None

    def _more_time_refused(self, wait: Wait, actor: str) -> Refused:
        if wait.state != "asked":
            return ExtensionInOtherState
        if actor != "second":
            return NotAuthorised
        return ApprovalExpired if wait.expired else None

    def _decided(
        self, expected: Refused, deed: Callable[..., Any], number: str, actor: str, **given: Any
    ) -> Any:
        with clock.frozen(self.too_late + timedelta(days=1)):
            return self.done(
                expected, deed, extension=self.extensions[number], actor=actor, **given
            )

    def _assert_they_can_be_activated(self, wait: Wait) -> None:
        with clock.frozen(self.too_late + timedelta(days=1)):
            for place in wait.places:
                card, found = self.index.cards[place], find_card(self.serial(place))
                assert found is not None
                if not card.policy and not card.freezes:
                    assert found.seen == "to_be_activated"

    def _some_wait(self, data: Any) -> tuple[str, Wait]:
        fit = (number for number, wait in self.waits.items() if wait.state == "asked")
        number = self.mostly(data, fit, self.waits)
        return number, self.waits[number]
