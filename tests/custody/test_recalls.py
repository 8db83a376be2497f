"""Cards go back up the tree: recall registration, and hand-back from individuals."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.models import AuditEvent, Paper
from selfcard.core.refusals import Operation
from selfcard.core.serials import SerialRun
from selfcard.custody.commands import check_in, freeze_batch, recall_cards
from selfcard.custody.errors import (
    CardsFrozen,
    CardsInOtherStatus,
    CardsNotHeld,
    CardsOfOtherType,
    CardsOfSeveralHolders,
    CardsOnTheirWay,
    CardsOpened,
    NoSuchCards,
)
from selfcard.custody.models import Movement, OpenedCard, Recall
from selfcard.custody.note_errors import (
    CardsIssuedByNobody,
    CardsNotIssuedFrom,
    CardsOfSeveralIssuers,
    RecallGoesUp,
)
from selfcard.custody.queries import find_card, recallable_parts, recalls_seen_by, runs_recalled
from selfcard.custody.verify import violations
from selfcard.organisations.errors import NotAuthorised
from selfcard.organisations.models import May
from selfcard.organisations.queries import staff_actor
from tests.custody.test_issues import statements
from tests.custody.test_onward import do, pay, sell
from tests.factories.cards import a_document_type, a_printed_batch
from tests.factories.custody import (
    cards_at_branch,
    cards_at_head_office,
    cards_at_institution,
    cards_of,
    custody,
    hand_down,
    hand_over,
    report,
    stop,
    take_back,
    written_off,
)
from tests.factories.organisations import a_staff_member
from tests.factories.postgresql import refused_by_postgresql

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(insurer):
    return cards_at_institution(insurer, 1_000)[0]


def judged(insurer, batch, *runs, by="keeper", to=None):
    document_type = batch.type_version.document_type
    return recallable_parts(document_type, runs, to, insurer.actor(by))


# Up the tree


def test_an_individual_hands_cards_back_to_whoever_issued_them(insurer, batch):
    hand_down(insurer, cards_of(batch, 1, 200), insurer.seller.party, "keeper")

    note = take_back(insurer, cards_of(batch, 51, 100))

    assert note.number.startswith("RC-")
    assert (note.from_party, note.to_party) == (insurer.seller.party, insurer.institution.party)
    assert note.count == 50
    assert runs_recalled(note) == [cards_of(batch, 51, 100)]
    assert custody(batch) == [
        ("Person I02", "inventory", 1, 50),
        ("Institution", "inventory", 51, 100),
        ("Person I02", "inventory", 101, 200),
        ("Institution", "inventory", 201, 1000),
    ]


def test_recalled_cards_become_one_run_with_their_neighbours(insurer, batch):
    hand_down(insurer, cards_of(batch, 1, 200), insurer.seller.party, "keeper")
    take_back(insurer, cards_of(batch, 1, 200))

    assert custody(batch) == [("Institution", "inventory", 1, 1000)]


def test_cards_go_back_step_by_step_to_head_office(insurer, batch):
    take_back(insurer, cards_of(batch, 1, 500), by="branch_keeper")
    assert custody(batch)[0] == ("Branch", "inventory", 1, 500)

    take_back(insurer, cards_of(batch, 1, 500), by="chief")
    assert custody(batch)[0] == ("Head office", "inventory", 1, 500)
    assert list(violations()) == []


def test_another_one_above_that_had_the_cards_may_take_them_back(insurer, batch):
    hand_down(insurer, cards_of(batch, 1, 200), insurer.seller.party, "keeper")

    note = take_back(insurer, cards_of(batch, 1, 200), by="branch_keeper", to=insurer.branch)

    assert note.to_party == insurer.branch.party


def test_cards_that_skipped_a_level_go_back_the_way_they_came(insurer):
    batch, _ = cards_at_head_office(insurer, 100)
    hand_down(insurer, batch.run, insurer.institution.party, checked_in_by="keeper")

    with pytest.raises(CardsNotIssuedFrom, match="Branch"):
        take_back(insurer, batch.run, by="branch_keeper", to=insurer.branch)
    with pytest.raises(NotAuthorised):
        take_back(insurer, batch.run, by="branch_keeper")
    assert take_back(insurer, batch.run, by="chief").to_party == insurer.head_office.party


def test_cards_that_came_a_second_time_go_back_to_whoever_gave_them_last(insurer, batch):
    take_back(insurer, cards_of(batch, 1, 100), by="branch_keeper")
    seller = insurer.seller.party
    note = hand_down(insurer, cards_of(batch, 1, 100), insurer.institution.party, "branch_keeper")
    check_in(issue=note, actor=insurer.actor("keeper"), request_id=uuid4())
    hand_down(insurer, cards_of(batch, 1, 100), seller, "keeper")

    assert take_back(insurer, cards_of(batch, 1, 100)).to_party == insurer.institution.party


def test_cards_that_were_handed_over_go_back_to_the_institution(insurer, batch):
    hand_down(insurer, cards_of(batch, 1, 100), insurer.seller.party, "keeper")
    hand_over(insurer, cards_of(batch, 1, 100), insurer.keeper.party)

    note = take_back(insurer, cards_of(batch, 1, 100))

    assert (note.from_party, note.to_party) == (insurer.keeper.party, insurer.institution.party)


def test_cards_never_go_down_or_aside(insurer, batch):
    for to in (insurer.institution, insurer.department, insurer.other_branch):
        with pytest.raises(RecallGoesUp):
            take_back(insurer, cards_of(batch, 1, 10), by="chief", to=to)


def test_cards_from_several_need_to_be_told_to_whom(insurer):
    batch, _ = cards_at_head_office(insurer, 100)
    hand_down(insurer, cards_of(batch, 1, 50), insurer.institution.party, checked_in_by="keeper")
    hand_down(
        insurer, cards_of(batch, 51, 100), insurer.branch.party, checked_in_by="branch_keeper"
    )
    hand_down(
        insurer,
        cards_of(batch, 51, 100),
        insurer.institution.party,
        "branch_keeper",
        checked_in_by="keeper",
    )

    with pytest.raises(CardsOfSeveralIssuers, match=r"Branch.*051.*Head office.*001") as refused:
        take_back(insurer, batch.run, by="chief")
    assert refused.value.field == "to"
    take_back(insurer, batch.run, by="chief", to=insurer.head_office)
    assert custody(batch) == [("Head office", "inventory", 1, 100)]


def test_nobody_above_takes_back_what_nobody_above_had(insurer):
    batch, _ = cards_at_head_office(insurer, 10)

    with pytest.raises(CardsIssuedByNobody, match="Head office"):
        take_back(insurer, batch.run, by="chief")
    hand_down(insurer, batch.run, insurer.branch.party, checked_in_by="branch_keeper")
    # As if the cards had always been there.
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "UPDATE custody_movement SET from_holder_id = to_holder_id WHERE kind = 'check_in'"
        )
        cursor.execute("SET LOCAL session_replication_role = origin")
    with pytest.raises(CardsIssuedByNobody, match="Branch"):
        take_back(insurer, batch.run, by="chief")


# Who


def test_whoever_has_the_cards_in_hand_registers_it(insurer, batch):
    with pytest.raises(NotAuthorised, match="Branch"):  # the branch takes them back
        take_back(insurer, cards_of(batch, 1, 10), by="keeper")
    with pytest.raises(CardsNotHeld):
        take_back(insurer, cards_of(batch, 1, 10), by="other_keeper")
    hand_down(insurer, cards_of(batch, 1, 10), insurer.seller.party, "keeper")
    with pytest.raises(CardsNotHeld):
        take_back(insurer, cards_of(batch, 1, 10), by="seller")


def test_a_branch_may_register_it_for_its_institution(insurer, batch):
    hand_down(insurer, cards_of(batch, 1, 10), insurer.seller.party, "keeper")

    assert (
        take_back(insurer, cards_of(batch, 1, 10), by="branch_keeper").to_party
        == insurer.institution.party
    )


def test_one_note_has_one_giver(insurer, batch):
    hand_down(insurer, cards_of(batch, 1, 10), insurer.seller.party, "keeper")
    hand_down(insurer, cards_of(batch, 11, 20), insurer.keeper.party, "keeper")

    with pytest.raises(CardsOfSeveralHolders, match="员工I02"):
        take_back(insurer, cards_of(batch, 1, 20))


def test_a_foreign_branch_sees_no_recall(insurer, batch):
    note = take_back(insurer, cards_of(batch, 1, 10), by="branch_keeper")

    assert not recalls_seen_by(insurer.actor("other_keeper"))
    for by in ("keeper", "branch_keeper", "auditor"):
        assert list(recalls_seen_by(insurer.actor(by))) == [note]


# Which cards


def test_cards_that_are_out_of_date_are_recalled(insurer, batch):
    with clock.frozen(batch.last_day + timedelta(days=1)):
        note = take_back(insurer, cards_of(batch, 1, 10), by="branch_keeper")

    assert note.count == 10


def test_stopped_cards_are_recalled_and_stay_stopped(insurer, batch):
    stop(insurer, cards_of(batch, 3, 5))
    freeze_batch(batch=batch, note="Misprint", actor=insurer.actor("chief"), request_id=uuid4())

    take_back(insurer, cards_of(batch, 1, 10), by="branch_keeper")

    assert custody(batch)[0] == ("Branch", "inventory", 1, 10)
    assert find_card(batch.run.first + 3).seen == "frozen"
    with pytest.raises(CardsFrozen):
        hand_down(insurer, cards_of(batch, 1, 2), insurer.institution.party, "branch_keeper")


def test_missing_cards_are_explained_before_they_are_recalled(insurer):
    batch, _ = cards_at_branch(insurer, 100)
    note = hand_down(insurer, batch.run, insurer.institution.party, "branch_keeper")
    check_in(
        issue=note,
        missing=(cards_of(batch, 5, 6),),
        actor=insurer.actor("keeper"),
        request_id=uuid4(),
    )

    with pytest.raises(CardsFrozen) as refused:
        take_back(insurer, cards_of(batch, 5, 6), by="chief")
    assert refused.value.help == Operation.named("custody.explain_shortage", number=note.number)


def test_opened_cards_are_made_void_instead(insurer, batch):
    OpenedCard.objects.create(serial=batch.run.first, opened_at=clock.now())

    with pytest.raises(CardsOpened) as refused:
        take_back(insurer, cards_of(batch, 1, 10), by="branch_keeper")
    assert refused.value.help == Operation.named("custody.void")


def in_each_status(insurer, batch):
    """Cards of the institution in every status but inventory, and what each needs next."""
    document_type = batch.type_version.document_type
    printed, _ = a_printed_batch(insurer, 10, document_type)
    coming = hand_down(insurer, cards_of(batch, 1, 10), insurer.department.party, "keeper")
    sale = ("sale", "S-2026-0000001")
    sell(insurer, batch, 11, 30, sale)
    pay(batch, 21, 30, sale)
    do("activate", serial=batch.run.first + 24, policy_number="P0000000000001")
    written_off(insurer, "void", cards_of(batch, 31, 40))
    written_off(insurer, "loss", cards_of(batch, 41, 50))
    waiting = report(insurer, "void", cards_of(batch, 51, 60))
    stopped = stop(insurer, cards_of(batch, 61, 70))
    return {
        "printed": (
            printed.run,
            Operation.named("custody.check_in_printed", number=printed.number),
        ),
        "in transit": (
            cards_of(batch, 1, 10),
            Operation.named("custody.check_in", number=coming.number),
        ),
        "sold": (cards_of(batch, 11, 20), Operation.named("sales.take_back")),
        "to be activated": (
            cards_of(batch, 21, 24),
            Operation.named("sales.take_back"),
        ),
        "activated": (
            cards_of(batch, 25, 25),
            Operation.named("open.policy", number="P0000000000001"),
        ),
        "void": (cards_of(batch, 31, 40), Operation.named("custody.destroy")),
        "lost": (cards_of(batch, 41, 50), Operation.named("custody.found")),
        "waiting": (
            cards_of(batch, 51, 60),
            Operation.named("custody.write_off", number=waiting.number),
        ),
        "stopped": (cards_of(batch, 61, 70), Operation.named("custody.release", number=stopped)),
    }


def test_a_refusal_names_the_operation_that_the_cards_need_next(insurer, batch):
    cases = in_each_status(insurer, batch)
    stopped, release = cases.pop("stopped")  # those alone are recalled all the same

    for status, (run, helps) in cases.items():
        with pytest.raises((CardsInOtherStatus, CardsFrozen)) as refused:
            take_back(insurer, run, by="chief")
        assert (status, refused.value.help) == (status, helps)
    with pytest.raises(CardsFrozen) as frozen:
        hand_down(insurer, stopped, insurer.seller.party, "keeper")
    assert frozen.value.help == release


def test_an_activated_card_is_told_from_its_neighbours(insurer, batch):
    in_each_status(insurer, batch)

    with translation.override("en"), pytest.raises(CardsInOtherStatus) as refused:
        take_back(insurer, cards_of(batch, 21, 30), by="branch_keeper")

    said = str(refused.value)
    assert f"{cards_of(batch, 25, 25)} (activated)" in said
    assert f"{cards_of(batch, 21, 24)}, {cards_of(batch, 26, 30)} (to be activated)" in said


def test_cards_on_their_way_to_the_actor_are_checked_in_first(insurer, batch):
    note = hand_down(insurer, cards_of(batch, 1, 10), insurer.department.party, "keeper")
    there = a_staff_member("D01", insurer.department, May.ISSUE_CARDS, May.CHECK_IN_CARDS)

    with pytest.raises(CardsOnTheirWay, match=note.number) as refused:
        hand_down_by(there, batch, cards_of(batch, 1, 10))
    assert refused.value.help == Operation.named("custody.check_in", number=note.number)


def hand_down_by(staff, batch, run):
    from selfcard.custody.commands import issue_cards

    return issue_cards(
        document_type=batch.type_version.document_type,
        runs=(run,),
        to=staff.party,
        actor=staff_actor(staff),
        request_id=uuid4(),
    )


def test_cards_of_another_type_or_never_printed_are_named(insurer, batch):
    other = a_document_type(insurer, "AC-200", "620119", *batch.type_version.product_versions.all())

    for document_type, run, refusal in (
        (other, cards_of(batch, 1, 10), CardsOfOtherType),
        (batch.type_version.document_type, cards_of(batch, 991, 1001), NoSuchCards),
    ):
        with pytest.raises(refusal):
            recall_cards(
                document_type=document_type,
                runs=(run,),
                actor=insurer.actor("branch_keeper"),
                request_id=uuid4(),
            )


# The live answer


def test_the_live_answer_judges_a_recall_as_the_command_does(insurer, batch):
    hand_down(insurer, cards_of(batch, 1, 100), insurer.seller.party, "keeper")
    stop(insurer, cards_of(batch, 11, 20))
    sell(insurer, batch, 91, 100)

    parts = judged(insurer, batch, cards_of(batch, 1, 110))

    assert [(part.count, part.usable) for part in parts] == [
        (10, True),
        (10, True),
        (70, True),
        (10, False),
        (10, False),
    ]
    assert parts[3].help == Operation.named("sales.take_back")


def test_the_live_answer_tells_which_cards_did_not_come_from_there(insurer):
    batch, _ = cards_at_head_office(insurer, 100)
    hand_down(insurer, cards_of(batch, 1, 50), insurer.institution.party, checked_in_by="keeper")
    hand_down(
        insurer, cards_of(batch, 51, 100), insurer.branch.party, checked_in_by="branch_keeper"
    )
    hand_down(
        insurer,
        cards_of(batch, 51, 100),
        insurer.institution.party,
        "branch_keeper",
        checked_in_by="keeper",
    )

    to_branch = judged(insurer, batch, batch.run, by="branch_keeper", to=insurer.branch)
    anywhere = judged(insurer, batch, batch.run, by="chief")
    from_above = judged(insurer, batch, cards_of(batch, 1, 50), by="branch_keeper")

    assert [(part.count, part.usable) for part in to_branch] == [(50, False), (50, True)]
    assert [(part.count, part.usable) for part in anywhere] == [(50, False), (50, True)]
    assert [(part.count, part.usable) for part in from_above] == [(50, False)]


def test_the_live_answer_tells_strangers_nothing(insurer, batch):
    hand_down(insurer, cards_of(batch, 1, 100), insurer.seller.party, "keeper")

    for part in judged(insurer, batch, cards_of(batch, 1, 100), by="other_keeper"):
        assert (part.usable, part.holder, part.status, part.help) == (False, None, None, None)


# Repeats, papers, cost


def test_repeating_the_request_recalls_once(insurer, batch):
    hand_down(insurer, cards_of(batch, 1, 100), insurer.seller.party, "keeper")
    given = {
        "document_type": batch.type_version.document_type,
        "runs": (cards_of(batch, 1, 100),),
        "actor": insurer.actor("keeper"),
        "request_id": uuid4(),
    }

    assert recall_cards(**given) == recall_cards(**given)
    assert Recall.objects.count() == 1


def test_a_recall_is_in_the_books_and_on_paper(insurer, batch):
    note = take_back(insurer, cards_of(batch, 1, 100), by="branch_keeper", remark="Unsold")

    assert Paper.objects.get(number=note.number).kind == "recall_note"
    event = AuditEvent.objects.get(event="cards.recalled")
    assert event.subject_number == note.number
    assert SerialRun.of(event.serials) == cards_of(batch, 1, 100)
    assert Movement.objects.get(reason_number=note.number).kind == "recall"


@pytest.mark.parametrize("count", [1, 900])
def test_a_recall_costs_at_most_eleven_statements_whatever_its_size(insurer, batch, count):
    document_type = batch.type_version.document_type
    with CaptureQueriesContext(connection) as queries:
        recall_cards(
            document_type=document_type,
            runs=(cards_of(batch, 1, count),),
            actor=insurer.actor("branch_keeper"),
            request_id=uuid4(),
        )

    assert len(statements(queries)) <= 11


# Around the command


def test_postgresql_keeps_recall_notes(insurer, batch):
    note = take_back(insurer, cards_of(batch, 1, 10), by="branch_keeper")
    rows = Recall.objects.filter(pk=note.pk)

    with refused_by_postgresql("never changed"):
        rows.update(count=11)
    with refused_by_postgresql("never deleted"):
        rows.delete()
    with refused_by_postgresql("a_recall_goes_to_another"):
        Recall.objects.create(
            number="RC-X",
            document_type=note.document_type,
            from_party=note.to_party,
            to_party=note.to_party,
            count=1,
            recalled_by=insurer.keeper,
            recalled_at=clock.now(),
        )


def test_the_system_recalls_nothing_by_itself(insurer, batch):
    with pytest.raises(NotAuthorised):
        recall_cards(
            document_type=batch.type_version.document_type,
            runs=(cards_of(batch, 1, 10),),
            actor=Actor.system("test"),
            request_id=uuid4(),
        )
