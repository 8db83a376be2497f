"""All deeds with cards and their money in random order, against a notebook: same answers, same
refusals, and the same amounts to the cent.

SELFCARD_THOROUGH=1 runs for minutes instead of seconds, and sees that each deed was done.
"""

import os
from collections import Counter
from collections.abc import Iterator
from datetime import date
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from selfcard.activation import commands as activation
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.organisations.commands import authorise
from selfcard.payments import commands as payments
from selfcard.sales import commands as sales
from tests.factories.drawers import open_a_drawer
from tests.factories.organisations import CASHIER
from tests.factories.sales import a_shop
from tests.sales.machine.against_the_notebook import CARDS, FLOAT
from tests.sales.machine.insuring import Insuring

THOROUGH = bool(os.environ.get("SELFCARD_THOROUGH"))
DEEDS = {
    "register_sale",
    "issue_charge_receipt",
    "void_charge_receipt",
    "note_not_arrived",
    "settle_receipt",
    "open_advance_account",
    "ask_for_deposit",
    "confirm_deposit",
    "void_deposit",
    "ask_advance_refund",
    "confirm_refund",
    "note_refund_failed",
    "void_refund",
    "register_recovery",
    "withdraw_recovery",
    "issue_payment_receipt",
    "correct_payment",
    "note_payment_failed",
    "void_payment_receipt",
    "settle_payment",
    "activate_card",
    "cancel_policy",
    "issue_refund_payment",
    "settle_refund",
}
# Agencies and large sales come before the money; drawers and tax facts stand beside it.
ELSEWHERE = {
    "register_agency",
    "register_agreement",
    "end_agreement",
    "ask_large_sale",
    "ask_large_sale_again",
    "grant_large_sale",
    "refuse_large_sale",
    "withdraw_large_sale",
    "block_overdue_sellers",
    "leave_phone",
    "forget_phone",
    "note_notice_given",
    "remind_of_deadlines",
    "remind_of_drafts",
    "register_recoveries",  # as register_recovery, for several sales
    "define_drawer",
    "open_drawer",
    "count_drawer",
    "close_drawer",
    "bank_takings",
    "fetch_cash",
    "retire_drawer",
    "take_drawer_back",
    "ask_banking_correction",
    "ask_count_correction",
    "ask_tender_correction",
    "grant_correction",
    "refuse_correction",
    "withdraw_correction",
    "note_tax_fact",
    "correct_refund",  # as correct_payment, for an advance
    "open_gate",
    "open_policy",
    "check_policy",
    "unlock_card",
    "ask_code",
    "ask_code_to_new_phone",
    "send_code",
    "use_code",
    "change_contact",
    "save_draft",
    "discard_draft",
    "begin_case",
    "take_case",
    "put_case_down",
    "speak_in",
    "send_pin_link",
    "enter_pin_by_link",
    "save_case",
    "ask_consent",
    "confirm_consent",
    "chase_case",
    "close_case",
    "add_copies",
    "open_copy",
}


class Money(Insuring):
    """All that may happen to sold cards and to their money, from a full shelf on."""


@pytest.fixture
def a_full_shelf(db: None) -> Iterator[None]:
    """An institution's cards and its open drawer; the branch's keeper may do a cashier's deeds."""
    with clock.frozen(date(2026, 3, 2)):
        shop = Money.shop = a_shop(CARDS)
        authorise(
            staff=shop.insurer.branch_keeper,
            mays=CASHIER,
            organisation=shop.insurer.branch,
            actor=Actor.system("test"),
            request_id=uuid4(),
        )
        open_a_drawer(shop.insurer, str(FLOAT))
        yield


def test_money_and_cards_go_there_and_back_as_a_notebook_would_have_it(a_full_shelf: None) -> None:
    Money.done_so_far = Counter()
    run_state_machine_as_test(
        Money,
        settings=settings(
            max_examples=100 if THOROUGH else 8,
            stateful_step_count=60 if THOROUGH else 30,
            deadline=None,
            derandomize=not THOROUGH,
            database=None,
            # A failure is told as it was found: to make it shorter would take minutes.
            phases=[Phase.explicit, Phase.generate],
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
    if THOROUGH:
        assert sorted(name for name in DEEDS if not Money.done_so_far[name]) == []


def test_the_notebook_knows_every_deed_with_the_money_of_cards() -> None:
    named = {
        name
        for room in (activation, payments, sales)
        for name, deed in vars(room).items()
        if hasattr(deed, "is_command")
    }

    assert named - ELSEWHERE == DEEDS
