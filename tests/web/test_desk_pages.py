"""The desk's pages, without a browser: a shift of an operator, and who sees nothing of it."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from selfcard.activation.models import DeskCase, GateAlarm, PinProof
from selfcard.core import clock
from selfcard.core.work import run_waiting_jobs
from selfcard.organisations.models import May, Staff
from selfcard.payments.commands import TenderGiven
from selfcard.payments.models import Receipt
from selfcard.policies.models import Policy
from selfcard.sales.commands import settle_receipt
from selfcard.web.office.desk.scanning import read_code
from tests.factories.activation import digits_on, paid_cards, sell, wrong_pin
from tests.factories.attachments import a_photo
from tests.factories.cards import PrintedCard
from tests.factories.custody import cards_at_institution
from tests.factories.desk import CALLER, a_case, an_operator, at_desk, say_pin
from tests.factories.drawers import open_a_drawer
from tests.factories.messaging import demonstration
from tests.factories.organisations import KEEPER, Insurer, a_staff_member
from tests.factories.passports import lines_of
from tests.web.portal_line import ANSWERS, shown

pytestmark = pytest.mark.django_db
QUESTIONS = [path for path in ANSWERS if path not in ("declarations", "insured", "applicant")]


@pytest.fixture(autouse=True)
def telephones(settings: Any, tmp_path: Path) -> None:
    demonstration(settings, tmp_path)


@pytest.fixture
def operator(insurer: Insurer) -> Staff:
    return an_operator(insurer)


@pytest.fixture
def desk(operator: Staff) -> Client:
    return signed_in(operator)


@pytest.fixture
def card(insurer: Insurer) -> PrintedCard:
    return paid_cards(insurer)[0]


def signed_in(staff: Staff) -> Client:
    client = Client()
    client.force_login(staff, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


def begin(desk: Client, card: PrintedCard, **given: str) -> DeskCase:
    facts = {"way": "phone", "language": "en", "phone": "138 0013 8000", **given}
    desk.post(
        reverse("office:desk:begin"),
        {"card_number": card.card_number, "request_id": str(uuid4()), **facts},
    )
    return DeskCase.objects.get(state="open", serial=card.serial)


def at(case: DeskCase, page: str = "") -> str:
    return f"/office/desk/{case.number}/{page}"


def say(desk: Client, case: DeskCase, pin: str) -> Any:
    return desk.post(at(case), {"pin": pin, "request_id": str(uuid4()), "ticket": ""})


def send(desk: Client, case: DeskCase, path: str, /, **given: Any) -> Any:
    return desk.post(at(case, path), {"request_id": str(uuid4()), **given})


def fill_in(desk: Client, case: DeskCase) -> None:
    """Everything up to the declarations."""
    page = shown(desk.get(at(case, "product/")))
    first = re.search(r'name="product" value="(\d+)"', page)
    assert first is not None
    send(desk, case, "product/", product=first[1])
    for path in QUESTIONS:
        response = send(desk, case, f"{path}/", **ANSWERS[path])
        assert response.status_code == 302, path


def agree(desk: Client, case: DeskCase) -> Any:
    send(desk, case, "declarations/", wish="ask", terms="on", privacy="on")
    run_waiting_jobs()
    return send(desk, case, "declarations/", wish="code", digits=digits_on(CALLER))


def press(desk: Client, case: DeskCase) -> Any:
    path = at(case, "check-answers/")
    names = "request_id|starts_on|seen"
    hidden = dict(re.findall(rf'name="({names})" value="([^"]+)"', shown(desk.get(path))))
    return desk.post(path, hidden)


def test_an_operator_activates_for_a_caller_from_the_first_word_to_the_policy(
    desk: Client, card: PrintedCard
) -> None:
    case = begin(desk, card)
    assert say(desk, case, card.pin).url == at(case, "product/")
    fill_in(desk, case)

    asking = shown(desk.get(at(case, "declarations/")))
    assert "Do you agree to the terms?" in asking
    assert "We do not pay in these cases:" in asking
    assert agree(desk, case).url == at(case, "check-answers/")
    assert press(desk, case).url == at(case)

    policy = Policy.objects.get()
    done = shown(desk.get(at(case)))
    assert policy.number in done
    assert (policy.channel, policy.evidence["case"]) == ("desk", case.number)
    read = set(policy.evidence["consent"]["read_out"])
    assert read >= {"pin", "product", "starts", "insured", "contact", "terms", "privacy", "code"}
    assert not read & {"guardian", "applicant", "people"}
    assert desk.get(at(case, "policy.pdf")).content.startswith(b"%PDF")


def test_what_is_read_out_is_in_the_customers_language_and_the_page_in_the_operators(
    desk: Client, operator: Staff, card: PrintedCard
) -> None:
    case = begin(desk, card, language="zh-hans")
    say(desk, case, card.pin)

    page = shown(desk.get(at(case, "product/")))

    assert "Choose a product" in page
    assert re.search(r'lang="zh-hans"><p>[一-鿿]', page)


def test_whoever_speaks_another_language_is_read_to_in_that_from_then_on(
    desk: Client, card: PrintedCard
) -> None:
    case = begin(desk, card, language="zh-hans")
    say(desk, case, card.pin)

    switched = send(desk, case, "language/", language="en", page=at(case, "product/"))

    assert switched["Location"] == at(case, "product/")
    assert "Your card is paid for." in shown(desk.get(at(case, "product/")))
    away = send(desk, case, "language/", language="en", page="https://elsewhere.example/")
    assert away["Location"] == at(case)


def test_a_wrong_pin_an_unknown_card_and_a_right_one_begin_alike(
    desk: Client, card: PrintedCard
) -> None:
    case = begin(desk, card)
    wrong = say(desk, case, wrong_pin(card))

    assert wrong.status_code == 422
    assert "This card number and PIN cannot be used" in shown(wrong)
    assert card.pin not in shown(wrong)
    assert wrong_pin(card) not in shown(wrong)


def test_a_caller_whose_card_is_unpaid_hears_it_in_their_language(
    insurer: Insurer, desk: Client
) -> None:
    _, cards = cards_at_institution(insurer, 2)
    sell(insurer, cards)
    case = begin(desk, cards[0])

    assert say(desk, case, cards[0].pin).url == at(case)
    page = shown(desk.get(at(case)))
    assert "Your premium has not reached us yet. Ask where you bought the card." in page
    assert desk.get(at(case, "product/"))["Location"] == at(case)


def test_a_caller_who_hangs_up_is_on_the_list_and_goes_on_with_another_operator(
    insurer: Insurer, desk: Client, card: PrintedCard
) -> None:
    case = begin(desk, card)
    say(desk, case, card.pin)
    fill_in(desk, case)
    send(desk, case, "put-down/")

    listed = shown(desk.get(reverse("office:desk:list")))
    assert case.number in listed
    assert "Agree by a code" in listed
    assert "+86 138 0013 8000" in listed

    other = signed_in(an_operator(insurer, "D02"))
    assert "Customers to call back" in shown(other.get("/office/"))
    assert desk.get(at(case, "contact/"))["Location"] == at(case)
    send(other, case, "chase/", outcome="calls again tomorrow")
    assert "calls again tomorrow" in shown(other.get(at(case)))
    assert say(other, case, card.pin).url == at(case, "declarations/")
    assert "Wang Fang" in shown(other.get(at(case, "insured/1/")))
    assert desk.get(at(case, "insured/1/"))["Location"] == at(case)


def test_whoever_changes_the_phone_after_agreeing_is_asked_again(
    desk: Client, card: PrintedCard
) -> None:
    case = begin(desk, card)
    say(desk, case, card.pin)
    fill_in(desk, case)
    agree(desk, case)
    send(desk, case, "contact/", **{**ANSWERS["contact"], "phone": "139 0013 9000"})

    refused = press(desk, case)

    assert refused.status_code == 422
    assert "The customer has not agreed by a code to their phone" in shown(refused)
    assert "Send the code" in shown(desk.get(at(case, "declarations/")))
    send(desk, case, "declarations/", wish="ask", terms="on", privacy="on")
    run_waiting_jobs()
    assert "The customer has agreed." not in shown(desk.get(at(case, "declarations/")))
    send(desk, case, "declarations/", wish="code", digits=digits_on("+8613900139000"))
    assert press(desk, case).status_code == 302


def test_a_customer_agrees_while_very_many_guess_elsewhere(desk: Client, card: PrintedCard) -> None:
    case = begin(desk, card)
    say(desk, case, card.pin)
    fill_in(desk, case)
    now, wishes = clock.now(), {"wish": "ask", "terms": "on", "privacy": "on"}
    GateAlarm.objects.create(began_at=now, until=now + settings.GATE_ALARM_MEMORY)

    early = send(desk, case, "declarations/", **wishes)
    assert early.status_code == 429
    ticket = re.search(r'name="ticket" value="([^"]+)"', shown(early))
    assert ticket is not None

    with clock.frozen(now + settings.GATE_ALARM_WAIT + timedelta(seconds=2)):
        asked = send(desk, case, "declarations/", ticket=ticket[1], **wishes)
    assert asked.status_code == 302


def test_a_form_says_what_is_wrong_and_keeps_what_was_typed(
    desk: Client, card: PrintedCard
) -> None:
    case = begin(desk, card)
    say(desk, case, card.pin)
    page = shown(desk.get(at(case, "product/")))
    send(desk, case, "product/", product=re.findall(r'name="product" value="(\d+)"', page)[0])
    send(desk, case, "start-of-cover/", when="first")

    wrong = send(desk, case, "insured/1/", **{**ANSWERS["insured/1"], "birth_date_year": "1987"})

    assert wrong.status_code == 422
    assert "Wang Fang" in shown(wrong)


def test_who_does_not_activate_for_customers_sees_nothing_of_the_desk(
    insurer: Insurer, operator: Staff, card: PrintedCard
) -> None:
    case = a_case(operator, card)
    keeper = signed_in(insurer.keeper)
    elsewhere = signed_in(an_operator(insurer, "D03", insurer.other_branch))

    assert keeper.get(reverse("office:desk:list")).status_code == 403
    assert keeper.get(at(case)).status_code == 403
    assert "/office/desk/" not in shown(keeper.get("/office/"))
    assert elsewhere.get(at(case)).status_code == 404
    assert case.number not in shown(elsewhere.get(reverse("office:desk:list")))


def test_a_case_is_closed_with_a_reason(desk: Client, card: PrintedCard) -> None:
    case = begin(desk, card)

    assert send(desk, case, "close/", reason="").status_code == 422
    send(desk, case, "close/", reason="wrong number")

    assert "wrong number" in shown(desk.get(at(case)))


def test_nothing_in_a_page_or_an_address_says_the_pin(desk: Client, card: PrintedCard) -> None:
    case = begin(desk, card)
    answer = say(desk, case, card.pin)

    assert card.pin not in str(answer.headers)
    assert card.pin not in shown(desk.get(at(case)))
    assert card.pin not in str(dict(desk.session))


def test_pages_of_the_desk_take_few_statements(
    insurer: Insurer, operator: Staff, desk: Client
) -> None:
    cards = paid_cards(insurer, 6)
    for one in cards:
        say_pin(a_case(operator, one), operator, one)
    case = DeskCase.objects.filter(serial=cards[0].serial).get()
    fill_in(desk, case)

    counted = {}
    for name, path in {
        "list": reverse("office:desk:list"),
        "product": at(case, "product/"),
        "insured": at(case, "insured/1/"),
        "declarations": at(case, "declarations/"),
    }.items():
        with CaptureQueriesContext(
            connection,
        ) as statements:
            assert desk.get(path).status_code == 200
        counted[name] = len(statements)
    assert counted["list"] <= 10
    assert max(counted.values()) <= 24
    assert at_desk(operator).channel == "desk"


# The counter


@pytest.fixture
def outlet(insurer: Insurer) -> Client:
    """Somebody who sells and activates at the outlet."""
    seller = a_staff_member(
        "D07", insurer.institution, May.ACTIVATE_FOR_CUSTOMER, *KEEPER, name="Outlet"
    )
    return signed_in(seller)


@pytest.fixture
def unsold(insurer: Insurer) -> PrintedCard:
    return cards_at_institution(insurer, 2)[1][0]


def test_a_card_is_sold_paid_and_activated_at_a_counter_in_one_go(
    insurer: Insurer, outlet: Client, unsold: PrintedCard
) -> None:
    case = begin(outlet, unsold, way="counter")
    page = shown(outlet.get(at(case)))
    assert 'name="pin"' not in page
    assert "Sell the card and ask for its price" in page

    send(outlet, case, "sell/", seller="D07")
    receipt = Receipt.objects.get()
    page = shown(outlet.get(at(case)))
    assert receipt.number in page
    assert "HX-Refresh" not in outlet.get(at(case, "money/waits/")).headers
    assert "Another person takes the money and confirms it" in page
    assert 'name="pin"' not in page

    open_a_drawer(insurer)
    settle_receipt(
        receipt=receipt,
        tenders=(TenderGiven("cash", receipt.amount),),
        actor=insurer.actor("cashier"),
        request_id=uuid4(),
    )
    assert outlet.get(at(case, "money/waits/"))["HX-Refresh"] == "true"
    assert say(outlet, case, unsold.pin).url == at(case, "product/")
    fill_in(outlet, case)
    photo = SimpleUploadedFile("passport.jpg", a_photo(), "image/jpeg")
    send(outlet, case, "copies/", copies=photo)
    agree(outlet, case)
    press(outlet, case)

    done = shown(outlet.get(at(case)))
    assert Policy.objects.get().number in done
    assert f"/office/papers/hand_over/{case.number}.pdf" in done
    assert outlet.get(f"/office/papers/hand_over/{case.number}.pdf").content.startswith(b"%PDF")
    assert f"?after={case.number}" in done
    again = shown(outlet.get(f"{reverse('office:desk:begin')}?after={case.number}"))
    assert f'value="{CALLER}"' in again
    kept = outlet.get(at(case, "copies/1/"))
    assert kept["Content-Disposition"].startswith("attachment")


def test_a_browser_that_closes_between_sale_and_receipt_goes_on_there(
    insurer: Insurer, outlet: Client, unsold: PrintedCard
) -> None:
    case = begin(outlet, unsold, way="counter")
    sell(insurer, [unsold])

    assert "Issue the charge receipt" in shown(outlet.get(at(case)))
    send(outlet, case, "ask/")

    assert Receipt.objects.get().number in shown(outlet.get(at(case)))


def test_whoever_sells_nothing_here_learns_nothing_of_the_money(
    desk: Client, unsold: PrintedCard
) -> None:
    case = begin(desk, unsold, way="counter")

    assert 'name="pin"' in shown(desk.get(at(case)))
    assert send(desk, case, "sell/", seller="D07").status_code == 404


def test_a_file_that_is_no_picture_is_refused_by_its_content(
    outlet: Client, card: PrintedCard
) -> None:
    case = begin(outlet, card, way="counter")
    say(outlet, case, card.pin)

    wrong = SimpleUploadedFile("passport.jpg", b"<script>", "image/jpeg")
    answer = send(outlet, case, "copies/", copies=wrong)

    assert answer.status_code == 422
    assert "neither a photo" in shown(answer)


def test_the_code_under_the_panel_is_scanned_and_its_pin_stays_out_of_the_number(
    outlet: Client, card: PrintedCard
) -> None:
    code = f"HTTPS://CARDS.EXAMPLE/#c={card.card_number}&p={card.pin}"

    refused = outlet.post(
        reverse("office:desk:begin"),
        {"card_number": code, "way": "counter", "language": "", "request_id": str(uuid4())},
    )
    assert card.card_number in shown(refused)
    assert card.pin not in shown(refused)

    # Scanned instead of typed, the code opens the card at once.
    begun = outlet.post(
        reverse("office:desk:begin"),
        {"card_number": code, "way": "counter", "language": "en", "request_id": str(uuid4())},
    )
    case = DeskCase.objects.get()
    assert begun["Location"] == at(case, "product/")
    send(outlet, case, "put-down/")
    assert say(outlet, case, code).url == at(case, "product/")


def test_a_scanned_code_opens_no_card_that_is_not_paid(outlet: Client, unsold: PrintedCard) -> None:
    code = f"https://cards.example/#c={unsold.card_number}&p={unsold.pin}"

    begun = outlet.post(
        reverse("office:desk:begin"),
        {"card_number": code, "way": "counter", "language": "en", "request_id": str(uuid4())},
    )

    assert begun["Location"] == at(DeskCase.objects.get())
    assert not PinProof.objects.exists()
    assert 'value="counter" ' in shown(outlet.get(reverse("office:desk:begin")))


@pytest.mark.parametrize(
    "scanned", ["]Q1https://x/#c={0}&p={1}\r", "ＨＴＴＰＳ：／／Ｘ／＃ｃ＝{0}＆ｐ＝{1}"]
)
def test_a_code_is_read_with_what_scanners_and_keyboards_make_of_it(
    card: PrintedCard, scanned: str
) -> None:
    assert read_code(scanned.format(card.card_number, card.pin)) == (card.card_number, card.pin)
    assert read_code(card.card_number) is None


@pytest.mark.parametrize("field", ["identity_number", "name"])
def test_a_scanned_passport_fills_in_who_it_belongs_to(
    outlet: Client, card: PrintedCard, field: str
) -> None:
    case = at_the_insured(outlet, card)
    typed = {"relationship": "self", "occupation": "0102001", "identity_number": lines_of()}

    if field == "name":
        typed |= {"name": typed["identity_number"], "identity_number": ""}

    answer = send(outlet, case, "insured/1/", **typed)

    assert answer["Location"] == f"{at(case, 'insured/1/')}#id_name"
    page = shown(outlet.get(at(case, "insured/1/")))
    for value in ("SMITH JOHN", "123456789", "1990", "2", "15"):
        assert f'value="{value}"' in page
    assert lines_of() not in page
    assert re.search(r'value="passport" selected', page)
    assert re.search(r'value="male"[^>]* checked', page)


def test_the_number_of_an_identity_card_says_birth_date_and_sex(
    outlet: Client, card: PrintedCard
) -> None:
    case = at_the_insured(outlet, card)
    unsaid = {"birth_date_year": "", "birth_date_month": "", "birth_date_day": "", "sex": ""}

    answer = send(outlet, case, "insured/1/", **{**ANSWERS["insured/1"], **unsaid})
    assert answer["Location"] == at(case, "paid-on-death/")
    assert 'value="1986"' in shown(outlet.get(at(case, "insured/1/")))

    wrong = send(outlet, case, "insured/1/", **{**ANSWERS["insured/1"], "birth_date_year": "1987"})
    assert wrong.status_code == 422


def at_the_insured(desk: Client, card: PrintedCard) -> DeskCase:
    """A case at a counter that has come to the question who is insured."""
    case = begin(desk, card, way="counter")
    say(desk, case, card.pin)
    page = shown(desk.get(at(case, "product/")))
    send(desk, case, "product/", product=re.findall(r'name="product" value="(\d+)"', page)[0])
    send(desk, case, "start-of-cover/", when="first")
    return case
