"""One card's whole life by commands: what custody, the papers and the books say at each step."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from selfcard.activation.commands import activate_card, open_gate
from selfcard.activation.texts import versions_of_texts
from selfcard.cards.queries import current_version
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.models import AuditEvent, Paper
from selfcard.core.papers import pdf_of
from selfcard.core.serials import SerialRun
from selfcard.custody.commands import check_in, check_in_printed, issue_cards
from selfcard.custody.models import Movement
from selfcard.custody.queries import find_card
from selfcard.ledger.models import Posting
from selfcard.payments.commands import TenderGiven
from selfcard.policies.application import ConsentGiven, ConsentKind
from selfcard.sales.commands import issue_charge_receipt, register_sale, settle_receipt
from tests.factories.cards import a_printed_batch
from tests.factories.custody import cards_of, custody
from tests.factories.drawers import open_a_drawer
from tests.factories.organisations import an_insurer
from tests.factories.policies import an_application
from tests.factories.verifying import everything_holds

pytestmark = pytest.mark.django_db
HOLDER = Actor.holder(source="203.0.113.9")


def books() -> dict[str, Decimal]:
    """What each account has, debits positive; accounts that are even are left out."""
    found: dict[str, Decimal] = {}
    for posting in Posting.objects.select_related("account"):
        code = posting.account.code
        found[code] = found.get(code, Decimal(0)) + posting.amount
    return {code: amount for code, amount in found.items() if amount}


def papers() -> set[str]:
    return set(Paper.objects.values_list("kind", flat=True))


def agreed(application, version):
    """The application with the consents that this product's present texts need."""
    texts = versions_of_texts(version)
    return replace(
        application,
        consents=tuple(
            ConsentGiven(kind=kind, version=texts[kind], given_at=clock.now())
            for kind in (ConsentKind.TERMS, ConsentKind.PRIVACY)
        ),
    )


def by(insurer, name) -> dict:
    return {"actor": insurer.actor(name), "request_id": uuid4()}


