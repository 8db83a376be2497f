"""Reporting a claim on the portal, by card and PIN or by a policy; and its photos and papers."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from selfcard.claims.models import Entry, KeptAttachment, Notice
from selfcard.core import clock
from selfcard.policies.models import Policy
from tests.core.test_attachments import a_bomb
from tests.factories.activation import activate, paid_cards, sell
from tests.factories.attachments import a_pdf, a_photo, active_pdfs
from tests.factories.cards import PrintedCard
from tests.factories.claims import SECRET_STORY, add, report
from tests.factories.custody import cards_at_institution
from tests.factories.organisations import Insurer, an_insurer
from tests.web.portal_line import another_browser, hidden_in, open_card, shown

pytestmark = pytest.mark.django_db

HOW, REPORT = reverse("portal:claim"), reverse("portal:report_claim")


@pytest.fixture(autouse=True)
def in_english(client: Client) -> None:
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"


@pytest.fixture
def insurer() -> Insurer:
    return an_insurer()


@pytest.fixture
def cards(insurer: Insurer) -> list[PrintedCard]:
    return paid_cards(insurer)


@pytest.fixture
def policy(cards: list[PrintedCard]) -> Policy:
    return activate(cards[0])


def told(**said: str) -> dict[str, str]:
    today = clock.today()
    return {
        "harm": "injury",
        "happened_year": str(today.year),
        "happened_month": str(today.month),
        "happened_day": str(today.day),
        "hour": "",
        "region": "330106",
        "place": "At the lake",
        "hurt": "Wang Fang",
        "story": SECRET_STORY,
        "reporter": "Li Lei",
        "phone": "138 0013 8000",
        **said,
    }


def send(client: Client, path: str, said: dict[str, Any]) -> Any:
    return client.post(path, {**hidden_in(client.get(path)), **said})


def open_policy(client: Client, policy: Policy) -> Any:
    return client.post(
        reverse("portal:look_up"),
        {
            "by": "policy",
            "policy_number": policy.number,
            "identity_number": policy.identity_number,
            "request_id": str(uuid4()),
        },
    )


def file(content: bytes, name: str = "photo.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "image/jpeg")


# ---- how to claim, and reporting


def test_anybody_learns_how_to_claim_by_phone_and_from_the_letterheads_settings(client) -> None:
    page = shown(client.get(HOW))

    for said in (
        settings.HELP_NUMBER, settings.INSURER_ADDRESS["en"], settings.INSURER_NAME["en"],
        "Get help first", "Show the card or the policy", "Tell us soon",
    ):  # fmt: skip
        assert said in page
    assert client.get(REPORT).url == HOW
    assert client.get(reverse("portal:notice", args=["C-2026-0000001"])).url == HOW


def test_whoever_opened_a_policy_reports_what_happened_and_gets_a_number(client, policy) -> None:
    open_policy(client, policy)
    assert "Report a claim" in shown(client.get(reverse("portal:policy")))
    assert "Tell us within 36 hours" in shown(client.get(HOW))
    answer = send(client, REPORT, told(hour="00:00"))

    notice = Notice.objects.get()
    assert answer.url == reverse("portal:notice", args=[notice.number])
    page = shown(client.get(answer.url))
    assert notice.number in page
    assert (notice.policy, notice.hour_known, notice.place) == (policy, True, "At the lake")
    for words in (SECRET_STORY, "Li Lei", "At the lake"):
        assert words not in page


def test_a_card_that_is_not_activated_is_reported_for_review(client, insurer) -> None:
    _, cards = cards_at_institution(insurer, 2)
    sell(insurer, cards)
    open_card(client, cards[0].card_number, cards[0].pin)
    assert "Report it all the same" in shown(client.get(reverse("portal:card")))
    answer = send(client, REPORT, told())

    notice = Notice.objects.get()
    assert (notice.policy, notice.card_status, notice.hour_known) == (None, "sold", False)
    assert "There is no policy on this card" in shown(client.get(answer.url))


def test_a_report_that_is_sent_twice_is_one(client, policy) -> None:
    open_policy(client, policy)
    hidden = hidden_in(client.get(REPORT))
    for _ in range(2):
        client.post(REPORT, {**hidden, **told()})

    assert Notice.objects.count() == 1


def test_each_mistake_is_told_at_its_field_and_what_was_typed_stays(client, policy) -> None:
    open_policy(client, policy)
    tomorrow = clock.today() + timedelta(days=1)
    later = {f"happened_{part}": str(getattr(tomorrow, part)) for part in ("year", "month", "day")}
    for said, problem in (
        ({"story": ""}, "Say in a few words what happened."),
        (later, "This lies in the future."),
        ({"hour": "25:00"}, "Enter the time as hours and minutes"),
        ({"phone": "12345"}, "not a complete phone number"),
        ({"harm": ""}, "Choose what has happened."),
    ):
        answer = send(client, REPORT, told(**said))
        assert answer.status_code == 422
        assert problem in shown(answer)
        assert "At the lake" in shown(answer)
    assert not Notice.objects.exists()


def test_looking_for_the_district_without_script_keeps_a_long_story(client, policy) -> None:
    open_policy(client, policy)
    story = "It rained. " * 200
    answer = send(client, REPORT, told(story=story, region="", region_words="西湖", look="region"))

    assert answer.status_code == 200
    assert story in shown(answer)
    assert 'value="330106"' in shown(answer)


def test_without_its_visit_nobody_reports_or_adds(client, cards, policy) -> None:
    notice = report(policy)
    with clock.frozen(clock.now() - timedelta(hours=1)):
        open_card(client, cards[1].card_number, cards[1].pin)
    assert client.get(REPORT).url == HOW
    assert client.get(reverse("portal:notice", args=[notice.number])).url == HOW


# ---- whose notices one may add to


def test_who_knows_only_the_pin_finds_nothing_that_another_reported(client, cards, policy) -> None:
    notice = report(policy)
    place = reverse("portal:notice", args=[notice.number])
    open_card(client, cards[0].card_number, cards[0].pin)
    assert notice.number not in shown(client.get(HOW))
    assert client.get(place).status_code == 404

    answer = send(client, REPORT, told())
    assert client.get(answer.url).status_code == 200

    mother = another_browser()
    open_policy(mother, policy)
    assert notice.number in shown(mother.get(HOW))
    assert mother.get(place).status_code == 200


def test_a_notice_of_another_card_or_policy_is_not_found(client, cards, policy) -> None:
    others = [report(policy), report(cards[2])]
    open_card(client, cards[1].card_number, cards[1].pin)
    for notice in others:
        assert client.get(reverse("portal:notice", args=[notice.number])).status_code == 404
        assert notice.number not in shown(client.get(HOW))


# ---- photos and papers


@pytest.fixture
def place(client: Client, policy: Policy) -> str:
    open_policy(client, policy)
    return reverse("portal:notice", args=[report(policy).number])


def test_photos_and_papers_are_added_together(client, place) -> None:
    files = [file(a_photo(), "腿.jpeg"), file(a_photo("PNG"), "x.png"), file(a_pdf(), "bill.pdf")]
    answer = send(client, place, {"words": "the bill", "attachments": files})

    assert answer.url == place
    kept = KeptAttachment.objects.order_by("place")
    assert [(one.kind, one.name) for one in kept] == [
        ("jpg", "腿.jpg"),
        ("png", "x.png"),
        ("pdf", "bill.pdf"),
    ]
    page = shown(client.get(place))
    assert "3 photos and papers" in page
    assert "the bill" not in page


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "photo.jpg is empty"),
        (b"<script>alert(1)</script>", "photo.jpg is neither a photo (JPEG or PNG) nor a PDF"),
        (b"\xff\xd8\xff" + bytes(500), "photo.jpg is damaged"),
        (a_bomb(20_000), "photo.jpg has too many pixels"),
        (a_pdf() + b"PK\x03\x04", "photo.jpg is not a PDF that can be opened"),
        (active_pdfs()["a script"], "photo.jpg holds a script"),
        (a_pdf(password="x"), "photo.jpg is protected by a password"),
        (a_photo() + bytes(settings.ATTACHMENT_BYTES), "photo.jpg is too large"),
    ],
)
def test_a_file_that_is_none_is_refused_in_a_sentence_and_the_words_stay(
    client, place, content, problem
) -> None:
    answer = send(client, place, {"words": "my leg hurts", "attachments": [file(content)]})

    assert answer.status_code == 422
    assert problem in shown(answer)
    assert "my leg hurts" in shown(answer)
    assert "The files have to be chosen again" in shown(answer)
    assert not Entry.objects.exists()


def test_of_several_files_each_that_is_refused_is_named_and_none_is_kept(client, place) -> None:
    files = [file(a_photo()), file(b"", "one.jpg"), file(b"GIF89a", "two.gif")]
    page = shown(send(client, place, {"words": "", "attachments": files}))

    assert "one.jpg is empty" in page
    assert "two.gif is neither" in page
    assert not KeptAttachment.objects.exists()


def test_more_files_than_fit_at_once_are_refused_before_they_fill_the_memory(client, place) -> None:
    files = [file(a_photo(), f"{n}.jpg") for n in range(settings.ATTACHMENTS_AT_ONCE + 1)]
    page = shown(send(client, place, {"words": "all of them", "attachments": files}))

    assert "Send up to 5 files at once" in page
    assert "all of them" in page


def test_a_name_cannot_carry_a_tag_into_a_page(client, place) -> None:
    bad = file(b"", '"><img src=x onerror=alert(1)>.jpg')
    answer = send(client, place, {"words": "", "attachments": [bad]})

    assert b"<img src=x" not in answer.content


def test_neither_words_nor_files_is_nothing(client, place) -> None:
    assert "Write something, or choose a photo" in shown(send(client, place, {"words": " "}))


def test_no_file_is_ever_written_beside_the_database(client, place, tmp_path, settings) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path / "nowhere")
    large = a_photo("PNG", size=(1500, 1500), compress_level=0)
    assert len(large) > settings.FILE_UPLOAD_MAX_MEMORY_SIZE

    assert send(client, place, {"words": "", "attachments": [file(large)]}).status_code == 302


def test_the_page_of_a_notice_takes_as_many_statements_with_many_entries(
    client, policy, place
) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as taken:
            client.get(place)
        return len(taken)

    add(Notice.objects.get(), "one")
    few = statements()
    for n in range(5):
        add(Notice.objects.get(), f"more {n}")

    assert statements() == few <= 12
