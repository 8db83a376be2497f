"""The signature of a policy: who signs, what holds after it, and that no change passes."""

import random
import re
import subprocess
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import pytest
from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from pyhanko.sign.fields import MDPPerm
from pypdf import PdfReader

from selfcard.core import clock
from selfcard.core.papers import frozen_facts, render
from selfcard.launcher import run
from selfcard.launcher.chromium import ensure_pdfsig
from selfcard.launcher.errors import Trouble
from selfcard.policies.papers import POLICY
from selfcard.policies.signing import certificates, pades
from selfcard.policies.signing.certificates import (
    SigningKeyUnusable,
    from_files,
    issuer_of,
    name_of,
    signing_key,
)
from selfcard.policies.signing.pades import signed
from tests.factories.papers.policies import a_policy
from tests.factories.signatures import accepted, judged

A_YEAR = timedelta(days=365)


@pytest.fixture(autouse=True)
def key_of_this_test(settings, tmp_path):
    """Keys in a folder of their own; who signs is asked anew."""
    settings.KEY_FOLDER = tmp_path / "keys"
    certificates.signing_key.cache_clear()
    pades._signer.cache_clear()
    yield
    certificates.signing_key.cache_clear()
    pades._signer.cache_clear()


def unsigned() -> bytes:
    return render(POLICY, frozen_facts(a_policy()), "zh-hans")


def a_signed_policy() -> bytes:
    return signed(unsigned(), clock.now())


def test_a_signed_policy_is_accepted_by_whoever_trusts_the_root():
    pdf = a_signed_policy()

    status = judged(pdf, issuer_of(signing_key()))

    assert status.bottom_line, status.pretty_print_details()
    assert (status.trusted, status.intact, status.valid, status.docmdp_ok) == (True,) * 4
    assert accepted(pdf, issuer_of(signing_key()))


def test_nobody_accepts_it_who_trusts_another_root(settings, tmp_path):
    pdf = a_signed_policy()
    settings.KEY_FOLDER = tmp_path / "another"
    signing_key.cache_clear()

    assert not accepted(pdf, issuer_of(signing_key()))


def test_it_is_pades_and_certifies_that_nothing_may_be_added():
    pdf = a_signed_policy()

    status = judged(pdf, issuer_of(signing_key()))

    assert b"/ETSI.CAdES.detached" in pdf
    assert status.docmdp_ok
    assert re.search(rb"/TransformParams <<[^>]*/P 1\b", pdf)
    assert MDPPerm.NO_CHANGES.value == 1


def test_what_was_there_before_stays_to_the_byte():
    before = unsigned()

    assert signed(before, clock.now()).startswith(before)


def test_no_byte_is_left_over_in_the_file():
    pdf = a_signed_policy()

    (contents,) = re.findall(rb"/Contents <([0-9A-F]+)>", pdf)
    (ranges,) = re.findall(rb"/ByteRange \[([ 0-9]+)\]", pdf)
    first, length, second, rest = map(int, ranges.split())
    assert (first, rest) == (0, len(pdf) - second)
    assert pdf[length:second] == b"<" + contents + b">"
    # A DER sequence that ends where the room for it ends.
    size = int(contents[4:8], 16) + 4
    assert contents.startswith(b"3082")
    assert size == len(contents) // 2


def test_it_stays_archival_and_tagged_after_it_is_signed():
    document = PdfReader(BytesIO(a_signed_policy()))
    root: Any = document.trailer["/Root"]

    metadata = root["/Metadata"].get_object().get_data()
    assert b"<pdfaid:part>2</pdfaid:part>" in metadata
    assert b"<pdfaid:conformance>A</pdfaid:conformance>" in metadata
    assert b"<pdfuaid:part>1</pdfuaid:part>" in metadata
    (intent,) = root["/OutputIntents"]
    assert intent.get_object()["/S"] == "/GTS_PDFA1"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "zh-CN"
    # What PDF/A-2 (6.3.1 to 6.3.3) and PDF/UA (7.18) ask of a field that nobody sees.
    (field,) = root["/AcroForm"]["/Fields"]
    field = field.get_object()
    assert field["/F"] & 0b110 == 0b100  # printed, and not hidden
    assert "/NeedAppearances" not in root["/AcroForm"]
    assert {float(edge) for edge in field["/Rect"]} == {-9999.0}
    assert "Electronic signature" in field["/TU"]
    assert str(document.pages[0]["/Tabs"]) == "/S"
    first, second = cast(Any, document.trailer["/ID"])
    assert first != second
    # Nothing about the document is said twice and differently.
    assert document.metadata.modification_date == document.metadata.creation_date


