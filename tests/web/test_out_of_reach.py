"""A member of a foreign organisation walks through every address of the office and finds nothing.

The addresses come from the resolver, so that a new page is walked as soon as it exists; one that
opens a thing by its number needs a sample here, and the walk fails until it has one. The walker
may do everything, but at another branch: what stops them is reach alone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client
from django.urls import get_resolver, reverse

from selfcard.cards.models import Batch
from selfcard.cards.papers import PRINT_PROTOCOL
from selfcard.core import clock
from selfcard.core.models import AuditEvent
from selfcard.core.serials import SerialRun
from selfcard.custody.commands import ask_extension, close_stock_count
from selfcard.custody.papers import CHECK_IN, ISSUE_NOTE, RECALL_NOTE
from selfcard.custody.papers.counts import COUNT_PROTOCOL, COUNT_SHEET
from selfcard.custody.papers.write_offs import LOSS_ANNOUNCEMENT, WRITE_OFF
from selfcard.ledger.chart import CARD_PREMIUMS
from selfcard.ledger.models import Entry
from selfcard.messaging.models import Message
from selfcard.organisations.models import May, Party
from selfcard.payments.commands import ask_banking_correction
from selfcard.payments.papers import CHARGE_RECEIPT, INVOICE, PAYMENT_RECEIPT, RED_LETTER
from selfcard.policies.papers import POLICY
from selfcard.products.queries import versions
from selfcard.sales.commands import ask_large_sale
from selfcard.sales.models import Agreement
from selfcard.sales.papers import CHARGE_LIST, NOTICE, RECOVERY_NOTE
from selfcard.sales.queries import live_receipt
from tests.factories.activation import activate, cancel, pay, sell
from tests.factories.advances import a_refund, an_account
from tests.factories.cards import an_ordered_batch
from tests.factories.claims import a_photo_of, add
from tests.factories.claims import report as a_claim
from tests.factories.custody import (
    a_requisition,
    cards_at_institution,
    hand_down,
    report,
    stop,
    take_back,
    written_off,
)
from tests.factories.desk import a_case, a_copy, an_operator, say_pin
from tests.factories.drawers import fetch, open_a_drawer
from tests.factories.messaging import demonstration
from tests.factories.organisations import Insurer, a_staff_member, an_insurer
from tests.factories.policies import ask_correction
from tests.factories.recoveries import a_red_letter
from tests.factories.sales import an_agency
from tests.factories.stock_counts import counted, do

pytestmark = pytest.mark.django_db

# Keys of requests, which may contain any four digits.
DRAWN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

# What everybody on the staff may read, and why.
OPEN_TO_ALL = {
    "office:products:version": "what cards may become is published to all who sell them",
    "office:products:named": "the same, by its code",
    "office:products:try": "whom a product insures may be tried by all who sell it",
    "office:products:occupations": "the classification is the same for the whole insurer",
    "office:cards:type": "document types are the same everywhere",
    "office:sales:agency": "agencies sell for the whole insurer",
    "office:messaging:template": "what people are told is the same everywhere",
}
# Codes that everybody meets: whom one may issue to, which kinds of cards and accounts there are;
# and a message's number, which is as short as any.
KNOWN_TO_ALL = ("organisations", "people", "types", "agencies", "messages")

Arguments = dict[str, Any]


@dataclass(frozen=True)
class Company:
    insurer: Insurer
    samples: dict[str, list[Arguments]]
    secrets: list[str]
    walker: Client


@pytest.fixture
def company() -> Company:
    insurer = an_insurer()
    Party.objects.filter(code__in=["100101", "I01", "I02"]).update(name_en="Faraway", pinyin="")
    batch, cards = cards_at_institution(insurer, 20)
    on_its_way = hand_down(
        insurer,
        SerialRun(cards[10].serial, cards[14].serial),
        insurer.department.party,
        "keeper",
    )
    sale = sell(insurer, cards[:2])
    pay(insurer, sale)
    unpaid = sell(insurer, cards[3:5])
    policy = activate(cards[0])
    ask_correction(insurer, policy)
    with clock.frozen(clock.today() + timedelta(days=40)):
        cancel(insurer, policy)
    claim = a_claim(policy)
    add(claim, "", a_photo_of())
    with clock.frozen(batch.last_day + timedelta(days=1)):
        more_time = ask_extension(
            document_type=batch.type_version.document_type,
            runs=(SerialRun(cards[1].serial, cards[1].serial),),
            last_day=clock.today(),
            reason="sold late",
            actor=insurer.actor("keeper"),
            request_id=uuid4(),
        )
    waiting = an_ordered_batch(insurer, 10)
    lying_there = ((3, 3), (6, 10), (16, 20))
    all_there = do(insurer, "keeper", close_stock_count, counted(insurer, batch, *lying_there))
    differing = counted(insurer, batch, *lying_there[1:])
    void, lost, stopped = (SerialRun(cards[n].serial, cards[n].serial) for n in (16, 17, 18))
    reported = report(insurer, "void", void, by="keeper")
    loss = written_off(insurer, "loss", lost, by="keeper")
    freeze = stop(insurer, stopped, by="keeper")
    wanted = a_requisition(insurer, batch.type_version.document_type)
    recalled = take_back(insurer, SerialRun(cards[19].serial, cards[19].serial), by="branch_keeper")
    receipt = live_receipt(sale)
    assert receipt is not None
    advance = an_account(insurer, "100.00", payer="Faraway Ltd")
    back = a_refund(insurer, advance, "40.00")
    drawer_day = open_a_drawer(insurer)
    red_letter = a_red_letter(insurer, sale, SerialRun(cards[1].serial, cards[1].serial))
    invoice = receipt.invoice
    agency = an_agency(insurer)
    large = ask_large_sale(
        document_type=batch.type_version.document_type,
        runs=(SerialRun(cards[5].serial, cards[6].serial),),
        seller_organisation=insurer.institution,
        seller=insurer.seller.party,
        business_source="direct",
        actor=insurer.actor("keeper"),
        request_id=uuid4(),
    )
    banking = fetch(insurer, drawer_day, "50.00")
    correction = ask_banking_correction(
        banking=banking,
        amount=Decimal("5.00"),
        reference=banking.reference,
        reason="typed wrongly",
        actor=insurer.actor("cashier"),
        request_id=uuid4(),
    )
    operator = an_operator(insurer, at=insurer.institution)
    case = a_case(operator, cards[2], way="counter")
    a_copy(case, say_pin(case, operator, cards[2]), operator)

    numbers = {
        "sales": [sale.number, unpaid.number],
        "large_sales": [large.subject_number],
        "agencies": [agency.code],
        "receipts": [receipt.number],
        "invoices": [invoice.number],
        "advances": [advance.number],
        "payments": [back.number, red_letter.payment.number],
        "recoveries": [red_letter.payment.reason_number],
        "red_letters": [red_letter.number],
        "drawers": [drawer_day.drawer.code],
        "bankings": [banking.number],
        "corrections": [correction.subject_number],
        "policies": [policy.number],
        "messages": [str(Message.objects.filter(reason_number=policy.number).earliest("pk").pk)],
        "claims": [claim.number],
        "extensions": [more_time.number],
        "issues": [on_its_way.number],
        "requisitions": [wanted.number],
        "recalls": [recalled.number],
        "organisations": [insurer.institution.code],
        "counts": [all_there.number, differing.number],
        "write_offs": [reported.number, loss.number],
        "losses": [loss.number],
        "freezes": [freeze],
        "batches": [batch.number, waiting.number],
        "cards": [str(cards[0].serial), str(cards[10].serial)],
        "people": [insurer.keeper.code],
        "types": [batch.type_version.document_type.code],
        "accounts": [CARD_PREMIUMS],
        "cases": [case.number],
        "entries": [Entry.objects.latest("pk").number],
    }
    foreigner = a_staff_member("O99", insurer.other_branch, *May.values)
    walker = Client()
    walker.force_login(foreigner, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return Company(
        insurer,
        _samples(numbers),
        [number for kind, found in numbers.items() if kind not in KNOWN_TO_ALL for number in found]
        + ["Faraway"],
        walker,
    )


# Which numbers the pages of a room open, where it is not all the same in the room.
OPENS = {
    "office:administration": ("code", "people"),
    "office:administration:organisation": ("code", "organisations"),
    "office:cards": ("number", "batches"),
    "office:cards:revise": ("code", "types"),
    "office:custody": ("number", "issues"),
    "office:custody:check_in_printed": ("number", "batches"),
    **{
        f"office:custody:{name}": ("number", "counts")
        for name in (
            "stock_count",
            "enter_stacks",
            "remove_stack",
            "compare_stock_count",
            "ask_adjustment",
            "agree_adjustment",
            "refuse_adjustment",
            "withdraw_adjustment",
            "reopen_stock_count",
            "close_stock_count",
            "cancel_stock_count",
        )
    },
    **{
        f"office:custody:{name}": ("number", "write_offs")
        for name in (
            "write_off",
            "announce",
            "grant_write_off",
            "ask_write_off_again",
            "refuse_write_off",
            "withdraw_write_off",
        )
    },
    **{
        f"office:custody:{name}": ("number", "extensions")
        for name in (
            "extension",
            "grant_extension",
            "ask_extension_again",
            "refuse_extension",
            "withdraw_extension",
        )
    },
    "office:custody:recall_note": ("number", "recalls"),
    "office:custody:requisition": ("number", "requisitions"),
    "office:custody:answer": ("number", "requisitions"),
    "office:custody:withdraw": ("number", "requisitions"),
    "office:custody:freeze_note": ("number", "freezes"),
    "office:custody:release": ("number", "freezes"),
    "office:custody:freeze_batch": ("number", "batches"),
    "office:desk": ("number", "cases"),
    "office:gate": ("number", "cards"),
    "office:inquiry": ("number", "cards"),
    "office:ledger:account": ("code", "accounts"),
    "office:ledger:entry": ("number", "entries"),
    "office:payments": ("number", "receipts"),
    "office:payments:invoice": ("number", "invoices"),
    "office:payments:invoice_tax": ("number", "invoices"),
    "office:payments:invoice_paper": ("number", "invoices"),
    **{
        f"office:payments:{name}": ("number", "advances")
        for name in ("advance", "statement", "deposit", "ask_refund")
    },
    **{
        f"office:payments:{name}": ("number", "payments")
        for name in (
            "payment",
            "payment_sum",
            "correct_payee",
            "payment_failed",
            "void_payment",
        )
    },
    "office:payments:red_letter": ("number", "red_letters"),
    "office:payments:red_letter_tax": ("number", "red_letters"),
    "office:ways_back": ("number", "recoveries"),
    "office:drawers:open": ("code", "drawers"),
    "office:drawers:use": ("code", "drawers"),
    "office:drawers:correct_banking": ("number", "bankings"),
    "office:drawers:correct_tender": ("number", "receipts"),
    **{
        f"office:drawers:{name}": ("number", "corrections")
        for name in (
            "correction",
            "grant_correction",
            "refuse_correction",
            "withdraw_correction",
        )
    },
    "office:messaging": ("number", "messages"),
    "office:policies": ("number", "policies"),
    "office:claims": ("number", "claims"),
    "office:sales": ("number", "sales"),
    "office:sales:agency": ("code", "agencies"),
    "office:sales:register_agreement": ("code", "agencies"),
    **{
        f"office:sales:{name}": ("number", "large_sales")
        for name in (
            "large_sale",
            "grant_large_sale",
            "refuse_large_sale",
            "withdraw_large_sale",
            "ask_large_sale_again",
        )
    },
    "office:stock_ledger": ("code", "people"),
}

PAPERS = {
    COUNT_SHEET: "counts",
    COUNT_PROTOCOL: "counts",
    LOSS_ANNOUNCEMENT: "losses",
    WRITE_OFF: "losses",
    ISSUE_NOTE: "issues",
    CHECK_IN: "issues",
    RECALL_NOTE: "recalls",
    PRINT_PROTOCOL: "batches",
    CHARGE_LIST: "sales",
    NOTICE: "sales",
    CHARGE_RECEIPT: "receipts",
    INVOICE: "invoices",
    PAYMENT_RECEIPT: "payments",
    RED_LETTER: "red_letters",
    RECOVERY_NOTE: "recoveries",
    POLICY: "policies",
}


def _samples(numbers: dict[str, list[str]]) -> dict[str, list[Arguments]]:
    samples: dict[str, list[Arguments]] = {
        "office:paper": [
            {"kind": kind, "number": number}
            for kind, things in PAPERS.items()
            for number in numbers[things]
        ]
    }
    for name, arguments in office_addresses():
        for place in (name, name.rpartition(":")[0]):
            if place in OPENS and arguments == [OPENS[place][0]]:
                argument, things = OPENS[place]
                samples[name] = [{argument: number} for number in numbers[things]]
                break
        if name in ("office:desk:insured", "office:desk:copy"):
            samples[name] = [{"number": one, "place": 1} for one in numbers["cases"]]
        if name.startswith("office:drawers:") and arguments == ["code", "day"]:
            today = clock.today().isoformat()
            samples[name] = [{"code": code, "day": today} for code in numbers["drawers"]]
        if arguments and name.startswith("office:products:") and name not in OPEN_TO_ALL:
            samples[name] = [
                {"code": one.product.code, "number": one.number}
                if "number" in arguments
                else {"code": one.product.code}
                for one in versions()
            ]
        if name == "office:claims:attachment":
            samples[name] = [
                {"number": number, "entry": 1, "place": 1} for number in numbers["claims"]
            ]
        if name == "office:messaging:withdraw":
            for_all = {"occasion": "policy_issued", "language": "en"}
            samples[name] = [
                for_all,
                *(for_all | {"document_type": one} for one in numbers["types"]),
            ]
        if name == "office:sales:end_agreement":
            samples[name] = [
                {"code": one.agency.code, "agreement": one.pk}
                for one in Agreement.objects.select_related("agency")
            ]
    return samples


def office_addresses(
    patterns: list[Any] | None = None, namespace: str = "", above: tuple[str, ...] = ()
) -> Iterator[tuple[str, list[str]]]:
    """Every address of the office: its name, and the arguments that it takes."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        arguments = (*above, *pattern.pattern.converters)
        if hasattr(pattern, "url_patterns"):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from office_addresses(pattern.url_patterns, inner, arguments)
        elif namespace.startswith("office:"):
            yield f"{namespace}{pattern.name}", list(arguments)


