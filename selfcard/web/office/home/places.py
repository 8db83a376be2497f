"""What the home page and the search call each kind of work or hit, and which page opens it."""

from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from selfcard.core.serials import SerialRun
from selfcard.inquiry.queries.piles import Task, Work
from selfcard.inquiry.queries.search import Hit, Kind
from selfcard.web.office.approvals.subjects import cards_in, place_of, type_in, words_for
from selfcard.web.templatetags.places import may_open


class WorkWords(NamedTuple):
    pile: Promise  # on its tile
    task: Promise  # in the list
    deed: Promise  # on its button
    url_name: str


WORK: dict[Work, WorkWords] = {
    Work.CHECK_IN: WorkWords(
        _("To check in"), _("Check in cards"), _("Check in"), "office:custody:check_in"
    ),
    Work.CHECK_IN_PRINTED: WorkWords(
        _("From the printer"),
        _("Check in printed cards"),
        _("Check in"),
        "office:custody:check_in_printed",
    ),
    Work.CHASE_DELIVERY: WorkWords(
        _("On the way too long"),
        _("Ask where a delivery is"),
        _("Open note"),
        "office:custody:issue_note",
    ),
    Work.EXPLAIN_SHORTAGE: WorkWords(
        _("Shortages to explain"),
        _("Say where missing cards are"),
        _("Open note"),
        "office:custody:issue_note",
    ),
    Work.TAKE_BACK: WorkWords(
        _("Refused, to come back"),
        _("Take back a refused delivery"),
        _("Open note"),
        "office:custody:issue_note",
    ),
    Work.ANSWER_REQUISITION: WorkWords(
        _("Requisitions to answer"),
        _("Answer a requisition"),
        _("Answer"),
        "office:custody:requisition",
    ),
    Work.ISSUE_REQUISITION: WorkWords(
        _("Granted, to be issued"),
        _("Issue what was granted"),
        _("Issue"),
        "office:custody:requisition",
    ),
    Work.CHASE_REQUISITION: WorkWords(
        _("Asked for, not here in time"),
        _("Ask after a requisition"),
        _("Open requisition"),
        "office:custody:requisition",
    ),
    Work.CONFIRM_RECEIPT: WorkWords(
        _("Receipts to confirm"),
        _("Confirm a receipt"),
        _("Confirm"),
        "office:payments:receipt",
    ),
    Work.ISSUE_RECEIPT: WorkWords(
        _("Sales without a receipt"),
        _("Issue a charge receipt"),
        _("Open sale"),
        "office:sales:sale",
    ),
    Work.APPROVAL: WorkWords(_("Second approvals"), _("Approve"), _("Review"), ""),
    Work.ASK_AGAIN: WorkWords(
        _("Orders nobody decided"),
        _("Ask again for the approval of an order"),
        _("Open batch"),
        "office:cards:batch",
    ),
    Work.MAKE_AGAIN: WorkWords(
        _("Batches whose making broke off"),
        _("Have a batch made again"),
        _("Open batch"),
        "office:cards:batch",
    ),
    Work.ASK_RELEASE: WorkWords(
        _("Print files to release"),
        _("Ask for the release of a print file"),
        _("Open batch"),
        "office:cards:batch",
    ),
    Work.DOWNLOAD: WorkWords(
        _("Print files to download"),
        _("Download a print file"),
        _("Open batch"),
        "office:cards:batch",
    ),
    Work.AWAIT_ARRIVAL: WorkWords(
        _("Not arrived"),
        _("Look whether the money has arrived"),
        _("Open receipt"),
        "office:payments:receipt",
    ),
    Work.ISSUE_PAYMENT: WorkWords(
        _("Recoveries to pay back"),
        _("Issue the payment receipt of a recovery"),
        _("Open recovery"),
        "office:ways_back:recovery",
    ),
    Work.CORRECT_PAYEE: WorkWords(
        _("Payments that failed"),
        _("Correct the payee"),
        _("Correct"),
        "office:payments:correct_payee",
    ),
    Work.PAY_BACK: WorkWords(
        _("Payment receipts to confirm"),
        _("Pay money back, and confirm it"),
        _("Pay back"),
        "office:payments:payment",
    ),
    Work.COUNT_DRAWER: WorkWords(
        _("Drawers not counted"),
        _("Count the drawer of an earlier day"),
        _("Count"),
        "office:drawers:count",
    ),
    Work.CLOSE_DRAWER: WorkWords(
        _("Drawers to close"),
        _("Close a counted drawer"),
        _("Look and close"),
        "office:drawers:day",
    ),
    Work.ANNOUNCE: WorkWords(
        _("Losses to announce"),
        _("Announce a loss publicly"),
        _("Open case"),
        "office:custody:write_off",
    ),
    Work.WRITE_OFF_AGAIN: WorkWords(
        _("Reports nobody decided"),
        _("Ask again for a second person"),
        _("Open case"),
        "office:custody:write_off",
    ),
    Work.EXTENSION_AGAIN: WorkWords(
        _("Extensions nobody decided"),
        _("Ask again for a second person"),
        _("Open extension"),
        "office:custody:extension",
    ),
    Work.PAY_BACK_POLICY: WorkWords(
        _("Cancelled policies to pay back"),
        _("Issue the payment receipt of a cancelled policy"),
        _("Pay back"),
        "office:policies:pay_back",
    ),
    Work.CHASE: WorkWords(
        _("Sold, not paid"), _("Chase an unpaid sale"), _("Open sale"), "office:sales:sale"
    ),
    Work.CHASE_OVERDUE: WorkWords(
        _("Past their due date"), _("Chase an overdue sale"), _("Open sale"), "office:sales:sale"
    ),
    Work.CALL_BACK: WorkWords(
        _("Customers to call back"),
        _("Go on with a customer at the desk"),
        _("Open case"),
        "office:desk:case",
    ),
    Work.GIVE_NOTICE: WorkWords(
        _("Notices to hand over"),
        _("Print the notice and hand it over"),
        _("Open sale"),
        "office:sales:sale",
    ),
    Work.TAKE_CLAIM: WorkWords(
        _("Notices of claim"),
        _("Look at a notice of claim"),
        _("Open notice"),
        "office:claims:notice",
    ),
    Work.FINISH_COUNT: WorkWords(
        _("Counts to finish"),
        _("Finish a stock count"),
        _("Open count"),
        "office:custody:stock_count",
    ),
}


