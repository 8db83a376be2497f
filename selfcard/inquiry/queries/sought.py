"""What the inquiry asks for, and the places of those cards, now or at a past moment, as SQL.

A *place* is an unbroken run of cards with one holder in one status. Now these are the holdings; at
a past moment, those holdings that had begun by then and those of the past that had not ended.
"""

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
    def params(self) -> dict[str, Any]:
        """The parameters of every condition; each statement uses some of them."""
        sought = self.sought
        params: dict[str, Any] = {
            "at": sought.at,
            "holders": self.reach.holders,
            "coming": self.reach.coming,
            "living": [status.value for status in LIVING],
        }
        if self.asked is not None:
            params["asked"] = Int8Multirange([run.range for run in self.asked])
        if sought.document_type:
            params["batches"] = _keys(
                Batch.objects.filter(type_version__document_type=sought.document_type)
            )
            first = int(sought.document_type.prefix) * RUNNING
            params["type_first"] = SerialRun(first, first).range
            params["type_last"] = SerialRun(first + RUNNING, first + RUNNING).range
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
        sought, said = self.sought, []
        if serials and self.asked is not None:
            said.append(f"{place}.serials && %(asked)s")
        if sought.document_type:
            said.append(f"{place}.batch_id = ANY(%(batches)s)")
            if serials:
                # The first page in serial order begins there, and not with other types' cards.
                said.append(f"{place}.serials BETWEEN %(type_first)s AND %(type_last)s")
        if sought.holder:
            said.append(f"{place}.holder_id = %(holder)s")
        if sought.organisation:
            said.append(f"{place}.holder_id = ANY(%(places)s)")
        if reach:
            said.append(self.in_reach(place))
        return " AND ".join(said) or "true"

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
                            AND {place}.batch_id = ANY(%(expired)s) AND {self.has_rest(place)})"""
        same = f"{place}.status = '{CardStatus(status.value).value}'"
        if status not in LIVING_SEEN:
            return f"({same})"
        return f"""({same} AND NOT {place}.batch_id = ANY(%(expired)s)
                    AND {self.has_rest(place)})"""

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
        return self._past() if self.sought.at else self._places("custody_holding", "place.since")

    def places_touching(self, run: str) -> str:
        """The places of today that a run touches: looked for by the run, then judged."""
        return self._places(
            f"(SELECT * FROM custody_holding touched WHERE touched.serials && {run} OFFSET 0)",
            "place.since",
        )

    def _places(self, table: str, since: str, condition: str = "true", reach: bool = True) -> str:
        columns = "batch_id, holder_id, status, reason_kind, reason_number"
        named = ", ".join(f"place.{column}" for column in columns.split(", "))
        if self.asked is None:
            return f"""
                SELECT {named}, {since} AS since, place.serials FROM {table} place
                WHERE {condition} AND {self.where("place", reach=reach)}
            """
        return f"""
            SELECT {named}, {since} AS since, part.serials
            FROM {table} place
            CROSS JOIN LATERAL unnest(int8multirange(place.serials) * %(asked)s) part(serials)
            WHERE {condition} AND {self.where("place", reach=reach)}
        """

    def _past(self) -> str:
        """The places of the moment: neighbours that were one run then are one run again."""
        anyone = self.sought.names_cards and not self.reach.is_everything
        past = f"""
            SELECT batch_id, holder_id, status, reason_kind, reason_number,
                   NULL::timestamptz AS since, unnest(range_agg(serials)) AS serials
            FROM (
                {self._places("custody_holding", "NULL", "place.since <= %(at)s", not anyone)}
                UNION ALL
                {self._places("custody_holdingpast", "NULL", "place.during @> %(at)s", not anyone)}
            ) piece
            GROUP BY batch_id, holder_id, status, reason_kind, reason_number
        """
        if not anyone:
            return past
        return f"""
            SELECT place.batch_id, place.holder_id, place.status, place.reason_kind,
                   place.reason_number, place.since, place.serials * today.serials AS serials
            FROM ({past}) place JOIN custody_holding today ON today.serials && place.serials
            WHERE {self.in_reach("place")} OR {self.in_reach_now("today")}
        """


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