def test_none_of_a_thousand_single_byte_changes_is_accepted():
    pdf, root = a_signed_policy(), issuer_of(signing_key())
    chance = random.Random(20261123)
    assert accepted(pdf, root)

    passed = []
    for at in chance.sample(range(len(pdf)), 1_000):
        changed = bytearray(pdf)
        changed[at] = (changed[at] + chance.randrange(1, 256)) % 256
        if accepted(bytes(changed), root):
            passed.append(at)

    assert passed == []


def test_no_change_of_the_certificate_or_of_what_is_signed_is_accepted():
    pdf, root = a_signed_policy(), issuer_of(signing_key())
    start = pdf.index(b"/Contents <3082") + len(b"/Contents <")
    container = bytes.fromhex(pdf[start : pdf.index(b">", start)].decode())
    said = cms.ContentInfo.load(container)["content"]
    (signer,), (certificate,) = said["signer_infos"], said["certificates"]

    for part in (certificate.dump(), signer["signed_attrs"].contents, signer["signature"].native):
        first = container.index(part)
        for at in range(first, first + len(part), 7):
            changed = bytearray(pdf)
            place = start + 2 * at
            changed[place : place + 2] = b"%02X" % (container[at] ^ 1)
            assert not accepted(bytes(changed), root), at


def test_popplers_pdfsig_accepts_it_and_refuses_a_change(tmp_path: Path):
    pdf = a_signed_policy()

    said = asked_pdfsig(tmp_path, pdf)

    assert "Signature Validation: Signature is Valid." in said
    assert "Total document signed" in said
    assert "Signature Type: ETSI.CAdES.detached" in said
    at = pdf.index(b"stream\n") + 40
    changed = pdf[:at] + bytes([pdf[at] ^ 1]) + pdf[at + 1 :]
    assert "Digest Mismatch" in asked_pdfsig(tmp_path, changed)


def asked_pdfsig(folder: Path, pdf: bytes) -> str:
    path = folder / "policy.pdf"
    path.write_bytes(pdf)
    return subprocess.run([ensure_pdfsig(), str(path)], capture_output=True, text=True).stdout


# Who signs.


def test_a_demonstration_authority_is_made_once_and_says_what_it_is(settings):
    first = signing_key()
    signing_key.cache_clear()

    assert signing_key().certificate == first.certificate
    for certificate in (first.certificate, issuer_of(first)):
        assert "DEMONSTRATION" in name_of(certificate)
    assert certificates.is_demonstration()
    path = settings.KEY_FOLDER / "policy-signing.pem"
    assert path.stat().st_mode & 0o777 == 0o600
    # One private key, the signer's: the authority itself can vouch for nobody else.
    assert path.read_bytes().count(b"PRIVATE KEY-----") == 2


def a_certificate(
    key: Any, name: str = "Policies of Example Insurance", issuer: Any = None, **given: Any
) -> x509.Certificate:
    issuer_name, issuer_key = issuer or (name, key)
    now = clock.now()
    use = given.get("use", {"digital_signature": True, "content_commitment": True})
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer_name)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(given.get("since", now - timedelta(days=1)))
        .not_valid_after(given.get("until", now + A_YEAR))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(certificates.key_usage(**use), critical=True)
        .sign(issuer_key, hashes.SHA256())
    )


def as_pem(key: Any, *chain: x509.Certificate, password: bytes | None = None) -> bytes:
    hidden: Any = (
        serialization.BestAvailableEncryption(password)
        if password
        else serialization.NoEncryption()
    )
    form = serialization.PrivateFormat.PKCS8
    pem = serialization.Encoding.PEM
    return key.private_bytes(pem, form, hidden) + b"".join(one.public_bytes(pem) for one in chain)


@pytest.fixture
def insurers_file(settings, tmp_path) -> Path:
    settings.POLICY_SIGNING_FILE = str(tmp_path / "insurer.pem")
    return tmp_path / "insurer.pem"


CA = {"key_cert_sign": True}


