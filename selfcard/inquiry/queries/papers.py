"""Any paper by its kind and number, for whoever may see what it is about."""

from collections.abc import Callable
from uuid import uuid4

from django.db.models import Q

from selfcard.cards.models import DocumentTypeVersion
from selfcard.cards.papers import CARD_WORDS, MANUAL, PRINT_PROTOCOL
from selfcard.cards.papers.manual import manual_pdf
from selfcard.cards.papers.words import card_words_pdf
from selfcard.cards.queries import batches_seen_by, find_type_version, products_offered
from selfcard.core.actor import Actor
from selfcard.core.models import Paper
from selfcard.core.papers import find_paper, pdf_of
from selfcard.custody.models import WriteOff
from selfcard.custody.papers import CHECK_IN, ISSUE_NOTE, RECALL_NOTE
from selfcard.custody.papers.counts import COUNT_PROTOCOL, COUNT_SHEET
from selfcard.custody.papers.write_offs import LOSS_ANNOUNCEMENT, WRITE_OFF
from selfcard.custody.queries import (
    announcement_pdf,
    issues_seen_by,
    recalls_seen_by,
    still_lost,
    write_offs_seen_by,
)
from selfcard.custody.queries.stock_counts import stock_counts_seen_by
from selfcard.inquiry.errors import NoSuchPaper
from selfcard.inquiry.queries.reach import batches_told
from selfcard.payments.papers import CHARGE_RECEIPT, INVOICE, PAYMENT_RECEIPT, RED_LETTER
from selfcard.payments.queries import (
    invoices_in_reach,
    payments_in_reach,
    receipts_in_reach,
    red_letters_in_reach,
)
from selfcard.policies.commands import note_paper_opened
from selfcard.policies.editions import find_edition, policy_card_pdf, policy_pdf
from selfcard.policies.models import Policy
from selfcard.policies.papers import POLICY, POLICY_CARD
from selfcard.policies.queries import policies_in_reach
from selfcard.products.papers import CLAUSES
from selfcard.products.queries import clauses_pdf, published_versions
from selfcard.sales.papers import CHARGE_LIST, NOTICE, RECOVERY_NOTE
from selfcard.sales.queries import recoveries_in_reach, sales_in_reach

# How many dashes the number of an edition has: one more than its paper.
EDITION_DASHES = 3
LONGEST_EDITION = 4

Maker = Callable[[Actor, str, str], bytes]


def open_paper(*, kind: str, number: str, language: str, actor: Actor) -> bytes:
    """A paper as PDF in a language (`zh-hans` or `en`).

    Raises:
        NoSuchPaper: there is none, or what it is about is out of the actor's reach.
    """
    if maker := _MADE_FROM_ROWS.get(kind):
        return maker(actor, number, language)
    may_see = _SEEN.get(kind)
    if may_see is None or not may_see(actor, number):
        raise NoSuchPaper
    paper = find_paper(kind, number)
    if paper is None:
        raise NoSuchPaper
    return pdf_of(paper, language)


_SEEN: dict[str, Callable[[Actor, str], bool]] = {
    ISSUE_NOTE: lambda actor, number: issues_seen_by(actor).filter(number=number).exists(),
    # Of an issue note, or of a batch that came from the printer.
    CHECK_IN: lambda actor, number: (
        issues_seen_by(actor).filter(number=number).exists()
        or batches_told(actor).filter(number=number).exists()
    ),
    COUNT_SHEET: lambda actor, number: _sees_count(actor, number),
    COUNT_PROTOCOL: lambda actor, number: _sees_count(actor, number),
    WRITE_OFF: lambda actor, number: write_offs_seen_by(actor).filter(number=number).exists(),
    RECALL_NOTE: lambda actor, number: recalls_seen_by(actor).filter(number=number).exists(),
    PRINT_PROTOCOL: lambda actor, number: batches_seen_by(actor).filter(number=number).exists(),
    CHARGE_LIST: lambda actor, number: sales_in_reach(actor).filter(number=number).exists(),
    NOTICE: lambda actor, number: sales_in_reach(actor).filter(number=number).exists(),
    CHARGE_RECEIPT: lambda actor, number: receipts_in_reach(actor).filter(number=number).exists(),
    INVOICE: lambda actor, number: invoices_in_reach(actor).filter(number=number).exists(),
    RED_LETTER: lambda actor, number: red_letters_in_reach(actor).filter(number=number).exists(),
    RECOVERY_NOTE: lambda actor, number: recoveries_in_reach(actor).filter(number=number).exists(),
}


