"""Identity documents: which numbers are possible, one number per person, and masked forms.

Resident identity cards, household registers, the residence permits of Hong Kong, Macao and Taiwan
residents and the foreigners' permanent residence cards given out since December 2023 share one
numbering (GB 11643-1999: six digits of a place, the birth date, three digits of which the last
tells the sex, a check digit of ISO 7064 MOD 11-2). What the six digits begin with says which of
them it is. The place is only checked by province: counties were renumbered many times, and an old
code stays valid for its owner.
"""

import re
import unicodedata
from datetime import date

import phonenumbers
from django.db import models
from django.utils.translation import gettext_lazy as _
from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from selfcard.core.encryption import blind_index
from selfcard.policies.errors import (
    BirthDateDisagrees,
    BirthInFuture,
    BirthLongAgo,
    DocumentIsAnother,
    DocumentIsForChildren,
    IdentityCheckDigitWrong,
    IdentityNumberImpossible,
    IdentityNumberTooOld,
    SexDisagrees,
)
from selfcard.products.ages import years_old
from selfcard.products.people import Sex
from selfcard.products.regions import provinces


class IdentityKind(models.TextChoices):
    """The documents by which a person is known."""

    IDENTITY_CARD = "identity_card", _("resident identity card")
    HOUSEHOLD_REGISTER = (
        "household_register",
        _("household register, for children without an identity card"),
    )
    BIRTH_CERTIFICATE = "birth_certificate", _("medical certificate of birth, for infants")
    RESIDENCE_PERMIT = (
        "residence_permit",
        _("residence permit for Hong Kong, Macao or Taiwan residents"),
    )
    TRAVEL_PERMIT = (
        "travel_permit",
        _("mainland travel permit for Hong Kong, Macao or Taiwan residents"),
    )
    FOREIGNER_CARD = "foreigner_card", _("foreigner's permanent residence identity card")
    PASSPORT = "passport", _("passport")
    OTHER = "other", _("another document")


NUMBERED_BY_BIRTH = frozenset(
    {
        IdentityKind.IDENTITY_CARD,
        IdentityKind.HOUSEHOLD_REGISTER,
        IdentityKind.RESIDENCE_PERMIT,
        IdentityKind.FOREIGNER_CARD,
    }
)
# In the household register a child stands with the number that its card will have.
_TAKEN_FOR = {IdentityKind.HOUSEHOLD_REGISTER: IdentityKind.IDENTITY_CARD}
# Hong Kong, Macao and Taiwan on residence permits; 71 is on the cards of mainland residents.
_PERMIT_PLACES = frozenset({"81", "82", "83"})
# A card can be had from birth on and must be from 16; a child is in the register within a month.
_UP_TO = {IdentityKind.HOUSEHOLD_REGISTER: 16, IdentityKind.BIRTH_CERTIFICATE: 3}
_OLDEST = 130
_SHAPES = {
    # The number of the passport's machine-readable line, with a digit in it.
    IdentityKind.PASSPORT: re.compile(r"(?=.*[0-9])[A-Z0-9]{5,9}"),
    IdentityKind.BIRTH_CERTIFICATE: re.compile(r"[A-Z][0-9]{9}"),
    # Hong Kong and Macao, their residents of another nationality, Taiwan.
    IdentityKind.TRAVEL_PERMIT: re.compile(r"[HM][0-9]{8}|[HM]A[0-9]{7}|[0-9]{8}"),
    IdentityKind.OTHER: re.compile(r"[A-Z0-9]{4,24}"),
}
# Country, place, birth date, a running digit and a check digit; given out until November 2023.
_OLD_FOREIGNER_CARD = re.compile(r"[A-Z]{3}[0-9]{12}")
# Surnames of two characters that people still bear; any other is one character.
_COMPOUND = """
    欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 公羊
    赫连 澹台 皇甫 宗政 濮阳 公冶 太叔 申屠 公孙 慕容 仲孙 钟离 长孙 宇文
    司徒 鲜于 司空 闾丘 子车 亓官 司寇 巫马 公西 颛孙 壤驷 公良 漆雕 乐正
    宰父 谷梁 拓跋 夹谷 轩辕 令狐 段干 百里 呼延 东郭 南门 羊舌 微生 梁丘
    左丘 东门 西门 第五
"""
_COMPOUND_SURNAMES = frozenset(_COMPOUND.split())


