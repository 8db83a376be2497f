"""One filled example of every paper, for tests and for looking at; each room's own beside it."""

from collections.abc import Callable

from selfcard.activation.papers import HAND_OVER
from selfcard.cards.papers import PRINT_PROTOCOL
from selfcard.custody.papers import CHECK_IN, ISSUE_NOTE, RECALL_NOTE
from selfcard.custody.papers.counts import COUNT_PROTOCOL, COUNT_SHEET
from selfcard.custody.papers.write_offs import LOSS_ANNOUNCEMENT, WRITE_OFF
from selfcard.payments.papers import CHARGE_RECEIPT, INVOICE
from selfcard.payments.papers.statements import DRAWER_DAY, STATEMENT
from selfcard.policies.papers import POLICY, POLICY_CARD
from selfcard.products.papers import CLAUSES
from selfcard.sales.papers import CHARGE_LIST, NOTICE
from tests.factories.papers import activation, cards, custody, payments, policies, products, sales

ALL: dict[str, Callable[[], object]] = {
    ISSUE_NOTE: custody.an_issue_note,
    CHECK_IN: custody.a_check_in,
    RECALL_NOTE: custody.a_recall_note,
    WRITE_OFF: custody.a_write_off,
    LOSS_ANNOUNCEMENT: custody.a_loss_announcement,
    COUNT_SHEET: custody.a_count_sheet,
    COUNT_PROTOCOL: custody.a_count_protocol,
    PRINT_PROTOCOL: cards.a_print_protocol,
    CHARGE_LIST: sales.a_charge_list,
    NOTICE: sales.a_notice,
    CHARGE_RECEIPT: payments.a_receipt,
    INVOICE: payments.an_invoice,
    STATEMENT: payments.a_statement,
    DRAWER_DAY: payments.a_drawer_day,
    POLICY: policies.a_policy,
    POLICY_CARD: policies.a_policy_card,
    HAND_OVER: activation.a_hand_over,
    CLAUSES: products.some_clauses,
}
