"""What people mean by what they type, however they type it."""

import random
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import luhn

from selfcard.cards.keywords import Deed, Keyword
from selfcard.sms.grammar import (
    LONGEST_MESSAGE,
    Activation,
    HelpAsked,
    Mistyped,
    Slip,
    StatusAsked,
    masked,
    read,
    written,
)
from tests.factories.sms import dressed, typed_messages

CARD = "6201180000000012"
PIN = "483920175566"
IDENTITY = "33010619860517002X"


def activation(**given: Any) -> Activation:
    """王芳 activates the card in Chinese, unless told otherwise."""
    fields: dict[str, Any] = {
        "language": "zh-hans",
        "card_number": CARD,
        "pin": PIN,
        "name": "王芳",
        "identity_number": IDENTITY,
    }
    return Activation(**fields | given)


@pytest.mark.parametrize(
    "typed",
    [
        f"激活#{CARD}#{PIN}#王芳#{IDENTITY}",
        f"激活＃{CARD}＃{PIN}＃王芳＃{IDENTITY}",
        f"  激活 {CARD} {PIN} 王芳 {IDENTITY} ",
        f"激活，{CARD}，{PIN}，王芳，{IDENTITY}。",
        f"激活、{CARD}、{PIN}、王芳、{IDENTITY}",
        f"激活:{CARD};{PIN};王芳;{IDENTITY}",
        f"激活\n{CARD}\n{PIN}\n王芳\n{IDENTITY}",
        f"激活##{CARD}# #{PIN},，#王芳#{IDENTITY}##",
        f"激活{CARD}#{PIN}王芳{IDENTITY}",
        f"激活{CARD}{PIN}王芳{IDENTITY}",
        f"jh#{CARD}#{PIN}#王芳#{IDENTITY.lower()}",
        f"激活#6201 1800 0000 0012#4839 2017 5566#王　芳#{IDENTITY}",
        "激活 6201-1800-0000-0012 4839-2017-5566 王 芳 330106 19860517 002x",
        f"激活,6201,1800,0000,0012,4839,2017,5566,王芳,{IDENTITY}",
        "激活＃６２０１１８００００００００１２＃４８３９２０１７５５６６＃王芳＃３３０１０６１９８６０５１７００２Ｘ",
        f"激活<{CARD}>[{PIN}]“王芳”({IDENTITY})",
        f"激活#{CARD}#{PIN}#{IDENTITY}#王芳",
        f"激活 {CARD} {PIN} {IDENTITY} 王芳",
        f"\u200b激活#{CARD}\u200e#{PIN}#王芳\u200b#{IDENTITY}\ufeff",
    ],
)
def test_separators_width_case_groups_and_order_do_not_matter(typed):
    assert read(typed) == activation()


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        (f"ACT#{CARD}#{PIN}#Mary Jane O'Neill#E12345678", "Mary Jane O'Neill"),
        (f"act {CARD} {PIN} mary jane o'neill E12345678", "mary jane o'neill"),
        (f"Activate,{CARD},{PIN},O'Neill,  Mary,E12345678", "O'Neill Mary"),
        (f"ACT#{CARD}#{PIN}#Jean-Luc  St. Pierre#e 1234 5678", "Jean-Luc St. Pierre"),
        (f"ACT#{CARD}#{PIN}#买买提·艾合买提#E12345678", "买买提·艾合买提"),
    ],
)
def test_a_name_goes_up_to_the_first_part_with_a_digit(typed, name):
    meant = read(typed)

    assert isinstance(meant, Activation)
    assert (meant.name, meant.identity_number) == (name, "E12345678")


@pytest.mark.parametrize(
    ("behind", "starts_on", "more"),
    [
        ("#2026-12-01", date(2026, 12, 1), ()),
        (" 20261201", date(2026, 12, 1), ()),
        ("#2026年12月1日", date(2026, 12, 1), ()),
        ("#ACC-STD#2026/12/1", date(2026, 12, 1), ("ACC-STD",)),
        ("#2026.12.1#acc-std", date(2026, 12, 1), ("acc-std",)),
        ("#安心意外险#教师", None, ("安心意外险", "教师")),
        ("#office worker", None, ("office worker",)),
        (" 2026-12-01 office worker", date(2026, 12, 1), ("office worker",)),
    ],
)
def test_what_follows_the_identity_number_is_a_first_day_and_words(behind, starts_on, more):
    assert read(f"激活#{CARD}#{PIN}#王芳#{IDENTITY}{behind}") == activation(
        starts_on=starts_on, more=more
    )


