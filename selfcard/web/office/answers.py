"""What stands below a range: how many cards, of which type, held by whom, and which do not fit.

The same answer is given while the range is typed, with a refusal, and without script. Where a part
fits, it is offered as what to do instead; nothing is ever trimmed without being asked.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Self

from selfcard.core.refusals import Refusal
from selfcard.core.serials import SerialRun, count_cards, merge_runs
from selfcard.custody.queries import RangePart
from selfcard.web.office.named import naming
from selfcard.web.operations import help_for
from selfcard.web.problems import Help

# What somebody can still take in; a list with every part is in the status details inquiry.
PARTS_SHOWN = 20
PIECES_DRAWN = 250
# So many runs one still looks through before they are sent.
RUNS_OFFERED = 200


@dataclass(frozen=True)
class AnsweredPart:
    """A part of a typed range as the page shows it, with its help as a link."""

    part: RangePart

    @property
    def status(self) -> str:
        """How the strip draws it: by whether it fits."""
        return "fits" if self.part.usable else "unfit"

    @property
    def count(self) -> int:
        return self.part.count

    @property
    def help(self) -> Help | None:
        """Where it goes on; a deed that is not about one paper opens with these cards named."""
        asked, document_type = self.part.help, self.part.document_type
        help = help_for(asked) if asked else None
        if help is None or document_type is None or (asked and asked.args):
            return help
        return replace(help, url=f"{help.url}?{naming(document_type, self.part.run)}")


@dataclass(frozen=True)
class Piece:
    """Neighbours that fit, or that do not, as one piece of the strip."""

    status: str
    count: int


class RangeAnswer:
    """The answer about the runs of one field."""

    def __init__(
        self,
        field: str,
        runs: tuple[SerialRun, ...] = (),
        parts: Iterable[RangePart] = (),
        problems: Iterable[str] = (),
    ) -> None:
        self.field, self.problems = field, list(problems)
        self.cards = 0 if self.problems else count_cards(runs)
        self.parts = [AnsweredPart(part) for part in parts]

    @classmethod
    def about(cls, field: str, runs: tuple[SerialRun, ...], judged: Any) -> Self:
        """The answer about runs, which `judged` cuts into parts that fit or do not."""
        try:
            return cls(field, runs, judged(field, runs))
        except Refusal as refusal:
            return cls(field, problems=[str(refusal)])

    @property
    def fitting(self) -> int:
        return sum(one.count for one in self.parts if one.part.usable)

    @property
    def unfitting(self) -> int:
        return self.cards - self.fitting

    @property
    def document_type(self) -> Any:
        return next((one.part.document_type for one in self.parts if one.part.document_type), None)

    @property
    def shown(self) -> list[AnsweredPart]:
        """The parts in order; of very many the first, and before all those that do not fit."""
        if len(self.parts) <= PARTS_SHOWN:
            return self.parts
        chosen = sorted(self.parts, key=lambda one: one.part.usable)[:PARTS_SHOWN]
        return sorted(chosen, key=lambda one: one.part.run)

    @property
    def more(self) -> int:
        """How many parts are not shown."""
        return len(self.parts) - len(self.shown)

    @property
    def pieces(self) -> list[Piece]:
        """What the strip draws; nothing where the pieces would be too thin to be seen."""
        pieces: list[Piece] = []
        for one in self.parts:
            count = one.count
            if pieces and pieces[-1].status == one.status:
                count += pieces.pop().count
            pieces.append(Piece(one.status, count))
        return pieces if len(pieces) <= PIECES_DRAWN else []

    @property
    def usable(self) -> list[SerialRun]:
        """Exactly the cards that fit."""
        return merge_runs(one.part.run for one in self.parts if one.part.usable)

    @property
    def offers(self) -> bool:
        """Whether only some of the cards fit, so that those can be named instead."""
        return 0 < self.fitting < self.cards and len(self.usable) <= RUNS_OFFERED

    @property
    def too_scattered(self) -> bool:
        """Whether some fit, in more runs than a form holds."""
        return 0 < self.fitting < self.cards and not self.offers
