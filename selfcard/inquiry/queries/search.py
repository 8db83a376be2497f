"""One search over every kind of number, within the actor's reach.

A running number alone is enough: `48213` finds sale, receipt, issue note, policy and cards that
carry it. The candidates are built and looked up by key; nothing is ever scanned.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db.models import Q, QuerySet

from selfcard.cards.models import DocumentType
from selfcard.claims.queries import notices_in_reach
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.money import Money
from selfcard.core.refusals import Refusal
from selfcard.core.serials import (
    RUNNING,
    RUNNING_DIGITS,
    SERIAL_DIGITS,
    SerialRun,
    parse_serial,
    plain_digits,
)
from selfcard.custody.models import FREEZE_REASON
from selfcard.custody.queries import (
    issues_seen_by,
    recalls_seen_by,
    requisitions_seen_by,
    write_offs_seen_by,
)
from selfcard.custody.queries.extensions import extensions_seen_by
from selfcard.custody.queries.freezes import freezes_seen_by
from selfcard.custody.queries.stock_counts import stock_counts_seen_by
from selfcard.custody.statuses import SeenStatus
from selfcard.inquiry.queries.details import runs_sought
from selfcard.inquiry.queries.reach import batches_in_reach, holders_in_reach
from selfcard.inquiry.queries.sought import Question, Sought
from selfcard.ledger.queries import find_entry, sees_books
from selfcard.organisations.queries import organisations_in_reach
from selfcard.payments.models import Banking, Outlay, PaymentReceipt, Receipt, Tender
from selfcard.payments.queries import (
    SEEING_RECEIPTS,
    advance_accounts_in_reach,
    bankings_in_reach,
    drawers_in_reach,
    invoices_in_reach,
    payments_in_reach,
    receipts_in_reach,
    red_letters_in_reach,
)
from selfcard.policies.authenticity import number_scanned
from selfcard.policies.numbers import policy_number
from selfcard.policies.queries import policies_in_reach
from selfcard.sales.models import Recovery
from selfcard.sales.queries import recoveries_in_reach, sales_in_reach

SHORTEST = 3
LONGEST = 60
YEARS_BACK = 6
HITS_OF_A_KIND = 6
ORGANISATIONS_TRIED = 200
TYPES_TRIED = 50
RUNS_TRIED = 200


class Kind(StrEnum):
    """What a hit is; cards come first, since they are asked for most."""

    CARD = "card"
    RANGE = "range"
    SALE = "sale"
    RECEIPT = "receipt"
    INVOICE = "invoice"
    ADVANCE = "advance"
    BANKING = "banking"
    DRAWER = "drawer"
    ENTRY = "entry"
    RECOVERY = "recovery"
    PAYMENT = "payment"
    RED_LETTER = "red_letter"
    POLICY = "policy"
    CLAIM = "claim"
    ISSUE = "issue"
    REQUISITION = "requisition"
    RECALL = "recall"
    FREEZE = "freeze"
    WRITE_OFF = "write_off"
    EXTENSION = "extension"
    STOCK_COUNT = "stock_count"
    BATCH = "batch"
    HOLDER = "holder"


@dataclass(frozen=True, kw_only=True)
class Hit:
    """Something that was found: what it is, its number, and what there is to say of it.

    `exact` is true where the number was typed whole: a single exact hit is opened at once.
    """

    kind: Kind
    number: str
    exact: bool
    thing: Any
    status: str = ""
    status_label: Any = ""
    amount: Money | None = None


def find(text: str, actor: Actor) -> list[Hit]:
    """Everything in the actor's reach that a number, code or name means; a scanned code as well."""
    text = number_scanned(text) or text[:LONGEST]
    sought = " ".join(unicodedata.normalize("NFKC", text).split())
    # Two characters are a whole Chinese name.
    if len(sought) < (SHORTEST if sought.isascii() else SHORTEST - 1):
        return []
    return [hit for look in _LOOKS for hit in look(sought, actor)]


def _running(sought: str) -> int | None:
    """The running number that was typed alone, such as 48213 or 0048213."""
    plain = sought.replace(" ", "")
    return int(plain) if re.fullmatch(r"[0-9]{3,12}", plain) and int(plain) else None


def _numbers(sought: str, prefix: str, digits: int) -> list[str]:
    """The numbers that may be meant: the one typed whole, or the running number in recent years."""
    running = _running(sought)
    if running is None:
        return [re.sub(r"\s", "", sought).upper()]
    this_year = clock.today().year
    years = range(this_year, this_year - YEARS_BACK, -1)
    return [f"{prefix}-{year}-{running:0{digits}d}" for year in years]


def _is_exact(sought: str, number: str) -> bool:
    def plain(text: str) -> str:
        return re.sub(r"[\s\-]", "", text).upper()

    return plain(sought) == plain(number)


