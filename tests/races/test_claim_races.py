"""Two people at one notice of claim at the same moment, with a control that takes the lock away."""

from typing import Any

import pytest
from django.db import IntegrityError

from selfcard.claims import commands
from selfcard.claims.errors import TakenOnAlready, TooManyNotices
from selfcard.claims.models import Entry, Notice
from tests.factories.activation import paid_cards
from tests.factories.claims import a_claims_officer, report, take
from tests.factories.organisations import an_insurer
from tests.races.threads import at_once, held_back_after, no_row_is_locked, of_kind

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def both_have_looked(monkeypatch: pytest.MonkeyPatch) -> None:
    held_back_after(monkeypatch, (commands, "_locked"))


def taken_by_two() -> list[Any]:
    insurer = an_insurer()
    officers = [a_claims_officer(insurer, code) for code in ("I08", "I09")]
    notice = report(paid_cards(insurer)[0])
    return at_once(*[lambda one=one: take(notice, one) for one in officers])


def test_of_two_who_take_a_notice_on_the_second_is_told_of_the_first(both_have_looked) -> None:
    results = taken_by_two()

    assert len(of_kind(results, Entry)) == len(of_kind(results, TakenOnAlready)) == 1
    assert Notice.objects.get().handler == Entry.objects.get().by


def test_without_its_lock_only_the_database_keeps_a_notice_in_one_hand(
    both_have_looked, monkeypatch
) -> None:
    """The control: both find it free, and the second is refused without a reason."""
    no_row_is_locked(monkeypatch)

    results = taken_by_two()

    assert len(of_kind(results, Entry)) == len(of_kind(results, IntegrityError)) == 1


@pytest.fixture
def both_have_counted(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.CLAIMS_OF_A_CARD_A_DAY = 1
    held_back_after(monkeypatch, (commands, "sent_today"))


def sent_by_two() -> list[Any]:
    card = paid_cards(an_insurer())[0]
    return at_once(*[lambda: report(card)] * 2)


def test_of_two_notices_that_are_sent_at_once_only_one_is_within_the_day(both_have_counted) -> None:
    results = sent_by_two()

    assert len(of_kind(results, Notice)) == len(of_kind(results, TooManyNotices)) == 1


def test_without_its_lock_both_would_be_the_first_of_the_day(
    both_have_counted, monkeypatch
) -> None:
    """The control: each counts before the other has written."""
    monkeypatch.setattr(commands, "lock", lambda *_: None)

    assert len(of_kind(sent_by_two(), Notice)) == 2
