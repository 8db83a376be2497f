"""Document types, printers and batches as tests need them, made by commands alone."""

import csv
import io
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pyrage

from selfcard.cards.commands import (
    approve_batch,
    ask_print_release,
    define_document_type,
    download_print_file,
    order_batch,
    register_printer,
    release_print_file,
    revise_document_type,
)
from selfcard.cards.models import Batch, DocumentType, DocumentTypeVersion, Printer
from selfcard.cards.print_file import take
from selfcard.cards.queries import current_version
from selfcard.cards.terms import TermsGiven
from selfcard.core.serials import plain_digits
from selfcard.core.work import run_waiting_jobs
from selfcard.products.models import ProductVersion
from tests.factories.organisations import Insurer
from tests.factories.products import a_published_version

# The printing house of all tests; its public key is what it registers with.
PRINTING_HOUSE = pyrage.x25519.Identity.generate()


@dataclass(frozen=True)
class PrintedCard:
    """A card as the printing house knows it."""

    serial: int
    card_number: str
    pin: str


def a_document_type(
    insurer: Insurer,
    code: str = "AC-100",
    prefix: str = "620118",
    *products: ProductVersion,
    **terms: Any,
) -> DocumentType:
    """A card of 100 yuan that may become one accident product."""
    version: DocumentTypeVersion = define_document_type(
        code=code,
        prefix=prefix,
        terms=some_terms(products or (a_published_version(insurer),), **terms),
        actor=insurer.actor("chief"),
        request_id=uuid4(),
    )
    return version.document_type


def some_terms(products: tuple[ProductVersion, ...], **terms: Any) -> TermsGiven:
    """Terms of a card of 100 yuan, changed by what is given."""
    if "deadline_day" in terms:
        terms.setdefault("deadline_months", None)
    given = {
        "name_zh": "意外卡",
        "name_en": "Accident card",
        "face_value": Decimal("100.00"),
        "currency": "CNY",
        "deadline_months": 24,
        "pin_length": 12,
        "holding_limit": 500,
        "administrator_limit": 100_000,
        "product_versions": products,
        **terms,
    }
    return TermsGiven(**given)


def revise(insurer: Insurer, document_type: DocumentType, **terms: Any) -> DocumentTypeVersion:
    """The next version of a type, with other terms than the newest one has."""
    newest = current_version(document_type)
    return revise_document_type(
        version=newest,
        terms=replace(TermsGiven.of(newest), **terms),
        actor=insurer.actor("chief"),
        request_id=uuid4(),
    )


def a_printer(insurer: Insurer, code: str = "P01") -> Printer:
    return Printer.objects.filter(code=code).first() or register_printer(
        code=code,
        name_zh="安全印务",
        name_en="Secure Printing",
        public_key=str(PRINTING_HOUSE.to_public()),
        actor=insurer.actor("chief"),
        request_id=uuid4(),
    )


def an_ordered_batch(
    insurer: Insurer, count: int = 100, document_type: DocumentType | None = None
) -> Batch:
    found = document_type or DocumentType.objects.first() or a_document_type(insurer)
    return order_batch(
        document_type=found,
        count=count,
        printer=a_printer(insurer),
        actor=insurer.actor("chief"),
        request_id=uuid4(),
    )


def an_approved_batch(
    insurer: Insurer, count: int = 100, document_type: DocumentType | None = None
) -> Batch:
    batch = an_ordered_batch(insurer, count, document_type)
    return approve_batch(batch=batch, actor=insurer.actor("second"), request_id=uuid4())


def a_made_batch(
    insurer: Insurer, count: int = 100, document_type: DocumentType | None = None
) -> Batch:
    batch = an_approved_batch(insurer, count, document_type)
    run_waiting_jobs()
    batch.refresh_from_db()
    return batch


def a_printed_batch(
    insurer: Insurer, count: int = 100, document_type: DocumentType | None = None
) -> tuple[Batch, list[PrintedCard]]:
    """A batch at the printing house, and the cards as it has printed them."""
    batch = a_made_batch(insurer, count, document_type)
    ask_print_release(batch=batch, actor=insurer.actor("chief"), request_id=uuid4())
    release_print_file(batch=batch, actor=insurer.actor("second"), request_id=uuid4())
    print_file = download_print_file(batch=batch, actor=insurer.actor("chief"), request_id=uuid4())
    taken = take(print_file.name)
    assert taken is not None
    with taken:
        return batch, read_print_file(taken.read())


def read_print_file(encrypted: bytes) -> list[PrintedCard]:
    """What the printing house reads with its own key."""
    text = pyrage.decrypt(encrypted, [PRINTING_HOUSE]).decode()
    return [
        PrintedCard(int(row["serial"]), plain_digits(row["card_number"]), plain_digits(row["pin"]))
        for row in csv.DictReader(io.StringIO(text))
    ]
