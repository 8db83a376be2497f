"""Notices of claim, by commands alone."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from selfcard.claims.commands import add_to_notice, look_at_notice, record_notice, take_notice
from selfcard.claims.given import NoticeGiven
from selfcard.claims.models import Entry, Harm, Notice
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.attachments import Attachment, attachment_of
from selfcard.organisations.models import May, Staff
from selfcard.organisations.queries import staff_actor
from selfcard.policies.models import Policy
from tests.factories.activation import holder
from tests.factories.attachments import a_photo
from tests.factories.cards import PrintedCard
from tests.factories.organisations import Insurer, a_staff_member

# Words that nobody but the staff of claims may ever read.
SECRET_STORY = "Fell from a ladder, wrist broken"


def a_claims_officer(insurer: Insurer, code: str = "I09", name: str = "Clare") -> Staff:
    """Somebody at the institution who takes notices of claim and looks at them."""
    mays = (May.HANDLE_CLAIMS, May.SEE_POLICIES, May.SEE_CARDS)
    return a_staff_member(code, insurer.institution, *mays, name=name)


def a_story(**said: Any) -> NoticeGiven:
    facts: dict[str, Any] = {
        "harm": Harm.INJURY,
        "happened_at": clock.now() - timedelta(hours=2),
        "hour_known": True,
        "region": "330106",
        "place": "At the lake",
        "story": SECRET_STORY,
        "hurt": "Wang Fang",
        "reporter": "Li Lei",
        "phone": "138 0013 8000",
        **said,
    }
    return NoticeGiven(**facts)


def report(what: Policy | PrintedCard, by: Actor | Staff | None = None, **said: Any) -> Notice:
    """Somebody reports a claim: whoever holds it, unless told otherwise."""
    return record_notice(
        policy=what if isinstance(what, Policy) else None,
        serial=what.serial if isinstance(what, PrintedCard) else None,
        given=a_story(**said),
        actor=_actor(by),
        request_id=uuid4(),
    )


def add(notice: Notice, words: str = "", *files: Attachment, by: Any = None) -> Entry:
    return add_to_notice(
        notice=notice, words=words, attachments=files, actor=_actor(by), request_id=uuid4()
    )


def take(notice: Notice, by: Staff) -> Entry:
    return take_notice(notice=notice, actor=staff_actor(by), request_id=uuid4())


def look_at(notice: Notice, words: str, by: Staff, *, is_last: bool = False) -> Entry:
    return look_at_notice(
        notice=notice, words=words, is_last=is_last, actor=staff_actor(by), request_id=uuid4()
    )


def a_photo_of(name: str = "wrist.jpg") -> Attachment:
    return attachment_of(name, a_photo())


def _actor(by: Actor | Staff | None) -> Actor:
    return staff_actor(by) if isinstance(by, Staff) else by or holder()
