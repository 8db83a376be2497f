"""A range in a real browser: scanned, pasted, answered while it is typed; and where only a part of
it can be used, that part is offered, with script and without."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import Page, expect

from selfcard.cards.models import Batch
from selfcard.core import clock
from selfcard.core.serials import card_number, group_serial
from selfcard.custody.models import Issue, OpenedCard
from selfcard.custody.verify import violations
from selfcard.organisations.models import Staff
from selfcard.web.office.fields import MOST_RUNS
from tests.factories.custody import cards_at_institution, cards_of, custody, hand_down
from tests.factories.organisations import Insurer
from tests.web.conftest import DESKTOP, PHONE, OpenPage

SignIn = Callable[[Page, Staff], None]
Axe = Callable[[Page], None]

ISSUE = "/office/custody/issue/"
SALE = "/office/sales/register/"


@pytest.fixture
def first(insurer: Insurer) -> int:
    """The first of 1,000 cards in inventory, of which 301 to 500 are on their way already."""
    batch, _ = cards_at_institution(insurer, 1_000)
    hand_down(insurer, cards_of(batch, 301, 500), insurer.department.party, "keeper")
    return batch.run.first


def scan(page: Page, number: str) -> None:
    """A scanner types a number and Enter, wherever the focus is."""
    page.keyboard.type(number)
    page.keyboard.press("Enter")


def paste(page: Page, *lines: str) -> None:
    page.locator("[data-first]").evaluate(
        """(place, text) => {
            const data = new DataTransfer();
            data.setData("text", text);
            const how = {clipboardData: data, bubbles: true, cancelable: true};
            place.dispatchEvent(new ClipboardEvent("paste", how));
        }""",
        "\n".join(lines),
    )


def rows(page: Page) -> list[tuple[str, ...]]:
    """What stands in the rows, without the groups."""
    return [
        tuple(
            row.locator(f"[data-{part}]").input_value().replace(" ", "")
            for part in ("first", "last", "count")
        )
        for row in page.locator("[data-row]").all()
    ]


def at_work(insurer: Insurer) -> Client:
    Staff.objects.update(language="en")
    client = Client()
    client.force_login(insurer.keeper, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


def issue_form(insurer: Insurer, first: int, last: int, **other: Any) -> dict[str, Any]:
    return {
        "request_id": str(uuid4()),
        "recipient_type": "organisation",
        "document_type": "AC-100",
        "to": insurer.department.party.code,
        "runs-first": str(first),
        "runs-last": str(last),
        **other,
    }


# Scanned and pasted


@pytest.mark.parametrize("language", ["en"])
def test_a_scanner_fills_row_after_row_with_the_first_and_last_of_each_box(
    insurer: Insurer, first: int, open_page: OpenPage, sign_in: SignIn
) -> None:
    page = open_page()
    sign_in(page, insurer.keeper)
    page.goto(ISSUE)

    page.locator("[data-first]").focus()
    for serial in (first, first + 99, first + 100, first + 199):
        scan(page, card_number(serial))

    assert rows(page) == [
        (card_number(first), card_number(first + 99), "100"),
        (card_number(first + 100), card_number(first + 199), "100"),
        ("", "", ""),
    ]
    expect(page.locator(".answer-place")).to_contain_text("200 cards. All of them can be used.")


@pytest.mark.parametrize("language", ["en"])
def test_a_box_may_be_scanned_from_either_end(
    insurer: Insurer, first: int, open_page: OpenPage, sign_in: SignIn
) -> None:
    page = open_page()
    sign_in(page, insurer.keeper)
    page.goto(ISSUE)

    page.locator("[data-first]").focus()
    scan(page, card_number(first + 99))
    scan(page, card_number(first))

    assert rows(page)[0] == (card_number(first), card_number(first + 99), "100")


def test_a_card_that_is_scanned_twice_is_said_and_not_taken_twice(
    insurer: Insurer, first: int, open_page: OpenPage, sign_in: SignIn, no_axe_violations: Axe
) -> None:
    page = open_page()
    sign_in(page, insurer.keeper)
    page.goto(ISSUE)
    said = page.locator("[data-said]")

    page.locator("[data-first]").focus()
    scan(page, card_number(first))
    scan(page, card_number(first))
    expect(said).to_contain_text(card_number(first))
    no_axe_violations(page)

    scan(page, card_number(first + 99))
    expect(said).to_be_hidden()
    scan(page, str(first + 50))  # lies within the box
    expect(said).to_contain_text(str(first + 50))
    assert rows(page) == [(card_number(first), card_number(first + 99), "100"), ("", "", "")]


@pytest.mark.parametrize("language", ["en"])
def test_a_list_can_be_pasted(
    insurer: Insurer, first: int, open_page: OpenPage, sign_in: SignIn
) -> None:
    page = open_page()
    sign_in(page, insurer.keeper)
    page.goto(ISSUE)
    paste(
        page,
        f"{group_serial(first)} – {group_serial(first + 9)}",
        f"{first + 20}\t{first + 29}",
        f"{first + 40}",
    )

    assert [row[2] for row in rows(page)] == ["10", "10", ""]
    expect(page.locator(".answer-place")).to_contain_text("21 cards.")


@pytest.mark.parametrize("language", ["en"])
def test_a_list_of_cards_that_follow_one_another_is_pasted_as_one_run(
    insurer: Insurer, first: int, open_page: OpenPage, sign_in: SignIn
) -> None:
    page = open_page()
    sign_in(page, insurer.keeper)
    page.goto(ISSUE)
    numbers = [card_number(first + at) for at in range(200)]
    wrong = numbers[100][:-1] + str((int(numbers[100][-1]) + 1) % 10)

    paste(page, *numbers[:100], wrong, *numbers[101:])

    assert [row[:2] for row in rows(page)] == [
        (numbers[0], numbers[99]),
        (wrong, ""),
        (numbers[101], numbers[199]),
    ]
    expect(page.locator(".answer-place")).to_contain_text("typing mistake")


@pytest.mark.parametrize("language", ["en"])
def test_a_pasted_line_is_a_run_however_its_ends_are_set_apart(
    insurer: Insurer, first: int, open_page: OpenPage, sign_in: SignIn
) -> None:
    page = open_page()
    sign_in(page, insurer.keeper)
    last = first + 9
    lines = [
        f"{first}{between}{last}"
        for between in (
            "-",
            " - ",
            "–",
            " — ",
            "\t",
            ",",
            "，",
            "至",
            " 到 ",
            "~",
            "～",
            " to ",
            " ",
        )
    ]
    lines += [f"{first}{many}" for many in (" + 10", "\t10", ", 10 cards", " 10张", " x 10")]
    lines += [
        f"{group_serial(first)}-{group_serial(last)}",
        f"{card_number(first)}-{card_number(last)}",
        f"{first}\t{last}\t10\tinventory\t0\tI02\tHangzhou - two",
    ]
    whole = (str(first), str(last), "10")

    for line in lines:
        page.goto(ISSUE)
        paste(page, line)
        first_row, *others = rows(page)
        from_, to, count = first_row
        assert (from_[:15], to[:15], count, others) == (*whole, []), line

    page.goto(ISSUE)
    paste(page, "1-10", f"620118-{first % 10**9 + 20:09d}")
    assert [row[0].replace("-", "") for row in rows(page)] == ["1", str(first + 20)]
    assert rows(page)[0] == ("1", "10", "10")


@pytest.mark.parametrize("language", ["en"])
def test_two_thousand_runs_go_into_one_form_and_more_are_said_not_lost(
    insurer: Insurer, first: int, open_page: OpenPage, sign_in: SignIn
) -> None:
    page = open_page()
    sign_in(page, insurer.keeper)
    page.goto(ISSUE)
    page.locator("[name=document_type]").fill("AC-100")
    page.locator("[name=recipient_type][value=organisation]").check()
    page.locator("[name=to]").fill(insurer.department.party.code)

    paste(page, *(str(first + 2 * at) for at in range(MOST_RUNS + 1)))
    expect(page.locator("[data-said]")).to_contain_text("the list has 2,001")
    assert len(rows(page)) == 1

    paste(page, *(str(first + 2 * at) for at in range(MOST_RUNS)))
    expect(page.locator(".answer-place")).to_contain_text("2,000 cards.", timeout=60_000)
    page.locator("main form .btn-primary").click()
    expect(page.locator("[data-problems]")).to_contain_text("such cards", timeout=60_000)
    expect(page.locator("[data-row]")).to_have_count(MOST_RUNS, timeout=60_000)


# The part that fits


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_the_part_that_can_be_used_is_put_in_the_field_when_asked(
    insurer: Insurer,
    first: int,
    open_page: OpenPage,
    sign_in: SignIn,
    no_axe_violations: Axe,
    width: int,
) -> None:
    page = open_page(width)
    sign_in(page, insurer.keeper)
    page.goto(ISSUE)
    page.fill("[name=document_type]", "AC-100")
    page.fill("[name=remark]", "kept")
    page.locator("[data-first]").fill(str(first))
    page.locator("[data-last]").fill(str(first + 999))
    offer = page.locator("button[name=_use]")
    expect(offer).to_contain_text("800")
    no_axe_violations(page)

    offer.click()

    expect(page.locator("[data-row]")).to_have_count(2)
    assert rows(page) == [
        (str(first), str(first + 299), "300"),
        (str(first + 500), str(first + 999), "500"),
    ]
    expect(offer).to_have_count(0)
    assert page.input_value("[name=remark]") == "kept"
    assert page.evaluate("document.activeElement.id") == "id_runs_group"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate("window.scrollTo(0, 0)")  # nothing lies half below the header
    no_axe_violations(page)
    page.locator("[data-add-row]").click()
    assert len(rows(page)) == 3
    assert Issue.objects.count() == 3


@pytest.mark.parametrize("language", ["en"])
def test_the_part_that_can_be_used_is_offered_without_script_too(
    insurer: Insurer, first: int, open_page: OpenPage, sign_in: SignIn
) -> None:
    page = open_page(javascript=False)
    sign_in(page, insurer.keeper)
    page.goto(ISSUE)
    page.check("[name=recipient_type][value=organisation]")
    page.fill("[name=document_type]", "AC-100")
    page.fill("[name=to]", insurer.department.party.code)
    page.locator("[data-first]").first.fill(str(first))
    page.locator("[data-last]").first.fill(str(first + 999))
    page.locator("main .btn-primary").click()
    expect(page.locator(".problems")).to_contain_text("This cannot be done with these cards")
    expect(page.locator(".answer")).to_contain_text("800 can be used")

    page.locator("button[name=_use]").click()

    expect(page.locator(".problems")).to_have_count(0)
    expect(page.locator(".answer")).to_contain_text("All of them can be used")
    page.locator("[name=remark]").fill("the rest")
    page.locator("[name=remark]").press("Enter")  # sends the form, and asks for nothing else
    expect(page.locator("h1")).to_contain_text("Issue note")
    assert Issue.objects.get(remark="the rest").count == 800
    assert list(violations()) == []


@pytest.mark.parametrize("language", ["en"])
def test_missing_cards_are_those_that_were_sent(
    insurer: Insurer, first: int, open_page: OpenPage, sign_in: SignIn
) -> None:
    note = Issue.objects.get(to_party=insurer.department.party)
    Staff.objects.filter(pk=insurer.second.pk).update(language="en")
    page = open_page()
    sign_in(page, insurer.chief)
    page.goto(f"/office/custody/check-in/{note.number}/")
    page.locator("[data-first]").fill("491")
    page.locator("[data-last]").fill("505")
    answer = page.locator(".answer-place")
    expect(answer).to_contain_text("10 are among the cards above, 5 are not.")

    page.locator("button[name=_use]").click()

    expect(answer).to_contain_text("All of them are among the cards above.")
    page.locator("main .btn-primary").click()
    expect(page.locator("h1")).to_contain_text("Checked in, 10 missing")
    assert ("Department", "inventory", 301, 490) in custody(Batch.objects.get())


@pytest.mark.parametrize("language", ["en"])
def test_what_was_wrong_with_cards_goes_when_they_are_typed_anew(
    insurer: Insurer, first: int, open_page: OpenPage, sign_in: SignIn
) -> None:
    note = Issue.objects.get(to_party=insurer.department.party)
    Staff.objects.filter(pk=insurer.second.pk).update(language="en")
    page = open_page()
    sign_in(page, insurer.chief)
    page.goto(f"/office/custody/check-in/{note.number}/")
    page.locator("[data-first]").fill("501")
    page.locator("main .btn-primary").click()
    said = page.locator("#id_missing_group > .problem")
    expect(said).to_be_visible()

    page.locator("[data-first]").fill("500")

    expect(page.locator(".answer-place")).to_contain_text("It is among the cards above.")
    expect(said).to_have_count(0)


def test_asking_sends_nothing_and_a_refusal_keeps_the_offer(insurer: Insurer, first: int) -> None:
    client, before = at_work(insurer), Issue.objects.count()

    for wish in ("_judge", "_use"):
        asked = client.post(ISSUE, issue_form(insurer, first, first + 199, **{wish: "runs"}))
        assert asked.status_code == 200
    assert Issue.objects.count() == before

    refused = client.post(ISSUE, issue_form(insurer, first, first + 399))
    assert refused.status_code == 422
    assert 'name="_use"' in refused.content.decode()
    assert Issue.objects.count() == before


def test_the_help_of_a_refusal_opens_with_the_cards_that_need_it(
    insurer: Insurer, first: int
) -> None:
    OpenedCard.objects.create(serial=first + 5, opened_at=clock.now())

    refused = at_work(insurer).post(ISSUE, issue_form(insurer, first, first + 99))

    [problem] = refused.context["form"].problems
    named = f"?document_type=AC-100&first={first + 5}&last={first + 5}"
    assert problem.help.url == f"/office/custody/write-offs/void/{named}"


def test_only_a_field_that_answers_can_be_asked_about(insurer: Insurer, first: int) -> None:
    client = at_work(insurer)

    sent = client.post(ISSUE, issue_form(insurer, first, first + 99, _judge="to", _use="nothing"))

    assert sent.status_code == 302


def test_the_rest_of_the_form_may_be_unfinished(insurer: Insurer, first: int) -> None:
    client = at_work(insurer)
    form = {"document_type": "AC-100", "runs-first": str(first), "runs-last": str(first + 399)}

    for address, usable in ((ISSUE, "300 can be used"), (SALE, "300 can be used")):
        answer = client.post(address, {**form, "_judge": "runs"}).content.decode()
        assert usable in answer
        assert "Fill this in" not in answer
        narrowed = client.post(address, {**form, "_use": "runs"})
        assert narrowed.status_code == 200
        assert "Fill this in" not in narrowed.content.decode()


def test_of_very_many_parts_the_first_are_shown_and_the_rest_are_counted(
    insurer: Insurer, first: int
) -> None:
    client = at_work(insurer)
    every_other = [str(first + 2 * number) for number in range(120)]
    form = {
        "document_type": "AC-100",
        "runs-first": every_other,
        "runs-last": every_other,
        "runs-count": [""] * 120,
    }

    page = client.post(ISSUE, {**form, "_judge": "runs"}).content.decode()

    assert "120 cards." in page
    assert page.count("<tr") == 1 + 20
    assert "and 100 more parts" in page


def test_an_answer_takes_as_many_statements_for_many_runs_as_for_few(
    insurer: Insurer, first: int
) -> None:
    client = at_work(insurer)

    def statements(runs: int) -> int:
        serials = [str(first + 2 * number) for number in range(runs)]
        form = {"document_type": "AC-100", "runs-first": serials, "_judge": "runs"}
        with CaptureQueriesContext(connection) as captured:
            assert client.post(ISSUE, form).status_code == 200
        return len(captured)

    statements(1)
    assert statements(100) == statements(2) < 25
