"""What a card is: its type, its batch, whether a PIN is its own."""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

from django.db import connection
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from selfcard.cards.making import WRAPPING_KEY, open_keys
from selfcard.cards.models import (
    Batch,
    DocumentType,
    DocumentTypeVersion,
    Printer,
    TypeProduct,
)
from selfcard.cards.pins import DIGEST_BYTES, SELECTOR_BYTES, PinKeys
from selfcard.core.actor import Actor
from selfcard.core.encryption import seal
from selfcard.core.serials import SerialRun
from selfcard.organisations.models import May
from selfcard.organisations.queries import organisations_in_reach
from selfcard.products.models import ProductVersion
from selfcard.products.queries import versions


@dataclass(frozen=True)
class PinCheck:
    """What a typed PIN is to a card. Both are false for a card that does not exist.

    The whole PIN is compared when `matches` is asked for and not before: the gate counts the try
    between the two.
    """

    selector_matches: bool
    _keys: PinKeys = field(repr=False)
    _digest: bytes = field(repr=False)
    _serial: int
    _pin: str = field(repr=False)
    _is_card: bool

    @property
    def matches(self) -> bool:
        same = hmac.compare_digest(self._keys.digest(self._serial, self._pin), self._digest)
        return same and self._is_card


def document_types() -> QuerySet[DocumentType]:
    return DocumentType.objects.prefetch_related("versions__product_versions__product")


def find_document_type(code: str) -> DocumentType | None:
    return DocumentType.objects.filter(code__iexact=code.strip()).first()


def type_code_of(serial: int) -> str:
    """The code of the document type whose serials begin like this; empty where there is none."""
    found = DocumentType.objects.filter(prefix=f"{serial:015d}"[:6])
    return found.values_list("code", flat=True).first() or ""


def current_version(document_type: DocumentType) -> DocumentTypeVersion:
    """The version by which the next batch will be printed."""
    return document_type.versions.select_related("document_type").latest("number")


def versions_of(document_type: DocumentType) -> list[DocumentTypeVersion]:
    """All versions of a type with their products in order, the newest first."""
    offered = TypeProduct.objects.select_related("product_version__product")
    return list(
        document_type.versions.select_related("defined_by__party")
        .prefetch_related(Prefetch("typeproduct_set", offered))
        .order_by("-number")
    )


def find_type_version(code: str, number: int | None = None) -> DocumentTypeVersion | None:
    """A version of a document type; without a number, the one by which cards are printed now."""
    versions = DocumentTypeVersion.objects.select_related("document_type").filter(
        document_type__code__iexact=code
    )
    if number is not None:
        versions = versions.filter(number=number)
    return versions.order_by("-number").first()


def printed_versions() -> QuerySet[DocumentTypeVersion]:
    """The type versions of which there are cards."""
    made = Batch.objects.filter(type_version=OuterRef("pk"), state=Batch.State.GENERATED)
    return DocumentTypeVersion.objects.select_related("document_type").filter(Exists(made))


def products_offered(version: DocumentTypeVersion) -> tuple[ProductVersion, ...]:
    """What the cards of a type version may become, with their coverages, as the type offers it."""
    return tuple(
        versions().filter(typeproduct__type_version=version).order_by("typeproduct__order")
    )


def orders_waiting(version: DocumentTypeVersion) -> QuerySet[Batch]:
    """The orders by a version that nobody has approved or refused."""
    return Batch.objects.filter(type_version=version, state=Batch.State.ORDERED)


def printers() -> QuerySet[Printer]:
    return Printer.objects.all()


def batches_seen_by(actor: Actor) -> QuerySet[Batch]:
    """The batches that the actor may look at: those of organisations where they have a say."""
    reach = organisations_in_reach(
        actor, May.ORDER_BATCHES, May.APPROVE_BATCHES, May.RELEASE_PRINT, May.AUDIT
    )
    return _with_details(Batch.objects.filter(organisation__in=reach))


