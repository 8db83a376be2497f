"""Is this policy genuine? What anybody who holds one may learn: everything but whom it insures."""

import base64
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from selfcard.core import clock
from selfcard.policies.errors import NotTheLastSigns
from selfcard.policies.identity import IdentityKind, normalised
from selfcard.policies.models import CodeKey, InsuredPerson, Policy, SeenState
from selfcard.policies.paperwork import summary_of
from selfcard.policies.queries import find_policy
from selfcard.policies.signing.codes import Summary, key_id, public_key, read_code
from selfcard.products.models import ProductVersion

LAST_SIGNS = 4  # of an identity number, which whoever holds the policy reads on it


@dataclass(frozen=True, kw_only=True)
class Authenticity:
    """A policy of ours as it is now, for whoever compares it with the paper in their hand.

    `is_outdated` says that the paper was a former one: something has changed since.
    """

    number: str
    product: ProductVersion
    state: SeenState
    issued_at: datetime
    starts_at: datetime
    ends_at: datetime
    cancelled_at: datetime | None
    people: int
    edition: int
    is_outdated: bool = False

    @property
    def is_good(self) -> bool:
        """Whether one may rely on it: it holds now or later, and this is its present paper."""
        return not self.is_outdated and self.state in (SeenState.ISSUED, SeenState.IN_FORCE)


def authenticity_of(policy: Policy, *, edition: int | None = None) -> Authenticity:
    """What is said about a policy that somebody has shown to hold, in one of its editions."""
    return Authenticity(
        number=policy.number,
        product=policy.product_version,
        state=policy.seen_state(clock.now()),
        issued_at=policy.issued_at,
        starts_at=policy.starts_at,
        ends_at=policy.ends_at,
        cancelled_at=policy.cancelled_at,
        people=len(policy.insured.all()),
        edition=policy.edition,
        is_outdated=edition is not None and edition < policy.edition,
    )


def policy_with_code(written: str) -> tuple[Policy, Summary] | None:
    """The policy that a code was made for; none when no key of ours signed it, or it says another.

    A former edition may say what has changed since. The present one says what is so now.
    """
    said = read_code(written, _public_key)
    policy = find_policy(said.number) if said else None
    if said is None or policy is None or said.edition > policy.edition:
        return None
    if said.edition == policy.edition and said != _as_said(summary_of(policy)):
        return None
    return policy, said


def number_scanned(read: str) -> str | None:
    """The policy's number in what a scanner reads from its code; none in anything else."""
    _, is_code, code = read.strip().rpartition("/CHECK/")
    found = policy_with_code(code) if is_code else None
    return found[0].number if found else None


def last_signs_of(typed: str) -> str:
    """The end of an identity number as it counts, however it was typed.

    Raises:
        NotTheLastSigns: it is not as long.
    """
    plain = normalised(IdentityKind.OTHER, typed)
    if len(plain) != LAST_SIGNS:
        raise NotTheLastSigns
    return plain


def policy_ending_with(number: str, signs: str) -> Policy | None:
    """The policy of a number, if an identity number of somebody insured ends with these signs.

    Where there is none the work is the same, whether or not there is such a policy.
    """
    people = InsuredPerson.objects.filter(policy__number=number).only("identity_number")
    if any(one.identity_number[-LAST_SIGNS:] == signs for one in people):
        return find_policy(number)
    return None


@dataclass(frozen=True)
class CodeKeyShown:
    """A public key of codes, as it is published; without a day, no code was signed with it yet."""

    public_key: bytes
    since: datetime | None

    @property
    def id(self) -> str:
        return key_id(self.public_key).hex()

    @property
    def as_jwk(self) -> dict[str, str]:
        """As programs read it (RFC 8037)."""
        x = base64.urlsafe_b64encode(self.public_key).decode().rstrip("=")
        return {"kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": self.id, "x": x}


def code_keys() -> list[CodeKeyShown]:
    """The public keys of all codes, the oldest first; the newest is there before it is used."""
    found = [CodeKeyShown(bytes(one.public_key), one.since) for one in CodeKey.objects.all()]
    newest = public_key()
    if newest not in (one.public_key for one in found):
        found.append(CodeKeyShown(newest, None))
    return found


def _public_key(key: bytes) -> bytes | None:
    found = CodeKey.objects.filter(key_id=key.hex()).first()
    return bytes(found.public_key) if found else None


def _as_said(summary: Summary) -> Summary:
    """With moments as a code can carry them."""
    moments = {
        name: getattr(summary, name).replace(microsecond=0).astimezone(UTC)
        for name in ("issued_at", "starts_at", "ends_at")
    }
    return replace(summary, **moments)
