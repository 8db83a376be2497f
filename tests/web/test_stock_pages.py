"""Cards are asked for, refused, handed over and recalled through pages."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from playwright.sync_api import Page, expect

from selfcard.core import clock
from selfcard.custody.commands import refuse_delivery
from selfcard.custody.models import Issue, Recall, Requisition
from selfcard.custody.queries import runs_of, runs_recalled
from selfcard.custody.verify import violations
from selfcard.organisations.commands import authorise
from selfcard.organisations.models import May, Organisation, Staff
from tests.factories.cards import a_printed_batch
from tests.factories.custody import (
    a_requisition,
    cards_at_branch,
    cards_at_head_office,
    cards_at_institution,
    cards_of,
    custody,
    granted,
    hand_down,
    take_back,
)
from tests.factories.organisations import Insurer, a_staff_member, an_insurer
from tests.web.test_cards_pages import entered, runs

SignIn = Callable[[Page, Staff], None]
Axe = Callable[[Page], None]
OpenPage = Callable[..., Page]


@pytest.fixture
def insurer(db: None) -> Insurer:
    insurer = an_insurer()
    Staff.objects.update(language="en")
    return insurer


def sent(**fields: object) -> dict[str, object]:
    return {"request_id": str(uuid4()), **fields}


# The whole way, in a browser


@pytest.mark.django_db(transaction=True)
def test_cards_are_asked_for_granted_issued_handed_over_and_recalled_through_pages(
    open_page: OpenPage, sign_in: SignIn, language: str, no_axe_violations: Axe
) -> None:
    insurer = an_insurer()
    batch, _ = cards_at_branch(insurer, 1_000)
    colleague = a_staff_member("I05", insurer.institution, May.HOLD_CARDS)
    Staff.objects.update(language=language)
    keeper, branch = open_page(), open_page()
    sign_in(keeper, insurer.keeper)
    sign_in(branch, insurer.branch_keeper)

    keeper.goto("/office/custody/requisitions/ask/")
    expect(keeper.locator("[name=organisation]")).to_have_value("100101")
    keeper.fill("[name=document_type]", "AC-100")
    keeper.fill("[name=count]", "500")
    keeper.fill("[name=wanted_by]", (clock.today() + timedelta(days=7)).isoformat())
    keeper.fill("[name=reason]", "Stock / 备货")
    no_axe_violations(keeper)
    keeper.dblclick("form[data-once] .btn-primary")
    expect(keeper.locator("h1")).to_contain_text("RQ-")
    no_axe_violations(keeper)
    asked = Requisition.objects.get()

    branch.goto("/office/")
    branch.locator("#work a.btn", has_text=asked.number).click()
    no_axe_violations(branch)
    branch.fill("[name=granted]", "400")
    branch.click("form[data-once] .btn-primary")
    expect(branch.locator(".next .btn-primary")).to_be_visible()
    no_axe_violations(branch)
    branch.click(".next .btn-primary")
    expect(branch.locator("[name=to]")).to_have_value("100101")
    expect(branch.locator("[name=requisition]")).to_have_value(asked.number)
    branch.locator("[name=runs-first]").first.fill("1")
    branch.locator("[name=runs-count]").first.fill("401")
    branch.click("form[data-once] .btn-primary")
    expect(branch.locator("[data-problems]")).to_contain_text("400")
    branch.locator("[name=runs-last]").first.fill("")
    branch.locator("[name=runs-count]").first.fill("400")
    branch.click("form[data-once] .btn-primary")
    expect(branch.locator("h1")).to_contain_text("IN-")
    no_axe_violations(branch)

    keeper.goto("/office/custody/check-in/")
    keeper.click("table a.btn")
    keeper.locator("[name=missing-first]").first.fill("400")
    expect(keeper.locator(".answer-place")).to_contain_text("399")
    no_axe_violations(keeper)
    keeper.locator("[name=missing-first]").first.fill("")
    keeper.click("form[data-once] .btn-primary")
    expect(keeper.locator("#papers a")).to_have_count(2)

    keeper.goto("/office/custody/issue/")
    keeper.fill("[name=document_type]", "AC-100")
    keeper.fill("[name=to]", "I02")
    keeper.locator("[name=runs-first]").first.fill("1")
    keeper.locator("[name=runs-count]").first.fill("200")
    keeper.click("form[data-once] .btn-primary")
    expect(keeper.locator("h1")).to_contain_text("IN-")

    keeper.goto("/office/custody/hand-over/")
    keeper.fill("[name=document_type]", "AC-100")
    keeper.fill("[name=to]", "I05")
    keeper.locator("[name=runs-first]").first.fill("101")
    keeper.locator("[name=runs-count]").first.fill("100")
    expect(keeper.locator(".answer")).to_contain_text("100")
    no_axe_violations(keeper)
    keeper.dblclick("form[data-once] .btn-primary")
    expect(keeper.locator("h1")).to_contain_text("IN-")
    no_axe_violations(keeper)

    keeper.goto("/office/custody/recall/")
    keeper.fill("[name=document_type]", "AC-100")
    keeper.locator("[name=runs-first]").first.fill("101")
    keeper.locator("[name=runs-count]").first.fill("50")
    expect(keeper.locator(".answer .good")).to_be_visible()
    no_axe_violations(keeper)
    keeper.dblclick("form[data-once] .btn-primary")
    expect(keeper.locator("h1")).to_contain_text("RC-")
    no_axe_violations(keeper)
    for address in ("recalls", "requisitions", "issues"):
        keeper.goto(f"/office/custody/{address}/")
        no_axe_violations(keeper)

    assert custody(batch) == [
        ("Person I02", "inventory", 1, 100),
        ("Institution", "inventory", 101, 150),
        (colleague.party.name_en, "inventory", 151, 200),
        ("Institution", "inventory", 201, 400),
        ("Branch", "inventory", 401, 1000),
    ]
    assert Recall.objects.count() == 1
    assert list(violations()) == []


@pytest.mark.parametrize("language", ["en"])
@pytest.mark.django_db(transaction=True)
def test_the_pages_fit_a_phone_and_work_without_script(
    open_page: OpenPage, sign_in: SignIn
) -> None:
    insurer = an_insurer()
    batch, _ = cards_at_institution(insurer, 100)
    requisition = granted(insurer, batch.type_version.document_type, 50)
    hand_down(insurer, cards_of(batch, 1, 50), insurer.seller.party, "keeper")
    note = take_back(insurer, cards_of(batch, 1, 10))
    page = open_page(390, javascript=False)
    sign_in(page, insurer.keeper)

    page.goto("/office/custody/recall/")
    page.fill("[name=document_type]", "AC-100")
    page.locator("[name=runs-first]").first.fill("11")
    page.locator("[name=runs-count]").first.fill("10")
    page.click("form[data-once] .btn-primary")

    assert Recall.objects.count() == 2
    for address in (
        "recalls/",
        f"recalls/{note.number}/",
        "requisitions/",
        f"requisitions/{requisition.number}/",
        "requisitions/ask/",
        "hand-over/",
        "recall/",
        "issue/",
    ):
        page.goto(f"/office/custody/{address}")
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390, address


# Requisitions


def test_a_requisition_is_answered_on_its_page_by_another_person(insurer: Insurer) -> None:
    batch, _ = cards_at_branch(insurer, 100)
    asked = a_requisition(insurer, batch.type_version.document_type)
    address = f"/office/custody/requisitions/{asked.number}/"
    branch, keeper = entered(insurer.branch_keeper), entered(insurer.keeper)

    assert "granted" not in keeper.get(address).content.decode().split("<main")[1].split("<dl")[0]
    assert keeper.post(f"{address}answer/", sent(granted="10")).status_code == 422
    none = branch.post(f"{address}answer/", sent(granted="0", answer=""))
    assert none.status_code == 422
    assert "answer" in none.context["answering"].errors
    more = branch.post(f"{address}answer/", sent(granted="101"))
    assert "granted" in more.context["answering"].errors
    done = branch.post(f"{address}answer/", sent(granted="60", answer="For now"))

    assert done.status_code == 302
    asked.refresh_from_db()
    assert (asked.state, asked.granted) == ("granted", 60)
    assert "For now" in keeper.get(address).content.decode()


def test_nobody_is_offered_to_answer_what_they_asked_for(insurer: Insurer) -> None:
    batch, _ = cards_at_branch(insurer, 100)
    asked = a_requisition(insurer, batch.type_version.document_type, by="branch_keeper")

    page = entered(insurer.branch_keeper).get(f"/office/custody/requisitions/{asked.number}/")

    assert page.context["answering"] is None
    assert "another person has to answer" in page.content.decode()


def test_a_requisition_is_withdrawn_on_its_page(insurer: Insurer) -> None:
    batch, _ = cards_at_branch(insurer, 100)
    asked = a_requisition(insurer, batch.type_version.document_type)
    address = f"/office/custody/requisitions/{asked.number}/"
    keeper = entered(insurer.keeper)

    assert f"{address}withdraw/" in keeper.get(address).content.decode()
    who_answers = entered(insurer.branch_keeper).get(address).content.decode()
    assert f"{address}answer/" in who_answers
    assert f"{address}withdraw/" not in who_answers
    authorise(
        staff=insurer.auditor,
        mays=(May.REQUEST_CARDS,),
        organisation=insurer.head_office,
        actor=insurer.actor("chief"),
        request_id=uuid4(),
    )
    above = entered(insurer.auditor).get(address).content.decode()
    assert f"{address}withdraw/" not in above
    assert keeper.post(f"{address}withdraw/", sent()).status_code == 302
    page = keeper.get(address)
    assert f"{address}withdraw/" not in page.content.decode()
    again = keeper.post(f"{address}withdraw/", sent())
    assert again.status_code == 422
    assert asked.number in str(again.context["refused"].errors)


def test_what_cannot_be_asked_for_is_told_at_its_field(insurer: Insurer) -> None:
    batch, _ = cards_at_branch(insurer, 100)
    yesterday = (clock.today() - timedelta(days=1)).isoformat()
    ask = {
        "organisation": "100101",
        "document_type": batch.type_version.document_type.code,
        "count": "100",
        "wanted_by": yesterday,
        "reason": "Stock",
    }
    keeper = entered(insurer.keeper)

    late = keeper.post("/office/custody/requisitions/ask/", sent(**ask))
    empty = keeper.post("/office/custody/requisitions/ask/", sent())
    foreign = keeper.post(
        "/office/custody/requisitions/ask/", sent(**{**ask, "organisation": "100201"})
    )
    aside = keeper.post("/office/custody/requisitions/ask/", sent(**{**ask, "issuer": "1002"}))

    assert "wanted_by" in late.context["form"].errors
    assert {"organisation", "document_type", "count", "wanted_by", "reason"} <= set(
        empty.context["form"].errors
    )
    assert "organisation" in foreign.context["form"].errors
    assert "issuer" in aside.context["form"].errors
    assert not Requisition.objects.exists()


def test_the_issue_form_opens_with_what_was_asked_for(insurer: Insurer) -> None:
    batch, _ = cards_at_branch(insurer, 100)
    requisition = granted(insurer, batch.type_version.document_type, 60)

    form = (
        entered(insurer.branch_keeper)
        .get("/office/custody/issue/", {"requisition": requisition.number})
        .context["form"]
    )
    foreign = (
        entered(insurer.other_keeper)
        .get("/office/custody/issue/", {"requisition": requisition.number})
        .context["form"]
    )

    assert form.initial["to"] == "100101"
    assert form.initial["requisition"] == requisition.number
    assert "requisition" not in foreign.initial


# Refused deliveries, and what is on the way too long


def test_a_delivery_is_refused_on_its_page_with_a_reason(insurer: Insurer) -> None:
    batch, _ = cards_at_head_office(insurer, 20)
    note = hand_down(insurer, batch.run, insurer.branch.party)
    address = f"/office/custody/check-in/{note.number}/"
    keeper = entered(insurer.branch_keeper)

    assert f"{address}refuse/" in keeper.get(address).content.decode()
    assert keeper.get(f"{address}refuse/").status_code == 200
    assert keeper.post(f"{address}refuse/", sent(reason="")).status_code == 422
    done = keeper.post(f"{address}refuse/", sent(reason="The seal was broken"))

    assert done.status_code == 302
    page = keeper.get(f"/office/custody/issues/{note.number}/").content.decode()
    assert "The delivery was refused." in page
    assert "The seal was broken" in page
    assert f"issues/{note.number}/found/" not in page  # the sender finds them
    assert (
        f"issues/{note.number}/found/"
        in entered(insurer.chief).get(f"/office/custody/issues/{note.number}/").content.decode()
    )
    assert keeper.get(f"{address}refuse/").status_code == 302


def test_whoever_issued_is_not_led_to_the_check_in(insurer: Insurer) -> None:
    batch, _ = cards_at_head_office(insurer, 20)
    note = hand_down(insurer, batch.run, insurer.branch.party)

    page = entered(insurer.chief).get(f"/office/custody/issues/{note.number}/").content.decode()

    assert f"/office/custody/check-in/{note.number}/" not in page


def test_what_is_on_the_way_too_long_is_told_to_both_sides(insurer: Insurer) -> None:
    batch, _ = cards_at_head_office(insurer, 20)
    note = hand_down(insurer, batch.run, insurer.branch.party)

    with clock.frozen(clock.now() + timedelta(days=settings.TRANSIT_DAYS + 1)):
        sender, receiver = entered(insurer.chief), entered(insurer.branch_keeper)
        assert "On the way too long" in sender.get("/office/").content.decode()
        home = receiver.get("/office/")
        assert "On the way too long" not in home.content.decode()
        assert [row["task"].number for row in home.context["late"]] == [note.number]
        assert "on the way too long" in receiver.get("/office/custody/check-in/").content.decode()
        page = sender.get(f"/office/custody/issues/{note.number}/").content.decode()
        assert "These cards are on the way too long." in page


# Issue registration


def test_an_administrator_is_the_default_recipient(insurer: Insurer) -> None:
    batch, _ = cards_at_institution(insurer, 20)
    keeper = entered(insurer.keeper)
    given = {
        "recipient_type": "person",
        "document_type": "AC-100",
        "to": "",
        **runs("runs", (batch.run.first, batch.run.last)),
    }

    done = keeper.post("/office/custody/issue/", sent(**given))
    nowhere = keeper.post(
        "/office/custody/issue/", sent(**{**given, "recipient_type": "organisation"})
    )

    assert done.status_code == 302
    assert custody(batch) == [("Person I01", "inventory", 1, 20)]
    assert "to" in nowhere.context["form"].errors


def test_cards_on_their_way_lead_to_the_check_in(insurer: Insurer) -> None:
    batch, _ = cards_at_head_office(insurer, 20)
    note = hand_down(insurer, batch.run, insurer.branch.party)

    answer = entered(insurer.branch_keeper).post(
        "/office/custody/issue/",
        sent(
            recipient_type="organisation",
            document_type="AC-100",
            to="100101",
            **runs("runs", (batch.run.first, batch.run.last)),
        ),
    )

    page = answer.content.decode()
    assert answer.status_code == 422
    assert note.number in str(answer.context["form"].errors["runs"])
    assert f'href="/office/custody/check-in/{note.number}/"' in page


# Check-in of printed cards


def test_what_becomes_of_a_printed_batch_is_said_beforehand(insurer: Insurer) -> None:
    batch, _ = a_printed_batch(insurer, 1_000)
    first = batch.run.first

    answer = entered(insurer.chief).post(
        f"/office/custody/check-in/printed/{batch.number}/",
        {
            "_judge": "damaged",
            **runs("missing", (first, first + 2)),
            **runs("damaged", (first + 10, first + 10), (first + 20, first + 20)),
        },
    )

    assert "So 995 become inventory. 5 become void." in answer.content.decode()
    assert custody(batch) == [("Head office", "printed", 1, 1000)]


def test_what_becomes_of_a_shipment_is_said_beforehand(insurer: Insurer) -> None:
    batch, _ = cards_at_head_office(insurer, 100)
    note = hand_down(insurer, batch.run, insurer.branch.party)

    answer = entered(insurer.branch_keeper).post(
        f"/office/custody/check-in/{note.number}/",
        {"_judge": "missing", **runs("missing", (batch.run.first, batch.run.first + 2))},
    )

    said = answer.content.decode()
    assert "So 97 become your inventory. 3 go back to the sender as missing." in said


# Hand-over and recall


def test_a_hand_over_is_refused_at_its_field(insurer: Insurer) -> None:
    batch, _ = cards_at_institution(insurer, 20)
    hand_down(insurer, cards_of(batch, 1, 10), insurer.seller.party, "keeper")
    first = batch.run.first
    keeper = entered(insurer.keeper)
    given = {"document_type": "AC-100", "to": "I03", **runs("runs", (first, first + 4))}

    unfit = keeper.post("/office/custody/hand-over/", sent(**given))
    place = keeper.post("/office/custody/hand-over/", sent(**{**given, "to": "100101"}))
    done = keeper.post("/office/custody/hand-over/", sent(**{**given, "to": "I01"}))

    assert "to" in unfit.context["form"].errors
    assert "to" in place.context["form"].errors
    assert done.status_code == 302
    [note] = Issue.objects.filter(from_party=insurer.seller.party)
    assert runs_of(note) == [cards_of(batch, 1, 5)]
    assert "Hand-over" in keeper.get(done["Location"]).content.decode()


def test_the_live_answer_of_a_recall_leads_to_what_each_card_needs(insurer: Insurer) -> None:
    batch, _ = cards_at_institution(insurer, 20)
    note = hand_down(insurer, cards_of(batch, 1, 5), insurer.department.party, "keeper")
    hand_down(insurer, cards_of(batch, 6, 10), insurer.seller.party, "keeper")

    page = entered(insurer.keeper).post(
        "/office/custody/recall/",
        {"_judge": "runs", "document_type": "AC-100", **runs("runs", _ends(batch, 1, 20))},
    )

    said = page.content.decode()
    assert f'href="/office/custody/check-in/{note.number}/"' in said
    assert "5 can be used" in said
    assert not Recall.objects.exists()


def test_a_recall_says_who_takes_the_cards_back(insurer: Insurer) -> None:
    batch, _ = cards_at_institution(insurer, 20)
    hand_down(insurer, cards_of(batch, 1, 10), insurer.seller.party, "keeper")
    given = {"document_type": "AC-100", **runs("runs", _ends(batch, 1, 10))}
    keeper, branch = entered(insurer.keeper), entered(insurer.branch_keeper)

    beyond = keeper.post("/office/custody/recall/", sent(**given, to="1001"))
    done = branch.post("/office/custody/recall/", sent(**given, to="1001"))

    assert "to" in beyond.context["form"].errors
    assert done.status_code == 302
    [note] = Recall.objects.all()
    assert runs_recalled(note) == [cards_of(batch, 1, 10)]
    paper = reverse("office:paper", args=["recall_note", note.number])
    assert paper in branch.get(done["Location"]).content.decode()
    assert b"".join(branch.get(paper)).startswith(b"%PDF")
    assert entered(insurer.other_keeper).get(paper).status_code == 404


def _ends(batch: object, first: int, last: int) -> tuple[int, int]:
    run = cards_of(batch, first, last)  # type: ignore[arg-type]
    return run.first, run.last


# Administration


def test_an_administrator_says_whether_an_issue_makes_inventory(insurer: Insurer) -> None:
    chief = entered(insurer.chief)
    address = "/office/administration/organisations/1001/"

    assert chief.get(address).status_code == 200
    assert chief.post(address, sent(at_once="on")).status_code == 302
    assert Organisation.objects.get(pk=insurer.branch.pk).issue_makes_inventory
    batch, _ = cards_at_head_office(insurer, 10)
    assert hand_down(insurer, batch.run, insurer.branch.party).state == Issue.State.CHECKED_IN
    chief.post(address, sent())
    assert not Organisation.objects.get(pk=insurer.branch.pk).issue_makes_inventory
    assert entered(insurer.keeper).get(address).status_code == 403


# Lists


@pytest.mark.parametrize(
    "address", ["/office/custody/requisitions/", "/office/custody/recalls/", "/office/"]
)
def test_a_list_costs_the_same_statements_however_long_it_is(
    insurer: Insurer, address: str
) -> None:
    batch, _ = cards_at_institution(insurer, 100)
    document_type = batch.type_version.document_type
    branch = entered(insurer.branch_keeper)
    counts = []
    for place in range(1, 5):
        a_requisition(insurer, document_type)
        granted(insurer, document_type, 10)
        take_back(insurer, cards_of(batch, place, place), by="branch_keeper")
        with CaptureQueriesContext(connection) as queries:
            assert branch.get(address).status_code == 200
        counts.append(len(queries))

    assert counts[-1] == counts[1]
    assert counts[-1] <= 45


def test_lists_are_filtered_and_exported(insurer: Insurer) -> None:
    batch, _ = cards_at_institution(insurer, 100)
    document_type = batch.type_version.document_type
    waiting = a_requisition(insurer, document_type)
    filled = granted(insurer, document_type, 10)
    note = take_back(insurer, cards_of(batch, 1, 10), by="branch_keeper")
    branch = entered(insurer.branch_keeper)

    left = branch.get("/office/custody/requisitions/", {"state": "left"}).content.decode()
    asked = branch.get("/office/custody/requisitions/", {"state": "asked"}).content.decode()
    book = branch.get("/office/custody/requisitions/", {"export": "csv"})
    recalls = branch.get("/office/custody/recalls/", {"q": "Institution", "export": "csv"})

    assert filled.number in left
    assert waiting.number not in left
    assert waiting.number in asked
    assert filled.number not in asked
    assert len(b"".join(book.streaming_content).decode().splitlines()) == 3  # type: ignore[attr-defined]
    assert note.number in b"".join(recalls.streaming_content).decode()  # type: ignore[attr-defined]


def test_a_note_page_tells_of_a_found_delivery(insurer: Insurer) -> None:
    from selfcard.custody.commands import explain_shortage

    batch, _ = cards_at_head_office(insurer, 20)
    note = hand_down(insurer, batch.run, insurer.branch.party)
    refuse_delivery(
        issue=note, reason="Torn", actor=insurer.actor("branch_keeper"), request_id=uuid4()
    )
    explain_shortage(
        issue=note, runs=(batch.run,), actor=insurer.actor("chief"), request_id=uuid4()
    )

    page = entered(insurer.chief).get(f"/office/custody/issues/{note.number}/").content.decode()

    assert "The delivery came back." in page
