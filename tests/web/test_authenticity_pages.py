"""Is this policy genuine? By its code and by its number, for a stranger and for staff."""

import json
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from cryptography import x509
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from selfcard.activation.models import TargetCounter
from selfcard.core import clock
from selfcard.core.models import AuditEvent
from selfcard.policies.editions import current_edition, policy_pdf
from selfcard.policies.models import Policy
from selfcard.policies.numbers import policy_number
from selfcard.policies.signing.certificates import issuer_of, signing_key
from selfcard.products.models import ProductVersion
from tests.factories.activation import holder
from tests.factories.organisations import Insurer, an_insurer
from tests.factories.policies import a_policy, cancelled
from tests.factories.products import a_published_version
from tests.factories.signatures import accepted
from tests.web.portal_line import shown

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english(client: Client) -> None:
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"


@pytest.fixture
def insurer() -> Insurer:
    return an_insurer()


@pytest.fixture
def version(insurer: Insurer) -> ProductVersion:
    return a_published_version(insurer)


@pytest.fixture
def policy(insurer: Insurer, version: ProductVersion) -> Policy:
    return a_policy(version, insurer.department)


def again(policy: Policy) -> Policy:
    return Policy.objects.get(pk=policy.pk)


def code_on(policy: Policy) -> str:
    return str(current_edition(policy, actor=holder()).code)


def scan(client: Client, code: str, path: str = "/CHECK/") -> Any:
    return client.get(f"{path}{code}")


def check(client: Client, number: str, last_signs: str) -> Any:
    return client.post(
        reverse("portal:check_policy"),
        {"policy_number": number, "last_signs": last_signs, "request_id": str(uuid4())},
    )


def says_no_name(page: Any, policy: Policy) -> bool:
    said = shown(page)
    secrets = (policy.name, policy.masked_name, policy.identity_number, policy.phone, policy.email)
    return not any(secret in said for secret in secrets)


def test_the_code_of_a_policy_says_that_it_is_genuine_and_names_nobody(client, policy):
    for path in ("/CHECK/", "/check/"):
        page = scan(client, code_on(policy), path)

        assert page.status_code == 200
        said = shown(page)
        assert "Genuine, and cover has not begun" in said
        assert policy.product_version.name_en in said
        assert says_no_name(page, policy)


def test_its_state_is_the_live_one(client, insurer, policy):
    code = code_on(policy)

    with clock.frozen(policy.starts_at + timedelta(days=1)):
        assert "Genuine and in force" in shown(scan(client, code))
    with clock.frozen(policy.ends_at + timedelta(days=1)):
        assert "Genuine, but cover has ended" in shown(scan(client, code))

    cancelled(insurer, policy)
    # That nobody is insured any more comes before all else, on whichever paper.
    for one in (code, code_on(again(policy))):
        said = shown(scan(client, one))
        assert "Genuine, but cancelled" in said
        assert "it was cancelled on" in said
    assert "This is not its latest paper" in shown(scan(client, code))


def test_a_forged_code_and_one_of_no_policy_are_not_genuine(client, policy):
    code = code_on(policy)
    forged = code[:40] + ("A" if code[40] != "A" else "B") + code[41:]

    for one in (forged, "A" * len(code), "HELLO", code.lower()):
        page = scan(client, one)
        assert page.status_code == 404
        assert "Not genuine" in shown(page)


def test_a_code_that_says_another_than_the_policy_is_not_genuine(client, policy, monkeypatch):
    code = code_on(policy)

    # As if somebody had changed who is insured around every command.
    monkeypatch.setattr("selfcard.policies.paperwork.people_digest", lambda policy: bytes(8))

    assert scan(client, code).status_code == 404


def test_a_number_on_older_paper_is_filled_in_and_asks_for_the_rest(client, policy):
    page = scan(client, policy.number, "/check/")

    assert page.status_code == 200
    assert policy.number in shown(page)
    assert "Last four digits or letters" in shown(page)


