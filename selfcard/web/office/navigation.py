"""What the office's side navigation shows: one table, by capability, and who may see what.

Each room of the office adds its pages here, most used first. A page is shown to those who may do
one of the things it names somewhere; an area is shown when one of its pages is.
"""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from selfcard.organisations.models import May, Staff
from selfcard.organisations.queries import may_anywhere, staff_actor


@dataclass(frozen=True)
class Page:
    url_name: str
    label: Promise
    may: tuple[May, ...] = ()
    only_in_demonstration: bool = False


@dataclass(frozen=True)
class Area:
    label: Promise
    icon: str
    pages: tuple[Page, ...]
    rooms: tuple[str, ...] = ()  # the address namespaces that belong to it


AREAS: tuple[Area, ...] = (
    Area(_("Work that waits"), "inbox", (Page("office:home", _("Work that waits")),)),
    Area(
        pgettext_lazy("area of work", "Cards"),
        "cards",
        (
            Page("office:inquiry:range", _("Status details inquiry"), (May.SEE_CARDS,)),
            Page("office:custody:issue", _("Issue registration"), (May.ISSUE_CARDS,)),
            Page("office:custody:check_ins", _("Check-in"), (May.CHECK_IN_CARDS,)),
            Page("office:custody:hand_over", _("Hand-over"), (May.ISSUE_CARDS,)),
            Page("office:custody:recall", _("Recall registration"), (May.RECALL_CARDS,)),
            Page(
                "office:custody:requisitions",
                _("Requisitions"),
                (May.REQUEST_CARDS, May.ISSUE_CARDS, May.SEE_CARDS),
            ),
            Page("office:custody:issues", _("Issues"), (May.SEE_CARDS,)),
            Page("office:custody:recalls", _("Recalls"), (May.SEE_CARDS, May.RECALL_CARDS)),
            Page(
                "office:custody:write_offs",
                _("Void and lost cards"),
                (May.WRITE_OFF_CARDS, May.APPROVE_WRITE_OFFS, May.SEE_CARDS),
            ),
            Page("office:custody:freezes", _("Frozen cards"), (May.FREEZE_CARDS, May.SEE_CARDS)),
            Page(
                "office:custody:past_deadline",
                _("Paid, out of date"),
                (May.RECALL_SALES, May.APPROVE_SALES, May.SEE_SALES, May.AUDIT),
            ),
            Page(
                "office:custody:stock_counts",
                _("Stock counts"),
                (May.COUNT_STOCK, May.APPROVE_WRITE_OFFS, May.SEE_CARDS),
            ),
            Page(
                "office:cards:batches",
                _("Batches"),
                (May.ORDER_BATCHES, May.APPROVE_BATCHES, May.RELEASE_PRINT),
            ),
            Page("office:cards:types", _("Document types"), (May.DEFINE_TYPES, May.SEE_CARDS)),
            Page("office:cards:printers", _("Printers"), (May.DEFINE_TYPES,)),
            Page("office:gate:gate", _("PIN gate"), (May.UNLOCK_CARDS, May.AUDIT, May.ADMINISTER)),
        ),
        ("inquiry", "custody", "cards", "gate"),
    ),
    Area(
        _("Sales"),
        "receipt",
        (
            Page("office:sales:list", _("Sales"), (May.SEE_SALES, May.REGISTER_SALES)),
            Page("office:sales:register", _("Sales registration"), (May.REGISTER_SALES,)),
            Page("office:sales:to_charge", _("To be asked for"), (May.ISSUE_RECEIPTS,)),
            Page("office:ways_back:guide", _("Take sold cards back"), (May.RECALL_SALES,)),
            Page(
                "office:ways_back:recoveries",
                _("Recoveries"),
                (May.SEE_SALES, May.RECALL_SALES, May.ISSUE_PAYMENTS),
            ),
            Page("office:sales:overdue", _("Overdue sales"), (May.SEE_SALES, May.REGISTER_SALES)),
            Page(
                "office:sales:large_sales",
                _("Large sales"),
                (May.REGISTER_SALES, May.APPROVE_SALES),
            ),
            Page(
                "office:sales:agencies",
                _("Agencies"),
                (May.SEE_SALES, May.REGISTER_SALES, May.ADMINISTER),
            ),
        ),
        ("sales", "ways_back"),
    ),
    Area(
        _("Payments"),
        "cash",
        (
            Page(
                "office:payments:receipts",
                _("Charge receipts"),
                (May.SEE_PAYMENTS, May.ISSUE_RECEIPTS, May.CONFIRM_RECEIPTS),
            ),
            Page(
                "office:payments:not_arrived",
                _("Not arrived"),
                (May.SEE_PAYMENTS, May.ISSUE_RECEIPTS, May.CONFIRM_RECEIPTS),
            ),
            Page(
                "office:drawers:list",
                _("Cash drawers"),
                (May.SEE_PAYMENTS, May.KEEP_DRAWER, May.CLOSE_DRAWERS, May.AUDIT),
            ),
            Page(
                "office:payments:advances",
                _("Payer advances"),
                (May.SEE_PAYMENTS, May.ISSUE_RECEIPTS, May.CONFIRM_RECEIPTS, May.KEEP_ADVANCES),
            ),
            Page(
                "office:payments:payments",
                _("Payment receipts"),
                (May.SEE_PAYMENTS, May.ISSUE_PAYMENTS, May.CONFIRM_PAYMENTS),
            ),
            Page("office:payments:invoices", _("Invoices"), (May.SEE_PAYMENTS,)),
            Page("office:payments:red_letters", _("Red-letter invoices"), (May.SEE_PAYMENTS,)),
        ),
        ("payments", "drawers"),
    ),
    Area(
        pgettext_lazy("area of work", "Books"),
        "scales",
        (
            Page(
                "office:ledger:reconciliation",
                _("Daily reconciliation"),
                (May.AUDIT, May.CLOSE_BOOKS, May.CLOSE_DRAWERS, May.SEE_PAYMENTS),
            ),
            Page("office:ledger:trial_balance", _("Trial balance"), (May.AUDIT, May.CLOSE_BOOKS)),
            Page("office:ledger:entries", _("Entries"), (May.AUDIT, May.CLOSE_BOOKS)),
            Page("office:ledger:journal", _("Journal"), (May.AUDIT, May.CLOSE_BOOKS)),
            Page("office:ledger:closings", _("Closed days"), (May.AUDIT, May.CLOSE_BOOKS)),
        ),
        ("ledger",),
    ),
    Area(
        _("Activation desk"),
        "headset",
        (
            Page("office:desk:list", _("Customers"), (May.ACTIVATE_FOR_CUSTOMER,)),
            Page("office:desk:begin", _("Begin with a customer"), (May.ACTIVATE_FOR_CUSTOMER,)),
            Page(
                "office:telephone:play",
                _("The phone of the demonstration"),
                (May.ACTIVATE_FOR_CUSTOMER, May.SEE_POLICIES, May.AUDIT),
                only_in_demonstration=True,
            ),
        ),
        ("desk", "telephone"),
    ),
    Area(
        _("Policies"),
        "shield",
        (
            Page("office:policies:list", _("Policies"), (May.SEE_POLICIES,)),
            Page("office:policies:unmaskings", _("Seen unmasked"), (May.AUDIT,)),
            Page("office:messaging:list", _("Messages"), (May.SEE_POLICIES, May.AUDIT)),
            Page(
                "office:messaging:templates",
                _("Message templates"),
                (May.DEFINE_TYPES, May.AUDIT),
            ),
            Page("office:claims:list", _("Notices of claim"), (May.HANDLE_CLAIMS,)),
            Page(
                "office:products:list",
                _("Products"),
                (May.DEFINE_PRODUCTS, May.PUBLISH_PRODUCTS, May.SEE_POLICIES),
            ),
            Page(
                "office:products:occupations",
                _("Occupations"),
                (May.DEFINE_PRODUCTS, May.PUBLISH_PRODUCTS, May.SEE_POLICIES),
            ),
        ),
        ("policies", "messaging", "claims", "products"),
    ),
    Area(
        _("Reports"),
        "chart",
        (Page("office:stock_ledger:ledger", _("Stock ledger"), (May.SEE_CARDS, May.AUDIT)),),
        ("stock_ledger",),
    ),
    Area(
        _("Approvals"),
        "users",
        (Page("office:approvals:list", _("Approvals")),),
        ("approvals",),
    ),
    Area(
        _("Administration"),
        "settings",
        (
            Page("office:administration:organisations", _("Organisations"), (May.ADMINISTER,)),
            Page("office:administration:staff", _("Staff"), (May.ADMINISTER,)),
        ),
        ("administration",),
    ),
)


