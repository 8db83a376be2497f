"""A notice of claim: taken for any policy and any card, told as it was, and led on by people."""

import re
from datetime import datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from selfcard.claims.commands import add_to_notice, open_attachment, record_notice
from selfcard.claims.errors import (
    HappensLater,
    NoSuchNotice,
    NothingAdded,
    NothingToReport,
    NotTakenOn,
    PlaceUnknown,
    StoryMissing,
    TakenOnAlready,
    TooManyAttachments,
    TooManyNotices,
    WordsMissing,
)
from selfcard.claims.models import CoverThen, Entry, KeptAttachment, Notice
from selfcard.claims.queries import (
    access_notice,
    cover_at,
    notices_of_card,
    notices_that_wait,
    what_is_meant,
)
from selfcard.core import clock
from selfcard.core.models import AuditEvent
from selfcard.core.serials import SerialRun
from selfcard.custody.queries import CardState
from selfcard.custody.statuses import SeenStatus
from selfcard.organisations.errors import NotAuthorised
from selfcard.organisations.models import Staff
from selfcard.organisations.queries import staff_actor
from selfcard.policies.errors import PhoneImpossible
from selfcard.policies.models import Policy
from tests.factories.activation import activate, cancel, holder, paid_cards, sell
from tests.factories.cards import PrintedCard
from tests.factories.claims import (
    SECRET_STORY,
    a_claims_officer,
    a_photo_of,
    a_story,
    add,
    look_at,
    report,
    take,
)
from tests.factories.custody import cards_at_institution, stop, written_off
from tests.factories.organisations import Insurer, an_insurer
from tests.factories.verifying import everything_holds

pytestmark = pytest.mark.django_db


@pytest.fixture
def insurer() -> Insurer:
    return an_insurer()


@pytest.fixture
def officer(insurer: Insurer) -> Staff:
    return a_claims_officer(insurer)


@pytest.fixture
def cards(insurer: Insurer) -> list[PrintedCard]:
    return paid_cards(insurer)


@pytest.fixture
def policy(cards: list[PrintedCard]) -> Policy:
    return activate(cards[0])


# ---- what is recorded


def test_a_notice_for_a_policy_says_what_happened_and_who_sees_it(policy, cards, insurer) -> None:
    notice = report(policy)

    assert re.fullmatch(rf"C-{clock.today().year}-\d{{7}}", notice.number)
    assert (notice.policy, notice.serial) == (policy, cards[0].serial)
    assert (notice.state, notice.handler, notice.card_status) == ("recorded", None, "")
    assert notice.organisation == insurer.institution
    kept = Notice.objects.get()
    assert (kept.story, kept.phone) == (SECRET_STORY, "+8613800138000")
    everything_holds()


def test_what_people_say_is_encrypted(policy) -> None:
    add(report(policy), "the bone is broken", a_photo_of("x-ray of Wang Fang.jpg"))

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT notice::text || entry::text || attachment::text FROM claims_notice notice"
            " CROSS JOIN claims_entry entry CROSS JOIN claims_keptattachment attachment"
        )
        (kept,) = cursor.fetchone()
    for words in (SECRET_STORY, "Wang Fang", "Li Lei", "13800138000", "lake", "bone"):
        assert words.encode().hex() not in kept
        assert words not in kept


def test_the_card_of_a_policy_stands_for_the_policy(policy, cards) -> None:
    assert report(cards[0]).policy == policy


def test_a_card_that_became_void_by_its_cancelled_policy_stands_for_that_policy(
    insurer, policy, cards
) -> None:
    with clock.frozen(clock.today() + timedelta(days=40)):
        cancel(insurer, policy)
        notice = report(cards[0], happened_at=clock.now() - timedelta(days=2))

    assert (notice.policy, notice.cover) == (policy, CoverThen.IN_FORCE)


@pytest.mark.parametrize(
    "seen", ["inventory", "sold", "to_be_activated", "expired", "frozen", "void"]
)
def test_a_card_that_is_no_policy_is_recorded_for_review_whatever_its_state(insurer, seen) -> None:
    _, cards = cards_at_institution(insurer, 2)
    moment = clock.now()
    if seen == "sold":
        sell(insurer, cards)
    elif seen in ("to_be_activated", "expired"):
        cards = paid_cards(insurer)
        moment += timedelta(days=2000 if seen == "expired" else 0)
    elif seen == "frozen":
        stop(insurer, _run(cards[0]), by="keeper")
    elif seen == "void":
        written_off(insurer, "void", _run(cards[0]), by="keeper")

    with clock.frozen(moment):
        notice = report(cards[0])

    assert notice.is_for_review
    assert (notice.card_status, notice.cover) == (seen, CoverThen.NO_POLICY)
    assert notice.organisation == insurer.institution
    assert list(notices_of_card(cards[0].serial)) == [notice]
    everything_holds()


def _run(card: PrintedCard) -> SerialRun:
    return SerialRun(card.serial, card.serial)


