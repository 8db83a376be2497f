"""Promises that PostgreSQL keeps for a whole table, in one place each."""

import pgtrigger

_REFUSE = """
    RAISE EXCEPTION '% is never %', TG_TABLE_NAME,
        CASE TG_OP WHEN 'UPDATE' THEN 'changed' WHEN 'DELETE' THEN 'deleted' ELSE 'emptied' END
        USING ERRCODE = '23514';
"""


def refused(
    name: str,
    operation: pgtrigger.core.Operation,
    condition: pgtrigger.Condition | None = None,
) -> pgtrigger.Trigger:
    """A row that is not changed or deleted, always or while a condition holds."""
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Row,
        when=pgtrigger.Before,
        operation=operation,
        condition=condition,
        func=_REFUSE,
    )


def append_only(name: str) -> list[pgtrigger.Trigger]:
    """The triggers of a journal: its rows are never changed, deleted or truncated.

    The errors carry SQLSTATE 23514, so that Django raises `IntegrityError`.
    """
    return [
        refused(f"{name}_is_never_changed", pgtrigger.Update | pgtrigger.Delete),
        never_truncated(name),
    ]


def never_truncated(name: str) -> pgtrigger.Trigger:
    """A table that nobody empties at once."""
    return pgtrigger.Trigger(
        name=f"{name}_is_never_emptied",
        level=pgtrigger.Statement,
        when=pgtrigger.Before,
        operation=pgtrigger.Truncate,
        func=_REFUSE,
    )
