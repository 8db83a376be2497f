"""What notes and answers say of cards: how many, where they are, and what can be done with them."""

from uuid import uuid4

import pytest

from selfcard.custody.commands import check_in, explain_shortage
from selfcard.custody.models import Freeze
from selfcard.custody.queries import stock_of
from selfcard.organisations.commands import authorise
from selfcard.organisations.models import May, Staff
from tests.factories.custody import (
    cards_at_head_office,
    cards_at_institution,
    cards_of,
    hand_down,
    stop,
    take_back,
    written_off,
)
from tests.factories.organisations import Insurer, an_insurer
from tests.web.test_cards_pages import entered, runs
from tests.web.test_stock_pages import sent


@pytest.fixture
def insurer(db: None) -> Insurer:
    insurer = an_insurer()
    Staff.objects.update(language="en")
    return insurer


def test_the_answer_about_one_card_speaks_of_one_card(insurer: Insurer) -> None:
    batch, _ = cards_at_head_office(insurer, 100)
    note = hand_down(insurer, cards_of(batch, 1, 50), insurer.branch.party)
    keeper = entered(insurer.branch_keeper)

    def said(*cards: tuple[int, int]) -> str:
        named = {"_judge": "missing", **runs("missing", *cards)}
        return keeper.post(f"/office/custody/check-in/{note.number}/", named).content.decode()

    first = batch.run.first
    one = said((first, first))
    assert "It is among the cards above." in one
    assert "So 49 become your inventory. 1 goes back to the sender as missing." in one
    assert "It is not among the cards above." in said((first + 60, first + 60))
    assert "None of them are among the cards above." in said((first + 60, first + 61))


def test_a_note_with_missing_cards_says_so_and_offers_what_can_be_done(insurer: Insurer) -> None:
    batch, _ = cards_at_head_office(insurer, 100)
    note = hand_down(insurer, batch.run, insurer.branch.party)
    missing = cards_of(batch, 1, 12)
    check_in(
        issue=note,
        missing=(missing,),
        actor=insurer.actor("branch_keeper"),
        request_id=uuid4(),
    )
    address = f"/office/custody/issues/{note.number}/"
    named = f"first={missing.first}&amp;last={missing.last}"

    sender = entered(insurer.chief)
    page = sender.get(address).content.decode()
    receiver = entered(insurer.branch_keeper).get(address).content.decode()

    assert "Checked in, 12 missing" in page
    assert "Checked in, 12 missing" in sender.get("/office/custody/issues/").content.decode()
    book = sender.get("/office/custody/issues/", {"export": "csv"})
    assert "Checked in, 12 missing" in b"".join(book.streaming_content).decode()  # type: ignore[attr-defined]
    for deed in ("void", "lost"):
        assert f"/office/custody/write-offs/{deed}/?document_type=AC-100&amp;{named}" in page
        assert f"/office/custody/write-offs/{deed}/?" not in receiver

    empty = sender.post(f"{address}found/", sent())
    assert empty.status_code == 422
    assert Freeze.objects.filter(released_at=None).exists()


def test_a_note_says_what_became_of_missing_cards_that_were_not_found(insurer: Insurer) -> None:
    batch, _ = cards_at_head_office(insurer, 100)
    note = hand_down(insurer, batch.run, insurer.branch.party)
    check_in(
        issue=note,
        missing=(cards_of(batch, 1, 15),),
        actor=insurer.actor("branch_keeper"),
        request_id=uuid4(),
    )
    void = written_off(insurer, "void", cards_of(batch, 1, 6))
    loss = written_off(insurer, "loss", cards_of(batch, 7, 12))
    explain_shortage(
        issue=note,
        runs=(cards_of(batch, 13, 15),),
        actor=insurer.actor("chief"),
        request_id=uuid4(),
    )
    address = f"/office/custody/issues/{note.number}/"

    page = entered(insurer.chief).get(address).content.decode()
    receiver = entered(insurer.branch_keeper).get(address).content.decode()

    assert "No card is missing any more." in page
    assert "All missing cards were found" not in page
    assert "3 were found with Head office" in page
    for said, one in (("6 made void by", void), ("6 lost by", loss)):
        link = f'{said} <a class="id" href="/office/custody/write-offs/{one.number}/">'
        assert link in page
        assert f'{said} <span class="id">{one.number}</span>' in receiver


