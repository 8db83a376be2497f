"""The one way in which cards are stopped, and go on."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet

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
    ended: list[tuple[Freeze, list[SerialRun]]]
    if runs is None:
        ended = [(freeze, []) for freeze in in_force]
    else:
        runs = merge_runs(runs)
        ended = [(freeze, freeze.run.without(runs)) for freeze in in_force.filter(touching(runs))]
    if not ended:
        return []
    release = {"released_by": staff, "released_at": clock.now(), "release_note": note}
    whole = [freeze.pk for freeze, left in ended if not left]
    if whole:
        Freeze.objects.filter(pk__in=whole).update(**release)
    split = [(freeze, left) for freeze, left in ended if left]
    if split:
        keys = [freeze.pk for freeze, _ in split]
        Freeze.objects.filter(pk__in=keys).update(**release, is_split=True)
        Freeze.objects.bulk_create(
            part
            for freeze, left in split
            for part in (
                *(_part(freeze, run) for run in left),
                *(_part(freeze, run, **release) for run in freeze.run.without(left)),
            )
        )
    return merge_runs(run for freeze, left in ended for run in freeze.run.without(left))


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
