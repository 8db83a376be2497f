"""Two days with the card document system, walked in a browser by those whose days they are."""

from datetime import timedelta
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from selfcard.cards.models import Batch
from selfcard.core import clock
from selfcard.core.serials import SerialRun
from selfcard.custody.commands import ask_for_cards, check_in_printed
from selfcard.custody.models import Freeze, Holding, Issue, Requisition, StockCount, WriteOff
from selfcard.custody.queries import stock_of
from selfcard.launcher.promises import broken_promises
from selfcard.organisations.models import Party
from tests.factories.cards import a_document_type, a_printed_batch
from tests.factories.custody import cards_of, hand_down
from tests.factories.organisations import Insurer, an_insurer
from tests.web.desks import Office

pytestmark = pytest.mark.django_db(transaction=True)

SHIPMENT = 20_000


def name_runs(page: Page, *runs: SerialRun) -> None:
    """Type runs of cards, each in a row of its own."""
    for at, run in enumerate(runs):
        if at:
            page.click("[data-add-row]")
        page.locator("input[name=runs-first]").nth(at).fill(str(run.first))
        page.locator("input[name=runs-last]").nth(at).fill(str(run.last))


@pytest.fixture
def insurer(transactional_db: None) -> Insurer:
    insurer = an_insurer()
    a_document_type(insurer, holding_limit=2000)
    return insurer


@pytest.fixture
def batch(insurer: Insurer) -> Batch:
    """A batch at head office, out of which the branch has had cards before."""
    batch, _ = a_printed_batch(insurer, 30_000)
    check_in_printed(batch=batch, actor=insurer.actor("chief"), request_id=uuid4())
    run = cards_of(batch, 1, 2_000)
    hand_down(insurer, run, insurer.branch.party, checked_in_by="branch_keeper")
    hand_down(
        insurer, cards_of(batch, 1, 500), insurer.institution.party, "branch_keeper",
        checked_in_by="keeper",
    )  # fmt: skip
    return batch


def test_a_branch_administrators_monday(office: Office, insurer: Insurer, batch: Batch) -> None:
    asked = [a_requisition(insurer, batch, count) for count in (300, 200, 100)]
    shipment = cards_of(batch, 2_001, 2_000 + SHIPMENT)
    note = hand_down(insurer, shipment, insurer.branch.party)
    page = office.at_the_desk_of(insurer.branch_keeper, "/office/")
    for waiting in (note.number, *(one.number for one in asked)):
        expect(page.locator("main")).to_contain_text(waiting)

    take_in(office, insurer, note, batch)
    answer_requisitions(office, insurer, batch, asked)
    report_a_lost_box(office, insurer, batch)
    count_two_holders(office, insurer, batch)

    assert list(broken_promises()) == []


def a_requisition(insurer: Insurer, batch: Batch, count: int) -> Requisition:
    return ask_for_cards(
        organisation=insurer.institution,
        document_type=batch.type_version.document_type,
        count=count,
        reason="counter stock",
        wanted_by=clock.today(),
        actor=insurer.actor("keeper"),
        request_id=uuid4(),
    )


def stock(party: Party) -> int:
    return sum(count for _, count, _ in stock_of(party))


def take_in(office: Office, insurer: Insurer, note: Issue, batch: Batch) -> None:
    """All 20,000 came; a dozen of them are damaged, and void once a second person agrees."""
    before = stock(insurer.branch.party)
    page = office.at_the_desk_of(insurer.branch_keeper, f"/office/custody/check-in/{note.number}/")
    office.send(page)
    assert stock(insurer.branch.party) == before + SHIPMENT

    damaged = (cards_of(batch, 2_101, 2_110), cards_of(batch, 9_000, 9_001))
    page = office.at_the_desk_of(insurer.branch_keeper, "/office/custody/write-offs/void/")
    page.fill("input[name=document_type]", batch.type_version.document_type.code)
    name_runs(page, *damaged)
    page.check("input[name=cause][value=damaged]")
    page.fill("textarea[name=note]", "crushed in the lorry")
    office.send(page)
    agree_to(office, insurer, WriteOff.objects.get(kind="void"))
    assert stock(insurer.branch.party) == before + SHIPMENT - 12


