"""Money comes in random order, beside the notebook: sales, receipts, deposits."""

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from selfcard.core import clock
from selfcard.core.refusals import Refusal
from selfcard.organisations.errors import NotAuthorised
from selfcard.payments.commands import (
    NEW_ACCOUNT,
    TenderGiven,
    ask_for_deposit,
    confirm_deposit,
    open_advance_account,
    void_deposit,
)
from selfcard.payments.errors import AdvanceAccountExists, PayerNotNamed, TendersDoNotAddUp
from selfcard.payments.models import AdvanceAccount
from selfcard.sales.commands import (
    issue_charge_receipt,
    note_not_arrived,
    register_sale,
    settle_receipt,
    void_charge_receipt,
)
from selfcard.sales.errors import GiftTakesNoMoney
from tests.sales.machine.against_the_notebook import CARDS, AgainstTheNotebook
from tests.sales.machine.notebook import CASHIERS, KEEPERS, NOBODY, Account, Part, Receipt, Refused

EVERY_KIND = ["cash", "transfer", "advance", "promotion"]


class Coming(AgainstTheNotebook):
    """A sale is registered, asked for, waited for and paid."""

    @rule(data=st.data())
    def sell(self, data: Any) -> None:
        note = self.notebook
        free = [place for place, card in note.cards.items() if card.status == "inventory"]
        wild = list(range(data.draw(st.integers(1, CARDS)), CARDS + 2))
        places = self.some_of(data, self.mostly(data, [free] if free else [], [wild]))
        actor = self.somebody(data, *KEEPERS)
        reason = data.draw(st.sampled_from(["", "", "Spring fair"]))
        insurer = self.shop.insurer
        if sale := self.done(
            note.sale_refused(places, actor),
            register_sale,
            document_type=self.shop.document_type,
            runs=self.runs(places),
            seller_organisation=insurer.institution,
            seller=insurer.seller.party,
            business_source="direct",
            gift_reason=reason,
            actor=actor,
        ):
            note.sell(sale.number, places, actor if reason else "")

    @precondition(lambda self: self.notebook.sales)
    @rule(data=st.data())
    def ask(self, data: Any) -> None:
        note = self.notebook
        open_ones = [one for one, sale in note.sales.items() if not sale.receipt and sale.left]
        numbers = {
            self.mostly(data, open_ones, note.sales) for _ in range(data.draw(st.integers(1, 2)))
        }
        actor, payer = self.somebody(data, *KEEPERS), self.some_payer(data)
        own = note.account_of(payer)
        account = data.draw(st.sampled_from(["", own or "", *note.accounts]))
        if receipt := self.done(
            note.asking_refused(tuple(numbers), payer, account, actor),
            issue_charge_receipt,
            sales=tuple(self.sale(number) for number in sorted(numbers)),
            payer_name=payer,
            payer_account=self.account(account) if account else None,
            actor=actor,
        ):
            note.ask(receipt.number, numbers, payer, account, actor)

    @precondition(lambda self: self.notebook.receipts)
    @rule(data=st.data())
    def void(self, data: Any) -> None:
        number = self.some_receipt(data)
        actor = self.somebody(data, *KEEPERS)
        deed = void_deposit if self.notebook.receipts[number].account else void_charge_receipt
        if self.done(
            self.notebook.demand_refused(number, actor, KEEPERS),
            deed,
            receipt=self.receipt(number),
            reason="wrong payer",
            actor=actor,
        ):
            self.notebook.end(number)

    @precondition(lambda self: self.notebook.receipts)
    @rule(data=st.data(), short=st.sampled_from([Decimal(0), Decimal(0), Decimal("0.01")]))
    def wait(self, data: Any, short: Decimal) -> None:
        """A transfer was sent and is not here."""
        number = self.some_receipt(data)
        receipt = self.notebook.receipts[number]
        actor = self.somebody(data, *CASHIERS)
        expected = self.notebook.demand_refused(number, actor, CASHIERS)
        if self.notebook.is_gift(receipt) and actor in CASHIERS:
            expected = GiftTakesNoMoney
        elif expected is None and short:
            expected = TendersDoNotAddUp
        if self.done(
            expected,
            note_not_arrived,
            receipt=self.receipt(number),
            expected=(TenderGiven("transfer", receipt.amount - short),),
            actor=actor,
        ):
            receipt.state = "waiting"

    @precondition(lambda self: self.notebook.receipts)
    @rule(data=st.data(), over=st.sampled_from([0, 0, 50]))
    def confirm(self, data: Any, over: int) -> None:
        note, number = self.notebook, self.some_receipt(data)
        receipt = note.receipts[number]
        actor = self._who_confirms(data, receipt)
        own = receipt.payer_account
        accounts = [self.mostly(data, [own] if own else [], note.accounts)] if note.accounts else []
        kinds = note.kinds_for(receipt)
        tenders = self.parts(
            data, receipt.amount, self.mostly(data, [kinds], [EVERY_KIND]), accounts
        )
        surplus_to = ""
        if over:
            tenders = [Part("transfer", receipt.amount + over)]
            surplus_to = data.draw(st.sampled_from(["", NEW_ACCOUNT, *accounts]))
        expected = note.confirmation_refused(number, tenders, surplus_to, actor)
        given: dict[str, Any] = {
            "receipt": self.receipt(number),
            "tenders": tuple(self.given(part) for part in tenders),
            "actor": actor,
        }
        if receipt.account:
            confirmed = self.done(expected, confirm_deposit, **given)
        else:
            to = self.account(surplus_to) if surplus_to in note.accounts else surplus_to or None
            confirmed = self.done(expected, settle_receipt, surplus_to=to, **given)
        if confirmed:
            if over and surplus_to == NEW_ACCOUNT:
                surplus_to = AdvanceAccount.objects.get(payer_name=receipt.payer).number
                note.accounts[surplus_to] = Account(receipt.payer)
            note.confirm(number, tenders, surplus_to if over else "")

    @rule(data=st.data())
    def sell_and_confirm(self, data: Any) -> None:
        """Mostly a sale is asked for and paid at once."""
        self.then(self.sell, data=data)
        if self.notebook.sales:
            self.then(self.ask, data=data)
        if self.notebook.receipts:
            self.then(self.confirm, data=data, over=0)

    # Premium received in advance.

    @rule(data=st.data())
    def open_account(self, data: Any) -> None:
        actor, payer = self.somebody(data, *KEEPERS, "cashier"), self.some_payer(data)
        expected: Refused = None
        if actor == "other_keeper":
            expected = NotAuthorised
        elif payer == NOBODY:
            expected = PayerNotNamed
        elif self.notebook.account_of(payer):
            expected = AdvanceAccountExists
        if account := self.done(
            expected,
            open_advance_account,
            organisation=self.shop.insurer.institution,
            payer_name=payer,
            actor=actor,
        ):
            self.notebook.accounts[account.number] = Account(payer)

    @precondition(lambda self: self.notebook.accounts)
    @rule(data=st.data(), cards=st.integers(1, 9))
    def deposit(self, data: Any, cards: int) -> None:
        note = self.notebook
        number = data.draw(st.sampled_from(sorted(note.accounts)))
        actor, amount = self.somebody(data, *KEEPERS), Decimal(cards * 70)
        expected: type[Refusal] | None = None if actor in KEEPERS else NotAuthorised
        if receipt := self.done(
            expected,
            ask_for_deposit,
            account=self.account(number),
            amount=amount,
            actor=actor,
        ):
            payer = note.accounts[number].payer
            note.receipts[receipt.number] = Receipt(amount, payer, actor, account=number)
            self.then(self.confirm, data=data, over=0)

    def some_receipt(self, data: Any) -> str:
        receipts = self.notebook.receipts
        fit = (one for one, kept in receipts.items() if kept.state in ("issued", "waiting"))
        return self.mostly(data, fit, receipts)

    def given(self, part: Part) -> TenderGiven:
        """A part of the money as the cashier enters it."""
        account = self.account(part.account) if part.account else None
        return TenderGiven(part.kind, part.amount, clock.today(), "4711", account=account)

    def _who_confirms(self, data: Any, receipt: Receipt) -> str:
        return self.somebody(data, *(one for one in CASHIERS if one != receipt.issued_by))
