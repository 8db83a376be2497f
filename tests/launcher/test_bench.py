"""`selfcard bench`: on books that could be an insurer's, with an answer for programs."""

import json
import os
import subprocess
import sys
from collections import Counter
from contextlib import nullcontext
from typing import Any

import pytest
from click.testing import CliRunner
from django.db import connection
from django.test.utils import override_settings
from psycopg.conninfo import make_conninfo

import bench.activation
import bench.answers
import bench.custody
import bench.gate
import bench.guessing
import bench.money
import bench.papers
import bench.sms
from bench.activating import follow, two_connections
from bench.answers import distance
from bench.books import QUIET, build_books
from bench.crowd import send
from bench.holders import with_pins
from bench.parts import PARTS
from selfcard.activation.models import GateAlarm
from selfcard.custody.models import ActivatedCard, Holding
from selfcard.launcher import cli
from selfcard.launcher.folder import PROJECT
from selfcard.launcher.promises import broken_promises
from tests.conftest import EMPTY

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_books_that_are_measured_keep_every_promise_but_that_nobody_is_insured() -> None:
    build_books(cards=10_000, holdings=200, activated=3_000)

    assert Holding.objects.count() == 200
    assert ActivatedCard.objects.count() == 3_000
    broken = {violation.promise for _, violation in broken_promises()}
    assert broken == {
        "Every activated card has a policy",
        "The reconciliation is empty: Policy, and its activated card",
        "The reconciliation is empty: Cards awaiting activation, and card premiums in the ledger",
    }


def test_quiet_books_lie_in_as_many_holdings_as_were_asked_for() -> None:
    build_books(cards=1_500, holdings=700, fates=QUIET)

    assert Holding.objects.count() == 700
    assert not list(broken_promises())


@pytest.fixture
def measured_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each part on this test's own database, emptied before, instead of one of its own."""

    def run(part: str, sizes: dict[str, int], address: str) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(EMPTY)
        return json.loads(json.dumps(PARTS[part](**sizes)))

    for measured in (
        bench.custody, bench.money, bench.gate, bench.papers, bench.activation, bench.sms,
    ):  # fmt: skip
        monkeypatch.setattr(measured, "books_to_forget", lambda: nullcontext("books"))
        monkeypatch.setattr(measured, "copy_of", lambda books, name: nullcontext(name))
        monkeypatch.setattr(measured, "run_part", run)


def asked(*arguments: str, of: str = "custody") -> Any:
    return CliRunner().invoke(cli.main, ["bench", of, *arguments], catch_exceptions=False)


def test_a_small_measurement_says_everything_that_programs_read(measured_here: None) -> None:
    answer = asked("--holdings", "100", "--rounds", "1", "--json")

    assert answer.exit_code == 0
    found = json.loads(answer.stdout)
    assert found["sizes"] == {"holdings": 100, "rounds": 1}
    assert {"processor", "cores", "memory_mb", "load", "postgresql", "settings"} <= set(
        found["machine"]
    )
    assert found["making"]["cards"] == 100
    assert found["making"]["times_faster_than_a_row_a_card"] > 0
    (beside,) = found["deeds"]
    assert {(deed["deed"], deed["cards"]) for deed in beside["deeds"]} == {
        (deed, cards)
        for deed in ("issue", "check_in", "recall", "ask_void", "void")
        for cards in (1, 100)
    }
    assert all(deed["p50_ms"] <= deed["p99_ms"] for deed in beside["deeds"])
    assert beside["one_card"]["statements"] <= 3
    pages = found["pages"]
    assert (pages["cards"], pages["holdings"], pages["activated"]) == (1_000, 20, 300)
    assert all(page["statements"] and page["first_ms"] for page in pages["pages"])
    assert all({"what", "measured", "bound", "holds"} <= set(one) for one in found["bounds"])


