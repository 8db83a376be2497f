"""A caller enters the PIN on their own phone, by a link that the desk has sent."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as configured
from django.db import connection

from selfcard.activation.commands import close_case, put_case_down, send_pin_link
from selfcard.activation.errors import (
    LinkOver,
    NotAPin,
    PinOnlyByLink,
    PinOnlySaid,
    SourceMustWait,
    TooManyLinks,
)
from selfcard.activation.models import DeskCase, PinProof, SourceCounter
from selfcard.activation.queries import proof_in_hand
from selfcard.core import clock
from selfcard.core.models import AuditEvent
from selfcard.core.serials import card_number
from selfcard.messaging.gateways.telephone import received_by
from selfcard.messaging.models import Message
from selfcard.organisations.errors import NotAuthorised
from selfcard.organisations.models import Staff
from selfcard.policies.errors import PhoneTakesNoMessages
from selfcard.policies.models import Policy
from tests.factories.activation import HOME, paid_cards, wrong_pin
from tests.factories.cards import PrintedCard
from tests.factories.desk import (
    CALLER,
    a_case,
    a_link,
    activate_at_desk,
    agree,
    an_operator,
    at_desk,
    enter_pin,
    reached,
    say_pin,
)
from tests.factories.messaging import demonstration
from tests.factories.organisations import Insurer
from tests.factories.postgresql import refused_by_postgresql

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def telephones(settings: Any, tmp_path: Path) -> None:
    demonstration(settings, tmp_path)
    settings.DESK_PIN = "either"


@pytest.fixture
def operator(insurer: Insurer) -> Staff:
    return an_operator(insurer)


@pytest.fixture
def cards(insurer: Insurer) -> list[PrintedCard]:
    return paid_cards(insurer, 8)


@pytest.fixture
def card(cards: list[PrintedCard]) -> PrintedCard:
    return cards[0]


@pytest.fixture
def case(operator: Staff, card: PrintedCard) -> DeskCase:
    return a_case(operator, card)


def deed(operator: Staff) -> dict[str, Any]:
    return {"actor": at_desk(operator), "request_id": uuid4()}


def in_hand(case: DeskCase, operator: Staff) -> PinProof | None:
    return proof_in_hand(DeskCase.objects.get(pk=case.pk), at_desk(operator))


def test_a_caller_enters_the_pin_on_their_phone_and_the_operator_goes_on(
    operator: Staff, case: DeskCase, card: PrintedCard
) -> None:
    token = a_link(case, operator)
    assert in_hand(case, operator) is None

    assert enter_pin(token, card.pin) == case

    proof = in_hand(case, operator)
    assert proof is not None
    assert (proof.serial, proof.source) == (card.serial, HOME)
    case.refresh_from_db()
    assert agree(case, proof, operator, card, reached())
    assert activate_at_desk(case, proof, operator, card) == Policy.objects.get()


def test_the_message_says_nothing_of_the_card_and_its_words_are_gone_once_it_is_sent(
    operator: Staff, case: DeskCase, card: PrintedCard
) -> None:
    token = a_link(case, operator)

    words = received_by(CALLER)[0].words
    assert f"{configured.PUBLIC_ADDRESS}/pin/{token}" in words
    assert card.card_number[-4:] not in words.replace(token, "")
    message = Message.objects.get()
    assert (message.occasion, message.words) == ("pin_link", None)
    assert (message.reason_kind, message.reason_number) == ("case", case.number)


def test_of_a_link_a_digest_is_kept_and_nothing_else(operator: Staff, case: DeskCase) -> None:
    token = a_link(case, operator)

    with connection.cursor() as cursor:
        cursor.execute("SELECT kept::text FROM activation_deskcase kept")
        rows = [row for (row,) in cursor.fetchall()]
    told = [str(one.facts) for one in AuditEvent.objects.all()]
    assert rows
    assert not [one for one in rows + told if token in one or token.encode().hex() in one]


def test_a_wrong_pin_counts_where_it_is_entered_and_the_link_waits_on(
    operator: Staff, case: DeskCase, card: PrintedCard
) -> None:
    token = a_link(case, operator)

    with pytest.raises(NotAPin):
        enter_pin(token, "my PIN")
    assert enter_pin(token, wrong_pin(card)) is None
    assert SourceCounter.objects.get(source=HOME).failures == 1
    assert SourceCounter.objects.get(source="staff D01").failures == 0
    assert in_hand(case, operator) is None
    assert enter_pin(token, card.pin) == case


def test_whoever_guesses_by_a_link_waits_as_at_the_gate(
    operator: Staff, case: DeskCase, card: PrintedCard
) -> None:
    token = a_link(case, operator)
    for _ in range(configured.GATE_FREE_TRIES):
        enter_pin(token, wrong_pin(card, selector_right=False))

    with pytest.raises(SourceMustWait):
        enter_pin(token, card.pin)


def test_a_link_for_a_number_that_no_card_bears_is_like_any_other(
    operator: Staff, card: PrintedCard
) -> None:
    unknown = PrintedCard(card.serial + 500, card_number(card.serial + 500), card.pin)
    token = a_link(a_case(operator, unknown), operator)

    assert enter_pin(token, card.pin) is None


@pytest.mark.parametrize(
    "what", ["used", "outdated", "a later one", "put down", "another operator", "closed", "made up"]
)
def test_a_link_counts_once_for_a_short_time_and_for_whoever_sent_it(
    insurer: Insurer, operator: Staff, case: DeskCase, card: PrintedCard, what: str
) -> None:
    token = a_link(case, operator)
    now = clock.now()
    match what:
        case "used":
            enter_pin(token, card.pin)
        case "outdated":
            now += configured.CODE_LASTS
        case "a later one":
            a_link(case, operator)
        case "put down":
            put_case_down(case=case, **deed(operator))
        case "another operator":
            say_pin(case, an_operator(insurer, "D02"), card)
        case "closed":
            close_case(case=case, reason="hung up", **deed(operator))
        case "made up":
            token = token[::-1]

    with clock.frozen(now), pytest.raises(LinkOver):
        enter_pin(token, card.pin)


def test_a_repeated_press_enters_it_once(
    operator: Staff, case: DeskCase, card: PrintedCard
) -> None:
    token, request_id = a_link(case, operator), uuid4()

    first = enter_pin(token, card.pin, request_id=request_id)

    assert enter_pin(token, card.pin, request_id=request_id) == first
    assert PinProof.objects.count() == 1


def test_whoever_sends_a_link_has_the_case_from_then_on(
    insurer: Insurer, operator: Staff, case: DeskCase, card: PrintedCard
) -> None:
    say_pin(case, operator, card)
    other = an_operator(insurer, "D02")

    token = a_link(case, other)

    assert in_hand(case, operator) is None
    enter_pin(token, card.pin)
    assert in_hand(case, operator) is None
    assert in_hand(case, other)
    with pytest.raises(NotAuthorised):
        a_link(case, an_operator(insurer, "D03", insurer.institution))


def test_links_are_few_for_a_case_and_cost_the_operator_nothing(
    operator: Staff, case: DeskCase, cards: list[PrintedCard]
) -> None:
    for _ in range(configured.CODES_AN_HOUR):
        a_link(case, operator)

    with pytest.raises(TooManyLinks):
        a_link(case, operator)
    # Callers of a whole shift get theirs, and nobody waits.
    for place, card in enumerate(cards[1:]):
        a_link(a_case(operator, card), operator, phone=f"+86138001380{place + 10}")


def test_a_link_goes_to_no_landline(operator: Staff, case: DeskCase) -> None:
    with pytest.raises(PhoneTakesNoMessages):
        send_pin_link(case=case, phone="0571-88888888", **deed(operator))


@pytest.mark.parametrize("setting", ["said", "link", "either"])
def test_by_setting_callers_say_the_pin_or_enter_it_by_a_link(
    operator: Staff, case: DeskCase, card: PrintedCard, settings: Any, setting: str
) -> None:
    settings.DESK_PIN = setting

    if setting == "said":
        with pytest.raises(PinOnlySaid):
            send_pin_link(case=case, phone=CALLER, **deed(operator))
    else:
        assert enter_pin(a_link(case, operator), card.pin) == case
        put_case_down(case=case, **deed(operator))
    if setting == "link":
        with pytest.raises(PinOnlyByLink):
            say_pin(case, operator, card)
    else:
        assert say_pin(case, operator, card)


def test_at_a_counter_the_card_itself_is_shown(
    operator: Staff, card: PrintedCard, settings: Any
) -> None:
    settings.DESK_PIN = "link"
    case = a_case(operator, card, way=DeskCase.Way.COUNTER)

    with pytest.raises(PinOnlySaid):
        send_pin_link(case=case, phone=CALLER, **deed(operator))
    assert say_pin(case, operator, card)


def test_whoever_left_no_phone_is_called_back_where_the_link_went(
    operator: Staff, card: PrintedCard
) -> None:
    case = a_case(operator, card, phone="")

    a_link(case, operator)

    assert DeskCase.objects.get(pk=case.pk).phone == CALLER


def test_postgresql_lets_a_link_wait_for_one_pin(
    operator: Staff, case: DeskCase, cards: list[PrintedCard]
) -> None:
    a_link(case, operator)
    rows = DeskCase.objects.filter(pk=case.pk)
    broken: tuple[dict[str, Any], ...] = (
        {"proof": uuid4()},
        {"link_until": None},
        {"link": None},
        {"state": "closed", "reason": "hung up", "ended_at": clock.now()},
    )
    for wrong in broken:
        with refused_by_postgresql("a_link_waits_for_one_pin"):
            rows.update(**wrong)
    other = a_case(operator, cards[1])
    link = rows.values_list("link", flat=True).get()
    with refused_by_postgresql("activation_deskcase_link"):
        DeskCase.objects.filter(pk=other.pk).update(link=link, link_until=clock.now())
