"""What else the demo company's sales have: a few cards that were given away, a large sale that
waits for a second person, an agency that may not sell today, and its next agreement."""

from datetime import timedelta

from selfcard.cards.models import DocumentType
from selfcard.core import clock
from selfcard.core.serials import SerialRun
from selfcard.custody.models import Holding
from selfcard.custody.statuses import CardStatus
from selfcard.demo.cast import KEEPERS, as_, days_ago, organisation, party
from selfcard.payments.commands import TenderGiven
from selfcard.sales.commands import (
    ask_large_sale,
    end_agreement,
    issue_charge_receipt,
    register_agreement,
    register_sale,
    settle_receipt,
)
from selfcard.sales.models import Agency

FACTORY = "南京浦江机械职工年度保障"


def leave_sales_open() -> None:
    """Play it, the oldest first."""
    between_two_agreements("A003")
    give_away("1101", "AC-050", 5)
    ask_for_a_large_sale("1201", "AC-050", 600)


def between_two_agreements(code: str) -> None:
    """Its agreement was ended early, and the next one begins in some weeks."""
    agency = Agency.objects.get(code=code)
    with days_ago(40):
        end_agreement(agreement=agency.agreements.get(), last_day=clock.today(), **as_("H001"))
    with days_ago(5):
        first = clock.today() + timedelta(days=26)
        register_agreement(
            agency=agency,
            number=f"{code}-{first.year}-B",
            valid_from=first,
            valid_to=first + timedelta(days=364),
            **as_("H001"),
        )


def give_away(institution: str, document_type: str, count: int) -> None:
    """The branch gives a few cards to the winners of a quiz; its cashier confirms it."""
    with days_ago(15):
        sale = register_sale(
            document_type=DocumentType.objects.get(code=document_type),
            runs=(_last_held(institution, document_type, count),),
            seller_organisation=organisation(institution),
            seller=party(KEEPERS[institution]),
            business_source="direct",
            gift_reason="安全知识竞赛一等奖奖品",
            **as_("B1101"),
        )
        receipt = issue_charge_receipt(sales=(sale,), **as_("B1101"))
    with days_ago(14):
        gift = TenderGiven("promotion", receipt.amount)
        settle_receipt(receipt=receipt, tenders=(gift,), **as_("B1102"))


def _last_held(institution: str, document_type: str, count: int) -> SerialRun:
    """The last cards of a type that an institution has itself."""
    holdings = Holding.objects.filter(
        holder=party(institution),
        status=CardStatus.INVENTORY,
        batch__type_version__document_type__code=document_type,
    )
    last = holdings.latest("serials").run.last
    return SerialRun(last - count + 1, last)


def ask_for_a_large_sale(institution: str, document_type: str, count: int) -> None:
    """Asked for yesterday: the manager of the branch, or of head office, agrees or refuses."""
    with days_ago(1):
        ask_large_sale(
            document_type=DocumentType.objects.get(code=document_type),
            runs=(_last_held(institution, document_type, count),),
            seller_organisation=organisation(institution),
            seller=party(KEEPERS[institution]),
            business_source="direct",
            customer_reference=FACTORY,
            confirmed_large=True,
            **as_(KEEPERS[institution]),
        )
