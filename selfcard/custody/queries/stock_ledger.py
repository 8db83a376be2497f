"""The stock ledger: what there was, what came, what went and what there is, from movements.

Stock is what is *printed*, *in transit* or in *inventory*: with whoever answers for it. Today's
stock of each holder is tallied, and every flow since the period began is added up backwards from
there, in one statement, so that all figures are of one moment. What goes from hand to hand within
those who are looked at neither comes nor goes.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from selfcard.cards.models import DocumentType
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.periods import Period
from selfcard.custody.models import Movement
from selfcard.custody.statuses import STOCK, MovementKind
from selfcard.organisations.models import May, Organisation, Party
from selfcard.organisations.queries import organisation_of, parties_in_reach

SEEING_STOCK = (May.SEE_CARDS, May.AUDIT)
# A picture of more days than this goes by months.
DAYS_DRAWN = 62


def parties_with_stock(actor: Actor) -> QuerySet[Party]:
    """The organisations and people whose stock ledger the actor may read."""
    return parties_in_reach(actor, *SEEING_STOCK)


class Within(StrEnum):
    """How much belongs to what is looked at."""

    BELOW = "below"  # an organisation with everything below it: a line for each part
    HERE = "here"  # an organisation and the people who work there: a line for each
    HOLDER = "holder"  # one organisation or person alone


@dataclass(frozen=True)
class Keepers:
    """Those whose stock is one ledger. People belong to the organisation that they work in now."""

    party: Party
    within: Within = Within.BELOW

    @property
    def parties(self) -> QuerySet[Party]:
        """All of them."""
        if self.within == Within.HOLDER:
            return Party.objects.filter(pk=self.party.pk)
        home = Organisation.objects.filter(pk=self.party.pk)
        if self.within == Within.BELOW:
            home = Organisation.objects.filter(path__within=organisation_of(self.party).path)
        return Party.objects.filter(
            Q(organisation__in=home.values("pk")) | Q(staff__organisation__in=home.values("pk"))
        )

    def of_line(self, party: Party) -> "Keepers":
        """Those who are behind one line of their ledger."""
        if self.within != Within.BELOW or party.is_person:
            return Keepers(party, Within.HOLDER)
        return Keepers(party, Within.HERE if party == self.party else Within.BELOW)


class Side(StrEnum):
    CAME = "in"
    WENT = "out"


@dataclass(frozen=True)
class Heading:
    """Kinds of movements that stand in one column, and what that is called on either side."""

    code: str
    kinds: frozenset[MovementKind]
    came: str | Promise
    went: str | Promise


def _heading(code: str, came: Any, went: Any, *kinds: MovementKind) -> Heading:
    return Heading(code, frozenset(kinds), came, went)


_OTHER = pgettext_lazy("stock ledger", "Other")
_NAMED = (
    _heading("print", pgettext_lazy("stock ledger", "Printed"), _OTHER, MovementKind.PRINT),
    _heading(
        "issue",
        pgettext_lazy("stock ledger", "Received"),
        pgettext_lazy("stock ledger", "Issued"),
        MovementKind.ISSUE,
        MovementKind.CHECK_IN,
    ),
    _heading("hand_over", _("From colleagues"), _("To colleagues"), MovementKind.HAND_OVER),
    _heading("recall", _("Taken back"), _("Given back"), MovementKind.RECALL),
    _heading("found", _("Found again"), _OTHER, MovementKind.FOUND),
    _heading(
        "stock_count",
        _("Taken over after a count"),
        _("Taken over by others"),
        MovementKind.STOCK_COUNT,
    ),
    _heading(
        "back",
        pgettext_lazy("stock ledger", "Back from sales"),
        _OTHER,
        MovementKind.SALE_RECALL,
        MovementKind.REFUND,
    ),
    _heading("sale", _OTHER, pgettext_lazy("stock ledger", "Sold"), MovementKind.SALE),
    _heading("void", _OTHER, _("Made void"), MovementKind.VOID, MovementKind.VOID_PRINTED),
    _heading("loss", _OTHER, pgettext_lazy("stock ledger", "Lost"), MovementKind.LOSS),
)
HEADINGS = (
    *_NAMED,
    _heading(
        "other",
        _OTHER,
        _OTHER,
        *set(MovementKind).difference(*(one.kinds for one in _NAMED)),
    ),
)
_HEADING_OF = {kind: heading for heading in HEADINGS for kind in heading.kinds}


@dataclass(frozen=True)
class Column:
    """A column of the ledger: what came, or what went, by some kinds of movements."""

    side: Side
    heading: Heading

    @property
    def code(self) -> str:
        return f"{self.side}-{self.heading.code}"

    @property
    def label(self) -> str | Promise:
        return self.heading.came if self.side == Side.CAME else self.heading.went

    @property
    def has_its_own_words(self) -> bool:
        """Whether cards usually go this way; all the rest is only called other."""
        return self.label is not _OTHER or self.heading.code == "other"


COLUMNS = tuple(Column(side, heading) for side in Side for heading in HEADINGS)


@dataclass
class Line:
    """One line of the ledger. Whatever else is true, it adds up.

    `party` is whose line it is: the organisation itself with its people, one below it with all
    that is its own, or one holder. Nobody's are the sums, and what went from line to line.
    """

    party: Party | None = None
    closing: int = 0
    flows: Counter[Column] = field(default_factory=Counter)

    @property
    def came(self) -> int:
        return sum(cards for column, cards in self.flows.items() if column.side == Side.CAME)

    @property
    def went(self) -> int:
        return sum(cards for column, cards in self.flows.items() if column.side == Side.WENT)

    @property
    def opening(self) -> int:
        return self.closing - self.came + self.went

    def __bool__(self) -> bool:
        return bool(self.closing or any(self.flows.values()))


@dataclass(frozen=True)
class TypeLedger:
    """The cards of one type: the lines, what went from line to line, and all of it together.

    What one line gives and another receives is in both, and taken off in `between`: so every
    column adds up as every line does.
    """

    document_type: DocumentType
    lines: tuple[Line, ...]
    between: Line
    together: Line


@dataclass(frozen=True)
class Moment:
    """A day or a month of the course: what came and went by column, and the stock at its end."""

    begins: date
    flows: Counter[Column]
    closing: int


@dataclass(frozen=True)
class StockLedger:
    keepers: Keepers
    period: Period
    types: tuple[TypeLedger, ...]
    course: tuple[Moment, ...]
    by_day: bool

    @property
    def together(self) -> Line:
        """All types in one."""
        found = Line(self.keepers.party)
        for one in self.types:
            found.closing += one.together.closing
            found.flows.update(one.together.flows)
        return found

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that have a figure."""
        used = {
            column
            for one in self.types
            for line in one.lines
            for column, cards in line.flows.items()
            if cards
        }
        return tuple(column for column in COLUMNS if column in used)


