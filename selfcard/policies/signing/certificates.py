"""Whose key signs policies: a certificate with its chain, and a key wherever it is kept.

An insurer names a file with key and certificates (PEM or PKCS#12) by `SELFCARD_SIGNING_FILE`. Where
none is named, a demonstration authority is made on the first run; its name says that nobody should
rely on it. A hardware module stands behind the same port: `SELFCARD_SIGNER` names the function that
answers with a `SigningKey`.
"""

from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Protocol, TypeGuard

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.utils.module_loading import import_string

from selfcard.core import clock
from selfcard.core.keys import kept_file

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

_CURVES = (ec.SECP256R1, ec.SECP384R1)
_SMALLEST_RSA = 2048


class SigningKeyUnusable(Exception):
    """No policy can be signed like this; says in one sentence what whoever set it up can mend."""


class SigningKey(Protocol):
    """Who signs: the certificate, those above it up to the root where it is known, and the key."""

    @property
    def certificate(self) -> x509.Certificate: ...
    @property
    def chain(self) -> tuple[x509.Certificate, ...]: ...

    def sign(self, data: bytes) -> bytes:
        """Sign data, hashed with SHA-256, as the certificate's kind of key does."""
        ...


class KeyInMemory:
    """A key that was read from a file and stays in this process."""

    def __init__(
        self,
        key: PrivateKey,
        certificate: x509.Certificate,
        chain: tuple[x509.Certificate, ...],
    ) -> None:
        self._key, self.certificate, self.chain = key, certificate, chain

    def sign(self, data: bytes) -> bytes:
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return self._key.sign(data, ec.ECDSA(hashes.SHA256()))


@cache
def signing_key() -> SigningKey:
    """The key that signs policies, got once a process.

    Raises:
        SigningKeyUnusable: with it no policy could be signed that anybody accepts.
    """
    try:
        found: SigningKey = import_string(settings.POLICY_SIGNER)()
    except ImportError as error:
        raise SigningKeyUnusable(
            f"SELFCARD_SIGNER names {settings.POLICY_SIGNER}, and there is no such function."
        ) from error
    require_valid(found.certificate)
    return found


def require_valid(certificate: x509.Certificate) -> None:
    """Refuse a certificate that signs nothing today.

    Raises:
        SigningKeyUnusable: it is not for signing documents, or not of this time.
    """
    now, name = clock.now(), name_of(certificate)
    if now < certificate.not_valid_before_utc or now > certificate.not_valid_after_utc:
        raise SigningKeyUnusable(
            f"The certificate {name} is valid from {certificate.not_valid_before_utc:%Y-%m-%d} to"
            f" {certificate.not_valid_after_utc:%Y-%m-%d}, and not today: renew it."
        )
    try:
        use = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return
    if not (use.digital_signature or use.content_commitment):
        raise SigningKeyUnusable(
            f"The certificate {name} is not for signing documents: its key usage says so."
        )


def is_demonstration() -> bool:
    """Whether policies are signed by the authority that this machine made for itself."""
    return issuer_of(signing_key()).subject == _DEMONSTRATION


def issuer_of(key: SigningKey) -> x509.Certificate:
    """The highest certificate that is known: the root that others are to trust."""
    return key.chain[-1] if key.chain else key.certificate


def name_of(certificate: x509.Certificate) -> str:
    """Whom a certificate names, as a person says it."""
    for attribute in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        if found := certificate.subject.get_attributes_for_oid(attribute):
            return str(found[0].value)
    return certificate.subject.rfc4514_string()


def from_files() -> SigningKey:
    """The key of the file that the setting names, else of the demonstration.

    Raises:
        SigningKeyUnusable: the file does not have a key with its certificate.
    """
    if settings.POLICY_SIGNING_FILE:
        path = Path(settings.POLICY_SIGNING_FILE)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise SigningKeyUnusable(
                f"SELFCARD_SIGNING_FILE names {path}, which cannot be read: {error.strerror}."
            ) from error
        return _read(content, settings.POLICY_SIGNING_PASSWORD, str(path))
    path = Path(settings.KEY_FOLDER) / "policy-signing.pem"
    return _read(kept_file(path, _demonstration), "", str(path))