def test_what_the_card_was_stays_when_it_is_activated_afterwards(cards) -> None:
    notice = report(cards[1])
    activate(cards[1])

    kept = Notice.objects.get(pk=notice.pk)
    assert (kept.policy, kept.card_status) == (None, SeenStatus.TO_BE_ACTIVATED)
    assert report(cards[1]).policy is not None
    everything_holds()


def test_a_card_that_was_never_printed_is_none(insurer) -> None:
    with pytest.raises(NothingToReport):
        record_notice(policy=None, serial=1, given=a_story(), actor=holder(), request_id=uuid4())
    for number in ("P0000000000000", "12", "6201180000000013"):
        with pytest.raises(NothingToReport):
            what_is_meant(number)


def test_staff_find_what_is_meant_by_either_number(policy, cards) -> None:
    assert what_is_meant(policy.number) == what_is_meant(cards[0].card_number) == policy
    meant = what_is_meant(cards[1].card_number)
    assert isinstance(meant, CardState)
    assert meant.serial == cards[1].serial


# ---- cover at that moment, as a fact


def test_cover_is_told_as_it_was_at_that_moment(insurer, policy) -> None:
    second = timedelta(seconds=1)
    first, last = policy.starts_at, policy.ends_at
    told = {
        first - second: "not_begun",
        first: "in_force",
        last: "in_force",
        last + second: "ended",
    }
    assert {at: cover_at(policy, at, hour_known=True).value for at in told} == told

    with clock.frozen(first + timedelta(days=40)):
        policy = cancel(insurer, policy)
    assert policy.cancelled_at is not None
    assert cover_at(policy, policy.cancelled_at - second, hour_known=True) == "in_force"
    assert cover_at(policy, policy.cancelled_at, hour_known=True) == "cancelled"


def test_of_a_day_alone_it_is_told_when_cover_changed_on_it(insurer, policy) -> None:
    first_day = clock.day_start(clock.day_of(policy.starts_at))
    assert cover_at(policy, first_day, hour_known=False) == "in_force"
    assert cover_at(policy, first_day - timedelta(days=1), hour_known=False) == "not_begun"

    with clock.frozen(policy.starts_at + timedelta(days=40, hours=9)):
        policy = cancel(insurer, policy)
    assert policy.cancelled_at is not None
    day = clock.day_start(clock.day_of(policy.cancelled_at))
    assert cover_at(policy, day, hour_known=False) == CoverThen.ON_THE_EDGE


def test_what_happened_before_the_cover_is_recorded_all_the_same(policy) -> None:
    notice = report(policy, happened_at=policy.starts_at - timedelta(days=30))

    assert notice.cover == CoverThen.NOT_BEGUN
    everything_holds()


# ---- what is refused: only what nobody could have meant


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ({"story": "  "}, StoryMissing),
        ({"region": "999999"}, PlaceUnknown),
        ({"phone": "12345"}, PhoneImpossible),
    ],
)
def test_what_cannot_be_meant_is_refused_at_its_field(policy, said, refusal) -> None:
    with pytest.raises(refusal):
        report(policy, **said)
    assert not Notice.objects.exists()


def test_what_is_reported_has_happened(policy) -> None:
    now = datetime.combine(clock.today(), time(12), clock.zone())
    with clock.frozen(now):
        report(policy, happened_at=now)
        report(policy, happened_at=clock.day_start(now.date()), hour_known=False)
        for later in (now + timedelta(seconds=1), clock.day_start(now.date() + timedelta(days=1))):
            with pytest.raises(HappensLater):
                report(policy, happened_at=later, hour_known=False)


def test_a_notice_that_is_sent_twice_is_one(policy) -> None:
    once = {
        "policy": policy, "serial": None, "given": a_story(), "actor": holder(),
        "request_id": uuid4(),
    }  # fmt: skip

    assert record_notice(**once) == record_notice(**once)
    assert Notice.objects.count() == 1


def test_a_holder_sends_so_many_notices_a_day_and_staff_take_down_any_number(
    policy, cards, insurer, officer, settings
) -> None:
    settings.CLAIMS_OF_A_CARD_A_DAY = 2
    report(policy, officer)
    report(policy)
    report(cards[0])  # the card of a policy stands for it
    with pytest.raises(TooManyNotices) as refused:
        report(policy)
    assert settings.HELP_NUMBER in str(refused.value)

    report(policy, officer)
    report(cards[1])
    with clock.frozen(clock.now() + timedelta(days=1)):
        report(policy)
    assert Notice.objects.count() == 6


# ---- what comes later


def test_words_photos_and_papers_are_added_in_their_order(policy, officer) -> None:
    notice = report(policy)
    add(notice, "it hurts more today")
    add(notice, "", a_photo_of("诊断书.jpg"), a_photo_of("bill.png"))
    add(notice, "called back", by=officer)

    entries = list(Entry.objects.order_by("place"))
    assert [one.words for one in entries] == ["it hurts more today", "", "called back"]
    assert [one.by for one in entries] == [None, None, officer]
    assert [(one.place, one.name) for one in entries[1].attachments.all()] == [
        (1, "诊断书.jpg"),
        (2, "bill.jpg"),
    ]
    assert Notice.objects.get().state == "recorded"