def _cards(sought: str, actor: Actor) -> Iterator[Hit]:
    serials = _serial(sought) or _serials_that_end(sought)
    if not serials:
        return
    cards = Sought(runs=tuple(SerialRun(serial, serial) for serial in serials))
    for run in runs_sought(Question(actor, cards), most=HITS_OF_A_KIND):
        yield Hit(
            kind=Kind.CARD,
            number=str(run.run.first),
            exact=bool(_serial(sought)),
            thing=run,
            status=run.status,
            status_label=run.status.label,
        )


def _ranges(sought: str, actor: Actor) -> Iterator[Hit]:
    """Cards from one serial to another; short ones beside a type's prefix or code, or of any."""
    runs = _runs(sought)
    if not runs:
        return
    seen: set[SerialRun] = set()
    for found in runs_sought(Question(actor, Sought(runs=runs)), most=RUNS_TRIED):
        run = next(run for run in runs if run.overlaps(found.run))
        if run not in seen:
            seen.add(run)
            yield Hit(
                kind=Kind.RANGE,
                number=f"{run.first:015d}-{run.last:015d}",
                exact=len(runs) == 1,
                thing=found,
            )


_RANGE = re.compile(r"(?P<first>.+?) ?[-–—~至到] ?(?P<last>[0-9][0-9 ]*)")
_WHOLE = (SERIAL_DIGITS, SERIAL_DIGITS + 1)


def _runs(sought: str) -> tuple[SerialRun, ...]:
    """The runs that a text such as `620118 3000-3999` means, of each type that it may mean."""
    found = _RANGE.fullmatch(sought)
    if not found:
        return ()
    first, last = (plain_digits(found[name]) for name in ("first", "last"))
    try:
        if first.isdecimal() and len(first) in _WHOLE:
            start = parse_serial(first)
            short = len(last) <= RUNNING_DIGITS
            end = start // RUNNING * RUNNING + int(last) if short else parse_serial(last)
            return (SerialRun(start, end),)
        named, _space, first = found["first"].rpartition(" ")
        if not first.isdecimal() or max(len(first), len(last)) > RUNNING_DIGITS:
            return ()
        return tuple(
            SerialRun(int(prefix) * RUNNING + int(first), int(prefix) * RUNNING + int(last))
            for prefix in _prefixes(named)
        )
    except Refusal:
        return ()


def _prefixes(type_named: str) -> list[str]:
    types = DocumentType.objects.order_by("prefix")
    if type_named:
        types = types.filter(Q(prefix=type_named) | Q(code__iexact=type_named))
    return list(types.values_list("prefix", flat=True)[:TYPES_TRIED])


def _serial(sought: str) -> list[int]:
    """The serial that was typed whole, as its 15 digits or as a card number."""
    try:
        return [parse_serial(sought)]
    except Refusal:
        return []


def _serials_that_end(sought: str) -> list[int]:
    """The serial of each document type that has the running number typed."""
    running = _running(sought)
    if running is None or len(str(running)) > RUNNING_DIGITS:
        return []
    prefixes = DocumentType.objects.values_list("prefix", flat=True)
    return sorted(int(prefix) * RUNNING + running for prefix in prefixes)


def _sales(sought: str, actor: Actor) -> Iterator[Hit]:
    found = sales_in_reach(actor).filter(number__in=_numbers(sought, "S", 7))
    for sale in found[:HITS_OF_A_KIND]:
        state = _sale_state(sale)
        yield Hit(
            kind=Kind.SALE,
            number=sale.number,
            exact=_is_exact(sought, sale.number),
            thing=sale,
            status=state,
            amount=Money(sale.amount, sale.currency),
        )


def _sale_state(sale: Any) -> str:
    return "to_be_activated" if sale.receipt_state == Receipt.State.CONFIRMED else "sold"


def _receipts(sought: str, actor: Actor) -> Iterator[Hit]:
    found = receipts_in_reach(actor).filter(number__in=_numbers(sought, "R", 7))
    for receipt in found[:HITS_OF_A_KIND]:
        yield _receipt_hit(receipt, sought)


def _receipt_hit(receipt: Receipt, sought: str) -> Hit:
    return _paper_hit(Kind.RECEIPT, receipt, receipt.currency, sought)


def _recoveries(sought: str, actor: Actor) -> Iterator[Hit]:
    found = recoveries_in_reach(actor).filter(number__in=_numbers(sought, "RV", 7))
    for recovery in found[:HITS_OF_A_KIND]:
        yield _paper_hit(Kind.RECOVERY, recovery, recovery.sale.currency, sought)