def test_number_and_end_of_the_identity_number_say_the_same(client, policy):
    page = check(client, f" {policy.number[:5].lower()} {policy.number[5:]}", end_of(policy))

    assert "Genuine, and cover has not begun" in shown(page)
    assert says_no_name(page, policy)
    assert AuditEvent.objects.get(event="policy.checked").subject_number == policy.number


def end_of(policy: Policy) -> str:
    return str(policy.insured.get().identity_number[-4:])


def test_an_unknown_number_and_a_wrong_end_get_one_answer(client, policy):
    unknown = policy_number(999_999_999_999)
    wrong = "0000" if end_of(policy) != "0000" else "1111"

    pages = [check(client, policy.number, wrong), check(client, unknown, wrong)]

    bodies = [re.sub(r'(P[0-9]{13}|value="[^"]{36,64}")', "", shown(page)) for page in pages]
    assert bodies[0] == bodies[1]
    assert [page.status_code for page in pages] == [422, 422]
    assert len({len(page.content) for page in pages}) == 1
    assert "We know no policy with this number" in bodies[0]


def test_the_same_statements_are_sent_for_both(client, policy):
    counts = []
    for number in (policy.number, policy_number(999_999_999_999)):
        with CaptureQueriesContext(connection) as sent:
            check(client, number, "0000" if end_of(policy) != "0000" else "1111")
        counts.append(len(sent))

    assert counts[0] == counts[1]


def test_what_is_mistyped_is_said_at_its_field_and_not_counted(client, policy):
    assert "compare them" in shown(check(client, "P123", "1234"))
    assert "Enter the last four" in shown(check(client, policy.number, "12"))
    assert not TargetCounter.objects.exists()


def test_whoever_guesses_meets_a_cap_and_opens_no_other_gate(client, policy):
    wrong = "0000" if end_of(policy) != "0000" else "1111"
    tries = [check(client, policy.number, wrong).status_code for _ in range(7)]

    assert tries[:5] == [422] * 5
    assert tries[-1] == 429
    kinds = {one.target.split()[0] for one in TargetCounter.objects.all()}
    assert kinds == {"check"}


def test_at_the_cap_even_a_right_end_is_not_compared(client, policy, settings):
    settings.GATE_TARGET_CAP = 2
    settings.GATE_FREE_TRIES = 50
    wrong = "0000" if end_of(policy) != "0000" else "1111"
    for _ in range(2):
        check(client, policy.number, wrong)

    page = check(client, policy.number, end_of(policy))

    assert page.status_code == 429
    assert "Genuine" not in shown(page)


def test_staff_who_may_see_the_policy_are_led_to_its_evidence(client, insurer, policy):
    code = code_on(policy)
    client.force_login(insurer.keeper)

    assert scan(client, code).url == reverse("office:policies:policy", args=[policy.number])

    client.force_login(insurer.other_keeper)
    page = scan(client, code)
    assert page.status_code == 200
    assert says_no_name(page, policy)


def test_a_check_takes_few_statements(client, policy, django_assert_max_num_queries):
    code = code_on(policy)

    with django_assert_max_num_queries(5):
        scan(client, code)


# The published keys.


def test_with_the_published_root_anybody_accepts_the_policy(client, policy):
    published = client.get(reverse("portal:root_certificate"))

    root = x509.load_pem_x509_certificate(published.content)
    assert root == issuer_of(signing_key())
    assert accepted(policy_pdf(policy, actor=holder()), root)


def test_the_keys_of_codes_are_published_before_and_after_they_sign(client, policy):
    before = json.loads(client.get(reverse("portal:keys_of_codes")).content)["keys"]
    code_on(policy)
    after = json.loads(client.get(reverse("portal:keys_of_codes")).content)["keys"]

    assert before == after
    assert [(one["kty"], one["crv"]) for one in after] == [("OKP", "Ed25519")]


def test_the_page_of_the_keys_says_that_they_are_a_demonstration(client, policy):
    said = shown(client.get(reverse("portal:keys")))

    assert "Nobody should rely on policies" in said
    assert "has not signed yet" in said
    code_on(policy)
    assert "has not signed yet" not in shown(client.get(reverse("portal:keys")))
