"""`selfcard retention`: what is past the time that it is kept for."""

from collections.abc import Iterator

from selfcard.core.kept import count_past

_NIGHTLY, _INSURER = "deleted every night", "for the insurer to decide"


def past_rows() -> list[dict[str, object]]:
    """For each table with a time: how many rows are past it, and who ends them."""
    return [
        {
            "table": label,
            "reason": str(one.reason),
            "days": one.time.days if one.time else None,
            "since": one.since,
            "past": count,
            "then": _NIGHTLY if one.swept else _INSURER,
        }
        for label, one, count in count_past()
    ]


def past_lines() -> Iterator[str]:
    """The same, as people read it."""
    for row in past_rows():
        yield f"{row['table']:28}{row['past']:>12,} past their time, {row['then']}"