def task_words(task: Task) -> str | Promise:
    return words_for(task.approval) if task.approval else WORK[task.kind].task


def task_place(task: Task) -> str:
    """The page where the task is done."""
    if task.approval:
        return place_of(task.approval)
    # A drawer's day is named by two: its code and the day.
    return reverse(WORK[task.kind].url_name, args=task.number.split("/"))


def task_cards(task: Task) -> int | None:
    return cards_in(task.approval) if task.approval else task.cards


def task_type(task: Task) -> str:
    """The document type that a second person is asked about."""
    return type_in(task.approval) if task.approval else ""


class HitWords(NamedTuple):
    kinds: Promise
    icon: str
    url_name: str


HITS: dict[Kind, HitWords] = {
    Kind.CARD: HitWords(_("Cards"), "card", "office:inquiry:card"),
    Kind.RANGE: HitWords(_("Ranges of cards"), "cards", "office:inquiry:range"),
    Kind.SALE: HitWords(_("Sales"), "receipt", "office:sales:sale"),
    Kind.RECEIPT: HitWords(_("Charge receipts"), "paper", "office:payments:receipt"),
    Kind.INVOICE: HitWords(_("Invoices"), "invoice", "office:payments:invoice"),
    Kind.ADVANCE: HitWords(_("Advance accounts"), "cash", "office:payments:advance"),
    Kind.BANKING: HitWords(_("Brought to the bank"), "building", "office:drawers:bankings"),
    Kind.DRAWER: HitWords(_("Drawers"), "cash", "office:drawers:days"),
    Kind.ENTRY: HitWords(_("Entries"), "scales", "office:ledger:entry"),
    Kind.RECOVERY: HitWords(_("Recoveries"), "back", "office:ways_back:recovery"),
    Kind.PAYMENT: HitWords(_("Payment receipts"), "cash", "office:payments:payment"),
    Kind.RED_LETTER: HitWords(_("Red-letter invoices"), "invoice", "office:payments:red_letter"),
    Kind.POLICY: HitWords(_("Policies"), "shield", "office:policies:policy"),
    Kind.CLAIM: HitWords(_("Notices of claim"), "clipboard", "office:claims:notice"),
    Kind.ISSUE: HitWords(_("Issue notes"), "send", "office:custody:issue_note"),
    Kind.REQUISITION: HitWords(_("Requisitions"), "inbox", "office:custody:requisition"),
    Kind.RECALL: HitWords(_("Recall notes"), "back", "office:custody:recall_note"),
    Kind.FREEZE: HitWords(_("Freezes"), "lock", "office:custody:freeze_note"),
    Kind.WRITE_OFF: HitWords(_("Write-offs"), "trash", "office:custody:write_off"),
    Kind.EXTENSION: HitWords(_("Extensions"), "calendar", "office:custody:extension"),
    Kind.STOCK_COUNT: HitWords(_("Stock counts"), "clipboard", "office:custody:stock_count"),
    Kind.BATCH: HitWords(_("Batches"), "box", "office:cards:batch"),
    Kind.HOLDER: HitWords(_("Holders"), "user", "office:inquiry:range"),
}


