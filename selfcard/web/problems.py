"""What is wrong with a form, as its error summary shows it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Help:
    """The operation that would help, as a link."""

    url: str
    label: Any


@dataclass(frozen=True)
class Problem:
    text: str
    target: str = ""  # the id of the control that it is about
    help: Help | None = None
