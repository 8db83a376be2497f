"""Identity documents: what is refused, one number per person, and what a stranger may see."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

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
from selfcard.policies.identity import (
    IdentityKind,
    birth_and_sex,
    identity_index,
    masked_email,
    masked_name,
    masked_number,
    masked_phone,
    normalised,
    require_identity,
    written_phone,
)
from selfcard.products.people import Sex
from tests.factories.policies import an_identity_number

TODAY = date(2026, 11, 23)
BORN = date(1949, 12, 31)
WITH_X = "11010519491231002X"  # the example of the standard itself
CARD, PERMIT = IdentityKind.IDENTITY_CARD, IdentityKind.RESIDENCE_PERMIT


def check(kind: IdentityKind, number: str, birth_date: date = BORN, sex: Sex = Sex.FEMALE) -> None:
    require_identity(kind, number, birth_date=birth_date, sex=sex, today=TODAY)


@pytest.mark.parametrize(
    "number",
    [WITH_X, "11010519491231002x", "110105 19491231 002X", "110105-19491231-002X"],
)
def test_a_right_number_is_taken_however_it_is_typed(number):
    check(CARD, number)


@pytest.mark.parametrize(
    ("number", "refusal"),
    [
        ("110105194912310021", IdentityCheckDigitWrong),
        ("110105194912310102", IdentityCheckDigitWrong),
        ("110105491231002", IdentityNumberTooOld),
        ("11010519491231002", IdentityNumberImpossible),
        ("", IdentityNumberImpossible),
        ("X10105194912310021", IdentityNumberImpossible),
        (an_identity_number(BORN, place="991234"), IdentityNumberImpossible),
        (an_identity_number(BORN, place="810000"), DocumentIsResidencePermit),
    ],
)
def test_an_identity_card_number_is_refused_for_what_is_wrong_with_it(number, refusal):
    with pytest.raises(refusal):
        check(CARD, number)


def test_a_day_that_does_not_exist_is_no_birth_date():
    digits = "33010620230229002"
    number = next(digits + last for last in "0123456789X" if _fits(digits + last))

    with pytest.raises(IdentityNumberImpossible):
        check(CARD, number)


def _fits(number: str) -> bool:
    return ric.calc_check_digit(number) == number[-1]


def test_a_number_agrees_with_birth_date_and_sex():
    with pytest.raises(BirthDateDisagrees) as birth:
        check(CARD, WITH_X, birth_date=date(1949, 12, 30))
    with pytest.raises(SexDisagrees) as sex:
        check(CARD, WITH_X, sex=Sex.MALE)

    assert (birth.value.field, sex.value.field) == ("birth_date", "sex")


def test_nobody_is_born_tomorrow():
    tomorrow = date(2026, 11, 24)

    with pytest.raises(BirthInFuture):
        check(CARD, an_identity_number(tomorrow), birth_date=tomorrow)
    with pytest.raises(BirthInFuture):
        check(IdentityKind.PASSPORT, "E12345678", birth_date=tomorrow)


def test_a_county_that_was_founded_after_the_birth_is_no_mistake():
    # 330110 (Yuhang) exists since 2001; its older people carry the code all the same.
    check(CARD, an_identity_number(BORN, place="330110"))


@pytest.mark.parametrize("place", ["810000", "820000", "830000"])
def test_residence_permits_of_hong_kong_macao_and_taiwan_are_taken(place):
    check(PERMIT, an_identity_number(BORN, place=place))


def test_a_residence_permit_is_not_an_identity_card():
    with pytest.raises(DocumentIsIdentityCard):
        check(PERMIT, WITH_X)


@pytest.mark.parametrize(
    ("kind", "number", "right"),
    [
        (IdentityKind.PASSPORT, "E12345678", True),
        (IdentityKind.PASSPORT, "ea 1234567", True),
        (IdentityKind.PASSPORT, "E1", False),
        (IdentityKind.PASSPORT, "护照E1234567", False),
        (IdentityKind.BIRTH_CERTIFICATE, "T330012345", True),
        (IdentityKind.BIRTH_CERTIFICATE, "330012345", False),
        (IdentityKind.OTHER, "军字第0012345号", False),
        (IdentityKind.OTHER, "A-0012345", True),
    ],
)
def test_other_documents_have_their_shapes(kind, number, right):
    if right:
        check(kind, number)
    else:
        with pytest.raises(IdentityNumberImpossible):
            check(kind, number)


@pytest.mark.parametrize("kind", [IdentityKind.OTHER, IdentityKind.PASSPORT])
def test_a_residents_number_is_taken_under_no_other_document(kind):
    with pytest.raises(DocumentIsIdentityCard) as refused:
        check(kind, f" {WITH_X.lower()[:6]} {WITH_X.lower()[6:]}")
    assert refused.value.field == "identity_kind"
    with pytest.raises(DocumentIsResidencePermit):
        check(kind, an_identity_number(BORN, place="810000"))


def test_a_number_says_birth_date_and_sex_for_the_form():
    assert birth_and_sex(CARD, WITH_X) == (BORN, Sex.FEMALE)
    assert birth_and_sex(CARD, "123") is None
    assert birth_and_sex(IdentityKind.PASSPORT, WITH_X) is None


def test_one_person_has_one_index_however_the_number_is_typed():
    assert identity_index(CARD, "110105 1949 1231 002x") == identity_index(CARD, WITH_X)
    assert identity_index(CARD, WITH_X) != identity_index(IdentityKind.OTHER, WITH_X)
    assert normalised(CARD, "１１０１０５19491231002X") == WITH_X


@given(
    born=st.dates(date(1900, 1, 1), TODAY),
    sex=st.sampled_from(Sex),
    order=st.integers(0, 499),
)
def test_every_number_that_is_made_right_is_taken(born, sex, order):
    number = an_identity_number(born, sex, order=order)

    check(CARD, number, birth_date=born, sex=sex)


@given(
    born=st.dates(date(1900, 1, 1), TODAY),
    place=st.integers(0, 16),
    digit=st.integers(1, 9),
)
def test_every_single_digit_that_is_mistyped_is_noticed(born, place, digit):
    number = an_identity_number(born)
    wrong = str((int(number[place]) + digit) % 10)

    with pytest.raises(IdentityCheckDigitWrong):
        check(CARD, number[:place] + wrong + number[place + 1 :], birth_date=born)


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("张三", "张*"),
        ("张三丰", "张**"),
        ("欧阳修", "欧阳*"),
        ("欧阳娜娜", "欧阳**"),
        ("东方", "东*"),
        ("买买提·艾力", "买**·**"),
        ("Mary Ann Smith", "M*** A*** S***"),
        ("李𬱖", "李*"),
        ("王", "*"),
        ("  张三 ", "张*"),
        ("", ""),
    ],
)
def test_a_masked_name_is_known_to_its_owner_only(name, seen):
    assert masked_name(name) == seen


@given(name=st.text(min_size=1, max_size=20))
def test_a_masked_name_never_shows_the_whole(name):
    hidden = masked_name(name)
    assert hidden == "" or "*" in hidden


def test_a_masked_number_hides_what_opens_the_authenticity_check():
    assert masked_number(WITH_X) == "110*************2X"
    assert masked_number("E1234") == "*****"
    assert WITH_X[-4:] not in masked_number(WITH_X)


def test_phones_and_addresses_are_masked_in_the_middle():
    assert written_phone("+8613800138000") == "+86 138 0013 8000"
    assert written_phone("on paper only") == "on paper only"
    assert masked_phone("+8613800138000") == "+86 138****8000"
    assert masked_phone("+85291234567") == "+85*******67"
    assert masked_phone("") == "******"
    assert masked_email("lihua@example.cn") == "l***@example.cn"
    assert masked_email("") == ""
