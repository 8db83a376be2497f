"""How the cards that the inquiry asks for are spread: over statuses, holders and organisations.

One statement adds up the tallies of places and of activated cards, and the few freezes; where
serials are asked for, their places. Nobody counts cards.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import connection

from selfcard.cards.models import Batch
from selfcard.custody.queries.counts import ACTIVE_NOW, edges, whole_blocks
from selfcard.custody.statuses import CardStatus, SeenStatus, seen_status
from selfcard.inquiry.queries.sought import LIVING_SEEN, Question, Sought
from selfcard.organisations.models import Party
from selfcard.organisations.queries import head_office

PLACES_SHOWN = 12


@dataclass(frozen=True)
class StatusCount:
    """How many cards are in one status, as people see it."""

    status: SeenStatus
    count: int


@dataclass(frozen=True)
class PlaceCount:
    """How many cards one holder answers for."""

    holder: Party
    count: int


@dataclass(frozen=True)
class OrganisationCount:
    """How many cards an organisation has with everything below it, by status."""

    organisation: Party
    statuses: dict[SeenStatus, int]

    @property
    def count(self) -> int:
        return sum(self.statuses.values())


@dataclass(frozen=True)
class Funnel:
    """How far cards have come: each figure counts those that came at least so far.

    Cards that ended before – void, lost, destroyed – are in none but the first.
    """

    printed: int = 0
    issued: int = 0
    sold: int = 0
    paid: int = 0
    activated: int = 0

    @property
    def figures(self) -> tuple[int, ...]:
        return self.printed, self.issued, self.sold, self.paid, self.activated


@dataclass(frozen=True)
class Distribution:
    """How cards are spread. `runs` is none where it would mean looking at every run."""

    statuses: tuple[StatusCount, ...] = ()
    places: tuple[PlaceCount, ...] = ()
    holders: int = 0
    runs: int | None = 0
    organisations: tuple[OrganisationCount, ...] = ()
    funnel: Funnel = field(default_factory=Funnel)
    # How many are in which status, by the last day on which they can be activated.
    deadlines: dict[date, dict[SeenStatus, int]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return sum(part.count for part in self.statuses)

    @property
    def elsewhere(self) -> int:
        """Cards of the holders that are not named among the places."""
        return self.count - sum(place.count for place in self.places)


def distribution(question: Question) -> Distribution:
    """How the cards asked for are spread, in a fixed number of statements."""
    sought = question.sought
    with connection.cursor() as cursor:
        cursor.execute(_sql(question), question.params | _of_the_tree(sought))
        rows = [_Sum(*row) for row in cursor.fetchall()]
    statuses = [row for row in rows if row.kind == "status"]
    holders = [row for row in rows if row.kind == "holder"]
    places = [row for row in rows if row.kind == "organisation"]
    parties = Party.objects.in_bulk({row.key for row in (*holders, *places)})
    batches = Batch.objects.in_bulk({row.key for row in statuses})
    last_days = {key: batch.last_day for key, batch in batches.items()}
    deadlines = _by_deadline(statuses, last_days, question.today)
    uncounted = sought.at or sought.status in LIVING_SEEN or sought.status in _MARKS
    return Distribution(
        statuses=tuple(_totals(deadlines)),
        places=tuple(PlaceCount(parties[row.key], row.cards) for row in holders),
        holders=holders[0].runs if holders else 0,
        runs=None if uncounted else sum(row.runs for row in statuses),
        organisations=tuple(_organisations(places, parties)),
        funnel=_funnel(statuses),
        deadlines=deadlines,
    )


@dataclass(frozen=True)
class _Sum:
    """A row of the sums: of a batch in one status, or of a holder."""

    kind: str
    key: int
    kept: str
    seen: str
    away: bool  # with somebody else than head office
    last_day: date | None  # a later one than is printed
    runs: int  # of a holder: how many holders there are
    cards: int


_MARKS = (SeenStatus.ACTIVATED, SeenStatus.FROZEN)


def _of_the_tree(sought: Sought) -> dict[str, Any]:
    """Whose cards have not been issued yet, and at which depth organisations are told apart."""
    root = head_office()
    top = sought.organisation or root
    return {
        "head_office": root.pk,
        "depth": str(top.path).count(".") + 2,
        "shown": PLACES_SHOWN,
    }


def _organisations(rows: Iterable[_Sum], parties: dict[int, Party]) -> Iterable[OrganisationCount]:
    """What each organisation has with all below it, the most first."""
    counts: dict[int, dict[SeenStatus, int]] = {}
    for row in rows:
        if row.cards:
            counts.setdefault(row.key, {})[SeenStatus(row.seen)] = row.cards
    found = (OrganisationCount(parties[key], statuses) for key, statuses in counts.items())
    return sorted(found, key=lambda one: (-one.count, one.organisation.code))


def _sql(question: Question) -> str:
    """All sums of the question.

    What activation and freezes change is added as parts of their own: so many cards more in one
    status, as many less in another. Likewise what has a later last day: so many more with that day,
    as many less without.
    """
    places = f"place AS MATERIALIZED ({question.parts()})," if _by_places(question) else ""
    return f"""
        WITH {places} part AS MATERIALIZED (
            SELECT * FROM (
                SELECT batch_id, holder_id, status AS kept, status AS seen, NULL::date AS last_day,
                       runs, cards
                FROM ({_placed(question)}) placed
                UNION ALL
                SELECT batch_id, holder_id, 'to_be_activated', seen, NULL, 0, sign * cards
                FROM (
                    SELECT batch_id, holder_id, sum(cards)::bigint AS cards
                    FROM ({_activated(question)}) active GROUP BY batch_id, holder_id
                ) active
                CROSS JOIN (VALUES ('activated', 1), ('to_be_activated', -1)) mark(seen, sign)
                UNION ALL
                SELECT batch_id, holder_id, status, seen, NULL, 0, sign * cards
                FROM ({_frozen(question)}) stopped
                CROSS JOIN LATERAL (VALUES ('frozen', 1), (status, -1)) mark(seen, sign)
                UNION ALL
                SELECT batch_id, holder_id, 'to_be_activated', 'to_be_activated', day, 0,
                       sign * cards
                FROM ({_extended(question)}) later
                CROSS JOIN LATERAL (VALUES (later.last_day, 1), (NULL, -1)) mark(day, sign)
            ) part
            WHERE {_in_status(question)}
        ),
        held AS MATERIALIZED (
            SELECT holder_id, seen, sum(cards)::bigint AS cards FROM part GROUP BY holder_id, seen
        ),
        holder AS (
            SELECT holder_id, sum(cards)::bigint AS cards FROM held
            GROUP BY holder_id HAVING sum(cards) > 0
        )
        SELECT 'status', batch_id, kept, seen, holder_id <> %(head_office)s, last_day,
               sum(runs)::bigint, sum(cards)::bigint
        FROM part GROUP BY 1, 2, 3, 4, 5, 6
        UNION ALL
        (
            SELECT 'holder', holder_id, '', '', true, NULL, count(*) OVER (), cards
            FROM holder ORDER BY cards DESC, holder_id LIMIT %(shown)s
        )
        UNION ALL
        SELECT 'organisation', above.party_id, '', seen, true, NULL, 0, sum(cards)::bigint
        FROM held
        LEFT JOIN organisations_staff staff ON staff.party_id = held.holder_id
        JOIN organisations_organisation own
          ON own.party_id = coalesce(staff.organisation_id, held.holder_id)
        JOIN organisations_organisation above
          ON above.path = subpath(own.path, 0, least(nlevel(own.path), %(depth)s))
        GROUP BY above.party_id, seen
    """


def _by_places(question: Question) -> bool:
    """Whether places are added up: no tally knows serials, nor how it was."""
    return bool(question.sought.at or question.sought.runs)


def _placed(question: Question) -> str:
    """Runs and cards by batch, holder and status: from the tally, unless serials are asked for.

    Cards on their way to somebody in reach are with a sender who may not be; those are few.
    """
    if _by_places(question):
        return """
            SELECT batch_id, holder_id, status, count(*) AS runs,
                   sum(upper(serials) - lower(serials))::bigint AS cards
            FROM place GROUP BY batch_id, holder_id, status
        """
    tallied = f"""
        SELECT batch_id, holder_id, status, runs, cards FROM custody_placetally tally
        WHERE {_tallied(question)}
    """
    if question.reach.is_everything:
        return tallied
    return f"""
        {tallied}
        UNION ALL
        SELECT batch_id, holder_id, status, 1, upper(serials) - lower(serials)
        FROM custody_holding place
        WHERE {question.where("place")} AND NOT place.holder_id = ANY(%(holders)s)
    """


def _in_status(question: Question) -> str:
    """What is counted of the parts when one status is asked for."""
    status = question.sought.status
    if status is None:
        return "true"
    if status == SeenStatus.EXPIRED:
        return "seen = ANY(%(living)s) AND batch_id = ANY(%(expired)s) AND last_day IS NULL"
    in_time = ""
    if status in LIVING_SEEN:
        in_time = " AND (NOT batch_id = ANY(%(expired)s) OR last_day IS NOT NULL)"
    return f"seen = '{status.value}'{in_time}"


def _activated(question: Question) -> str:
    """The activated cards by batch and holder: from the tallies, whole blocks first.

    Those of a past moment are counted in the index, run by run.
    """
    if question.sought.at:
        return f"""
            SELECT batch_id, holder_id, {question.activated("place")} AS cards
            FROM place WHERE status = 'to_be_activated'
        """
    if not question.sought.runs:
        return f"""
            SELECT batch_id, holder_id, activated AS cards FROM custody_activatedtally tally
            WHERE {_tallied(question)}
        """
    first, end = whole_blocks("run")
    begins, ends = edges("run")
    return f"""
        SELECT tally.batch_id, tally.holder_id, tally.activated AS cards
        FROM unnest(%(asked)s) AS run
        JOIN custody_activatedtally tally ON tally.block >= {first} AND tally.block < {end}
        WHERE {_tallied(question)}
        UNION ALL
        SELECT place.batch_id, place.holder_id, (
            SELECT count(*) FROM custody_activatedcard card
            WHERE card.serial >= greatest(lower(place.serials), lower(edge.serials))
              AND card.serial < least(upper(place.serials), upper(edge.serials)) AND {ACTIVE_NOW}
        )
        FROM unnest(%(asked)s) AS run
        CROSS JOIN LATERAL (VALUES ({begins}), ({ends})) edge(serials)
        JOIN custody_holding place ON place.serials && edge.serials
        WHERE place.status = 'to_be_activated'
          AND {question.where("place", serials=False)}
    """


def _frozen(question: Question) -> str:
    """The frozen cards by batch, holder and status.

    The freezes are few and the places many: so from each freeze to the places that it touches.
    """
    if question.sought.at:
        return f"""
            SELECT batch_id, holder_id, status, {question.frozen("place")} AS cards
            FROM place
            WHERE place.status = ANY(%(living)s) AND place.serials && {question.stopped}
        """
    return f"""
        SELECT batch_id, holder_id, status,
               upper(serials) - lower(serials) - {question.activated("place")} AS cards
        FROM (
            SELECT place.batch_id, place.holder_id, place.status, place.serials * run AS serials
            FROM unnest({question.stopped}) AS run
            CROSS JOIN LATERAL ({question.places_touching("run")}) place
            WHERE place.status = ANY(%(living)s) AND place.serials && run
        ) place
    """


def _extended(question: Question) -> str:
    """The cards with a later last day by batch and holder, without activated and frozen ones.

    Like freezes they are few: from each run of them to the places that it touches.
    """
    later = f"""
        SELECT upper(later.during) - 1 AS last_day, part AS run
        FROM (SELECT later.* {question.later}) later
        CROSS JOIN LATERAL unnest(int8multirange(later.serials) - {question.stopped}) AS part
    """
    places = "place" if question.sought.at else f"LATERAL ({question.places_touching('later.run')})"
    return f"""
        SELECT batch_id, holder_id, last_day,
               upper(serials) - lower(serials) - {question.activated("place")} AS cards
        FROM (
            SELECT place.batch_id, place.holder_id, place.status, later.last_day,
                   place.serials * later.run AS serials
            FROM ({later}) later CROSS JOIN {places} place
            WHERE place.status = 'to_be_activated' AND place.serials && later.run
        ) place
    """


def _tallied(question: Question) -> str:
    """What a row of a tally fulfils. What is on its way to somebody is with its sender there."""
    said = question.where("tally", serials=False, reach=False)
    return (
        said if question.reach.is_everything else f"{said} AND tally.holder_id = ANY(%(holders)s)"
    )


def _by_deadline(
    rows: Iterable[_Sum], deadlines: dict[int, date], day: date
) -> dict[date, dict[SeenStatus, int]]:
    """The cards by last day and status, as people see or saw it on a day."""
    counts: dict[date, Counter[SeenStatus]] = {}
    for row in rows:
        deadline = row.last_day or deadlines[row.key]
        counts.setdefault(deadline, Counter())[_seen(row, deadline, day)] += row.cards
    return {deadline: dict(found) for deadline, found in counts.items()}


def _seen(row: _Sum, deadline: date, day: date) -> SeenStatus:
    if row.seen in _MARKS:
        return SeenStatus(row.seen)
    return seen_status(
        CardStatus(row.seen), activated=False, frozen=False, deadline=deadline, today=day
    )


def _totals(deadlines: dict[date, dict[SeenStatus, int]]) -> Iterable[StatusCount]:
    counts = sum((Counter(found) for found in deadlines.values()), Counter[SeenStatus]())
    return (StatusCount(status, counts[status]) for status in SeenStatus if counts[status])


def _funnel(rows: Iterable[_Sum]) -> Funnel:
    paid = (CardStatus.TO_BE_ACTIVATED, CardStatus.AWAITING_REFUND)
    sold = (CardStatus.SOLD, *paid)
    ended = (CardStatus.VOID, CardStatus.LOST, CardStatus.DESTROYED)
    rows = list(rows)
    return Funnel(
        printed=sum(row.cards for row in rows),
        issued=sum(
            row.cards
            for row in rows
            if row.kept not in ended and (row.away or row.kept in (*sold, CardStatus.IN_TRANSIT))
        ),
        sold=sum(row.cards for row in rows if row.kept in sold),
        paid=sum(row.cards for row in rows if row.kept in paid),
        activated=sum(row.cards for row in rows if row.seen == SeenStatus.ACTIVATED),
    )