def _sees_count(actor: Actor, number: str) -> bool:
    return stock_counts_seen_by(actor).filter(number=number).exists()


def _policy(actor: Actor, number: str, language: str) -> bytes:
    """The signed policy, in both languages; `P0000000000017-1` is one that it has had before."""
    whole, _, edition = number.partition("-")
    policy = _policy_in_reach(actor, whole)
    if not edition:
        _note_opened(policy, policy.edition, actor)
        return policy_pdf(policy, actor=actor)
    is_one = edition.isdecimal() and len(edition) <= LONGEST_EDITION
    kept = find_edition(policy, int(edition)) if is_one else None
    if kept is None:
        raise NoSuchPaper
    _note_opened(policy, kept.number, actor)
    return bytes(kept.pdf)


def _policy_card(actor: Actor, number: str, language: str) -> bytes:
    policy = _policy_in_reach(actor, number)
    _note_opened(policy, policy.edition, actor)
    return policy_card_pdf(policy, actor=actor)


def _note_opened(policy: Policy, edition: int, actor: Actor) -> None:
    """Whoever opens it sees its people by name: that is kept."""
    note_paper_opened(policy=policy, edition=edition, actor=actor, request_id=uuid4())


def _policy_in_reach(actor: Actor, number: str) -> Policy:
    policy = policies_in_reach(actor).filter(number=number).first()
    if policy is None:
        raise NoSuchPaper
    return policy


def _clauses(actor: Actor, number: str, language: str) -> bytes:
    """The clauses of a product version, named by its code: everybody on the staff may read them."""
    code, _, version = number.rpartition("-")
    if not version.isdecimal():
        raise NoSuchPaper
    found = published_versions().filter(product__code=code, number=int(version)).first()
    if found is None:
        raise NoSuchPaper
    return clauses_pdf(found, language)


def _card_words(actor: Actor, number: str, language: str) -> bytes:
    """What is printed on the cards of a batch, or would be on those of a type version."""
    if batches_seen_by(actor).filter(number=number).exists():
        paper = find_paper(CARD_WORDS, number)
        if paper is not None:
            return pdf_of(paper, language)
    return card_words_pdf(_type_version(number), language)


def _manual(actor: Actor, number: str, language: str) -> bytes:
    """The manual of a type version: everybody on the staff may read it."""
    version = _type_version(number)
    return manual_pdf(version, products_offered(version), language)


def _type_version(number: str) -> DocumentTypeVersion:
    """A type version by what it is called: `AC-050-1`."""
    code, _, version = number.rpartition("-")
    found = find_type_version(code, int(version)) if version.isdecimal() else None
    if found is None:
        raise NoSuchPaper
    return found


def _voucher(actor: Actor, number: str, language: str) -> bytes:
    """A payment receipt as it holds now, or one edition of it: `P-2026-0000001-2`, the first `-1`.

    A voucher whose payee was corrected has more than one.
    """
    *whole, edition = number.split("-") if number.count("-") == EDITION_DASHES else [number, ""]
    name = "-".join(whole)
    if not payments_in_reach(actor).filter(number=name).exists():
        raise NoSuchPaper
    editions = Paper.objects.filter(kind=PAYMENT_RECEIPT)
    if edition:
        paper = editions.filter(number=name if edition == "1" else number).first()
    else:
        of_it = Q(number=name) | Q(number__startswith=f"{name}-")
        paper = editions.filter(of_it).order_by("-pk").first()
    if paper is None:
        raise NoSuchPaper
    return pdf_of(paper, language)


def _announcement(actor: Actor, number: str, language: str) -> bytes:
    """What is published of a loss: before, the text that is ready for it."""
    loss = write_offs_seen_by(actor).filter(kind=WriteOff.Kind.LOSS, number=number).first()
    if loss is None or loss.state != WriteOff.State.DONE:
        raise NoSuchPaper
    if loss.announced_on is None and not still_lost(loss):
        raise NoSuchPaper
    return announcement_pdf(loss, language)


_MADE_FROM_ROWS: dict[str, Maker] = {
    POLICY: _policy,
    POLICY_CARD: _policy_card,
    CLAUSES: _clauses,
    CARD_WORDS: _card_words,
    MANUAL: _manual,
    PAYMENT_RECEIPT: _voucher,
    LOSS_ANNOUNCEMENT: _announcement,
}
