"""Which notices there are, and whom and what a new one would be about."""

from datetime import datetime, timedelta

from django.db.models import Count, Prefetch, Q, QuerySet

from selfcard.activation.queries import policy_of_card
from selfcard.claims.errors import NoSuchNotice, NothingToReport
from selfcard.claims.models import CoverThen, Entry, KeptAttachment, Notice
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.refusals import Refusal
from selfcard.core.serials import parse_serial
from selfcard.custody.queries import CardState, find_card, find_serial_of_policy
from selfcard.organisations.models import May, Organisation
from selfcard.organisations.queries import organisation_of, organisations_in_reach
from selfcard.policies.models import Policy
from selfcard.policies.queries import find_policy
from selfcard.sales.queries import sale_of


def notices_in_reach(actor: Actor) -> QuerySet[Notice]:
    """The notices for what was sold by organisations whose claims the actor may handle."""
    reach = organisations_in_reach(actor, May.HANDLE_CLAIMS).values("pk")
    return Notice.objects.filter(organisation__in=reach).select_related(
        "policy__product_version__product",
        "organisation__party",
        "handler__party",
        "taken_down_by__party",
    )


def notices_that_wait(actor: Actor) -> QuerySet[Notice]:
    """Those that nobody has taken on yet."""
    return notices_in_reach(actor).filter(state=Notice.State.RECORDED)


def access_notice(actor: Actor, number: str) -> Notice:
    """A notice that the actor may see.

    Raises:
        NoSuchNotice: there is none, or the actor may not see it: the answer is the same.
    """
    found = notices_in_reach(actor).filter(number=number).first()
    if found is None:
        raise NoSuchNotice
    return found


def entries_of(notice: Notice) -> QuerySet[Entry]:
    """What came later to a notice, the newest first; its attachments without what is in them."""
    files = Prefetch("attachments", KeptAttachment.objects.defer("content"))
    entries = notice.entries.select_related("by__party").prefetch_related(files)
    return entries.order_by("-place")


def additions_to(notice: Notice) -> QuerySet[Entry]:
    """When something was added, and how many photos and papers came with it; nothing of what it
    says."""
    added = notice.entries.filter(kind=Entry.Kind.ADDED).defer("words")
    return added.annotate(files=Count("attachments"))


def find_attachment(notice: Notice, entry: int, place: int) -> KeptAttachment | None:
    """A photo or paper by the entry that it came with and its place there."""
    found = KeptAttachment.objects.select_related("entry__notice__organisation__party")
    return found.filter(entry__notice=notice, entry__place=entry, place=place).first()


def other_notices(notice: Notice, actor: Actor) -> QuerySet[Notice]:
    """Further notices for the same policy or card."""
    same = Q(policy=notice.policy_id) if notice.policy_id else Q()
    if notice.serial:
        same |= Q(serial=notice.serial)
    return notices_in_reach(actor).filter(same).exclude(pk=notice.pk)


def attachment_count(notice: Notice) -> int:
    return KeptAttachment.objects.filter(entry__notice=notice).count()


def notices_of_policy(policy: Policy) -> QuerySet[Notice]:
    return Notice.objects.filter(policy=policy)


def notices_of_card(serial: int) -> QuerySet[Notice]:
    """The notices for a card that was no policy."""
    return Notice.objects.filter(serial=serial, policy=None)


def sent_today(meant: Policy | CardState, serial: int | None) -> int:
    """How many notices for a policy or its card its holder has sent today; staff's own left out."""
    same = Q(serial=serial) if serial else Q(policy=meant)
    sent = Notice.objects.filter(same, taken_down_by=None)
    return sent.filter(reported_at__gte=clock.day_start(clock.today())).count()


def what_is_meant(number: str) -> Policy | CardState:
    """The policy of a number, or the card: and if that has become a policy, this one.

    Raises:
        NothingToReport: there is neither.
    """
    if policy := find_policy(number):
        return policy
    try:
        card = find_card(parse_serial(number))
    except Refusal:
        card = None
    if card is None:
        raise NothingToReport
    return policy_or_card(card)


def policy_or_card(card: CardState) -> Policy | CardState:
    """The policy that a card is, or was until it became void by its end; else the card."""
    number = policy_of_card(card)
    return (find_policy(number) if number else None) or card


def answers_for(meant: Policy | CardState) -> Organisation:
    """Whose staff look at a notice: who sold it, or who has the card, or had it last."""
    if isinstance(meant, Policy):
        return meant.organisation
    sale = sale_of(meant.serial)
    return sale.seller_organisation if sale else organisation_of(meant.holder)


def serial_meant(meant: Policy | CardState) -> int | None:
    return find_serial_of_policy(meant.number) if isinstance(meant, Policy) else meant.serial


def cover_at(policy: Policy | None, happened_at: datetime, *, hour_known: bool) -> CoverThen:
    """How a policy stood when something happened; where only the day is known, on all of it."""
    if policy is None:
        return CoverThen.NO_POLICY
    last = happened_at if hour_known else happened_at + timedelta(days=1, seconds=-1)
    first_state, last_state = _stood(policy, happened_at), _stood(policy, last)
    return first_state if first_state == last_state else CoverThen.ON_THE_EDGE


def _stood(policy: Policy, at: datetime) -> CoverThen:
    if policy.cancelled_at and policy.cancelled_at <= at:
        return CoverThen.CANCELLED
    if at < policy.starts_at:
        return CoverThen.NOT_BEGUN
    return CoverThen.IN_FORCE if at <= policy.ends_at else CoverThen.ENDED
