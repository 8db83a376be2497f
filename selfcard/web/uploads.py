"""How files come in: kept in memory until somebody has checked and encrypted them.

Django's own way writes larger files beside the database, where a photo of a medical record would
lie in plain. What is larger than a file may be is counted to its end and thrown away, and so is
what comes after the last file that a form takes: the form then says so.
"""

from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from selfcard.core.attachments import Attachment, attachment_of, too_large


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


def attachment_in(file: InMemoryUploadedFile) -> Attachment:
    """A file that came in, checked.

    Raises:
        AttachmentRefused: it is not kept.
    """
    name = file.name or ""
    if (file.size or 0) > settings.ATTACHMENT_BYTES:
        raise too_large(name)
    file.seek(0)
    return attachment_of(name, file.read())
