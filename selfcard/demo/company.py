"""The demo company, from its head office to its first policies.

`build` plays half a year of its business in one go, each deed on its day of the past: products are
published, batches ordered and printed, cards handed down, sold, paid for and activated. What is
left unfinished on purpose – a batch that waits for approval, a shipment that waits to be checked
in, a receipt that waits for its money – is the work that waits on people's home pages.
"""

import shutil
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from selfcard.cards.commands import (
    approve_batch,
    ask_print_release,
    define_document_type,
    download_print_file,
    order_batch,
    register_printer,
    release_print_file,
)
from selfcard.cards.models import Batch, DocumentType, Printer
from selfcard.cards.print_file import take
from selfcard.cards.terms import TermsGiven
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.models import AuditEvent
from selfcard.core.serials import SerialRun
from selfcard.core.work import run_waiting_jobs
from selfcard.custody.commands import check_in, check_in_printed, issue_cards
from selfcard.custody.models import Holding, Issue
from selfcard.custody.statuses import CardStatus
from selfcard.demo import print_files
from selfcard.demo.books import close_books
from selfcard.demo.cast import (
    KEEPERS,
    SYSTEM,
    as_,
    days_ago,
    deed,
    employ_people,
    folder,
    open_places,
    organisation,
    party,
    register_agencies,
)
from selfcard.demo.claims import report_claims
from selfcard.demo.desk import leave_customers
from selfcard.demo.drawers import open_drawer_of
from selfcard.demo.endings import (
    SPRING,
    SPRING_CARDS,
    define_spring_card,
    end_some,
    sell_spring_cards,
    spring_cards,
)
from selfcard.demo.holders import activate_for_holders
from selfcard.demo.money import move_money
from selfcard.demo.products import publish_products
from selfcard.demo.recoveries import take_cards_back
from selfcard.demo.sales import leave_sales_open
from selfcard.demo.stock import do_stock_work
from selfcard.organisations.models import Organisation
from selfcard.payments.commands import TenderGiven
from selfcard.payments.models import Receipt
from selfcard.products.models import ProductVersion
from selfcard.sales.commands import (
    issue_charge_receipt,
    note_notice_given,
    register_sale,
    settle_receipt,
)
from selfcard.sales.models import Agency

TYPES = (
    ("AC-050", "620050", "个人意外卡 50 元", "Accident card ¥50", "50.00", 12, 2000),
    ("TR-100", "620100", "旅行保险卡 100 元", "Travel card ¥100", "100.00", 18, 1000),
    ("FA-150", "620150", "家庭保险卡 150 元", "Family card ¥150", "150.00", 24, 500),
    ("DR-200", "620200", "驾乘保险卡 200 元", "Driver card ¥200", "200.00", 24, 500),
)
# What begins an SMS that activates a card of the type, beside what does for all cards.
KEYWORDS: dict[str, Any] = {"TR-100": {"keyword_zh": "旅行", "keyword_en": "TRAVEL"}}
# Whoever buys a card on the last day on which it is sold still has so long to activate it.
MONTHS_LEFT_TO_ACTIVATE = 3
ADMINISTRATOR_LIMIT = 50_000

BEGUN, BUILT = "demo.begun", "demo.built"


class HalfBuilt(Exception):
    """The building of the demo company was interrupted, and commands cannot be taken back."""


def is_built() -> bool:
    """Whether there is a company in this database already, the demo's or a real one.

    Raises:
        HalfBuilt: the demo's was begun and never finished.
    """
    events = set(
        AuditEvent.objects.filter(event__in=[BEGUN, BUILT]).values_list("event", flat=True)
    )
    if events == {BEGUN}:
        raise HalfBuilt
    return Organisation.objects.exists()


@command
def note(*, event: str, actor: Actor, request_id: UUID) -> None:
    """Write down how far the demo company is."""
    record(actor, event)


def build() -> None:
    """Build the demo company in an empty database."""
    note(event=BEGUN, **deed(SYSTEM))
    with days_ago(175):
        open_places()
        employ_people()
        register_agencies()
        define_types(publish_products())
        define_spring_card()
    print_batches()
    hand_down()
    sell()
    leave_sales_open()
    activate_for_holders()
    end_some()
    report_claims()
    do_stock_work()
    move_money()
    take_cards_back()
    leave_customers()
    close_books()
    note(event=BUILT, **deed(SYSTEM))


def define_types(products: dict[str, tuple[ProductVersion, ...]]) -> None:
    """Four document types; `products` says by type code what its cards may become."""
    register_printer(
        code=print_files.PRINTER,
        name_zh="华光安全印务",
        name_en="Huaguang Secure Printing",
        public_key=print_files.make_key(),
        **as_("H002"),
    )
    for code, prefix, name_zh, name_en, value, months, limit in TYPES:
        define_document_type(
            code=code,
            prefix=prefix,
            terms=TermsGiven(
                name_zh=name_zh,
                name_en=name_en,
                face_value=Decimal(value),
                currency="CNY",
                deadline_months=months,
                use_by_months=months - MONTHS_LEFT_TO_ACTIVATE,
                pin_length=12,
                **KEYWORDS.get(code, {}),
                holding_limit=limit,
                administrator_limit=ADMINISTRATOR_LIMIT,
                product_versions=products[code],
            ),
            **as_("H002"),
        )