def stock_ledger(
    keepers: Keepers, period: Period, document_type: DocumentType | None = None
) -> StockLedger:
    """What some holders had, got, gave and have, by document type, in a period.

    Always three statements, of which one reads the books. A period that goes on counts up to today.
    """
    period = period.up_to(clock.today())
    by_day = period.days <= DAYS_DRAWN
    cells = _cells(keepers, period, document_type, by_day=by_day)
    names = Party.objects.in_bulk({line for cell in cells for line in cell.lines})
    kinds = DocumentType.objects.in_bulk({cell.document_type for cell in cells})
    types = tuple(
        _type_ledger(keepers, one, names, [cell for cell in cells if cell.document_type == one.pk])
        for one in sorted(kinds.values(), key=lambda one: one.code)
    )
    types = tuple(one for one in types if one.lines)
    return StockLedger(
        keepers, period, types, tuple(_course(cells, types, period, by_day=by_day)), by_day
    )


class _Cell(NamedTuple):
    """So many cards of a type from one line to another, or from or to outside, in a while.

    Without a kind it is what a line has today; without a while it came after the period.
    """

    giver: int | None
    receiver: int | None
    document_type: int
    kind: str | None
    begins: date | None
    cards: int

    @property
    def lines(self) -> Iterator[int]:
        return (line for line in (self.giver, self.receiver) if line is not None)

    def columns(self) -> Iterator[tuple[int, Column]]:
        """The lines that it concerns, each with the column that it stands in there."""
        assert self.kind is not None
        heading = _HEADING_OF[MovementKind(self.kind)]
        if self.receiver is not None:
            yield self.receiver, Column(Side.CAME, heading)
        if self.giver is not None:
            yield self.giver, Column(Side.WENT, heading)


_LINES = {
    # The part of the tree below the organisation that a place is in, or the organisation itself.
    Within.BELOW: """
        SELECT party.id AS party_id, line.party_id AS line_id
        FROM organisations_party party
        LEFT JOIN organisations_staff staff ON staff.party_id = party.id
        JOIN organisations_organisation home
          ON home.party_id = coalesce(staff.organisation_id, party.id)
        JOIN organisations_organisation top ON top.party_id = %(party)s AND home.path <@ top.path
        JOIN organisations_organisation line
          ON line.path = subpath(home.path, 0, least(nlevel(home.path), nlevel(top.path) + 1))
    """,
    Within.HERE: """
        SELECT party.id AS party_id, party.id AS line_id
        FROM organisations_party party
        LEFT JOIN organisations_staff staff ON staff.party_id = party.id
        WHERE coalesce(staff.organisation_id, party.id) = %(party)s
    """,
    Within.HOLDER: """
        SELECT id AS party_id, id AS line_id FROM organisations_party WHERE id = %(party)s
    """,
}

