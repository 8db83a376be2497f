"""What PostgreSQL keeps for cards beyond plain constraints."""

import pgtrigger


def made_once_only_for_a_batch_in_the_making(name: str, batch: str) -> pgtrigger.Trigger:
    """A row that may be thrown away while its batch is being made, and never afterwards."""
    return pgtrigger.Trigger(
        name=f"{name}_of_a_made_batch_is_kept",
        level=pgtrigger.Row,
        when=pgtrigger.Before,
        operation=pgtrigger.Delete,
        func=f"""
            IF EXISTS (
                SELECT FROM cards_batch WHERE id = {batch} AND state = 'generated'
            ) THEN
                RAISE EXCEPTION '% of a made batch is never deleted', TG_TABLE_NAME
                    USING ERRCODE = '23514';
            END IF;
            RETURN OLD;
        """,
    )


def document_type_is_called_as_it_is_printed() -> pgtrigger.Trigger:
    """A type takes its names from its newest version, and from nowhere else."""
    return pgtrigger.Trigger(
        name="document_type_is_called_as_it_is_printed",
        level=pgtrigger.Row,
        when=pgtrigger.Before,
        operation=pgtrigger.UpdateOf("name_zh", "name_en"),
        func="""
            IF (NEW.name_zh, NEW.name_en) IS DISTINCT FROM (
                SELECT (version.name_zh, version.name_en)
                FROM cards_documenttypeversion version
                WHERE version.document_type_id = NEW.id
                ORDER BY version.number DESC
                LIMIT 1
            ) THEN
                RAISE EXCEPTION '% is called as its newest version says', NEW.code
                    USING ERRCODE = '23514';
            END IF;
            RETURN NEW;
        """,
    )


def batch_follows_its_type() -> pgtrigger.Trigger:
    """When the serials are reserved, the version is the newest, and the days are as it says."""
    return pgtrigger.Trigger(
        name="batch_follows_its_type",
        level=pgtrigger.Row,
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.UpdateOf("serials"),
        declare=[("own", "cards_documenttypeversion%ROWTYPE")],
        func="""
            IF NEW.serials IS NULL OR (TG_OP = 'UPDATE' AND OLD.serials IS NOT NULL) THEN
                RETURN NEW;
            END IF;
            SELECT * INTO own FROM cards_documenttypeversion WHERE id = NEW.type_version_id;
            IF EXISTS (
                SELECT FROM cards_documenttypeversion newer
                WHERE newer.document_type_id = own.document_type_id AND newer.number > own.number
            ) THEN
                RAISE EXCEPTION 'batch % is ordered by a version that was revised', NEW.number
                    USING ERRCODE = '23514';
            END IF;
            IF NEW.deadline IS DISTINCT FROM coalesce(own.deadline_day, NEW.deadline)
               OR (NEW.use_by IS NULL) <> (own.use_by_months IS NULL) THEN
                RAISE EXCEPTION 'batch % has other days than its version says', NEW.number
                    USING ERRCODE = '23514';
            END IF;
            RETURN NEW;
        """,
    )
