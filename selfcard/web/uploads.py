"""How files come in: kept in memory until somebody has checked and encrypted them.

Django's own way writes larger files beside the database, where a photo of a medical record would
lie in plain. What is larger than a file may be is counted to its end and thrown away, and so is
what comes after the last file that a form takes: the form then says so.
"""

from io import BytesIO
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpResponse
from django.utils.functional import lazy
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from selfcard.core.attachments import (
    Attachment,
    AttachmentKind,
    AttachmentRefused,
    attachment_of,
    megabytes,
    too_large,
)


class KeptInMemory(FileUploadHandler):
    """Takes so much as forms take, and forgets the rest."""

    chunk_size = 2**18

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._files = 0
        self._kept = BytesIO()

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._files += 1
        self._kept = BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        fits = start + len(raw_data) <= settings.ATTACHMENT_BYTES
        if fits and self._files <= settings.ATTACHMENTS_AT_ONCE:
            self._kept.write(raw_data)

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        return InMemoryUploadedFile(
            file=self._kept,
            field_name=self.field_name,
            name=self.file_name,
            content_type=self.content_type,
            size=file_size,
            charset=self.charset,
            content_type_extra=self.content_type_extra,
        )


class FilesInput(forms.FileInput):
    """Several files at once; a phone offers its camera."""

    allow_multiple_selected = True

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        accepted = ",".join(kind.media_type for kind in AttachmentKind)
        super().__init__({"accept": accepted, "multiple": True, **(attrs or {})})


class AttachmentsField(forms.FileField):
    """Photos and papers, each checked by what is in it; each that is refused says why."""

    widget = FilesInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(help_text=lazy(_what_fits, str)(), **kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[Attachment]:
        files: list[InMemoryUploadedFile] = list(data or [])
        most = settings.ATTACHMENTS_AT_ONCE
        if len(files) > most:
            raise ValidationError(
                _("Send up to %(most)s files at once, and the others afterwards."),
                params={"most": most},
            )
        kept, refused = [], []
        for file in files:
            try:
                kept.append(_checked(file))
            except AttachmentRefused as refusal:
                refused.append(ValidationError(str(refusal), code=refusal.code))
        if refused:
            raise ValidationError(refused)
        return kept


def _what_fits() -> str:
    return _(
        "Up to %(most)s at once: photos (JPEG, PNG) or PDF, of up to %(megabytes)s MB each."
    ) % {
        "most": settings.ATTACHMENTS_AT_ONCE,
        "megabytes": megabytes(settings.ATTACHMENT_BYTES),
    }


def _checked(file: InMemoryUploadedFile) -> Attachment:
    if (file.size or 0) > settings.ATTACHMENT_BYTES:
        raise too_large(file.name or "")
    file.seek(0)
    return attachment_of(file.name or "", file.read())


def handed_out(name: str, kind: str, content: bytes) -> HttpResponse:
    """A file that somebody handed in, to be kept and never shown within our pages."""
    answer = HttpResponse(content, content_type=AttachmentKind(kind).media_type)
    answer["Content-Disposition"] = content_disposition_header(True, name)
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer
