from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _


class LtreeField(models.Field):
    """A path in the organisation tree, PostgreSQL's `ltree`: the labels from the root down."""

    def db_type(self, connection: Any) -> str:
        return "ltree"

    def get_prep_value(self, value: Any) -> Any:
        return None if value is None else str(value)


@LtreeField.register_lookup
class WithinPath(models.Lookup):
    """`path__within=p`: the place itself and everything below it."""

    lookup_name = "within"

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} <@ {right}::ltree", [*left_params, *right_params]


@LtreeField.register_lookup
class ContainsPath(models.Lookup):
    """`path__contains_path=p`: the place itself and everything above it."""

    lookup_name = "contains_path"

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} @> {right}::ltree", [*left_params, *right_params]


class Party(models.Model):
    """Whoever may hold cards or pay for them: an organisation or a person."""

    class Kind(models.TextChoices):
        ORGANISATION = "organisation", _("organisation")
        PERSON = "person", _("individual")

    code = models.CharField(_("code"), max_length=20, unique=True)
    kind = models.CharField(max_length=12, choices=Kind)
    name_zh = models.CharField(_("Chinese name"), max_length=100)
    name_en = models.CharField(_("English name"), max_length=100)
    pinyin = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["code"]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return self.name_zh if (get_language() or "").startswith("zh") else self.name_en

    @property
    def is_person(self) -> bool:
        return self.kind == self.Kind.PERSON


class Organisation(models.Model):
    """A place in the tree: head office, a branch, an institution or one of its departments."""

    class Level(models.TextChoices):
        HEAD_OFFICE = "head_office", _("head office")
        BRANCH = "branch", _("branch")
        INSTITUTION = "institution", _("institution")
        DEPARTMENT = "department", _("department")

    party = models.OneToOneField(Party, models.PROTECT, primary_key=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    path = LtreeField(unique=True)
    level = models.CharField(max_length=12, choices=Level)
    # By this setting cards issued to the organisation are in its inventory at once.
    issue_makes_inventory = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["path"]
        indexes: ClassVar = [GistIndex(fields=["path"], name="organisation_subtree")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(level="head_office", parent__isnull=True)
                | (~Q(level="head_office") & Q(parent__isnull=False)),
                name="only_a_head_office_has_nobody_above_it",
            ),
            models.UniqueConstraint(
                fields=["level"],
                condition=Q(level="head_office"),
                name="there_is_one_head_office",
            ),
        ]

    def __str__(self) -> str:
        return str(self.party)

    @property
    def code(self) -> str:
        return self.party.code

    @property
    def name(self) -> str:
        return self.party.name


class Staff(AbstractBaseUser):
    """A staff member's account. The person is a party: they may be handed cards."""

    username = models.CharField(_("staff code"), max_length=20, unique=True)
    party = models.OneToOneField(Party, models.PROTECT)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="staff")
    title_zh = models.CharField(max_length=60)
    title_en = models.CharField(max_length=60)
    language = models.CharField(max_length=10, default="zh-hans")
    is_active = models.BooleanField(default=True)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar = []
    objects = BaseUserManager()

    class Meta:
        ordering: ClassVar = ["username"]

    def __str__(self) -> str:
        return f"{self.username} {self.party.name}"

    @property
    def code(self) -> str:
        return self.username

    @property
    def name_zh(self) -> str:
        return self.party.name_zh

    @property
    def name_en(self) -> str:
        return self.party.name_en

    @property
    def name(self) -> str:
        return self.party.name

    @property
    def title(self) -> str:
        return self.title_zh if (get_language() or "").startswith("zh") else self.title_en


class May(models.TextChoices):
    """What a staff member may do, from one organisation down."""

    SEE_CARDS = "see_cards", _("see cards")
    DEFINE_TYPES = "define_types", _("define document types")
    ORDER_BATCHES = "order_batches", _("order batches")
    APPROVE_BATCHES = "approve_batches", _("approve batches")
    RELEASE_PRINT = "release_print", _("release print files")
    ISSUE_CARDS = "issue_cards", _("issue cards")
    CHECK_IN_CARDS = "check_in_cards", _("check in cards")
    HOLD_CARDS = "hold_cards", _("hold cards")
    REQUEST_CARDS = "request_cards", _("ask for cards")
    RECALL_CARDS = "recall_cards", _("recall cards")
    FREEZE_CARDS = "freeze_cards", _("freeze cards")
    WRITE_OFF_CARDS = "write_off_cards", _("report cards void, lost or found")
    COUNT_STOCK = "count_stock", _("count stock")
    APPROVE_WRITE_OFFS = "approve_write_offs", _("agree to write-offs and adjustments")
    REGISTER_SALES = "register_sales", _("register sales")
    GIVE_AWAY = "give_away", _("give cards away")
    SEE_SALES = "see_sales", _("see sales")
    ISSUE_RECEIPTS = "issue_receipts", _("issue charge receipts")
    CONFIRM_RECEIPTS = "confirm_receipts", _("confirm receipts")
    APPROVE_SALES = "approve_sales", _("agree to large sales and extensions")
    RECALL_SALES = "recall_sales", _("take sold cards back")
    ISSUE_PAYMENTS = "issue_payments", _("issue payment receipts")
    CONFIRM_PAYMENTS = "confirm_payments", _("pay back and confirm it")
    KEEP_ADVANCES = "keep_advances", _("keep payers' advance accounts")
    KEEP_DRAWER = "keep_drawer", _("keep a cash drawer")
    CLOSE_DRAWERS = "close_drawers", _("close cash drawers")
    CLOSE_BOOKS = "close_books", _("close days of the books")
    CANCEL_POLICIES = "cancel_policies", _("cancel policies")
    CHANGE_POLICIES = "change_policies", _("change contact data and ask for endorsements")
    APPROVE_ENDORSEMENTS = "approve_endorsements", _("agree to endorsements")
    SEE_PAYMENTS = "see_payments", _("see payments")
    SEE_POLICIES = "see_policies", _("see policies")
    HANDLE_CLAIMS = "handle_claims", _("take and look at notices of claim")
    UNLOCK_CARDS = "unlock_cards", _("unlock cards")
    ACTIVATE_FOR_CUSTOMER = "activate_for_customer", _("activate for a customer")
    DEFINE_PRODUCTS = "define_products", _("define products")
    PUBLISH_PRODUCTS = "publish_products", _("publish products")
    ADMINISTER = "administer", _("administer staff and organisations")
    AUDIT = "audit", pgettext_lazy("what a person may do", "audit")


class Authorisation(models.Model):
    """A staff member may do one thing in one organisation and everywhere below it."""

    staff = models.ForeignKey(Staff, models.CASCADE, related_name="authorisations")
    may = models.CharField(max_length=24, choices=May)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["staff", "may", "organisation"], name="an_authorisation_is_given_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.staff} {self.may} {self.organisation}"
