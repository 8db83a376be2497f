"""Newer keys: what was sealed stays what it was, and nothing is left under a former key."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from selfcard.activation.commands import save_draft
from selfcard.activation.models import Draft
from selfcard.activation.queries import answers_of
from selfcard.core.actor import Actor
from selfcard.core.encryption import EncryptedBytes, key_id, seal, sealed_under, unseal
from selfcard.core.keys import forget_keys, key, keys
from selfcard.core.models import AuditEvent, Paper
from selfcard.core.resealing import (
    SealedColumns,
    count_by_key,
    everything_sealed,
    key_names,
    make_newer_key,
    reseal,
)
from selfcard.launcher.errors import Trouble
from selfcard.launcher.keys import listed, reseal_all, rotate
from selfcard.policies.models import Policy
from selfcard.policies.queries import policy_view
from selfcard.web.account import StaffTwoStep
from tests.factories.activation import activate, holder, open_card, paid_cards, try_gate
from tests.factories.organisations import an_insurer

PLACE = "table.column"


@pytest.fixture(autouse=True)
def own_keys(settings: Any, tmp_path: Path) -> Iterator[Path]:
    settings.KEY_FOLDER = tmp_path / "keys"
    forget_keys()
    yield settings.KEY_FOLDER
    forget_keys()


def a_newer_key(name: str = "personal-data") -> None:
    make_newer_key(name=name, actor=Actor.system("operator"), request_id=uuid4())


def reseal_now(name: str) -> list[str]:
    said: list[str] = []
    reseal_all(name, said.append)
    return said


@pytest.mark.django_db
def test_the_newest_key_seals_and_the_former_ones_still_open() -> None:
    before = seal(b"what it was", PLACE)
    former = key("personal-data")
    a_newer_key()

    after = seal(b"what it is", PLACE)

    assert unseal(before, PLACE) == b"what it was"
    assert unseal(after, PLACE) == b"what it is"
    assert sealed_under(before) == key_id(former)
    assert sealed_under(after) == key_id(key("personal-data")) != key_id(former)
    assert keys("personal-data")[1] == former


@pytest.mark.django_db
def test_a_process_that_knows_only_the_former_key_opens_what_the_newer_sealed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from selfcard.core import keys as room

    key("personal-data")
    as_another_process_knows_them = dict(room._known)
    a_newer_key()
    sealed = seal(b"by the newer", PLACE)

    monkeypatch.setattr(room, "_known", as_another_process_knows_them)

    assert len(keys("personal-data")) == 1
    assert unseal(sealed, PLACE) == b"by the newer"
    assert len(keys("personal-data")) == 2


@pytest.mark.django_db
def test_a_process_looks_for_a_newer_key_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    from selfcard.core import keys as room

    key("personal-data")
    as_another_process_knows_them = dict(room._known)
    a_newer_key()
    newest = key("personal-data")
    monkeypatch.setattr(room, "_known", as_another_process_knows_them)
    assert key("personal-data") != newest

    in_a_while = room.time.monotonic() + room.MEMORY_S
    monkeypatch.setattr(room.time, "monotonic", lambda: in_a_while)

    assert key("personal-data") == newest


def test_newest_and_former_keys_may_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, own_keys: Path
) -> None:
    monkeypatch.setenv("SELFCARD_KEY_PERSONAL_DATA", "ab" * 32)
    sealed = seal(b"by the former", PLACE)
    monkeypatch.setenv("SELFCARD_KEY_PERSONAL_DATA", "cd" * 32)
    monkeypatch.setenv("SELFCARD_KEY_PERSONAL_DATA_FORMER", "ef" * 32 + "," + "ab" * 32)
    forget_keys()

    assert key("personal-data") == bytes.fromhex("cd" * 32)
    assert unseal(sealed, PLACE) == b"by the former"
    assert not own_keys.exists()
    with pytest.raises(Trouble, match="comes from the environment"):
        rotate("personal-data", print)


def test_what_no_key_here_has_sealed_does_not_open() -> None:
    stranger = seal(b"x", PLACE, "another-name")

    assert sealed_under(stranger) is None
    with pytest.raises(ValueError, match="a key that is not here"):
        unseal(stranger, PLACE)


def test_every_encrypted_field_is_sealed_anew() -> None:
    """Also one that a room will add: they are found by their kind."""
    tables = [one for one in everything_sealed() if isinstance(one, SealedColumns)]
    found = {(one.model, name) for one in tables for name in one.columns}
    encrypted = {
        (model, field.name)
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, EncryptedBytes)
    }
    assert encrypted
    assert encrypted <= found
    assert key_names() == ["personal-data", "pin-wrapping"]


@pytest.fixture
def lived_in() -> dict[str, Any]:
    """A policy, a draft, papers and an authenticator app, all sealed with the first key."""
    insurer = an_insurer()
    cards = paid_cards(insurer)
    policy = activate(cards[0], proof=open_card(cards[0]))
    save_draft(
        proof=open_card(cards[1]),
        device="a phone",
        page="contact",
        answers={"phone": "13800138000"},
        actor=holder(),
        request_id=uuid4(),
    )
    Authenticator.objects.create(
        user=insurer.keeper, type="totp", data={"secret": StaffTwoStep().encrypt("BASE32SECRET")}
    )
    return {"policy": policy, "cards": cards}


@pytest.mark.django_db
def test_everything_is_sealed_anew_and_says_what_it_said(lived_in: dict[str, Any]) -> None:
    policy, cards = lived_in["policy"], lived_in["cards"]
    told = policy_view(policy, masked=False)
    papers = {one.pk: one.facts for one in Paper.objects.all()}
    former = key_id(key("personal-data"))
    values = count_by_key("personal-data")[former]
    assert values > 10
    a_newer_key()
    newest = key_id(key("personal-data"))

    said = reseal_now("personal-data")

    assert count_by_key("personal-data") == {newest: values, former: 0}
    assert said[-1].startswith(f"{values:,} values are sealed with {newest.hex()}")
    again = policy_view(Policy.objects.get(pk=policy.pk), masked=False)
    assert again.applicant == told.applicant
    assert again.insured == told.insured
    assert again.phone == told.phone
    assert {one.pk: one.facts for one in Paper.objects.all()} == papers
    assert answers_of(cards[1].serial, "a phone") == {"contact": {"phone": "13800138000"}}
    (app,) = Authenticator.objects.all()
    assert StaffTwoStep().decrypt(app.data["secret"]) == "BASE32SECRET"
    assert reseal_now("personal-data")[-1].startswith("0 values")
    assert [one.facts["values"] for one in AuditEvent.objects.filter(event="key.resealed")] == [
        values,
        0,
    ]


@pytest.mark.django_db
def test_pins_are_compared_as_before_under_a_newer_wrapping_key(lived_in: dict[str, Any]) -> None:
    card = lived_in["cards"][2]
    a_newer_key("pin-wrapping")

    reseal_now("pin-wrapping")

    newest, former = (key_id(one) for one in keys("pin-wrapping"))
    assert count_by_key("pin-wrapping") == {newest: 2, former: 0}
    assert try_gate(card.card_number, "0" * 12) is None
    assert try_gate(card.card_number, card.pin) is not None


@pytest.mark.django_db
def test_triggers_rest_for_nothing_else(lived_in: dict[str, Any]) -> None:
    a_newer_key()
    reseal_now("personal-data")

    with pytest.raises(IntegrityError, match="is never changed"), transaction.atomic():
        Policy.objects.filter(pk=lived_in["policy"].pk).update(name="Somebody else")


@pytest.mark.django_db(transaction=True)
def test_a_row_that_somebody_changes_meanwhile_keeps_the_change(
    lived_in: dict[str, Any],
) -> None:
    """The writer holds the row while everything is sealed anew; the pass waits for its turn."""
    serial = lived_in["cards"][1].serial
    a_newer_key()
    is_held, may_end = threading.Event(), threading.Event()

    def change() -> None:
        try:
            with transaction.atomic():
                Draft.objects.select_for_update().get(serial=serial)
                is_held.set()
                may_end.wait(20)
                Draft.objects.filter(serial=serial).update(answers='{"contact": {"phone": "1"}}')
        finally:
            connection.close()

    writer = threading.Thread(target=change)
    writer.start()
    assert is_held.wait(10)
    done = reseal("personal-data")
    threading.Timer(0.5, may_end.set).start()
    for _ in done:
        pass
    writer.join()

    newest, former = (key_id(one) for one in keys("personal-data"))
    assert count_by_key("personal-data")[former] == 0
    assert count_by_key("personal-data")[newest] > 10
    assert answers_of(serial, "a phone") == {"contact": {"phone": "1"}}


@pytest.mark.django_db
def test_the_list_names_each_key_with_what_it_seals(lived_in: dict[str, Any]) -> None:
    a_newer_key()

    lines = list(listed())

    assert [line.split()[0] for line in lines] == ["personal-data"] * 2 + ["pin-wrapping"]
    assert ["seals now" in line for line in lines] == [True, False, True]


@pytest.mark.django_db
def test_only_what_is_sealed_has_keys_to_follow() -> None:
    with pytest.raises(Trouble, match="personal-data, pin-wrapping"):
        rotate("blind-index", print)
