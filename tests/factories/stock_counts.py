"""Stock counts at any stage, by commands alone; and their findings as a test reads them."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from selfcard.cards.models import Batch
from selfcard.custody.commands import (
    ask_adjustment,
    compare_stock_count,
    enter_stacks,
    open_stock_count,
)
from selfcard.custody.counting import Remedied
from selfcard.custody.models import Freeze, Movement, StockCount
from selfcard.organisations.models import Party
from tests.factories.custody import cards_of
from tests.factories.organisations import Insurer


def do(
    insurer: Insurer,
    by: str,
    command: Callable[..., StockCount],
    one: StockCount | None = None,
    **more: Any,
) -> StockCount:
    """A member of the cast does something with a count as it is in the database now."""
    given = {"stock_count": StockCount.objects.get(pk=one.pk)} if one else {}
    request = more.pop("request_id", uuid4())
    return command(**given, **more, actor=insurer.actor(by), request_id=request)


def opened(
    insurer: Insurer, batch: Batch, holder: Party | None = None, by: str = "keeper", **more: Any
) -> StockCount:
    """A count of the institution's cards, or another holder's, of the batch's type."""
    return do(
        insurer,
        by,
        open_stock_count,
        holder=holder or insurer.institution.party,
        document_type=batch.type_version.document_type,
        **more,
    )


def counted(
    insurer: Insurer, batch: Batch, *stacks: tuple[int, int], by: str = "keeper", **more: Any
) -> StockCount:
    """A count of these stacks (cards of the batch, counted from 1), compared with the books."""
    one = opened(insurer, batch, by=by, **more)
    if stacks:
        runs = tuple(cards_of(batch, *stack) for stack in stacks)
        do(insurer, by, enter_stacks, one, runs=runs)
    return do(insurer, by, compare_stock_count, one, nothing_there=not stacks)


def found(batch: Batch, one: StockCount) -> list[tuple[str, int, int, str, str, str]]:
    """The findings: kind, first and last card, holder, status, and what else is known."""
    first = batch.run.first
    return [
        (
            finding.kind,
            finding.run.first - first + 1,
            finding.run.last - first + 1,
            finding.holder.name_en if finding.holder else "",
            finding.status,
            finding.reason_number,
        )
        for finding in one.findings.select_related("holder")
    ]


def remedied(one: StockCount, **remedies: str) -> tuple[Remedied, ...]:
    """The same remedy for all gaps, and for all surplus."""
    return tuple(
        Remedied(finding.run, remedies[finding.kind], f"because of {finding.kind}")
        for finding in one.findings.all()
    )


def asked(insurer: Insurer, one: StockCount, by: str = "keeper", **remedies: str) -> StockCount:
    """The count with a second person asked to agree to these remedies."""
    return do(insurer, by, ask_adjustment, one, remedies=remedied(one, **remedies))


def frozen(batch: Batch) -> list[tuple[int, int, str]]:
    """What is frozen now: first and last card, and the kind of reason."""
    first = batch.run.first
    return [
        (freeze.run.first - first + 1, freeze.run.last - first + 1, freeze.reason_kind)
        for freeze in Freeze.objects.filter(released_at=None).order_by("serials")
    ]


def journal(batch: Batch, kind: str) -> list[tuple[int, int, str, str, str]]:
    """The movements of a kind: first and last card, from whom, to whom, and by whom."""
    first = batch.run.first
    return [
        (
            movement.run.first - first + 1,
            movement.run.last - first + 1,
            movement.from_holder.name_en,
            movement.to_holder.name_en,
            movement.actor_name,
        )
        for movement in Movement.objects.filter(batch=batch, kind=kind).order_by("serials")
    ]
