"""Freezes, losses and all that becomes of cards, through pages."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from playwright.sync_api import expect

from selfcard.activation.errors import CardFrozen
from selfcard.cards.models import Batch
from selfcard.core import clock
from selfcard.core.serials import SerialRun
from selfcard.custody.commands import freeze_batch, record_announcement, release_cards
from selfcard.custody.models import Freeze, WriteOff
from selfcard.inquiry.queries.piles import Work
from selfcard.inquiry.queries.work import home_work
from selfcard.organisations.commands import authorise
from selfcard.organisations.models import May, Staff
from selfcard.organisations.queries import staff_actor
from tests.factories.activation import activate, open_card, paid_cards
from tests.factories.custody import (
    agree,
    cards_at_head_office,
    cards_at_institution,
    cards_of,
    custody,
    hand_down,
    report,
    stop,
    written_off,
)
from tests.factories.organisations import Insurer, an_insurer

pytestmark = pytest.mark.django_db


@pytest.fixture
def insurer(db: None) -> Insurer:
    return an_insurer()


@pytest.fixture
def batch(insurer):
    return cards_at_head_office(insurer, 1_000)[0]


def entered(staff: Staff) -> Client:
    Staff.objects.filter(pk=staff.pk).update(language="en")
    client = Client()
    client.force_login(staff, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


def place(name: str, *args: str) -> str:
    return reverse(f"office:custody:{name}", args=args)


def said(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def typed(run, **changes) -> dict[str, str]:
    """A range as it is typed short, with its type."""
    return {
        "document_type": "AC-100",
        "runs-first": str(run.first)[-9:],
        "runs-last": "",
        "runs-count": str(run.count),
        "note": "The keeper called",
        "request_id": str(uuid4()),
        **changes,
    }


# The whole way, in a browser


@pytest.mark.django_db(transaction=True)
def test_a_lost_box_is_reported_by_phone_agreed_to_and_announced(office) -> None:
    insurer = an_insurer()
    batch, _ = cards_at_institution(insurer, 1_000)

    page = office.at_the_desk_of(insurer.keeper, place("loss"))
    page.locator("[name=document_type]").fill("AC-100")
    page.locator("[name=runs-first]").first.fill("301")
    page.locator("[name=runs-count]").first.fill("100")
    page.locator("[name=cause][value=lost]").check()
    page.locator("[name=note]").fill("Li called at 9: a box is missing since Friday")
    office.send(page)

    loss = WriteOff.objects.get()
    assert page.url.endswith(place("write_off", loss.number))
    assert Freeze.objects.get(released_at=None).run == cards_of(batch, 301, 400)

    page = office.at_the_desk_of(insurer.second, reverse("office:home"))
    page.locator(f"a.btn[href='{place('write_off', loss.number)}']").click()
    office.send(page, "section form")
    loss.refresh_from_db()
    assert loss.state == "done"
    assert ("Institution", "lost", 301, 400) in custody(batch)

    page = office.at_the_desk_of(insurer.keeper, reverse("office:home"))
    expect(page.locator("#work")).to_contain_text(loss.number)
    page.locator(f"a.btn[href='{place('write_off', loss.number)}']").click()
    page.locator(f"a.btn-primary[href='{place('announce', loss.number)}']").click()
    page.locator("[name=announced_in]").fill("Morning Post, page 8")
    office.send(page)

    expect(page.locator("main")).to_contain_text("Morning Post, page 8")
    loss.refresh_from_db()
    assert loss.announced_by == insurer.keeper


@pytest.mark.django_db(transaction=True)
def test_cards_are_frozen_and_a_part_of_them_released(office) -> None:
    insurer = an_insurer()
    batch, _ = cards_at_head_office(insurer, 1_000)

    page = office.at_the_desk_of(insurer.chief, place("freeze"))
    page.locator("[name=document_type]").fill("AC-100")
    page.locator("[name=runs-first]").first.fill("1")
    page.locator("[name=runs-count]").first.fill("1000")
    page.locator("[name=note]").fill("The branch called")
    expect(page.locator(".answer").first).to_be_visible()
    office.send(page)

    number = Freeze.objects.get().reason_number
    page.locator(f"a[href='{place('release', number)}']").click()
    page.locator("[name=runs-first]").first.fill("101")
    page.locator("[name=runs-count]").first.fill("100")
    page.locator("[name=note]").fill("These are here")
    office.send(page)

    assert [one.run for one in Freeze.objects.filter(released_at=None).order_by("serials")] == [
        cards_of(batch, 1, 100),
        cards_of(batch, 201, 1000),
    ]
    expect(page.locator("#happened")).to_contain_text("These are here")


# What each page refuses


@pytest.mark.parametrize("name", ["void", "loss", "found", "destroy", "freeze"])
def test_a_form_that_is_sent_empty_says_what_to_fill_in(insurer, batch, name):
    answer = entered(insurer.chief).post(place(name), {"request_id": str(uuid4())})

    assert answer.status_code == 422
    assert "Name the cards" in said(answer)
    assert not Freeze.objects.exists()


def test_a_refusal_stands_at_the_cards_with_the_link_that_helps(insurer, batch):
    written_off(insurer, "void", cards_of(batch, 1, 10))

    answer = entered(insurer.chief).post(place("loss"), typed(cards_of(batch, 1, 20), cause="lost"))

    assert answer.status_code == 422
    assert place("destroy") in answer.content.decode()


def test_a_double_click_reports_once(insurer, batch):
    client, form = entered(insurer.chief), typed(cards_of(batch, 1, 10), cause="lost")

    first, second = (client.post(place("loss"), form) for _ in range(2))

    assert first["Location"] == second["Location"]
    assert WriteOff.objects.count() == 1


def test_found_cards_were_looked_at_one_by_one(insurer, batch):
    written_off(insurer, "loss", cards_of(batch, 1, 10))
    client, form = entered(insurer.chief), typed(cards_of(batch, 1, 10))

    assert client.post(place("found"), form).status_code == 422
    assert client.post(place("found"), {**form, "intact": "on"}).status_code == 302


def test_a_deed_is_done_by_pressing_its_button_only(insurer, batch):
    loss = report(insurer, "loss", batch.run)

    assert entered(insurer.second).get(place("grant_write_off", loss.number)).status_code == 405


def test_whoever_reported_is_told_that_another_decides(insurer, batch):
    loss = report(insurer, "loss", batch.run)
    page = place("write_off", loss.number)

    assert "so it cannot be you" in said(entered(insurer.chief).get(page))
    assert place("grant_write_off", loss.number) not in str(
        entered(insurer.chief).get(page).content
    )
    assert place("grant_write_off", loss.number) in str(entered(insurer.second).get(page).content)


def test_an_expired_report_is_asked_again_from_the_home_page(insurer, batch):
    loss = report(insurer, "loss", batch.run)

    with clock.frozen(clock.now() + timedelta(days=15)):
        piles = {pile.kind: pile for pile in home_work(staff_actor(insurer.chief)).piles}
        client = entered(insurer.chief)
        page = client.get(place("write_off", loss.number))
        answer = client.post(
            place("ask_write_off_again", loss.number), {"request_id": str(uuid4())}
        )

    assert piles[Work.WRITE_OFF_AGAIN].count == 1
    assert "Ask again" in said(page)
    assert answer.status_code == 302


def test_a_loss_waits_on_the_home_page_until_it_is_announced_and_is_late_after_its_day(
    insurer, batch
):
    loss = written_off(insurer, "loss", batch.run)

    def waiting():
        piles = home_work(staff_actor(insurer.chief)).piles
        return [pile.is_late for pile in piles if pile.kind == Work.ANNOUNCE]

    assert waiting() == [False]
    assert loss.announce_by is not None
    with clock.frozen(loss.announce_by + timedelta(days=1)):
        assert waiting() == [True]
        page = entered(insurer.chief).get(place("write_off", loss.number))
        assert "1 day overdue" in said(page)
        late = entered(insurer.chief).get(place("write_offs"), {"announce": "late"})
        assert loss.number in said(late)
    record_announcement(
        write_off=loss,
        announced_on=clock.today(),
        announced_in="Post",
        actor=insurer.actor("chief"),
        request_id=uuid4(),
    )
    assert waiting() == []


def test_a_batch_is_frozen_and_released_from_its_page(insurer, batch):
    client = entered(insurer.chief)
    address = place("freeze_batch", batch.number)
    assert address in str(client.get(reverse("office:cards:batch", args=[batch.number])).content)

    given = {"note": "Misprinted", "request_id": str(uuid4())}
    assert client.post(address, given).status_code == 302
    assert Freeze.objects.get(released_at=None).run == batch.run
    again = client.post(address, {**given, "request_id": str(uuid4())})
    assert again.status_code == 422
    assert "frozen already" in said(again)
    given = {"note": "Looked at", "release": "1", "request_id": str(uuid4())}
    assert client.post(address, given).status_code == 302
    assert not Freeze.objects.filter(released_at=None).exists()


def test_the_list_of_what_stops_cards_shows_each_number_once(insurer, batch):
    number = stop(insurer, cards_of(batch, 1, 10), cards_of(batch, 21, 30))
    release_cards(
        number=number,
        runs=(cards_of(batch, 1, 4),),
        note="Found",
        actor=insurer.actor("chief"),
        request_id=uuid4(),
    )
    loss = report(insurer, "loss", cards_of(batch, 41, 50))
    agreed = written_off(insurer, "void", cards_of(batch, 61, 70))
    freeze_batch(batch=batch, note="All", actor=insurer.actor("chief"), request_id=uuid4())
    client = entered(insurer.chief)

    everything = said(client.get(place("freezes")))
    in_force = said(client.get(place("freezes"), {"state": "in_force"}))
    released = said(client.get(place("freezes"), {"state": "released"}))
    of_batches = said(client.get(place("freezes"), {"kind": "batch"}))

    assert everything.count(number) == 1
    assert "16" in everything
    assert loss.number in in_force
    assert agreed.number not in in_force
    assert agreed.number in released
    assert batch.number in of_batches
    assert number not in of_batches
    exported = client.get(place("freezes"), {"export": "csv"})
    assert number in b"".join(exported).decode()


@pytest.mark.parametrize("address", ["write_offs", "freezes"])
def test_a_list_takes_as_many_statements_on_a_busy_day(insurer, batch, address):
    client = entered(insurer.chief)
    client.get(place(address))  # as on any day but the first of a session
    counts = []
    for day in range(2):
        for place_ in range(3 * day, 3 * day + 3):
            stop(insurer, cards_of(batch, place_ * 20 + 1, place_ * 20 + 5))
            report(insurer, "loss", cards_of(batch, place_ * 20 + 11, place_ * 20 + 15))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(place(address)).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]
    assert counts[0] <= 16


def test_the_page_of_a_case_takes_a_bounded_number_of_statements(insurer, batch):
    loss = written_off(insurer, "loss", *(cards_of(batch, n, n) for n in range(1, 60, 2)))
    client = entered(insurer.chief)

    with CaptureQueriesContext(connection) as queries:
        assert client.get(place("write_off", loss.number)).status_code == 200

    assert len(queries) <= 24


# Papers


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_papers_of_a_loss_and_of_a_destruction_open(insurer, batch, language):
    from io import BytesIO

    from pypdf import PdfReader

    void = written_off(insurer, "void", cards_of(batch, 1, 10))
    destroyed = written_off(insurer, "destruction", cards_of(batch, 1, 10))
    loss = report(insurer, "loss", cards_of(batch, 21, 30), cause="stolen")
    client = entered(insurer.chief)

    def paper(kind, number, status=200):
        address = reverse("office:paper", args=[kind, number])
        answer = client.get(address, {"lang": language})
        assert answer.status_code == status
        return (
            ""
            if status != 200
            else "".join(page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages)
        )

    paper("loss_announcement", loss.number, 404)
    agree(insurer, loss)
    text = paper("loss_announcement", loss.number)
    assert "遗失声明" in text
    assert "invalid" in text
    assert "Person" not in text
    assert "Head office" not in text
    protocol = paper("write_off", destroyed.number)
    assert void.number in protocol
    assert "Shredder" in protocol
    for person in (insurer.chief, insurer.second):
        assert person.code in protocol


# The holder


@pytest.mark.parametrize("stopped", ["card", "batch"])
def test_a_holder_who_activates_a_frozen_card_is_told_so(insurer, stopped):
    card = paid_cards(insurer, 3)[0]
    proof = open_card(card)
    if stopped == "card":
        stop(insurer, SerialRun(card.serial, card.serial))
    else:
        freeze_batch(
            batch=Batch.objects.get(serials__contains=card.serial),
            note="Misprinted",
            actor=insurer.actor("chief"),
            request_id=uuid4(),
        )

    with pytest.raises(CardFrozen):
        activate(card, proof=proof)


def test_whoever_holds_the_cards_is_not_offered_to_agree_and_is_refused(insurer, batch):
    cards = cards_of(batch, 1, 10)
    for to, by, at in (
        ("branch", "chief", "branch_keeper"),
        ("institution", "branch_keeper", "keeper"),
    ):
        hand_down(insurer, cards, getattr(insurer, to).party, by, checked_in_by=at)
    hand_down(insurer, cards, insurer.seller.party, "keeper")
    authorise(
        staff=insurer.seller,
        mays=(May.APPROVE_WRITE_OFFS,),
        organisation=insurer.institution,
        actor=insurer.actor("chief"),
        request_id=uuid4(),
    )
    loss = report(insurer, "loss", cards, by="keeper")
    seller, yes = entered(insurer.seller), place("grant_write_off", loss.number)

    assert yes not in seller.get(place("write_off", loss.number)).content.decode()
    answer = seller.post(yes, {"request_id": str(uuid4())})

    assert answer.status_code == 422
    assert "You answer for some of these cards yourself" in answer.content.decode()
    loss.refresh_from_db()
    assert loss.state == "asked"


# What a second person is asked


def test_a_second_person_reads_what_happened_to_how_many_cards_of_which_type(insurer, batch):
    lost = written_off(insurer, "loss", cards_of(batch, 1, 6))
    found_again = report(insurer, "found", cards_of(batch, 1, 2))
    void = report(insurer, "void", cards_of(batch, 11, 20))
    second = entered(insurer.second)

    listed = said(second.get(reverse("office:approvals:list")))
    at_home = said(second.get(reverse("office:home")))

    assert f"Agree that lost cards were found {found_again.number} · 2 cards AC-100" in listed
    assert f"Agree that cards are void {void.number} · 10 cards AC-100" in listed
    assert f"Agree that cards are void {void.number} · AC-100" in at_home
    assert lost.number not in listed


def test_of_cards_that_are_lost_or_void_already_nobody_says_that_they_are_frozen(insurer, batch):
    chief = entered(insurer.chief)
    written_off(insurer, "loss", cards_of(batch, 1, 6))
    written_off(insurer, "void", cards_of(batch, 11, 16))

    for kind, run, more in (
        ("found", cards_of(batch, 1, 2), {"intact": "on"}),
        (
            "destroy",
            cards_of(batch, 11, 12),
            {"place": "Yard", "method": "Shredder", "destroyed_on": clock.today().isoformat()},
        ),
    ):
        form = said(chief.get(place(kind)))
        answer = chief.post(place(kind), typed(run, **more), follow=True)
        case = said(answer)
        one = WriteOff.objects.latest("id")
        withdrawing = said(chief.get(place("withdraw_write_off", one.number)))
        biography = said(chief.get(reverse("office:inquiry:card", args=[f"{run.first:015d}"])))
        for page in (form, case, withdrawing):
            assert "rozen" not in page.replace("Frozen cards", "")
        assert "a second person is asked" in case
        assert "a second person decides" in biography
        # They were frozen once: when they were reported as lost, or void.
        assert biography.count("Frozen until a second person decides") == 1
