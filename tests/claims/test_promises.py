"""What PostgreSQL keeps of notices of claim, tried around the commands; and what `verify` finds."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F

from selfcard.claims.models import Entry, KeptAttachment, Notice
from selfcard.claims.verify import violations
from selfcard.core import clock
from selfcard.core.actor import Channel
from tests.factories.activation import activate, paid_cards
from tests.factories.claims import a_claims_officer, a_photo_of, add, report, take
from tests.factories.organisations import Insurer, an_insurer
from tests.factories.postgresql import refused_by_postgresql, triggers_at_rest

pytestmark = pytest.mark.django_db


@pytest.fixture
def insurer() -> Insurer:
    return an_insurer()


@pytest.fixture
def notice(insurer: Insurer) -> Notice:
    return report(activate(paid_cards(insurer)[0]))


def copy(notice: Notice, **changes: Any) -> Notice:
    """The same notice once more, with something that is not so."""
    facts = {one.attname: getattr(notice, one.attname) for one in Notice._meta.local_fields}
    return Notice.objects.create(**facts | {"id": None, "number": "C-2026-9999999"} | changes)


def enter(notice: Notice, kind: str, by: Any = None, place: int = 1) -> Entry:
    return Entry.objects.create(
        notice=notice, place=place, kind=kind, words="", by=by, channel=Channel.OFFICE,
        at=clock.now(),
    )  # fmt: skip


def test_a_notice_is_about_something_that_there_is(notice) -> None:
    with refused_by_postgresql("a_notice_is_of_a_policy_or_of_a_card"):
        copy(notice, policy_id=None, serial=None, cover="no_policy", card_status="sold")
    for changes in (
        {"policy_id": None, "cover": "no_policy"},
        {"policy_id": None, "card_status": "sold"},
        {"card_status": "sold"},
        {"cover": "no_policy"},
    ):
        with refused_by_postgresql("a_notice_without_a_policy_says_how_its_card_was"):
            copy(notice, **changes)
    copy(notice, policy_id=None, cover="no_policy", card_status="sold")


def test_nothing_is_reported_that_is_still_to_come(notice) -> None:
    with refused_by_postgresql("what_is_reported_has_happened"):
        copy(notice, happened_at=notice.reported_at + timedelta(seconds=1))


def test_what_a_notice_says_is_never_changed(notice) -> None:
    with refused_by_postgresql("a_notice_keeps_what_it_says"):
        Notice.objects.update(happened_at=F("happened_at") - timedelta(days=1))


def test_a_notice_goes_on_only_by_its_entries(notice, insurer) -> None:
    officer = a_claims_officer(insurer)
    with refused_by_postgresql("a_notice_goes_on_by_its_entries"):
        Notice.objects.update(state="closed", handler=officer)
    with refused_by_postgresql("a_notice_goes_on_by_its_entries"):
        copy(notice, state="closed", handler_id=officer.pk)


def test_an_entry_leads_a_notice_only_one_step_on(notice, insurer) -> None:
    officer = a_claims_officer(insurer)
    for kind in ("closed", "looked_at"):
        with refused_by_postgresql("an_entry_leads_its_notice_on|does not go this way"):
            enter(notice, kind, officer)
    enter(notice, "taken", officer)
    with refused_by_postgresql("an_entry_leads_its_notice_on|does not go this way"):
        enter(notice, "taken", officer, place=2)
    enter(notice, "closed", officer, place=2)
    assert Notice.objects.get().state == "closed"


def test_whoever_has_a_notice_is_on_the_staff(notice) -> None:
    with refused_by_postgresql("only_staff_look_at_a_notice"):
        enter(notice, "looked_at")
    with triggers_at_rest(), refused_by_postgresql("a_notice_is_in_hand_exactly"):
        Notice.objects.update(state="in_review")


def test_entries_and_attachments_stand_in_one_order(notice) -> None:
    entry = add(notice, "more", a_photo_of())
    with refused_by_postgresql("entries_of_a_notice_stand_in_one_order"):
        enter(notice, "added")
    again = {"entry": entry, "kind": "jpg", "name": "x.jpg", "content": b"x"}
    with refused_by_postgresql("attachments_of_an_entry_stand_in_one_order"):
        KeptAttachment.objects.create(place=1, size=1, **again)
    with refused_by_postgresql("an_attachment_is_never_empty"):
        KeptAttachment.objects.create(place=2, size=0, **again)


def test_verify_names_a_notice_that_is_not_where_its_entries_have_led_it(notice, insurer) -> None:
    take(notice, a_claims_officer(insurer))
    assert not list(violations())
    with triggers_at_rest():
        Notice.objects.update(state="closed")

    assert [one.subject for one in violations()] == [notice.number]


def test_verify_names_a_notice_that_tells_of_another_cover_or_card(notice) -> None:
    with triggers_at_rest():
        Notice.objects.update(cover="ended", serial=7)

    assert {one.promise for one in violations()} == {
        "A notice of claim tells how its policy stood at that moment",
        "A notice of claim is of a card that was printed",
    }
