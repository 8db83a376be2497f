"""Postal addresses: what stands on a letter below the division."""

from selfcard.products.errors import AddressTooLong, AddressTooShort

SHORTEST_ADDRESS, LONGEST_ADDRESS = 4, 200


def postal_address(typed: str) -> str:
    """An address in one line.

    Raises:
        AddressTooShort: a street or village and a number do not fit into it, or it has no letters.
        AddressTooLong: it fits on no envelope.
    """
    line = " ".join(typed.split())
    if len(line) < SHORTEST_ADDRESS or sum(each.isalpha() for each in line) < 2:
        raise AddressTooShort
    if len(line) > LONGEST_ADDRESS:
        raise AddressTooLong(longest=LONGEST_ADDRESS)
    return line
