"""The terms by which cards are printed: what may be asked for, and the days that follow from it."""

import re
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal

from selfcard.cards.errors import (
    DeadlineDayOutOfBounds,
    DeadlineNotOneOfTwo,
    DeadlineOutOfBounds,
    DeadlineTooNear,
    FaceValueOutOfBounds,
    HoldingLimitOutOfBounds,
    NameMissing,
    NoProducts,
    NotAKeyword,
    PinLengthOutOfBounds,
    ProductNotPublished,
    TaxRatesDiffer,
    UseByOutOfBounds,
)
from selfcard.cards.models import (
    CHINESE_KEYWORD,
    ENGLISH_KEYWORD,
    LARGEST_FACE_VALUE,
    LONGEST_PIN,
    SHORTEST_PIN,
    DocumentTypeVersion,
)
from selfcard.core import clock
from selfcard.core.money import to_cents
from selfcard.core.refusals import Operation
from selfcard.core.serials import RUNNING
from selfcard.core.wording import listed
from selfcard.products.ages import months_later
from selfcard.products.models import ProductVersion

SHORTEST_DEADLINE = 1  # months
LONGEST_DEADLINE = 120
CARDS_OF_A_TYPE = RUNNING - 1


@dataclass(frozen=True, kw_only=True)
class TermsGiven:
    """What one version of a document type is to fix, for all its batches.

    The last day to activate is given as months from the approval of a batch or as a fixed day,
    never both; without `use_by_months` stock may be sold as long as it can be activated. Without a
    keyword an SMS begins with those for all cards.
    """

    name_zh: str
    name_en: str
    face_value: Decimal
    currency: str
    deadline_months: int | None = None
    deadline_day: date | None = None
    use_by_months: int | None = None
    pin_length: int
    keyword_zh: str = ""
    keyword_en: str = ""
    holding_limit: int
    administrator_limit: int
    product_versions: tuple[ProductVersion, ...]

    @classmethod
    def of(cls, version: DocumentTypeVersion) -> "TermsGiven":
        """The terms that a version has fixed."""
        return cls(
            **{name: getattr(version, name) for name in PLAIN_TERMS},
            product_versions=tuple(version.product_versions.order_by("typeproduct__order")),
        )

    def differing_from(self, others: "TermsGiven") -> list[str]:
        """The names of the terms that are not the same."""
        return [
            field.name
            for field in fields(self)
            if getattr(self, field.name) != getattr(others, field.name)
        ]


PLAIN_TERMS = (
    "name_zh",
    "name_en",
    "face_value",
    "currency",
    "deadline_months",
    "deadline_day",
    "use_by_months",
    "pin_length",
    "keyword_zh",
    "keyword_en",
    "holding_limit",
    "administrator_limit",
)


def checked(terms: TermsGiven) -> TermsGiven:
    """The terms, tidy, if nothing is left out or out of its bounds.

    Raises:
        NameMissing, FaceValueOutOfBounds, DeadlineNotOneOfTwo, DeadlineOutOfBounds,
        DeadlineDayOutOfBounds, UseByOutOfBounds, PinLengthOutOfBounds, NotAKeyword,
        HoldingLimitOutOfBounds.
    """
    terms = replace(
        terms,
        name_zh=terms.name_zh.strip(),
        name_en=terms.name_en.strip(),
        keyword_zh=terms.keyword_zh.strip(),
        keyword_en=terms.keyword_en.strip().upper(),
    )
    if not terms.name_zh or not terms.name_en:
        raise NameMissing
    value = terms.face_value
    if not 0 < value <= LARGEST_FACE_VALUE or value != to_cents(value):
        raise FaceValueOutOfBounds(most=f"{LARGEST_FACE_VALUE:,}")
    _refuse_bad_deadline(terms)
    months = terms.use_by_months
    if months is not None and not SHORTEST_DEADLINE <= months <= LONGEST_DEADLINE:
        raise UseByOutOfBounds(longest=LONGEST_DEADLINE)
    if not SHORTEST_PIN <= terms.pin_length <= LONGEST_PIN:
        raise PinLengthOutOfBounds(shortest=SHORTEST_PIN, longest=LONGEST_PIN)
    for name, form in (("keyword_zh", CHINESE_KEYWORD), ("keyword_en", ENGLISH_KEYWORD)):
        if not re.search(form, getattr(terms, name)):
            raise NotAKeyword(field=name)
    for name in ("holding_limit", "administrator_limit"):
        if not 1 <= getattr(terms, name) <= CARDS_OF_A_TYPE:
            raise HoldingLimitOutOfBounds(field=name, most=f"{CARDS_OF_A_TYPE:,}")
    return terms


def _refuse_bad_deadline(terms: TermsGiven) -> None:
    months, day = terms.deadline_months, terms.deadline_day
    if (months is None) == (day is None):
        raise DeadlineNotOneOfTwo
    if months is not None and not SHORTEST_DEADLINE <= months <= LONGEST_DEADLINE:
        raise DeadlineOutOfBounds(longest=LONGEST_DEADLINE)
    latest = months_later(clock.today(), LONGEST_DEADLINE)
    if day is not None and not earliest_deadline() <= day <= latest:
        raise DeadlineDayOutOfBounds(earliest=earliest_deadline(), latest=latest)


def common_tax_rate(versions: tuple[ProductVersion, ...]) -> Decimal | None:
    """The one tax rate of the products that a card may become.

    Raises:
        NoProducts, ProductNotPublished, TaxRatesDiffer.
    """
    if not versions:
        raise NoProducts
    for version in versions:
        if not version.is_published:
            raise ProductNotPublished(product=str(version))
    rates = {version.tax_rate for version in versions}
    if len(rates) > 1:
        said = sorted("–" if rate is None else f"{rate:.2%}" for rate in rates)
        raise TaxRatesDiffer(rates=listed(said))
    return rates.pop()


def earliest_deadline() -> date:
    """The first day on which a card that is ordered today may end."""
    return months_later(clock.today(), SHORTEST_DEADLINE)


def refuse_near_deadline(version: DocumentTypeVersion) -> None:
    """Refuse to print cards that could hardly be activated any more.

    Raises:
        DeadlineTooNear: the fixed day is less than a month away, or past.
    """
    day = version.deadline_day
    if day is not None and day < earliest_deadline():
        code = version.document_type.code
        raise DeadlineTooNear(
            help=Operation.named("cards.revise_document_type", code=code),
            code=code,
            day=day,
            earliest=earliest_deadline(),
        )


def days_fixed_by(version: DocumentTypeVersion, approved_on: date) -> tuple[date, date | None]:
    """The last day to activate and the last day to sell of a batch, both included.

    Months run to the same day of the month, or to that month's last day. Nothing is sold that
    cannot be activated any more.
    """
    deadline = version.deadline_day
    if version.deadline_months is not None:
        deadline = months_later(approved_on, version.deadline_months)
    assert deadline is not None, f"{version} has no deadline"
    if version.use_by_months is None:
        return deadline, None
    return deadline, min(deadline, months_later(approved_on, version.use_by_months))
