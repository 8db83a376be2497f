"""Identity documents: what is refused, one number per person, and what a stranger may see."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from selfcard.core.refusals import Refusal
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
CARD, REGISTER = IdentityKind.IDENTITY_CARD, IdentityKind.HOUSEHOLD_REGISTER
PERMIT, TRAVEL = IdentityKind.RESIDENCE_PERMIT, IdentityKind.TRAVEL_PERMIT
FOREIGN, PASSPORT = IdentityKind.FOREIGNER_CARD, IdentityKind.PASSPORT
BIRTH, OTHER = IdentityKind.BIRTH_CERTIFICATE, IdentityKind.OTHER


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
        (an_identity_number(BORN, place="810000"), DocumentIsAnother),
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


CHILD = date(2019, 6, 1)
INFANT = date(2026, 9, 30)
CHILDS = an_identity_number(CHILD, place="330106")
FOREIGNER = an_identity_number(BORN, place="931840")  # first had in Shanghai, of the USA
OLD_FOREIGNER = "USA310049123128"


@pytest.mark.parametrize(
    ("kind", "number", "born", "refusal"),
    [
        (REGISTER, CHILDS, CHILD, None),
        (REGISTER, "330106 20190601 0025", CHILD, IdentityCheckDigitWrong),
        (REGISTER, an_identity_number(CHILD, place="810000"), CHILD, DocumentIsAnother),
        (REGISTER, WITH_X, BORN, DocumentIsForChildren),
        (REGISTER, an_identity_number(date(2010, 11, 24)), date(2010, 11, 24), None),
        (
            REGISTER,
            an_identity_number(date(2010, 11, 23)),
            date(2010, 11, 23),
            DocumentIsForChildren,
        ),
        (PERMIT, an_identity_number(BORN, place="810000"), date(1950, 1, 1), BirthDateDisagrees),
        (PERMIT, an_identity_number(BORN, place="840000"), BORN, IdentityNumberImpossible),
        (PERMIT, WITH_X, BORN, DocumentIsAnother),
        (PERMIT, "H12345678", BORN, IdentityNumberImpossible),
        (FOREIGN, FOREIGNER, BORN, None),
        (
            FOREIGN,
            FOREIGNER[:-1] + str((int(FOREIGNER[-1]) + 1) % 10),
            BORN,
            IdentityCheckDigitWrong,
        ),
        (FOREIGN, an_identity_number(BORN, place="999840"), BORN, IdentityNumberImpossible),
        (FOREIGN, WITH_X, BORN, DocumentIsAnother),
        (FOREIGN, OLD_FOREIGNER, BORN, None),
        (FOREIGN, "usa 3100 491231 28", BORN, None),
        (FOREIGN, "USA310049123127", BORN, IdentityCheckDigitWrong),
        (FOREIGN, "USA310049123128", date(1949, 12, 30), BirthDateDisagrees),
        (FOREIGN, "USA990049123124", BORN, IdentityNumberImpossible),
        (FOREIGN, "110105491231002", BORN, IdentityNumberImpossible),
        (CARD, FOREIGNER, BORN, DocumentIsAnother),
        (PASSPORT, "E12345678", BORN, None),
        (PASSPORT, "ea 1234567", BORN, None),
        (PASSPORT, "Ｅ１２３４５６７８", BORN, None),
        (PASSPORT, "E1", BORN, IdentityNumberImpossible),
        (PASSPORT, "ABCDEFGH", BORN, IdentityNumberImpossible),
        (PASSPORT, "E123456789", BORN, IdentityNumberImpossible),
        (PASSPORT, "护照E1234567", BORN, IdentityNumberImpossible),
        (PASSPORT, WITH_X, BORN, DocumentIsAnother),
        (PASSPORT, FOREIGNER, BORN, DocumentIsAnother),
        (BIRTH, "T330012345", INFANT, None),
        (BIRTH, "330012345", INFANT, IdentityNumberImpossible),
        (BIRTH, "T330012345", CHILD, DocumentIsForChildren),
        (BIRTH, CHILDS, CHILD, DocumentIsAnother),
        (TRAVEL, "H12345678", BORN, None),
        (TRAVEL, "m 1234 5678 02", BORN, None),
        (TRAVEL, "HA1234567", BORN, None),
        (TRAVEL, "12345678", BORN, None),
        (TRAVEL, "1234567801", BORN, None),
        (TRAVEL, "H1234567", BORN, IdentityNumberImpossible),
        (TRAVEL, "K12345678", BORN, IdentityNumberImpossible),
        (OTHER, "A-0012345", BORN, None),
        (OTHER, "军字第0012345号", BORN, IdentityNumberImpossible),
        (OTHER, WITH_X, BORN, DocumentIsAnother),
        (OTHER, "A12345", date(1890, 1, 1), BirthLongAgo),
    ],
)
def test_each_document_is_taken_or_refused_for_what_is_wrong_with_it(kind, number, born, refusal):
    if refusal is None:
        check(kind, number, birth_date=born)
    else:
        with pytest.raises(refusal):
            check(kind, number, birth_date=born)


@pytest.mark.parametrize("kind", [OTHER, PASSPORT])
def test_a_numbers_own_document_is_named_where_another_was_chosen(kind):
    with pytest.raises(DocumentIsAnother) as refused:
        check(kind, f" {WITH_X.lower()[:6]} {WITH_X.lower()[6:]}")

    assert refused.value.field == "identity_kind"
    assert refused.value.facts["document"] == str(CARD.label)


def test_a_number_says_birth_date_and_sex_for_the_form():
    assert birth_and_sex(CARD, WITH_X) == (BORN, Sex.FEMALE)
    assert birth_and_sex(CARD, "123") is None
    assert birth_and_sex(IdentityKind.PASSPORT, WITH_X) is None


def test_one_person_has_one_index_however_the_number_is_typed():
    assert identity_index(CARD, "110105 1949 1231 002x") == identity_index(CARD, WITH_X)
    assert identity_index(CARD, WITH_X) != identity_index(IdentityKind.OTHER, WITH_X)
    assert normalised(CARD, "１１０１０５19491231002X") == WITH_X


def test_a_child_stays_one_person_when_its_first_card_comes_and_a_permit_when_it_is_renewed():
    assert identity_index(REGISTER, CHILDS) == identity_index(CARD, CHILDS)
    assert identity_index(TRAVEL, "H1234567801") == identity_index(TRAVEL, "h12345678")


WRITTEN = {
    CARD: WITH_X,
    PERMIT: an_identity_number(BORN, place="830000"),
    FOREIGN: FOREIGNER,
    PASSPORT: "EA1234567",
    BIRTH: "T330012345",
    TRAVEL: "H12345678",
}


@given(
    kind=st.sampled_from(list(WRITTEN)),
    wide=st.booleans(),
    small=st.booleans(),
    gaps=st.lists(st.tuples(st.integers(0, 18), st.sampled_from(" -　/.")), max_size=4),
)
def test_how_a_number_is_typed_never_makes_another_person(kind, wide, small, gaps):
    number = typed = WRITTEN[kind]
    for place, gap in gaps:
        typed = typed[:place] + gap + typed[place:]
    typed = typed.lower() if small else typed
    if wide:
        typed = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in typed)

    assert identity_index(kind, typed) == identity_index(kind, number)


@given(
    number=st.sampled_from([(CARD, WITH_X), (FOREIGN, FOREIGNER), (FOREIGN, OLD_FOREIGNER)]),
    place=st.integers(3, 17),
    digit=st.integers(1, 9),
)
def test_every_slip_in_one_digit_is_found(number, place, digit):
    kind, right = number
    place %= len(right)
    if not right[place].isdigit():
        return
    wrong = str((int(right[place]) + digit) % 10)

    with pytest.raises(Refusal):
        check(kind, right[:place] + wrong + right[place + 1 :])


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
