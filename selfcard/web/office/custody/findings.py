"""The differences of a stock count in words: who answers for the cards, and what the books know."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from selfcard.custody.models import (
    BATCH_REASON,
    FREEZE_REASON,
    ISSUE_REASON,
    SHORTAGE_REASON,
    STOCK_COUNT_REASON,
    WRITE_OFF_REASON,
    CountFinding,
)
from selfcard.custody.queries.stock_counts import Difference
from selfcard.custody.statuses import CardStatus

Kind = CountFinding.Kind

# What the books know of cards, by the kind of paper that stopped them or that they go by.
KNOWN: dict[str, Promise] = {
    ISSUE_REASON: gettext_lazy("on their way with %(number)s, and not checked in"),
    SHORTAGE_REASON: gettext_lazy("missing since %(number)s was checked in"),
    WRITE_OFF_REASON: gettext_lazy("reported in %(number)s, which waits for a second person"),
    FREEZE_REASON: gettext_lazy("frozen by %(number)s"),
    BATCH_REASON: gettext_lazy("frozen with their batch %(number)s"),
    STOCK_COUNT_REASON: gettext_lazy("missing in %(number)s"),
    "sale": gettext_lazy("sold with %(number)s"),
}


@dataclass(frozen=True)
class ShownFinding:
    """A difference as a page shows it, and how a strip draws it."""

    told: Difference

    @property
    def finding(self) -> CountFinding:
        return self.told.finding

    @property
    def known(self) -> str:
        """What else the books know of the cards; nothing for cards that simply are not there."""
        kind, number = self.finding.reason
        if self.finding.status == CardStatus.LOST:
            return _("lost with %(number)s") % {"number": number}
        return str(KNOWN[kind]) % {"number": number} if kind in KNOWN else number

    @property
    def status(self) -> str:
        return "unfit" if self.finding.kind == Kind.GAP else "asked"


def shown_findings(differences: Iterable[Difference]) -> list[ShownFinding]:
    return [ShownFinding(one) for one in differences]