def print_batches() -> None:
    """Print a batch of each type; leave others at each step on the way there."""
    for code, count in (
        ("AC-050", 20_000),
        ("TR-100", 5_000),
        ("FA-150", 3_000),
        ("DR-200", 2_000),
        (SPRING, SPRING_CARDS),
    ):
        with days_ago(165):
            batch = _made(_ordered(code, count))
            _printed(batch)
        first = batch.run.first
        missing = (SerialRun(first + 1_017, first + 1_019),) if code == "AC-050" else ()
        damaged = (SerialRun(first + 1_500, first + 1_500),) if code == "TR-100" else ()
        with days_ago(158):
            check_in_printed(batch=batch, missing=missing, damaged=damaged, **as_("H002"))
    with days_ago(2):
        _printed(_made(_ordered("AC-050", 5_000)))  # the box that head office has to check in
    ask_print_release(batch=_made(_ordered("TR-100", 1_000)), **as_("H002"))
    _ordered("FA-150", 8_000)


def _ordered(code: str, count: int) -> Batch:
    return order_batch(
        document_type=DocumentType.objects.get(code=code),
        count=count,
        printer=Printer.objects.get(code=print_files.PRINTER),
        **as_("H002"),
    )


def _made(batch: Batch) -> Batch:
    approve_batch(batch=batch, **as_("H003"))
    run_waiting_jobs()
    batch.refresh_from_db()
    return batch


def _printed(batch: Batch) -> None:
    """Send the print file to the printing house, which keeps its copy."""
    ask_print_release(batch=batch, **as_("H002"))
    release_print_file(batch=batch, **as_("H003"))
    print_file = download_print_file(batch=batch, **as_("H002"))
    taken = take(print_file.name)
    assert taken is not None
    with taken, (folder() / print_file.name).open("wb") as copy:
        shutil.copyfileobj(taken, copy)


class Pack:
    """Cards of a type that head office still has to give away, in serial order."""

    def __init__(self, code: str) -> None:
        self.document_type = DocumentType.objects.get(code=code)
        batch = Batch.objects.filter(type_version__document_type=self.document_type).earliest("pk")
        # The first two thousand stay where they are, with the cards that the printer missed.
        self.next = batch.run.first + 2_000 if batch.count > 3_000 else batch.run.first

    def take(self, count: int) -> SerialRun:
        run = SerialRun(self.next, self.next + count - 1)
        self.next = run.last + 1
        return run


# How many cards of each type a branch gets, and of those each of its institutions.
SHARES = {
    "AC-050": (4_000, 1_000),
    "TR-100": (900, 250),
    "FA-150": (600, 150),
    "DR-200": (400, 100),
}
BRANCHES = {"11": ("1101", "1102", "1103"), "12": ("1201", "1202"), "13": ("1301", "1302", "1303")}


def hand_down() -> None:
    """Head office → branch → institution → individual; two shipments are still on their way."""
    given: dict[tuple[str, str], SerialRun] = {}
    for code, (for_branch, for_institution) in SHARES.items():
        pack = Pack(code)
        for branch, institutions in BRANCHES.items():
            run = pack.take(for_branch)
            _sent_and_checked_in(pack.document_type, run, "H002", branch, days=150)
            start = run.first
            for institution in institutions:
                part = SerialRun(start, start + for_institution - 1)
                start = part.last + 1
                # Two cards that one institution misses wait, frozen, for an explanation.
                short = SerialRun(part.last - 1, part.last)
                missing = (short,) if (institution, code) == ("1303", "DR-200") else ()
                _sent_and_checked_in(
                    pack.document_type, part, KEEPERS[branch], institution, missing, days=141
                )
                given[institution, code] = part
    spring = DocumentType.objects.get(code=SPRING)
    _sent_and_checked_in(spring, spring_cards(), "H002", "11", days=150)
    _sent_and_checked_in(spring, spring_cards(), KEEPERS["11"], "1101", days=141)
    accident = Pack("AC-050").document_type
    xihu = given["1101", "AC-050"]
    for place, seller in enumerate(("S110102", "S110103")):
        run = SerialRun(xihu.first + 100 * place, xihu.first + 100 * place + 99)
        with days_ago(130):
            _issued(accident, run, "S110101", seller)
    left = given["1103", "AC-050"].last + 1
    with days_ago(1):
        _issued(accident, SerialRun(left, left + 499), KEEPERS["11"], "1101")
    travel = Pack("TR-100")
    last = travel.next + 3 * SHARES["TR-100"][0]
    with days_ago(11):
        _issued(travel.document_type, SerialRun(last, last + 99), "H002", "12")


