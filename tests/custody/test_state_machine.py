"""All deeds of custody in random order, against a card index: same answers, same refusals.

SELFCARD_THOROUGH=1 runs for minutes instead of seconds, and sees that each deed was done.
"""

import importlib
import inspect
import os
import pkgutil
from collections import Counter
from collections.abc import Iterator
from types import CodeType
from typing import ClassVar
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import initialize, run_state_machine_as_test

from selfcard.core.actor import Actor
from selfcard.custody import commands
from selfcard.custody.models import Issue
from selfcard.organisations.commands import authorise
from selfcard.organisations.models import May, Organisation
from tests.custody.machine.against_the_index import FIRST_BATCH, SECOND_BATCH, THIRD_BATCH
from tests.custody.machine.counting import Counting
from tests.custody.machine.extending import Extending
from tests.custody.machine.handing_on import HandingOn
from tests.custody.machine.selling import Selling
from tests.custody.machine.single_cards import LIMITS, Card, Note
from tests.custody.machine.writing_off import WritingOff
from tests.factories.cards import a_document_type, a_printed_batch, an_approved_batch
from tests.factories.custody import cards_at_head_office, cards_of, hand_down
from tests.factories.organisations import an_insurer

THOROUGH = bool(os.environ.get("SELFCARD_THOROUGH"))

# Where the first batch lies when a run begins: first and last place, and whose hands it came by.
DOWN = (
    (1, 3, "branch", "institution", "seller"),
    (4, 12, "branch", "institution"),
    (13, 16, "branch"),
    (17, FIRST_BATCH, "head_office"),
)
UNDER_WAY = (17, 18)  # to the branch


class Custody(HandingOn, WritingOff, Counting, Selling, Extending):
    """All that may happen to cards, from a small stock on."""

    under_way: ClassVar[Issue]

    @initialize()
    def cards_lie_here_and_there(self) -> None:
        """As `a_small_stock` has handed them down; the third batch is not made yet."""
        for batch in self.batches[:2]:
            for place in self.places(batch.run):
                self.index.cards[place] = Card(batch.number)
        for first, last, *holders in DOWN:
            for place in range(first, last + 1):
                for holder in holders:
                    self.index.cards[place].goes("inventory", holder)
        note, sent = self.under_way, [*range(UNDER_WAY[0], UNDER_WAY[1] + 1)]
        for place in sent:
            self.index.cards[place].goes("in_transit", reason=note.reason)
        self.index.notes[note.number] = Note("head_office", "branch", sent, issued_by="chief")
        self.issues[note.number] = note


@pytest.fixture
def a_small_stock(db: None) -> None:
    """A batch that lies here and there, one at the printer's, and one that is to be made."""
    insurer = an_insurer()
    Organisation.objects.filter(pk=insurer.department.pk).update(issue_makes_inventory=True)
    authorise(
        staff=insurer.branch_keeper,
        mays=(May.APPROVE_WRITE_OFFS,),
        organisation=insurer.branch,
        actor=Actor.system("test"),
        request_id=uuid4(),
    )
    document_type = a_document_type(
        insurer, holding_limit=LIMITS["seller"], administrator_limit=LIMITS["keeper"]
    )
    first, _ = cards_at_head_office(insurer, FIRST_BATCH, document_type)

    def send(run: tuple[int, int], to: str, by: str, checked_in_by: str = "") -> Issue:
        party = getattr(insurer, to).party
        return hand_down(insurer, cards_of(first, *run), party, by, checked_in_by=checked_in_by)

    send((1, 16), "branch", "chief", "branch_keeper")
    send((1, 12), "institution", "branch_keeper", "keeper")
    send((1, 3), "seller", "keeper")
    Custody.under_way = send(UNDER_WAY, "branch", "chief")
    Custody.insurer = insurer
    second, _ = a_printed_batch(insurer, SECOND_BATCH, document_type)
    Custody.batches = first, second, an_approved_batch(insurer, THIRD_BATCH, document_type)


def test_custody_answers_and_refuses_as_a_card_index_would(a_small_stock: None) -> None:
    Custody.done_so_far = Counter()
    run_state_machine_as_test(
        Custody,
        settings=settings(
            max_examples=100 if THOROUGH else 10,
            stateful_step_count=60 if THOROUGH else 40,
            deadline=None,
            derandomize=not THOROUGH,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    if THOROUGH:
        assert not [name for name in _deeds_of_custody() if not Custody.done_so_far[name]]


def test_the_card_index_knows_every_deed_of_custody() -> None:
    """Each is named by a rule of the machine, or by what the rule calls on the way."""
    rules = [inspect.unwrap(rule.function) for rule in Custody.setup_state().rules]
    driven = {name for rule in rules for name in _named_by(rule.__code__)}

    assert set(_deeds_of_custody()) - driven == set()


# What another deed of custody does on its way.
INNER = {"lose_cards"}  # by agree_adjustment


def _deeds_of_custody() -> Iterator[str]:
    """The name of every command and step in the folder of custody's commands."""
    for module in pkgutil.iter_modules(commands.__path__, f"{commands.__name__}."):
        for name, deed in inspect.getmembers(importlib.import_module(module.name)):
            is_deed = hasattr(deed, "is_command") or hasattr(deed, "is_step")
            if is_deed and deed.__module__ == module.name and name not in INNER:
                yield name


def _named_by(code: CodeType) -> Iterator[str]:
    """Every name and text in a rule, and in those methods of the machine that it calls."""
    for name in (*code.co_names, *(one for one in code.co_consts if isinstance(one, str))):
        yield name
        method = getattr(Custody, name, None)
        if name.startswith("_") and inspect.isfunction(method):
            yield from _named_by(method.__code__)
