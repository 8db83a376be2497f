"""What a benchmark found, as a person reads it."""

from typing import Any


def as_text(found: dict[str, Any]) -> str:
    machine = found["machine"]
    settings = ", ".join(f"{name} {value}" for name, value in machine["settings"].items())
    head = [
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_mb']:,} MB,"
        f" load {machine['load'][0]}",
        f"Python {machine['python']}, PostgreSQL {machine['postgresql']} ({settings})",
        "",
    ]
    width = max(len(bound["what"]) for bound in found["bounds"])
    return "\n".join([*head, *(_line(bound, width) for bound in found["bounds"])])


def _line(bound: dict[str, Any], width: int) -> str:
    sign = "≥" if bound["at_least"] else "≤"
    mark = "" if bound["holds"] else "  MISSED"
    return f"{bound['what']:<{width}}{bound['measured']:>12,.2f}  {sign} {bound['bound']:,}{mark}"
