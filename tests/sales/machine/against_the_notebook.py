"""Deeds done twice, with the real insurer and in the notebook, and what is compared of the two."""

from collections import Counter
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, ClassVar, TypeVar
from uuid import uuid4

from django.db import models, transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant

from selfcard.core.refusals import Refusal
from selfcard.core.serials import SerialRun, count_cards, merge_runs
from selfcard.custody.models import ActivatedCard, Holding
from selfcard.payments.models import (
    AdvanceAccount,
    DrawerDay,
    Invoice,
    PaymentReceipt,
    Receipt,
    RedLetterInvoice,
    TenderKind,
)
from selfcard.payments.queries import expected_in
from selfcard.sales.account import account_of
from selfcard.sales.models import Recovery, Sale
from selfcard.sales.queries import payments_of, receipts_of, recoveries_of, sales_in_reach
from selfcard.sales.reckoning import ended_policies, remaining_of
from tests.factories.postgresql import check_what_waits_for_the_commit
from tests.factories.sales import Shop
from tests.factories.telling import books
from tests.factories.verifying import everything_holds
from tests.sales.machine.notebook import ACTORS, CENT, PAYERS, Notebook, Part, Refused

CARDS = 24
FLOAT = Decimal("5000.00")  # fetched from the bank when the day begins
WITH_A_REASON = {"sold": "sale", "to_be_activated": "sale", "awaiting_refund": "recovery"}
T = TypeVar("T")


