"""Any paper opens for whoever may see what it is about."""

from __future__ import annotations

from uuid import uuid4

import pytest

from selfcard.custody.models import Issue
from selfcard.inquiry.errors import NoSuchPaper
from selfcard.inquiry.queries.biography import find_biography
from selfcard.inquiry.queries.papers import open_paper
from selfcard.payments.commands import PayeeGiven
from selfcard.policies.models import Policy
from selfcard.sales.commands import correct_payment
from tests.factories.activation import activate, cancel
from tests.factories.reading import words_of
from tests.factories.recoveries import take_back, voucher

pytestmark = pytest.mark.django_db


@pytest.fixture
def papers(shop):
    """The kind and number of every paper that a card's life has made."""
    invoice = shop.sell_and_settle((1, 5))
    policy = activate(shop.cards[0])
    return {
        "print_protocol": shop.batch.number,
        "check_in": shop.batch.number,
        "issue_note": Issue.objects.earliest("issued_at").number,
        "charge_list": invoice.receipt.reason_number,
        "charge_receipt": invoice.receipt.number,
        "invoice": invoice.number,
        "notice": invoice.receipt.reason_number,
        "policy": policy.number,
        "policy_card": policy.number,
        "clauses": policy.product_version.code,
    }


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_paper_of_a_cards_life_opens_as_pdf(shop, papers, language):
    for kind, number in papers.items():
        pdf = open_paper(
            kind=kind, number=number, language=language, actor=shop.insurer.actor("chief")
        )
        assert pdf.startswith(b"%PDF-"), kind


def test_a_foreign_organisation_opens_none_of_them(shop, papers):
    del papers["clauses"]  # everybody on the staff may read what is sold
    for kind, number in papers.items():
        with pytest.raises(NoSuchPaper):
            open_paper(
                kind=kind, number=number, language="en", actor=shop.insurer.actor("other_keeper")
            )


def test_every_edition_of_a_policy_that_was_handed_out_is_found(shop, papers):
    policy = Policy.objects.get(number=papers["policy"])
    chief = {"language": "en", "actor": shop.insurer.actor("chief")}
    first = open_paper(kind="policy", number=policy.number, **chief)
    cancel(shop.insurer, policy)

    second = open_paper(kind="policy", number=policy.number, **chief)

    assert "Thispolicyiscancelled" in words_of(second)
    assert open_paper(kind="policy", number=f"{policy.number}-1", **chief) == first
    assert open_paper(kind="policy", number=f"{policy.number}-2", **chief) == second
    for number in (f"{policy.number}-3", f"{policy.number}-x", f"{policy.number}-{'9' * 5000}"):
        with pytest.raises(NoSuchPaper):
            open_paper(kind="policy", number=number, **chief)


def test_whoever_only_holds_cards_of_a_batch_does_not_learn_how_the_others_came(shop):
    paper = {"kind": "check_in", "number": shop.batch.number, "language": "en"}
    for name, may_open in (("keeper", False), ("branch_keeper", False), ("second", True)):
        actor = shop.insurer.actor(name)
        arrivals = [
            event.opens
            for event in find_biography(actor, shop.cards[50].serial).events
            if event.kind == "check_in_printed"
        ]
        assert arrivals == [may_open], name
        if may_open:
            assert open_paper(**paper, actor=actor).startswith(b"%PDF-")
        else:
            with pytest.raises(NoSuchPaper):
                open_paper(**paper, actor=actor)


def test_what_is_no_paper_is_not_found(shop):
    for kind, number in {
        "policy": "P0",
        "policy_card": "P0",
        "clauses": "ACC-x",
        "unheard_of": "1",
        "../x": "1",
    }.items():
        with pytest.raises(NoSuchPaper):
            open_paper(kind=kind, number=number, language="en", actor=shop.insurer.actor("chief"))


def test_a_corrected_voucher_opens_as_it_holds_now_and_each_edition_by_its_number(shop):
    sale = shop.sell_and_settle((1, 5)).receipt.sales.get().sale
    keeper = shop.insurer.actor("keeper")
    wrong, right = (
        PayeeGiven(way="payee", name=name, bank="工商银行", bank_account="12020201099001")
        for name in ("李小明", "李晓明")
    )
    payment = voucher(shop, take_back(shop, sale), wrong)
    correct_payment(payment=payment, payee=right, actor=keeper, request_id=uuid4())

    def opened(number):
        pdf = open_paper(kind="payment_receipt", number=number, language="zh-hans", actor=keeper)
        return words_of(pdf)

    assert "李晓明" in opened(payment.number)
    assert "收款人已更正" in opened(payment.number)
    assert opened(f"{payment.number}-2") == opened(payment.number)
    assert "李小明" in opened(f"{payment.number}-1")
    assert "收款人已更正" not in opened(f"{payment.number}-1")
    with pytest.raises(NoSuchPaper):
        opened(f"{payment.number}-3")
