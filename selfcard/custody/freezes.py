"""The one way in which cards are stopped, and go on."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet
from psycopg.types.multirange import Multirange
from psycopg.types.range import Range

from selfcard.core import clock
from selfcard.core.serials import SerialRun, merge_runs
from selfcard.custody.models import Freeze, Reason
from selfcard.organisations.models import Staff


def lay_freeze(
    runs: Iterable[SerialRun], reason: Reason, *, staff: Staff, note: str = ""
) -> list[Freeze]:
    """Stop cards for a reason; the batches are locked. A run is one row, however long it is."""
    now = clock.now()
    return Freeze.objects.bulk_create(
        Freeze(
            serials=run.range,
            reason_kind=reason[0],
            reason_number=reason[1],
            note=note,
            frozen_by=staff,
            frozen_at=now,
        )
        for run in runs
    )


def lift_freezes(
    freezes: QuerySet[Freeze],
    runs: Iterable[SerialRun] | None = None,
    *,
    staff: Staff,
    note: str = "",
) -> list[SerialRun]:
    """End those of the freezes that are in force, as far as they lie on the runs; where they lay.

    A freeze of which only a part ends is split: each part stands for itself, as if it had been laid
    so, and what lies beyond the runs stays in force. Without runs all of it ends.
    """
    in_force = freezes.filter(released_at=None)
    if runs is not None:
        if not (runs := merge_runs(runs)):
            return []
        in_force = in_force.filter(touching(runs))
    release = {"released_by_id": staff.pk, "released_at": clock.now(), "release_note": note}
    ended = [
        (freeze, freeze.run.without(runs) if runs is not None else [])
        for freeze in _ended(in_force, runs, release)
    ]
    parts = [
        part
        for freeze, left in ended
        if left
        for part in (
            *(_part(freeze, run) for run in left),
            *(_part(freeze, run, **release) for run in freeze.run.without(left)),
        )
    ]
    if parts:
        Freeze.objects.bulk_create(parts)
    return merge_runs(run for freeze, left in ended for run in freeze.run.without(left))


def _ended(
    in_force: QuerySet[Freeze], runs: list[SerialRun] | None, release: dict[str, Any]
) -> list[Freeze]:
    """End freezes in one statement; those that reach beyond the runs are split."""
    rows, params = in_force.values("pk").query.sql_with_params()
    everything = [Range[int](None, None)]
    ending = Multirange(everything if runs is None else [run.range for run in runs])
    sql = f"""
        UPDATE custody_freeze SET {", ".join(f"{name} = %s" for name in release)},
            is_split = NOT serials <@ %s::int8multirange
        WHERE id IN ({rows}) RETURNING *
    """  # noqa: S608
    return list(Freeze.objects.raw(sql, [*release.values(), ending, *params]))


def frozen_for(reason: Reason) -> QuerySet[Freeze]:
    """The freezes of one reason, in force or not; of those that were split, their parts."""
    return Freeze.objects.filter(reason_kind=reason[0], reason_number=reason[1], is_split=False)


def touching(runs: Iterable[SerialRun]) -> Q:
    """That the serials have cards of the runs."""
    touched = Q(pk__in=[])
    for run in runs:
        touched |= Q(serials__overlap=run.range)
    return touched


def _part(freeze: Freeze, run: SerialRun, **release: Any) -> Freeze:
    """A part of a freeze that was split: in force, or let go at that moment."""
    return Freeze(
        serials=run.range,
        reason_kind=freeze.reason_kind,
        reason_number=freeze.reason_number,
        note=freeze.note,
        frozen_by_id=freeze.frozen_by_id,
        frozen_at=freeze.frozen_at,
        **release,
    )