def _payments(sought: str, actor: Actor) -> Iterator[Hit]:
    found = payments_in_reach(actor).filter(number__in=_numbers(sought, "P", 7))
    for payment in found[:HITS_OF_A_KIND]:
        yield _payment_hit(payment, sought)


def _payment_hit(payment: PaymentReceipt, sought: str) -> Hit:
    return _paper_hit(Kind.PAYMENT, payment, payment.currency, sought)


def _paper_hit(
    kind: Kind, paper: Receipt | Recovery | PaymentReceipt, currency: str, sought: str
) -> Hit:
    """Something with a number, a state and an amount."""
    return Hit(
        kind=kind,
        number=paper.number,
        exact=_is_exact(sought, paper.number),
        thing=paper,
        status=paper.state,
        status_label=paper.get_state_display(),
        amount=Money(paper.amount, currency),
    )


def _series_numbers(sought: str, actor: Actor, prefix: str) -> list[str]:
    """The numbers that may be meant in the series of the organisations in reach."""
    numbers = _numbers(sought, prefix, 8)
    if _running(sought) is None:
        return numbers
    reach = organisations_in_reach(actor, *SEEING_RECEIPTS)
    codes = reach.values_list("party__code", flat=True)[:ORGANISATIONS_TRIED]
    return [f"{code}{number}" for code in codes for number in numbers]


def _red_letters(sought: str, actor: Actor) -> Iterator[Hit]:
    found = red_letters_in_reach(actor).filter(number__in=_series_numbers(sought, actor, "-R"))
    for red_letter in found[:HITS_OF_A_KIND]:
        yield Hit(
            kind=Kind.RED_LETTER,
            number=red_letter.number,
            exact=_is_exact(sought, red_letter.number),
            thing=red_letter,
            amount=Money(red_letter.gross, red_letter.currency),
        )


def _invoices(sought: str, actor: Actor) -> Iterator[Hit]:
    found = invoices_in_reach(actor).filter(number__in=_series_numbers(sought, actor, ""))
    for invoice in found[:HITS_OF_A_KIND]:
        yield Hit(
            kind=Kind.INVOICE,
            number=invoice.number,
            exact=_is_exact(sought, invoice.number),
            thing=invoice,
            amount=Money(invoice.gross, invoice.currency),
        )


def _advances(sought: str, actor: Actor) -> Iterator[Hit]:
    """A payer's advance account, by its number or by the payer's name."""
    named = Q(number__in=_numbers(sought, "A", 7)) | Q(payer_name=sought)
    for account in advance_accounts_in_reach(actor).filter(named)[:HITS_OF_A_KIND]:
        yield Hit(
            kind=Kind.ADVANCE,
            number=account.number,
            exact=_is_exact(sought, account.number),
            thing=account,
            amount=Money(account.balance, account.currency),
        )


def _bankings(sought: str, actor: Actor) -> Iterator[Hit]:
    found = bankings_in_reach(actor).filter(number__in=_numbers(sought, "BK", 7))
    for banking in found[:HITS_OF_A_KIND]:
        yield _banking_hit(banking, sought)


def _banking_hit(banking: Banking, sought: str) -> Hit:
    return Hit(
        kind=Kind.BANKING,
        number=banking.number,
        exact=_is_exact(sought, banking.number),
        thing=banking,
        amount=Money(banking.amount, banking.currency),
    )


def _references(sought: str, actor: Actor) -> Iterator[Hit]:
    """What a bank's slip, a cheque or an acquirer calls money by: its receipt, voucher or slip.

    The parts are looked up first, by their reference alone: they are few among many papers.
    """
    begins = {"reference__istartswith": sought}
    reach = organisations_in_reach(actor, *SEEING_RECEIPTS).values("pk")
    tenders = Tender.objects.filter(**begins, receipt__organisation__in=reach)
    outlays = Outlay.objects.filter(**begins, payment__organisation__in=reach)
    came = receipts_in_reach(actor).filter(pk__in=_some(tenders, "receipt"))
    on_its_way = receipts_in_reach(actor).filter(
        state=Receipt.State.WAITING, expected__contains=[{"reference": sought}]
    )
    went = payments_in_reach(actor).filter(pk__in=_some(outlays, "payment"))
    for receipts in (came, on_its_way):
        for receipt in receipts[:HITS_OF_A_KIND]:
            yield _receipt_hit(receipt, sought)
    for payment in went[:HITS_OF_A_KIND]:
        yield _payment_hit(payment, sought)
    for banking in bankings_in_reach(actor).filter(**begins)[:HITS_OF_A_KIND]:
        yield _banking_hit(banking, sought)


def _some(parts: QuerySet[Any], paper: str) -> list[int]:
    """The papers of some parts of money."""
    return list(parts.values_list(paper, flat=True)[:HITS_OF_A_KIND])