def test_the_way_of_money_is_measured_for_one_card_and_for_many(measured_here: None) -> None:
    answer = asked("--cards", "600", "--rounds", "1", "--json", of="money")

    assert answer.exit_code == 0
    found = json.loads(answer.stdout)
    assert found["sizes"] == {"cards": 600, "rounds": 1}
    statements = {
        (deed["deed"], deed["cards"]): deed["statements"] for deed in found["money"]["deeds"]
    }
    ways = ("register", "receipt", "confirm", "recall", "payment_receipt", "pay_back")
    assert statements.keys() == {(deed, cards) for deed in ways for cards in (1, 600)}
    assert all(statements[deed, 600] == statements[deed, 1] for deed in ways)
    assert all({"what", "measured", "bound", "holds"} <= set(one) for one in found["bounds"])
    assert not list(broken_promises())


def test_guessing_at_the_gate_is_simulated_and_its_answers_compared(measured_here: None) -> None:
    sizes = ("--tries", "120", "--cards", "10", "--sources", "12", "--rounds", "10")
    answer = asked(*sizes, "--json", of="gate")

    assert answer.exit_code == 0
    found = json.loads(answer.stdout)
    guessed = found["guessing"]
    assert (guessed["tries"], guessed["hits"]) == (120, 0)
    assert (guessed["holders"]["count"], guessed["holders"]["locked_out"]) == (10, 0)
    assert guessed["holders"]["slowest_s"] <= 60
    assert (found["guessing_few_digits"]["tries"], found["guessing_few_digits"]["digits"]) == (
        120,
        4,
    )
    alike = {one["answer"]: one for one in found["answers"]["answers"] if one["looks_alike"]}
    assert len(alike) == 4
    assert len({one["statements"] for one in alike.values()}) == 1
    assert all({"what", "measured", "bound", "holds"} <= set(one) for one in found["bounds"])


@override_settings(GATE_ALARM_FAILURES=10)
def test_however_often_answers_are_compared_nobody_has_to_wait_for_an_alarm() -> None:
    found = bench.answers.measure(rounds=10)

    assert not GateAlarm.objects.exists()
    assert all(one["p50_ms"] > 0 for one in found["answers"])


def test_the_guessers_are_not_blind_where_all_pins_are_tried() -> None:
    found = bench.guessing.measure(tries=400, cards=4, sources=8, digits=2)

    assert found["hits"] == 4
    assert (found["hits_at_least"], found["hits_at_most"]) == (4, 4)


def test_chance_keeps_the_hits_within_its_bounds() -> None:
    # 1,000 times one in a hundred: ten, give or take three for each standard deviation.
    assert bench.guessing.bounds_of_chance(1_000, 0.01) == (2, 22)
    assert bench.guessing.bounds_of_chance(10, 0) == (0, 0)
    assert bench.guessing.bounds_of_chance(10, 1) == (10, 10)


def test_times_that_differ_lie_apart_and_times_of_the_same_do_not() -> None:
    assert distance([1, 2, 3], [1, 2, 3]) == 0
    assert distance([1, 1, 1], [1, 1, 2]) == 0.333
    assert distance([1, 2, 3], [4, 5, 6]) == 1


def test_a_policy_and_its_card_are_measured_beside_their_floor(measured_here: None) -> None:
    answer = asked("--rounds", "2", "--json", of="papers")

    assert answer.exit_code == 0
    found = json.loads(answer.stdout)
    assert found["sizes"] == {"rounds": 2}
    papers = {paper["paper"]: paper for paper in found["papers"]["papers"]}
    assert papers.keys() == {"policy", "card", "opened", "page", "signature"}
    assert all(paper["times"] == 2 and paper["cpu_p50_ms"] > 0 for paper in papers.values())
    assert found["papers"]["statements_to_open"] == 1
    assert all({"what", "measured", "bound", "holds"} <= set(one) for one in found["bounds"])


