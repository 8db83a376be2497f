from uuid import UUID

import pyrage

from selfcard.cards.access import type_row
from selfcard.cards.errors import (
    DocumentTypeCodeTaken,
    KeywordForAllCards,
    KeywordTaken,
    NameMissing,
    NotAPrefix,
    NotAPrinterKey,
    NothingRevised,
    PrefixTaken,
    PrinterCodeTaken,
    RevisedMeanwhile,
)
from selfcard.cards.keywords import house_keywords, keywords_of_types
from selfcard.cards.models import DocumentType, DocumentTypeVersion, Printer, TypeProduct
from selfcard.cards.queries import current_version
from selfcard.cards.terms import PLAIN_TERMS, TermsGiven, checked, common_tax_rate
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.locks import LockSpace, lock
from selfcard.core.refusals import Operation
from selfcard.core.serials import PREFIX_DIGITS
from selfcard.organisations.models import May
from selfcard.organisations.queries import acting_staff, head_office, require


@command
def define_document_type(
    *, code: str, prefix: str, terms: TermsGiven, actor: Actor, request_id: UUID
) -> DocumentTypeVersion:
    """Define a document type with its first version, which never changes afterwards.

    The tax rate is that of its products: the premium is split into net and tax when the card is
    paid for, before a product is chosen, so all of them must carry the same.

    Raises:
        NotAuthorised: the actor may not define document types at head office.
        NotAPrefix, DocumentTypeCodeTaken, PrefixTaken: code and prefix are those of no other type.
        NameMissing, FaceValueOutOfBounds, DeadlineNotOneOfTwo, DeadlineOutOfBounds,
        DeadlineDayOutOfBounds, UseByOutOfBounds, PinLengthOutOfBounds, NotAKeyword,
        HoldingLimitOutOfBounds, NoProducts: something is left out or out of its bounds.
        KeywordForAllCards, KeywordTaken: a keyword is the house's or another type's.
        ProductNotPublished, TaxRatesDiffer: the products do not fit.
    """
    require(actor, May.DEFINE_TYPES, head_office())
    lock(LockSpace.CODE, "document type")
    _refuse_taken(code, prefix)
    terms = checked(terms)
    _refuse_taken_keywords(code, terms)
    document_type = DocumentType.objects.create(
        code=code, prefix=prefix, name_zh=terms.name_zh, name_en=terms.name_en
    )
    version = _new_version(document_type, 1, terms, actor)
    record(actor, "document_type.defined", document_type, version=1)
    return version


@command
def revise_document_type(
    *, version: DocumentTypeVersion, terms: TermsGiven, actor: Actor, request_id: UUID
) -> DocumentTypeVersion:
    """Make the next version of a document type, by which batches are ordered from now on.

    What has been printed keeps its version for ever. An order that still waits for its approval
    can no longer be approved: nobody is to agree to terms that are not in force any more. The
    type is called as the new version prints it.

    Raises:
        NotAuthorised: the actor may not define document types at head office.
        RevisedMeanwhile: the version that is revised is not the newest any more.
        NothingRevised: every term is as it was.
        NameMissing, KeywordTaken, …: as for the definition of a type.
    """
    require(actor, May.DEFINE_TYPES, head_office())
    document_type = type_row(version.document_type_id)
    newest = current_version(document_type)
    if newest.pk != version.pk:
        raise RevisedMeanwhile(
            help=Operation.named("cards.document_type", code=document_type.code),
            name=newest.defined_by.name,
            version=newest.number,
            code=document_type.code,
        )
    terms = checked(terms)
    changed = terms.differing_from(TermsGiven.of(newest))
    if not changed:
        raise NothingRevised(version=newest.number, code=document_type.code)
    lock(LockSpace.CODE, "document type")
    _refuse_taken_keywords(document_type.code, terms)
    made = _new_version(document_type, newest.number + 1, terms, actor)
    document_type.name_zh, document_type.name_en = made.name_zh, made.name_en
    document_type.save(update_fields=["name_zh", "name_en"])
    record(actor, "document_type.revised", document_type, version=made.number, changed=changed)
    return made


def _refuse_taken(code: str, prefix: str) -> None:
    if len(prefix) != PREFIX_DIGITS or not prefix.isascii() or not prefix.isdigit():
        raise NotAPrefix
    if prefix.startswith("0"):
        raise NotAPrefix
    if not code or DocumentType.objects.filter(code__iexact=code).exists():
        raise DocumentTypeCodeTaken(code=code)
    if other := DocumentType.objects.filter(prefix=prefix).first():
        raise PrefixTaken(prefix=prefix, code=other.code)


def _refuse_taken_keywords(code: str, terms: TermsGiven) -> None:
    houses = {one.word for one in house_keywords()}
    others = {one.word: one.about for one in keywords_of_types() if one.about != code}
    for name in ("keyword_zh", "keyword_en"):
        word = getattr(terms, name)
        if word in houses:
            raise KeywordForAllCards(field=name, word=word)
        if word in others:
            raise KeywordTaken(field=name, word=word, code=others[word])


def _new_version(
    document_type: DocumentType, number: int, terms: TermsGiven, actor: Actor
) -> DocumentTypeVersion:
    version = DocumentTypeVersion.objects.create(
        document_type=document_type,
        number=number,
        **{name: getattr(terms, name) for name in PLAIN_TERMS},
        tax_rate=common_tax_rate(terms.product_versions),
        defined_by=acting_staff(actor),
        defined_at=clock.now(),
    )
    TypeProduct.objects.bulk_create(
        TypeProduct(type_version=version, product_version=product, order=order)
        for order, product in enumerate(terms.product_versions, start=1)
    )
    return version


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
    lock(LockSpace.CODE, "printer")
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