def test_nothing_opens_by_its_number(company: Company) -> None:
    without_sample = []
    for name, arguments in office_addresses():
        if not arguments or name in OPEN_TO_ALL:
            continue
        if name not in company.samples:
            without_sample.append(name)
        for sample in company.samples.get(name, []):
            address = reverse(name, kwargs=sample)
            for method in (company.walker.get, company.walker.post):
                status = method(address).status_code
                assert status in (403, 404, 405), f"{method.__name__} {address}: {status}"
    assert without_sample == []


def test_lists_and_forms_show_nothing_of_it(
    company: Company, settings: Any, tmp_path: Path
) -> None:
    demonstration(settings, tmp_path)  # its pages are walked as well
    for name, arguments in office_addresses():
        if arguments or name in OPEN_TO_ALL:
            continue
        for query in ({}, {"export": "csv"}):
            answer = company.walker.get(reverse(name), query)
            assert answer.status_code in (200, 302, 403, 405), name
            assert _told(answer, company.secrets) == [], f"{name} {query}"


def test_the_search_finds_none_of_it(company: Company) -> None:
    for secret in company.secrets:
        answer = company.walker.get(reverse("office:search"), {"q": secret})
        assert answer.status_code == 200, secret
        # The page repeats what was sought; what it links to is what it found.
        links = re.findall(r"<main.*</main>", answer.content.decode(), re.S)[0]
        assert 'class="results"' not in links, secret


