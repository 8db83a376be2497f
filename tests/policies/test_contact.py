"""Where somebody is reached: phones that take messages, divisions that exist, postal addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfcard.core.refusals import Refusal
from selfcard.policies.contact import address_in_full, mobile_phone, problems_of_contact
from selfcard.policies.errors import PhoneImpossible, PhoneTakesNoMessages
from selfcard.products.addresses import postal_address
from selfcard.products.errors import AddressTooLong, AddressTooShort


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("13800138000", "+8613800138000"),
        ("138 0013 8000", "+8613800138000"),
        ("１３８００１３８０００", "+8613800138000"),
        ("+86 138-0013-8000", "+8613800138000"),
        ("0086 13800138000", "+8613800138000"),
        ("19912345678", "+8619912345678"),
        ("+852 9123 4567", "+85291234567"),
        ("+853 6612 3456", "+85366123456"),
        ("+886 912 345 678", "+886912345678"),
        ("+1 202 555 0123", "+12025550123"),  # there a number does not say whether it is mobile
        ("+44 7400 123456", "+447400123456"),
        ("010 6552 9988", PhoneTakesNoMessages),
        ("0571-8765 4321", PhoneTakesNoMessages),
        ("400 555 0100", PhoneTakesNoMessages),
        ("+852 2123 4567", PhoneTakesNoMessages),
        ("1380013800", PhoneImpossible),
        ("138001380000", PhoneImpossible),
        ("9123 4567", PhoneImpossible),
        ("phone", PhoneImpossible),
        ("", PhoneImpossible),
    ],
)
def test_a_phone_takes_messages_or_is_refused_for_what_it_is(typed, number):
    if isinstance(number, str):
        assert mobile_phone(typed) == number
    else:
        with pytest.raises(number):
            mobile_phone(typed)


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("文三路1号", "文三路1号"),
        ("  文三路 1号 \n 2单元 ", "文三路 1号 2单元"),
        ("12 Wensan Road", "12 Wensan Road"),
        ("x" * 200, "x" * 200),
        ("1号", AddressTooShort),
        ("1234 5678", AddressTooShort),
        ("", AddressTooShort),
        ("x" * 201, AddressTooLong),
    ],
)
def test_an_address_fits_a_letter(typed, line):
    if isinstance(line, str):
        assert postal_address(typed) == line
    else:
        with pytest.raises(line):
            postal_address(typed)


@pytest.mark.parametrize(
    ("region", "address", "in_full"),
    [
        ("330106", "文三路1号", "浙江省杭州市西湖区文三路1号"),
        ("330106", "杭州市文三路1号", "浙江省杭州市西湖区文三路1号"),
        ("330106", "浙江省杭州市西湖区文三路1号", "浙江省杭州市西湖区文三路1号"),
        ("330106", "1 Wensan Road", "1 Wensan Road, Xihu District, Hangzhou, Zhejiang"),
        ("330106", "1 Wensan Road, Hangzhou", "1 Wensan Road, Xihu District, Hangzhou, Zhejiang"),
        ("", "文三路1号", "文三路1号"),
        ("999999", "文三路1号", "文三路1号"),
    ],
)
def test_a_paper_says_the_division_in_the_order_of_the_addresss_language(region, address, in_full):
    assert address_in_full(region, address) == in_full


def test_what_nobody_could_be_reached_by_is_named_with_its_field():
    found = problems_of_contact(phone="+861065529988", region="999999", address="1")

    assert [(one.field, one.code) for one in found] == [
        ("contact.region", "region_unknown"),
        ("contact.phone", "phone_takes_no_messages"),
        ("contact.address", "address_too_short"),
    ]
    assert not list(problems_of_contact(phone="", region="", address=""))


@given(typed=st.text(max_size=30))
def test_a_phone_that_was_read_reads_as_itself(typed):
    try:
        number = mobile_phone(typed)
    except Refusal:
        return
    assert mobile_phone(number) == number
