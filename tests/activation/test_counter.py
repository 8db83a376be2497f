"""What a counter keeps beside the case: copies of documents, and the receipt of hand-over."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection

from selfcard.activation.commands import add_copies, close_case, open_copy
from selfcard.activation.errors import NoCopy, TooManyCopies
from selfcard.activation.models import CaseCopy, DeskCase, PinProof
from selfcard.activation.papers import HAND_OVER
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.attachments import Attachment, AttachmentKind
from selfcard.core.kept import forget
from selfcard.core.models import AuditEvent
from selfcard.core.papers import find_paper
from selfcard.inquiry.errors import NoSuchPaper
from selfcard.inquiry.queries.papers import open_paper
from selfcard.organisations.errors import NotAuthorised
from selfcard.organisations.models import Staff
from tests.factories.activation import paid_cards
from tests.factories.cards import PrintedCard
from tests.factories.desk import activate_at_desk, an_agreed_case, an_operator, at_desk
from tests.factories.messaging import demonstration
from tests.factories.organisations import Insurer
from tests.factories.postgresql import refused_by_postgresql

pytestmark = pytest.mark.django_db
PASSPORT = Attachment(AttachmentKind.JPEG, "passport.jpg", b"what it shows")


@pytest.fixture
def counter(insurer: Insurer, settings: Any, tmp_path: Path) -> Staff:
    demonstration(settings, tmp_path)
    return an_operator(insurer, "D05", insurer.institution)


@pytest.fixture
def card(insurer: Insurer) -> PrintedCard:
    return paid_cards(insurer)[0]


@pytest.fixture
def at_hand(counter: Staff, card: PrintedCard) -> tuple[DeskCase, PinProof]:
    return an_agreed_case(counter, card, way=DeskCase.Way.COUNTER)


def deed(staff: Staff) -> dict[str, Any]:
    return {"actor": at_desk(staff), "request_id": uuid4()}


def copy(at_hand: tuple[DeskCase, PinProof], counter: Staff, count: int = 1) -> CaseCopy:
    case, proof = at_hand
    add_copies(case=case, proof=proof, files=(PASSPORT,) * count, **deed(counter))
    return CaseCopy.objects.latest("pk")


def test_a_copy_of_a_document_is_kept_encrypted_and_whoever_looks_at_it_is_written_down(
    insurer: Insurer, counter: Staff, at_hand: tuple[DeskCase, PinProof]
) -> None:
    one = copy(at_hand, counter)

    assert bytes(one.content) == PASSPORT.content
    with connection.cursor() as cursor:
        cursor.execute("SELECT content, name FROM activation_casecopy")
        assert not [part for part in cursor.fetchone() if b"pass" in bytes(part)]
    open_copy(copy=one, **deed(counter))
    assert AuditEvent.objects.filter(event="case.copy_opened").count() == 1
    with pytest.raises(NotAuthorised):
        open_copy(copy=one, **deed(insurer.keeper))


def test_a_case_has_so_many_copies_and_no_more(
    counter: Staff, at_hand: tuple[DeskCase, PinProof]
) -> None:
    case, proof = at_hand
    with pytest.raises(NoCopy):
        add_copies(case=case, proof=proof, files=(), **deed(counter))
    copy(at_hand, counter, settings.COPIES_OF_A_CASE)
    with pytest.raises(TooManyCopies):
        copy(at_hand, counter)


def test_copies_are_deleted_where_no_policy_came_of_the_case_and_kept_where_one_did(
    insurer: Insurer, counter: Staff, card: PrintedCard, at_hand: tuple[DeskCase, PinProof]
) -> None:
    copy(at_hand, counter)
    activate_at_desk(*at_hand, counter, card)
    other = an_agreed_case(counter, paid_cards(insurer)[0], way=DeskCase.Way.COUNTER)
    copy(other, counter)
    close_case(case=other[0], reason="left", **deed(counter))

    with clock.frozen(clock.now() + settings.DRAFT_MEMORY * 2):
        forget(label="activation.CaseCopy", actor=Actor.system("night"), request_id=uuid4())

    assert [one.case for one in CaseCopy.objects.all()] == [at_hand[0]]


def test_the_customer_signs_for_what_they_take_and_the_paper_names_nobody_else(
    insurer: Insurer, counter: Staff, card: PrintedCard, at_hand: tuple[DeskCase, PinProof]
) -> None:
    policy = activate_at_desk(*at_hand, counter, card)

    paper = find_paper(HAND_OVER, at_hand[0].number)
    assert paper is not None
    assert policy.number in paper.facts
    assert policy.name not in paper.facts
    assert card.pin not in paper.facts
    for language in ("en", "zh-hans"):
        pdf = open_paper(
            kind=HAND_OVER, number=at_hand[0].number, language=language, actor=at_desk(counter)
        )
        assert pdf.startswith(b"%PDF-")
    with pytest.raises(NoSuchPaper):
        open_paper(
            kind=HAND_OVER,
            number=at_hand[0].number,
            language="en",
            actor=insurer.actor("other_keeper"),
        )


def test_postgresql_keeps_copies_as_they_are(
    counter: Staff, card: PrintedCard, at_hand: tuple[DeskCase, PinProof]
) -> None:
    one = copy(at_hand, counter)
    rows = CaseCopy.objects.filter(pk=one.pk)
    with refused_by_postgresql("copies_of_a_case_stand_in_one_order"):
        again = CaseCopy.objects.get(pk=one.pk)
        again.pk = None
        again.save()
    with refused_by_postgresql("a_copy_is_never_empty"):
        again = CaseCopy.objects.get(pk=one.pk)
        again.pk, again.place, again.size = None, 2, 0
        again.save()
    with refused_by_postgresql("a_copy_is_never_changed"):
        rows.update(place=3)
    with refused_by_postgresql("copy_is_never_emptied"), connection.cursor() as cursor:
        cursor.execute("TRUNCATE activation_casecopy")
    activate_at_desk(*at_hand, counter, card)
    with refused_by_postgresql("a_copy_stays_with_its_policy"):
        rows.delete()
