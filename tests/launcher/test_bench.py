"""`selfcard bench`: on books that could be an insurer's, with an answer for programs."""

import pytest

from bench.books import QUIET, build_books
from selfcard.custody.models import ActivatedCard, Holding
from selfcard.launcher.promises import broken_promises


@pytest.mark.django_db(transaction=True)
def test_the_books_that_are_measured_keep_every_promise_but_that_nobody_is_insured() -> None:
    build_books(cards=10_000, holdings=200, activated=3_000)

    assert Holding.objects.count() == 200
    assert ActivatedCard.objects.count() == 3_000
    broken = {violation.promise for _, violation in broken_promises()}
    assert broken == {"Every activated card has a policy"}


@pytest.mark.django_db(transaction=True)
def test_quiet_books_lie_in_as_many_holdings_as_were_asked_for() -> None:
    build_books(cards=1_500, holdings=700, fates=QUIET)

    assert Holding.objects.count() == 700
    assert not list(broken_promises())