def test_the_inquiry_finds_none_of_its_cards(company: Company) -> None:
    for secret in company.secrets:
        if len(secret) == 15:
            answer = company.walker.get(
                reverse("office:inquiry:range"), {"first": secret, "last": secret}
            )
            assert answer.status_code in (200, 404, 422)
            assert "Faraway" not in answer.content.decode()


def test_a_stack_of_foreign_cards_tells_nothing_of_them(company: Company) -> None:
    insurer, batch = company.insurer, Batch.objects.earliest("pk")
    one = counted(insurer, batch, (1, 20), holder=insurer.other_branch.party, by="other_keeper")

    answer = company.walker.get(reverse("office:custody:stock_count", args=[one.number]))

    assert answer.status_code == 200
    # The page repeats the serials that were typed; whose they are, and by which paper, is not told.
    assert _told(answer, [secret for secret in company.secrets if len(secret) != 15]) == []


def test_the_walk_leaves_no_trace(company: Company) -> None:
    before = AuditEvent.objects.count()

    for name, arguments in office_addresses():
        for sample in company.samples.get(name, [{}] if not arguments else []):
            company.walker.post(reverse(name, kwargs=sample))

    assert AuditEvent.objects.count() == before


def test_the_samples_do_open_for_whoever_may_see_them(company: Company) -> None:
    """The control: without reach in the way, the same addresses answer."""
    everybody = a_staff_member("C99", company.insurer.head_office, *May.values)
    here = Client()
    here.force_login(everybody, backend=settings.AUTHENTICATION_BACKENDS[-1])
    opened = {
        name
        for name, samples in company.samples.items()
        for sample in samples
        if here.get(reverse(name, kwargs=sample)).status_code not in (403, 404)
    }

    assert set(company.samples) - opened == set()


def _told(answer: Any, secrets: list[str]) -> list[str]:
    """Those that stand in an answer as words: not within a token or a key that was drawn."""
    text = b"".join(answer) if answer.streaming else answer.content
    words = DRAWN.sub("", text.decode())
    return [
        one
        for one in secrets
        if re.search(rf"(?<![0-9A-Za-z]){re.escape(one)}(?![0-9A-Za-z])", words)
    ]