def test_a_card_goes_from_the_printer_to_a_policy():
    insurer = an_insurer()

    # Printed, with three cards missing and one damaged.
    batch, printed = a_printed_batch(insurer, 1000)
    document_type = batch.type_version.document_type
    assert custody(batch) == [("Head office", "printed", 1, 1000)]
    assert books() == {}
    check_in_printed(
        batch=batch,
        missing=(cards_of(batch, 998, 1000),),
        damaged=(cards_of(batch, 5, 5),),
        **by(insurer, "chief"),
    )
    assert custody(batch) == [
        ("Head office", "inventory", 1, 4),
        ("Head office", "void", 5, 5),
        ("Head office", "inventory", 6, 997),
        ("Head office", "void", 998, 1000),
    ]
    everything_holds()

    # Head office → branch → institution, each checks in.
    to_branch = issue_cards(
        document_type=document_type,
        runs=(cards_of(batch, 101, 600),),
        to=insurer.branch.party,
        for_organisation=insurer.institution,
        **by(insurer, "chief"),
    )
    assert ("Head office", "in_transit", 101, 600) in custody(batch)
    check_in(issue=to_branch, **by(insurer, "branch_keeper"))
    to_institution = issue_cards(
        document_type=document_type,
        runs=(cards_of(batch, 101, 400),),
        to=insurer.institution.party,
        for_organisation=insurer.department,
        **by(insurer, "branch_keeper"),
    )
    check_in(issue=to_institution, **by(insurer, "keeper"))

    # Issue registration to an individual, who holds the cards at once.
    issue_cards(
        document_type=document_type,
        runs=(cards_of(batch, 101, 150),),
        to=insurer.seller.party,
        **by(insurer, "keeper"),
    )
    assert custody(batch)[2:] == [
        ("Head office", "inventory", 6, 100),
        ("Person I02", "inventory", 101, 150),
        ("Institution", "inventory", 151, 400),
        ("Branch", "inventory", 401, 600),
        ("Head office", "inventory", 601, 997),
        ("Head office", "void", 998, 1000),
    ]
    everything_holds()

    # Sold: ten cards of the individual and ten of the institution in one sale.
    sold = (cards_of(batch, 141, 160),)
    sale = register_sale(
        document_type=document_type,
        runs=sold,
        seller_organisation=insurer.institution,
        seller=insurer.seller.party,
        business_source="direct",
        **by(insurer, "keeper"),
    )
    assert (sale.count, sale.amount, sale.currency) == (20, Decimal("2000.00"), "CNY")
    assert ("Person I02", "sold", 141, 150) in custody(batch)
    assert ("Institution", "sold", 151, 160) in custody(batch)
    assert books() == {}

    # The money is asked for, and another person confirms that it has arrived.
    receipt = issue_charge_receipt(sales=(sale,), **by(insurer, "keeper"))
    open_a_drawer(insurer)
    invoice = settle_receipt(
        receipt=receipt,
        tenders=(
            TenderGiven("cash", Decimal("500.00")),
            TenderGiven("transfer", Decimal("1500.00"), clock.today(), "BOC-77"),
        ),
        **by(insurer, "cashier"),
    )
    assert ("Institution", "to_be_activated", 151, 160) in custody(batch)
    assert (invoice.net, invoice.tax, invoice.gross) == (
        Decimal("1886.80"),
        Decimal("113.20"),
        Decimal("2000.00"),
    )
    assert books() == {
        "1001": Decimal("500.00"),
        "1002": Decimal("1500.00"),
        "2201": Decimal("-1886.80"),
        "2202": Decimal("-113.20"),
    }
    everything_holds()

    # The holder proves card and PIN and becomes insured.
    card = printed[150]
    proof = open_gate(
        card_number=card.card_number,
        pin=card.pin,
        source="203.0.113.9",
        actor=HOLDER,
        request_id=uuid4(),
    )
    assert proof is not None
    version = current_version(document_type).product_versions.get()
    policy = activate_card(
        proof=proof,
        version=version,
        application=agreed(an_application(), version),
        actor=HOLDER,
        request_id=uuid4(),
    )
    state = find_card(card.serial)
    assert state is not None
    assert (state.seen, state.policy_number) == ("activated", policy.number)
    assert clock.today() + timedelta(days=1) == policy.starts_at.astimezone(clock.zone()).date()
    assert books() == {
        "1001": Decimal("500.00"),
        "1002": Decimal("1500.00"),
        "2201": Decimal("-1792.46"),
        "2202": Decimal("-107.54"),
        "6001": Decimal("-94.34"),
        "2221": Decimal("-5.66"),
    }
    everything_holds()

    # Every step can be found again, each with its paper, and each paper can be printed.
    steps = Movement.objects.filter(serials__contains=card.serial).order_by("id")
    assert [movement.kind for movement in steps] == [
        "print",
        "check_in_printed",
        "issue",
        "check_in",
        "issue",
        "check_in",
        "sale",
        "settlement",
    ]
    assert {
        "print_protocol",
        "issue_note",
        "charge_list",
        "charge_receipt",
        "invoice",
        "notice",
    } <= papers()
    for paper in Paper.objects.all():
        for language in ("zh-hans", "en"):
            assert pdf_of(paper, language).startswith(b"%PDF")
    assert AuditEvent.objects.filter(event="card.activated", serials__contains=card.serial).exists()


def test_a_run_of_one_card_is_a_run_like_any_other():
    insurer = an_insurer()
    batch, _ = a_printed_batch(insurer, 1)
    check_in_printed(batch=batch, **by(insurer, "chief"))
    only = SerialRun(batch.run.first, batch.run.first)
    issue_cards(
        document_type=batch.type_version.document_type,
        runs=(only,),
        to=insurer.branch.party,
        for_organisation=insurer.institution,
        **by(insurer, "chief"),
    )
    assert custody(batch) == [("Head office", "in_transit", 1, 1)]
    everything_holds()
