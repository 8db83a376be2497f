"""Identity documents: which numbers are possible, one number per person, and masked forms.

Resident identity cards and the residence permits of Hong Kong, Macao and Taiwan residents
share one numbering (GB 11643-1999: six digits of a place, the birth date, three digits of
which the last tells the sex, a check digit of ISO 7064 MOD 11-2). The place is only checked
by province: counties were renumbered many times, and an old code stays valid for its owner.
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
from selfcard.core.refusals import Refusal
from selfcard.policies.errors import (
    BirthDateDisagrees,
    BirthInFuture,
    DocumentIsIdentityCard,
    DocumentIsResidencePermit,
    IdentityCheckDigitWrong,
    IdentityNumberImpossible,
    IdentityNumberTooOld,
    SexDisagrees,
)
from selfcard.products.people import Sex
from selfcard.products.regions import REGIONS


class IdentityKind(models.TextChoices):
    """The documents by which a person is known."""

    IDENTITY_CARD = "identity_card", _("resident identity card")
    RESIDENCE_PERMIT = (
        "residence_permit",
        _("residence permit for Hong Kong, Macao or Taiwan residents"),
    )
    PASSPORT = "passport", _("passport")
    BIRTH_CERTIFICATE = "birth_certificate", _("medical certificate of birth")
    OTHER = "other", _("another document")


NUMBERED_BY_BIRTH = frozenset({IdentityKind.IDENTITY_CARD, IdentityKind.RESIDENCE_PERMIT})
# Hong Kong, Macao and Taiwan on residence permits; 71 is on the cards of mainland residents.
_PERMIT_PLACES = {"81", "82", "83"}
_CARD_PLACES = set(REGIONS) - _PERMIT_PLACES
_SHAPES = {
    IdentityKind.PASSPORT: re.compile(r"[A-Z0-9]{5,12}"),
    IdentityKind.BIRTH_CERTIFICATE: re.compile(r"[A-Z][0-9]{9}"),
    IdentityKind.OTHER: re.compile(r"[A-Z0-9]{4,24}"),
}
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
    """The number as it counts, however it was typed: full-width, spaced, in small letters."""
    plain = unicodedata.normalize("NFKC", number).upper()
    return "".join(character for character in plain if character.isalnum())


def identity_index(kind: IdentityKind | str, number: str) -> bytes:
    """The blind index by which one person's document is found again."""
    return blind_index("identity", f"{IdentityKind(kind).value}:{normalised(kind, number)}")


def birth_and_sex(kind: IdentityKind | str, number: str) -> tuple[date, Sex] | None:
    """What a number says about its owner, or nothing when it does not say it."""
    plain = normalised(kind, number)
    if kind not in NUMBERED_BY_BIRTH or not re.fullmatch(r"[0-9]{17}[0-9X]", plain):
        return None
    try:
        birth_date = ric.get_birth_date(plain)
    except ValidationError:
        return None
    return birth_date, Sex.MALE if int(plain[16]) % 2 else Sex.FEMALE


def require_identity(
    kind: IdentityKind | str, number: str, *, birth_date: date, sex: Sex | str, today: date
) -> None:
    """Refuse a document whose number is impossible or says something else than its owner.

    Raises:
        IdentityNumberTooOld: a number of 15 digits, as given out before 1999.
        IdentityNumberImpossible, IdentityCheckDigitWrong: mistyped.
        DocumentIsIdentityCard, DocumentIsResidencePermit: the number is of the other kind.
            A resident's number is of no other kind either: one person has one number, and the
            limits per person count by it.
        BirthDateDisagrees, SexDisagrees: the number says another date or sex.
        BirthInFuture: nobody is insured before birth.
    """
    if kind in NUMBERED_BY_BIRTH:
        said_birth, said_sex = _read(IdentityKind(kind), normalised(kind, number))
        if said_birth > today:
            raise BirthInFuture(field="identity_number")
        if said_birth != birth_date:
            raise BirthDateDisagrees(field="birth_date")
        if said_sex != sex:
            raise SexDisagrees(field="sex")
    else:
        _refuse_residents_number(normalised(kind, number))
        if not _SHAPES[IdentityKind(kind)].fullmatch(normalised(kind, number)):
            raise IdentityNumberImpossible(field="identity_number")
    if birth_date > today:
        raise BirthInFuture(field="birth_date")


def _read(kind: IdentityKind, plain: str) -> tuple[date, Sex]:
    if re.fullmatch(r"[0-9]{15}", plain):
        raise IdentityNumberTooOld(field="identity_number")
    if not re.fullmatch(r"[0-9]{17}[0-9X]", plain):
        raise IdentityNumberImpossible(field="identity_number")
    if ric.calc_check_digit(plain) != plain[-1]:
        raise IdentityCheckDigitWrong(field="identity_number")
    said = birth_and_sex(kind, plain)
    place = plain[:2]
    if said is None or place not in _CARD_PLACES | _PERMIT_PLACES:
        raise IdentityNumberImpossible(field="identity_number")
    if kind == IdentityKind.IDENTITY_CARD and place in _PERMIT_PLACES:
        raise DocumentIsResidencePermit(field="identity_kind")
    if kind == IdentityKind.RESIDENCE_PERMIT and place in _CARD_PLACES:
        raise DocumentIsIdentityCard(field="identity_kind")
    return said


def _refuse_residents_number(plain: str) -> None:
    """Refuse a resident's own number under the name of another document."""
    try:
        # Of a permit's number this says itself which document it is.
        _read(IdentityKind.IDENTITY_CARD, plain)
    except DocumentIsResidencePermit:
        raise
    except Refusal:
        return
    raise DocumentIsIdentityCard(field="identity_kind")


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
