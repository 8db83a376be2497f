"""Money, keys, encryption, and what the tables that everybody shares promise."""

import stat
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from cryptography.exceptions import InvalidTag
from django.db import connection

from selfcard.core import clock
from selfcard.core.encryption import blind_index, seal, unseal
from selfcard.core.keys import forget_keys, key_in
from selfcard.core.models import NumberSeries, Work
from selfcard.core.money import Money, split_tax
from selfcard.core.papers import freeze_paper
from selfcard.core.verify import violations
from tests.factories.papers.custody import an_issue_note
from tests.factories.postgresql import refused_by_postgresql


@pytest.mark.parametrize(
    ("gross", "rate", "net", "tax"),
    [
        ("100.00", "0.06", "94.34", "5.66"),
        ("50.00", "0.06", "47.17", "2.83"),
        ("0.01", "0.06", "0.01", "0.00"),
        ("100.00", None, "100.00", "0.00"),
    ],
)
def test_a_gross_amount_is_split_into_net_and_tax_to_the_cent(gross, rate, net, tax):
    parts = split_tax(Decimal(gross), Decimal(rate) if rate else None)
    assert parts == (Decimal(net), Decimal(tax))
    assert sum(parts) == Decimal(gross)


def test_money_of_two_currencies_does_not_add_up():
    with pytest.raises(ValueError, match="do not add up"):
        Money(Decimal(1), "CNY") + Money(Decimal(1), "EUR")


def test_a_key_is_made_once_and_only_its_owner_may_read_it(tmp_path):
    made = key_in(tmp_path / "keys", "a")
    forget_keys()
    assert key_in(tmp_path / "keys", "a") == made
    assert stat.S_IMODE((tmp_path / "keys/a.key").stat().st_mode) == 0o600


def test_a_key_from_the_environment_wins(tmp_path, monkeypatch):
    monkeypatch.setenv("SELFCARD_KEY_MY_NAME", "ab" * 32)
    assert key_in(tmp_path, "my-name") == bytes.fromhex("ab" * 32)
    assert not list(tmp_path.iterdir())


def test_a_sealed_value_opens_only_in_its_own_place():
    sealed = seal("欧阳娜娜".encode(), "policy.name")
    assert unseal(sealed, "policy.name").decode() == "欧阳娜娜"
    assert "欧阳".encode() not in sealed
    with pytest.raises(InvalidTag):
        unseal(sealed, "policy.address")


def test_equal_values_have_equal_blind_indexes_for_one_purpose_only():
    assert blind_index("identity", "1") == blind_index("identity", "1")
    assert blind_index("identity", "1") != blind_index("phone", "1")


def test_the_day_is_the_insurers_day():
    with clock.frozen(date(2026, 2, 28)):
        assert clock.today() == date(2026, 2, 28)
        assert str(clock.day_end(clock.today())) == "2026-02-28 23:59:59+08:00"


@pytest.mark.django_db
def test_a_paper_is_made_once():
    paper = freeze_paper(kind="issue_note", number="IN-1", facts=an_issue_note())

    paper.pk = None
    with refused_by_postgresql("a_paper_is_made_once"):
        paper.save()


@pytest.mark.django_db
def test_a_series_counts_from_one():
    with refused_by_postgresql("a_series_counts_from_one"):
        NumberSeries.objects.create(name="invoice:100101:2026", last=0)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "promise"),
    [
        ({"done": 11}, "work_done_is_within_the_total"),
        ({"done": -1}, "work_done_is_within_the_total"),
        ({"state": "done"}, "work_has_ended_exactly_when_it_has_an_end"),
        ({"ended_at": datetime(2026, 11, 23, tzinfo=UTC)}, "work_has_ended_exactly_when"),
    ],
    ids=str,
)
def test_work_says_how_far_it_is_and_when_it_ended(changes, promise):
    Work.objects.create(kind="batch", subject="B-1", total=10, started_at=clock.now())

    with refused_by_postgresql(promise):
        Work.objects.update(**changes)


@pytest.mark.django_db
def test_verify_names_a_request_without_an_audit_event():
    assert list(violations()) == []
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_request (id, command, digest, at)"
            " VALUES (gen_random_uuid(), 'cards.issue', '', now())"
        )
    assert [violation.message for violation in violations()] == ["cards.issue, no audit event"]