def _drawers(sought: str, actor: Actor) -> Iterator[Hit]:
    for drawer in drawers_in_reach(actor).filter(code__iexact=sought)[:HITS_OF_A_KIND]:
        yield Hit(kind=Kind.DRAWER, number=drawer.code, exact=True, thing=drawer)


def _entries(sought: str, actor: Actor) -> Iterator[Hit]:
    """An entry of the ledger, for whoever sees the books."""
    if not sought.upper().startswith("J-") or not sees_books(actor):
        return
    if entry := find_entry(sought):
        yield Hit(
            kind=Kind.ENTRY,
            number=entry.number,
            exact=_is_exact(sought, entry.number),
            thing=entry,
        )


def _policies(sought: str, actor: Actor) -> Iterator[Hit]:
    plain = re.sub(r"[\s\-]", "", sought).upper()
    numbers = [plain, f"P{plain}"]
    running = _running(sought)
    if running is not None:
        numbers.append(policy_number(running))
    for policy in policies_in_reach(actor).filter(number__in=numbers)[:HITS_OF_A_KIND]:
        state = policy.seen_state(clock.now())
        yield Hit(
            kind=Kind.POLICY,
            number=policy.number,
            exact=policy.number in (plain, f"P{plain}"),
            thing=policy,
            status=state,
            status_label=state.label,
        )


def _papers_with_a_state(sought: str, actor: Actor) -> Iterator[Hit]:
    """Issue and recall notes, requisitions, write-offs, stock counts, and notices of claim."""
    for kind, prefix, digits, seen_by in _PAPERS_WITH_A_STATE:
        for paper in seen_by(actor).filter(number__in=_numbers(sought, prefix, digits))[
            :HITS_OF_A_KIND
        ]:
            state = getattr(paper, "state", "")
            yield Hit(
                kind=kind,
                number=paper.number,
                exact=_is_exact(sought, paper.number),
                thing=paper,
                status=state,
                status_label=paper.get_state_display() if state else "",
            )


def _freezes(sought: str, actor: Actor) -> Iterator[Hit]:
    stopped = freezes_seen_by(actor).filter(
        reason_kind=FREEZE_REASON, reason_number__in=_numbers(sought, "FZ", 6)
    )
    for number, note in stopped.values_list("reason_number", "note").distinct()[:HITS_OF_A_KIND]:
        yield Hit(
            kind=Kind.FREEZE,
            number=number,
            exact=_is_exact(sought, number),
            thing=note,
            status=SeenStatus.FROZEN,
        )


_PAPERS_WITH_A_STATE: tuple[tuple[Kind, str, int, Callable[[Actor], QuerySet[Any]]], ...] = (
    (Kind.ISSUE, "IN", 6, issues_seen_by),
    (Kind.REQUISITION, "RQ", 6, requisitions_seen_by),
    (Kind.RECALL, "RC", 6, recalls_seen_by),
    (Kind.WRITE_OFF, "W", 6, write_offs_seen_by),
    (Kind.EXTENSION, "EX", 6, extensions_seen_by),
    (Kind.STOCK_COUNT, "SC", 6, stock_counts_seen_by),
    (Kind.CLAIM, "C", 7, notices_in_reach),
)


def _batches(sought: str, actor: Actor) -> Iterator[Hit]:
    found = batches_in_reach(actor).filter(number__in=_numbers(sought, "B", 3))
    for batch in found[:HITS_OF_A_KIND]:
        yield Hit(
            kind=Kind.BATCH,
            number=batch.number,
            exact=_is_exact(sought, batch.number),
            thing=batch,
            status=batch.state,
            status_label=batch.get_state_display(),
        )


def _holders(sought: str, actor: Actor) -> Iterator[Hit]:
    """Organisations and people in reach, by code, by a part of a name, or by its pinyin."""
    named = Q(code__iexact=sought)
    if _running(sought) is None:
        named |= Q(name_zh__icontains=sought) | Q(name_en__icontains=sought)
        named |= Q(pinyin__istartswith=sought)
    for party in holders_in_reach(actor).filter(named)[:HITS_OF_A_KIND]:
        yield Hit(
            kind=Kind.HOLDER,
            number=party.code,
            exact=party.code.upper() == sought.upper(),
            thing=party,
        )


_LOOKS: tuple[Callable[[str, Actor], Iterator[Hit]], ...] = (
    _ranges,
    _cards,
    _sales,
    _receipts,
    _invoices,
    _recoveries,
    _payments,
    _red_letters,
    _advances,
    _bankings,
    _references,
    _drawers,
    _entries,
    _policies,
    _papers_with_a_state,
    _freezes,
    _batches,
    _holders,
)
