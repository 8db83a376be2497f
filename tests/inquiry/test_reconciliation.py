"""Sales, receipts, invoices, cards and ledger say the same; whoever goes around is found."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.utils import translation

from selfcard.core import clock
from selfcard.core.periods import Period
from selfcard.inquiry.queries.reconciliation import (
    Disagreement,
    Group,
    Reconciliation,
    reconciliation,
)
from selfcard.inquiry.verify import violations
from selfcard.ledger.queries import balances
from tests.factories.days import Day, a_busy_day
from tests.factories.postgresql import triggers_at_rest
from tests.factories.verifying import everything_holds

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """The words of a line are compared, and verify says them in English."""
    with translation.override("en"):
        yield


@pytest.fixture
def day() -> Iterator[Day]:
    with clock.frozen(TODAY):
        yield a_busy_day()


def asked(day: Day, on: date = TODAY, by: str = "auditor") -> Reconciliation:
    return reconciliation(day.shop.insurer.actor(by), Period(on, on))


def group_of(found: Reconciliation, title: str) -> Group:
    return next(group for group in found.groups if str(group.title) == title)


def figures(found: Reconciliation, title: str) -> list[tuple[int | None, int | None, str]]:
    """Papers, cards and amount of each side of a group."""
    sides = group_of(found, title).figures
    return [(one.papers, one.cards, f"{one.amount:.2f}") for one in sides]


def around(sql: str, *values: Any) -> None:
    """Change the tables as only the owner of the database could."""
    with triggers_at_rest(), connection.cursor() as cursor:
        cursor.execute(sql, values)
        assert cursor.rowcount > 0


def test_a_day_on_which_everything_happens_agrees_to_the_cent(day: Day) -> None:
    found = asked(day)

    assert found.mismatches == []
    assert figures(found, "Cards are sold") == [(3, 25, "2500.00"), (None, 25, "2500.00")]
    assert figures(found, "Their money comes in") == [
        (2, 20, "2000.00"),
        (2, None, "2000.00"),
        (2, None, "2000.00"),
        (None, 20, "2000.00"),
        (2, None, "2000.00"),
    ]
    assert figures(found, "Unpaid cards come back") == [(1, 2, "200.00"), (None, 2, "200.00")]
    assert figures(found, "Paid cards come back") == [
        (1, 2, "200.00"),
        (1, None, "200.00"),
        (1, None, "200.00"),
        (None, 2, "200.00"),
        (1, None, "200.00"),
    ]
    assert figures(found, "Cards are activated") == [
        (2, None, "200.00"),
        (None, 2, "200.00"),
        (2, None, "200.00"),
    ]
    assert {amount for _, _, amount in figures(found, "Drawers are closed")} == {"-7.00"}
    assert {amount for _, _, amount in figures(found, "Takings come to the bank")} == {"100.00"}
    everything_holds()


def test_a_day_tells_only_what_happened_on_it(day: Day) -> None:
    earlier = asked(day, TODAY - timedelta(days=40))
    quiet = asked(day, TODAY - timedelta(days=1), by="keeper")

    assert figures(earlier, "Cards are sold") == [(1, 5, "500.00"), (None, 5, "500.00")]
    assert quiet.groups == ()


def test_what_is_owed_now_stands_beside_the_ledger_for_whoever_sees_all(day: Day) -> None:
    owed = figures(asked(day), "What is owed now")

    # 25 cards were paid; two came back, one is activated, one void.
    assert owed[0][1] == 21
    assert [amount for _, _, amount in owed[:4]] == ["1981.14", "1981.14", "118.86", "118.86"]
    assert [amount for _, _, amount in owed[4:6]] == ["60.00", "60.00"]
    titles = [str(group.title) for group in asked(day, by="cashier").groups]
    assert "What is owed now" not in titles
    assert "What is held now" not in titles


def test_what_is_held_now_stands_beside_the_ledger_for_whoever_sees_all(day: Day) -> None:
    """What came and went is in the drawer, but for 7.00 that are not."""
    held = figures(asked(day), "What is held now")

    assert held[0] == (1, None, held[1][2])
    assert Decimal(held[0][2]) == balances()["1001"]
    assert [amount for _, _, amount in held[2:4]] in ([], ["0.00", "0.00"])


def test_everybody_sees_their_own_organisations_and_no_other(day: Day) -> None:
    around("UPDATE payments_invoice SET gross = 999, net = net - 1 WHERE id = %s", day.invoice.pk)

    here, there = asked(day, by="keeper"), asked(day, by="other_keeper")

    assert {one.number for one in here.mismatches} == {day.invoice.receipt.number}
    assert here.organisations.keys() == {day.shop.insurer.institution.pk}
    assert there.groups == ()


def test_an_organisation_can_be_asked_for_with_what_is_below_it(day: Day) -> None:
    auditor, cast = day.shop.insurer.actor("auditor"), day.shop.insurer
    today = Period(TODAY, TODAY)

    below = reconciliation(auditor, today, cast.branch)
    beside = reconciliation(auditor, today, cast.other_branch)

    assert figures(below, "Cards are sold") == [(3, 25, "2500.00"), (None, 25, "2500.00")]
    assert beside.groups == ()


Plant = tuple[Disagreement, Callable[[Day], None], Callable[[Day], str]]


def receipt_of(day: Day) -> str:
    return day.invoice.receipt.number


PLANTED: list[Plant] = [
    (
        Disagreement.SOLD,
        lambda day: around(
            "DELETE FROM custody_movement WHERE kind = 'sale' AND reason_number = %s",
            day.sale.number,
        ),
        lambda day: day.sale.number,
    ),
    (
        Disagreement.GIVEN,
        lambda day: around(
            "UPDATE sales_sale SET gift_reason = 'a prize' WHERE id = %s", day.sale.pk
        ),
        receipt_of,
    ),
    (
        Disagreement.ASKED,
        lambda day: around(
            "UPDATE sales_salereceipt SET amount = amount - 100 WHERE sale_id = %s", day.sale.pk
        ),
        receipt_of,
    ),
    (
        Disagreement.INVOICED,
        lambda day: around("DELETE FROM payments_invoice WHERE id = %s", day.invoice.pk),
        receipt_of,
    ),
    (
        Disagreement.SETTLED,
        lambda day: around(
            "DELETE FROM custody_movement WHERE kind = 'settlement' AND reason_number = %s",
            day.sale.number,
        ),
        lambda day: day.sale.number,
    ),
    (
        Disagreement.BOOKED,
        lambda day: around(
            "UPDATE ledger_posting SET amount = amount - 1 WHERE account_id = '2201' AND entry_id ="
            " (SELECT id FROM ledger_entry WHERE reason_number = %s)",
            receipt_of(day),
        ),
        receipt_of,
    ),
    (
        Disagreement.BOOKED_TAX,
        lambda day: around(
            "DELETE FROM ledger_posting WHERE account_id = '2202' AND entry_id ="
            " (SELECT id FROM ledger_entry WHERE reason_number = %s)",
            receipt_of(day),
        ),
        receipt_of,
    ),
    (
        Disagreement.TAKEN_BACK,
        lambda day: around(
            "UPDATE sales_recovery SET amount = 300 WHERE id = %s", day.unpaid_recovery.pk
        ),
        lambda day: day.unpaid_recovery.number,
    ),
    (
        Disagreement.PAID_BACK,
        lambda day: around(
            "UPDATE payments_paymentreceipt"
            " SET state = 'issued', confirmed_at = NULL, confirmed_by_id = NULL WHERE id = %s",
            day.red_letter.payment_id,
        ),
        lambda day: day.recovery.number,
    ),
    (
        Disagreement.CARDS_BACK,
        lambda day: around(
            "DELETE FROM custody_movement WHERE kind = 'refund' AND reason_number = %s",
            day.recovery.number,
        ),
        lambda day: day.recovery.number,
    ),
    (
        Disagreement.RED_LETTER,
        lambda day: around(
            "DELETE FROM payments_redletterinvoice WHERE id = %s", day.red_letter.pk
        ),
        lambda day: day.red_letter.payment.number,
    ),
    (
        Disagreement.BOOKED_BACK,
        lambda day: around(
            "UPDATE ledger_posting SET amount = amount + 1 WHERE account_id = '2201' AND entry_id ="
            " (SELECT id FROM ledger_entry WHERE reason_number = %s)",
            day.red_letter.payment.number,
        ),
        lambda day: day.red_letter.payment.number,
    ),
    (
        Disagreement.OWED,
        lambda day: around(
            "UPDATE policies_cancellation SET gross = gross - 1, net = net - 1"
            " WHERE policy_id = %s",
            day.cancelled.pk,
        ),
        lambda day: day.refund.number,
    ),
    (
        Disagreement.OWED_RED_LETTER,
        lambda day: around(
            "UPDATE payments_redletterinvoice SET gross = gross - 1, net = net - 1"
            " WHERE payment_id = %s",
            day.refund.pk,
        ),
        lambda day: day.refund.number,
    ),
    (
        Disagreement.OWED_BOOKED,
        lambda day: around(
            "UPDATE ledger_posting SET account_id = '2203' WHERE account_id = '2206' AND entry_id ="
            " (SELECT id FROM ledger_entry WHERE reason_number = %s)",
            day.refund.number,
        ),
        lambda day: day.refund.number,
    ),
    (
        Disagreement.MONEY,
        lambda day: around(
            "UPDATE payments_tender SET kind = 'transfer', drawer_day_id = NULL, reference = '1'"
            " WHERE kind = 'cash' AND receipt_id = %s",
            day.invoice.receipt_id,
        ),
        receipt_of,
    ),
    (
        Disagreement.ADVANCE,
        lambda day: around(
            "UPDATE payments_advanceentry SET amount = amount - 1 WHERE reason_number = %s",
            receipt_of(day),
        ),
        receipt_of,
    ),
    (
        Disagreement.ACTIVATED,
        lambda day: around(
            "DELETE FROM custody_activatedcard WHERE policy_number = %s", day.policy.number
        ),
        lambda day: day.policy.number,
    ),
    (
        Disagreement.WRITTEN,
        lambda day: around(
            "DELETE FROM ledger_entry WHERE reason_number = %s", day.policy.number
        ),
        lambda day: day.policy.number,
    ),
    (
        Disagreement.CANCELLED,
        lambda day: around(
            "DELETE FROM ledger_entry WHERE kind = 'policy_cancelled' AND reason_number = %s",
            day.cancelled.number,
        ),
        lambda day: day.cancelled.number,
    ),
    (
        Disagreement.DRAWER,
        lambda day: around("DELETE FROM ledger_entry WHERE kind = 'cash_difference'"),
        lambda day: f"DRAWER-1 {TODAY}",
    ),
    (
        Disagreement.BANKED,
        lambda day: around("DELETE FROM payments_banking WHERE id = %s", day.banking.pk),
        lambda day: day.banking.number,
    ),
    (
        Disagreement.INVOICE_GAP,
        lambda day: around(
            "UPDATE payments_invoice SET running = running + 1 WHERE running ="
            " (SELECT max(running) FROM payments_invoice)"
        ),
        lambda day: f"100101-{TODAY.year}-00000003",
    ),
    (
        Disagreement.RED_LETTER_GAP,
        lambda day: around(
            "UPDATE payments_redletterinvoice SET running = running + 1 WHERE payment_id = %s",
            day.refund.pk,
        ),
        lambda day: f"100101-R-{TODAY.year}-00000002",
    ),
    (
        Disagreement.AWAITING,
        lambda day: around(
            "UPDATE custody_placetally SET cards = runs WHERE status = 'to_be_activated'"
        ),
        lambda day: "2201",
    ),
    (
        Disagreement.AWAITING_TAX,
        lambda day: around("UPDATE cards_documenttypeversion SET tax_rate = 0.13"),
        lambda day: "2202",
    ),
    (
        Disagreement.ALL_ADVANCES,
        lambda day: around("UPDATE payments_advanceaccount SET balance = 61"),
        lambda day: "2203",
    ),
    (
        Disagreement.ALL_OWED,
        lambda day: around(
            "UPDATE policies_cancellation SET repayment = 'nothing', gross = 0, net = 0, tax = 0"
            " WHERE policy_id = %s",
            day.cancelled.pk,
        ),
        lambda day: "2206",
    ),
    (
        Disagreement.ALL_CASH,
        lambda day: around("UPDATE payments_drawercount SET counted = 1 WHERE kind = 'cash'"),
        lambda day: "1001",
    ),
    (
        Disagreement.ALL_TAKINGS,
        lambda day: around(
            "INSERT INTO payments_takings (organisation_id, kind, currency, amount)"
            " VALUES (%s, 'card', 'CNY', 5)",
            day.shop.insurer.institution.pk,
        ),
        lambda day: "1012",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("what", "plant", "number"), PLANTED, ids=[str(plant[0].value) for plant in PLANTED]
)
def test_whoever_goes_around_is_named_with_the_paper(
    day: Day, what: Disagreement, plant: Callable[[Day], None], number: Callable[[Day], str]
) -> None:
    plant(day)

    found = [one for one in asked(day).mismatches if one.what == what]

    assert {one.number for one in found} == {number(day)}
    assert found[0].expected != found[0].found
    told = {violation.promise: violation.subject for violation in violations()}
    assert told[f"The reconciliation is empty: {what.label}"] == number(day)


def test_every_kind_of_line_is_planted() -> None:
    assert {plant[0] for plant in PLANTED} == set(Disagreement)


def test_what_nobody_knows_a_paper_for_is_told_to_whoever_sees_all(day: Day) -> None:
    around(
        "UPDATE ledger_entry SET reason_number = 'R-0' WHERE reason_number = %s", receipt_of(day)
    )

    whole = [(one.number, one.expected, one.found) for one in asked(day).mismatches]

    assert ("R-0", None, Decimal("943.40")) in whole
    assert "R-0" not in {one.number for one in asked(day, by="keeper").mismatches}