def hit_run(hit: Hit) -> SerialRun | None:
    """The cards that a range names."""
    if hit.kind != Kind.RANGE:
        return None
    first, _dash, last = hit.number.partition("-")
    return SerialRun(int(first), int(last))


def hit_place(hit: Hit, mays: set[str]) -> str:
    """The page that opens what was found; the cards of it where its own page is for others."""
    inquiry = reverse("office:inquiry:range")
    if run := hit_run(hit):
        return f"{inquiry}?first={run.first:015d}&last={run.last:015d}"
    url_name = HITS[hit.kind].url_name
    if hit.kind in (Kind.BANKING, Kind.DRAWER):
        return f"{reverse(url_name)}?q={hit.number}"
    if hit.kind == Kind.HOLDER or not may_open(url_name, mays):
        return f"{inquiry}?{hit.kind}={hit.number}"
    return reverse(url_name, args=[hit.number])


def hit_says(hit: Hit) -> list[Any]:
    """What there is to say of a hit beside its number; never a whole name of an insured person."""
    thing = hit.thing
    match hit.kind:
        case Kind.CARD:
            return [thing.batch.type_version.document_type.name, thing.holder.name]
        case Kind.RANGE:
            return [thing.batch.type_version.document_type.name]
        case Kind.SALE:
            return [thing.type_version.document_type.name, thing.seller.name]
        case Kind.RECEIPT:
            return [thing.payer, thing.organisation.name]
        case Kind.INVOICE | Kind.RED_LETTER:
            return [thing.buyer]
        case Kind.RECOVERY:
            return [thing.sale.number, thing.sale.seller_organisation.name]
        case Kind.PAYMENT:
            return [thing.payee, thing.reason_number]
        case Kind.ADVANCE:
            return [thing.payer_name, thing.organisation.name]
        case Kind.BANKING:
            return [thing.get_kind_display(), thing.organisation.name]
        case Kind.DRAWER:
            return [thing.name, thing.organisation.name]
        case Kind.ENTRY:
            return [thing.get_kind_display(), thing.reason_number]
        case Kind.POLICY:
            return [thing.product_version.name]
        case Kind.CLAIM:
            return [thing.get_harm_display(), thing.organisation.name]
        case Kind.REQUISITION:
            return [thing.organisation.name, thing.document_type.name]
        case Kind.WRITE_OFF:
            return [thing.get_kind_display(), thing.holder.name]
        case Kind.EXTENSION | Kind.STOCK_COUNT:
            return [thing.holder.name, thing.document_type.name]
        case Kind.FREEZE:
            return [thing]
        case Kind.ISSUE | Kind.RECALL:
            return [thing.from_party.name, thing.to_party.name]
        case Kind.BATCH:
            return [thing.type_version.document_type.name]
        case Kind.HOLDER:
            return [thing.name]
