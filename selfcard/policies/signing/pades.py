"""Signing a PDF: PAdES baseline B-B, by an update that leaves every earlier byte as it is.

The signature certifies the document: nothing may be added to it any more. Its field is invisible
and outside the page, as PDF/A-2 and PDF/UA ask of one that is not tagged. Room is kept for exactly
the signature that comes, so that no byte of the file is left over that could be changed unseen; and
the root is left out, since whoever checks has their own.
"""

import asyncio
import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cache
from io import BytesIO

from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import InvisSigSettings, MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import SignatureObject, Signer
from pyhanko.sign.signers.cms_embedder import (
    PdfCMSEmbedder,
    SigIOSetup,
    SigMDPSetup,
    SigObjSetup,
)
from pyhanko_certvalidator.registry import SimpleCertificateStore

from selfcard.policies.signing.certificates import SigningKey, require_valid, signing_key

_DIGEST = "sha256"
_MARK = hashlib.sha256(b"where the digest of a document stands").digest()
_FIELD = SigFieldSpec(
    sig_field_name="Insurer",
    invis_sig_settings=InvisSigSettings(box_out_of_bounds=True),
    readable_field_name="保险人电子签名 Electronic signature of the insurer",
)


def signed(pdf: bytes, at: datetime) -> bytes:
    """The PDF with the insurer's signature, which says that it was signed at a moment.

    Raises:
        SigningKeyUnusable: the certificate has expired meanwhile.
    """
    signer = _signer()
    require_valid(signer.key.certificate)
    writer = _Update(BytesIO(pdf))
    steps = PdfCMSEmbedder(new_field_spec=_FIELD).write_cms(_FIELD.sig_field_name, writer)
    field = next(steps).get_object()
    field["/P"]["/Tabs"] = pdf_name("/S")
    signature = SignatureObject(
        timestamp=at, subfilter=SigSeedSubFilter.PADES, bytes_reserved=2 * signer.length
    )
    certifies = SigMDPSetup(_DIGEST, certify=True, docmdp_perms=MDPPerm.NO_CHANGES)
    steps.send(SigObjSetup(sig_placeholder=signature, mdp_setup=certifies))
    prepared, output = steps.send(SigIOSetup(md_algorithm=_DIGEST))
    steps.send(signer.of(prepared.document_digest))
    return bytes(output.getvalue())


def get_ready() -> None:
    """Load the key and sign for a first time, so that nobody waits for it later.

    Raises:
        SigningKeyUnusable: no policy could be signed.
    """
    _signer()


@cache
def _signer() -> "_Container":
    return _Container(signing_key())


class _Update(IncrementalPdfFileWriter):
    """An update that says nothing of its own about the document: its metadata are the paper's."""

    def _update_meta(self) -> None:
        pass


class _Container:
    """The signature as it stands in a document: certificates, what is signed, the bare signature.

    Of two documents it differs in the digest and in the bare signature, and in nothing else. So the
    library makes it once, and for each document these two are put in their places: a tenth of the
    work.
    """

    def __init__(self, key: SigningKey) -> None:
        self.key = key
        signer = _Signer(key)
        # The library asks for a loop. A new thread has none, whatever the caller's keeps.
        with ThreadPoolExecutor(1) as thread:
            made = thread.submit(asyncio.run, signer.async_sign(_MARK, _DIGEST, use_pades=True))
        self._made = bytes(made.result().dump())
        self._signed, self._signature = signer.signed, signer.signature
        for mark, place in (
            (_MARK, self._signed),
            (_MARK, self._made),
            (signer.signature, self._made),
        ):
            assert place.count(mark) == 1
        self.length = len(self._made)

    def of(self, digest: bytes) -> bytes:
        """The signature of a document by its digest, always of one length."""
        signature = _bare_signature(self.key, self._signed.replace(_MARK, digest))
        return self._made.replace(_MARK, digest).replace(self._signature, signature)


class _Signer(Signer):
    """The insurer's key as the library asks for one; it remembers what it was given to sign."""

    signed = signature = b""

    def __init__(self, key: SigningKey) -> None:
        self._key = key
        between = SimpleCertificateStore()
        between.register_multiple(_as_asn1(one) for one in key.chain)
        super().__init__(
            signing_cert=_as_asn1(key.certificate), cert_registry=between, embed_roots=False
        )

    async def async_sign_raw(
        self, data: bytes, digest_algorithm: str, dry_run: bool = False
    ) -> bytes:
        assert digest_algorithm == _DIGEST
        self.signed, self.signature = data, _bare_signature(self._key, data)
        return self.signature


def _bare_signature(key: SigningKey, data: bytes) -> bytes:
    """The signature of data, of a length that depends on the key only.

    One of an elliptic curve is a byte longer or shorter now and then, and is made again until it
    has the length that half of them have.
    """
    public = key.certificate.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        return key.sign(data)
    assert isinstance(public, ec.EllipticCurvePublicKey)
    # Two whole numbers in DER, one of which needs a zero before it.
    wanted = 2 * (public.key_size // 8) + 7
    while len(signature := key.sign(data)) != wanted:
        pass
    return signature


def _as_asn1(certificate: x509.Certificate) -> asn1.Certificate:
    return asn1.Certificate.load(certificate.public_bytes(Encoding.DER))