_CELLS = """
    WITH place AS MATERIALIZED ({lines}),
    made AS MATERIALIZED (
        SELECT batch.id AS batch_id, version.document_type_id AS type_id
        FROM cards_batch batch
        JOIN cards_documenttypeversion version ON version.id = batch.type_version_id
        WHERE version.document_type_id = %(type)s OR %(type)s IS NULL
    )
    SELECT NULL::bigint, place.line_id, made.type_id, NULL, NULL::date, sum(tally.cards)::bigint
    FROM custody_placetally tally
    JOIN place ON place.party_id = tally.holder_id
    JOIN made ON made.batch_id = tally.batch_id
    WHERE tally.status = ANY(%(stock)s)
    GROUP BY place.line_id, made.type_id
    UNION ALL
    SELECT giver.line_id, receiver.line_id, made.type_id, flow.kind,
           CASE WHEN flow.day <= %(last)s THEN {begins} END, sum(flow.cards)::bigint
    FROM custody_stockflow flow
    LEFT JOIN place giver ON giver.party_id = flow.giver_id
    LEFT JOIN place receiver ON receiver.party_id = flow.receiver_id
    JOIN made ON made.batch_id = flow.batch_id
    WHERE flow.day >= %(first)s AND giver.line_id IS DISTINCT FROM receiver.line_id
    GROUP BY 1, 2, 3, 4, 5
"""
_DAY, _MONTH = "flow.day", "date_trunc('month', flow.day::timestamp)::date"


def _cells(
    keepers: Keepers, period: Period, document_type: DocumentType | None, *, by_day: bool
) -> list[_Cell]:
    statement = _CELLS.format(lines=_LINES[keepers.within], begins=_DAY if by_day else _MONTH)
    with connection.cursor() as cursor:
        cursor.execute(
            statement,
            {
                "party": keepers.party.pk,
                "first": period.first,
                "last": period.last,
                "stock": sorted(STOCK),
                "type": document_type.pk if document_type else None,
            },
        )
        return [_Cell(*row) for row in cursor]


def _type_ledger(
    keepers: Keepers, document_type: DocumentType, names: dict[int, Party], cells: Iterable[_Cell]
) -> TypeLedger:
    lines = {pk: Line(party) for pk, party in names.items()}
    between, together = Line(), Line(keepers.party)
    for cell in cells:
        if cell.kind is None:
            assert cell.receiver is not None
            lines[cell.receiver].closing += cell.cards
            continue
        inside = cell.giver is not None and cell.receiver is not None
        for line, column in cell.columns():
            if cell.begins is None:
                lines[line].closing -= cell.cards if column.side == Side.CAME else -cell.cards
                continue
            lines[line].flows[column] += cell.cards
            if inside:
                between.flows[column] -= cell.cards
            else:
                together.flows[column] += cell.cards
    together.closing = sum(line.closing for line in lines.values())
    shown = sorted(filter(None, lines.values()), key=lambda line: _place(keepers, line))
    return TypeLedger(document_type, tuple(shown), between, together)


def _place(keepers: Keepers, line: Line) -> tuple[bool, str]:
    """The organisation's own line first, then by code."""
    assert line.party is not None
    return line.party != keepers.party, line.party.code


def _course(
    cells: Iterable[_Cell], types: Iterable[TypeLedger], period: Period, *, by_day: bool
) -> Iterator[Moment]:
    """All types together, day by day or month by month, from the opening to the closing."""
    flows: dict[date, Counter[Column]] = {}
    for cell in cells:
        if cell.begins is None or (cell.giver is not None and cell.receiver is not None):
            continue
        for _line, column in cell.columns():
            flows.setdefault(cell.begins, Counter())[column] += cell.cards
    stock = sum(one.together.opening for one in types)
    for begins in period.each_day() if by_day else period.each_month():
        here = flows.get(begins, Counter())
        stock += Line(flows=here).came - Line(flows=here).went
        yield Moment(begins, here, stock)


def movements_behind(
    keepers: Keepers,
    period: Period,
    column: Column | None = None,
    document_type: DocumentType | None = None,
) -> QuerySet[Movement]:
    """The movements that a figure of the ledger is the sum of, the latest first.

    Without a column, all by which cards came or went.
    """
    parties = keepers.parties.values("pk")
    given = Q(from_status__in=STOCK, from_holder__in=parties)
    received = Q(to_status__in=STOCK, to_holder__in=parties)
    sides = {Side.CAME: received & ~given, Side.WENT: given & ~received}
    movements = Movement.objects.filter(day__range=(period.first, period.last))
    if column:
        movements = movements.filter(sides[column.side], kind__in=column.heading.kinds)
    else:
        movements = movements.filter(sides[Side.CAME] | sides[Side.WENT])
    if document_type:
        movements = movements.filter(batch__type_version__document_type=document_type)
    return movements.select_related(
        "from_holder", "to_holder", "batch__type_version__document_type"
    ).order_by("-at", "-id")
