"""The page of a product's own fields: built from its list, checked, shown again, kept."""

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from selfcard.policies.models import Policy
from selfcard.products.details import USUAL_DETAILS
from tests.factories.activation import paid_cards
from tests.factories.cards import PrintedCard, a_document_type
from tests.factories.organisations import an_insurer
from tests.factories.products import a_product, a_published_version, some_rules
from tests.web.portal_line import ANSWERS, agree, fill_in, open_card, press, shown

pytestmark = pytest.mark.django_db
ASKED = ("vehicle_plate", "vehicle_seats", "vehicle_use", "return_day", "height")


@pytest.fixture
def client() -> Client:
    return Client(headers={"accept-language": "en"})


@pytest.fixture
def card() -> PrintedCard:
    insurer = an_insurer()
    rules = some_rules(details=tuple(USUAL_DETAILS[code] for code in ASKED))
    version = a_published_version(insurer, a_product(insurer, "DRV"), rules=rules)
    return paid_cards(insurer, 1, a_document_type(insurer, "DR-1", "620125", version))[0]


def test_each_mistake_is_told_at_its_field_and_stays(client: Client, card: PrintedCard) -> None:
    open_card(client, card.card_number, card.pin)
    fill_in(client, until="contact", changed={"insured/1": {"height": "1.68"}})
    person = client.post("/insured/1/", ANSWERS["insured/1"] | {"height": "1.68"})
    assert "This figure lies between 30 and 250." in shown(person)
    client.post("/insured/1/", ANSWERS["insured/1"] | {"height": "168"})

    page = shown(client.get("/details/"))
    for label in ("Number plate of the vehicle", "Seats of the vehicle", "Private"):
        assert label in page
    assert "Day of return (optional)" in page
    assert "Height" not in page

    answer = client.post("/details/", {"vehicle_plate": "12345", "vehicle_seats": "99"})
    assert answer.status_code == 422
    for sentence in (
        "This is not a number plate.",
        "This figure lies between 1 and 60.",
        "Answer this: Use of the vehicle.",
    ):
        assert sentence in shown(answer)
    assert 'value="12345"' in shown(answer)


def test_answers_are_checked_kept_encrypted_and_shown(client: Client, card: PrintedCard) -> None:
    open_card(client, card.card_number, card.pin)
    fill_in(client, until="contact", changed={"insured/1": {"height": "168"}})
    given = {"vehicle_plate": "浙a 12345", "vehicle_seats": "5", "vehicle_use": "private"}
    assert client.post("/details/", given).headers["Location"] == "/contact/"
    client.post("/contact/", ANSWERS["contact"])
    agree(client)

    checked = shown(client.get(reverse("portal:check")))
    for answer in ("浙A12345", "5 seats", "Private", "168 cm"):
        assert answer in checked
    press(client, reverse("portal:check"))

    policy = Policy.objects.get()
    assert policy.details == {
        "vehicle_plate": "浙A12345",
        "vehicle_seats": "5",
        "vehicle_use": "private",
    }
    assert policy.insured.get().details == {"height": "168"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT details_text::text FROM policies_insuredperson")
        assert "168" not in cursor.fetchone()[0]
