"""Giving an occasion words of the insurer's own, and going back from them."""

from uuid import UUID

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command
from selfcard.core.locks import LockSpace, lock
from selfcard.messaging.errors import NoWordsOfYourOwn, TemplateChangedMeanwhile
from selfcard.messaging.models import Template, TemplateKey
from selfcard.messaging.occasions import get_occasion
from selfcard.messaging.places import tidied
from selfcard.messaging.queries import template_versions
from selfcard.messaging.templates import check
from selfcard.organisations.models import May
from selfcard.organisations.queries import acting_staff, head_office, require


@command
def change_template(
    *,
    key: TemplateKey,
    subject: str,
    words: str,
    begins_from: int,
    actor: Actor,
    request_id: UUID,
) -> Template:
    """Have other words said on an occasion from now on: to who has a card of the type, or to all
    who are not told otherwise.

    `begins_from` is the version that one has read, 0 where there was none.

    Raises:
        NotAuthorised: the actor may not say what document types are.
        NoSuchOccasion: nothing is told by that name.
        TemplateEmpty, TemplateTooLong, SubjectMissing, SubjectNotOneLine, NoSubjectHere: nobody
            could be told so.
        UnknownPlace, BraceAlone, PlaceMissing: what is filled in cannot be, or is not.
        TemplateChangedMeanwhile: somebody else has written a version since.
    """
    require(actor, May.DEFINE_TYPES, head_office())
    subject, words = tidied(subject), tidied(words)
    check(get_occasion(key.occasion), subject, words)
    newest = _lock_template(key, begins_from)
    return _write(key, newest, subject, words, actor)


@command
def withdraw_template(
    *, key: TemplateKey, begins_from: int, actor: Actor, request_id: UUID
) -> Template:
    """Go back from words of one's own: to those for all document types, or to the built-in ones.

    Raises:
        NotAuthorised: the actor may not say what document types are.
        NoWordsOfYourOwn: there are none.
        TemplateChangedMeanwhile: somebody else has written a version since.
    """
    require(actor, May.DEFINE_TYPES, head_office())
    newest = _lock_template(key, begins_from)
    if newest is None or not newest.is_own:
        raise NoWordsOfYourOwn
    return _write(key, newest, "", "", actor)


def _lock_template(key: TemplateKey, begins_from: int) -> Template | None:
    """The version that counts, if there is one; nobody writes the next before this deed is done."""
    lock(LockSpace.CODE, f"template {key}")
    newest = template_versions(key).first()
    if newest and newest.version != begins_from:
        raise TemplateChangedMeanwhile(name=newest.changed_by.party.name)
    return newest


def _write(
    key: TemplateKey, newest: Template | None, subject: str, words: str, actor: Actor
) -> Template:
    template = Template.objects.create(
        **key.columns,
        version=newest.version + 1 if newest else 1,
        subject=subject,
        words=words,
        changed_by=acting_staff(actor),
        changed_at=clock.now(),
    )
    event = "template.changed" if template.is_own else "template.withdrawn"
    record(
        actor,
        event,
        template,
        occasion=key.occasion,
        language=key.language,
        document_type=key.document_type,
        version=template.version,
    )
    return template