def find_batch(number: str) -> Batch | None:
    return _with_details(Batch.objects.filter(number__iexact=number.strip())).first()


def batch_of(serial: int) -> Batch | None:
    """The batch that a serial was printed in, made or being made."""
    return _with_details(Batch.objects.filter(serials__contains=serial)).first()


def batches_touching(runs: Iterable[SerialRun]) -> list[Batch]:
    """The batches that have cards of the runs, in serial order."""
    wanted = Q()
    for run in runs:
        wanted |= Q(serials__overlap=run.range)
    if not wanted:
        return []
    return list(_with_details(Batch.objects.filter(wanted)).order_by("serials"))


def product_versions_of(batch: Batch) -> list[ProductVersion]:
    """What a card of the batch may become, in the order in which the type offers it.

    Read once in a process, with coverages: neither what a version of a type offers nor what a
    published product says ever changes.
    """
    key = (connection.settings_dict["NAME"], batch.type_version_id)
    if key not in _offered:
        _offered[key] = tuple(
            ProductVersion.objects.filter(typeproduct__type_version=batch.type_version_id)
            .select_related("product")
            .prefetch_related("coverages")
            .order_by("typeproduct__order")
        )
    return list(_offered[key])


_offered: dict[tuple[str, int], tuple[ProductVersion, ...]] = {}


def check_pin(serial: int | None, pin: str) -> PinCheck:
    """Look up a card's digests and compare the PIN's selector with it; the whole PIN later.

    The same work whether or not there is such a card.
    """
    number = -1 if serial is None else serial
    row = _sealed_digests(number)
    batch_id, pin_key, selector_key, digest, selector = row or _decoy()
    keys = open_keys(batch_id, pin_key, selector_key)
    selector_matches = hmac.compare_digest(keys.selector_digest(number, pin), selector)
    known = row is not None
    return PinCheck(selector_matches and known, keys, digest, number, pin, known)


Sealed = tuple[int, bytes, bytes, bytes, bytes]


def _sealed_digests(serial: int) -> Sealed | None:
    sql = """
        SELECT batch.id, key.pin_key, key.selector_key,
               substring(sheet.digests FROM place.in_sheet * %(digest)s + 1 FOR %(digest)s),
               substring(sheet.selectors FROM place.in_sheet * %(selector)s + 1 FOR %(selector)s)
        FROM cards_batch batch
        JOIN cards_batchkey key ON key.batch_id = batch.id
        CROSS JOIN LATERAL (
            SELECT (%(serial)s - lower(batch.serials)) / 1000 AS sheet,
                   ((%(serial)s - lower(batch.serials)) %% 1000)::int AS in_sheet
        ) place
        JOIN cards_pinsheet sheet
          ON sheet.first_serial = lower(batch.serials) + place.sheet * 1000
         AND sheet.key_id = key.id
        WHERE batch.serials @> %(serial)s::bigint AND batch.state = 'generated'
    """
    wanted = {"serial": serial, "digest": DIGEST_BYTES, "selector": SELECTOR_BYTES}
    with connection.cursor() as cursor:
        cursor.execute(sql, wanted)
        found = cursor.fetchone()
    if found is None:
        return None
    batch_id, *parts = found
    pin_key, selector_key, digest, selector = (bytes(part) for part in parts)
    return batch_id, pin_key, selector_key, digest, selector


@cache
def _decoy() -> Sealed:
    """Keys and digests of a card that nobody holds, to be compared with like any other."""
    keys = PinKeys.fresh()
    return (
        0,
        seal(keys.pin, "cards_batchkey.pin_key|0", WRAPPING_KEY),
        seal(keys.selector, "cards_batchkey.selector_key|0", WRAPPING_KEY),
        bytes(DIGEST_BYTES),
        bytes(SELECTOR_BYTES),
    )


def _with_details(batches: QuerySet[Batch]) -> QuerySet[Batch]:
    return batches.select_related(
        "type_version__document_type", "printer", "organisation__party", "work"
    )