def test_photos_that_are_sent_twice_are_kept_once(policy) -> None:
    notice = report(policy)
    once: dict[str, Any] = {
        "notice": notice, "words": "", "attachments": [a_photo_of()], "actor": holder(),
        "request_id": uuid4(),
    }  # fmt: skip

    assert add_to_notice(**once) == add_to_notice(**once)
    assert KeptAttachment.objects.count() == 1


def test_nothing_is_not_added(policy) -> None:
    with pytest.raises(NothingAdded):
        add(report(policy), "  ")


def test_a_notice_has_so_many_attachments_and_no_more(policy, settings) -> None:
    settings.ATTACHMENTS_OF_A_CLAIM = 3
    notice = report(policy)
    add(notice, "", a_photo_of(), a_photo_of())
    with pytest.raises(TooManyAttachments) as refused:
        add(notice, "", a_photo_of(), a_photo_of())
    assert refused.value.facts == {"most": 3, "has": 2}
    add(notice, "", a_photo_of())

    assert KeptAttachment.objects.count() == 3


# ---- what the staff do


def test_a_notice_is_taken_on_looked_at_and_closed_with_a_note(policy, officer) -> None:
    notice = report(policy)
    take(notice, officer)
    assert (Notice.objects.get().state, Notice.objects.get().handler) == ("in_review", officer)
    look_at(notice, "asked for the X-ray", officer)
    look_at(notice, "handed to the claims system as 4711", officer, is_last=True)

    assert Notice.objects.get().state == "closed"
    assert list(Entry.objects.order_by("place").values_list("kind", flat=True)) == [
        "taken",
        "looked_at",
        "closed",
    ]
    everything_holds()


def test_what_is_added_to_a_closed_notice_opens_it_again(policy, officer) -> None:
    notice = report(policy)
    take(notice, officer)
    look_at(notice, "no more to do", officer, is_last=True)
    assert not notices_that_wait(staff_actor(officer)).exists()

    add(notice, "there is another bill")

    kept = notices_that_wait(staff_actor(officer)).get()
    assert (kept.state, kept.handler) == ("recorded", None)
    take(notice, officer)
    everything_holds()


def test_nobody_takes_on_what_somebody_has(policy, insurer, officer) -> None:
    notice = report(policy)
    take(notice, officer)
    other = a_claims_officer(insurer, "I08", "Clive")
    with pytest.raises(TakenOnAlready) as refused:
        take(notice, other)
    assert refused.value.facts["name"] == officer.name


def test_nobody_closes_what_nobody_has_taken_on(policy, officer) -> None:
    notice = report(policy)
    for is_last in (False, True):
        with pytest.raises(NotTakenOn):
            look_at(notice, "done", officer, is_last=is_last)
    take(notice, officer)
    with pytest.raises(WordsMissing):
        look_at(notice, " ", officer, is_last=True)


def test_only_staff_who_handle_claims_there_do_any_of_it(policy, insurer) -> None:
    notice = report(policy)
    abroad = a_claims_officer(insurer, "O09", "Olga")
    abroad.authorisations.update(organisation=insurer.other_keeper.organisation)
    for stranger in (insurer.keeper, abroad):
        for deed in (
            lambda one=stranger: report(policy, one),
            lambda one=stranger: add(notice, "more", by=one),
            lambda one=stranger: take(notice, one),
            lambda one=stranger: look_at(notice, "seen", one),
        ):
            with pytest.raises(NotAuthorised):
                deed()
        with pytest.raises(NoSuchNotice):
            access_notice(staff_actor(stranger), notice.number)


def test_whoever_opens_an_attachment_is_written_down(policy, insurer, officer) -> None:
    add(report(policy), "", a_photo_of())
    kept = KeptAttachment.objects.get()

    open_attachment(attachment=kept, actor=staff_actor(officer), request_id=uuid4())

    event = AuditEvent.objects.get(event="claim.attachment_opened")
    assert (event.actor_id, event.facts) == (officer.pk, {"entry": 1, "attachment": 1})
    with pytest.raises(NotAuthorised):
        open_attachment(attachment=kept, actor=staff_actor(insurer.keeper), request_id=uuid4())


def test_nothing_personal_stands_in_the_audit_trail(policy, officer) -> None:
    notice = report(policy)
    add(notice, "it was Wang Fang", a_photo_of("Wang Fang.jpg"))
    take(notice, officer)
    look_at(notice, "Wang Fang called", officer, is_last=True)

    for event in AuditEvent.objects.filter(event__startswith="claim."):
        assert "Wang" not in str(event.facts)
        assert event.subject_number == notice.number
