"""Notices of claim in the office: found, opened, taken for a caller, looked at and closed."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from selfcard.claims.models import KeptAttachment, Notice
from selfcard.core import clock
from selfcard.core.models import AuditEvent
from selfcard.core.serials import card_number
from selfcard.organisations.models import Staff
from selfcard.policies.editions import current_edition
from selfcard.policies.models import Policy
from tests.factories.activation import activate, holder, paid_cards, sell
from tests.factories.attachments import a_pdf
from tests.factories.cards import PrintedCard
from tests.factories.claims import (
    SECRET_STORY,
    a_claims_officer,
    a_photo_of,
    add,
    look_at,
    report,
    take,
)
from tests.factories.custody import cards_at_institution
from tests.factories.organisations import Insurer, an_insurer
from tests.web.portal_line import hidden_in, shown

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


def signed_in(staff: Staff) -> Client:
    staff.language = "en"
    staff.save()
    client = Client()
    client.force_login(staff, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


@pytest.fixture
def desk(officer: Staff) -> Client:
    return signed_in(officer)


def place(name: str, *args: Any) -> str:
    return reverse(f"office:claims:{name}", args=args)


def told(number: str) -> dict[str, str]:
    return {
        "number": number,
        "harm": "illness",
        "happened": clock.today().isoformat(),
        "hour": "",
        "region": "杭州 西湖",
        "place": "At home",
        "hurt": "Wang Fang",
        "story": SECRET_STORY,
        "reporter": "Li Lei",
        "phone": "138 0013 8000",
    }


def send(desk: Client, path: str, **said: Any) -> Any:
    return desk.post(path, {**hidden_in(desk.get(path)), **said})


def press(desk: Client, notice: Notice, deed: str) -> Any:
    page = desk.get(place("notice", notice.number))
    return desk.post(place(deed, notice.number), hidden_in(page))


# ---- from the policy to the notice


def test_the_code_on_a_policy_leads_staff_to_its_evidence_and_to_a_notice(desk, policy) -> None:
    code = current_edition(policy, actor=holder()).code
    opened = desk.get(reverse("portal:scanned", args=[code]), follow=True)
    page = shown(opened)

    for said in (
        "How it came about", "PIN accepted", "Network address", "203.0.113.0/24", "Channel",
        "Language of the texts", "Agreed to", f"version {policy.product_version.code}",
    ):  # fmt: skip
        assert said in page
    assert f"{place('record')}?number={policy.number}" in page


def test_who_does_not_handle_claims_sees_no_button_and_no_notice(insurer, policy) -> None:
    report(policy)
    address = reverse("office:policies:policy", args=[policy.number])
    page = shown(signed_in(insurer.keeper).get(address))

    assert place("record") not in page
    assert "C-20" not in page


def test_a_caller_is_written_down_for_a_policy(desk, officer, policy) -> None:
    answer = send(desk, f"{place('record')}?number={policy.number}", **told(policy.number))

    notice = Notice.objects.get()
    assert answer.url == place("notice", notice.number)
    assert (notice.policy, notice.taken_down_by) == (policy, officer)
    assert (notice.region, notice.hour_known) == ("330106", False)
    page = shown(desk.get(answer.url))
    for said in (SECRET_STORY, "Li Lei", "138 0013 8000", "At home", "Xihu", "time not known"):
        assert said in page


def test_a_caller_with_an_unpaid_card_is_written_down_for_review(desk, insurer) -> None:
    _, cards = cards_at_institution(insurer, 2)
    sell(insurer, cards)
    card = desk.get(reverse("office:inquiry:card", args=[cards[0].card_number]))
    assert f"{place('record')}?number={cards[0].card_number}" in shown(card)
    answer = send(desk, place("record"), **told(cards[0].card_number))

    page = shown(desk.get(answer.url))
    assert "There was no policy on this card" in page
    assert "The card was “sold” when this was reported" in page
    card = desk.get(reverse("office:inquiry:card", args=[cards[0].card_number]))
    assert "A claim was reported: there was no policy" in shown(card)


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"number": "P0000000000000"}, "We know no such policy or card"),
        ({"region": "Nowhere"}, "No district or county has just this name"),
        ({"phone": "010 12"}, "not a complete phone number"),
        ({"story": ""}, "Fill this in."),
    ],
)
def test_what_is_mistyped_is_told_at_its_field(desk, policy, said, problem) -> None:
    answer = send(desk, place("record"), **{**told(policy.number), **said})

    assert answer.status_code == 422
    assert problem in shown(answer)
    assert not Notice.objects.exists()


def test_a_foreign_policy_is_none_to_whoever_writes_a_notice(insurer, policy) -> None:
    foreign = a_claims_officer(insurer, "O09", "Olga")
    foreign.authorisations.update(organisation=insurer.other_branch)
    answer = send(signed_in(foreign), place("record"), **told(policy.number))

    assert "We know no such policy or card" in shown(answer)
    assert not Notice.objects.exists()


# ---- what waits, and what is done about it


def test_a_notice_waits_at_home_until_somebody_takes_it_on(desk, policy) -> None:
    notice = report(policy)
    home = reverse("office:home")
    assert place("notice", notice.number) in shown(desk.get(home))

    assert press(desk, notice, "take").url == place("notice", notice.number)
    assert place("notice", notice.number) not in shown(desk.get(home))


def test_who_comes_second_is_told_of_the_first(desk, insurer, policy) -> None:
    notice = report(policy)
    hidden = hidden_in(desk.get(place("notice", notice.number)))
    other = a_claims_officer(insurer, "I08", "Clive")
    take(notice, other)

    answer = desk.post(place("take", notice.number), hidden)
    assert f"{other.party.name_en} has taken it on already" in shown(answer)


def test_what_was_found_is_written_down_and_the_notice_closed(desk, policy) -> None:
    notice = report(policy)
    look = place("look", notice.number)
    assert desk.get(look).url == place("notice", notice.number)
    press(desk, notice, "take")
    assert send(desk, look, words="").status_code == 422
    send(desk, look, words="asked for the bill")
    send(desk, look, words="handed on as 4711", is_last="on")

    assert Notice.objects.get().state == "closed"
    page = shown(desk.get(place("notice", notice.number)))
    assert "asked for the bill" in page
    assert "handed on as 4711" in page
    assert look not in page


# ---- photos and papers


def test_papers_from_the_counter_are_added_and_a_refused_one_loses_no_words(desk, policy) -> None:
    notice = report(policy)
    path = place("add", notice.number)
    bad = SimpleUploadedFile("bill.pdf", b"MZ not a pdf")
    refused = send(desk, path, words="the bill", attachments=[bad])
    assert refused.status_code == 422
    assert "bill.pdf is neither a photo" in shown(refused)
    assert "the bill" in shown(refused)

    good = SimpleUploadedFile("bill.exe", a_pdf())
    send(desk, path, words="the bill", attachments=[good])
    assert "bill.pdf" in shown(desk.get(place("notice", notice.number)))


def test_an_attachment_is_given_out_to_be_kept_and_never_shown(desk, officer, policy) -> None:
    notice = report(policy)
    add(notice, "", a_photo_of('诊断"书\n.html'))
    answer = desk.get(place("attachment", notice.number, 1, 1))

    assert answer.content == KeptAttachment.objects.get().content
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["Content-Disposition"].startswith("attachment; filename")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "no-store" in answer["Cache-Control"]
    event = AuditEvent.objects.get(event="claim.attachment_opened")
    assert (event.actor_id, event.subject_number) == (officer.pk, notice.number)
    assert desk.get(place("attachment", notice.number, 1, 2)).status_code == 404


def test_whoever_sees_policies_only_opens_no_attachment(insurer, policy) -> None:
    notice = report(policy)
    add(notice, "", a_photo_of())

    answer = signed_in(insurer.keeper).get(place("attachment", notice.number, 1, 1))
    assert answer.status_code == 403
    assert not AuditEvent.objects.filter(event="claim.attachment_opened").exists()


# ---- the list


@pytest.fixture
def notices(cards, policy, officer) -> dict[str, Notice]:
    made = {"card": report(cards[1]), "waiting": report(policy), "closed": report(policy)}
    take(made["closed"], officer)
    look_at(made["closed"], "done", officer, is_last=True)
    return made


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, {"card", "waiting", "closed"}),
        ({"state": "closed"}, {"closed"}),
        ({"kind": "card"}, {"card"}),
        ({"kind": "policy"}, {"waiting", "closed"}),
        ({"product": "accident"}, {"waiting", "closed"}),
        ({"product": "driver"}, set()),
        ({"cover": "no_policy"}, {"card"}),
        ({"since": "2000-01-01", "until": "2000-01-02"}, set()),
        ({"since": "2000-01-01"}, {"card", "waiting", "closed"}),
    ],
)
def test_the_list_is_filtered(desk, notices, query, found) -> None:
    page = shown(desk.get(place("list"), query))

    assert {name for name, one in notices.items() if one.number in page} == found


def test_the_list_finds_a_notice_by_its_policy_or_card(desk, notices, policy) -> None:
    card = card_number(notices["card"].serial)
    for text, found in (
        (policy.number, {"waiting", "closed"}),
        (card, {"card"}),
        (notices["card"].number, {"card"}),
    ):
        page = shown(desk.get(place("list"), {"q": text}))
        assert {name for name, one in notices.items() if f">{one.number}<" in page} == found


def test_nobody_is_named_in_the_list_or_its_file(desk, notices) -> None:
    file = desk.get(place("list"), {"export": "csv"}).getvalue().decode()
    for said in (shown(desk.get(place("list"))), file):
        assert SECRET_STORY not in said
        assert "Wang" not in said
        assert notices["card"].number in said


def test_the_search_opens_a_notice(desk, policy) -> None:
    notice = report(policy)

    found = desk.get(reverse("office:search"), {"q": notice.number})
    assert found.url == place("notice", notice.number)


def statements(what: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as taken:
        what()
    return len(taken)


def test_list_page_and_home_take_as_many_statements_on_a_busy_day(
    desk, cards, policy, settings
) -> None:
    settings.CLAIMS_OF_A_CARD_A_DAY = 100
    first = report(policy)
    add(first, "more", a_photo_of())
    report(cards[1])
    pages = (place("list"), place("notice", first.number), reverse("office:home"))
    for page in pages:
        desk.get(page)
    few = [statements(partial(desk.get, page)) for page in pages]
    for n in range(6):
        report(policy)
        add(first, f"more {n}", a_photo_of())
        report(cards[1])

    assert [statements(partial(desk.get, page)) for page in pages] == few
    assert max(few[:2]) <= 16


def test_an_old_notice_counts_as_late_at_home(desk, policy) -> None:
    notice = report(policy)
    with clock.frozen(clock.now() + timedelta(days=3)):
        assert notice.number in shown(desk.get(reverse("office:home")))
