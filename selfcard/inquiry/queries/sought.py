"""What the inquiry asks for, and the places of those cards, now or at a past moment, as SQL.

A *place* is an unbroken run of cards with one holder in one status. Now these are the holdings; at
a past moment, those holdings that had begun by then and those of the past that had not ended.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.db.models import Q
from psycopg.types.multirange import Int8Multirange

from selfcard.cards.models import Batch, DocumentType
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.serials import RUNNING, SerialRun, merge_runs
from selfcard.custody.queries.counts import (
    ACTIVE_NOW,
    ACTIVE_THEN,
    IN_FORCE_NOW,
    IN_FORCE_THEN,
    activated_now,
    activated_then,
)
from selfcard.custody.statuses import TERMINAL, CardStatus, SeenStatus
from selfcard.inquiry.queries.reach import Reach, reach_of
from selfcard.organisations.models import Organisation, Party

# The statuses that activation, freeze and date can hide.
LIVING = [
    status
    for status in CardStatus
    if status not in TERMINAL and status != CardStatus.AWAITING_REFUND
]


@dataclass(frozen=True, kw_only=True)
class Sought:
    """What the inquiry asks for; what is left out limits nothing.

    Runs, a batch, or both name cards by their numbers; the rest says where they are, or at the
    moment `at` were: of one holder, of an organisation with everything below it, in a status.
    """

    runs: tuple[SerialRun, ...] = ()
    batch: Batch | None = None
    document_type: DocumentType | None = None
    holder: Party | None = None
    organisation: Organisation | None = None
    status: SeenStatus | None = None
    at: datetime | None = None

    @property
    def is_empty(self) -> bool:
        return self == Sought()

    @property
    def names_cards(self) -> bool:
        """Whether certain cards are asked for, wherever they are."""
        return bool(self.runs or self.batch)


@dataclass(frozen=True)
class Question:
    """One actor's question, ready to be asked of PostgreSQL: conditions, and their parameters.

    Whoever may see a card now sees where it was, as its biography tells; whoever saw it then still
    sees where it was then. So cards that are asked for by their numbers are told if they are in
    reach now or were at the moment; asked for otherwise, if they were in reach at the moment.
    """

    actor: Actor
    sought: Sought = Sought()

    @cached_property
    def reach(self) -> Reach:
        return reach_of(self.actor, self.sought.at)

    @cached_property
    def reach_now(self) -> Reach:
        """For the places of today, beside those of the past."""
        return reach_of(self.actor) if self.sought.at else self.reach

    @property
    def today(self) -> date:
        """The day by which cards are or were expired."""
        return clock.day_of(self.sought.at) if self.sought.at else clock.today()

    @cached_property
    def asked(self) -> list[SerialRun] | None:
        """The serials asked for; none where the question names no numbers."""
        runs = merge_runs(self.sought.runs) if self.sought.runs else None
        batch = self.sought.batch
        if batch is None:
            return runs
        if batch.serials is None:
            return []
        if runs is None:
            return [batch.run]
        return [both for run in runs if (both := run.intersection(batch.run))]

    @cached_property
    def span(self) -> SerialRun | None:
        """The one run that all cards asked for lie in, if there is one."""
        if self.asked is not None:
            return self.asked[0] if len(self.asked) == 1 else None
        if self.sought.document_type:
            first = int(self.sought.document_type.prefix) * RUNNING
            return SerialRun(first, first + RUNNING - 1)
        return None

    @cached_property
    def params(self) -> dict[str, Any]:
        """The parameters of every condition; each statement uses some of them."""
        sought = self.sought
        params: dict[str, Any] = {
            "at": sought.at,
            "holders": self.reach.holders,
            "coming": self.reach.coming,
            "living": [status.value for status in LIVING],
            "day": self.today,
            "today": clock.today(),
        }
        if self.asked is not None:
            params["asked"] = Int8Multirange([run.range for run in self.asked])
        if self.span:
            params["span"] = self.span.range
            params["begins"] = SerialRun(self.span.first, self.span.first).range
            params["ends"] = SerialRun(self.span.last + 1, self.span.last + 1).range
        if sought.batch:
            params["batch"] = sought.batch.pk
        if sought.document_type:
            params["batches"] = _keys(
                Batch.objects.filter(type_version__document_type=sought.document_type)
            )
        if sought.holder:
            params["holder"] = sought.holder.pk
        if sought.organisation:
            params["places"] = _keys(everybody_at(sought.organisation))
        if sought.status in LIVING_SEEN:
            params["expired"] = _keys(Batch.objects.filter(deadline__lt=self.today))
        if sought.at:
            params |= {"holders_now": self.reach_now.holders, "coming_now": self.reach_now.coming}
        return params

    # Conditions

    def where(self, place: str, *, serials: bool = True, reach: bool = True) -> str:
        """What a place fulfils, whether or not it is cut to the serials that are asked for."""
        sought = self.sought
        said: list[str] = []
        if serials:
            said.extend(self._where_they_lie(place))
        if sought.batch:
            said.append(f"{place}.batch_id = %(batch)s")
        if sought.document_type:
            said.append(f"{place}.batch_id = ANY(%(batches)s)")
        if sought.holder:
            said.append(f"{place}.holder_id = %(holder)s")
        if sought.organisation:
            said.append(f"{place}.holder_id = ANY(%(places)s)")
        if reach:
            said.append(self.in_reach(place))
        return " AND ".join(said) or "true"

    def _where_they_lie(self, place: str) -> Iterator[str]:
        """Between which serials a place lies, in serial order, or which ones it touches.

        The first page in serial order begins there, and not with other types' cards. A run that is
        asked for may begin within a place.
        """
        if self.sought.runs:
            yield f"{place}.serials && %(asked)s"
        elif self.span:
            yield f"{place}.serials >= %(begins)s AND {place}.serials < %(ends)s"
        elif self.sought.batch:
            yield "false"

    def in_reach(self, place: str) -> str:
        return _in_reach(place, self.reach)

    def in_reach_now(self, place: str) -> str:
        return _in_reach(place, self.reach_now, "_now" if self.sought.at else "")

    def in_status(self, place: str) -> str:
        """That some cards of a place are in the status asked for, as people see it."""
        status = self.sought.status
        match status:
            case None:
                return "true"
            case SeenStatus.ACTIVATED:
                return f"({place}.status = 'to_be_activated' AND {self.has_activated(place)})"
            case SeenStatus.FROZEN:
                return f"""({place}.status = ANY(%(living)s) AND {place}.serials && {self.stopped}
                            AND {self.frozen(place)} > 0)"""
            case SeenStatus.EXPIRED:
                return f"""({place}.status = ANY(%(living)s)
                            AND {place}.batch_id = ANY(%(expired)s) AND {self.has_rest(place)}
                            AND {self.has_overdue(place)})"""
        same = f"{place}.status = '{CardStatus(status.value).value}'"
        if status not in LIVING_SEEN:
            return f"({same})"
        in_time = f"(NOT {place}.batch_id = ANY(%(expired)s) AND {self.has_rest(place)})"
        if status == SeenStatus.TO_BE_ACTIVATED:
            later = f"({place}.serials && {self.prolonged} AND {self.extended(place)} > 0)"
            return f"({same} AND ({in_time} OR {later}))"
        return f"({same} AND {in_time})"

    def has_activated(self, place: str) -> str:
        active = ACTIVE_THEN if self.sought.at else ACTIVE_NOW
        return f"""EXISTS (
            SELECT FROM custody_activatedcard card
            WHERE card.serial >= lower({place}.serials) AND card.serial < upper({place}.serials)
              AND {active}
        )"""

    def has_rest(self, place: str) -> str:
        """That not all cards of a place are activated or frozen."""
        return f"""(
            NOT {place}.serials <@ {self.stopped}
            AND ({place}.status <> 'to_be_activated' OR upper({place}.serials)
                 - lower({place}.serials) > {self.activated(place)} + {self.frozen(place)})
        )"""

    def has_overdue(self, place: str) -> str:
        """That not all of its other cards have a later last day."""
        return f"""(
            {place}.status <> 'to_be_activated' OR NOT {place}.serials && {self.prolonged}
            OR upper({place}.serials) - lower({place}.serials)
               > {self.activated(place)} + {self.frozen(place)} + {self.extended(place)}
        )"""

    # Figures

    def activated(self, place: str) -> str:
        """How many cards of a place are, or were, activated."""
        count = activated_then if self.sought.at else activated_now
        return f"""(CASE WHEN {place}.status = 'to_be_activated'
                         THEN {count(f"{place}.serials")} ELSE 0 END)"""

    def frozen(self, place: str) -> str:
        """How many are, or were, frozen; one that is activated counts as activated."""
        count = activated_then if self.sought.at else activated_now
        return f"""(CASE WHEN {place}.status = ANY(%(living)s) THEN (
            SELECT coalesce(sum(upper(run) - lower(run) - CASE
                WHEN {place}.status = 'to_be_activated' THEN {count("run")} ELSE 0 END), 0)::bigint
            FROM unnest(int8multirange({place}.serials) * {self.stopped}) AS run
        ) ELSE 0 END)"""

    def extended(self, place: str) -> str:
        """How many have, or had, a later last day that was not over; activated and frozen ones
        count as that."""
        count = activated_then if self.sought.at else activated_now
        return f"""(CASE WHEN {place}.status = 'to_be_activated'
                          AND {place}.serials && {self.prolonged} THEN (
            SELECT coalesce(sum(upper(run) - lower(run) - {count("run")}), 0)::bigint
            FROM unnest(
                int8multirange({place}.serials) * ({self.prolonged} - {self.stopped})
            ) AS run
        ) ELSE 0 END)"""

    @property
    def prolonged(self) -> str:
        """All serials with a later last day that is, or was, not over; read once a statement."""
        return f"(SELECT coalesce(range_agg(later.serials), '{{}}') {self.later})"

    @property
    def later(self) -> str:
        """The runs of cards with such a last day, of which no two lie on one card."""
        in_time = "later.during @> %(today)s::date"
        if self.sought.at:
            in_time = "later.during @> %(day)s::date AND later.granted_at <= %(at)s"
        asked = "" if self.asked is None else "AND later.serials && %(asked)s"
        return f"FROM custody_extensionrun later WHERE {in_time} {asked}"

    @property
    def stopped(self) -> str:
        """All serials that are, or were, frozen; PostgreSQL reads them once a statement."""
        in_force = IN_FORCE_THEN if self.sought.at else IN_FORCE_NOW
        asked = "" if self.asked is None else "AND stop.serials && %(asked)s"
        return f"""(
            SELECT coalesce(range_agg(stop.serials), '{{}}') FROM custody_freeze stop
            WHERE {in_force} {asked}
        )"""

    # Places

    def places(self) -> str:
        """Where the cards asked for are or were, as a query; past ones beside where they are now.

        Its columns are those of a holding, with the serials cut to what is asked for. A past place
        is also cut where the places of today begin and end, if the actor reaches it only by them.
        """
        if not self.sought.at:
            return self._places("custody_holding", "place.since")
        if not self._reached_by_today:
            return _joined(self._past(reach=True))
        return f"""
            SELECT place.batch_id, place.holder_id, place.status, place.reason_kind,
                   place.reason_number, place.since, place.serials * today.serials AS serials
            FROM ({_joined(self._past(reach=False))}) place
            CROSS JOIN LATERAL ({touching("place.serials")}) today
            WHERE {self.in_reach("place")} OR {self.in_reach_now("today")}
        """

    def parts(self) -> str:
        """The same cards for who only adds them up: in parts, as the books happen to keep them."""
        if not self.sought.at:
            return self.places()
        if not self._reached_by_today:
            return self._past(reach=True)
        past = self._past(reach=False)
        return f"""
            SELECT * FROM ({past}) place WHERE {self.in_reach("place")}
            UNION ALL
            SELECT place.batch_id, place.holder_id, place.status, place.reason_kind,
                   place.reason_number, place.since, place.serials * today.serials
            FROM ({past}) place
            CROSS JOIN LATERAL ({touching("place.serials")}) today
            WHERE NOT {self.in_reach("place")} AND {self.in_reach_now("today")}
        """

    def places_touching(self, run: str) -> str:
        """The places of today that a run touches: looked for by the run, then judged."""
        return self._places(f"({touching(run)})", "place.since")

    @property
    def _reached_by_today(self) -> bool:
        """Whether past places are told of which the actor only sees where the cards are now."""
        return self.sought.names_cards and not self.reach.is_everything

    def _places(self, table: str, since: str, condition: str = "true", reach: bool = True) -> str:
        columns = "batch_id, holder_id, status, reason_kind, reason_number"
        named = ", ".join(f"place.{column}" for column in columns.split(", "))
        serials, cut = "place.serials", ""
        if self.sought.runs and self.span:
            serials = "place.serials * %(span)s AS serials"
        elif self.sought.runs:
            serials = "part AS serials"
            cut = (
                "CROSS JOIN LATERAL unnest(int8multirange(place.serials) * %(asked)s) part(serials)"
            )
        return f"""
            SELECT {named}, {since} AS since, {serials} FROM {table} place {cut}
            WHERE {condition} AND {self.where("place", reach=reach)}
        """

    def _past(self, *, reach: bool) -> str:
        """The places of the moment: those that had begun, and those of the past not yet ended.

        A place that has begun by then and goes on is its own place of today.
        """
        since, begun = "NULL::timestamptz", "place.since <= %(at)s"
        if not reach:
            begun += f" AND ({self.in_reach('place')} OR {self.in_reach_now('place')})"
        return f"""
            {self._places("custody_holding", since, begun, reach)}
            UNION ALL
            {self._places("custody_holdingpast", since, "place.during @> %(at)s", reach)}
        """


def touching(run: str) -> str:
    """The holdings that a run touches, as a query: a few steps in serial order.

    The index of what overlaps would find them too, but takes ten times as long for each run; so
    that they overlap is said in words that it does not know.
    """
    return f"""
        SELECT * FROM custody_holding touched
        WHERE touched.serials >= coalesce((
              SELECT before.serials FROM custody_holding before
              WHERE before.serials <= int8range(lower({run}), NULL)
              ORDER BY before.serials DESC LIMIT 1
          ), {run})
          AND touched.serials < int8range(upper({run}), NULL)
          AND upper(touched.serials) > lower({run}) AND lower(touched.serials) < upper({run})
        OFFSET 0
    """


def _joined(places: str) -> str:
    """Neighbours that were one run then are one run again.

    Read in serial order, and no further than somebody asks: a run goes from the first place that
    does not continue the one before it to where the next such place finds the last one ended.
    After them all comes one that is nobody's, so that the last run has an end.
    """
    whose = "batch_id, holder_id, status, reason_kind, reason_number"
    return f"""
        SELECT {whose}, since, int8range(lower(serials), ends) AS serials
        FROM (
            SELECT {whose}, since, serials, lead(ended) OVER (ORDER BY serials) AS ends
            FROM (
                SELECT {whose}, since, serials, upper(lag(serials) OVER in_order) AS ended,
                       lag(ROW({whose})) OVER in_order = ROW({whose}) AS same
                FROM (
                    {places}
                    UNION ALL
                    SELECT NULL, NULL, NULL, NULL, NULL, NULL, {BEYOND}
                ) place
                WINDOW in_order AS (ORDER BY serials)
            ) place
            WHERE same IS NOT TRUE OR ended <> lower(serials)
        ) run
        WHERE batch_id IS NOT NULL
    """


# After every serial.
BEYOND = "int8range(9223372036854775806, 9223372036854775807)"
LIVING_SEEN = {SeenStatus.EXPIRED, *(SeenStatus(status.value) for status in LIVING)}


def everybody_at(organisation: Organisation) -> Any:
    """The organisation, everything below it, and the people who work there, as parties."""
    within = Organisation.objects.filter(path__within=organisation.path).values("pk")
    return Party.objects.filter(Q(organisation__in=within) | Q(staff__organisation__in=within))


def _in_reach(place: str, reach: Reach, suffix: str = "") -> str:
    if reach.is_everything:
        return "true"
    return f"""({place}.holder_id = ANY(%(holders{suffix})s) OR (
        {place}.status = 'in_transit' AND {place}.reason_kind = 'issue'
        AND {place}.reason_number = ANY(%(coming{suffix})s)
    ))"""


def _keys(things: Any) -> list[int]:
    return list(things.order_by().values_list("pk", flat=True))
