"""What somebody says who reports a claim, before it is a notice."""

from dataclasses import dataclass, replace
from datetime import datetime

from selfcard.claims.errors import HappensLater, PlaceUnknown, StoryMissing
from selfcard.claims.models import Harm
from selfcard.core import clock
from selfcard.policies.contact import mobile_phone
from selfcard.products.regions import find_region

LONGEST_STORY = 4000
LONGEST_LINE = 200


@dataclass(frozen=True, kw_only=True)
class NoticeGiven:
    """What happened, when, where and to whom; and who says so, with the phone to call them back.

    Where only the day is known, `happened_at` is its first moment.
    """

    harm: Harm
    happened_at: datetime
    hour_known: bool
    region: str
    place: str
    story: str
    hurt: str
    reporter: str
    phone: str


def checked(given: NoticeGiven) -> NoticeGiven:
    """The same, trimmed and with the phone in E.164.

    Raises:
        StoryMissing: nothing is said of what happened.
        HappensLater: it has not happened yet.
        PlaceUnknown: there is no such division.
        PhoneImpossible, PhoneTakesNoMessages: nobody could be called back.
    """
    if not given.story.strip():
        raise StoryMissing
    if given.happened_at > clock.now():
        raise HappensLater
    if given.region and not find_region(given.region):
        raise PlaceUnknown
    return replace(
        given,
        place=given.place.strip(),
        story=given.story.strip(),
        hurt=given.hurt.strip(),
        reporter=given.reporter.strip(),
        phone=mobile_phone(given.phone),
    )
