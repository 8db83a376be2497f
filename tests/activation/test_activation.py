"""Activation: a paid card becomes a policy, once, by the product's rules, with its money."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from selfcard.activation.commands import activate_card, discard_draft, save_draft
from selfcard.activation.errors import (
    CardActivatedAlready,
    CardExpired,
    CardNotSold,
    ConsentOutdated,
    DraftOfAnotherDevice,
    PremiumNotArrived,
    ProductNotOnCard,
    ProofExpired,
    RulesBroken,
)
from selfcard.activation.models import Draft, PinProof
from selfcard.activation.queries import answers_of
from selfcard.activation.verify import violations
from selfcard.core import clock
from selfcard.core.models import AuditEvent
from selfcard.core.refusals import RequestReused
from selfcard.custody.queries import find_card
from selfcard.ledger.queries import balances, entries_for
from selfcard.policies.errors import ApplicationNotComplete
from selfcard.policies.models import Policy
from selfcard.products.ages import Age, AgeRange
from selfcard.products.people import Relationship
from tests.factories.activation import (
    activate,
    agreed,
    holder,
    open_card,
    paid_cards,
    pay,
    product_of,
    sell,
)
from tests.factories.cards import PrintedCard, a_document_type
from tests.factories.custody import cards_at_institution
from tests.factories.organisations import Insurer
from tests.factories.policies import a_person, an_application, an_insured
from tests.factories.postgresql import triggers_at_rest
from tests.factories.products import a_product, a_published_version, some_rules

pytestmark = pytest.mark.django_db


@pytest.fixture
def cards(insurer: Insurer) -> list[PrintedCard]:
    return paid_cards(insurer)


def seen(card: PrintedCard) -> str:
    state = find_card(card.serial)
    assert state is not None
    return state.seen.value


def test_a_paid_card_becomes_a_policy_and_is_activated(cards, insurer) -> None:
    policy = activate(cards[0])

    assert policy.reason == ("card", cards[0].card_number)
    assert policy.organisation == insurer.institution
    assert policy.premium.amount == Decimal("100.00")
    assert seen(cards[0]) == "activated"
    assert seen(cards[1]) == "to_be_activated"
    state = find_card(cards[0].serial)
    assert state is not None
    assert state.policy_number == policy.number


def test_cover_runs_from_the_chosen_day_to_the_end_of_its_last(cards) -> None:
    starts_on = clock.today() + timedelta(days=7)
    policy = activate(cards[0], an_application(starts_on=starts_on))

    assert policy.starts_at == clock.day_start(starts_on)
    assert policy.ends_at.astimezone(clock.zone()).strftime("%H:%M:%S") == "23:59:59"


def test_its_premium_is_written_from_the_first_day_of_cover(cards) -> None:
    before = balances()
    starts_on = clock.today() + timedelta(days=7)
    policy = activate(cards[0], an_application(starts_on=starts_on))
    after = balances()

    moved = {code: after.get(code, 0) - before.get(code, 0) for code in after}
    assert {code: amount for code, amount in moved.items() if amount} == {
        "2201": Decimal("94.34"),
        "2202": Decimal("5.66"),
        "6001": Decimal("-94.34"),
        "2221": Decimal("-5.66"),
    }
    (entry,) = entries_for("policy", policy.number)
    assert entry.counts_from == starts_on


def test_when_every_card_is_activated_no_premium_waits(cards) -> None:
    for place, card in enumerate(cards):
        person = a_person(order=place + 1)
        activate(card, an_application(an_insured(person), applicant=person))

    assert balances()["2201"] == 0
    assert balances()["2202"] == 0


def test_repeating_the_submission_returns_the_same_policy(cards) -> None:
    again = uuid4()
    proof, application = open_card(cards[0]), agreed(an_application(), product_of(cards[0]))

    def submit(given=application) -> Policy:
        return activate_card(
            proof=proof,
            version=product_of(cards[0]),
            application=given,
            actor=holder(),
            request_id=again,
        )

    assert submit() == submit()
    assert Policy.objects.count() == 1
    with pytest.raises(RequestReused):
        submit(replace(application, starts_on=application.starts_on + timedelta(days=1)))


def test_an_activated_card_is_not_activated_again(cards) -> None:
    activate(cards[0])

    with pytest.raises(CardActivatedAlready):
        activate(cards[0])
    assert Policy.objects.count() == 1


def test_a_proof_makes_one_policy(cards) -> None:
    proof = open_card(cards[0])
    policy = activate(cards[0], proof=proof)
    proof.refresh_from_db()

    assert proof.policy_number == policy.number
    with pytest.raises(CardActivatedAlready):
        activate(cards[0], proof=proof)


def test_a_proof_is_worth_nothing_after_half_an_hour(cards) -> None:
    with clock.frozen(clock.now()):
        proof = open_card(cards[0])
        half_past = clock.now() + timedelta(minutes=30)
    with clock.frozen(half_past), pytest.raises(ProofExpired):
        activate(cards[0], proof=proof)
    assert seen(cards[0]) == "to_be_activated"


def test_a_card_in_inventory_is_refused_kindly(insurer) -> None:
    _, cards = cards_at_institution(insurer, 2)

    with pytest.raises(CardNotSold):
        activate(cards[0])


def test_a_card_whose_premium_has_not_arrived_is_refused_kindly(insurer) -> None:
    _, cards = cards_at_institution(insurer, 2)
    sale = sell(insurer, cards)

    with pytest.raises(PremiumNotArrived):
        activate(cards[0])
    assert not Policy.objects.exists()

    pay(insurer, sale)
    assert activate(cards[0])


def test_a_card_can_be_activated_up_to_the_end_of_its_last_day(cards) -> None:
    state = find_card(cards[0].serial)
    assert state is not None
    last_moment = clock.day_end(state.deadline)
    with clock.frozen(last_moment):
        assert activate(cards[0])
    with clock.frozen(last_moment + timedelta(seconds=1)), pytest.raises(CardExpired):
        activate(cards[1])


def test_a_card_becomes_only_a_product_of_its_type(insurer, cards) -> None:
    other = a_published_version(insurer, product=a_product(insurer, "TRV", "travel"))

    with pytest.raises(ProductNotOnCard):
        activate(cards[0], version=other)


def test_the_rules_of_the_product_refuse_and_leave_the_card_as_it_was(insurer) -> None:
    adults = a_published_version(
        insurer, rules=some_rules(insured_age=AgeRange(Age(years=18), Age(years=65)))
    )
    cards = paid_cards(insurer, 2, a_document_type(insurer, "AC-18", "620119", adults))
    old = a_person(birth_date=date(1950, 1, 1))

    with pytest.raises(RulesBroken) as refused:
        activate(cards[0], an_application(an_insured(old), applicant=old))
    assert [problem.code for problem in refused.value.problems] == ["insured_too_old"]
    assert seen(cards[0]) == "to_be_activated"
    assert not Policy.objects.exists()


def test_policies_of_the_product_in_force_count_over_cards(cards) -> None:
    activate(cards[0])

    with pytest.raises(RulesBroken) as refused:
        activate(cards[1])
    assert [problem.code for problem in refused.value.problems] == ["too_many_policies"]


def test_the_cap_on_a_childs_death_counts_over_cards(insurer) -> None:
    several = a_published_version(insurer, rules=some_rules(policies_per_insured=9))
    cards = paid_cards(insurer, 3, a_document_type(insurer, "AC-9", "620120", several))
    mother = a_person(birth_date=date(1990, 3, 3))
    child = a_person(name="小宝", birth_date=clock.today() - timedelta(days=5 * 365))
    for_child = an_application(an_insured(child, Relationship.CHILD, "0101001"), applicant=mother)
    # 100,000 each, and 200,000 at most for a child under ten.
    activate(cards[0], for_child)
    activate(cards[1], for_child)

    with pytest.raises(RulesBroken) as refused:
        activate(cards[2], for_child)
    assert [problem.code for problem in refused.value.problems] == ["minors_death_cover_too_high"]


def test_a_consent_counts_only_for_the_text_that_was_shown(cards) -> None:
    version = product_of(cards[0])
    application = agreed(an_application(), version)
    older = tuple(replace(consent, version="0") for consent in application.consents)

    with pytest.raises(ConsentOutdated):
        activate_card(
            proof=open_card(cards[0]),
            version=version,
            application=replace(application, consents=older),
            actor=holder(),
            request_id=uuid4(),
        )


def test_without_a_consent_there_is_no_policy(cards) -> None:
    application = replace(agreed(an_application(), product_of(cards[0])), consents=())

    with pytest.raises(ApplicationNotComplete):
        activate_card(
            proof=open_card(cards[0]),
            version=product_of(cards[0]),
            application=application,
            actor=holder(),
            request_id=uuid4(),
        )


def test_how_it_came_about_is_kept_with_the_policy(cards) -> None:
    proof = open_card(cards[0])
    policy = activate(cards[0], proof=proof)

    assert policy.evidence["proof"] == str(proof.pk)
    assert policy.evidence["source"] == "net 203.0.113.0/24"
    assert policy.channel == "portal"
    assert AuditEvent.objects.filter(event="card.activated", subject_number=policy.number).exists()


PHONE, LAPTOP = "the phone's token", "the laptop's token"


def keep(proof: PinProof, page: str, answers: object, device: str = PHONE) -> None:
    save_draft(
        proof=proof,
        device=device,
        page=page,
        answers=answers,
        actor=holder(),
        request_id=uuid4(),
    )


def test_a_draft_is_one_per_card_and_keeps_each_page(cards) -> None:
    proof = open_card(cards[0])
    keep(proof, "insured1", {"name": "王芳"})
    keep(open_card(cards[0]), "contact", {"phone": "138"})
    keep(proof, "insured1", {"name": "王方"})

    assert answers_of(cards[0].serial, PHONE) == {
        "insured1": {"name": "王方"},
        "contact": {"phone": "138"},
    }
    assert answers_of(cards[1].serial, PHONE) == {}


def test_a_draft_shows_itself_only_to_the_device_that_began_it(cards) -> None:
    keep(open_card(cards[0]), "contact", {"phone": "138"})

    other = open_card(cards[0])
    assert answers_of(cards[0].serial, LAPTOP) == {}
    with pytest.raises(DraftOfAnotherDevice):
        keep(other, "contact", {"phone": "139"}, LAPTOP)
    assert answers_of(cards[0].serial, PHONE) == {"contact": {"phone": "138"}}


def test_whoever_begins_afresh_on_another_device_discards_the_first_draft(cards) -> None:
    keep(open_card(cards[0]), "contact", {"phone": "138"})
    other = open_card(cards[0])
    discard_draft(proof=other, actor=holder(), request_id=uuid4())
    keep(other, "contact", {"phone": "139"}, LAPTOP)

    assert answers_of(cards[0].serial, PHONE) == {}
    assert answers_of(cards[0].serial, LAPTOP) == {"contact": {"phone": "139"}}


def test_nothing_is_kept_for_a_card_that_is_activated(cards) -> None:
    window = open_card(cards[0])
    activate(cards[0], proof=open_card(cards[0]))

    with pytest.raises(CardActivatedAlready):
        keep(window, "contact", {"phone": "138"})
    with pytest.raises(CardActivatedAlready):
        discard_draft(proof=window, actor=holder(), request_id=uuid4())
    assert not Draft.objects.exists()


def test_a_draft_is_sealed(cards) -> None:
    keep(open_card(cards[0]), "insured1", {"name": "独一无二"})

    with connection.cursor() as cursor:
        cursor.execute("SELECT answers FROM activation_draft")
        (stored,) = cursor.fetchone()
    assert "独一无二".encode() not in bytes(stored)


def test_saving_lengthens_the_visit_up_to_its_longest(cards) -> None:
    with clock.frozen(clock.now()):
        proof = open_card(cards[0])
        opened = clock.now()
    for minutes, ends_after in ((20, 50), (45, 75), (70, 100), (95, 120), (115, 120)):
        with clock.frozen(opened + timedelta(minutes=minutes)):
            keep(proof, "contact", {})
        proof.refresh_from_db()
        assert proof.expires_at == opened + timedelta(minutes=ends_after)
    with clock.frozen(opened + timedelta(minutes=120)), pytest.raises(ProofExpired):
        keep(proof, "contact", {})


def test_the_draft_is_gone_when_the_policy_is_there(cards) -> None:
    proof = open_card(cards[0])
    keep(proof, "contact", {"phone": "138"})
    activate(cards[0], proof=proof)

    assert not Draft.objects.exists()


def test_a_proof_is_used_exactly_when_it_became_a_policy(cards) -> None:
    open_card(cards[0])

    with pytest.raises(IntegrityError), transaction.atomic():
        PinProof.objects.update(used_at=clock.now())


def test_verify_finds_nothing_after_activations(cards) -> None:
    activate(cards[0])

    assert list(violations()) == []


@pytest.mark.parametrize(
    ("promise", "damage"),
    [
        ("has an activated card", "DELETE FROM custody_activatedcard"),
        (
            "activated card has a policy",
            "UPDATE policies_policy SET state = 'cancelled', cancelled_at = now()",
        ),
        ("written in the ledger", "UPDATE ledger_entry SET reason_number = 'P0'"),
        ("without a confirmed receipt", "UPDATE sales_salereceipt SET ended_at = now()"),
        ("without an accepted PIN", "DELETE FROM custody_openedcard"),
    ],
)
def test_verify_names_what_does_not_hold(cards, promise: str, damage: str) -> None:
    activate(cards[0])
    with triggers_at_rest(), connection.cursor() as cursor:
        cursor.execute(damage)

    assert any(promise in violation.promise for violation in violations())
