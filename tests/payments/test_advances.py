"""A payer's advance account: whose it is, what it pays for, and that it is never below zero."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from django.utils import translation

from selfcard.core import clock
from selfcard.core.money import Money
from selfcard.ledger.queries import balances
from selfcard.organisations.errors import NotAuthorised
from selfcard.payments.commands import NEW_ACCOUNT, TenderGiven, open_advance_account
from selfcard.payments.errors import (
    AccountMissing,
    AccountNamedTwice,
    AdvanceAccountExists,
    AdvanceDoesNotSuffice,
    AdvanceOfOtherPayer,
    AdvanceOfOtherPlace,
    PayerNotNamed,
    TendersDoNotAddUp,
    WrongTaxNumber,
)
from selfcard.payments.models import AdvanceAccount, AdvanceEntry, Invoice, Receipt
from selfcard.payments.queries import accounts_of_payer, advance_accounts_in_reach
from selfcard.sales.commands import settle_receipt
from selfcard.sales.queries import live_receipt
from tests.factories.advances import A_COMPANY, ITS_NUMBER, an_account
from tests.factories.drawers import open_a_drawer
from tests.factories.payments import cash, transfer
from tests.factories.postgresql import refused_by_postgresql
from tests.factories.recoveries import take_back
from tests.factories.sales import Shop, a_shop
from tests.factories.verifying import everything_holds

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Iterator[Shop]:
    with clock.frozen(date(2026, 11, 3)):
        yield a_shop()


def advance(account: AdvanceAccount, amount: str) -> TenderGiven:
    return TenderGiven("advance", Decimal(amount), account=account)


def asked(
    shop: Shop, first: int, last: int, account: AdvanceAccount | None = None, **buyer: str
) -> Receipt:
    """A receipt for some cards; it names the account that it may be paid from."""
    return shop.ask(
        shop.sell((first, last)), payer_account=account, **{"payer_name": A_COMPANY, **buyer}
    )


def test_an_account_belongs_to_a_named_payer_and_begins_empty(shop: Shop) -> None:
    account = an_account(shop.insurer, tax_number=ITS_NUMBER)

    assert account.number.startswith("A-2026-")
    assert account.balance == 0
    for nobody in ("", "个人", "Individual"):
        with pytest.raises(PayerNotNamed):
            an_account(shop.insurer, payer=nobody)
    with pytest.raises(WrongTaxNumber):
        an_account(shop.insurer, payer="别家公司", tax_number="123")


def test_a_payer_has_one_account_at_a_place(shop: Shop) -> None:
    first = an_account(shop.insurer)

    with pytest.raises(AdvanceAccountExists) as refusal:
        an_account(shop.insurer)

    assert refusal.value.help
    assert refusal.value.help.args == {"number": first.number}
    with refused_by_postgresql("a_payer_has_one_advance_account_at_a_place"):
        AdvanceAccount.objects.create(
            number="A-9",
            organisation=first.organisation,
            payer_name=first.payer_name,
            currency="CNY",
            opened_by=first.opened_by,
            opened_at=first.opened_at,
        )


def test_who_asks_for_money_opens_accounts_too_and_who_does_not_may_not(shop: Shop) -> None:
    def opened(by: str, payer: str) -> AdvanceAccount:
        return open_advance_account(
            organisation=shop.insurer.institution,
            payer_name=payer,
            actor=shop.insurer.actor(by),
            request_id=uuid4(),
        )

    assert opened("keeper", "何晓东").opened_by == shop.insurer.keeper
    for stranger in ("seller", "other_keeper", "auditor"):
        with pytest.raises(NotAuthorised):
            opened(stranger, "王芳")


def test_an_advance_pays_a_receipt_and_the_books_say_whose_money_it_was(shop: Shop) -> None:
    account = an_account(shop.insurer, "800.00")

    shop.settle(asked(shop, 1, 10, account), advance(account, "800.00"), cash("200.00"))

    account.refresh_from_db()
    assert account.balance == 0
    entry = account.entries.latest("id")
    assert (entry.kind, entry.amount, entry.balance) == (
        AdvanceEntry.Kind.WRITE_OFF,
        Decimal("-800.00"),
        Decimal("0.00"),
    )
    assert {code: amount for code, amount in balances().items() if amount} == {
        "1001": Decimal("1000.00"),
        "2201": Decimal("-943.40"),
        "2202": Decimal("-56.60"),
    }
    everything_holds()


def test_an_advance_that_does_not_suffice_pays_nothing(shop: Shop) -> None:
    account = an_account(shop.insurer, "800.00")
    receipt = asked(shop, 1, 10, account)

    with pytest.raises(AdvanceDoesNotSuffice) as refusal:
        shop.settle(receipt, advance(account, "1000.00"))

    assert refusal.value.facts["balance"] == Money(Decimal("800.00"), "CNY")
    account.refresh_from_db()
    receipt.refresh_from_db()
    assert (account.balance, receipt.state) == (Decimal("800.00"), Receipt.State.ISSUED)


def test_the_advance_of_one_payer_does_not_pay_for_another(shop: Shop) -> None:
    theirs = an_account(shop.insurer, "2000.00", payer="何晓东")
    receipt = asked(shop, 1, 10)

    with pytest.raises(AdvanceOfOtherPayer) as refusal:
        shop.settle(receipt, advance(theirs, "1000.00"))

    assert refusal.value.field == "tenders-0-account"
    assert list(accounts_of_payer(receipt)) == []


def test_of_two_people_of_one_name_the_advance_of_one_does_not_pay_for_the_other(
    shop: Shop,
) -> None:
    account = an_account(shop.insurer, "1000.00", payer="王伟")
    namesake = asked(shop, 1, 10, payer_name="王伟")
    own = shop.ask(shop.sell((11, 20)), payer_account=account)

    assert list(accounts_of_payer(namesake)) == []
    with pytest.raises(AdvanceOfOtherPayer) as refusal:
        shop.settle(namesake, advance(account, "1000.00"))
    with translation.override("en"):
        assert "has to name it" in str(refusal.value)
    with pytest.raises(AdvanceOfOtherPayer):  # nor is the surplus of one kept for the other
        settle(shop, namesake, transfer("1500.00"), to=account)
    with refused_by_postgresql("is not that of the payer of receipt"):
        namesake.tenders.create(
            kind="advance", amount="1.00", arrived_on=clock.today(), account=account
        )
    assert (own.payer_name, list(accounts_of_payer(own))) == ("王伟", [account])
    shop.settle(own, advance(account, "1000.00"))
    everything_holds()


def test_the_second_of_two_people_of_one_name_has_an_account_that_is_told_apart(
    shop: Shop,
) -> None:
    an_account(shop.insurer, payer="王伟")

    with pytest.raises(AdvanceAccountExists) as refusal:
        an_account(shop.insurer, payer="王伟")

    with translation.override("en"):
        assert "add to the name what tells the two apart" in str(refusal.value)
    assert an_account(shop.insurer, payer="王伟（滨江）").payer_name == "王伟（滨江）"


def test_one_tax_number_on_both_papers_tells_whose_account_it_is(shop: Shop) -> None:
    account = an_account(shop.insurer, "1000.00", tax_number=ITS_NUMBER)
    receipt = asked(shop, 1, 10, buyer_tax_number=ITS_NUMBER)
    other = asked(shop, 11, 11, buyer_tax_number="91330100MA27XL3N0K")

    assert list(accounts_of_payer(receipt)) == [account]
    assert list(accounts_of_payer(other)) == []
    with pytest.raises(AdvanceOfOtherPayer):
        shop.settle(other, advance(account, "100.00"))
    shop.settle(receipt, advance(account, "1000.00"))
    everything_holds()


def test_a_receipt_names_no_account_of_another_name_number_or_place(shop: Shop) -> None:
    account = an_account(shop.insurer, tax_number=ITS_NUMBER)
    elsewhere = open_advance_account(
        organisation=shop.insurer.other_institution,
        payer_name=A_COMPANY,
        actor=shop.insurer.actor("other_keeper"),
        request_id=uuid4(),
    )
    sale = shop.sell((1, 10))

    for strange in ({"payer_name": "何晓东"}, {"buyer_tax_number": "91330100MA27XL3N0K"}):
        with pytest.raises(AdvanceOfOtherPayer) as refusal:
            shop.ask(sale, payer_account=account, **strange)
        assert refusal.value.field == "payer_account"
    with pytest.raises(AdvanceOfOtherPlace):
        shop.ask(sale, payer_account=elsewhere)


def test_the_rest_is_asked_for_from_the_same_account(shop: Shop) -> None:
    account = an_account(shop.insurer, "1000.00")
    receipt = asked(shop, 1, 10, account)

    take_back(shop, receipt.sales.get().sale, (9, 10))

    assert live_receipt(receipt.sales.get().sale).payer_account == account


def test_nobody_named_has_no_advance_to_choose(shop: Shop) -> None:
    an_account(shop.insurer, "1000.00")

    assert list(accounts_of_payer(shop.ask(shop.sell((1, 1))))) == []


def test_one_account_stands_in_one_row(shop: Shop) -> None:
    account = an_account(shop.insurer, "1000.00")
    receipt = asked(shop, 1, 10, account)

    with pytest.raises(AccountNamedTwice) as refusal:
        shop.settle(receipt, advance(account, "500.00"), advance(account, "500.00"))
    assert refusal.value.field == "tenders-1-account"
    with pytest.raises(AccountMissing):
        shop.settle(receipt, TenderGiven("advance", Decimal("1000.00")))


def test_an_account_kept_elsewhere_pays_for_nothing_here(shop: Shop) -> None:
    insurer = shop.insurer
    elsewhere = open_advance_account(
        organisation=insurer.other_institution,
        payer_name=A_COMPANY,
        actor=insurer.actor("other_keeper"),
        request_id=uuid4(),
    )

    with pytest.raises(AdvanceOfOtherPlace):
        shop.settle(asked(shop, 1, 10), advance(elsewhere, "1000.00"))


# What a transfer brings over the amount


def settle(shop: Shop, receipt: Receipt, *tenders: TenderGiven, to: object) -> None:
    open_a_drawer(shop.insurer)
    settle_receipt(
        receipt=receipt,
        tenders=tenders,
        surplus_to=to,  # type: ignore[arg-type]
        actor=shop.insurer.actor("cashier"),
        request_id=uuid4(),
    )


def test_what_a_transfer_brings_over_the_amount_is_the_payers(shop: Shop) -> None:
    account = an_account(shop.insurer)
    receipt = asked(shop, 1, 10, account)

    settle(shop, receipt, transfer("1500.00"), to=account)

    receipt.refresh_from_db()
    account.refresh_from_db()
    assert (receipt.surplus, account.balance) == (Decimal("500.00"), Decimal("500.00"))
    assert receipt.invoice.gross == Decimal("1000.00")
    assert balances()["2203"] == Decimal("-500.00")
    everything_holds()


def test_a_surplus_opens_the_account_that_the_payer_lacks(shop: Shop) -> None:
    receipt = asked(shop, 1, 10, buyer_tax_number=ITS_NUMBER)

    settle(shop, receipt, transfer("1500.00"), to=NEW_ACCOUNT)

    account = AdvanceAccount.objects.get()
    assert (account.payer_name, account.tax_number, account.balance) == (
        A_COMPANY,
        ITS_NUMBER,
        Decimal("500.00"),
    )
    everything_holds()


def test_the_surplus_of_nobody_is_kept_for_nobody(shop: Shop) -> None:
    receipt = shop.ask(shop.sell((1, 10)))

    with pytest.raises(PayerNotNamed):
        settle(shop, receipt, transfer("1500.00"), to=NEW_ACCOUNT)


def test_too_much_is_refused_unless_somebody_says_where_it_goes(shop: Shop) -> None:
    account = an_account(shop.insurer)
    receipt = asked(shop, 1, 10, account)

    with pytest.raises(TendersDoNotAddUp):
        settle(shop, receipt, transfer("1500.00"), to=None)
    with pytest.raises(TendersDoNotAddUp):  # only a transfer brings too much
        settle(shop, receipt, cash("1500.00"), to=account)
    with pytest.raises(TendersDoNotAddUp):
        settle(shop, receipt, cash("1400.00"), transfer("100.00"), to=account)


def test_a_surplus_goes_to_nobody_else(shop: Shop) -> None:
    theirs = an_account(shop.insurer, payer="何晓东")

    with pytest.raises(AdvanceOfOtherPayer) as refusal:
        settle(shop, asked(shop, 1, 10), transfer("1500.00"), to=theirs)

    assert refusal.value.field == "surplus_to"


# Kept by PostgreSQL


def test_an_account_is_never_below_zero(shop: Shop) -> None:
    account = an_account(shop.insurer, "100.00")
    entry = {
        "account": account,
        "kind": AdvanceEntry.Kind.WRITE_OFF,
        "reason_kind": "receipt",
        "reason_number": "R-1",
        "at": account.opened_at,
        "by": account.opened_by,
    }

    with refused_by_postgresql("never_below_zero"):
        AdvanceEntry.objects.create(amount=Decimal("-100.01"), **entry)
    with refused_by_postgresql("comes_or_goes_by_its_kind"):
        AdvanceEntry.objects.create(amount=Decimal("1.00"), **entry)
    with refused_by_postgresql("follows from its entries"):
        AdvanceAccount.objects.filter(pk=account.pk).update(balance=Decimal("900.00"))


def test_what_a_confirmed_receipt_took_out_of_an_advance_is_what_is_entered(shop: Shop) -> None:
    account = an_account(shop.insurer, "500.00")
    receipt = asked(shop, 1, 1)
    shop.settle(receipt, cash("100.00"))

    with refused_by_postgresql("takes no more tenders"):
        receipt.tenders.create(
            kind="advance", amount="1.00", arrived_on=clock.today(), account=account
        )
    with refused_by_postgresql("receipt .* and the advances do not agree"):
        # Going around the command: confirmed by an advance that nobody wrote off.
        other = asked(shop, 2, 2, account)
        other.tenders.create(
            kind="advance", amount=other.amount, arrived_on=clock.today(), account=account
        )
        _invoiced_around_the_command(shop, other)


def _invoiced_around_the_command(shop: Shop, receipt: Receipt) -> None:
    receipt.state = Receipt.State.CONFIRMED
    receipt.confirmed_by = shop.insurer.cashier
    receipt.confirmed_at = clock.now()
    receipt.save()
    first = Invoice.objects.get()
    Invoice.objects.create(
        **{
            field.attname: getattr(first, field.attname)
            for field in Invoice._meta.concrete_fields
            if field.attname not in ("id", "number", "running", "receipt_id")
        },
        number="100101-2026-00000002",
        running=2,
        receipt=receipt,
    )


def test_accounts_are_seen_from_ones_own_organisation_down(shop: Shop) -> None:
    account = an_account(shop.insurer)

    for name in ("keeper", "cashier", "branch_keeper", "auditor"):
        assert list(advance_accounts_in_reach(shop.insurer.actor(name))) == [account]
    for name in ("other_keeper", "seller"):
        assert not advance_accounts_in_reach(shop.insurer.actor(name)).exists()