@pytest.mark.parametrize("kind", ["pem", "p12"])
@pytest.mark.parametrize("make", [lambda: ec.generate_private_key(ec.SECP384R1()), None])
def test_an_insurers_own_key_signs_with_its_chain(settings, insurers_file, kind, make):
    top = ec.generate_private_key(ec.SECP256R1())
    between = ec.generate_private_key(ec.SECP256R1())
    key = make() if make else rsa.generate_private_key(65537, 2048)
    root = a_certificate(top, "Root", use=CA)
    middle = a_certificate(between, "Middle", use=CA)
    middle = _ca_below(between, "Middle", "Root", top)
    own = a_certificate(key, issuer=("Middle", between))
    settings.POLICY_SIGNING_PASSWORD = "sesame"
    if kind == "pem":
        insurers_file.write_bytes(as_pem(key, root, own, middle, password=b"sesame"))
    else:
        content = pkcs12.serialize_key_and_certificates(
            b"policies", key, own, [middle, root], serialization.BestAvailableEncryption(b"sesame")
        )
        insurers_file.write_bytes(content)

    pdf = a_signed_policy()

    assert name_of(signing_key().certificate) == "Policies of Example Insurance"
    assert not certificates.is_demonstration()
    assert issuer_of(signing_key()) == root
    assert accepted(pdf, root)


def _ca_below(key: Any, name: str, issuer: str, issuer_key: Any) -> x509.Certificate:
    now = clock.now()
    plain = a_certificate(key, name, use=CA)
    return (
        x509.CertificateBuilder()
        .subject_name(plain.subject)
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + A_YEAR)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(issuer_key, hashes.SHA256())
    )


def test_a_setting_that_signs_nothing_is_refused_in_one_sentence(settings, insurers_file):
    def said() -> str:
        signing_key.cache_clear()
        with pytest.raises(SigningKeyUnusable) as refusal:
            signing_key()
        return str(refusal.value)

    key, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    own = a_certificate(key)
    assert "cannot be read: No such file" in said()
    insurers_file.write_bytes(b"no key at all")
    assert "does not open as a private key" in said()
    insurers_file.write_bytes(as_pem(key, own, password=b"sesame"))
    assert "SELFCARD_SIGNING_PASSWORD" in said()
    insurers_file.write_bytes(as_pem(other, own))
    assert "belongs to its private key" in said()
    insurers_file.write_bytes(as_pem(ec.generate_private_key(ec.SECP521R1()), own))
    assert "P-256, P-384, or RSA" in said()
    old = a_certificate(key, since=clock.now() - 2 * A_YEAR, until=clock.now() - A_YEAR)
    insurers_file.write_bytes(as_pem(key, old))
    assert "not today: renew it" in said()
    insurers_file.write_bytes(as_pem(key, a_certificate(key, use={"key_agreement": True})))
    assert "not for signing documents" in said()
    settings.POLICY_SIGNER = "selfcard.nowhere.at_all"
    assert "no such function" in said()


def test_a_key_that_expires_meanwhile_signs_no_more(insurers_file):
    key = ec.generate_private_key(ec.SECP256R1())
    insurers_file.write_bytes(as_pem(key, a_certificate(key)))
    a_signed_policy()

    with clock.frozen(clock.now() + 2 * A_YEAR), pytest.raises(SigningKeyUnusable):
        a_signed_policy()


class Module:
    """A key behind the port that this process cannot see, as one in a hardware module."""

    def __init__(self) -> None:
        self._inside = from_files()
        self.certificate, self.chain = self._inside.certificate, self._inside.chain
        self.signatures = 0

    def sign(self, data: bytes) -> bytes:
        self.signatures += 1
        return self._inside.sign(data)


def test_a_key_may_be_anywhere_behind_the_port(settings):
    settings.POLICY_SIGNER = f"{__name__}.Module"

    pdf = a_signed_policy()

    assert cast(Module, signing_key()).signatures >= 1
    assert accepted(pdf, issuer_of(signing_key()))


def test_a_start_without_a_usable_key_is_refused_in_one_sentence(insurers_file):
    with pytest.raises(Trouble, match=r"^Policies cannot be signed\. .*cannot be read: No such"):
        run._refuse_unusable_key()
    with pytest.raises(SigningKeyUnusable):
        pades.get_ready()
