"""How texts are cut into parts and put together again."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfcard.sms.segments import (
    Alphabet,
    NotReadable,
    Place,
    cut,
    decoded,
    encoded,
    is_gsm_7,
    joined,
    read_head,
)


def there_and_back(text: str, *, wide: bool = False, seed: int = 0) -> str:
    """A text cut, its parts shuffled, read and joined."""
    parts = cut(text, 0x1234, wide=wide)
    random.Random(seed).shuffle(parts)
    found = []
    for one in parts:
        place, content = read_head(one.head + one.content) if one.head else (None, one.content)
        found.append((place.number if place else 1, decoded(content, one.alphabet)))
    return joined(found)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=700), st.booleans())
def test_any_text_comes_back_whole_whatever_the_order_of_its_parts(text, wide):
    assert there_and_back(text, wide=wide, seed=len(text)) == text


@given(st.text("abcXYZ{}[]€^|~\\ \n@£Ωé", max_size=700), st.booleans())
def test_a_text_of_the_default_alphabet_travels_in_it(text, wide):
    parts = cut(text, 7, wide=wide)

    assert {one.alphabet for one in parts} == {Alphabet.GSM_7}
    assert all(len(one.head + one.content) <= 160 for one in parts)
    assert there_and_back(text, wide=wide) == text


def test_the_parts_are_as_long_as_they_can_be():
    def sizes(text: str, *, wide: bool = False) -> list[int]:
        return [len(one.content) for one in cut(text, 1, wide=wide)]

    assert sizes("a" * 160) == [160]
    assert sizes("a" * 161) == [153, 8]
    assert sizes("a" * 161, wide=True) == [152, 9]
    assert sizes("保" * 70) == [140]
    assert sizes("保" * 71) == [134, 8]
    assert sizes("保" * 71, wide=True) == [132, 10]
    assert sizes("") == [0]


def test_no_sign_is_torn_apart():
    euro, face = cut("a" * 152 + "€" * 10, 1), cut("保" * 66 + "😀" * 4, 1)

    assert [len(one.content) for one in euro] == [152, 20]
    assert [len(one.content) for one in face] == [132, 16]


def test_the_head_is_written_as_the_standard_has_it():
    assert cut("保" * 71, 0x1AB)[1].head == bytes([5, 0, 3, 0xAB, 2, 2])
    assert cut("保" * 71, 0x1AB, wide=True)[0].head == bytes([6, 8, 4, 1, 0xAB, 2, 1])
    assert read_head(bytes([6, 8, 4, 1, 0xAB, 2, 1]) + b"x") == (Place(0x1AB, 2, 1), b"x")
    # Elements that we do not know are passed over: here the ports of an application.
    ports = bytes([5, 4, 0x0B, 0x84, 0x0B, 0x84])
    head = ports + bytes([0, 3, 9, 3, 2])
    assert read_head(bytes([len(head)]) + head + b"x") == (Place(9, 3, 2), b"x")
    assert read_head(bytes([len(ports)]) + ports + b"x") == (None, b"x")


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\x05",
        b"\x05\x00\x03\x01\x02",
        b"\x05\x00\x03\x01\x02\x03",
        b"\x05\x00\x03\x01\x02\x00",
        b"\x03\x00\x05\x01",
    ],
)
def test_a_broken_head_is_not_read(head):
    with pytest.raises(NotReadable):
        read_head(head)


def test_other_alphabets_are_read_and_unknown_ones_refused():
    assert decoded(b"ACT\xe9", Alphabet.LATIN_1) == "ACTé"
    assert decoded(b"ACT", Alphabet.ASCII) == "ACT"
    assert decoded(b"\x1b\x65\x00\x1b\x41", Alphabet.GSM_7) == "€@A"
    for content, coding in ((b"\x80", 0), (b"a", 4), (b"\x00", 8), (b"\xd8\x00", 8), (b"\xff", 1)):
        with pytest.raises(NotReadable):
            decoded(content, coding)


def test_a_text_is_sent_in_chinese_only_where_it_has_to_be():
    assert is_gsm_7("Policy P1: 26 Nov 2026 [ok] {€}")
    assert not is_gsm_7("保单")
    assert encoded("保")[1] == b"\x4f\xdd"


def test_a_text_of_more_parts_than_can_be_counted_is_refused():
    with pytest.raises(ValueError, match="256"):
        cut("a" * (153 * 255 + 1), 1)
