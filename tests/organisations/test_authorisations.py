from uuid import uuid4

import pytest
from django.utils import translation

from selfcard.core.actor import Actor
from selfcard.organisations.commands import (
    authorise,
    dismiss_staff,
    employ_staff,
    open_organisation,
)
from selfcard.organisations.errors import (
    CodeTaken,
    HeadOfficeIsOpen,
    LevelDoesNotFit,
    NotAuthorised,
    NotForOneself,
    PasswordTooWeak,
)
from selfcard.organisations.models import Authorisation, May, Organisation
from selfcard.organisations.queries import (
    acting_staff,
    branch_of,
    may,
    may_anywhere,
    organisation_of,
    organisations_in_reach,
    parties_in_reach,
    people_who_may,
    require,
    staff_actor,
)
from tests.factories.organisations import a_staff_member, an_organisation
from tests.factories.postgresql import refused_by_postgresql

pytestmark = pytest.mark.django_db


def codes(organisations):
    return sorted(organisation.code for organisation in organisations)


def test_an_authorisation_reaches_from_its_organisation_down(insurer):
    actor = insurer.actor("branch_keeper")
    assert codes(organisations_in_reach(actor, May.ISSUE_CARDS)) == ["1001", "100101", "10010101"]


def test_it_reaches_neither_up_nor_sideways(insurer):
    actor = insurer.actor("keeper")
    assert not may(actor, May.ISSUE_CARDS, insurer.branch)
    assert not may(actor, May.ISSUE_CARDS, insurer.other_institution)
    with pytest.raises(NotAuthorised):
        require(actor, May.ISSUE_CARDS, insurer.branch)


def test_a_code_that_begins_alike_is_not_below(insurer):
    """Branch 1001 must not reach an institution 10011 of another branch."""
    stranger = an_organisation("100199", Organisation.Level.INSTITUTION, insurer.other_branch)
    assert not may(insurer.actor("branch_keeper"), May.ISSUE_CARDS, stranger)


def test_one_authorisation_is_not_another(insurer):
    assert not may(insurer.actor("cashier"), May.REGISTER_SALES, insurer.institution)


def test_people_are_in_reach_where_they_work(insurer):
    parties = parties_in_reach(insurer.actor("keeper"), May.ISSUE_CARDS)
    assert {"100101", "I01", "I02", "I03"} <= set(parties.values_list("code", flat=True))
    assert not parties.filter(code="O01").exists()


def test_somebody_who_left_may_do_nothing(insurer):
    actor = insurer.actor("keeper")
    dismiss_staff(staff=insurer.keeper, actor=insurer.actor("chief"), request_id=uuid4())
    assert may_anywhere(actor) == set()
    assert not may(actor, May.ISSUE_CARDS, insurer.institution)
    with pytest.raises(NotAuthorised):
        acting_staff(actor)


def test_a_holder_of_a_card_reaches_nothing(insurer):
    assert not organisations_in_reach(Actor.holder(), May.SEE_CARDS).exists()


def test_only_administrators_open_organisations_and_only_where_they_fit(insurer):
    def open_below(parent, level, actor):
        return open_organisation(
            code="77", name_zh="新", name_en="New", level=level, parent=parent,
            actor=actor, request_id=uuid4(),
        )  # fmt: skip

    with pytest.raises(NotAuthorised):
        open_below(insurer.branch, "institution", insurer.actor("branch_keeper"))
    with pytest.raises(LevelDoesNotFit):
        open_below(insurer.institution, "branch", insurer.actor("chief"))
    assert open_below(insurer.branch, "institution", insurer.actor("chief")).code == "77"
    with pytest.raises(CodeTaken):
        open_below(insurer.other_branch, "institution", insurer.actor("chief"))


def test_there_is_one_head_office(insurer):
    with pytest.raises(HeadOfficeIsOpen):
        an_organisation("20", Organisation.Level.HEAD_OFFICE, None)
    party = an_organisation("1099", Organisation.Level.BRANCH, insurer.head_office).party
    with refused_by_postgresql("there_is_one_head_office"):
        Organisation.objects.filter(pk=party.pk).update(level="head_office", parent=None)


def test_nobody_widens_their_own_authorisations(insurer):
    with pytest.raises(NotForOneself):
        authorise(
            staff=insurer.chief,
            mays=(May.APPROVE_BATCHES,),
            organisation=insurer.head_office,
            actor=insurer.actor("chief"),
            request_id=uuid4(),
        )


def test_an_administrator_authorises_only_people_in_reach(insurer):
    local = a_staff_member("A09", insurer.branch, May.ADMINISTER)
    with pytest.raises(NotAuthorised):
        authorise(
            staff=insurer.other_keeper,
            mays=(May.ISSUE_CARDS,),
            organisation=insurer.branch,
            actor=staff_actor(local),
            request_id=uuid4(),
        )


@pytest.mark.parametrize("password", ["short", "password1234", "x77-x77-x77-"])
def test_a_password_that_can_be_guessed_is_refused(insurer, password):
    with pytest.raises(PasswordTooWeak):
        employ_staff(
            code="x77-x77-x77",
            name_zh="新",
            name_en="New",
            title_zh="职员",
            title_en="Clerk",
            organisation=insurer.branch,
            password=password,
            actor=insurer.actor("chief"),
            request_id=uuid4(),
        )


def test_an_authorisation_is_given_once_whatever_a_program_does(insurer):
    given = Authorisation.objects.filter(staff=insurer.keeper).first()

    given.pk = None
    with refused_by_postgresql("an_authorisation_is_given_once"):
        given.save()


def test_the_branch_of_a_department_is_found_upwards(insurer):
    assert branch_of(insurer.department) == insurer.branch
    assert branch_of(insurer.head_office) == insurer.head_office
    assert organisation_of(insurer.seller.party) == insurer.institution


def test_who_may_hold_cards_is_found_from_above(insurer):
    names = people_who_may(May.HOLD_CARDS, insurer.institution).values_list("username", flat=True)
    assert list(names) == ["B01", "C01", "I01", "I02"]


def test_the_database_knows_one_head_of_the_tree(insurer):
    with refused_by_postgresql("only_a_head_office_has_nobody_above_it"):
        Organisation.objects.filter(pk=insurer.branch.pk).update(parent=None)


def test_names_come_in_the_readers_language(insurer):
    someone = a_staff_member("X01", insurer.branch, name="Zhou Ting")
    with translation.override("en"):
        assert someone.name == "Zhou Ting"
    with translation.override("zh-hans"):
        assert someone.name == "员工X01"
