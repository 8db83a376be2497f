"""The print file as the printing house reads it."""

import csv
import io

import pyrage
import pytest

from selfcard.cards.print_file import print_folder
from selfcard.core.serials import card_number, group_digits
from tests.factories.cards import PRINTING_HOUSE, a_document_type, a_made_batch
from tests.factories.organisations import an_insurer

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("pin_length", [8, 10, 12, 16])
def test_numbers_and_pins_are_grouped_as_on_every_paper(settings, tmp_path, pin_length):
    settings.PRINT_FOLDER = tmp_path
    insurer = an_insurer()
    batch = a_made_batch(insurer, 3, a_document_type(insurer, pin_length=pin_length))
    encrypted = (print_folder() / batch.print_file.name).read_bytes()

    text = pyrage.decrypt(encrypted, [PRINTING_HOUSE]).decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))

    assert text.endswith("\r\n")
    assert [int(row["serial"]) for row in rows] == [batch.run.first + place for place in range(3)]
    for row in rows:
        number, pin = card_number(int(row["serial"])), row["pin"].replace(" ", "")
        assert len(pin) == pin_length
        assert row["pin"] == group_digits(pin)
        assert row["card_number"] == group_digits(number)
        assert row["qr"].endswith(f"/#c={number}&p={pin}")
        assert row["deadline"] == batch.last_day.isoformat()
