"""The applicant of a policy is reached elsewhere: what is kept of it, and what PostgreSQL keeps."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from selfcard.core import clock
from selfcard.core.models import AuditEvent
from selfcard.core.papers import MissingGlyph
from selfcard.core.refusals import ReasonMissing, Refusal
from selfcard.organisations.errors import NotAuthorised
from selfcard.policies.application import ContactGiven
from selfcard.policies.authenticity import authenticity_of, policy_with_code
from selfcard.policies.cancelling import AskerGiven
from selfcard.policies.commands import change_contact_in_office
from selfcard.policies.editions import current_edition, find_edition
from selfcard.policies.errors import (
    AskerIsNotTheApplicant,
    ContactIsTheSame,
    PhoneImpossible,
    PhoneTakesNoMessages,
    PolicyCancelledAlready,
    RegionUnknown,
)
from selfcard.policies.identity import IdentityKind
from selfcard.policies.models import ContactChange, Policy
from selfcard.policies.verify import violations
from tests.factories.activation import holder
from tests.factories.organisations import Insurer
from tests.factories.policies import a_person, a_policy, cancelled, reached_by_code
from tests.factories.postgresql import refused_by_postgresql, triggers_at_rest
from tests.factories.products import a_published_version
from tests.factories.reading import words_of

pytestmark = pytest.mark.django_db

ELSEWHERE = ContactGiven(
    phone="+8613900139000", email="fang@example.cn", region="110101", address="王府井大街1号"
)


@pytest.fixture
def policy(insurer: Insurer) -> Policy:
    return a_policy(a_published_version(insurer), insurer.institution)


def again(policy: Policy) -> Policy:
    return Policy.objects.get(pk=policy.pk)


def change(insurer: Insurer, policy: Policy, contact: ContactGiven, **given: Any) -> Policy:
    """In the office, asked for by the applicant."""
    facts: dict[str, Any] = {
        "asker": AskerGiven(policy.identity_number),
        "reason": "lost the phone",
        "actor": insurer.actor("keeper"),
        **given,
    }
    return change_contact_in_office(policy=policy, contact=contact, request_id=uuid4(), **facts)


def test_a_code_to_the_former_phone_has_the_applicant_reached_elsewhere(policy: Policy) -> None:
    reached_by_code(policy, replace(ELSEWHERE, phone="139 0013 9000"))

    now = again(policy)
    assert (now.phone, now.email, now.region) == ("+8613900139000", "fang@example.cn", "110101")
    kept = ContactChange.objects.get()
    assert (kept.former_phone, kept.former_region) == ("+8613800138000", "330106")
    assert (kept.how, kept.changed_by, kept.edition) == ("code", None, 2)


def test_the_office_keeps_who_asked_by_which_document_and_why(
    insurer: Insurer, policy: Policy
) -> None:
    heir = a_person("李强", order=3)
    asker = AskerGiven(heir.identity_number, True, heir.name, IdentityKind.IDENTITY_CARD)

    change(insurer, policy, ELSEWHERE, asker=asker)

    kept = ContactChange.objects.get()
    assert (kept.asker_name, kept.asker_number) == (heir.name, heir.identity_number)
    assert (kept.by_authority, kept.reason) == (True, "lost the phone")
    assert kept.changed_by == insurer.keeper


def test_what_is_written_down_names_no_number(insurer: Insurer, policy: Policy) -> None:
    change(insurer, policy, ELSEWHERE)

    event = AuditEvent.objects.get(event="policy.contact_changed")
    assert event.facts["changed"] == ["phone", "email", "region", "address"]
    assert not any(said in str(event.facts) for said in ("139", "138", "fang", "王府井"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT former_phone, asker_name FROM policies_contactchange")
        for stored in cursor.fetchone():
            assert b"138" not in bytes(stored)
            assert policy.name.encode() not in bytes(stored)


def test_the_paper_says_where_the_applicant_is_reached_so_there_is_a_new_one(
    insurer: Insurer, policy: Policy
) -> None:
    former = current_edition(policy, actor=holder())
    change(insurer, policy, ELSEWHERE)

    now = again(policy)
    paper = current_edition(now, actor=holder())

    assert paper.number == 2
    assert "13900139000" in words_of(bytes(paper.pdf))
    assert bytes(find_edition(policy, 1).pdf) == bytes(former.pdf)
    found = policy_with_code(former.code)
    assert found is not None
    assert authenticity_of(now, edition=found[1].edition).is_outdated
    assert not list(violations())


@pytest.mark.parametrize(
    ("contact", "refusal"),
    [
        (replace(ELSEWHERE, phone=""), PhoneImpossible),
        (replace(ELSEWHERE, phone="0571-88888888"), PhoneTakesNoMessages),
        (replace(ELSEWHERE, region="000000"), RegionUnknown),
        (replace(ELSEWHERE, address="1"), Refusal),
        (replace(ELSEWHERE, address="王府井大街\U0003fffd号"), MissingGlyph),
    ],
)
def test_where_nobody_could_be_reached_nothing_changes(
    insurer: Insurer, policy: Policy, contact: ContactGiven, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        change(insurer, policy, contact)
    assert again(policy).edition == 1


def test_nothing_changes_without_a_reason_the_applicant_or_the_authorisation(
    insurer: Insurer, policy: Policy
) -> None:
    stranger = AskerGiven(a_person("李强", order=3).identity_number)
    for given, refusal in (
        ({"reason": " "}, ReasonMissing),
        ({"asker": stranger}, AskerIsNotTheApplicant),
        ({"actor": insurer.actor("seller")}, NotAuthorised),
        ({"actor": insurer.actor("other_keeper")}, NotAuthorised),
    ):
        with pytest.raises(refusal):
            change(insurer, policy, ELSEWHERE, **given)
    assert not ContactChange.objects.exists()


def test_what_is_so_already_or_of_a_cancelled_policy_is_no_change(
    insurer: Insurer, policy: Policy
) -> None:
    change(insurer, policy, ELSEWHERE)
    with pytest.raises(ContactIsTheSame):
        change(insurer, policy, ELSEWHERE)
    cancelled(insurer, policy)
    with pytest.raises(PolicyCancelledAlready):
        change(insurer, policy, replace(ELSEWHERE, email=""))
    assert again(policy).edition == 3
    assert not list(violations())


# Around the command.


def test_no_contact_changes_without_its_row(policy: Policy) -> None:
    for column in ({"phone": "+8613900139000"}, {"region": "110101"}):
        with refused_by_postgresql("a_changed_policy_has_its_next_edition"):
            Policy.objects.filter(pk=policy.pk).update(**column)
        with refused_by_postgresql("an_edition_has_the_change_that_made_it"):
            Policy.objects.filter(pk=policy.pk).update(edition=2, **column)


def a_row(policy: Policy, **given: Any) -> ContactChange:
    facts: dict[str, Any] = {
        "policy": policy,
        "edition": 2,
        "former_phone": policy.phone,
        "former_email": policy.email,
        "former_region": policy.region,
        "former_address": policy.address,
        "how": "code",
        "changed_at": clock.now(),
        **given,
    }
    return ContactChange.objects.create(**facts)


def test_no_row_says_that_a_contact_changed_which_did_not(insurer: Insurer, policy: Policy) -> None:
    with refused_by_postgresql("a_contact_change_is_of_an_edition"):
        a_row(policy)
    with refused_by_postgresql("a_contact_change_makes_a_later_edition"):
        a_row(policy, edition=1)
    change(insurer, policy, ELSEWHERE)
    with refused_by_postgresql("an_edition_is_made_by_one_contact_change"):
        a_row(policy)
    cancelled(insurer, policy)
    with refused_by_postgresql("a_contact_change_is_of_an_edition"):
        a_row(policy, edition=3)


@pytest.mark.parametrize(
    "given",
    [{"reason": "why"}, {"how": "office"}, {"how": "phone"}, {"asker_kind": "passport"}],
)
def test_a_row_says_who_asked_exactly_in_the_office(policy: Policy, given: dict[str, str]) -> None:
    with refused_by_postgresql("the_office_says_who_asked_for_a_contact_change_and_why"):
        a_row(policy, **given)


def test_a_former_contact_stays_what_it_was(insurer: Insurer, policy: Policy) -> None:
    change(insurer, policy, ELSEWHERE)

    with refused_by_postgresql("is never changed"):
        ContactChange.objects.update(former_phone="+8613700137000")
    with refused_by_postgresql("is never deleted"):
        ContactChange.objects.all()._raw_delete("default")


def test_a_policy_begins_with_its_first_edition(policy: Policy) -> None:
    policy.pk, policy.number, policy.reason_number = None, "P0000000099999", "another"
    policy.edition = 2
    with refused_by_postgresql("a_policy_begins_with_its_first_edition"):
        policy.save(force_insert=True)


def test_verify_names_an_edition_that_nothing_made_and_one_that_is_missing(
    insurer: Insurer, policy: Policy
) -> None:
    change(insurer, policy, ELSEWHERE)
    with triggers_at_rest():
        Policy.objects.filter(pk=policy.pk).update(edition=3)

    assert [one.promise for one in violations()] == [
        "Each edition of a policy after its first was made by one change"
    ]