def agree_to(office: Office, insurer: Insurer, case: WriteOff) -> None:
    page = office.at_the_desk_of(insurer.second, "/office/approvals/")
    expect(page.locator("main")).to_contain_text(case.number)
    page = office.at_the_desk_of(insurer.second, f"/office/custody/write-offs/{case.number}/")
    office.send(page, "form[action$='/agree/']")
    case.refresh_from_db()
    assert case.state == WriteOff.State.DONE


def answer_requisitions(
    office: Office, insurer: Insurer, batch: Batch, asked: list[Requisition]
) -> None:
    """All of the first, a part of the second, nothing of the third; issues refer to them."""
    answers = ((300, ""), (150, "the rest next month"), (0, "you have enough"))
    for requisition, (granted, said) in zip(asked, answers, strict=True):
        path = f"/office/custody/requisitions/{requisition.number}/"
        page = office.at_the_desk_of(insurer.branch_keeper, path)
        page.fill("input[name=granted]", str(granted))
        page.fill("input[name=answer]", said)
        office.send(page, "form[action$='/answer/']")
    first = 501
    for requisition, (granted, _) in zip(asked[:2], answers, strict=False):
        page = office.at_the_desk_of(
            insurer.branch_keeper, f"/office/custody/issue/?requisition={requisition.number}"
        )
        name_runs(page, cards_of(batch, first, first + granted - 1))
        office.send(page)
        first += granted
    found = Requisition.objects.order_by("number").values_list("state", "granted", "issued")
    assert list(found) == [("granted", 300, 300), ("granted", 150, 150), ("refused", 0, 0)]


def report_a_lost_box(office: Office, insurer: Insurer, batch: Batch) -> None:
    """A box of a hundred, announced by phone: frozen at once, lost when another person agrees."""
    box = cards_of(batch, 101, 200)
    page = office.at_the_desk_of(insurer.branch_keeper, "/office/custody/write-offs/lost/")
    page.fill("input[name=document_type]", batch.type_version.document_type.code)
    page.fill("input[name=runs-first] >> nth=0", str(box.first)[-9:])
    page.fill("input[name=runs-count] >> nth=0", "100")
    page.check("input[name=cause][value=lost]")
    page.fill("textarea[name=note]", "the institution called: one box less after the fair")
    office.send(page)
    case = WriteOff.objects.get(kind="loss")
    assert Freeze.objects.get(released_at=None, reason_number=case.number).run == box

    agree_to(office, insurer, case)
    assert Holding.objects.get(serials__contains=box.first).status == "lost"
    page = office.at_the_desk_of(
        insurer.branch_keeper, f"/office/custody/write-offs/{case.number}/announce/"
    )
    page.fill("input[name=announced_in]", "Morning Post, page 7")
    office.send(page)
    case.refresh_from_db()
    assert case.announced_in == "Morning Post, page 7"


