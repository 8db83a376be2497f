"""Checking a signed PDF as its holder's program would, with nothing of what signed it."""

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

_thread = ThreadPoolExecutor(1)


def judged(pdf: bytes, root: x509.Certificate) -> PdfSignatureStatus:
    """What pyHanko says of the one signature, trusting only a root."""
    trusted = asn1.Certificate.load(root.public_bytes(Encoding.DER))
    (signature,) = PdfFileReader(BytesIO(pdf)).embedded_signatures
    context = ValidationContext(trust_roots=[trusted], allow_fetching=False)
    # In a thread of its own: a browser of another test may keep a loop running in this one.
    return _thread.submit(validate_pdf_signature, signature, context).result()


def accepted(pdf: bytes, root: x509.Certificate) -> bool:
    """Whether it is signed, whole, by somebody whom the root vouches for."""
    try:
        status = judged(pdf, root)
    except Exception:  # a file that is broken in any way at all is not accepted
        return False
    whole = status.coverage == SignatureCoverageLevel.ENTIRE_FILE
    return bool(status.bottom_line and whole)