def test_the_slowest_message_is_told_without_any_digit_but_a_card_number(
    measured_here: None,
) -> None:
    answer = asked("--messages", "200", "--json", of="sms")

    assert answer.exit_code == 0
    found = json.loads(answer.stdout)["messages"]
    assert found["times"] == 200
    assert found["slowest_ms"] >= found["p99_ms"] > 0
    assert found["longest_ms"] > 0
    assert sum(sign.isdigit() for sign in found["slowest"]) in (0, 16)


def test_activations_are_measured_over_http_beside_their_floor(measured_here: None) -> None:
    answer = asked(
        *("--cards", "1000", "--activations", "2", "--rounds", "1", "--json"), of="activation"
    )

    assert answer.exit_code == 0
    found = json.loads(answer.stdout)
    assert found["sizes"] == {"cards": 1_000, "activations": 2, "rounds": 1}
    assert [table["cards"] for table in found["activation"]] == [100, 1_000]
    for table in found["activation"]:
        # One to follow, two to warm up, two that are measured; three times as many in the floor.
        assert (table["with_their_policies"], table["floor_with_their_policies"]) == (5, 6)
        assert table["statements"][-2]["request"] == "POST /check-answers/"
        assert table["measured"].keys() == {"deed", "gate_and_deed", "line"}
        for figures in table["measured"].values():
            assert figures["times_floor"]["median"] > 0
            assert figures["processor_ms"].keys() == {"server", "postgresql", "client"}
    assert all({"what", "measured", "bound", "holds"} <= set(one) for one in found["bounds"])


def test_the_floor_writes_what_an_activation_writes_and_its_rows_keep_every_promise() -> None:
    books = build_books(cards=200, holdings=4, fates=("paid", "paid_held"))
    # Of two holders: what PostgreSQL sums up for each of them is written anew for both.
    first = books.batches[0].run.first
    (card,) = with_pins(books, [first])
    before = rows_now()

    _, pattern = follow(card)
    walked, before = rows_now() - before, rows_now()
    with two_connections() as sender:
        send(sender, pattern, [first + 50])

    assert rows_now() - before == walked
    assert walked["policies_policy"] == 1
    assert not list(broken_promises())


def rows_now() -> Counter[str]:
    """How many rows each table has."""
    counted = Counter[str]()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT count(*) FROM {table}")
            counted[table] = cursor.fetchone()[0]
    return counted


def test_a_part_that_does_not_run_ends_it_with_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bench.custody, "books_to_forget", lambda: nullcontext("books"))
    monkeypatch.setattr(
        bench.custody, "copy_of", lambda books, name: nullcontext("postgresql:///nowhere")
    )

    answer = asked("--holdings", "100")

    assert answer.exit_code == 1
    assert "Error: The part machine of the benchmark did not run:" in answer.stderr


def test_a_part_runs_in_a_process_of_its_own() -> None:
    ran = in_a_process("machine")

    assert (ran.returncode, ran.stderr) == (0, "")
    assert json.loads(ran.stdout)["cores"] == os.cpu_count()


def test_what_a_part_logs_does_not_mix_with_its_answer() -> None:
    sizes = {"tries": 40, "cards": 4, "sources": 8, "digits": 4}

    ran = in_a_process("guessing", sizes, SELFCARD_GATE_ALARM_FAILURES="2")

    assert json.loads(ran.stdout)["alarms"] == 1
    assert "gate_alarm_raised" in ran.stderr


def in_a_process(
    part: str, sizes: dict[str, int] | None = None, **env: str
) -> subprocess.CompletedProcess[str]:
    """A part on this test's own database, as the benchmark runs it."""
    address = make_conninfo(os.environ["DATABASE_URL"], dbname=connection.settings_dict["NAME"])
    return subprocess.run(
        [sys.executable, "-m", "bench", part, json.dumps(sizes or {})],
        cwd=PROJECT,
        env=os.environ | {"DATABASE_URL": address} | env,
        capture_output=True,
        text=True,
    )
