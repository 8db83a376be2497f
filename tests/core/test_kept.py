"""What says something of somebody is kept for a time that is said, and afterwards it is gone."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.apps import apps
from django.contrib.sessions.models import Session
from procrastinate.contrib.django import app

from selfcard.activation.commands import save_draft
from selfcard.activation.models import Draft, PinProof
from selfcard.core import clock, tasks
from selfcard.core import kept as room
from selfcard.core.actor import Actor
from selfcard.core.kept import (
    Retention,
    classes_of,
    forget,
    retentions,
    to_forget,
    without_retention,
)
from selfcard.core.models import AuditEvent, Request
from selfcard.core.tasks import forget_nightly
from selfcard.launcher.retention import past_lines, past_rows
from selfcard.policies.models import InsuredPerson, Policy
from tests.factories.activation import activate, holder, open_card, paid_cards
from tests.factories.organisations import an_insurer

DOCUMENT = Path(__file__).parents[2] / "docs" / "security.md"


def test_what_says_something_of_somebody_says_how_long_it_is_kept() -> None:
    assert list(without_retention()) == []


def test_a_model_of_which_nobody_says_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    said = retentions()
    less = {label: one for label, one in said.items() if label != "sales.Sale"}
    monkeypatch.setattr(room, "retentions", lambda: less | {"sales.Nothing": said["sales.Sale"]})

    assert list(without_retention()) == ["sales.Sale", "sales.Nothing is not there"]


@pytest.mark.parametrize("label", list(retentions()))
def test_a_time_counts_from_a_moment_of_the_row(label: str) -> None:
    for one in retentions()[label]:
        assert (one.time is None) == (not one.since)
        assert one.time is not None or not one.swept
        if one.since:
            apps.get_model(label)._base_manager.filter(
                one.only, **{f"{one.since}__lt": clock.now()}
            )


def test_the_document_says_of_every_table_how_long_it_is_kept() -> None:
    written = re.findall(r"^\| `\w+\.\w+` \|.*$", DOCUMENT.read_text(encoding="utf-8"), re.M)

    assert written == [
        _row(label, one) for label, several in retentions().items() for one in several
    ]


def test_the_document_gives_every_reason() -> None:
    written = re.findall(r"^\| \*\*([a-z-]+)\*\* \|", DOCUMENT.read_text(encoding="utf-8"), re.M)

    assert written == [reason.value for reason in room.Reason]


def test_every_sentence_of_the_document_that_names_a_test_has_it() -> None:
    text = re.sub(r"\s+", " ", DOCUMENT.read_text(encoding="utf-8"))
    named = re.findall(r"\[([\w ]+)\]\(\.\./(tests/\S+?\.py)\)", text)

    assert len(named) > 20
    for name, path in named:
        test = (DOCUMENT.parents[1] / path).read_text(encoding="utf-8")
        assert f"def test_{name.lower().replace(' ', '_')}(" in test, name


def _row(label: str, one: Retention) -> str:
    """A line of the document's table."""
    holds = ", ".join(classes_of(apps.get_model(label))) or "business"
    part = (
        f" ({', '.join(f'{name} {value}' for name, value in one.only.children)})"
        if one.only
        else ""
    )
    ends = "the night after" if one.swept else "nothing" if one.time is None else "the insurer"
    return f"| `{label}` | {holds} | {_time(one)}{part} | {one.reason} | {ends} |"