def _read(content: bytes, password: str, name: str) -> SigningKey:
    secret = password.encode() or None
    try:
        if b"-----BEGIN" in content:
            key = serialization.load_pem_private_key(content, secret)
            certificates = x509.load_pem_x509_certificates(content)
        else:
            found = pkcs12.load_pkcs12(content, secret)
            if found.key is None:
                raise ValueError("no key")
            key = found.key
            certificates = [one.certificate for one in (found.cert, *found.additional_certs) if one]
    except (ValueError, TypeError) as error:
        raise SigningKeyUnusable(
            f"{name} does not open as a private key with its certificates (PEM or PKCS#12):"
            " compare the file, and SELFCARD_SIGNING_PASSWORD."
        ) from error
    if not _signs_well(key):
        raise SigningKeyUnusable(
            f"The key in {name} is of a kind that signs no policies: it is to be P-256, P-384, or"
            f" RSA with {_SMALLEST_RSA} bits or more."
        )
    public = _plain(key.public_key())
    own = [one for one in certificates if _plain(one.public_key()) == public]
    if not own:
        raise SigningKeyUnusable(f"No certificate in {name} belongs to its private key.")
    return KeyInMemory(key, own[0], tuple(_chain(own[0], certificates)))


def _signs_well(key: object) -> TypeGuard[PrivateKey]:
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return isinstance(key.curve, _CURVES)
    return isinstance(key, rsa.RSAPrivateKey) and key.key_size >= _SMALLEST_RSA


def _plain(key: object) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(serialization.Encoding.DER, form)  # type: ignore[attr-defined]


def _chain(
    certificate: x509.Certificate, certificates: list[x509.Certificate]
) -> list[x509.Certificate]:
    """Who vouches for a certificate, from its issuer up, as far as the file tells."""
    above: list[x509.Certificate] = []
    while certificate.issuer != certificate.subject:
        issuers = [one for one in certificates if one.subject == certificate.issuer]
        if not issuers or issuers[0] in above:
            break
        certificate = issuers[0]
        above.append(certificate)
    return above


# ---- the demonstration -----------------------------------------------------------------

_DEMONSTRATION = x509.Name(
    [
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Selfcard demonstration"),
        x509.NameAttribute(
            NameOID.COMMON_NAME, "DEMONSTRATION authority 演示证书机构 - do not rely on it"
        ),
    ]
)
_YEARS = timedelta(days=3653)


def _demonstration() -> bytes:
    """A new authority that vouches for one signing certificate, and then loses its own key.

    So nobody can ever have another certificate from it. Key, certificate and root, as PEM.
    """
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = (
        _certificate(_DEMONSTRATION, root_key.public_key())
        .issuer_name(_DEMONSTRATION)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(key_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    signer = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, settings.INSURER_NAME["en"][:64]),
            x509.NameAttribute(NameOID.COMMON_NAME, "DEMONSTRATION policy signing 演示签名"),
        ]
    )
    certificate = (
        _certificate(signer, key.public_key())
        .issuer_name(_DEMONSTRATION)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage(digital_signature=True, content_commitment=True), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()),
            critical=False,
        )
        .sign(root_key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    pem = serialization.Encoding.PEM
    return private + certificate.public_bytes(pem) + root.public_bytes(pem)


def _certificate(name: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = clock.now()
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        # A clock that is a little behind must not find it to be of tomorrow.
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _YEARS)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def key_usage(**uses: bool) -> x509.KeyUsage:
    """What a certificate's key is for, of all that the standard (RFC 5280) names."""
    every = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{name: uses.get(name, False) for name in every})
