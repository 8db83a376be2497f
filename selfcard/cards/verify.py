"""The promises of batches, checked on the live database without trusting triggers."""

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from selfcard.cards.models import PrintFile
from selfcard.core.verify import Violation, violations_of


def violations() -> Iterator[Violation]:
    yield from violations_of(
        "Every card of a made batch has its PIN sealed, once",
        """
        SELECT batch.number, coalesce(sum(sheet.cards), 0) || ' of ' || batch.count || ' cards'
        FROM cards_batch batch
        LEFT JOIN cards_batchkey key ON key.batch_id = batch.id
        LEFT JOIN cards_pinsheet sheet
          ON sheet.key_id = key.id
         AND octet_length(sheet.digests) = 16 * sheet.cards
         AND octet_length(sheet.selectors) = 2 * sheet.cards
         AND mod(sheet.first_serial - lower(batch.serials), 1000) = 0
         AND batch.serials @> int8range(sheet.first_serial, sheet.first_serial + sheet.cards)
        WHERE batch.state = 'generated'
        GROUP BY batch.id
        HAVING coalesce(sum(sheet.cards), 0) <> batch.count
        """,
    )
    yield from violations_of(
        "A made batch has its print file, for all its cards",
        """
        SELECT batch.number, coalesce(file.cards, 0) || ' of ' || batch.count || ' cards'
        FROM cards_batch batch
        LEFT JOIN cards_printfile file ON file.batch_id = batch.id
        WHERE batch.state = 'generated' AND file.cards IS DISTINCT FROM batch.count
        """,
    )
    yield from violations_of(
        "No serial is reserved twice, and each has its type's prefix",
        """
        SELECT batch.number, batch.serials::text
        FROM cards_batch batch
        JOIN cards_documenttypeversion version ON version.id = batch.type_version_id
        JOIN cards_documenttype type ON type.id = version.document_type_id
        WHERE lower(batch.serials) / 1000000000 <> type.prefix::bigint
           OR (upper(batch.serials) - 1) / 1000000000 <> type.prefix::bigint
           OR EXISTS (
            SELECT FROM cards_batch other
            WHERE other.id <> batch.id AND other.serials && batch.serials
           )
        """,
    )
    yield from violations_of(
        "A document type is called as its newest version prints it",
        """
        SELECT type.code, type.name_en, newest.name_en
        FROM cards_documenttype type
        CROSS JOIN LATERAL (
            SELECT * FROM cards_documenttypeversion version
            WHERE version.document_type_id = type.id
            ORDER BY version.number DESC
            LIMIT 1
        ) newest
        WHERE (type.name_zh, type.name_en) <> (newest.name_zh, newest.name_en)
        """,
    )
    yield from violations_of(
        "The last days of a batch follow from its approval and its version",
        """
        SELECT number, deadline, use_by
        FROM (
            SELECT batch.number, batch.deadline, batch.use_by, version.use_by_months,
                   coalesce(
                       version.deadline_day,
                       (day.approved + make_interval(months => version.deadline_months))::date
                   ) AS promised,
                   (day.approved + make_interval(months => version.use_by_months))::date AS sold_to
            FROM cards_batch batch
            JOIN cards_documenttypeversion version ON version.id = batch.type_version_id
            CROSS JOIN LATERAL (
                SELECT (batch.decided_at AT TIME ZONE %s)::date AS approved
            ) day
            WHERE batch.serials IS NOT NULL
        ) batch
        WHERE deadline IS DISTINCT FROM promised
           OR use_by IS DISTINCT FROM
              CASE WHEN use_by_months IS NOT NULL THEN least(promised, sold_to) END
        """,
        [settings.TIME_ZONE],
    )
    yield from violations_of(
        "A print file leaves by two people, and once",
        """
        SELECT batch.number, 'released by whoever asked, or left without release'
        FROM cards_printfile file
        JOIN cards_batch batch ON batch.id = file.batch_id
        WHERE file.released_by_id = file.release_asked_by_id
           OR (file.downloaded_at IS NOT NULL AND file.released_at IS NULL)
        """,
    )
    yield from _files_that_are_gone()


def _files_that_are_gone() -> Iterator[Violation]:
    """Print files that nobody was given and that are not there: their cards are void."""
    folder = Path(settings.PRINT_FOLDER)
    waiting = PrintFile.objects.filter(downloaded_at=None).select_related("batch")
    for print_file in waiting:
        path = folder / print_file.name
        if not path.exists() or path.stat().st_size != print_file.size:
            yield Violation(
                "A print file that has not left is whole and in its place",
                print_file.batch.number,
                print_file.name,
            )
