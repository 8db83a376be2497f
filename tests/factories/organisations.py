"""A small insurer with its people, built by commands."""

from dataclasses import dataclass
from uuid import uuid4

from selfcard.core.actor import Actor
from selfcard.organisations.commands import authorise, employ_staff, open_organisation
from selfcard.organisations.models import May, Organisation, Staff
from selfcard.organisations.queries import staff_actor
from tests.factories.remembered import remembered

PASSWORD = "correct horse battery"  # what every member of the cast signs in with


@dataclass(frozen=True)
class Insurer:
    """The cast. Each attribute that is an organisation's name with a role is one person.

    Head office: `chief` (administers, defines types and products, orders batches, releases print
    files), `second` (approves what chief and everybody below asks for, publishes products),
    `auditor`.
    Branch: `branch_keeper` (its document administrator). Institution: `keeper` (its document
    administrator: checks in, issues, sells, issues receipts), `seller` (may hold cards),
    `cashier` (confirms receipts). Other branch and institution: `other_keeper`, who may do there
    what keeper and cashier may do here, and nothing elsewhere.
    """

    head_office: Organisation
    branch: Organisation
    institution: Organisation
    department: Organisation
    other_branch: Organisation
    other_institution: Organisation
    chief: Staff
    second: Staff
    auditor: Staff
    branch_keeper: Staff
    keeper: Staff
    seller: Staff
    cashier: Staff
    other_keeper: Staff

    def actor(self, name: str) -> Actor:
        """A member of the cast, by attribute name, as the actor of a command."""
        return staff_actor(getattr(self, name))


KEEPER = (
    May.SEE_CARDS,
    May.ISSUE_CARDS,
    May.CHECK_IN_CARDS,
    May.HOLD_CARDS,
    May.REQUEST_CARDS,
    May.RECALL_CARDS,
    May.FREEZE_CARDS,
    May.WRITE_OFF_CARDS,
    May.COUNT_STOCK,
    May.REGISTER_SALES,
    May.GIVE_AWAY,
    May.SEE_SALES,
    May.ISSUE_RECEIPTS,
    May.RECALL_SALES,
    May.ISSUE_PAYMENTS,
    May.SEE_PAYMENTS,
    May.SEE_POLICIES,
    May.CANCEL_POLICIES,
    May.CHANGE_POLICIES,
)
CASHIER = (
    May.CONFIRM_RECEIPTS,
    May.CONFIRM_PAYMENTS,
    May.KEEP_ADVANCES,
    May.KEEP_DRAWER,
    May.SEE_PAYMENTS,
    May.SEE_SALES,
)


def an_organisation(
    code: str, level: str, parent: Organisation | None, name: str = ""
) -> Organisation:
    return open_organisation(
        code=code,
        name_zh=f"{name or code}机构",
        name_en=name or code,
        level=level,
        parent=parent,
        actor=Actor.system("test"),
        request_id=uuid4(),
    )


def a_staff_member(
    code: str, organisation: Organisation, *mays: str, name: str = "", language: str = "en"
) -> Staff:
    staff = employ_staff(
        code=code,
        name_zh=f"员工{code}",
        name_en=name or f"Person {code}",
        title_zh="职员",
        title_en="Clerk",
        organisation=organisation,
        password=PASSWORD,
        language=language,
        actor=Actor.system("test"),
        request_id=uuid4(),
    )
    return authorise(
        staff=staff,
        mays=tuple(mays),
        organisation=organisation,
        actor=Actor.system("test"),
        request_id=uuid4(),
    )


@remembered
def an_insurer() -> Insurer:
    level = Organisation.Level
    head_office = an_organisation("10", level.HEAD_OFFICE, None, "Head office")
    branch = an_organisation("1001", level.BRANCH, head_office, "Branch")
    institution = an_organisation("100101", level.INSTITUTION, branch, "Institution")
    department = an_organisation("10010101", level.DEPARTMENT, institution, "Department")
    other_branch = an_organisation("1002", level.BRANCH, head_office, "Other branch")
    other_institution = an_organisation(
        "100201", level.INSTITUTION, other_branch, "Other institution"
    )
    return Insurer(
        head_office=head_office,
        branch=branch,
        institution=institution,
        department=department,
        other_branch=other_branch,
        other_institution=other_institution,
        chief=a_staff_member(
            "C01",
            head_office,
            May.ADMINISTER,
            May.DEFINE_TYPES,
            May.DEFINE_PRODUCTS,
            May.ORDER_BATCHES,
            May.RELEASE_PRINT,
            *KEEPER,
        ),
        second=a_staff_member(
            "C02",
            head_office,
            May.APPROVE_BATCHES,
            May.APPROVE_WRITE_OFFS,
            May.APPROVE_SALES,
            May.APPROVE_ENDORSEMENTS,
            May.CLOSE_DRAWERS,
            May.CLOSE_BOOKS,
            May.RELEASE_PRINT,
            May.PUBLISH_PRODUCTS,
            May.SEE_CARDS,
            May.SEE_POLICIES,
        ),
        auditor=a_staff_member(
            "C03",
            head_office,
            May.AUDIT,
            May.SEE_CARDS,
            May.SEE_SALES,
            May.SEE_PAYMENTS,
            May.SEE_POLICIES,
        ),
        branch_keeper=a_staff_member("B01", branch, *KEEPER),
        keeper=a_staff_member("I01", institution, *KEEPER),
        seller=a_staff_member("I02", institution, May.HOLD_CARDS, May.SEE_CARDS),
        cashier=a_staff_member("I03", institution, *CASHIER),
        other_keeper=a_staff_member("O01", other_branch, *KEEPER, *CASHIER),
    )
