"""The print protocol's facts, taken from the books when the file leaves the house."""

from selfcard.cards.models import PrintFile
from selfcard.cards.papers import PRINT_PROTOCOL, PrintProtocolFacts
from selfcard.core.papers import Name, freeze_paper
from selfcard.organisations.models import Staff


def freeze_print_protocol(print_file: PrintFile) -> None:
    batch = print_file.batch
    version = batch.type_version
    assert batch.decided_at is not None
    assert print_file.released_at is not None
    freeze_paper(
        kind=PRINT_PROTOCOL,
        number=batch.number,
        facts=PrintProtocolFacts(
            number=batch.number,
            document_type=Name(
                zh=version.name_zh, en=version.name_en, code=version.document_type.code
            ),
            version=version.number,
            face_value=version.value,
            cards=batch.run,
            deadline=batch.last_day,
            use_by=batch.use_by,
            printer=Name.of(batch.printer),
            recipient=print_file.recipient,
            file_name=print_file.name,
            file_size=print_file.size,
            sha256=print_file.sha256,
            ordered_by=_person(batch.ordered_by),
            ordered_at=batch.ordered_at,
            approved_by=_person(batch.decided_by),
            approved_at=batch.decided_at,
            release_asked_by=_person(print_file.release_asked_by),
            released_by=_person(print_file.released_by),
            released_at=print_file.released_at,
            downloaded_by=_person(print_file.downloaded_by),
            downloaded_at=print_file.downloaded_at,
        ),
    )


def _person(staff: Staff | None) -> Name:
    assert staff is not None
    return Name.of(staff)
