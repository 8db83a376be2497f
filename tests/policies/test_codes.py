"""The code on a policy: it verifies without a network, with nothing of ours, and is not forged."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import segno
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from selfcard.core.keys import forget_keys
from selfcard.launcher.folder import PROJECT
from selfcard.policies.authenticity import CodeKeyShown
from selfcard.policies.signing.codes import (
    LONGEST,
    Summary,
    code_address,
    code_of,
    public_key,
    read_code,
)

SUMMARY = Summary(
    number="P0000481237462",
    edition=1,
    state="issued",
    issued_at=datetime(2026, 11, 22, 6, 32, tzinfo=UTC),
    starts_at=datetime(2026, 11, 22, 16, 0, tzinfo=UTC),
    ends_at=datetime(2027, 11, 22, 15, 59, 59, tzinfo=UTC),
    people=bytes(range(8)),
    product="AC-SEN",
    product_version=3,
)


def ours(_key: bytes) -> bytes:
    return public_key()


def test_a_code_says_what_was_signed_and_is_always_the_same():
    code = code_of(SUMMARY)

    assert read_code(code.written, ours) == SUMMARY
    assert code_of(SUMMARY) == code
    assert code.public_key == public_key()


def test_a_code_fits_into_a_small_picture_as_every_camera_reads_it():
    address = code_address("https://cards.lantern.example", code_of(SUMMARY).written)

    assert address.startswith("HTTPS://CARDS.LANTERN.EXAMPLE/CHECK/A")
    picture = segno.make(address, error="m", boost_error=False)
    assert picture.mode == "alphanumeric"
    assert int(picture.version) <= 9


def test_a_long_product_code_in_chinese_fits_as_well():
    summary = replace(SUMMARY, product="安" * 20)
    code = code_of(summary)

    assert len(code.written) <= LONGEST
    assert read_code(code.written, ours) == summary


def test_a_path_before_the_site_keeps_its_letters():
    assert code_address("https://a.example/cards", "X") == "HTTPS://A.EXAMPLE/cards/CHECK/X"


def test_no_change_of_a_sign_is_read():
    written = code_of(SUMMARY).written

    for at, sign in enumerate(written):
        other = "B" if sign != "B" else "C"
        assert read_code(written[:at] + other + written[at + 1 :], ours) is None, at


@pytest.mark.parametrize("written", ["", "A", "A" * 400, "a" * 176, "0" * 176, "A" * 176, "啊"])
def test_what_is_no_code_is_not_read(written):
    assert read_code(written, ours) is None


def test_a_key_that_is_not_published_signs_nothing():
    stranger = Ed25519PrivateKey.generate().public_key().public_bytes_raw()

    assert read_code(code_of(SUMMARY).written, lambda key: None) is None
    assert read_code(code_of(SUMMARY).written, lambda key: stranger) is None


def test_a_newer_key_signs_and_what_the_former_signed_stays_genuine(settings, tmp_path):
    settings.KEY_FOLDER = tmp_path
    before = code_of(SUMMARY)
    (tmp_path / "policy-code.2.key").write_bytes(b"2" * 32)
    forget_keys()

    after = code_of(SUMMARY)

    assert before.public_key != after.public_key
    assert read_code(before.written, lambda key: before.public_key) == SUMMARY
    assert read_code(after.written, lambda key: after.public_key) == SUMMARY
    assert read_code(before.written, lambda key: after.public_key) is None


# With nothing of ours.


def asked_script(folder: Path, keys: list[bytes], read: str) -> "subprocess.CompletedProcess[str]":
    published = {"keys": [CodeKeyShown(one, None).as_jwk for one in keys]}
    (folder / "codes.json").write_text(json.dumps(published))
    return subprocess.run(
        # Isolated: it cannot even find what is ours.
        [sys.executable, "-I", str(PROJECT / "docs/policy_code.py"), "codes.json", read],
        cwd=folder,
        capture_output=True,
        text=True,
    )


def test_the_published_script_verifies_a_code_with_the_published_key(tmp_path):
    stranger = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    address = code_address("https://cards.lantern.example", code_of(SUMMARY).written)

    ran = asked_script(tmp_path, [stranger, public_key()], address)

    assert (ran.returncode, ran.stderr) == (0, "")
    said: dict[str, Any] = json.loads(ran.stdout)
    assert said == {
        "policy": "P0000481237462",
        "edition": 1,
        "state_when_made": "issued",
        "issued": "2026-11-22T06:32:00+00:00",
        "cover_from": "2026-11-22T16:00:00+00:00",
        "cover_to": "2027-11-22T15:59:59+00:00",
        "product": "AC-SEN-3",
    }


def test_the_published_script_refuses_what_we_have_not_signed(tmp_path):
    written = code_of(SUMMARY).written
    forged = written[:30] + ("A" if written[30] != "A" else "B") + written[31:]
    stranger = Ed25519PrivateKey.generate().public_key().public_bytes_raw()

    for keys, read in (([public_key()], forged), ([stranger], written)):
        ran = asked_script(tmp_path, keys, read)
        assert ran.returncode == 1
        assert "NOT GENUINE" in ran.stderr