class AgainstTheNotebook(RuleBasedStateMachine):
    """A shop and its money, and the same in a notebook.

    Each run of the machine is undone in the end, so that all begin alike. After every step cards,
    papers, advances and books are what the notebook has, and invoices and red-letter invoices are
    numbered as they came. After every run `verify` finds nothing.
    """

    shop: ClassVar[Shop]
    done_so_far: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self._run = transaction.atomic()
        self._run.__enter__()
        self.notebook = Notebook(CARDS)
        self.notebook.books |= {"1001": FLOAT, "1002": -FLOAT}

    def teardown(self) -> None:
        try:
            everything_holds()
        finally:
            transaction.set_rollback(True)
            self._run.__exit__(None, None, None)

    @invariant()
    def every_card_is_as_the_notebook_has_it(self) -> None:
        check_what_waits_for_the_commit()
        cards = self.notebook.cards
        found = {
            self.place(serial): (holding.status, *_why(holding))
            for holding in Holding.objects.all()
            for serial in range(holding.run.first, holding.run.last + 1)
        }
        assert found == {
            place: (
                card.status,
                *((kind, card.why) if (kind := WITH_A_REASON.get(card.status)) else ("", "")),
            )
            for place, card in cards.items()
        }
        live = ActivatedCard.objects.filter(reversed_at=None).values_list("serial", "policy_number")
        assert {self.place(serial): policy for serial, policy in live} == {
            place: card.policy for place, card in cards.items() if card.policy
        }

    @invariant()
    def every_paper_is_in_the_state_that_the_notebook_has_it_in(self) -> None:
        note = self.notebook
        assert _states(Receipt) == {one: receipt.state for one, receipt in note.receipts.items()}
        assert _states(Recovery) == {one: back.state for one, back in note.recoveries.items()}
        assert _states(PaymentReceipt) == {
            one: voucher.state for one, voucher in note.vouchers.items()
        }

    @invariant()
    def the_books_and_the_advances_say_what_the_notebook_says(self) -> None:
        note = self.notebook
        assert books() == {code: amount for code, amount in note.books.items() if amount}
        assert dict(AdvanceAccount.objects.values_list("number", "balance")) == {
            number: account.balance for number, account in note.accounts.items()
        }
        in_the_drawer = expected_in(DrawerDay.objects.get())[TenderKind.CASH]
        assert in_the_drawer == note.books["1001"]

    @invariant()
    def every_sale_says_of_its_cards_and_its_money_what_the_notebook_says(self) -> None:
        sales: list[Any] = list(sales_in_reach(self.shop.insurer.actor("keeper")))
        ended = ended_policies(sales)
        for sale in sales:
            kept = self.notebook.account(sale.number)
            told = account_of(sale, receipts_of(sale), recoveries_of(sale), ended[sale.pk])
            assert kept == {name: getattr(told, name) for name in kept}
            assert told.out == sale.cards_left == count_cards(remaining_of(sale))
            assert told.out + told.coming + told.back + told.void == sale.count
            vouchers = self.notebook.vouchers_of_sale(sale.number)
            assert {one.number for one in payments_of(sale, ended[sale.pk])} == vouchers

    @invariant()
    def invoices_and_red_letters_are_numbered_as_they_came(self) -> None:
        note = self.notebook
        assert [
            (one.running, one.receipt.number, one.gross)
            for one in Invoice.objects.select_related("receipt").order_by("running")
        ] == [
            (running, number, note.receipts[number].amount)
            for running, number in enumerate(note.invoices, start=1)
        ]
        red = RedLetterInvoice.objects.select_related("payment", "invoice__receipt")
        assert [
            (one.running, one.payment.number, one.gross) for one in red.order_by("running")
        ] == [
            (running, number, -note.vouchers[number].amount)
            for running, number in enumerate(note.red_letters, start=1)
        ]
        cancelled = Counter[str]()
        for one in red:
            cancelled[one.invoice.receipt.number] += one.gross  # type: ignore[assignment]
        for number in note.invoices:
            receipt = note.receipts[number]
            assert receipt.left == receipt.amount + cancelled[number] >= 0

    def then(self, deed: Callable[..., None], **given: Any) -> None:
        """One deed of several that follow each other at once; all is compared in between."""
        deed(**given)
        self.every_card_is_as_the_notebook_has_it()
        self.the_books_and_the_advances_say_what_the_notebook_says()

    # How the insurer is asked.

    def done(
        self, expected: Refused, deed: Callable[..., Any], /, *, actor: str, **given: Any
    ) -> Any:
        """Do it: refused as the notebook says, or done if it says nothing. What came of it."""
        result, refused = None, None
        try:
            result = deed(**given, actor=self.shop.insurer.actor(actor), request_id=uuid4())
        except Refusal as refusal:
            refused = refusal
        assert type(refused) is (expected or type(None)), f"{refused!r}, expected {expected}"
        self.done_so_far[deed.__name__] += refused is None
        return result

    # What a deed is about: mostly something that fits, now and then anything.

    def mostly(self, data: Any, fit: Iterable[T], everything: Iterable[T]) -> T:
        chosen = list(fit)
        if not chosen or not data.draw(st.integers(0, 4)):
            chosen = list(everything)
        return data.draw(st.sampled_from(chosen))

    def somebody(self, data: Any, *fit: str) -> str:
        return self.mostly(data, fit, ACTORS)

    def some_payer(self, data: Any) -> str:
        return data.draw(st.sampled_from(PAYERS))

    def some_of(self, data: Any, places: list[int]) -> list[int]:
        """A few that lie beside each other, or all."""
        if not places or data.draw(st.integers(0, 3)) == 0:
            return places
        first = data.draw(st.integers(0, len(places) - 1))
        return places[first : first + data.draw(st.integers(1, 4))]

    def parts(
        self, data: Any, amount: Decimal, kinds: list[str], accounts: Iterable[str]
    ) -> list[Part]:
        """Mostly just the amount, by one kind or by two; now and then a cent too little."""
        known = list(accounts)
        fit = [kind for kind in kinds if kind != "advance" or known]
        first = data.draw(st.sampled_from(fit))
        second = data.draw(st.sampled_from([*fit, "transfer"]))
        short = CENT if not data.draw(st.integers(0, 9)) else Decimal(0)
        if second == first or data.draw(st.booleans()):
            return [self._part(data, first, amount - short, known)]
        half = (amount / 2).quantize(CENT)
        return [
            self._part(data, first, half, known),
            self._part(data, second, amount - half - short, known),
        ]

    def _part(self, data: Any, kind: str, amount: Decimal, accounts: list[str]) -> Part:
        account = data.draw(st.sampled_from(accounts)) if kind == "advance" else ""
        return Part(kind, amount, account)

    def place(self, serial: int) -> int:
        return serial - self.shop.batch.run.first + 1

    def runs(self, places: Iterable[int]) -> tuple[SerialRun, ...]:
        return tuple(merge_runs(self.shop.run(place, place) for place in places))

    def sale(self, number: str) -> Sale:
        return Sale.objects.select_related("seller_organisation").get(number=number)

    def receipt(self, number: str) -> Receipt:
        return Receipt.objects.select_related("organisation").get(number=number)

    def account(self, number: str) -> AdvanceAccount:
        return AdvanceAccount.objects.select_related("organisation").get(number=number)


def _why(holding: Holding) -> tuple[str, str]:
    if holding.status not in WITH_A_REASON:
        return "", ""
    return holding.reason_kind, holding.reason_number


def _states(model: type[models.Model]) -> dict[str, str]:
    return dict(model._default_manager.values_list("number", "state"))