def normalised(kind: IdentityKind | str, number: str) -> str:
    """The number as it counts, however it was typed: full-width, spaced, in small letters.

    A travel permit counts without the two digits that say how often it was renewed.
    """
    plain = unicodedata.normalize("NFKC", number).upper()
    plain = "".join(character for character in plain if character.isalnum())
    if kind == IdentityKind.TRAVEL_PERMIT and re.fullmatch(r"[HM]?[0-9]{10}", plain):
        return plain[:-2]
    return plain


def identity_index(kind: IdentityKind | str, number: str) -> bytes:
    """The blind index by which one person's document is found again.

    A child's number in the household register is that of the later card, so all documents with
    this numbering count as one.
    """
    kind = IdentityKind(kind)
    counted = IdentityKind.IDENTITY_CARD if kind in NUMBERED_BY_BIRTH else kind
    return blind_index("identity", f"{counted.value}:{normalised(kind, number)}")


def birth_and_sex(kind: IdentityKind | str, number: str) -> tuple[date, Sex] | None:
    """What a number says about its owner, or nothing when it does not say it."""
    plain = normalised(kind, number)
    if kind not in NUMBERED_BY_BIRTH or not re.fullmatch(r"[0-9]{17}[0-9X]", plain):
        return None
    try:
        birth_date = ric.get_birth_date(plain)
    except ValidationError:
        return None
    return birth_date, _sex_of(plain[16])


def require_identity(
    kind: IdentityKind | str, number: str, *, birth_date: date, sex: Sex | str, today: date
) -> None:
    """Refuse a document whose number is impossible or says something else than its owner.

    Raises:
        IdentityNumberTooOld: a number of 15 digits, as given out before 1999. It has no check
            digit, so a slip in it would become the right number of somebody else.
        IdentityNumberImpossible, IdentityCheckDigitWrong: mistyped.
        DocumentIsAnother: the number is that of another kind of document. One person has one
            number, and the limits per person count by it.
        BirthDateDisagrees, SexDisagrees: the number says another date or sex.
        BirthInFuture, BirthLongAgo: nobody is insured before birth, or so old.
        DocumentIsForChildren: this person has to have a document of their own.
    """
    kind = IdentityKind(kind)
    plain = normalised(kind, number)
    if kind == IdentityKind.FOREIGNER_CARD and _OLD_FOREIGNER_CARD.fullmatch(plain):
        _require_old_foreigner_card(plain, birth_date, sex)
    elif kind in NUMBERED_BY_BIRTH:
        said_birth, said_sex = _read(kind, plain)
        if said_birth > today:
            raise BirthInFuture(field="identity_number")
        if said_birth != birth_date:
            raise BirthDateDisagrees(field="birth_date")
        if said_sex != sex:
            raise SexDisagrees(field="sex")
    else:
        if (real := _kind_of(plain)) and _check_digit_fits(plain):
            raise DocumentIsAnother(field="identity_kind", document=str(real.label))
        if not _SHAPES[kind].fullmatch(plain):
            raise IdentityNumberImpossible(field="identity_number")
    _require_age(kind, birth_date, today)


def _read(kind: IdentityKind, plain: str) -> tuple[date, Sex]:
    if re.fullmatch(r"[0-9]{15}", plain) and kind != IdentityKind.FOREIGNER_CARD:
        raise IdentityNumberTooOld(field="identity_number")
    if not re.fullmatch(r"[0-9]{17}[0-9X]", plain):
        raise IdentityNumberImpossible(field="identity_number")
    if not _check_digit_fits(plain):
        raise IdentityCheckDigitWrong(field="identity_number")
    said, real = birth_and_sex(kind, plain), _kind_of(plain)
    if said is None or real is None:
        raise IdentityNumberImpossible(field="identity_number")
    if real not in (kind, _TAKEN_FOR.get(kind)):
        raise DocumentIsAnother(field="identity_kind", document=str(real.label))
    return said


