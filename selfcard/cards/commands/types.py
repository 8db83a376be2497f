from decimal import Decimal
from uuid import UUID

import pyrage

from selfcard.cards.errors import (
    DeadlineOutOfBounds,
    DocumentTypeCodeTaken,
    FaceValueOutOfBounds,
    HoldingLimitOutOfBounds,
    NameMissing,
    NoProducts,
    NotAPrefix,
    NotAPrinterKey,
    PinLengthOutOfBounds,
    PrefixTaken,
    PrinterCodeTaken,
    ProductNotPublished,
    TaxRatesDiffer,
)
from selfcard.cards.models import (
    LARGEST_FACE_VALUE,
    LONGEST_PIN,
    SHORTEST_PIN,
    DocumentType,
    DocumentTypeVersion,
    Printer,
    TypeProduct,
)
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.money import to_cents
from selfcard.core.serials import PREFIX_DIGITS, RUNNING
from selfcard.organisations.models import May
from selfcard.organisations.queries import acting_staff, head_office, require
from selfcard.products.models import ProductVersion

LONGEST_DEADLINE = 120  # months
CARDS_OF_A_TYPE = RUNNING - 1


@command
def define_document_type(
    *,
    code: str,
    prefix: str,
    name_zh: str,
    name_en: str,
    face_value: Decimal,
    currency: str,
    deadline_months: int,
    pin_length: int,
    holding_limit: int,
    product_versions: tuple[ProductVersion, ...],
    actor: Actor,
    request_id: UUID,
) -> DocumentTypeVersion:
    """Define a document type with its first version, which never changes afterwards.

    The tax rate is that of its products: the premium is split into net and tax when the card is
    paid for, before a product is chosen, so all of them must carry the same.

    Raises:
        NotAuthorised: the actor may not define document types at head office.
        NameMissing, NotAPrefix, FaceValueOutOfBounds, PinLengthOutOfBounds, DeadlineOutOfBounds,
        HoldingLimitOutOfBounds, NoProducts: something is left out or out of its bounds.
        DocumentTypeCodeTaken, PrefixTaken: another type has the code or the prefix.
        ProductNotPublished, TaxRatesDiffer: the products do not fit.
    """
    require(actor, May.DEFINE_TYPES, head_office())
    _refuse_taken(code, prefix)
    _refuse_bad_bounds(face_value, deadline_months, pin_length, holding_limit)
    if not name_zh.strip() or not name_en.strip():
        raise NameMissing
    tax_rate = _common_tax_rate(product_versions)

    version = DocumentTypeVersion.objects.create(
        document_type=DocumentType.objects.create(
            code=code, prefix=prefix, name_zh=name_zh.strip(), name_en=name_en.strip()
        ),
        number=1,
        face_value=face_value,
        currency=currency,
        deadline_months=deadline_months,
        pin_length=pin_length,
        holding_limit=holding_limit,
        tax_rate=tax_rate,
        defined_by=acting_staff(actor),
        defined_at=clock.now(),
    )
    TypeProduct.objects.bulk_create(
        TypeProduct(type_version=version, product_version=product, order=order)
        for order, product in enumerate(product_versions, start=1)
    )
    record(actor, "document_type.defined", version.document_type, version=1)
    return version


def _refuse_taken(code: str, prefix: str) -> None:
    if len(prefix) != PREFIX_DIGITS or not prefix.isascii() or not prefix.isdigit():
        raise NotAPrefix
    if prefix.startswith("0"):
        raise NotAPrefix
    if not code or DocumentType.objects.filter(code__iexact=code).exists():
        raise DocumentTypeCodeTaken(code=code)
    if other := DocumentType.objects.filter(prefix=prefix).first():
        raise PrefixTaken(prefix=prefix, code=other.code)


def _refuse_bad_bounds(
    face_value: Decimal, deadline_months: int, pin_length: int, holding_limit: int
) -> None:
    if not 0 < face_value <= LARGEST_FACE_VALUE or face_value != to_cents(face_value):
        raise FaceValueOutOfBounds(most=f"{LARGEST_FACE_VALUE:,}")
    if not 1 <= deadline_months <= LONGEST_DEADLINE:
        raise DeadlineOutOfBounds(longest=LONGEST_DEADLINE)
    if not SHORTEST_PIN <= pin_length <= LONGEST_PIN:
        raise PinLengthOutOfBounds(shortest=SHORTEST_PIN, longest=LONGEST_PIN)
    if not 1 <= holding_limit <= CARDS_OF_A_TYPE:
        raise HoldingLimitOutOfBounds(most=f"{CARDS_OF_A_TYPE:,}")


def _common_tax_rate(versions: tuple[ProductVersion, ...]) -> Decimal | None:
    if not versions:
        raise NoProducts
    for version in versions:
        if not version.is_published:
            raise ProductNotPublished(product=str(version))
    rates = {version.tax_rate for version in versions}
    if len(rates) > 1:
        said = sorted("–" if rate is None else f"{rate:.2%}" for rate in rates)
        raise TaxRatesDiffer(rates=", ".join(said))
    return rates.pop()


@command
def register_printer(
    *,
    code: str,
    name_zh: str,
    name_en: str,
    public_key: str,
    actor: Actor,
    request_id: UUID,
) -> Printer:
    """Register a printing house with the public key that its print files are encrypted to.

    Raises:
        NotAuthorised: the actor may not define document types at head office.
        PrinterCodeTaken: another printer has the code.
        NameMissing, NotAPrinterKey: something is left out, or the key is not an age key.
    """
    require(actor, May.DEFINE_TYPES, head_office())
    if not code or Printer.objects.filter(code__iexact=code).exists():
        raise PrinterCodeTaken(code=code)
    if not name_zh.strip() or not name_en.strip():
        raise NameMissing
    try:
        recipient = str(pyrage.x25519.Recipient.from_str(public_key.strip()))
    except pyrage.RecipientError:
        raise NotAPrinterKey from None
    printer = Printer.objects.create(
        code=code,
        name_zh=name_zh.strip(),
        name_en=name_en.strip(),
        public_key=recipient,
        registered_by=acting_staff(actor),
        registered_at=clock.now(),
    )
    record(actor, "printer.registered", printer, key_ending=recipient[-4:])
    return printer
