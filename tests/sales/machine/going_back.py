"""Cards and money go back in random order, beside the notebook."""

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from selfcard.activation.commands import settle_refund
from selfcard.organisations.errors import NotAuthorised
from selfcard.payments.commands import (
    PayeeGiven,
    ask_advance_refund,
    confirm_refund,
    note_refund_failed,
    void_refund,
)
from selfcard.payments.errors import AdvanceDoesNotSuffice, RefundAlreadyAsked
from selfcard.payments.models import PaymentReceipt
from selfcard.sales.commands import (
    correct_payment,
    issue_payment_receipt,
    note_payment_failed,
    register_recovery,
    settle_payment,
    void_payment_receipt,
    withdraw_recovery,
)
from selfcard.sales.errors import PaymentIssuedBefore
from selfcard.sales.models import Recovery
from selfcard.sales.queries import live_receipt
from tests.sales.machine.coming import EVERY_KIND, Coming
from tests.sales.machine.notebook import CASHIERS, KEEPERS, Refused, Voucher

WAYS = ("original", "original", "payee", "advance")


class GoingBack(Coming):
    """Cards are taken back, paid or not; vouchers are written, fail, and are paid."""

    @precondition(lambda self: self.notebook.sales)
    @rule(data=st.data(), scratched=st.integers(0, 3))
    def recall(self, data: Any, scratched: int) -> None:
        note = self.notebook
        number = self.mostly(
            data, (one for one, sale in note.sales.items() if sale.left), note.sales
        )
        sale = note.sales[number]
        fit = [place for place in sale.left if not note.cards[place].policy]
        whole = data.draw(st.integers(0, 3)) == 0
        places = [] if whole else self.some_of(data, self.mostly(data, [fit], [sale.places]))
        spoilt = (places or sale.left)[:1] if scratched == 1 else []
        if scratched == 2 and not data.draw(st.integers(0, 3)):
            spoilt = sale.places[-1:]
        actor = self.somebody(data, *KEEPERS)
        before = note.receipts.get(sale.receipt)
        payer, account = (before.payer, before.payer_account) if before else ("", "")
        recovery = self.done(
            note.recall_refused(number, places, spoilt, actor),
            register_recovery,
            sale=self.sale(number),
            runs=self.runs(places),
            scratched=self.runs(spoilt),
            reason="changed their mind",
            actor=actor,
        )
        if recovery and (rest := note.take_back(recovery.number, number, places, spoilt)):
            anew = live_receipt(self.sale(rest[0]))
            assert anew is not None
            note.ask(anew.number, rest, payer, account, actor)

    @precondition(lambda self: self.notebook.recoveries)
    @rule(data=st.data())
    def withdraw(self, data: Any) -> None:
        number = self._some_recovery(data)
        actor = self.somebody(data, *KEEPERS)
        if self.done(
            self.notebook.recovery_refused(number, actor),
            withdraw_recovery,
            recovery=self._recovery(number),
            reason="kept after all",
            actor=actor,
        ):
            self.notebook.withdraw(number)

    @precondition(lambda self: self.notebook.recoveries)
    @rule(data=st.data())
    def write_voucher(self, data: Any) -> None:
        note, number = self.notebook, self._some_recovery(data)
        recovery = note.recoveries[number]
        actor = self.somebody(data, *KEEPERS)
        expected = note.recovery_refused(number, actor)
        payee = self.some_payee(data, note.receipts.get(recovery.receipt))
        if expected is None:
            live = [one for one in note.vouchers_of("recovery", number) if one.state != "void"]
            came_by = note.receipts[recovery.receipt]
            expected = (
                PaymentIssuedBefore
                if live
                else note.payee_refused(came_by, payee.way, self._number_of(payee))
            )
        if payment := self.done(
            expected,
            issue_payment_receipt,
            recovery=self._recovery(number),
            payee=payee,
            actor=actor,
        ):
            amount = note.owed_for(recovery.places)
            self.keep("recovery", number, amount, payee, actor, payment)

    @precondition(lambda self: self.notebook.accounts)
    @rule(data=st.data())
    def ask_refund(self, data: Any) -> None:
        """What is left in advance goes back, mostly not all of it."""
        note = self.notebook
        number = self.mostly(
            data, (one for one, kept in note.accounts.items() if kept.balance), note.accounts
        )
        balance = note.accounts[number].balance
        amount = max(Decimal(1), data.draw(st.sampled_from([balance, balance / 2, balance + 1])))
        amount = amount.quantize(Decimal("0.01"))
        actor = self.somebody(data, *KEEPERS)
        expected: Refused = None
        if actor not in KEEPERS:
            expected = NotAuthorised
        elif any(one.is_open for one in note.vouchers_of("advance", number)):
            expected = RefundAlreadyAsked
        elif balance < amount:
            expected = AdvanceDoesNotSuffice
        payee = self.some_payee(data, None)
        if payment := self.done(
            expected,
            ask_advance_refund,
            account=self.account(number),
            amount=amount,
            payee=payee,
            actor=actor,
        ):
            self.keep("advance", number, amount, payee, actor, payment)

    @precondition(lambda self: self.notebook.vouchers)
    @rule(data=st.data())
    def fail(self, data: Any) -> None:
        """The payment came back because of the payee's account."""
        number = self.some_voucher(data)
        voucher = self.notebook.vouchers[number]
        actor = self.somebody(data, *CASHIERS)
        if self.done(
            self.notebook.voucher_refused(number, actor, CASHIERS),
            note_refund_failed if voucher.what == "advance" else note_payment_failed,
            payment=self.payment(number),
            reason="account closed",
            actor=actor,
        ):
            voucher.state = "failed"

    @precondition(lambda self: self._paying_for_cards())
    @rule(data=st.data())
    def correct(self, data: Any) -> None:
        note = self.notebook
        number = self.mostly(
            data,
            (one for one in self._paying_for_cards() if note.vouchers[one].is_open),
            self._paying_for_cards(),
        )
        voucher, actor = note.vouchers[number], self.somebody(data, *KEEPERS)
        came_by = note.receipt_behind(voucher)
        assert came_by is not None
        payee = self.some_payee(data, came_by)
        expected = note.voucher_refused(number, actor, KEEPERS)
        if expected is None:
            expected = note.payee_refused(came_by, payee.way, self._number_of(payee))
        if self.done(
            expected, correct_payment, payment=self.payment(number), payee=payee, actor=actor
        ):
            voucher.state, voucher.way, voucher.payee_set_by = "issued", payee.way, actor
            voucher.account = self._number_of(payee)

    @precondition(lambda self: self.notebook.vouchers)
    @rule(data=st.data())
    def void_voucher(self, data: Any) -> None:
        number = self.some_voucher(data)
        voucher, actor = self.notebook.vouchers[number], self.somebody(data, *KEEPERS)
        if self.done(
            self.notebook.voucher_refused(number, actor, KEEPERS),
            void_refund if voucher.what == "advance" else void_payment_receipt,
            payment=self.payment(number),
            reason="wrong payee",
            actor=actor,
        ):
            voucher.state = "void"

    @precondition(lambda self: self.notebook.vouchers)
    @rule(data=st.data())
    def pay(self, data: Any) -> None:
        note, number = self.notebook, self.some_voucher(data)
        voucher = note.vouchers[number]
        actor = self.somebody(data, *(one for one in CASHIERS if one != voucher.issued_by))
        came_by = note.receipt_behind(voucher)
        match voucher.way:
            case "payee":
                fit, accounts = ["transfer"], []
            case "advance":
                fit, accounts = ["advance"], [voucher.account]
            case _:
                fit = sorted(came_by.ways) if came_by else ["cash", "transfer"]
                known = [part.account for part in came_by.came if part.account] if came_by else []
                accounts = self.mostly(data, [known], [sorted(note.accounts)])
        kinds = self.mostly(data, [fit], [EVERY_KIND])
        outlays = self.parts(data, voucher.amount, kinds, accounts)
        deeds = {"recovery": settle_payment, "policy": settle_refund, "advance": confirm_refund}
        if self.done(
            note.payment_refused(number, outlays, actor),
            deeds[voucher.what],
            payment=self.payment(number),
            outlays=tuple(self.given(part) for part in outlays),
            actor=actor,
        ):
            note.pay(number, outlays)

    @precondition(lambda self: self.notebook.sales)
    @rule(data=st.data())
    def recall_and_pay(self, data: Any) -> None:
        """Mostly cards that come back are paid at once."""
        self.then(self.recall, data=data, scratched=0)
        if self.notebook.recoveries:
            self.then(self.write_voucher, data=data)
        if self.notebook.vouchers:
            self.then(self.pay, data=data)

    @precondition(lambda self: self.notebook.accounts)
    @rule(data=st.data(), wanted=st.booleans())
    def deposit_and_refund(self, data: Any, wanted: bool) -> None:
        """Mostly what somebody left in advance is asked back, and not always taken."""
        self.then(self.deposit, data=data, cards=5)
        self.then(self.ask_refund, data=data)
        if self.notebook.vouchers:
            self.then(self.pay if wanted else self.void_voucher, data=data)

    def some_payee(self, data: Any, came_by: Any) -> PayeeGiven:
        """Where money is to go; into an advance account only where it came from somebody."""
        accounts = self.notebook.accounts if came_by else {}
        way = data.draw(st.sampled_from([one for one in WAYS if one != "advance" or accounts]))
        account = None
        if way == "advance":
            own = self.notebook.account_of(came_by.payer)
            account = self.account(self.mostly(data, [own] if own else [], accounts))
        return PayeeGiven(way, "王芳", "Bank of the Lake", "6222 0000 1111 2222", account)

    def keep(
        self,
        what: str,
        of: str,
        amount: Decimal,
        payee: PayeeGiven,
        actor: str,
        payment: PaymentReceipt,
    ) -> None:
        account = self._number_of(payee)
        self.notebook.vouchers[payment.number] = Voucher(
            what, of, amount, payee.way, actor, account
        )

    def some_voucher(self, data: Any) -> str:
        vouchers = self.notebook.vouchers
        return self.mostly(data, (one for one, kept in vouchers.items() if kept.is_open), vouchers)

    def payment(self, number: str) -> PaymentReceipt:
        return PaymentReceipt.objects.select_related("organisation", "account").get(number=number)

    def _paying_for_cards(self) -> list[str]:
        return [one for one, kept in self.notebook.vouchers.items() if kept.what == "recovery"]

    def _some_recovery(self, data: Any) -> str:
        recoveries = self.notebook.recoveries
        fit = (one for one, kept in recoveries.items() if kept.state == "registered")
        return self.mostly(data, fit, recoveries)

    def _recovery(self, number: str) -> Recovery:
        return Recovery.objects.select_related("sale__seller_organisation").get(number=number)

    def _number_of(self, payee: PayeeGiven) -> str:
        return payee.account.number if payee.account else ""