def count_two_holders(office: Office, insurer: Insurer, batch: Batch) -> None:
    """The institution has everything; in one stack of the branch a card lacks."""
    at_branch = [
        run.run for run in Holding.objects.filter(
            holder=insurer.branch.party, status="inventory"
        ).order_by("serials")
    ]  # fmt: skip
    at_institution = [
        run.run for run in Holding.objects.filter(
            holder=insurer.institution.party, status="inventory"
        ).order_by("serials")
    ]  # fmt: skip
    whole = open_count(office, insurer, batch, insurer.institution.party)
    count(office, insurer, whole, at_institution)
    page = office.at_the_desk_of(insurer.branch_keeper, f"/office/custody/stock-counts/{whole}/")
    office.send(page, "form[action$='/close/']")
    assert StockCount.objects.get(number=whole).state == StockCount.State.CLOSED

    hole = SerialRun(at_branch[0].first + 49, at_branch[0].first + 49)
    short = open_count(office, insurer, batch, insurer.branch.party, witness="Lin Hua, security")
    count(office, insurer, short, [*at_branch[0].without([hole]), *at_branch[1:]])
    path = f"/office/custody/stock-counts/{short}/"
    page = office.at_the_desk_of(insurer.branch_keeper, path)
    page.locator("select[name^=remedy_]").last.select_option("loss")
    page.locator("[name^=note_]").last.fill("nobody has seen it since March")
    office.send(page, "form[action$='/ask/']")
    assert Holding.objects.get(serials__contains=hole.first).status == "inventory"

    office.send(office.at_the_desk_of(insurer.second, path), "form[action$='/agree/']")
    assert StockCount.objects.get(number=short).state == StockCount.State.CLOSED
    assert Holding.objects.get(serials__contains=hole.first).status == "lost"


def open_count(
    office: Office, insurer: Insurer, batch: Batch, holder: Party, witness: str = ""
) -> str:
    page = office.at_the_desk_of(insurer.branch_keeper, "/office/custody/stock-counts/open/")
    page.fill("input[name=holder]", holder.code)
    page.fill("input[name=document_type]", batch.type_version.document_type.code)
    page.fill("input[name=witness]", witness)
    office.send(page)
    return StockCount.objects.get(holder=holder).number


def count(office: Office, insurer: Insurer, number: str, stacks: list[SerialRun]) -> None:
    """Scan the first and the last card of each stack, then compare with the books."""
    page = office.at_the_desk_of(insurer.branch_keeper, f"/office/custody/stock-counts/{number}/")
    for at, stack in enumerate(stacks, start=1):
        for serial in (stack.first, stack.last):
            page.keyboard.type(str(serial))
            page.keyboard.press("Enter")
        expect(page.locator("form[action$='/stacks/remove/']")).to_have_count(at)
    office.send(page, "form[action$='/compare/']")


def test_an_auditor_asks_who_held_cards_on_a_past_day(office: Office, insurer: Insurer) -> None:
    """Who held cards 3000 to 3999 then, and who has them now?"""
    with clock.frozen(clock.now() - timedelta(days=60)):
        batch, _ = a_printed_batch(insurer, 5_000)
        check_in_printed(batch=batch, actor=insurer.actor("chief"), request_id=uuid4())
        hand_down(insurer, batch.run, insurer.branch.party, checked_in_by="branch_keeper")
    with clock.frozen(clock.now() - timedelta(days=20)):
        hand_down(
            insurer, cards_of(batch, 3_000, 3_499), insurer.institution.party, "branch_keeper",
            checked_in_by="keeper",
        )  # fmt: skip
    page = office.at_the_desk_of(insurer.auditor, "/office/inquiry/")
    name_runs(page, cards_of(batch, 3_000, 3_999))
    page.locator("details:has(input[name=day]) > summary").click()
    page.fill("input[name=day]", (clock.today() - timedelta(days=40)).isoformat())
    # Looking twice does nothing twice, so nobody is kept from pressing the button again.
    with page.expect_navigation():
        page.locator("main form button[type=submit]:not([name])").last.click()

    rows = page.locator("section:has(#runs-h) tbody tr")
    expect(rows).to_have_count(2)
    for row, (first, last, now) in enumerate(
        [(3_000, 3_499, insurer.institution), (3_500, 3_999, insurer.branch)]
    ):
        said = rows.nth(row)
        for serial in (cards_of(batch, first, last).first, cards_of(batch, first, last).last):
            expect(said).to_contain_text(str(serial)[-9:])
        expect(said).to_contain_text(insurer.branch.party.name_en)
        expect(said).to_contain_text(now.party.name_en)
