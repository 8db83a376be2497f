"""What people hand in is known by what is in it, and nothing else of it is kept."""

import re
import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image

from selfcard.core.attachments import (
    AttachmentEmpty,
    AttachmentKind,
    AttachmentOfAnotherKind,
    AttachmentRefused,
    AttachmentTooLarge,
    PdfHasTooManyPages,
    PdfIsActive,
    PdfLocked,
    PdfUnreadable,
    PictureTooFine,
    PictureUnreadable,
    attachment_of,
    clean_name,
)
from tests.factories.attachments import a_pdf, a_pdf_with_a_link, a_photo, active_pdfs


def size_of(content: bytes) -> tuple[int, int]:
    return Image.open(BytesIO(content)).size


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (a_photo("JPEG"), AttachmentKind.JPEG),
        (a_photo("PNG"), AttachmentKind.PNG),
        (a_pdf(), AttachmentKind.PDF),
    ],
)
def test_a_file_is_what_is_in_it_whatever_it_is_called(content, kind) -> None:
    kept = attachment_of("virus.exe", content)

    assert (kept.kind, kept.name) == (kind, f"virus.{kind.value}")


def test_a_picture_is_drawn_again_and_nothing_else_of_it_is_kept() -> None:
    exif = Image.Exif()
    exif[0x010E] = "made at 30.2741 N"  # what a camera writes about a photo
    behind = b"<script>alert(1)</script>%PDF-1.7"
    photo = a_photo("JPEG", exif=exif.tobytes(), comment=b"<?php ?>") + behind

    kept = attachment_of("photo.jpg", photo).content

    assert size_of(kept) == (640, 480)
    for trace in (b"30.2741", b"<?php", b"<script>", b"%PDF", b"Exif"):
        assert trace in photo
        assert trace not in kept


def test_a_photo_that_was_taken_sideways_is_kept_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6

    assert size_of(attachment_of("p.jpg", a_photo(exif=exif.tobytes())).content) == (480, 640)


def test_a_very_fine_photo_is_kept_as_fine_as_one_reads(settings) -> None:
    settings.ATTACHMENT_SIDE = 100

    assert size_of(attachment_of("p.jpg", a_photo(size=(400, 200))).content) == (100, 50)


def test_a_transparent_drawing_stays_transparent() -> None:
    drawn = BytesIO()
    Image.new("LA", (20, 20), (10, 0)).save(drawn, "PNG")

    kept = Image.open(BytesIO(attachment_of("p.png", drawn.getvalue()).content))

    assert kept.convert("RGBA").getpixel((3, 3)) == (10, 10, 10, 0)


def test_a_pdf_is_kept_to_the_byte() -> None:
    for paper in (a_pdf(3), a_pdf_with_a_link(), a_pdf() + b"\r\n"):
        assert attachment_of("paper.pdf", paper).content == paper


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(AttachmentEmpty, match=r"photo\.jpg"):
        attachment_of("photo.jpg", b"")


def test_a_file_may_be_so_large_and_no_larger(settings) -> None:
    photo = a_photo()
    settings.ATTACHMENT_BYTES = len(photo)
    attachment_of("p.jpg", photo)
    settings.ATTACHMENT_BYTES = len(photo) - 1
    with pytest.raises(AttachmentTooLarge):
        attachment_of("p.jpg", photo)


@pytest.mark.parametrize(
    "content",
    [
        b"GIF89a" + bytes(40),
        b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
        b"<!doctype html><script>alert(1)</script>",
        b"PK\x03\x04" + bytes(40),
        b"\x00\x00\x00\x18ftypheic" + bytes(40),
        b"\n%PDF-1.7\n%%EOF",
        bytes(200),
    ],
)
def test_whatever_is_no_photo_and_no_pdf_is_refused(content) -> None:
    with pytest.raises(AttachmentOfAnotherKind):
        attachment_of("photo.jpg", content)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_damaged_picture_is_refused(kind) -> None:
    whole = a_photo(kind, size=(900, 900))
    for content in (whole[:20], whole[: len(whole) // 2], whole[:30] + bytes(300)):
        with pytest.raises(PictureUnreadable):
            attachment_of("p", content)


def a_bomb(side: int) -> bytes:
    """A picture of very many pixels in a few bytes."""
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)

    def chunk(name: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + check

    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize("side", [8_000, 60_000])
def test_a_picture_that_would_fill_the_memory_is_refused_before_it_is_read(side) -> None:
    assert len(a_bomb(side)) < 100
    with pytest.raises(PictureTooFine):
        attachment_of("p.png", a_bomb(side))


@pytest.mark.parametrize(("what", "content"), active_pdfs().items())
def test_a_pdf_that_does_something_is_refused(what, content) -> None:
    with pytest.raises(PdfIsActive):
        attachment_of("p.pdf", content)


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7\n%%EOF",
        a_pdf()[:200],
        a_pdf() + b"PK\x03\x04 another file",
        a_pdf().replace(b"/Pages", b"/Nages"),
        a_pdf(0),
    ],
)
def test_what_only_begins_like_a_pdf_or_goes_on_behind_it_is_refused(content) -> None:
    with pytest.raises(PdfUnreadable):
        attachment_of("p.pdf", content)


def test_a_locked_pdf_is_refused() -> None:
    with pytest.raises(PdfLocked):
        attachment_of("p.pdf", a_pdf(password="secret"))


def test_a_pdf_has_so_many_pages_and_no_more(settings) -> None:
    settings.ATTACHMENT_PAGES = 3
    attachment_of("p.pdf", a_pdf(3))
    with pytest.raises(PdfHasTooManyPages) as refused:
        attachment_of("p.pdf", a_pdf(4))
    assert refused.value.facts["pages"] == 4


def test_a_pdf_that_goes_in_circles_comes_to_an_end() -> None:
    whole = a_pdf()
    (pages,) = re.findall(rb"/Pages (\d+) 0 R", whole)
    circle = re.sub(rb"/Kids \[[^]]*\]", b"/Kids [ %s 0 R ]" % pages, whole)
    assert circle != whole

    with pytest.raises(AttachmentRefused):
        attachment_of("p.pdf", circle)


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("诊断书 第一页.JPG", "诊断书 第一页.jpg"),
        ("C:\\photos\\../bill.pdf.exe", "bill.pdf.jpg"),
        ("../../etc/passwd", "passwd.jpg"),
        ('a"b;filename=evil.html', "a_b_filename=evil.jpg"),
        ("line\r\nSet-Cookie: x=1.png", "lineSet-Cookie_ x=1.jpg"),
        ("gpj.\u202eexe", "gpj.jpg"),
        ("", "attachment.jpg"),
        (".jpg", "attachment.jpg"),
        ("x" * 300 + ".jpeg", "x" * 76 + ".jpg"),
    ],
)
def test_a_name_is_one_line_without_folders_or_signs_that_do_something(name, clean) -> None:
    assert clean_name(name, AttachmentKind.JPEG) == clean