def test_the_status_is_asked_for_with_card_and_pin():
    for typed in (
        f"STATUS#{CARD}#{PIN}",
        "status 6201 1800 0000 0012 4839 2017 5566",
        f"Check{CARD},{PIN}",
    ):
        assert read(typed) == StatusAsked(language="en", card_number=CARD, pin=PIN)
    for typed in (f"查询#{CARD}#{PIN}", f"查询卡{CARD}{PIN}", f"ｃｘ＃{CARD}＃{PIN}"):
        assert read(typed) == StatusAsked(language="zh-hans", card_number=CARD, pin=PIN)


def test_help_may_be_about_a_kind_of_card():
    assert read("Help!") == HelpAsked(language="en")
    assert read("？") == HelpAsked(language="en")
    assert read("帮助 AC-050") == HelpAsked(language="zh-hans", about="AC-050")


OWN = (
    Keyword("安心", Deed.ACTIVATE, "zh-hans", "AC-050"),
    Keyword("SAFE", Deed.ACTIVATE, "en", "AC-050"),
    Keyword("查询安", Deed.ACTIVATE, "zh-hans", "AC-060"),
)


def test_a_kind_of_card_has_keywords_beside_those_for_all():
    for word in ("安心", "激活", "查询安"):
        assert read(f"{word}{CARD}#{PIN}#王芳#{IDENTITY}", OWN) == activation()
    assert read(f"safe {CARD} {PIN} 王芳 {IDENTITY}", OWN) == activation(language="en")
    assert read(f"安心#{CARD}#{PIN}#王芳#{IDENTITY}").deed is None
    assert read("SAFER", OWN).deed is None
    assert read(f"查询{CARD}{PIN}", OWN) == StatusAsked(
        language="zh-hans", card_number=CARD, pin=PIN
    )
    mistyped = read(f"安心#{CARD}", OWN)
    assert isinstance(mistyped, Mistyped)
    assert (mistyped.about, mistyped.card_number) == ("AC-050", CARD)


@pytest.mark.parametrize(
    ("typed", "slips"),
    [
        ("ACT", [Slip.CARD_MISSING, Slip.PIN_MISSING, Slip.NAME_MISSING, Slip.IDENTITY_MISSING]),
        (f"ACT#{CARD[:-1]}#{PIN}#王芳#{IDENTITY}", [Slip.CARD_NOT_16_DIGITS]),
        (f"ACT#{CARD[:-1]}3#{PIN}#王芳#{IDENTITY}", [Slip.CARD_MISTYPED]),
        (f"ACT#{CARD[:-1]}O#{PIN}#王芳#{IDENTITY}", [Slip.CARD_NOT_16_DIGITS]),
        (f"ACT#{CARD}#{PIN[:-1]}O#王芳#{IDENTITY}", [Slip.PIN_NOT_DIGITS]),
        (f"ACT#{CARD}#1234567#王芳#{IDENTITY}", [Slip.PIN_NOT_DIGITS]),
        (f"ACT#{CARD}#{PIN}#{IDENTITY}", [Slip.NAME_MISSING]),
        (f"ACT#{CARD}#{PIN}#王芳", [Slip.IDENTITY_MISSING]),
        (f"ACT#{CARD}#{PIN}#王芳#no number#teacher", [Slip.IDENTITY_IMPOSSIBLE]),
        (f"ACT#{CARD}#{PIN}#王芳#{IDENTITY}#2026-02-30", [Slip.DATE_IMPOSSIBLE]),
        (f"ACT#{CARD}#{PIN}#{'王' * 81}#{IDENTITY}", [Slip.NAME_TOO_LONG]),
        (f"STATUS#{CARD}", [Slip.PIN_MISSING]),
        ("STATUS#1#2", [Slip.CARD_NOT_16_DIGITS, Slip.PIN_NOT_DIGITS]),
    ],
)
def test_everything_that_is_to_be_corrected_is_named_at_once(typed, slips):
    meant = read(typed)

    assert isinstance(meant, Mistyped)
    assert list(meant.slips) == slips