def _time(one: Retention) -> str:
    if one.time is None:
        return "as long as what it belongs to"
    years, days = divmod(one.time.days, 366)
    parts = {"year": years, "day": days, "hour": one.time.seconds // 3600}
    said = [f"{count} {part}{'s' * (count > 1)}" for part, count in parts.items() if count]
    return f"{' '.join(said)} after `{one.since}`" if said else f"until `{one.since}`"


def forget_in(**later: Any) -> None:
    with clock.frozen(clock.now() + timedelta(**later)):
        forget_nightly(0)


@pytest.mark.django_db
def test_a_draft_is_forgotten_a_month_after_it_was_last_saved() -> None:
    proof = open_card(paid_cards(an_insurer(), 1)[0])
    save_draft(
        proof=proof,
        device="token",
        page="insured1",
        answers={"name": "王芳"},
        actor=holder(),
        request_id=uuid4(),
    )

    forget_in(days=29)
    assert Draft.objects.exists()
    forget_in(days=31)
    assert not Draft.objects.exists()


@pytest.mark.django_db
def test_a_proof_that_became_a_policy_stays_with_it() -> None:
    first, second = paid_cards(an_insurer(), 2)
    activate(first)
    open_card(second)

    forget_in(days=2)
    assert [proof.serial for proof in PinProof.objects.all()] == [first.serial]


@pytest.mark.django_db
def test_what_a_request_was_is_forgotten_and_what_was_done_is_not() -> None:
    activate(paid_cards(an_insurer(), 1)[0])
    done = AuditEvent.objects.count()

    forget_in(days=31)
    assert {one.command for one in Request.objects.all()} == {"core.kept.forget"}
    told = AuditEvent.objects.filter(event="data.forgotten")
    assert AuditEvent.objects.count() == done + told.count()
    assert "core.Request" in {event.facts["table"] for event in told}


@pytest.mark.django_db
def test_a_session_is_forgotten_when_it_is_over() -> None:
    for key, days in (("over", -1), ("open", 1)):
        Session.objects.create(
            session_key=key, session_data="", expire_date=clock.now() + timedelta(days=days)
        )

    forget_nightly(0)
    assert [session.session_key for session in Session.objects.all()] == ["open"]


@pytest.mark.django_db
@pytest.mark.parametrize("model", [AccessAttempt, AccessFailureLog, AccessLog])
def test_sign_ins_are_forgotten_after_half_a_year(model: Any) -> None:
    more = {"failures_since_start": 1} if model is AccessAttempt else {}
    model.objects.create(username="H001", ip_address="203.0.113.7", **more)

    forget_in(days=183)
    assert model.objects.exists()
    forget_in(days=185)
    assert not model.objects.exists()


@pytest.mark.django_db
def test_a_policy_is_never_forgotten_by_itself_and_is_counted_when_its_time_is_over() -> None:
    policy = activate(paid_cards(an_insurer(), 1)[0])

    with clock.frozen(policy.ends_at + timedelta(days=10 * 366 + 1)):
        forget_nightly(0)
        past = {row["table"]: row["past"] for row in past_rows() if row["past"]}
        assert past["policies.Policy"] == past["policies.InsuredPerson"] == 1
        assert any("for the insurer to decide" in line for line in past_lines())
    assert Policy.objects.count() == InsuredPerson.objects.count() == 1
    with clock.frozen(policy.ends_at + timedelta(days=10 * 365)):
        assert not [row for row in past_rows() if row["table"] == "policies.Policy" and row["past"]]


@pytest.mark.django_db
def test_a_night_forgets_more_than_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_ROWS", 2)
    for place in range(5):
        Session.objects.create(
            session_key=str(place), session_data="", expire_date=clock.now() - timedelta(days=1)
        )

    assert to_forget() == ["sessions.Session"]
    assert forget(label="sessions.Session", actor=Actor.system(), request_id=uuid4()) == 2
    forget_nightly(0)
    assert not Session.objects.exists()


def test_jobs_that_are_over_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []

    async def delete(**given: Any) -> None:
        asked.append(given)

    monkeypatch.setattr(app.job_manager, "delete_old_jobs", delete)
    # A thread of its own: a browser of another test may hold this one.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, tasks.forget_jobs_nightly(0)).result()

    assert [(one["nb_hours"], one.get("include_failed", False)) for one in asked] == [
        (24, False),
        (2160, True),
    ]