def test_a_note_tells_where_cards_are_only_as_far_as_its_reader_sees_them(insurer: Insurer) -> None:
    batch, _ = cards_at_institution(insurer, 20)
    recall = take_back(insurer, cards_of(batch, 1, 5), by="branch_keeper")
    freeze = stop(insurer, cards_of(batch, 4, 7))

    def page(staff: Staff, path: str) -> str:
        return entered(staff).get(f"/office/custody/{path}/").content.decode()

    unseen = "5 cards are with others, outside your authorisation."
    assert unseen in page(insurer.keeper, f"recalls/{recall.number}")
    assert "outside your authorisation" not in page(insurer.chief, f"recalls/{recall.number}")
    theirs = page(insurer.keeper, f"freezes/{freeze}")
    assert f"first={cards_of(batch, 6, 6).first}" in theirs
    assert f"first={cards_of(batch, 4, 4).first}" not in theirs
    assert "2 cards · " in theirs


def test_who_sees_some_cards_of_a_freeze_names_those_that_are_let_go(insurer: Insurer) -> None:
    batch, _ = cards_at_institution(insurer, 20)
    take_back(insurer, cards_of(batch, 1, 5), by="branch_keeper")
    freeze = stop(insurer, cards_of(batch, 4, 7))
    authorise(
        staff=insurer.keeper,
        mays=(May.FREEZE_CARDS,),
        organisation=insurer.institution,
        actor=insurer.actor("chief"),
        request_id=uuid4(),
    )

    answer = entered(insurer.keeper).post(
        f"/office/custody/freezes/{freeze}/release/", sent(note="These are fine")
    )

    assert answer.status_code == 422
    assert not Freeze.objects.filter(released_at__isnull=False).exists()
    assert "Name those of them that are let go." in answer.content.decode()


def test_cards_that_an_individual_holds_at_once_were_handed_out(insurer: Insurer) -> None:
    batch, _ = cards_at_institution(insurer, 20)
    note = hand_down(insurer, cards_of(batch, 1, 5), insurer.seller.party, "keeper")
    keeper = entered(insurer.keeper)

    page = keeper.get(f"/office/custody/issues/{note.number}/").content.decode()

    assert "Handed out" in page
    assert "Handed out" in keeper.get("/office/custody/issues/").content.decode()


def test_the_issue_form_tells_how_much_of_the_stock_is_frozen(insurer: Insurer) -> None:
    batch, _ = cards_at_institution(insurer, 20)
    stop(insurer, cards_of(batch, 3, 6))
    stop(insurer, cards_of(batch, 5, 8))
    document_type = batch.type_version.document_type

    page = entered(insurer.keeper).get("/office/custody/issue/").content.decode()

    assert stock_of(insurer.institution.party) == [(document_type, 20, 6)]
    assert "6 of them frozen" in page


def test_cards_with_a_colleague_lead_to_the_hand_over_with_them_filled_in(
    insurer: Insurer,
) -> None:
    batch, _ = cards_at_institution(insurer, 20)
    cards = cards_of(batch, 1, 5)
    hand_down(insurer, cards, insurer.seller.party, "keeper")

    answer = entered(insurer.keeper).post(
        "/office/custody/issue/",
        {
            "_judge": "runs",
            "document_type": "AC-100",
            **runs("runs", (cards.first, cards.last)),
        },
    )

    said = answer.content.decode()
    named = f"document_type=AC-100&amp;first={cards.first}&amp;last={cards.last}"
    assert f"/office/custody/hand-over/?{named}" in said
    assert "None of them can be used." in said
