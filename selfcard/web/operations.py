"""Where an operation that a refusal names is done, and what its link says.

Commands name the operation that would help (`Operation.named("custody.check_in", number=…)`) and
know nothing of pages; this table gives each its page. The arguments of the operation are those of
the address.
"""

from contextlib import suppress
from typing import NamedTuple

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from selfcard.core.refusals import Operation
from selfcard.web.problems import Help


class Place(NamedTuple):
    url_name: str
    label: Promise


OPERATIONS: dict[str, Place] = {
    "cards.approve_batch": Place("office:cards:batch", _("Open the batch")),
    "cards.document_type": Place("office:cards:type", _("Open the document type")),
    "cards.order_batch": Place("office:cards:order", _("Order a batch")),
    "cards.release_print_file": Place("office:cards:batch", _("Open the batch")),
    "cards.revise_document_type": Place("office:cards:revise", _("New version")),
    "custody.adjust_stock": Place("office:custody:stock_count", _("Open the stock count")),
    "custody.check_in": Place("office:custody:check_in", _("Check in")),
    "custody.check_in_printed": Place("office:custody:check_in_printed", _("Check in")),
    "custody.destroy": Place("office:custody:destroy", _("Destroy void cards")),
    "custody.explain_shortage": Place("office:custody:issue_note", _("Open the issue note")),
    "custody.extension": Place("office:custody:extension", _("Open the extension")),
    "custody.recall": Place("office:custody:recall", _("Recall cards")),
    "custody.found": Place("office:custody:found", _("Lost cards found again")),
    "custody.hand_over": Place("office:custody:hand_over", _("Hand over")),
    "custody.issue": Place("office:custody:issue", _("Issue cards")),
    "custody.lost": Place("office:custody:loss", _("Report a loss")),
    "custody.release": Place("office:custody:freeze_note", _("Open the freeze")),
    "custody.requisition": Place("office:custody:requisition", _("Open the requisition")),
    "custody.stock_count": Place("office:custody:stock_count", _("Open the stock count")),
    "custody.void": Place("office:custody:void", _("Make cards void")),
    "custody.write_off": Place("office:custody:write_off", _("Open the case")),
    "inquiry.card": Place("office:inquiry:card", _("Where is this card?")),
    "open.batch": Place("office:cards:batch", _("Open the batch")),
    "open.policy": Place("office:policies:policy", _("Open the policy")),
    "open.sale": Place("office:sales:sale", _("Open the sale")),
    "sales.approve_sale": Place("office:sales:large_sale", _("Open the request")),
    "open.recovery": Place("office:ways_back:recovery", _("Open the recovery")),
    "sales.recovery": Place("office:ways_back:recovery", _("Open the recovery")),
    "sales.take_back": Place("office:ways_back:guide", _("Take sold cards back")),
    "sales.sale": Place("office:sales:sale", _("Open the sale")),
    "payments.correct": Place("office:drawers:correction", _("Open the request")),
    "drawers.day": Place("office:drawers:day", _("Open the drawer's day")),
    "drawers.fetch": Place("office:drawers:fetch", _("Fetch cash from the bank")),
    "drawers.open": Place("office:drawers:list", _("Open a drawer")),
    "payments.advance": Place("office:payments:advance", _("Open the account")),
    "payments.payment": Place("office:payments:payment", _("Open the payment receipt")),
    "policies.cancel": Place("office:policies:cancel", _("Cancel the policy")),
    "policies.endorse": Place("office:policies:endorse", _("Endorse the policy")),
    "payments.receipt": Place("office:payments:receipt", _("Open the receipt")),
}


def help_for(operation: Operation) -> Help | None:
    """The link to where an operation is done, or nothing where no page does it."""
    place = OPERATIONS.get(operation.name)
    if place is None:
        return None
    for args in (operation.args, {}):
        with suppress(NoReverseMatch):
            return Help(reverse(place.url_name, kwargs=args), place.label)
    return None
