"""Saying no: a refusal is a fact with its reason and, where there is one, the deed that helps."""

import re
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from selfcard.core.wording import written_fact


@dataclass(frozen=True)
class Operation:
    """The operation that would help, named for the faces, which know where it is done."""

    name: str
    args: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def named(cls, name: str, **args: Any) -> "Operation":
        return cls(name, args)


class Refusal(Exception):
    """A command says no, in plain words, and has changed nothing.

    Each subclass is one fact (`CardsNotHeld`). Its `message` is a translatable sentence with
    `%(name)s` places that the facts fill; amounts are given as `Money`, days as dates. `field`
    names the argument that the refusal is about, so that a page can show it there.
    """

    message: ClassVar[str | Promise] = _("This cannot be done.")
    default_field: ClassVar[str | None] = None

    def __init__(
        self, *, field: str | None = None, help: Operation | None = None, **facts: Any
    ) -> None:
        super().__init__()
        self.field = field or self.default_field
        self.help = help
        self.facts = facts

    @property
    def code(self) -> str:
        """The fact's name for programs: `cards_not_held`."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(self).__name__).lower()

    def __str__(self) -> str:
        told = {name: written_fact(fact) for name, fact in self.facts.items()}
        return str(self.message) % told if told else str(self.message)


class ReasonMissing(Refusal):
    message = _("Say why: the reason is kept with the deed.")
    default_field = "reason"


class RequestReused(Refusal):
    message = _(
        "This request was already used for something else. Open the page again and repeat the step."
    )