def test_without_a_keyword_the_language_is_that_of_the_letters():
    assert read("what do I do") == Mistyped(language="en", deed=None, slips=(Slip.NO_KEYWORD,))
    for typed in ("你好", "", "12345", "ok 好"):
        assert read(typed) == Mistyped(language="zh-hans", deed=None, slips=(Slip.NO_KEYWORD,))
    assert read("ACTION NOW").deed is None
    assert read(f"STATUS{CARD}").deed == Deed.STATUS


def test_what_may_be_kept_has_no_digit_but_the_card_number():
    kept = masked(f"激活#{CARD}#{PIN}#王芳#{IDENTITY}")
    assert kept == f"{CARD} 激活#{'•' * 16}#{'•' * 12}#王芳#{'•' * 17}X"
    assert masked(f"ACT#{CARD[:-1]}#４８３９２０１７５５６６") == f"ACT#{'•' * 15}#{'•' * 12}"
    assert PIN not in repr(read(f"ACT#{CARD}#{PIN}#王芳#{IDENTITY}"))


# Reading what was written gives it back.

CARDS = st.text("0123456789", min_size=15, max_size=15).map(lambda s: s + luhn.calc_check_digit(s))
PINS = st.text("0123456789", min_size=8, max_size=16)
LATIN = st.lists(
    st.from_regex(r"[A-Za-z][A-Za-z'.\-]{0,11}", fullmatch=True), min_size=1, max_size=4
).map(" ".join)
CHINESE = st.text("王芳李娜欧阳诸葛张伟买提·艾合", min_size=2, max_size=12).filter(
    lambda name: name.strip("·")
)
NUMBERS = st.one_of(
    st.from_regex(r"[0-9]{17}[0-9X]", fullmatch=True),
    st.from_regex(r"[EGHM][0-9]{8}", fullmatch=True),
    st.from_regex(r"[A-Z]{3}[0-9]{12}", fullmatch=True),
)
DAYS = st.none() | st.dates(date(2020, 1, 1), date(2040, 12, 31))
MORE = st.lists(
    st.sampled_from(["ACC-STD", "office worker", "教师", "0102001", "安心意外险"]), max_size=2
).map(tuple)
ACTIVATIONS = st.builds(
    Activation,
    language=st.sampled_from(["en", "zh-hans"]),
    card_number=CARDS,
    pin=PINS,
    name=LATIN | CHINESE,
    identity_number=NUMBERS,
    starts_on=DAYS,
    more=MORE,
)
ASKED = st.builds(
    StatusAsked, language=st.sampled_from(["en", "zh-hans"]), card_number=CARDS, pin=PINS
)


@given(ACTIVATIONS | ASKED)
@settings(max_examples=400, deadline=None)
def test_reading_what_was_written_gives_it_back(meaning):
    assert read(written(meaning)) == meaning


@given(ACTIVATIONS, st.randoms(use_true_random=False))
@settings(max_examples=300, deadline=None)
def test_reading_it_back_however_it_is_dressed(meaning, chance):
    assert read(dressed(written(meaning), chance)) == meaning


@given(st.text(max_size=300))
@settings(max_examples=400, deadline=None)
def test_whatever_is_typed_means_something_and_keeps_its_meaning(typed):
    meant = read(typed)

    assert isinstance(masked(typed), str)
    if not isinstance(meant, Mistyped):
        assert read(written(meant)) == meant


def test_a_hundred_thousand_messages_leave_nothing_uncaught():
    chance = random.Random(20260724)
    understood = 0
    for message in typed_messages(100_000, chance):
        understood += isinstance(read(message), Activation | StatusAsked)

    assert 30_000 < understood < 90_000, "both sorts are among them"


@pytest.mark.parametrize(
    "unit", ["#", "1", "激活", "1234 ", "1234#", "a.", "王1", "2026年1月1日", "ﷺ", "-", "①"]
)
def test_the_longest_messages_are_read_in_no_time(unit):
    message = ("激活#" + unit * LONGEST_MESSAGE)[:LONGEST_MESSAGE]

    assert read(message).language == "zh-hans"
