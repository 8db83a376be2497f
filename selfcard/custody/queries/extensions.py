"""Paid cards past their last day, what they are worth, and who gives them more time."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db.models import (
    BigIntegerField,
    DecimalField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from selfcard.cards.models import Batch
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.money import Money
from selfcard.core.serials import SerialRun, merge_runs
from selfcard.custody.models import ActivatedTally, Extension, ExtensionRun, Holding, PlaceTally
from selfcard.custody.parts import read_parts
from selfcard.custody.queries.counts import activated_now, count_activated_in
from selfcard.custody.statuses import CardStatus
from selfcard.organisations.models import May, Party
from selfcard.organisations.queries import parties_in_reach

SEEING_EXTENSIONS = (May.RECALL_SALES, May.APPROVE_SALES, May.SEE_SALES, May.AUDIT)
# The kind of request by which a second person is asked to agree.
APPROVE_EXTENSION = "custody.extension"

# Of a batch's paid cards with one holder, those with a later last day that are not activated.
_EXTENDED = f"""(
    SELECT coalesce(sum(upper(part) - lower(part) - {activated_now("part")}), 0)::bigint
    FROM custody_extensionrun extended
    JOIN custody_holding place
      ON place.serials && extended.serials AND place.status = 'to_be_activated'
    CROSS JOIN LATERAL (SELECT place.serials * extended.serials AS part) cut
    WHERE extended.during @> %s AND place.batch_id = custody_placetally.batch_id
      AND place.holder_id = custody_placetally.holder_id
)"""  # noqa: S608


def paid_past_deadline(actor: Actor) -> QuerySet[PlaceTally]:
    """The paid cards that nobody activated in time, by batch and holder, the oldest first.

    Each with how many they are (`left`), the money that we owe for them (`liability`), and its
    currency with the type's version. Frozen ones count: they are paid, too.
    """
    holders = parties_in_reach(actor, *SEEING_EXTENSIONS)
    activated = (
        ActivatedTally.objects.filter(batch=OuterRef("batch"), holder=OuterRef("holder"))
        .values("batch")
        .annotate(cards=Sum("activated"))
        .values("cards")
    )
    today = clock.today()
    left = ExpressionWrapper(
        F("cards")
        - Coalesce(Subquery(activated), Value(0))
        - RawSQL(_EXTENDED, [today], output_field=BigIntegerField()),  # noqa: S611
        output_field=BigIntegerField(),
    )
    return (
        PlaceTally.objects.filter(
            status=CardStatus.TO_BE_ACTIVATED,
            batch__deadline__lt=today,
            holder__in=holders.values("pk"),
        )
        .select_related("batch__type_version__document_type", "holder")
        .annotate(left=left)
        .filter(left__gt=0)
        .annotate(
            liability=ExpressionWrapper(
                F("left") * F("batch__type_version__face_value"),
                output_field=DecimalField(max_digits=16, decimal_places=2),
            )
        )
        .order_by("batch__deadline", "batch", "holder")
    )


def liability_of(places: QuerySet[PlaceTally]) -> dict[str, Decimal]:
    """What is owed for the cards, by currency."""
    sums = (
        places.order_by()
        .values_list("batch__type_version__currency")
        .annotate(owed=Sum("liability"))
    )
    return dict(sums)


def runs_past_deadline(batch: Batch, holder: Party) -> list[SerialRun]:
    """The paid cards of a batch with one holder that have no later last day, activated or not."""
    paid = Holding.objects.filter(batch=batch, holder=holder, status=CardStatus.TO_BE_ACTIVATED)
    extended = ExtensionRun.objects.filter(
        serials__overlap=batch.serials, during__contains=clock.today()
    )
    later = [one.run for one in extended]
    return merge_runs(part for one in paid for part in one.run.without(later))


def extensions_seen_by(actor: Actor) -> QuerySet[Extension]:
    """The extensions that the actor may look at: their holder lies in the actor's reach."""
    holders = parties_in_reach(actor, *SEEING_EXTENSIONS)
    return _with_details(Extension.objects.filter(holder__in=holders.values("pk")))


def extensions_asked_by(actor: Actor) -> QuerySet[Extension]:
    """What the actor asked for and nobody has decided."""
    return _with_details(Extension.objects.filter(asked_by=actor.id, state=Extension.State.ASKED))


def extensions_of(runs: Iterable[SerialRun]) -> QuerySet[Extension]:
    """Every extension, agreed or not, that any of the cards is named in."""
    touched = [run.range for run in runs]
    named = ExtensionRun.objects.filter(extension=OuterRef("pk"))
    about: Any = None
    for serials in touched:
        found = Exists(named.filter(serials__overlap=serials))
        about = found if about is None else about | found
    return _with_details(Extension.objects.filter(about) if touched else Extension.objects.none())


def runs_extended(extension: Extension) -> list[SerialRun]:
    """The cards that an extension is about."""
    return [one.run for one in extension.runs.all()]


def owed_for(runs: Iterable[SerialRun]) -> tuple[int, Money | None]:
    """How many of these cards are paid and not activated now, and the money owed for them."""
    paid = [part for part in read_parts(runs) if part.status == CardStatus.TO_BE_ACTIVATED]
    active = count_activated_in(part.run for part in paid)
    cards, owed = 0, None
    for part in paid:
        assert part.batch is not None
        left, value = part.count - active[part.run], part.batch.type_version.value
        cards += left
        owed = Money(value.amount * left + (owed.amount if owed else 0), value.currency)
    return cards, owed


def may_extend(actor: Actor, extension: Extension) -> bool:
    """Whether the actor asks for more time where the holder is."""
    return parties_in_reach(actor, May.RECALL_SALES).filter(pk=extension.holder_id).exists()


def _with_details(extensions: QuerySet[Extension]) -> QuerySet[Extension]:
    return extensions.select_related(
        "document_type", "holder", "asked_by__party", "decided_by__party"
    )
