"""What waits in the demo company's sales: a large one for a second person, an agency that may not
sell today, and its next agreement."""

from datetime import timedelta

from selfcard.cards.models import DocumentType
from selfcard.core import clock
from selfcard.core.serials import SerialRun
from selfcard.custody.models import Holding
from selfcard.custody.statuses import CardStatus
from selfcard.demo.cast import KEEPERS, as_, days_ago, organisation, party
from selfcard.sales.commands import ask_large_sale, end_agreement, register_agreement
from selfcard.sales.models import Agency

FACTORY = "南京浦江机械职工年度保障"


def leave_sales_open() -> None:
    """Play it, the oldest first."""
    between_two_agreements("A003")
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


def ask_for_a_large_sale(institution: str, document_type: str, count: int) -> None:
    """Asked for yesterday: the manager of the branch, or of head office, agrees or refuses."""
    last = (
        Holding.objects.filter(
            holder=party(institution),
            status=CardStatus.INVENTORY,
            batch__type_version__document_type__code=document_type,
        )
        .latest("serials")
        .run.last
    )
    with days_ago(1):
        ask_large_sale(
            document_type=DocumentType.objects.get(code=document_type),
            runs=(SerialRun(last - count + 1, last),),
            seller_organisation=organisation(institution),
            seller=party(KEEPERS[institution]),
            business_source="direct",
            customer_reference=FACTORY,
            confirmed_large=True,
            **as_(KEEPERS[institution]),
        )
