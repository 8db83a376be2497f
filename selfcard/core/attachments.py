"""Files that people hand in – photos and scanned papers – known by what is in them, never by name.

A picture is drawn again: what is kept is what it shows, turned the right way up, and nothing else
that the file had (where it was taken, a preview, another file behind its end). A PDF is kept as it
came, so one that could do something when it is opened, or that is something else as well, is
refused.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps
from pypdf import PasswordType, PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

from selfcard.core.refusals import Refusal

LONGEST_NAME = 80
_NAMELESS = "attachment"


class AttachmentKind(models.TextChoices):
    """What may be handed in. The value is also how its name ends."""

    JPEG = "jpg", "JPEG"
    PNG = "png", "PNG"
    PDF = "pdf", "PDF"

    @property
    def media_type(self) -> str:
        return {"jpg": "image/jpeg", "png": "image/png", "pdf": "application/pdf"}[self.value]


class AttachmentRefused(Refusal):
    """A file that is not kept; each subclass says why, and names the file."""

    default_field = "attachments"


class AttachmentEmpty(AttachmentRefused):
    message = _("%(name)s is empty. Choose it again, or another file.")


class AttachmentTooLarge(AttachmentRefused):
    message = _(
        "%(name)s is too large: a file may have up to %(megabytes)s MB. Take the photo in a"
        " smaller size, or send fewer pages."
    )


class AttachmentOfAnotherKind(AttachmentRefused):
    message = _(
        "%(name)s is neither a photo (JPEG or PNG) nor a PDF. Save it as one of these, or take a"
        " photo of it."
    )


class PictureUnreadable(AttachmentRefused):
    message = _("%(name)s is damaged and cannot be opened. Take the photo again.")


class PictureTooFine(AttachmentRefused):
    message = _("%(name)s has too many pixels. Take the photo in a smaller size.")


class PdfUnreadable(AttachmentRefused):
    message = _("%(name)s is not a PDF that can be opened. Save it again, or take photos of it.")


class PdfLocked(AttachmentRefused):
    message = _("%(name)s is protected by a password. Save it without one, or take photos of it.")


class PdfIsActive(AttachmentRefused):
    message = _(
        "%(name)s holds a script, a form or another file, and only plain pages are kept. Print it"
        " as a PDF, or take photos of it."
    )


class PdfHasTooManyPages(AttachmentRefused):
    message = _("%(name)s has %(pages)s pages; up to %(most)s can be kept. Send only those needed.")


@dataclass(frozen=True)
class Attachment:
    """A file as it is kept: its kind is what it is, and its name is safe to show."""

    kind: AttachmentKind
    name: str
    content: bytes


def attachment_of(name: str, content: bytes) -> Attachment:
    """What somebody handed in, checked by its content, as it may be kept and given out again.

    Raises:
        AttachmentRefused: it is empty, too large, of another kind, damaged, or more than it says.
    """
    shown = _shown_name(name)
    if not content:
        raise AttachmentEmpty(name=shown)
    if len(content) > settings.ATTACHMENT_BYTES:
        raise too_large(name)
    if content.startswith(b"\xff\xd8\xff"):
        kind, kept = AttachmentKind.JPEG, _drawn_again(content, shown, "JPEG")
    elif content.startswith(b"\x89PNG\r\n\x1a\n"):
        kind, kept = AttachmentKind.PNG, _drawn_again(content, shown, "PNG")
    elif content.startswith(b"%PDF-"):
        kind, kept = AttachmentKind.PDF, _plain_pdf(content, shown)
    else:
        raise AttachmentOfAnotherKind(name=shown)
    return Attachment(kind, clean_name(name, kind), kept)


def too_large(name: str) -> AttachmentTooLarge:
    """The refusal of a file that nobody has to read to its end."""
    return AttachmentTooLarge(
        name=_shown_name(name), megabytes=megabytes(settings.ATTACHMENT_BYTES)
    )


def megabytes(size: int) -> str:
    """A size as people read it, in millions of bytes."""
    return f"{size / 1_000_000:.2g}"


def clean_name(name: str, kind: AttachmentKind) -> str:
    """A file's name without folders, signs that do something, and what it says of its kind."""
    stem = _shown_name(name)
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", stem).strip(". ") or _NAMELESS
    return f"{stem[: LONGEST_NAME - len(kind.value) - 1]}.{kind.value}"


