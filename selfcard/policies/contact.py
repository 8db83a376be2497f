"""Where the applicant is reached: a phone that takes messages, a division, a postal address."""

import re
import unicodedata
from collections.abc import Iterator

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from selfcard.core.refusals import Refusal
from selfcard.policies.errors import (
    PhoneImpossible,
    PhoneTakesNoMessages,
    RegionUnknown,
)
from selfcard.products.addresses import postal_address
from selfcard.products.regions import divisions, find_region

# Where nobody can say from the number alone, it may be a mobile phone.
_TAKE_MESSAGES = {
    PhoneNumberType.MOBILE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE,
    PhoneNumberType.PERSONAL_NUMBER,
    PhoneNumberType.UNKNOWN,
}


def mobile_phone(typed: str) -> str:
    """The number of a phone to which a code can be sent, in E.164; without a country code it is
    of the mainland.

    Raises:
        PhoneImpossible: nobody can have this number.
        PhoneTakesNoMessages: it is a landline or a service number.
    """
    try:
        number = phonenumbers.parse(unicodedata.normalize("NFKC", typed), "CN")
    except phonenumbers.NumberParseException:
        raise PhoneImpossible from None
    if not phonenumbers.is_valid_number(number):
        raise PhoneImpossible
    if phonenumbers.number_type(number) not in _TAKE_MESSAGES:
        raise PhoneTakesNoMessages
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def address_in_full(region: str, address: str) -> str:
    """An address with its division, in the order of the language that it is written in.

    A division that the address itself begins with, or ends with in English, is not said twice.
    """
    if not find_region(region):
        return address
    path = divisions().path(region)
    if re.search(r"[\u3400-\u9fff]", address) or not address:
        for one in path:
            address = address.removeprefix(one.name_zh)
        return "".join(one.name_zh for one in path) + address
    names = [one.name_en for one in path]
    said = [part for part in address.split(", ") if part not in names]
    return ", ".join([*said, *reversed(names)])


def problems_of_contact(*, phone: str, region: str, address: str) -> Iterator[Refusal]:
    """What makes it impossible to reach somebody; nothing is said of what was left out."""
    if region and not find_region(region):
        yield RegionUnknown(field="contact.region")
    for field, read, text in (
        ("phone", mobile_phone, phone),
        ("address", postal_address, address),
    ):
        try:
            if text:
                read(text)
        except Refusal as refusal:
            refusal.field = f"contact.{field}"
            yield refusal
