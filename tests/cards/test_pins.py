"""PINs: drawn fairly, kept only as digests, compared with the same work for every card."""

import hmac
import math
from collections import Counter

import pyrage
import pytest
from django.core.serializers import serialize
from django.db import connection
from django.test.utils import CaptureQueriesContext

from selfcard.cards import print_file
from selfcard.cards.models import BatchKey, PinSheet
from selfcard.cards.pins import Digester, PinKeys, draw_pins
from selfcard.cards.print_file import activation_link, card_numbers
from selfcard.cards.queries import check_pin
from selfcard.core.serials import SerialRun, card_number
from tests.factories.cards import a_document_type, a_printed_batch
from tests.factories.organisations import an_insurer

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("length", [8, 12, 16])
def test_a_drawn_pin_has_its_length_and_keeps_leading_zeros(length):
    pins = list(draw_pins(5_000, length))

    assert len(pins) == 5_000
    assert {len(pin) for pin in pins} == {length}
    assert any(pin.startswith("0") for pin in pins)
    assert len(set(pins)) > 4_990


def test_each_digit_is_as_likely_as_any_other():
    counts = Counter("".join(draw_pins(10_000, 8)))

    expected = 10_000 * 8 / 10
    assert all(abs(counts[digit] - expected) < 6 * math.sqrt(expected) for digit in "0123456789")


def test_the_fast_digests_are_plain_hmac():
    keys, run = PinKeys.fresh(), SerialRun(620118000000001, 620118000000002)

    digests, selectors = Digester(keys).digests(run, ["123456789012", "000000000000"])

    assert digests[:16] == (hmac.digest(keys.pin, b"620118000000001:123456789012", "sha256")[:16])
    assert digests[16:] == keys.digest(run.last, "000000000000")
    assert selectors == keys.selector_digest(run.first, "1234") + keys.selector_digest(
        run.last, "0000"
    )


def test_the_same_pin_looks_different_on_every_card():
    keys = PinKeys.fresh()

    assert keys.digest(1, "123456789012") != keys.digest(2, "123456789012")


def test_the_fast_card_numbers_are_the_card_numbers():
    run = SerialRun(620118000000990, 620118000002010)

    assert list(card_numbers(run)) == [
        card_number(serial) for serial in range(run.first, run.last + 1)
    ]


@pytest.fixture
def printed():
    return a_printed_batch(an_insurer(), 1_203)


def test_every_printed_pin_opens_its_own_card_and_no_other(printed):
    _, cards = printed

    for card in (cards[0], cards[999], cards[1000], cards[1202]):
        assert check_pin(card.serial, card.pin).matches
    assert not check_pin(cards[0].serial, cards[1].pin).matches


def test_a_wrong_pin_with_the_right_first_digits_is_told_apart(printed):
    _, cards = printed
    wrong = cards[5].pin[:4] + "".join("1" if digit == "0" else "0" for digit in cards[5].pin[4:])

    check = check_pin(cards[5].serial, wrong)

    assert (check.selector_matches, check.matches) == (True, False)


@pytest.mark.parametrize("serial", [None, 1, 620118000001204, 999999999999999])
def test_no_pin_opens_a_card_that_does_not_exist(printed, serial):
    check = check_pin(serial, printed[1][0].pin)

    assert (check.selector_matches, check.matches) == (False, False)


def test_an_unknown_card_costs_the_same_statements_as_a_wrong_pin(printed):
    counts = []
    for serial in (printed[1][0].serial, None, 1):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            check_pin(serial, "000000000000")
        counts.append(len(queries))

    assert counts == [1, 1, 1]


def test_no_plain_pin_is_in_the_database(printed):
    _, cards = printed
    kept = serialize("json", [*PinSheet.objects.all(), *BatchKey.objects.all()])
    with connection.cursor() as cursor:
        cursor.execute("SELECT args::text FROM procrastinate_jobs")
        jobs = str(cursor.fetchall())
        cursor.execute("SELECT string_agg(facts::text, '') FROM core_auditevent")
        audit = cursor.fetchone()[0]

    for card in cards[:50]:
        assert card.pin not in kept
        assert card.pin not in jobs
        assert card.pin not in audit


def test_the_print_file_opens_only_with_the_printers_key(printed):
    batch, _ = printed
    encrypted = (print_file.print_folder() / f"{batch.print_file.name}.taken").read_bytes()

    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(encrypted, [pyrage.x25519.Identity.generate()])


def test_the_print_file_is_for_its_owner_only(printed):
    batch, _ = printed
    file = print_file.print_folder() / f"{batch.print_file.name}.taken"

    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_the_qr_code_keeps_number_and_pin_from_every_server():
    address, _, fragment = activation_link("6201180000000014", "123456789012").partition("#")

    assert "6201180000000014" not in address
    assert fragment == "c=6201180000000014&p=123456789012"


def test_a_pin_of_another_length_is_printed_and_accepted():
    insurer = an_insurer()
    a_document_type(insurer, pin_length=16)
    _, cards = a_printed_batch(insurer, 3)

    assert len(cards[2].pin) == 16
    assert check_pin(cards[2].serial, cards[2].pin).matches
