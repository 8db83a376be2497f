"""What was said to whom, what waits to be sent, and which words are the insurer's own."""

from datetime import datetime

from django.db.models import Q, QuerySet

from selfcard.core.actor import Actor
from selfcard.core.compiled import Compiled
from selfcard.messaging.errors import NoSuchMessage
from selfcard.messaging.models import Message, Template, TemplateKey
from selfcard.organisations.models import May
from selfcard.organisations.queries import organisations_in_reach

SEEING = (May.SEE_POLICIES, May.AUDIT)


def due(now: datetime) -> QuerySet[Message]:
    """Messages whose try is due, and those whose secret is outdated."""
    return Message.objects.filter(
        Q(next_try_at__lte=now) | Q(secret_until__lte=now), state=Message.State.WAITING
    )


def messages_in_reach(actor: Actor) -> QuerySet[Message]:
    """The messages of those organisations whose policies the actor may see."""
    reach = organisations_in_reach(actor, *SEEING).values("pk")
    return Message.objects.filter(organisation__in=reach).select_related("organisation__party")


def access_message(actor: Actor, number: int) -> Message:
    """A message that the actor may see.

    Raises:
        NoSuchMessage: there is none, or the actor may not see it: the answer is the same.
    """
    found = messages_in_reach(actor).filter(pk=number).select_related("again_for").first()
    if found is None:
        raise NoSuchMessage
    return found


def messages_about(reason: tuple[str, str]) -> QuerySet[Message]:
    """All that was said about one thing, the newest first."""
    return Message.objects.filter(reason_kind=reason[0], reason_number=reason[1])


def own_template(occasion: str, language: str, document_type: str = "") -> Template | None:
    """The insurer's own words: for this document type, else for all; none if it has none."""
    latest = _latest_for(None, occasion, language, document_type)
    own = {one.document_type: one for one in latest if one.is_own}
    return own.get(document_type) or own.get("")


def latest_templates() -> QuerySet[Template]:
    """Of every template the version that counts, whether or not it has words."""
    return (
        Template.objects.order_by("occasion", "language", "document_type", "-version")
        .distinct("occasion", "language", "document_type")
        .select_related("changed_by__party")
    )


def template_versions(key: TemplateKey) -> QuerySet[Template]:
    """Every version of one template, the latest first."""
    versions = Template.objects.filter(**key.columns).order_by("-version")
    return versions.select_related("changed_by__party")


# Asked by every deed that tells somebody something.
_latest_for = Compiled(
    lambda _, occasion, language, document_type: (
        Template.objects.filter(
            occasion=occasion, language=language, document_type__in=["", document_type]
        )
        .order_by("document_type", "-version")
        .distinct("document_type")
    )
)