def _shown_name(name: str) -> str:
    """A name as it may stand in a sentence: one line, no folders, nothing that turns the text."""
    last = re.split(r"[\\/]", unicodedata.normalize("NFC", name))[-1]
    plain = "".join(one for one in last if unicodedata.category(one)[0] not in "CZ" or one == " ")
    plain = re.sub(r'[<>:"|?*;%&]', "_", plain)
    return " ".join(plain.split())[:LONGEST_NAME] or _NAMELESS


# ---- pictures


def _drawn_again(content: bytes, name: str, kind: str) -> bytes:
    """The picture alone, at most so fine as anybody needs to read it."""
    try:
        with Image.open(BytesIO(content), formats=[kind]) as picture:
            width, height = picture.size
            if width * height > settings.ATTACHMENT_PIXELS:
                raise PictureTooFine(name=name)
            # Made smaller first: a JPEG is then not even read in its full size.
            picture.thumbnail((settings.ATTACHMENT_SIDE, settings.ATTACHMENT_SIDE))
            upright = ImageOps.exif_transpose(picture)
            # A new one, so that nothing comes along that the old one knew.
            plain = upright.convert("RGB" if kind == "JPEG" else _png_mode(upright))
            bare = Image.new(plain.mode, plain.size)
            bare.paste(plain)
            drawn = BytesIO()
            bare.save(drawn, kind, **({"quality": 88} if kind == "JPEG" else {}))
    except Refusal:
        raise
    except Image.DecompressionBombError:
        raise PictureTooFine(name=name) from None
    except Exception as wrong:
        # Whatever a decoder says of bytes that anybody could have made, it is no picture.
        raise PictureUnreadable(name=name) from wrong
    return drawn.getvalue()


def _png_mode(picture: Image.Image) -> str:
    if picture.mode in ("L", "1"):
        return "L"
    return "RGBA" if picture.has_transparency_data else "RGB"


# ---- PDF

# What a PDF does beside showing pages, by the key that a dictionary has for it …
_ACTIVE_KEYS = {"/JS", "/JavaScript", "/EmbeddedFile", "/EmbeddedFiles", "/EF", "/XFA"}
# … and by the kind of action.
_ACTIONS = {"/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToE", "/GoToR"} | {
    "/Rendition", "/Movie", "/Sound", "/RichMediaExecute",
}  # fmt: skip
_MOST_OBJECTS = 100_000


def _plain_pdf(content: bytes, name: str) -> bytes:
    """The same bytes, if they are a PDF, all of it, and nothing but pages."""
    if not re.search(rb"%%EOF\s*\Z", content[-64:]):
        raise PdfUnreadable(name=name)
    try:
        reader = PdfReader(BytesIO(content), strict=False)
        if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
            raise PdfLocked(name=name)
        pages = len(reader.pages)
        is_active = any(_does_something(one) for one in _dictionaries(reader))
    except Refusal:
        raise
    except Exception as wrong:
        # As with pictures; a PDF has still more ways to be broken.
        raise PdfUnreadable(name=name) from wrong
    if is_active:
        raise PdfIsActive(name=name)
    if not pages:
        raise PdfUnreadable(name=name)
    if pages > settings.ATTACHMENT_PAGES:
        raise PdfHasTooManyPages(name=name, pages=pages, most=settings.ATTACHMENT_PAGES)
    return content


def _does_something(one: DictionaryObject) -> bool:
    return bool(_ACTIVE_KEYS & one.keys()) or one.get("/S") in _ACTIONS


def _dictionaries(reader: PdfReader) -> Iterator[DictionaryObject]:
    """Every dictionary that can be reached from the trailer, each once."""
    waiting: list[Any] = [reader.trailer]
    seen: set[tuple[int, int]] = set()
    while waiting:
        one = waiting.pop()
        if isinstance(one, IndirectObject):
            place = (one.idnum, one.generation)
            if place in seen:
                continue
            seen.add(place)
            if len(seen) > _MOST_OBJECTS:
                raise ValueError("more objects than any paper has")
            one = one.get_object()
        if isinstance(one, DictionaryObject):
            yield one
            waiting.extend(one.raw_get(key) for key in one)
        elif isinstance(one, ArrayObject):
            waiting.extend(one)
