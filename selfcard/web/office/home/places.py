"""What the home page and the search call each kind of work or hit, and which page opens it."""

from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from selfcard.inquiry.queries.search import Hit, Kind
from selfcard.inquiry.queries.work import Task, Work
from selfcard.web.office.approvals.subjects import place_of, words_for
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
    Work.CHASE: WorkWords(
        _("Sold, not paid"), _("Chase an unpaid sale"), _("Open sale"), "office:sales:sale"
    ),
    Work.FINISH_COUNT: WorkWords(
        _("Counts to finish"),
        _("Finish a stock count"),
        _("Open count"),
        "office:custody:stock_count",
    ),
}


def task_words(task: Task) -> str | Promise:
    return words_for(task.asks) if task.kind == Work.APPROVAL else WORK[task.kind].task


def task_place(task: Task) -> str:
    """The page where the task is done."""
    if task.kind == Work.APPROVAL:
        return place_of(task.asks, task.number)
    return reverse(WORK[task.kind].url_name, args=[task.number])


class HitWords(NamedTuple):
    kinds: Promise
    icon: str
    url_name: str


HITS: dict[Kind, HitWords] = {
    Kind.CARD: HitWords(_("Cards"), "card", "office:inquiry:card"),
    Kind.SALE: HitWords(_("Sales"), "receipt", "office:sales:sale"),
    Kind.RECEIPT: HitWords(_("Charge receipts"), "paper", "office:payments:receipt"),
    Kind.INVOICE: HitWords(_("Invoices"), "invoice", "office:payments:invoice"),
    Kind.POLICY: HitWords(_("Policies"), "shield", "office:policies:policy"),
    Kind.ISSUE: HitWords(_("Issue notes"), "send", "office:custody:issue_note"),
    Kind.BATCH: HitWords(_("Batches"), "box", "office:cards:batch"),
    Kind.HOLDER: HitWords(_("Holders"), "user", "office:inquiry:range"),
}


def hit_place(hit: Hit, mays: set[str]) -> str:
    """The page that opens what was found; the cards of it where its own page is for others."""
    url_name = HITS[hit.kind].url_name
    if hit.kind == Kind.HOLDER or not may_open(url_name, mays):
        return f"{reverse('office:inquiry:range')}?{hit.kind}={hit.number}"
    return reverse(url_name, args=[hit.number])


def hit_says(hit: Hit) -> list[Any]:
    """What there is to say of a hit beside its number; never a whole name of an insured person."""
    thing = hit.thing
    match hit.kind:
        case Kind.CARD:
            return [thing.batch.type_version.document_type.name, thing.holder.name]
        case Kind.SALE:
            return [thing.type_version.document_type.name, thing.seller.name]
        case Kind.RECEIPT:
            return [thing.payer, thing.organisation.name]
        case Kind.INVOICE:
            return [thing.buyer]
        case Kind.POLICY:
            return [thing.product_version.name]
        case Kind.ISSUE:
            return [thing.from_party.name, thing.to_party.name]
        case Kind.BATCH:
            return [thing.type_version.document_type.name]
        case Kind.HOLDER:
            return [thing.name]
