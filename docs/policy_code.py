#!/usr/bin/env python3
"""Verify the QR code of a policy with the published key, and without a network.

    python policy_code.py codes.json HTTPS://CARDS.EXAMPLE/CHECK/AEX5...

`codes.json` is what the portal publishes at /keys/codes.json (a JWK set, RFC 7517 and RFC 8037).
The second argument is what the camera reads; the code at its end is enough. Needs `cryptography`,
and nothing of Selfcard.
"""

import base64
import hashlib
import json
import struct
import sys
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def verify(keys: dict, read: str) -> dict:
    """What the code says; raises ValueError when no published key has signed it."""
    written = read.rsplit("/", 1)[-1]
    content = base64.b32decode(written + "=" * (-len(written) % 8))
    if base64.b32encode(content).decode().rstrip("=") != written:
        raise ValueError("not written as the insurer writes it")
    body, signature = content[:-64], content[-64:]
    form = ">B4s6sBBLLL8sH"
    version, key_id, number, edition, state, issued, starts, ends, _people, product_version = (
        struct.unpack_from(form, body)
    )
    if version != 1:
        raise ValueError("a form that this script does not know")
    for key in keys["keys"]:
        public = base64.urlsafe_b64decode(key["x"] + "=")
        if hashlib.sha256(public).digest()[:4] == key_id:
            break
    else:
        raise ValueError("signed with a key that is not published")
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, body)
    except InvalidSignature:
        raise ValueError("the signature does not belong to it") from None
    moment = {
        name: datetime.fromtimestamp(at, UTC).isoformat()
        for name, at in (("issued", issued), ("cover_from", starts), ("cover_to", ends))
    }
    return {
        "policy": f"P{int.from_bytes(number, 'big'):013d}",
        "edition": edition,
        "state_when_made": {1: "issued", 2: "cancelled"}[state],
        **moment,
        "product": f"{body[struct.calcsize(form) :].decode()}-{product_version}",
    }


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    published = json.loads(Path(sys.argv[1]).read_text())
    try:
        print(json.dumps(verify(published, sys.argv[2]), indent=2))
    except ValueError as error:
        sys.exit(f"NOT GENUINE: {error}")
