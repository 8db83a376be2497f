"""The pages of a stock count: the scanner, the differences, the second person."""

import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from playwright.sync_api import Page, expect

from selfcard.core import clock
from selfcard.core.serials import card_number
from selfcard.custody.commands import (
    agree_adjustment,
    close_stock_count,
    compare_stock_count,
    enter_stacks,
    record_announcement,
    refuse_adjustment,
)
from selfcard.custody.models import StockCount
from selfcard.inquiry.queries.work import home_work
from selfcard.organisations.models import Staff
from selfcard.organisations.queries import staff_actor
from tests.factories.custody import cards_at_institution, cards_of, custody, hand_down, written_off
from tests.factories.organisations import PASSWORD, Insurer, an_insurer
from tests.factories.stock_counts import asked, counted, do, found, opened
from tests.web.conftest import PHONE

pytestmark = pytest.mark.django_db

Axe = Callable[[Page], None]


@pytest.fixture
def insurer(db: None) -> Insurer:
    return an_insurer()


@pytest.fixture
def batch(insurer):
    return cards_at_institution(insurer, 100)[0]


def entered(staff: Staff) -> Client:
    client = Client()
    client.force_login(staff, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


def place(one: StockCount, name: str = "stock_count") -> str:
    return reverse(f"office:custody:{name}", args=[one.number])


def scan(page: Page, *serials: int) -> None:
    """What a scanner does: it types the number on the card, and Enter, wherever the focus is."""
    for serial in serials:
        page.keyboard.type(card_number(serial))
        page.keyboard.press("Enter")


def said(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


# The whole way, in a browser


@pytest.mark.django_db(transaction=True)
def test_a_stock_is_counted_compared_and_adjusted_through_pages_only(
    open_page, sign_in, language: str, no_axe_violations: Axe
) -> None:
    insurer = an_insurer()
    batch, _ = cards_at_institution(insurer, 100)
    hand_down(insurer, cards_of(batch, 1, 10), insurer.seller.party, "keeper")
    Staff.objects.update(language=language)
    serial = {n: cards_of(batch, n, n).first for n in (3, 11, 49, 51, 99, 100)}

    page = open_page()
    sign_in(page, insurer.keeper)
    page.goto(reverse("office:custody:open_stock_count"))
    no_axe_violations(page)
    expect(page.locator("[name=holder]")).to_have_value("100101")
    page.locator("[name=document_type]").fill(batch.type_version.document_type.code)
    page.locator("[name=remark]").fill("2026 Q4")
    page.locator("main form button[type=submit]").click()
    no_axe_violations(page)

    one = StockCount.objects.get()
    stacks = page.locator("#stacks tbody tr")
    scan(page, serial[11], serial[49], serial[99], serial[51])  # one of them upside down
    expect(stacks).to_have_count(2)
    scan(page, serial[3])
    page.keyboard.press("Enter")  # a single card
    expect(stacks).to_have_count(3)
    expect(stacks.first).to_contain_text(str(serial[3])[-3:])
    scan(page, serial[49])
    page.keyboard.press("Enter")
    expect(page.locator("#counted [role=alert]")).to_be_visible()
    expect(page.locator("[data-first]").first).to_be_focused()
    expect(page.locator("#counted dd.big").first).to_have_text("89")
    no_axe_violations(page)

    page.locator("#compare button").click()
    expect(page.locator(".differences > li")).to_have_count(4)  # three, and one for all gaps
    no_axe_violations(page)
    assert [gap[:3] for gap in found(batch, one)] == [
        ("surplus", 3, 3),
        ("gap", 50, 50),
        ("gap", 100, 100),
    ]

    page.locator("[name=remedy_gap]").select_option("loss")
    page.locator("[name=note_gap]").fill("nobody knows")
    surplus, _ = one.findings.filter(kind="surplus").values_list("pk", "kind")[0]
    page.locator(f"[name=remedy_{surplus}]").select_option("taken_over")
    page.locator(f"[name=note_{surplus}]").fill("handed back without a paper")
    page.locator("main form[action$='/ask/'] button").click()
    no_axe_violations(page)
    one.refresh_from_db()
    assert one.state == "asked"

    other = open_page()
    sign_in(other, insurer.second)
    other.goto("/office/")
    other.goto(reverse("office:approvals:list"))
    other.locator("main td a").last.click()
    no_axe_violations(other)
    other.locator("form[action$='/agree/'] button").dblclick()
    expect(other.locator("main h1 .st")).to_be_visible()
    no_axe_violations(other)

    assert custody(batch) == [
        ("Person I02", "inventory", 1, 2),
        ("Institution", "inventory", 3, 3),
        ("Person I02", "inventory", 4, 10),
        ("Institution", "inventory", 11, 49),
        ("Institution", "lost", 50, 50),
        ("Institution", "inventory", 51, 99),
        ("Institution", "lost", 100, 100),
    ]
    for kind in ("count_sheet", "count_protocol"):
        answer = entered(insurer.keeper).get(reverse("office:paper", args=[kind, one.number]))
        assert answer["Content-Type"] == "application/pdf"


@pytest.mark.django_db(transaction=True)
def test_without_script_and_on_a_phone_each_enter_is_a_page_that_does_the_same(
    open_page, sign_in, language: str, no_axe_violations: Axe
) -> None:
    insurer = an_insurer()
    batch, _ = cards_at_institution(insurer, 20)
    Staff.objects.update(language=language)
    one = opened(insurer, batch)

    page = open_page(PHONE, javascript=False)
    sign_in(page, insurer.keeper)
    page.goto(place(one))
    for n in (1, 9, 10):
        # A new page has its field in focus a moment after it begins.
        page.locator("input:focus").wait_for()
        with page.expect_navigation():
            scan(page, cards_of(batch, n, n).first)
    page.locator("input:focus").wait_for()
    with page.expect_navigation():
        page.keyboard.press("Enter")

    assert [stack.run for stack in one.stacks.all()] == [
        cards_of(batch, 1, 9),
        cards_of(batch, 10, 10),
    ]
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", ["en"])
def test_what_a_broken_line_held_back_is_sent_again_and_counts_once(open_page, sign_in) -> None:
    insurer = an_insurer()
    batch, _ = cards_at_institution(insurer, 20)
    Staff.objects.update(language="en")
    one = opened(insurer, batch)
    page = open_page()
    sign_in(page, insurer.keeper)
    page.goto(place(one))

    page.context.set_offline(True)
    scan(page, cards_of(batch, 1, 1).first, cards_of(batch, 5, 5).first)
    expect(page.locator("[data-unsent-place]")).to_be_visible()
    page.context.set_offline(False)
    scan(page, cards_of(batch, 6, 6).first, cards_of(batch, 20, 20).first)

    expect(page.locator("[data-unsent-place]")).to_be_hidden()
    expect(page.locator("#stacks tbody tr")).to_have_count(2)
    assert [stack.run for stack in one.stacks.all()] == [
        cards_of(batch, 1, 5),
        cards_of(batch, 6, 20),
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", ["en"])
def test_what_was_scanned_after_the_session_ended_is_counted_after_signing_in_again(
    open_page, sign_in
) -> None:
    insurer = an_insurer()
    batch, _ = cards_at_institution(insurer, 20)
    Staff.objects.update(language="en")
    one = opened(insurer, batch)
    page = open_page()
    sign_in(page, insurer.keeper)
    page.goto(place(one))

    Session.objects.all().delete()
    scan(page, cards_of(batch, 1, 1).first, cards_of(batch, 5, 5).first)
    page.locator("[data-sign-in-again]").click()
    page.locator("[name=login]").fill(insurer.keeper.code)
    page.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")

    expect(page.locator("#stacks tbody tr")).to_have_count(1)
    expect(page.locator("[data-unsent-place]")).to_be_hidden()
    assert [stack.run for stack in one.stacks.all()] == [cards_of(batch, 1, 5)]


# What each page says and refuses


def test_a_list_of_stacks_is_pasted_and_a_bad_line_is_named(insurer, batch):
    one, keeper = opened(insurer, batch), entered(insurer.keeper)
    sent = {
        "many-request_id": str(uuid4()),
        "many-runs-first": ["1", "51"],
        "many-runs-last": ["49", "100"],
        "many-runs-count": ["", ""],
    }

    assert keeper.post(place(one, "enter_stacks"), sent).status_code == 302
    assert one.stacks.count() == 2
    answer = keeper.post(
        place(one, "enter_stacks"),
        {**sent, "many-request_id": str(uuid4()), "many-runs-first": ["1", "x"]},
    )
    assert answer.status_code == 422
    assert "“x” is not a serial" in said(answer) or "“x”" in said(answer)


def test_a_stack_is_struck_out_by_its_button(insurer, batch):
    one, keeper = opened(insurer, batch), entered(insurer.keeper)
    run = cards_of(batch, 1, 5)
    do(insurer, "keeper", enter_stacks, one, runs=(run,))
    sent = {"request_id": str(uuid4()), "first": run.first, "last": run.last}

    assert keeper.post(place(one, "remove_stack"), sent).status_code == 302
    assert not one.stacks.exists()
    again = keeper.post(place(one, "remove_stack"), {**sent, "request_id": str(uuid4())})
    assert again.status_code == 422
    assert keeper.post(place(one, "remove_stack"), {"request_id": "x"}).status_code == 422


def test_an_empty_count_is_compared_only_when_it_is_said_that_nothing_is_there(insurer, batch):
    one, keeper = opened(insurer, batch), entered(insurer.keeper)

    answer = keeper.post(place(one, "compare_stock_count"), {"request_id": str(uuid4())})
    assert answer.status_code == 422
    answer = keeper.post(
        place(one, "compare_stock_count"), {"request_id": str(uuid4()), "nothing_there": "on"}
    )

    assert answer.status_code == 302


def test_whoever_holds_the_cards_is_asked_for_a_witness_at_its_field(insurer, batch):
    answer = entered(insurer.keeper).post(
        reverse("office:custody:open_stock_count"),
        {
            "request_id": str(uuid4()),
            "holder": insurer.keeper.party.code,
            "document_type": batch.type_version.document_type.code,
        },
    )

    assert answer.status_code == 422
    assert "id_colleague_error" in answer.content.decode()


def test_a_difference_without_remedy_or_reason_stands_at_its_row(insurer, batch):
    one, keeper = counted(insurer, batch, (1, 99)), entered(insurer.keeper)
    gap = one.findings.get()

    answer = keeper.post(
        place(one, "ask_adjustment"),
        {"request_id": str(uuid4()), f"remedy_{gap.pk}": "taken_over", f"note_{gap.pk}": ""},
    )

    assert answer.status_code == 422
    assert answer.content.decode().count('class="problem"') == 2
    one.refresh_from_db()
    assert one.state == "compared"


def test_whoever_types_a_foreign_stack_does_not_learn_who_has_it(insurer, batch):
    hand_down(insurer, cards_of(batch, 1, 5), insurer.seller.party, "keeper")
    foreign = {"holder": insurer.other_branch.party, "by": "other_keeper"}
    one = counted(insurer, batch, (1, 20), **foreign)

    told = said(entered(insurer.other_keeper).get(place(one)))

    assert told.count("With somebody else") == 1
    assert "inventory" not in told
    assert insurer.institution.name not in told
    assert insurer.seller.name not in told
    assert insurer.institution.party.name_en in said(entered(insurer.second).get(place(one)))


def test_what_is_proposed_for_foreign_cards_is_proposed_for_all_that_stand_together(insurer, batch):
    hand_down(insurer, cards_of(batch, 1, 5), insurer.seller.party, "keeper")
    foreign = {"holder": insurer.other_branch.party, "by": "other_keeper"}
    one = counted(insurer, batch, (1, 20), **foreign)
    first, _ = one.findings.all()

    answer = entered(insurer.other_keeper).post(
        place(one, "ask_adjustment"),
        {
            "request_id": str(uuid4()),
            f"remedy_{first.pk}": "taken_over",
            f"note_{first.pk}": "They lay here",
        },
    )

    assert answer.status_code == 302
    proposed = one.findings.values_list("remedy", "note")
    assert list(proposed) == [("taken_over", "They lay here")] * 2


def test_cards_that_were_declared_invalid_lead_to_making_them_void(insurer, batch):
    loss = written_off(insurer, "loss", cards_of(batch, 100, 100), by="keeper")
    record_announcement(
        write_off=loss,
        announced_on=clock.today(),
        announced_in="Morning Post",
        actor=insurer.actor("keeper"),
        request_id=uuid4(),
    )
    one = counted(insurer, batch, (1, 100))

    told = entered(insurer.keeper).get(place(one)).content.decode()

    assert "taken_over" not in told
    assert f"first={cards_of(batch, 100, 100).first}&amp;last" in told
    assert "Make cards void" in told


def test_the_refused_proposal_is_there_again_with_the_reason(insurer, batch):
    one = asked(insurer, counted(insurer, batch, (1, 99)), gap="loss")
    do(insurer, "second", refuse_adjustment, one, reason="look in the safe first")

    answer = entered(insurer.keeper).get(place(one))

    assert "look in the safe first" in said(answer)
    assert "because of gap" in answer.content.decode()


def test_only_another_person_with_the_authorisation_is_offered_the_decision(insurer, batch):
    one = asked(insurer, counted(insurer, batch, (1, 99)), gap="loss")

    for name, decides in (("second", True), ("keeper", False), ("auditor", False)):
        page = entered(getattr(insurer, name)).get(place(one)).content.decode()
        assert (place(one, "agree_adjustment") in page) is decides, name
    for name in ("keeper", "auditor"):
        answer = entered(getattr(insurer, name)).post(
            place(one, "agree_adjustment"), {"request_id": str(uuid4())}
        )
        assert answer.status_code == 422, name
    one.refresh_from_db()
    assert one.state == "asked"


def test_a_refusal_and_a_cancelling_ask_why(insurer, batch):
    one = asked(insurer, counted(insurer, batch, (1, 99)), gap="loss")
    second = entered(insurer.second)

    assert second.get(place(one, "refuse_adjustment")).status_code == 200
    sent = {"request_id": str(uuid4()), "reason": " "}
    assert second.post(place(one, "refuse_adjustment"), sent).status_code == 422
    sent["reason"] = "look again"
    assert second.post(place(one, "refuse_adjustment"), sent).status_code == 302
    keeper = entered(insurer.keeper)
    sent = {"request_id": str(uuid4()), "reason": "fire drill"}
    assert keeper.post(place(one, "cancel_stock_count"), sent).status_code == 302
    assert "fire drill" in said(keeper.get(place(one)))


def test_a_deed_that_comes_too_late_says_so_on_the_counts_page(insurer, batch):
    one = counted(insurer, batch, (1, 100))
    do(insurer, "keeper", close_stock_count, one)
    keeper = entered(insurer.keeper)

    for name in ("close_stock_count", "reopen_stock_count", "withdraw_adjustment"):
        answer = keeper.post(place(one, name), {"request_id": str(uuid4())})
        assert answer.status_code == 422, name
        assert one.number in said(answer)


def test_a_count_that_nobody_ended_waits_on_the_home_page_of_whoever_began_it(insurer, batch):
    one = counted(insurer, batch, (1, 100))

    def piles(name):
        work = home_work(staff_actor(getattr(insurer, name)))
        return {task.number for pile in work.piles for task in pile.tasks}

    assert one.number in piles("keeper")
    assert one.number not in piles("branch_keeper")
    do(insurer, "keeper", close_stock_count, one)
    assert one.number not in piles("keeper")


def test_the_list_tells_what_differs_and_goes_out_as_a_file(insurer, batch):
    one = counted(insurer, batch, (1, 49), (51, 100))
    keeper = entered(insurer.keeper)

    answer = keeper.get(reverse("office:custody:stock_counts"), {"q": "Institution"})

    assert one.number in said(answer)
    exported = keeper.get(reverse("office:custody:stock_counts"), {"export": "csv"})
    assert one.number in b"".join(exported).decode()
    stacks = keeper.get(place(one), {"export": "csv"})
    lines = b"".join(stacks).decode().splitlines()
    assert len(lines) == 3


def test_the_pages_take_as_many_statements_for_many_stacks_as_for_few(insurer):
    batch, _ = cards_at_institution(insurer, 200)

    few = statements(insurer, batch, every=50)
    many = statements(insurer, batch, every=2)

    assert many == few


def statements(insurer, batch, every: int) -> list[int]:
    """What the pages of a count ask, while it is open, compared and asked, and the list."""
    one, keeper = opened(insurer, batch), entered(insurer.keeper)
    stacks = tuple(cards_of(batch, n, n + every - 2) for n in range(1, 200, every))
    do(insurer, "keeper", enter_stacks, one, runs=stacks)
    taken = [asking(keeper, one)]
    do(insurer, "keeper", compare_stock_count, one)
    taken.append(asking(keeper, one))
    asked(insurer, one, gap="explained")
    taken.append(asking(keeper, one))
    do(insurer, "second", agree_adjustment, one)
    return [*taken, asking(keeper, one)]


def asking(client: Client, one: StockCount) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(place(one)).status_code == 200
    return len(queries)
