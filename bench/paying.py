"""What it costs to sell cards, to be paid for them, and to take them back for their money."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

from bench.books import batch_in_inventory
from bench.figures import Stopwatch, sizes_up_to, statements_of
from selfcard.cards.models import DocumentType
from selfcard.core.serials import SerialRun
from selfcard.payments.commands import OutlayGiven, PayeeGiven, TenderGiven
from selfcard.sales.commands import (
    issue_charge_receipt,
    issue_payment_receipt,
    register_recovery,
    register_sale,
    settle_payment,
    settle_receipt,
)
from tests.factories.cards import a_document_type
from tests.factories.custody import hand_down
from tests.factories.drawers import open_a_drawer
from tests.factories.organisations import Insurer, an_insurer

Deed = tuple[str, Callable[[], Any]]
THE_WAY_IT_CAME = PayeeGiven(way="original", name="个人")


def measure(cards: int, rounds: int) -> dict[str, Any]:
    """Each deed on the way of a sale's money, there and back, of one card and of so many."""
    insurer = an_insurer()
    document_type = a_document_type(insurer)
    open_a_drawer(insurer)
    sizes = sizes_up_to(cards, of=(1,))
    ways = {size: _Way(insurer, document_type, size) for size in sizes}
    watches: dict[tuple[str, int], Stopwatch] = {}
    statements: dict[tuple[str, int], int] = {}
    for _ in range(2):  # the second time everything is warm: what is asked once in a process is
        for size, way in ways.items():
            for name, deed in way.deeds():
                statements[name, size] = len(statements_of(deed))
    # The sizes take turns, so that whatever else the machine does hits both of them alike.
    for _ in range(rounds):
        for size, way in ways.items():
            for name, deed in way.deeds():
                with watches.setdefault((name, size), Stopwatch()).running():
                    deed()
    return {
        "deeds": [
            {
                "deed": name,
                "cards": size,
                **watch.as_data(),
                "statements": statements[name, size],
                "times_one_card": round(watch.p50 / watches[name, sizes[0]].p50, 2),
            }
            for (name, size), watch in watches.items()
        ],
    }


class _Way:
    """Cards of one size of sale: sold, paid, taken back and paid back, again and again."""

    def __init__(self, insurer: Insurer, document_type: DocumentType, size: int) -> None:
        self.insurer, self.document_type = insurer, document_type
        # Others lie before and behind: each deed cuts a holding, and joins it again.
        batch = batch_in_inventory(insurer, document_type, 3 * size)
        hand_down(insurer, batch.run, insurer.branch.party, checked_in_by="branch_keeper")
        hand_down(
            insurer,
            batch.run,
            insurer.institution.party,
            "branch_keeper",
            checked_in_by="keeper",
        )
        self._run = SerialRun(batch.run.first + size, batch.run.first + 2 * size - 1)

    def deeds(self) -> Iterator[Deed]:
        """Each deed once, in the order in which they happen."""
        keeper, cashier = self.insurer.actor("keeper"), self.insurer.actor("cashier")
        done: dict[str, Any] = {}

        def register() -> None:
            done["sale"] = register_sale(
                document_type=self.document_type,
                runs=(self._run,),
                seller_organisation=self.insurer.institution,
                seller=self.insurer.seller.party,
                business_source="direct",
                confirmed_large=True,
                actor=keeper,
                request_id=uuid4(),
            )

        def receipt() -> None:
            done["receipt"] = issue_charge_receipt(
                sales=(done["sale"],), actor=keeper, request_id=uuid4()
            )

        def confirm() -> None:
            settle_receipt(
                receipt=done["receipt"],
                tenders=(TenderGiven("cash", done["receipt"].amount),),
                actor=cashier,
                request_id=uuid4(),
            )

        def recall() -> None:
            done["recovery"] = register_recovery(
                sale=done["sale"], reason="changed their mind", actor=keeper, request_id=uuid4()
            )

        def voucher() -> None:
            done["payment"] = issue_payment_receipt(
                recovery=done["recovery"],
                payee=THE_WAY_IT_CAME,
                actor=keeper,
                request_id=uuid4(),
            )

        def pay_back() -> None:
            settle_payment(
                payment=done["payment"],
                outlays=(OutlayGiven("cash", done["payment"].amount),),
                actor=cashier,
                request_id=uuid4(),
            )

        yield "register", register
        yield "receipt", receipt
        yield "confirm", confirm
        yield "recall", recall
        yield "payment_receipt", voucher
        yield "pay_back", pay_back