@dataclass(frozen=True)
class ShownPage:
    label: Promise
    url: str
    current: bool


@dataclass(frozen=True)
class ShownArea:
    label: Promise
    icon: str
    url: str
    open: bool
    current: bool
    pages: tuple[ShownPage, ...]


def navigation(mays: set[str], view_name: str) -> list[ShownArea]:
    """The areas and pages that somebody may see, with the one they are on marked."""
    shown = []
    for area in AREAS:
        pages = tuple(
            ShownPage(page.label, reverse(page.url_name), page.url_name == view_name)
            for page in area.pages
            if (not page.may or mays.intersection(page.may))
            and (settings.DEMO_MESSAGES or not page.only_in_demonstration)
        )
        if not pages:
            continue
        room = view_name.split(":")[1] if view_name.count(":") > 1 else ""
        is_open = room in area.rooms or any(page.current for page in pages)
        alone = len(pages) == 1
        shown.append(
            ShownArea(
                area.label,
                area.icon,
                pages[0].url,
                is_open,
                alone and pages[0].current,
                () if alone else pages,
            )
        )
    return shown


def office_context(request: HttpRequest) -> dict[str, Any]:
    """For the office's frame: who is signed in, where, and what they may see."""
    staff = request.user
    if not isinstance(staff, Staff):
        return {"staff": None, "organisation": None, "areas": []}
    # Pages about the account itself are no office views: there it has not been asked yet.
    mays = getattr(request, "mays", None) or may_anywhere(staff_actor(staff))
    match = request.resolver_match
    return {
        "staff": staff,
        "organisation": staff.organisation,
        "areas": navigation(mays, match.view_name if match else ""),
    }
