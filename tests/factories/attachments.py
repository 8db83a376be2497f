"""Photos and papers as people hand them in, and some that nobody should."""

from io import BytesIO

from PIL import Image
from pypdf import PdfWriter
from pypdf.annotations import FreeText
from pypdf.generic import DictionaryObject, NameObject, RectangleObject, TextStringObject


def a_photo(kind: str = "JPEG", size: tuple[int, int] = (640, 480), **options: object) -> bytes:
    picture = Image.new("RGB", size, (180, 40, 40))
    drawn = BytesIO()
    picture.save(drawn, kind, **options)
    return drawn.getvalue()


def a_pdf(pages: int = 1, *, password: str = "") -> bytes:
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(200, 200)
    if password:
        writer.encrypt(password)
    return _written(writer)


def a_pdf_with_a_link() -> bytes:
    """And with a note, as people make them who mark something."""
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    writer.add_annotation(0, FreeText(text="here", rect=(10, 10, 90, 40)))
    writer.add_uri(0, "https://hospital.example/", RectangleObject((10, 50, 90, 80)))
    return _written(writer)


def active_pdfs() -> dict[str, bytes]:
    """PDFs that do something, by what they do."""
    return {
        "a script": _pdf_with("/OpenAction", {"/S": "/JavaScript", "/JS": "app.alert(1)"}),
        "a program": _pdf_with("/OpenAction", {"/S": "/Launch", "/F": "calc.exe"}),
        "a form": _pdf_with("/AcroForm", {"/XFA": "<xdp/>"}),
        "a file": _pdf_with("/Names", {"/EmbeddedFiles": "more.exe"}),
    }


def _pdf_with(name: str, said: dict[str, str]) -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    writer.root_object[NameObject(name)] = DictionaryObject(
        {
            NameObject(key): NameObject(value) if key == "/S" else TextStringObject(value)
            for key, value in said.items()
        }
    )
    return _written(writer)


def _written(writer: PdfWriter) -> bytes:
    made = BytesIO()
    writer.write(made)
    return made.getvalue()
