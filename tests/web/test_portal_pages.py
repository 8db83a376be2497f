"""What the portal's pages promise, page by page, without a browser."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from selfcard.activation.models import SourceCounter
from selfcard.core import clock
from selfcard.core.serials import card_number
from selfcard.custody.queries import find_card
from selfcard.policies.errors import ShareOutOfRange, SharesDoNotAddUp
from selfcard.policies.models import Policy
from selfcard.policies.numbers import policy_number
from selfcard.products.ages import Age, AgeRange
from selfcard.web.portal.answers import Page
from selfcard.web.portal.fields import FigureField
from selfcard.web.portal.line import page_of
from tests.factories.activation import activate, cancel, paid_cards, pay, sell, wrong_pin
from tests.factories.cards import PrintedCard, a_document_type
from tests.factories.custody import cards_at_institution
from tests.factories.organisations import Insurer, an_insurer
from tests.factories.policies import a_person
from tests.factories.products import a_product, a_published_version, some_rules
from tests.factories.reading import words_of
from tests.web.portal_line import (
    ANSWERS,
    agree,
    fill_in,
    open_card,
    press,
    shown,
)

pytestmark = pytest.mark.django_db


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
def unpaid(insurer: Insurer) -> list[PrintedCard]:
    """Cards that are sold, and whose money has not arrived."""
    _, found = cards_at_institution(insurer, 3)
    sell(insurer, found)
    return found


def test_the_start_page_is_small_and_not_kept_by_any_cache(client: Client) -> None:
    response = client.get("/")

    assert len(response.content) < 20_000
    assert "no-store" in response["Cache-Control"]
    assert "script-src 'self'" in response["Content-Security-Policy"]


def as_a_stranger_sees_it(response: HttpResponse) -> tuple[Any, ...]:
    """Everything about an answer that could tell one refusal from another."""
    text = response.content.decode()
    # What differs from answer to answer anyway: tokens, and what the visitor typed themself.
    text = re.sub(r'(name="(csrfmiddlewaretoken|request_id)" value=)"[^"]*"', r'\1""', text)
    text = re.sub(r'(name="(card_number|pin)" value=)"[^"]*"', r'\1""', text)
    told = {"Set-Cookie", "Expires"}  # the cookies are compared by name, and the time goes on
    headers = {name: value for name, value in response.items() if name not in told}
    return (
        response.status_code,
        len(response.content),
        headers,
        sorted(response.cookies),
        text,
    )


def test_unknown_number_and_wrong_pin_get_one_and_the_same_answer(
    client: Client, insurer: Insurer
) -> None:
    cards = paid_cards(insurer)
    _, inventory = cards_at_institution(insurer, 3)
    activate(cards[1])

    def refused(number: str, pin: str) -> tuple[Any, ...]:
        SourceCounter.objects.all().delete()
        visitor = Client()
        visitor.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
        return as_a_stranger_sees_it(open_card(visitor, number, pin))

    wrong = refused(cards[0].card_number, wrong_pin(cards[0]))
    assert wrong[0] == 422
    assert wrong == refused(cards[0].card_number, wrong_pin(cards[0], selector_right=False))
    assert wrong == refused(cards[1].card_number, wrong_pin(cards[1]))
    assert wrong == refused(inventory[0].card_number, wrong_pin(inventory[0]))
    assert wrong == refused(card_number(620118_999_000_000), "123456789012")


def test_a_wrong_pin_of_an_unpaid_card_gets_that_answer_too(
    client: Client, unpaid: list[PrintedCard]
) -> None:
    unknown = as_a_stranger_sees_it(
        open_card(client, card_number(620118_999_000_000), "123456789012")
    )
    wrong = as_a_stranger_sees_it(open_card(client, unpaid[0].card_number, wrong_pin(unpaid[0])))

    assert wrong == unknown


def test_the_refusal_marks_both_fields_blames_neither_and_keeps_what_was_typed(
    client: Client, cards: list[PrintedCard]
) -> None:
    text = shown(open_card(client, cards[0].card_number, wrong_pin(cards[0])))

    assert text.count('aria-invalid="true"') == 2
    assert text.count("This card number and PIN cannot be used") == 2
    assert f'value="{cards[0].card_number}"' in text
    assert f'value="{wrong_pin(cards[0])}"' in text


def test_a_mistyped_card_number_is_said_at_its_field(client: Client) -> None:
    response = open_card(client, "6201 1800 0000 0001", "123456789012")

    assert response.status_code == 422
    assert "This card number has a typing mistake" in shown(response)
    assert 'href="#id_card_number"' in shown(response)


def test_after_several_failures_one_waits_half_a_minute(
    client: Client, cards: list[PrintedCard]
) -> None:
    with clock.frozen(clock.now()):
        for _ in range(settings.GATE_FREE_TRIES):
            open_card(client, cards[0].card_number, wrong_pin(cards[0]))
        response = open_card(client, cards[0].card_number, cards[0].pin)

    assert response.status_code == 429
    assert "Wait 30 seconds" in shown(response)


def test_a_card_whose_premium_has_not_arrived_is_told_so_kindly(
    client: Client, unpaid: list[PrintedCard]
) -> None:
    response = open_card(client, unpaid[0].card_number, unpaid[0].pin, follow=True)

    assert "Not yet insured" in shown(response)
    assert "Your premium has not reached us yet. Ask where you bought the card." in shown(response)
    assert "Activate it now" not in shown(response)


def test_neither_number_nor_pin_is_in_an_address_or_in_the_session(
    client: Client, cards: list[PrintedCard]
) -> None:
    response = open_card(client, cards[0].card_number, cards[0].pin, follow=True)

    visited = "".join(address for address, _ in response.redirect_chain)
    kept = str(dict(client.session))
    for secret in (cards[0].pin, cards[0].card_number, str(cards[0].serial)):
        assert secret not in visited
        assert secret not in kept


def test_the_session_has_another_key_once_a_card_is_open(
    client: Client, cards: list[PrintedCard]
) -> None:
    session = client.session
    session["before"] = True
    session.save()
    before = client.session.session_key
    open_card(client, cards[0].card_number, cards[0].pin)

    assert client.session.session_key != before


@pytest.mark.parametrize(
    "page", ["product", "starts", "people", "applicant", "contact", "declarations", "check", "card"]
)
def test_every_page_of_the_line_asks_for_card_and_pin_first(client: Client, page: str) -> None:
    assert client.get(reverse(f"portal:{page}")).headers["Location"] == "/"


def test_the_whole_line_makes_a_policy(client: Client, cards: list[PrintedCard]) -> None:
    open_card(client, cards[0].card_number, cards[0].pin)
    fill_in(client)
    response = press(client, reverse("portal:check"))

    policy = Policy.objects.get()
    assert response.redirect_chain[-1][0] == reverse("portal:done")
    assert "You are insured" in shown(response)
    assert "Tell us within 36 hours" in shown(response)
    assert "We need: medical records" in shown(response)
    digits = policy.number.strip("P")
    assert f"P {digits[:4]} {digits[4:8]} {digits[8:12]} {digits[12]}" in shown(response)
    for told in ("+86 138 0013 8000", "wang@example.com"):
        assert f"</svg>{told}</li>" in shown(response)
    paper = client.get(reverse("portal:policy_paper"))
    assert paper["Content-Type"] == "application/pdf"
    assert paper.content.startswith(b"%PDF")
    assert "no-store" in paper["Cache-Control"]


def test_pressing_twice_makes_one_policy(client: Client, cards: list[PrintedCard]) -> None:
    open_card(client, cards[0].card_number, cards[0].pin)
    fill_in(client)
    page = client.get(reverse("portal:check"))
    for _ in range(2):
        response = press(client, reverse("portal:check"), page=page)
        assert response.redirect_chain[-1][0] == reverse("portal:done")

    assert Policy.objects.count() == 1


def test_going_back_after_the_policy_leads_to_the_policy(
    client: Client, cards: list[PrintedCard]
) -> None:
    open_card(client, cards[0].card_number, cards[0].pin)
    fill_in(client)
    press(client, reverse("portal:check"))

    for page in ("product", "starts", "contact", "check"):
        response = client.get(reverse(f"portal:{page}"))
        assert response.headers["Location"] == reverse("portal:done")


def test_what_was_typed_stays_when_one_goes_back(client: Client, cards: list[PrintedCard]) -> None:
    open_card(client, cards[0].card_number, cards[0].pin)
    fill_in(client, until="contact")
    response = client.post("/contact/", {"phone": "138 0013", "back": "1"})

    assert response.headers["Location"] == "/paid-on-death/"
    assert 'value="138 0013"' in shown(client.get("/contact/"))
    assert 'value="Wang Fang"' in shown(client.get("/insured/1/"))


def test_a_changed_answer_leads_back_to_all_answers(
    client: Client, cards: list[PrintedCard]
) -> None:
    open_card(client, cards[0].card_number, cards[0].pin)
    fill_in(client)
    answers = ANSWERS["insured/1"] | {"name": "Wang Fangfang"}
    response = client.post("/insured/1/?change", answers, follow=True)

    assert response.redirect_chain[-1][0] == reverse("portal:check")
    assert "Wang Fangfang" in shown(response)


def for_ages(insurer: Insurer, code: str, low: int, high: int) -> Any:
    rules = some_rules(insured_age=AgeRange(Age(years=low), Age(years=high)))
    return a_published_version(insurer, a_product(insurer, code), rules=rules)


def test_somebody_too_old_is_told_the_rule_and_offered_what_takes_them(
    client: Client, insurer: Insurer
) -> None:
    young, old = for_ages(insurer, "YNG", 18, 60), for_ages(insurer, "OLD", 50, 85)
    card = paid_cards(insurer, 1, a_document_type(insurer, "AC-2", "620121", young, old))[0]
    open_card(client, card.card_number, card.pin)
    fill_in(client, until="insured/1", product=young.pk)
    person = a_person(birth_date=clock.today().replace(year=clock.today().year - 70, day=1))
    answers = ANSWERS["insured/1"] | {
        "identity_number": person.identity_number,
        "birth_date_year": str(person.birth_date.year),
        "birth_date_month": str(person.birth_date.month),
        "birth_date_day": str(person.birth_date.day),
    }
    refused = client.post("/insured/1/", answers)

    assert refused.status_code == 422
    assert "18 to 60 years old" in shown(refused)
    assert "70 years old, which is too old" in shown(refused)
    assert f'name="switch_to" value="{old.pk}"' in shown(refused)
    assert "Your card has not been used" in shown(refused)
    state = find_card(card.serial)
    assert state is not None
    assert state.seen == "to_be_activated"

    switched = client.post("/insured/1/", answers | {"switch_to": str(old.pk)})
    assert switched.headers["Location"] == "/paid-on-death/"


def test_consents_are_asked_again_for_another_product(client: Client, insurer: Insurer) -> None:
    one, two = for_ages(insurer, "ONE", 18, 80), for_ages(insurer, "TWO", 18, 80)
    card = paid_cards(insurer, 1, a_document_type(insurer, "AC-2", "620121", one, two))[0]
    open_card(client, card.card_number, card.pin)
    fill_in(client, product=one.pk)
    response = client.post("/product/?change", {"product": str(two.pk)}, follow=True)

    assert response.redirect_chain[-1][0] == "/declarations/"


def a_child(born_years_ago: int = 8, **answers: str) -> dict[str, str]:
    """What a mother types who insures her child."""
    child = a_person(
        name="Wang Le", birth_date=clock.today() - timedelta(days=born_years_ago * 365 + 30)
    )
    return {
        "relationship": "child",
        "name": "Wang Le",
        "identity_number": child.identity_number,
        "birth_date_year": str(child.birth_date.year),
        "birth_date_month": str(child.birth_date.month),
        "birth_date_day": str(child.birth_date.day),
        "occupation": "0101002",
        **answers,
    }


def test_a_child_needs_the_applicants_data_and_the_guardians_consent(
    client: Client, cards: list[PrintedCard]
) -> None:
    open_card(client, cards[0].card_number, cards[0].pin)
    fill_in(
        client,
        changed={"insured/1": a_child()},
        until="declarations",
    )
    without = agree(client, terms="on", privacy="on")
    assert "A parent or guardian has to agree" in shown(without)
    agree(client, terms="on", privacy="on", guardian="on")
    press(client, reverse("portal:check"))

    policy = Policy.objects.get()
    assert policy.name == "Wang Fang"
    assert [one.name for one in policy.insured.all()] == ["Wang Le"]


def test_the_applicant_is_not_insured_as_somebody_else(
    client: Client, cards: list[PrintedCard]
) -> None:
    open_card(client, cards[0].card_number, cards[0].pin)
    fill_in(client, changed={"insured/1": {"relationship": "spouse"}}, until="applicant")
    refused = client.post("/applicant/", ANSWERS["applicant"])

    assert refused.status_code == 422
    assert "the same identity number" in shown(refused)
    assert 'href="#id_identity_number"' in shown(refused)

    # Said at once where the number is typed, and on the last page whatever was changed since.
    fill_in(client, changed={"insured/1": a_child()}, begin="insured/1", until="declarations")
    client.post("/insured/1/?change", ANSWERS["insured/1"] | {"relationship": "spouse"})
    agree(client)
    check = client.get(reverse("portal:check"))
    assert "the same identity number" in shown(check)
    assert 'href="/insured/1/?change"' in shown(check)
    assert 'name="request_id"' not in shown(check)  # nothing to send before it is put right


def test_the_cap_on_a_child_stands_at_what_others_would_pay(
    client: Client, cards: list[PrintedCard]
) -> None:
    open_card(client, cards[0].card_number, cards[0].pin)
    fill_in(client, until="insured/1")
    answers = ANSWERS["insured/1"] | a_child(declared_death_cover="150000")
    refused = client.post("/insured/1/", answers)

    assert refused.status_code == 422
    assert "¥250,000" in shown(refused) or "CNY 250,000" in shown(refused)
    assert 'href="#id_declared_death_cover"' in shown(refused)
    assert 'href="#id_birth_date' not in shown(refused)

    accepted = client.post("/insured/1/", answers | {"declared_death_cover": "100000"})
    assert accepted.headers["Location"] == "/applicant/"


def test_several_people_are_insured_together(client: Client, insurer: Insurer) -> None:
    family = a_published_version(insurer, rules=some_rules(insured_lowest=2, insured_highest=3))
    card = paid_cards(insurer, 1, a_document_type(insurer, "FA-1", "620122", family))[0]
    open_card(client, card.card_number, card.pin)
    fill_in(client, until="insured")
    assert client.post("/insured/", {}).status_code == 422  # two people at least

    husband = a_person(name="Li Qiang", order=7)
    client.post(
        "/insured/2/",
        ANSWERS["insured/1"]
        | {
            "relationship": "spouse",
            "name": "Li Qiang",
            "identity_number": husband.identity_number,
        },
    )
    fill_in(client, begin="insured")
    press(client, reverse("portal:check"))

    assert [one.name for one in Policy.objects.get().insured.all()] == ["Wang Fang", "Li Qiang"]


def test_somebody_can_be_taken_off_the_list(client: Client, insurer: Insurer) -> None:
    family = a_published_version(insurer, rules=some_rules(insured_lowest=1, insured_highest=3))
    card = paid_cards(insurer, 1, a_document_type(insurer, "FA-1", "620122", family))[0]
    open_card(client, card.card_number, card.pin)
    fill_in(client, until="insured")
    client.post("/insured/2/", ANSWERS["insured/1"] | {"name": "Li Qiang"})
    client.post("/insured/", {"remove": "1"})

    text = shown(client.get("/insured/"))
    assert "Li Qiang" in text
    assert "Wang Fang" not in text


def test_named_beneficiaries_add_up_to_the_whole(client: Client, cards: list[PrintedCard]) -> None:
    open_card(client, cards[0].card_number, cards[0].pin)
    fill_in(client, until="paid-on-death")
    named = {
        "who": "named",
        "row1-name": "Li Na",
        "row1-relationship": "child",
        "row1-share": "60",
        "row2-name": "Li Qiang",
        "row2-relationship": "spouse",
        "row2-share": "30",
    }
    refused = client.post("/paid-on-death/", named)
    assert "The shares make 90 percent. Together they must make 100." in shown(refused)
    not_read = shown(client.post("/paid-on-death/", named | {"row2-share": "forty"}))
    assert "Enter the share in digits, such as 50." in not_read
    assert "<title>Error:" in not_read

    accepted = client.post("/paid-on-death/", named | {"row2-share": "４０ %"})
    assert accepted.headers["Location"] == "/contact/"


@pytest.mark.parametrize("typed", ["60000", "60,000", "¥ 60 000.00", "６００００元"])
def test_an_amount_is_read_however_it_is_written(typed: str) -> None:
    assert FigureField(decimal_places=2).clean(typed) == 60000


def test_shares_that_do_not_add_up_are_changed_where_they_were_given() -> None:
    assert page_of(SharesDoNotAddUp(total="90")) == Page("paid")
    assert page_of(ShareOutOfRange(field="beneficiaries.1.share")) == Page("paid")


def test_card_and_pin_alone_show_a_masked_name_and_no_paper(
    client: Client, cards: list[PrintedCard]
) -> None:
    policy = activate(cards[0])
    page = shown(open_card(client, cards[0].card_number, cards[0].pin, follow=True))

    assert "王* will be insured" in page
    assert policy.name not in page
    assert policy.identity_number not in page
    assert client.get(reverse("portal:policy_paper")).status_code == 302
    assert client.get(reverse("portal:policy")).status_code == 302


def test_the_identity_number_opens_details_and_paper(
    client: Client, cards: list[PrintedCard]
) -> None:
    policy = activate(cards[0])
    open_card(client, cards[0].card_number, cards[0].pin)
    refused = press(client, reverse("portal:card"), identity_number="330106198605170029")
    assert "do not belong together" in shown(refused)

    page = press(client, reverse("portal:card"), identity_number=policy.identity_number)
    assert policy.name in shown(page)
    assert client.get(reverse("portal:policy_paper"))["Content-Type"] == "application/pdf"


def test_a_cancelled_policy_insures_nobody_wherever_it_is_looked_up(
    client: Client, insurer: Insurer, cards: list[PrintedCard]
) -> None:
    policy = activate(cards[0])
    with clock.frozen(clock.today() + timedelta(days=60)):
        cancel(insurer, policy)
        page = shown(open_card(client, cards[0].card_number, cards[0].pin, follow=True))
        assert "Cancelled on" in page
        assert "No longer insured by this policy" in page
        assert policy.name not in page

        opened = press(client, reverse("portal:card"), identity_number=policy.identity_number)
        assert "Download the cancelled policy" in shown(opened)
        paper = client.get(reverse("portal:policy_paper"))
        assert "Thispolicyiscancelled" in words_of(paper.content)
        assert client.get(reverse("portal:done"))["Location"] == reverse("portal:policy")


def test_a_card_whose_policy_was_cancelled_in_full_is_not_yet_insured_again(
    client: Client, insurer: Insurer, cards: list[PrintedCard]
) -> None:
    cancel(insurer, activate(cards[0]))
    page = shown(open_card(client, cards[0].card_number, cards[0].pin, follow=True))

    assert "Cancelled" not in page
    assert policies_of(cards[0]) == ["cancelled"]
    activate(cards[0])
    assert policies_of(cards[0]) == ["cancelled", "issued"]


def policies_of(card: PrintedCard) -> list[str]:
    found = Policy.objects.filter(reason_number=card.card_number).order_by("issued_at", "pk")
    return list(found.values_list("state", flat=True))


def test_policy_number_and_identity_number_work_alike(
    client: Client, cards: list[PrintedCard]
) -> None:
    policy = activate(cards[0])
    given = {"by": "policy", "policy_number": policy.number}
    page = press(client, reverse("portal:look_up"), **given, identity_number=policy.identity_number)

    assert policy.name in shown(page)


def test_an_unknown_policy_and_a_wrong_identity_number_get_the_same_answer(
    client: Client, cards: list[PrintedCard]
) -> None:
    policy = activate(cards[0])

    def refused(number: str, identity: str) -> tuple[int, str]:
        response = press(
            client,
            reverse("portal:look_up"),
            by="policy",
            policy_number=number,
            identity_number=identity,
        )
        text = re.sub(r'value="[^"]*"', "", shown(response))
        return response.status_code, text

    assert refused(policy.number, "330106198605170029") == refused(
        policy_number(999_999_999_999), policy.identity_number
    )


def test_a_policy_that_was_tried_too_often_says_whom_to_call(
    client: Client, cards: list[PrintedCard], settings
) -> None:
    settings.GATE_TARGET_CAP = 1
    policy = activate(cards[0])
    given = {"by": "policy", "policy_number": policy.number}
    press(client, "/look-up/", **given, identity_number="330106198605170029")
    page = press(client, "/look-up/", **given, identity_number=policy.identity_number)

    assert page.status_code == 429
    assert "too many tries" in shown(page)


def test_an_expired_card_is_told_so(client: Client, cards: list[PrintedCard]) -> None:
    state = find_card(cards[0].serial)
    assert state is not None
    with clock.frozen(state.deadline + timedelta(days=1)):
        page = shown(open_card(client, cards[0].card_number, cards[0].pin, follow=True))

    assert "That day is over." in page
    assert "the premium is not lost" in page


def test_the_clauses_are_there_for_everybody_in_both_languages(
    client: Client, insurer: Insurer
) -> None:
    version = a_published_version(insurer)
    for language in ("en", "zh-hans"):
        response = client.get(reverse("portal:clauses", args=[version.pk, language]))
        assert response.content.startswith(b"%PDF")
    assert client.get(reverse("portal:clauses", args=[version.pk + 1, "en"])).status_code == 404


def test_a_payment_that_arrives_lets_the_same_visit_go_on(client: Client, insurer: Insurer) -> None:
    _, cards = cards_at_institution(insurer, 3)
    sale = sell(insurer, cards)
    open_card(client, cards[0].card_number, cards[0].pin)
    pay(insurer, sale)

    assert client.get(reverse("portal:product")).status_code == 200


def test_a_mistyped_later_day_is_in_nobodys_way_who_starts_at_once(
    client: Client, cards: list[PrintedCard]
) -> None:
    mistyped = {"later_day_year": "2027", "later_day_month": "2", "later_day_day": "31"}
    open_card(client, cards[0].card_number, cards[0].pin)
    fill_in(client, until="start-of-cover")

    refused = client.post("/start-of-cover/", {"when": "later", **mistyped})
    assert (refused.status_code, "There is no such day" in shown(refused)) == (422, True)
    taken = client.post("/start-of-cover/", {"when": "first", **mistyped})
    assert taken.headers["Location"] == "/insured/1/"