def _kind_of(plain: str) -> IdentityKind | None:
    """Which document a number of 18 signs is on, by what it begins with."""
    if not re.fullmatch(r"[0-9]{17}[0-9X]", plain):
        return None
    if plain[0] == "9" and _is_province(plain[1:3]):
        return IdentityKind.FOREIGNER_CARD
    if plain[:2] in _PERMIT_PLACES:
        return IdentityKind.RESIDENCE_PERMIT
    return IdentityKind.IDENTITY_CARD if _is_province(plain[:2]) else None


def _is_province(code: str) -> bool:
    return any(one.code == code for one in provinces())


def _check_digit_fits(plain: str) -> bool:
    digit: str = ric.calc_check_digit(plain)
    return digit == plain[-1]


def _sex_of(digit: str) -> Sex:
    return Sex.MALE if int(digit) % 2 else Sex.FEMALE


def _require_old_foreigner_card(plain: str, birth_date: date, sex: Sex | str) -> None:
    """The number of a card given out until 2023, whose birth date lacks the century.

    Its last digit is that of a passport's machine-readable line (ICAO 9303: weights 7, 3, 1).
    """
    values = [int(character, 36) for character in plain[:-1]]
    total = sum(value * (7, 3, 1)[place % 3] for place, value in enumerate(values))
    if total % 10 != int(plain[-1]):
        raise IdentityCheckDigitWrong(field="identity_number")
    if not _is_province(plain[3:5]):
        raise IdentityNumberImpossible(field="identity_number")
    if plain[7:13] != f"{birth_date:%y%m%d}":
        raise BirthDateDisagrees(field="birth_date")
    if _sex_of(plain[13]) != sex:
        raise SexDisagrees(field="sex")


def _require_age(kind: IdentityKind, birth_date: date, today: date) -> None:
    if birth_date > today:
        raise BirthInFuture(field="birth_date")
    age = years_old(birth_date, today)
    if age > _OLDEST:
        raise BirthLongAgo(field="birth_date")
    if kind in _UP_TO and age >= _UP_TO[kind]:
        raise DocumentIsForChildren(field="identity_kind", below=_UP_TO[kind])


def masked_name(name: str) -> str:
    """A name that its owner recognises and a stranger cannot: 张*, 欧阳**, M*** S***.

    Latin names keep each word's first letter and hide their length; a name in characters
    keeps the surname.
    """
    name = name.strip()
    if not name:
        return ""
    if _is_in_words(name):
        return " ".join(f"{word[0]}***" for word in name.split())
    kept = 2 if name[:2] in _COMPOUND_SURNAMES and len(name) > 2 else 1
    if len(name) == 1:
        return "*"
    return name[:kept] + "".join(c if c in "·• " else "*" for c in name[kept:])


def _is_in_words(name: str) -> bool:
    return all(
        not character.isalpha() or not unicodedata.name(character, "").startswith("CJK")
        for character in name
    )


def masked_number(number: str) -> str:
    """An identity number by its first three and last two signs.

    Never the last four: with the policy's number they open the authenticity check.
    """
    plain = normalised(IdentityKind.OTHER, number)
    if len(plain) < 8:
        return "*" * len(plain)
    return plain[:3] + "*" * (len(plain) - 5) + plain[-2:]


def written_phone(phone: str) -> str:
    """A phone number of E.164 in groups, as people write it: +86 138 0013 8000."""
    try:
        number = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return phone
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def masked_phone(phone: str) -> str:
    """A phone number of which the middle is hidden: +86 138****5678."""
    if re.fullmatch(r"\+86[0-9]{11}", phone):
        return f"+86 {phone[3:6]}****{phone[-4:]}"
    return phone[:3] + "*" * max(len(phone) - 5, 0) + phone[-2:] if len(phone) > 7 else "*" * 6


def masked_email(email: str) -> str:
    """An address of which the owner's part is hidden: l***@example.cn."""
    owner, at, domain = email.partition("@")
    return f"{owner[:1]}***{at}{domain}" if at else ""
