"""Cards and their money as somebody would keep them in a notebook: plain rules, one line a thing.

It knows nothing of runs, movements, triggers or SQL. The state machine does the same deeds with it
and with the real commands, and compares.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from selfcard.activation.errors import (
    CardActivatedAlready,
    CardBeingReturned,
    CardFrozen,
    CardNotSold,
    CardWithdrawn,
    PremiumNotArrived,
)
from selfcard.core.refusals import Refusal
from selfcard.custody.errors import CardsFrozen, CardsInOtherStatus, CardsOpened, NoSuchCards
from selfcard.organisations.errors import NotAuthorised
from selfcard.payments.errors import (
    AdvanceAccountExists,
    AdvanceDoesNotSuffice,
    AdvanceOfOtherPayer,
    ConfirmedByItsMaker,
    GiftIsNotPaidOut,
    MoreThanCameThisWay,
    NotIntoAdvance,
    NotTheWayChosen,
    NotTheWayItCame,
    OutlaysDoNotAddUp,
    PaidByItsMaker,
    PaidByWhoNamedThePayee,
    PayerNotNamed,
    PaymentAlreadyConfirmed,
    PaymentHasFailed,
    PaymentIsVoid,
    ReceiptAlreadyConfirmed,
    ReceiptIsVoid,
    TendersDoNotAddUp,
)
from selfcard.sales.errors import (
    CardsNotOfTheSale,
    ConfirmedByItsGiver,
    GiftsApart,
    GiftTakesNoMoney,
    MoneyOnItsWay,
    NothingLeftToPay,
    NothingLeftToTakeBack,
    PromotionOnlyForGifts,
    RecoveryNotOpen,
    SaleAlreadyHasReceipt,
    ScratchedNotTakenBack,
)

Refused = type[Refusal] | None
EACH, NET, TAX = Decimal("100.00"), Decimal("94.34"), Decimal("5.66")  # of one card
NOTHING = Decimal("0.00")
CENT = Decimal("0.01")

# Who registers, asks and takes back; who confirms and pays. One person may do both.
KEEPERS = ("keeper", "branch_keeper")
CASHIERS = ("cashier", "branch_keeper")
ACTORS = ("keeper", "branch_keeper", "cashier", "other_keeper")
NOBODY = ""  # a payer who gives no name
PAYERS = (NOBODY, "杭州启明教育科技有限公司", "杭州云山学校")
PLACES = {"cash": "1001", "transfer": "1002", "advance": "2203", "promotion": "6602"}
CARDS_OWED, TAX_OWED, ADVANCES, REFUNDS, WRITTEN, OUTPUT_TAX = (
    "2201", "2202", "2203", "2206", "6001", "2221",
)  # fmt: skip
NOT_READY: dict[str, type[Refusal]] = {
    "inventory": CardNotSold,
    "sold": PremiumNotArrived,
    "awaiting_refund": CardBeingReturned,
    "void": CardWithdrawn,
}


@dataclass(frozen=True)
class Part:
    """A part of some money: how it comes or goes, and of which advance account."""

    kind: str
    amount: Decimal
    account: str = ""


def sum_of(parts: Iterable[Part]) -> Decimal:
    return sum((part.amount for part in parts), NOTHING)


@dataclass
class Card:
    status: str = "inventory"
    why: str = ""  # the sale or recovery that it is of
    opened: bool = False
    stopped: str = ""  # the freeze that stops it
    policy: str = ""


@dataclass
class Sale:
    """Cards that were sold together, or that somebody gave away; `gone` came back, or are void
    with their policy."""

    places: list[int]
    given_by: str = ""
    receipt: str = ""
    gone: set[int] = field(default_factory=set)

    @property
    def left(self) -> list[int]:
        return [place for place in self.places if place not in self.gone]


@dataclass
class Receipt:
    """A demand for money: for sales, or for a deposit into an account."""

    amount: Decimal
    payer: str
    issued_by: str
    sales: tuple[str, ...] = ()
    account: str = ""
    payer_account: str = ""
    state: str = "issued"
    came: list[Part] = field(default_factory=list)
    left: Decimal = NOTHING  # of its invoice, when that is not cancelled
    went: list[Part] = field(default_factory=list)  # what went back of it

    @property
    def ways(self) -> set[str]:
        return {part.kind for part in self.came}

    def is_left(self, back: list[Part]) -> bool:
        """Whether no more goes back by any way than came by it."""

        def by(kind: str, parts: list[Part]) -> Decimal:
            return sum_of(part for part in parts if part.kind == kind)

        return all(by(kind, [*self.went, *back]) <= by(kind, self.came) for kind in self.ways)


@dataclass
class Account:
    payer: str
    balance: Decimal = NOTHING


@dataclass
class Recovery:
    sale: str
    places: list[int]
    scratched: list[int]
    receipt: str = ""  # by which the money came, if it did
    state: str = "done"


@dataclass
class Policy:
    place: int
    sale: str
    gross: Decimal | None = None  # what is given back, once it is cancelled
    repayment: str = ""


@dataclass
class Voucher:
    """Money that goes back: of a recovery, a cancelled policy or an advance."""

    what: str
    of: str
    amount: Decimal
    way: str
    issued_by: str
    account: str = ""
    state: str = "issued"
    payee_set_by: str = ""  # if somebody corrected the payee

    @property
    def is_open(self) -> bool:
        return self.state in ("issued", "failed")


class Notebook:
    """Everything that happened, and what may happen next."""

    def __init__(self, cards: int) -> None:
        self.cards = {place: Card() for place in range(1, cards + 1)}
        self.sales: dict[str, Sale] = {}
        self.receipts: dict[str, Receipt] = {}
        self.accounts: dict[str, Account] = {}
        self.recoveries: dict[str, Recovery] = {}
        self.policies: dict[str, Policy] = {}
        self.vouchers: dict[str, Voucher] = {}
        self.books: defaultdict[str, Decimal] = defaultdict(Decimal)
        self.invoices: list[str] = []  # the receipts, in the order of their invoices
        self.red_letters: list[str] = []  # the vouchers, in the order of theirs

    def owed_for(self, places: Iterable[int]) -> Decimal:
        return EACH * len(list(places))

    def account(self, number: str) -> dict[str, Decimal | int]:
        """What a sale costs, what of it came and went, and where its cards are."""
        sale = self.sales[number]
        released, coming, back = (
            self.owed_for(
                place
                for one in self.recoveries.values()
                if (one.sale, bool(one.receipt), one.state) == (number, is_paid, state)
                for place in one.places
            )
            for is_paid, state in ((False, "done"), (True, "registered"), (True, "done"))
        )
        ended = [
            one
            for one in self._policies_of(number).values()
            if one.repayment in ("pro_rata", "nothing")
        ]
        vouchers = [self.vouchers[one] for one in self.vouchers_of_sale(number)]
        paid_out = [one for one in vouchers if (one.what, one.state) == ("policy", "confirmed")]
        unearned = sum((one.gross for one in ended if one.gross), NOTHING)
        unearned_paid = sum((one.amount for one in paid_out), NOTHING)
        return {
            "sold": self.owed_for(sale.places),
            "released": released,
            "paid": self.owed_for(sale.places) - released if self.is_paid(number) else NOTHING,
            "owed_back": coming + unearned - unearned_paid,
            "paid_back": back + unearned_paid,
            "out": len(sale.left),
            "void": len(ended),
        }

    def vouchers_of_sale(self, number: str) -> set[str]:
        policies = self._policies_of(number)
        of = {("recovery", key) for key, one in self.recoveries.items() if one.sale == number}
        of |= {("policy", key) for key, one in policies.items() if one.repayment == "pro_rata"}
        return {key for key, one in self.vouchers.items() if (one.what, one.of) in of}

    def _policies_of(self, number: str) -> dict[str, Policy]:
        return {key: one for key, one in self.policies.items() if one.sale == number}

    # Sold, and asked for.

    def sale_refused(self, places: list[int], actor: str) -> Refused:
        if actor not in KEEPERS:
            return NotAuthorised
        cards = [self.cards.get(place) for place in places]
        if None in cards:
            return NoSuchCards
        if any(card and card.status != "inventory" for card in cards):
            return CardsInOtherStatus
        if any(card and card.stopped for card in cards):
            return CardsFrozen
        return CardsOpened if any(card and card.opened for card in cards) else None

    def sell(self, number: str, places: list[int], given_by: str = "") -> None:
        self.sales[number] = Sale(places, given_by)
        self._go(places, "sold", number)

    def asking_refused(
        self, numbers: tuple[str, ...], payer: str, account: str, actor: str
    ) -> Refused:
        if actor not in KEEPERS:
            return NotAuthorised
        if len({bool(self.sales[number].given_by) for number in numbers}) > 1:
            return GiftsApart
        for number in sorted(numbers):
            if self.sales[number].receipt:
                return SaleAlreadyHasReceipt
            if not self.sales[number].left:
                return NothingLeftToPay
        if account and payer not in (NOBODY, self.accounts[account].payer):
            return AdvanceOfOtherPayer
        return None

    def ask(self, number: str, sales: Iterable[str], payer: str, account: str, actor: str) -> None:
        payer = self.accounts[account].payer if account else payer
        asked = tuple(sorted(sales))
        amount = sum((self.owed_for(self.sales[one].left) for one in asked), NOTHING)
        self.receipts[number] = Receipt(amount, payer, actor, asked, payer_account=account)
        for one in asked:
            self.sales[one].receipt = number

    def demand_refused(self, number: str, actor: str, allowed: tuple[str, ...]) -> Refused:
        """Why nothing more can be done with a demand."""
        if actor not in allowed:
            return NotAuthorised
        closed = {"confirmed": ReceiptAlreadyConfirmed, "void": ReceiptIsVoid}
        return closed.get(self.receipts[number].state)

    def end(self, number: str) -> None:
        receipt = self.receipts[number]
        receipt.state = "void"
        for sale in receipt.sales:
            self.sales[sale].receipt = ""

    # The money comes.

    def is_gift(self, receipt: Receipt) -> bool:
        return any(self.sales[one].given_by for one in receipt.sales)

    def kinds_for(self, receipt: Receipt) -> list[str]:
        if self.is_gift(receipt):
            return ["promotion"]
        return ["cash", "transfer"] if receipt.account else ["cash", "transfer", "advance"]

    def _gift_refused(self, receipt: Receipt, tenders: list[Part], actor: str) -> Refused:
        """Why a gift is not settled like this, or by them; or money is not called a gift."""
        is_gift = self.is_gift(receipt)
        if receipt.sales and any((one.kind == "promotion") != is_gift for one in tenders):
            return GiftTakesNoMoney if is_gift else PromotionOnlyForGifts
        given_by = {self.sales[one].given_by for one in receipt.sales}
        return ConfirmedByItsGiver if actor in given_by else None

    def confirmation_refused(
        self, number: str, tenders: list[Part], surplus_to: str, actor: str
    ) -> Refused:
        receipt = self.receipts[number]
        if actor in CASHIERS and (refused := self._gift_refused(receipt, tenders, actor)):
            return refused
        if refused := self.demand_refused(number, actor, CASHIERS):
            return refused
        if actor == receipt.issued_by:
            return ConfirmedByItsMaker
        if receipt.account and any(one.kind in ("advance", "promotion") for one in tenders):
            return NotIntoAdvance
        over = sum_of(tenders) - receipt.amount
        by_transfer = sum_of(one for one in tenders if one.kind == "transfer")
        if over and (over < 0 or not surplus_to or receipt.account or over > by_transfer):
            return TendersDoNotAddUp
        return (self._surplus_refused(receipt, surplus_to) if over else None) or (
            self._write_off_refused(receipt, tenders)
        )

    def _surplus_refused(self, receipt: Receipt, surplus_to: str) -> Refused:
        if surplus_to != "new":
            return AdvanceOfOtherPayer if surplus_to != receipt.payer_account else None
        if receipt.payer == NOBODY:
            return PayerNotNamed
        return AdvanceAccountExists if self.account_of(receipt.payer) else None

    def _write_off_refused(self, receipt: Receipt, tenders: list[Part]) -> Refused:
        taken = [one for one in tenders if one.account]
        if any(one.account != receipt.payer_account for one in taken):
            return AdvanceOfOtherPayer
        if any(self.accounts[one.account].balance < one.amount for one in taken):
            return AdvanceDoesNotSuffice
        return None

    def account_of(self, payer: str) -> str:
        return next((one for one, kept in self.accounts.items() if kept.payer == payer), "")

    def confirm(self, number: str, tenders: list[Part], surplus_to: str) -> None:
        """It has arrived: for cards, which are to be activated; or for the payer's account."""
        receipt = self.receipts[number]
        receipt.state, receipt.came = "confirmed", tenders
        for part in tenders:
            self.books[PLACES[part.kind]] += part.amount
            if part.account:
                self.accounts[part.account].balance -= part.amount
        into = receipt.account or surplus_to
        kept = receipt.amount if receipt.account else sum_of(tenders) - receipt.amount
        if kept:
            self.accounts[into].balance += kept
            self.books[ADVANCES] -= kept
        if not receipt.account:
            self._settle(number, receipt)

    def _settle(self, number: str, receipt: Receipt) -> None:
        receipt.left = receipt.amount
        self.invoices.append(number)
        for sale in receipt.sales:
            left = self.sales[sale].left
            self._go(left, "to_be_activated", sale)
            self.books[CARDS_OWED] -= NET * len(left)
            self.books[TAX_OWED] -= TAX * len(left)

    # Cards come back.

    def is_paid(self, sale: str) -> bool:
        receipt = self.sales[sale].receipt
        return bool(receipt) and self.receipts[receipt].state == "confirmed"

    def recall_refused(
        self, sale: str, places: list[int], scratched: list[int], actor: str
    ) -> Refused:
        if actor not in KEEPERS:
            return NotAuthorised
        left = self.sales[sale].left
        back = places or left
        if not back:
            return NothingLeftToTakeBack
        if not set(back) <= set(left):
            return CardsNotOfTheSale
        if not set(scratched) <= set(back):
            return ScratchedNotTakenBack
        if any(self.cards[place].policy for place in back):
            return CardsInOtherStatus
        if any(self.cards[place].stopped for place in back):
            return CardsFrozen
        receipt = self.receipts.get(self.sales[sale].receipt)
        return MoneyOnItsWay if receipt and receipt.state == "waiting" else None

    def take_back(
        self, number: str, sale: str, places: list[int], scratched: list[int]
    ) -> tuple[str, ...]:
        """Gives the sales whose rest has to be asked for anew."""
        sold = self.sales[sale]
        back = places or sold.left
        if self.is_paid(sale):
            self.recoveries[number] = Recovery(sale, back, scratched, sold.receipt, "registered")
            self._go(back, "awaiting_refund", number)
            sold.gone |= set(back)
            return ()
        self.recoveries[number] = Recovery(sale, back, scratched)
        sold.gone |= set(back)
        self._lie_again(back, scratched)
        if not sold.receipt:
            return ()
        together = self.receipts[sold.receipt].sales
        self.end(sold.receipt)
        return tuple(one for one in together if self.sales[one].left)

    def recovery_refused(self, number: str, actor: str) -> Refused:
        if actor not in KEEPERS:
            return NotAuthorised
        return None if self.recoveries[number].state == "registered" else RecoveryNotOpen

    def withdraw(self, number: str) -> None:
        recovery = self.recoveries[number]
        recovery.state = "withdrawn"
        for voucher in self.vouchers_of("recovery", number):
            if voucher.is_open:
                voucher.state = "void"
        self._go(recovery.places, "to_be_activated", recovery.sale)
        self.sales[recovery.sale].gone -= set(recovery.places)

    # Money goes back.

    def vouchers_of(self, what: str, of: str) -> list[Voucher]:
        return [one for one in self.vouchers.values() if (one.what, one.of) == (what, of)]

    def receipt_behind(self, voucher: Voucher) -> Receipt | None:
        """By which receipt the money came that goes back."""
        match voucher.what:
            case "recovery":
                return self.receipts[self.recoveries[voucher.of].receipt]
            case "policy":
                return self.receipts[self.sales[self.policies[voucher.of].sale].receipt]
        return None

    def payee_refused(self, came_by: Receipt, way: str, account: str) -> Refused:
        if way != "original" and "promotion" in came_by.ways:
            return GiftIsNotPaidOut
        if way == "advance" and self.accounts[account].payer != came_by.payer:
            return AdvanceOfOtherPayer
        return None

    def voucher_refused(self, number: str, actor: str, allowed: tuple[str, ...]) -> Refused:
        """Why nothing more can be done with a voucher."""
        if actor not in allowed:
            return NotAuthorised
        closed = {"confirmed": PaymentAlreadyConfirmed, "void": PaymentIsVoid}
        return closed.get(self.vouchers[number].state)

    def payment_refused(self, number: str, outlays: list[Part], actor: str) -> Refused:
        voucher = self.vouchers[number]
        if actor not in CASHIERS:
            return NotAuthorised
        if voucher.what == "recovery" and self.recoveries[voucher.of].state != "registered":
            return RecoveryNotOpen
        if refused := self.voucher_refused(number, actor, CASHIERS):
            return refused
        if voucher.state == "failed":
            return PaymentHasFailed
        if actor == voucher.issued_by:
            return PaidByItsMaker
        if actor == voucher.payee_set_by:
            return PaidByWhoNamedThePayee
        if sum_of(outlays) != voucher.amount:
            return OutlaysDoNotAddUp
        if refused := self._way_refused(voucher, outlays):
            return refused
        if voucher.what == "recovery":
            back = self.recoveries[voucher.of].places
            return CardsFrozen if any(self.cards[place].stopped for place in back) else None
        is_less = voucher.what == "advance" and (self.accounts[voucher.of].balance < voucher.amount)
        return AdvanceDoesNotSuffice if is_less else None

    def _way_refused(self, voucher: Voucher, outlays: list[Part]) -> Refused:
        kinds, accounts = {one.kind for one in outlays}, {one.account for one in outlays} - {""}
        came_by = self.receipt_behind(voucher)
        match voucher.way:
            case "payee":
                return None if kinds == {"transfer"} else NotTheWayChosen
            case "advance":
                fits = kinds == {"advance"} and accounts == {voucher.account}
                return None if fits else NotTheWayChosen
        ways = came_by.ways if came_by else {"cash", "transfer"}
        known = {part.account for part in came_by.came} if came_by else set()
        if not (kinds <= ways and accounts <= known):
            return NotTheWayItCame
        return MoreThanCameThisWay if came_by and not came_by.is_left(outlays) else None

    def pay(self, number: str, outlays: list[Part]) -> None:
        voucher = self.vouchers[number]
        voucher.state = "confirmed"
        for part in outlays:
            self.books[PLACES[part.kind]] -= part.amount
            if part.account:
                self.accounts[part.account].balance += part.amount
        if came_by := self.receipt_behind(voucher):
            came_by.left -= voucher.amount
            came_by.went += outlays
            self.red_letters.append(number)
        match voucher.what:
            case "advance":
                self.accounts[voucher.of].balance -= voucher.amount
                self.books[ADVANCES] += voucher.amount
            case "policy":
                self.books[REFUNDS] += voucher.amount
            case "recovery":
                recovery = self.recoveries[voucher.of]
                recovery.state = "done"
                self._lie_again(recovery.places, recovery.scratched)
                self.books[CARDS_OWED] += NET * len(recovery.places)
                self.books[TAX_OWED] += TAX * len(recovery.places)

    # Policies.

    def activation_refused(self, place: int) -> Refused:
        card = self.cards[place]
        if card.policy:
            return CardActivatedAlready
        if card.stopped and card.status not in ("awaiting_refund", "void"):
            return CardFrozen
        return NOT_READY.get(card.status)

    def activate(self, number: str, place: int) -> None:
        card = self.cards[place]
        card.policy = number
        self.policies[number] = Policy(place, card.why)
        self._write(Decimal(1))

    def cancel(self, number: str, repayment: str, days: int, unearned: int) -> None:
        policy = self.policies[number]
        card = self.cards[policy.place]
        card.policy, policy.repayment, policy.gross = "", repayment, NOTHING
        if repayment == "whole":
            self._write(Decimal(-1))
            return
        card.status = "void"
        self.sales[policy.sale].gone.add(policy.place)
        if repayment == "pro_rata":
            policy.gross = (EACH * unearned / days).quantize(CENT, ROUND_HALF_UP)
            net = (policy.gross / Decimal("1.06")).quantize(CENT, ROUND_HALF_UP)
            self.books[WRITTEN] += net
            self.books[OUTPUT_TAX] += policy.gross - net
            self.books[REFUNDS] -= policy.gross

    def _write(self, times: Decimal) -> None:
        """The premium of a card is written, or awaits an activation again."""
        for awaiting, written, amount in (
            (CARDS_OWED, WRITTEN, NET * times),
            (TAX_OWED, OUTPUT_TAX, TAX * times),
        ):
            self.books[awaiting] += amount
            self.books[written] -= amount

    def _go(self, places: Iterable[int], status: str, why: str) -> None:
        for place in places:
            self.cards[place].status, self.cards[place].why = status, why

    def _lie_again(self, places: Iterable[int], scratched: list[int]) -> None:
        """In inventory, but for those whose secret somebody may know."""
        for place in places:
            card = self.cards[place]
            spoilt = card.opened or place in scratched
            card.status, card.why = ("void" if spoilt else "inventory"), ""
