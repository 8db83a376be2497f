"""A policy that names somebody wrongly is corrected: who agrees, what follows, what is refused."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from selfcard.approvals.errors import (
    AlreadyAsked,
    AlreadyDecided,
    NotYourOwnRequest,
    RequestWithdrawn,
)
from selfcard.approvals.models import Approval
from selfcard.core import clock
from selfcard.core.models import AuditEvent
from selfcard.core.papers import MissingGlyph
from selfcard.core.refusals import ReasonMissing, Refusal
from selfcard.organisations.commands import authorise
from selfcard.organisations.errors import NotAuthorised
from selfcard.organisations.models import May
from selfcard.policies.application import BeneficiaryGiven, ContactGiven
from selfcard.policies.authenticity import authenticity_of, policy_ending_with, policy_with_code
from selfcard.policies.cancelling import AskerGiven
from selfcard.policies.commands import refuse_endorsement, withdraw_endorsement
from selfcard.policies.editions import current_edition
from selfcard.policies.errors import (
    AskerIsNotTheApplicant,
    CorrectionBreaksRules,
    CoverIsOver,
    DocumentNotNamed,
    IdentityCheckDigitWrong,
    NamedOtherwiseMeanwhile,
    NobodyToCorrect,
    NothingToCorrect,
    PolicyCancelledAlready,
    SamePersonTwice,
)
from selfcard.policies.models import (
    Beneficiary,
    Endorsement,
    EndorsementRequest,
    InsuredPerson,
    Policy,
    Role,
)
from selfcard.policies.named import Whom, named, people_of
from selfcard.policies.queries import in_force, is_of
from selfcard.policies.verify import violations
from selfcard.products.models import ProductVersion
from selfcard.products.people import Relationship
from tests.factories.activation import holder
from tests.factories.organisations import Insurer
from tests.factories.policies import (
    APPLICANT,
    STUDENT,
    a_person,
    a_policy,
    an_application,
    an_insured,
    ask_correction,
    cancelled,
    endorsed,
    grant_correction,
    named_as,
    reached_by_code,
)
from tests.factories.postgresql import refused_by_postgresql, triggers_at_rest
from tests.factories.products import a_published_version
from tests.factories.reading import words_of

pytestmark = pytest.mark.django_db

MOTHER = a_person()
SON = a_person("欧阳小明", date(2019, 3, 1), order=7)
SLIP = replace(SON, identity_number=a_person("", SON.birth_date, order=8).identity_number)
CHILD, HEIR = Whom(Role.INSURED, 2), Whom(Role.BENEFICIARY, 1)


@pytest.fixture
def version(insurer: Insurer) -> ProductVersion:
    return a_published_version(insurer)


def a_family(child: Any = SON) -> Any:
    heir = BeneficiaryGiven(name="李强", relationship=Relationship.SPOUSE, share=Decimal(100))
    return an_application(
        an_insured(MOTHER),
        an_insured(child, Relationship.CHILD, STUDENT),
        applicant=MOTHER,
        beneficiaries=(heir,),
    )


@pytest.fixture
def policy(insurer: Insurer, version: ProductVersion) -> Policy:
    """A mother who insures herself and a son, whose number is mistyped."""
    return a_policy(version, insurer.institution, a_family(SLIP))


def again(policy: Policy) -> Policy:
    return Policy.objects.get(pk=policy.pk)


def test_everybody_whom_a_policy_names_is_told_once(policy: Policy) -> None:
    assert [(whom, one.name) for whom, one in people_of(policy)] == [
        (APPLICANT, "王芳"),
        (CHILD, "欧阳小明"),
        (HEIR, "李强"),
    ]


def test_an_applicant_is_corrected_wherever_they_stand(insurer: Insurer, policy: Policy) -> None:
    now = endorsed(insurer, policy)

    assert (now.name, now.edition) == ("王方", 2)
    assert [one.name for one in now.insured.all()] == ["王方", "欧阳小明"]
    assert [one.edition for one in now.insured.all()] == [2, 1]
    kept = Endorsement.objects.get().asked
    assert (kept.before["name"], kept.after["name"]) == ("王芳", "王方")
    assert (kept.reason, kept.document_seen, kept.asker_name) == (
        "misspelt",
        "identity card",
        "王芳",
    )
    assert not list(violations())


def test_whoever_is_corrected_is_found_by_the_right_number_from_then_on(
    insurer: Insurer, policy: Policy, version: ProductVersion
) -> None:
    now = endorsed(insurer, policy, CHILD, after=named_as(SON))

    assert is_of(now, SON.identity_kind, SON.identity_number)
    assert not is_of(now, SLIP.identity_kind, SLIP.identity_number)
    assert policy_ending_with(now.number, SON.identity_number[-4:]) == now
    counted = in_force([SON.index, SLIP.index], version.product, now.starts_at, now.ends_at)
    assert {index: one.policies for index, one in counted.items()} == {
        SON.index: 1,
        SLIP.index: 0,
    }
    besides = in_force([SON.index], version.product, now.starts_at, now.ends_at, besides=now)
    assert besides[SON.index].policies == 0


def test_a_beneficiary_is_corrected(insurer: Insurer, policy: Policy) -> None:
    document = a_person("李强", date(1984, 1, 1), order=3)
    after = replace(
        named(policy, HEIR),
        name="李 强",
        identity_kind=document.identity_kind,
        identity_number=document.identity_number,
    )

    now = endorsed(insurer, policy, HEIR, after=after)

    heir = now.beneficiaries.get()
    assert (heir.name, heir.identity_number) == ("李 强", document.identity_number)
    assert (heir.edition, now.edition) == (2, 2)
    assert not list(violations())


def test_the_next_edition_says_what_was_endorsed_and_the_former_is_replaced(
    insurer: Insurer, policy: Policy
) -> None:
    former = current_edition(policy, actor=holder())
    reached_by_code(policy, ContactGiven(phone="+8613900139000"))
    now = endorsed(insurer, policy, CHILD, after=replace(named_as(SON), name="欧阳晓明"))

    paper = current_edition(now, actor=holder())

    said = words_of(bytes(paper.pdf))
    assert paper.number == now.edition == 3
    for words in ("批改与变更", "Contactdataoftheapplicant", "欧阳小明→欧阳晓明", "被保险人2"):
        assert words in said, words
    assert SON.identity_number in said
    assert SLIP.identity_number not in said  # it may be somebody else's
    found = policy_with_code(former.code)
    assert found is not None
    assert authenticity_of(now, edition=found[1].edition).is_outdated
    present = policy_with_code(paper.code)
    assert present is not None
    assert not authenticity_of(now, edition=present[1].edition).is_outdated


def test_a_paper_is_never_of_an_edition_that_is_over(insurer: Insurer, policy: Policy) -> None:
    before = again(policy)
    endorsed(insurer, policy)

    assert current_edition(before, actor=holder()).number == 2


def test_nothing_changes_before_another_person_agrees(insurer: Insurer, policy: Policy) -> None:
    asked = ask_correction(insurer, policy)

    assert again(policy).name == "王芳"
    for by, refusal in (("keeper", NotAuthorised), ("other_keeper", NotAuthorised)):
        with pytest.raises(refusal):
            grant_correction(insurer, asked, by)
    grant_correction(insurer, asked)
    with pytest.raises(AlreadyDecided):
        grant_correction(insurer, asked)


def test_nobody_agrees_to_what_they_asked_for(insurer: Insurer, policy: Policy) -> None:
    authorise(
        staff=insurer.keeper,
        mays=(May.APPROVE_ENDORSEMENTS,),
        organisation=insurer.institution,
        actor=insurer.actor("chief"),
        request_id=uuid4(),
    )

    with pytest.raises(NotYourOwnRequest):
        grant_correction(insurer, ask_correction(insurer, policy), by="keeper")


def test_what_is_refused_or_withdrawn_changes_nothing_and_can_be_asked_anew(
    insurer: Insurer, policy: Policy
) -> None:
    first = ask_correction(insurer, policy)
    with pytest.raises(AlreadyAsked):
        ask_correction(insurer, policy, CHILD, after=named_as(SON))
    refuse_endorsement(
        asked=first, reason="no copy", actor=insurer.actor("second"), request_id=uuid4()
    )
    second = ask_correction(insurer, policy)
    withdraw_endorsement(asked=second, actor=insurer.actor("keeper"), request_id=uuid4())
    with pytest.raises(RequestWithdrawn):
        grant_correction(insurer, second)

    assert again(policy).edition == 1
    assert not Endorsement.objects.exists()
    ask_correction(insurer, policy)


def test_a_cancellation_withdraws_what_waits_and_ends_endorsing(
    insurer: Insurer, policy: Policy
) -> None:
    asked = ask_correction(insurer, policy)
    cancelled(insurer, policy)

    with pytest.raises(RequestWithdrawn):
        grant_correction(insurer, asked)
    with pytest.raises(PolicyCancelledAlready):
        ask_correction(insurer, again(policy))


def test_whoever_was_corrected_meanwhile_is_not_corrected_by_what_was_asked_before(
    insurer: Insurer, policy: Policy
) -> None:
    asked = ask_correction(insurer, policy)
    with triggers_at_rest():
        policy.insured.filter(place=1).update(edition=1)
        Policy.objects.filter(pk=policy.pk).update(name="王芬")

    with pytest.raises(NamedOtherwiseMeanwhile):
        grant_correction(insurer, asked)


@pytest.mark.parametrize(
    ("whom", "given", "refusal"),
    [
        (APPLICANT, {"reason": " "}, ReasonMissing),
        (APPLICANT, {"document_seen": " "}, DocumentNotNamed),
        (APPLICANT, {"asker": AskerGiven(SON.identity_number)}, AskerIsNotTheApplicant),
        (APPLICANT, {"after": named_as(MOTHER)}, NothingToCorrect),
        (APPLICANT, {"after": named_as(replace(MOTHER, name="王\U0003fffd"))}, MissingGlyph),
        (APPLICANT, {"after": named_as(replace(MOTHER, name=" "))}, Refusal),
        (
            APPLICANT,
            {"after": named_as(replace(MOTHER, identity_number="330106198605170048"))},
            IdentityCheckDigitWrong,
        ),
        (CHILD, {"after": named_as(MOTHER)}, SamePersonTwice),
        (Whom(Role.INSURED, 1), {"after": named_as(MOTHER)}, NobodyToCorrect),
        (HEIR, {"after": replace(named_as(MOTHER), birth_date="", sex="", name="")}, Refusal),
    ],
)
def test_what_cannot_be_is_refused_when_it_is_asked_for(
    insurer: Insurer, policy: Policy, whom: Whom, given: dict[str, Any], refusal: type[Refusal]
) -> None:
    if "after" not in given:
        given = {**given, "after": replace(named_as(MOTHER), name="王方")}
    with pytest.raises(refusal):
        ask_correction(insurer, policy, whom, **given)
    assert not EndorsementRequest.objects.exists()


def test_a_birth_date_that_the_product_does_not_take_is_refused_with_its_rule(
    insurer: Insurer, policy: Policy
) -> None:
    old = a_person("王芳", clock.today() - timedelta(days=90 * 366))

    with pytest.raises(CorrectionBreaksRules, match="80") as refusal:
        ask_correction(insurer, policy, after=named_as(old))
    assert refusal.value.help is not None
    assert refusal.value.help.name == "policies.cancel"


def test_a_minor_whose_guardian_never_agreed_is_refused(
    insurer: Insurer, version: ProductVersion
) -> None:
    grown = a_person("欧阳小明", date(1999, 3, 1), order=7)
    policy = a_policy(version, insurer.institution, a_family(grown))

    with pytest.raises(CorrectionBreaksRules, match="监护人"):
        ask_correction(insurer, policy, CHILD, after=named_as(SON))


def test_a_person_who_has_a_policy_already_is_not_corrected_into_another(
    insurer: Insurer, version: ProductVersion, policy: Policy
) -> None:
    asked = ask_correction(insurer, policy, CHILD, after=named_as(SON))
    allowed = version.bounds.policies_per_insured
    father = a_person("李强", order=3)
    for _ in range(allowed):
        child = an_insured(SON, Relationship.CHILD, STUDENT)
        a_policy(version, insurer.institution, an_application(child, applicant=father))

    with pytest.raises(CorrectionBreaksRules):
        grant_correction(insurer, asked)
    assert again(policy).edition == 1
    assert asked.approval.state == Approval.State.ASKED


def test_an_applicant_who_has_moved_out_of_the_region_can_still_be_corrected(
    insurer: Insurer, policy: Policy
) -> None:
    reached_by_code(policy, ContactGiven(phone="+8613900139000", region="110101"))

    assert endorsed(insurer, again(policy)).edition == 3


def test_when_cover_is_over_nothing_is_endorsed(insurer: Insurer, policy: Policy) -> None:
    with clock.frozen(policy.ends_at + timedelta(seconds=1)), pytest.raises(CoverIsOver):
        ask_correction(insurer, policy)


def test_what_is_written_down_names_nobody(insurer: Insurer, policy: Policy) -> None:
    endorsed(insurer, policy, CHILD, after=named_as(SON))

    events = AuditEvent.objects.filter(event__startswith="policy.endors")
    assert {event.event for event in events} == {"policy.endorsement_asked", "policy.endorsed"}
    for event in events:
        assert event.facts["corrects"] == ["identity_number"]
        assert SON.identity_number not in str(event.facts)
    with connection.cursor() as cursor:
        cursor.execute("SELECT before_text, after_text FROM policies_endorsementrequest")
        for stored in cursor.fetchone():
            assert "欧阳".encode() not in bytes(stored)
    assert "欧阳" not in str(Approval.objects.get(kind="policies.endorse").asked)


# Around the command.


def test_nobody_in_a_policy_changes_without_an_endorsement(
    insurer: Insurer, policy: Policy
) -> None:
    endorsed(insurer, policy)
    for edition in (2, 3):
        with refused_by_postgresql("an_insured_person_is_corrected_by_endorsement"):
            policy.insured.filter(place=2).update(name="李华", edition=edition)
        with refused_by_postgresql("a_beneficiary_is_corrected_by_endorsement"):
            policy.beneficiaries.update(name="李华", edition=edition)
    with refused_by_postgresql("an_insured_person_is_corrected_by_endorsement"):
        policy.insured.filter(place=1).update(name="李华")
    with refused_by_postgresql("an_edition_has_the_change_that_made_it"):
        Policy.objects.filter(pk=policy.pk).update(name="李华", edition=3)
    for column in ({"sex": "male"}, {"identity_index": b"1" * 16}):
        with refused_by_postgresql("a_changed_policy_has_its_next_edition"):
            Policy.objects.filter(pk=policy.pk).update(**column)


def test_the_rest_of_a_person_never_changes(policy: Policy) -> None:
    for column in ({"place": 3}, {"occupation": "0104"}, {"relationship": "spouse"}):
        with refused_by_postgresql("an_insured_person_keeps_their_facts"):
            policy.insured.filter(place=2).update(edition=2, **column)
    for column in ({"share": 50}, {"relationship": "child"}):
        with refused_by_postgresql("a_beneficiary_keeps_their_facts"):
            policy.beneficiaries.update(edition=2, **column)
    with refused_by_postgresql("an_insured_person_is_kept"):
        InsuredPerson.objects.all()._raw_delete("default")
    with refused_by_postgresql("a_beneficiary_is_kept"):
        Beneficiary.objects.all()._raw_delete("default")


def an_endorsement(asked: EndorsementRequest, edition: int = 2, **given: Any) -> Endorsement:
    facts = {"policy": asked.policy, "endorsed_at": clock.now(), **given}
    return Endorsement.objects.create(asked=asked, edition=edition, **facts)


def test_no_endorsement_is_of_an_edition_that_it_did_not_make(
    insurer: Insurer, policy: Policy
) -> None:
    asked = ask_correction(insurer, policy)
    with refused_by_postgresql("an_endorsement_is_of_an_edition"):
        an_endorsement(asked)
    with refused_by_postgresql("an_endorsement_makes_a_later_edition"):
        an_endorsement(asked, edition=1)
    grant_correction(insurer, asked)
    later = ask_correction(insurer, again(policy), CHILD, after=named_as(SON))
    with refused_by_postgresql("an_edition_is_made_by_one_endorsement"):
        an_endorsement(later)


def test_no_endorsement_does_what_nobody_agreed_to(insurer: Insurer, policy: Policy) -> None:
    asked = ask_correction(insurer, policy)
    with refused_by_postgresql("an_endorsement_is_what_was_agreed_to"):
        Policy.objects.filter(pk=policy.pk).update(name="王方", edition=2)
        an_endorsement(asked)
    # Agreed to, and done to nobody.
    withdraw_endorsement(asked=asked, actor=insurer.actor("keeper"), request_id=uuid4())
    other = ask_correction(insurer, policy, CHILD, after=named_as(SON))
    with refused_by_postgresql("an_endorsement_is_what_was_agreed_to"):
        Approval.objects.filter(pk=other.approval_id).update(
            state="granted", decided_by=insurer.second, decided_at=clock.now()
        )
        Policy.objects.filter(pk=policy.pk).update(edition=2)
        an_endorsement(other)


@pytest.mark.parametrize(
    ("given", "promise"),
    [
        ({"reason": ""}, "an_endorsement_is_asked_for_with_reason_and_document"),
        ({"document_seen": ""}, "an_endorsement_is_asked_for_with_reason_and_document"),
        ({"place": 1}, "an_endorsement_is_about_one_person"),
        ({"role": "insured"}, "an_endorsement_is_about_one_person"),
    ],
)
def test_a_request_says_whom_why_and_by_what(
    insurer: Insurer, policy: Policy, given: dict[str, Any], promise: str
) -> None:
    asked = ask_correction(insurer, policy)
    with refused_by_postgresql("is never changed"):
        EndorsementRequest.objects.update(reason="another")
    with refused_by_postgresql(promise), triggers_at_rest():
        EndorsementRequest.objects.filter(pk=asked.pk).update(**given)


def test_an_endorsement_stays_what_it_is(insurer: Insurer, policy: Policy) -> None:
    endorsed(insurer, policy)

    with refused_by_postgresql("endorsement_is_never_changed"):
        Endorsement.objects.update(edition=3)
    with refused_by_postgresql("endorsement_is_never_changed"):
        Endorsement.objects.all()._raw_delete("default")
    with refused_by_postgresql("endorsement_request_is_never_changed"):
        EndorsementRequest.objects.all()._raw_delete("default")


def test_verify_names_who_was_corrected_by_nobody(insurer: Insurer, policy: Policy) -> None:
    endorsed(insurer, policy)
    with triggers_at_rest():
        policy.insured.filter(place=2).update(edition=2)

    (found,) = violations()
    assert found.promise.startswith("Whoever is corrected")
    assert found.subject == policy.number
