"""The demo's printing house: it has a key of its own and reads what was printed for it."""

import csv
import io
from pathlib import Path
from typing import NamedTuple

import pyrage

from selfcard.core.serials import plain_digits, serial_of
from selfcard.demo.cast import folder, keep

PRINTER = "P001"
KEY_FILE = "printing-house.key"


class PrintedCard(NamedTuple):
    """A card as the printing house knows it."""

    serial: int
    card_number: str
    pin: str


def make_key() -> str:
    """Give the printing house its key; the public half is returned."""
    identity = pyrage.x25519.Identity.generate()
    keep(KEY_FILE, str(identity))
    return str(identity.to_public())


def read_print_file(path: Path) -> list[PrintedCard]:
    """Decrypt a print file with the printing house's own key."""
    identity = pyrage.x25519.Identity.from_str((folder() / KEY_FILE).read_text())
    rows = csv.DictReader(io.StringIO(pyrage.decrypt(path.read_bytes(), [identity]).decode()))
    return [
        PrintedCard(
            serial_of(row["card_number"]),
            plain_digits(row["card_number"]),
            plain_digits(row["pin"]),
        )
        for row in rows
    ]