def _issued(document_type: DocumentType, run: SerialRun, sender: str, to: str) -> Issue:
    recipient = party(to)
    return issue_cards(
        document_type=document_type,
        runs=(run,),
        to=recipient,
        for_organisation=None if recipient.is_person else organisation(to),
        remark="",
        **as_(sender),
    )


def _sent_and_checked_in(
    document_type: DocumentType,
    run: SerialRun,
    sender: str,
    to: str,
    missing: tuple[SerialRun, ...] = (),
    *,
    days: int,
) -> None:
    with days_ago(days):
        issue = _issued(document_type, run, sender, to)
    with days_ago(days - 3):
        check_in(issue=issue, missing=missing, **as_(KEEPERS[to]))


class Deal(NamedTuple):
    """A sale of the demo: where, of what, how many, and how far its money has come."""

    institution: str
    document_type: str
    cards: int
    source: str
    agency: str
    customer: str
    money: str  # "none", "asked" or "arrived"
    days: int  # how long ago
    phone: str = ""  # that the buyer left


LONG_AGO = 80  # days; by then whoever sold has handed the notice over
DEALS = (
    Deal("1101", "AC-050", 60, "direct", "", "", "arrived", 120),
    Deal("1101", "TR-100", 40, "concurrent_agency", "A002", "江南旅行社春季团", "arrived", 112),
    Deal("1101", "FA-150", 20, "individual_agent", "", "", "arrived", 96),
    Deal("1101", "DR-200", 20, "direct", "", "杭州启明教育科技有限公司", "arrived", 88),
    Deal("1102", "AC-050", 200, "agency", "A001", "", "arrived", 81),
    Deal("1201", "AC-050", 50, "direct", "", "", "arrived", 70, "+8613955500901"),
    Deal("1301", "TR-100", 30, "broker", "A003", "", "arrived", 52),
    Deal("1301", "TR-100", 20, "broker", "A003", "", "asked", 45),
    Deal("1101", "AC-050", 30, "direct", "", "", "asked", 33),
    Deal("1102", "DR-200", 12, "direct", "", "", "asked", 19),
    Deal("1202", "FA-150", 10, "individual_agent", "", "", "asked", 6),
    Deal("1102", "AC-050", 40, "agency", "A001", "", "none", 3),
    Deal("1101", "TR-100", 25, "direct", "", "", "none", 2),
    Deal("1102", "AC-050", 25, "agency", "A001", "", "none", 1),
    Deal("1302", "AC-050", 80, "direct", "", "", "none", 1),
)


def sell() -> None:
    """Sell cards; for some the money has arrived, for some it is asked for, for some not yet."""
    ends: dict[tuple[str, str], int] = {}
    for deal in DEALS:
        place = (deal.institution, deal.document_type)
        # From the top of what the institution holds, so that the individuals keep theirs.
        last = ends.get(place) or _last_held(*place)
        run = SerialRun(last - deal.cards + 1, last)
        ends[place] = run.first - 1
        with days_ago(deal.days):
            receipt = _dealt(deal, run)
        if receipt and deal.money == "arrived":
            with days_ago(deal.days - 1):
                cashier = f"B{deal.institution[:2]}02"
                if not deal.agency:
                    open_drawer_of(deal.institution, cashier)
                settle_receipt(receipt=receipt, tenders=(_tender(receipt, deal),), **as_(cashier))
                if deal.days > LONG_AGO and not deal.phone:
                    _hand_notice_over(receipt, KEEPERS[deal.institution])
    sell_spring_cards(spring_cards())


def _last_held(institution: str, code: str) -> int:
    holdings = Holding.objects.filter(
        holder=party(institution),
        status=CardStatus.INVENTORY,
        batch__type_version__document_type__code=code,
    )
    return holdings.latest("serials").run.last


def _dealt(deal: Deal, run: SerialRun) -> Receipt | None:
    keeper = KEEPERS[deal.institution]
    sale = register_sale(
        document_type=DocumentType.objects.get(code=deal.document_type),
        runs=(run,),
        seller_organisation=organisation(deal.institution),
        seller=party(keeper),
        business_source=deal.source,
        agency=Agency.objects.get(code=deal.agency) if deal.agency else None,
        customer_reference=deal.customer,
        phone=deal.phone,
        **as_(keeper),
    )
    if deal.money == "none":
        return None
    return issue_charge_receipt(sales=(sale,), payer_name=deal.customer, **as_(keeper))


def _hand_notice_over(receipt: Receipt, keeper: str) -> None:
    note_notice_given(sale=receipt.sales.get().sale, **as_(keeper))


def _tender(receipt: Receipt, deal: Deal) -> TenderGiven:
    if deal.agency:
        today = clock.today()
        return TenderGiven("transfer", receipt.amount, today, f"ICBC{today:%Y%m%d}{receipt.pk:06d}")
    return TenderGiven("cash", receipt.amount)
