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
