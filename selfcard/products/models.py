from decimal import Decimal
from functools import cached_property
from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from selfcard.core.money import Money
from selfcard.core.papers.facts import Text
from selfcard.core.triggers import never_truncated, refused
from selfcard.core.wording import beside
from selfcard.organisations.models import Staff
from selfcard.products.rules import Rules
from selfcard.products.words import conditions_in, papers_in_words, reporting_in_words


def _in_chinese() -> bool:
    return (get_language() or "").startswith("zh")


class Product(models.Model):
    """Something that a card may become, known by its code through all its versions.

    Their numbers go on from `versions_drafted`, so that one which was thrown away keeps its own.
    """

    class Kind(models.TextChoices):
        ACCIDENT = "accident", _("accident insurance")
        TRAVEL = "travel", _("travel insurance")
        FAMILY = "family", _("family insurance")
        DRIVER = "driver", _("driver insurance")

    code = models.CharField(_("code"), max_length=20, unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    name_zh = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)
    versions_drafted = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["code"]
        triggers: ClassVar = [
            refused(
                "a_product_stays",
                pgtrigger.Delete | pgtrigger.UpdateOf("code", "kind", "name_zh", "name_en"),
            ),
            refused(
                "a_version_number_is_never_given_again",
                pgtrigger.Update,
                condition=pgtrigger.Q(
                    new__versions_drafted__lt=pgtrigger.F("old__versions_drafted")
                ),
            ),
            never_truncated("product"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def name(self) -> str:
        return self.name_zh if _in_chinese() else self.name_en


class ProductVersion(models.Model):
    """A product as it is sold: texts in both languages, bounds, tax, coverages, clauses.

    A claim is reported within `claim_hours`, and needs the `claim_papers`.

    A draft may be changed and thrown away. Once it is submitted it stays as it is, so that what
    another person publishes is what they read; and a published version never changes, since
    policies rest on it. An absent tax rate means that the premium is exempt from tax.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        SUBMITTED = "submitted", _("submitted")
        PUBLISHED = "published", _("published")

    product = models.ForeignKey(Product, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    name_zh = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)
    summary_zh = models.TextField()
    summary_en = models.TextField()
    tax_rate = models.DecimalField(max_digits=5, decimal_places=4, null=True)
    currency = models.CharField(max_length=3, default="CNY")
    rules = models.JSONField()
    exclusions = models.JSONField()
    claim_hours = models.PositiveSmallIntegerField()
    claim_papers = models.JSONField()
    clauses_zh = models.TextField()
    clauses_en = models.TextField()
    drafted_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField()
    published_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["product__code", "-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["product", "number"], name="a_version_number_is_used_once_per_product"
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["draft", "submitted"],
                    published_by__isnull=True,
                    published_at__isnull=True,
                )
                | Q(state="published", published_by__isnull=False, published_at__isnull=False),
                name="a_version_is_published_exactly_when_somebody_did",
            ),
            models.CheckConstraint(
                condition=Q(published_by__isnull=True) | ~Q(published_by=F("drafted_by")),
                name="nobody_publishes_their_own_draft",
            ),
            models.CheckConstraint(
                condition=Q(tax_rate__isnull=True) | Q(tax_rate__gt=0, tax_rate__lt=1),
                name="a_tax_rate_lies_between_nothing_and_everything",
            ),
            models.CheckConstraint(
                condition=Q(claim_hours__gt=0), name="there_is_time_to_report_a_claim"
            ),
        ]
        triggers: ClassVar = [
            refused(
                "a_published_version_never_changes",
                pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__state="published"),
            ),
            refused(
                "a_submitted_version_is_published_as_it_was_read",
                pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.state = 'submitted' AND"
                    " to_jsonb(OLD) - '{state,published_by_id,published_at}'::text[]"
                    " <> to_jsonb(NEW) - '{state,published_by_id,published_at}'::text[]"
                ),
            ),
            refused(
                "a_submitted_version_is_not_thrown_away",
                pgtrigger.Delete,
                condition=pgtrigger.Q(old__state="submitted"),
            ),
            refused(
                "a_version_begins_as_a_draft",
                pgtrigger.Insert,
                condition=~pgtrigger.Q(new__state="draft"),
            ),
            pgtrigger.FSM(
                name="a_version_is_submitted_before_it_is_published",
                field="state",
                transitions=[
                    ("draft", "submitted"),
                    ("submitted", "draft"),
                    ("submitted", "published"),
                ],
            ),
            never_truncated("product_version"),
        ]

    def __str__(self) -> str:
        return beside(self.name, self.code)

    @property
    def code(self) -> str:
        """What people call the version by: the product's code and the number, `ACC-1`."""
        return f"{self.product.code}-{self.number}"

    @property
    def name(self) -> str:
        return self.name_zh if _in_chinese() else self.name_en

    @property
    def summary(self) -> str:
        return self.summary_zh if _in_chinese() else self.summary_en

    @property
    def clauses(self) -> str:
        return self.clauses_zh if _in_chinese() else self.clauses_en

    @property
    def is_published(self) -> bool:
        return self.state == self.State.PUBLISHED

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT

    @property
    def is_submitted(self) -> bool:
        return self.state == self.State.SUBMITTED

    @cached_property
    def bounds(self) -> Rules:
        """The rules as the value that `broken_rules` takes."""
        return Rules.from_json(self.rules)

    @property
    def exclusion_texts(self) -> tuple[Text, ...]:
        return tuple(Text(zh=one["zh"], en=one["en"]) for one in self.exclusions)

    @property
    def exclusion_list(self) -> list[str]:
        """What is not covered, in the reader's language."""
        return [one["zh"] if _in_chinese() else one["en"] for one in self.exclusions]

    @property
    def claim_paper_texts(self) -> tuple[Text, ...]:
        return tuple(Text(zh=one["zh"], en=one["en"]) for one in self.claim_papers)

    @property
    def claim_paper_list(self) -> list[str]:
        """What a claim needs, in the reader's language."""
        return [one["zh"] if _in_chinese() else one["en"] for one in self.claim_papers]

    @property
    def reporting(self) -> str:
        """By when a claim is to be reported, in the reader's language."""
        return reporting_in_words(self.claim_hours)

    @property
    def papers_needed(self) -> str:
        """What a claim needs, in one sentence."""
        return papers_in_words(self.claim_paper_list)

    @cached_property
    def death_cover(self) -> Decimal:
        """What is paid on the death of one insured, as far as the caps on minors count it."""
        return sum(
            (one.sum_insured for one in self.coverages.all() if one.counts_for_minors),
            Decimal(0),
        )


class Coverage(models.Model):
    """One cover of a product version, with the most that it pays for each insured.

    Of each event it pays `paid_share` of what exceeds the `deductible`; what else has to be said
    of it are its `terms`.

    `counts_for_minors` says that it pays on death and counts towards the caps on minors;
    cover in aeroplanes and in great natural disasters does not, by the regulator's notice.
    """

    version = models.ForeignKey(ProductVersion, models.CASCADE, related_name="coverages")
    order = models.PositiveSmallIntegerField()
    name_zh = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)
    sum_insured = models.DecimalField(max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3, default="CNY")
    deductible = models.DecimalField(max_digits=14, decimal_places=2, default=Decimal(0))
    paid_share = models.DecimalField(max_digits=5, decimal_places=4, default=Decimal(1))
    terms_zh = models.TextField(blank=True)
    terms_en = models.TextField(blank=True)
    counts_for_minors = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["version", "order"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["version", "order"], name="coverages_stand_in_one_order"
            ),
            models.CheckConstraint(condition=Q(sum_insured__gt=0), name="a_coverage_insures_a_sum"),
            models.CheckConstraint(
                condition=Q(deductible__gte=0, deductible__lt=F("sum_insured")),
                name="a_deductible_leaves_something_to_pay",
            ),
            models.CheckConstraint(
                condition=Q(paid_share__gt=0, paid_share__lte=1),
                name="a_coverage_pays_a_share_and_never_more_than_all",
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Trigger(
                name="a_coverage_changes_only_in_a_draft",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                declare=[("touched", "bigint[]")],
                func="""
                    touched := CASE TG_OP WHEN 'INSERT' THEN ARRAY[NEW.version_id]
                        WHEN 'DELETE' THEN ARRAY[OLD.version_id]
                        ELSE ARRAY[OLD.version_id, NEW.version_id] END;
                    IF EXISTS (SELECT FROM products_productversion version
                               WHERE version.id = ANY(touched) AND version.state <> 'draft')
                    THEN
                        RAISE EXCEPTION 'only the coverages of a draft change'
                            USING ERRCODE = '23514';
                    END IF;
                    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
                    RETURN NEW;
                """,
            ),
            never_truncated("coverage"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.name_zh if _in_chinese() else self.name_en

    @property
    def conditions_zh(self) -> str:
        return conditions_in("zh-hans", self)

    @property
    def conditions_en(self) -> str:
        return conditions_in("en", self)

    @property
    def conditions(self) -> str:
        """Deductible, share and whatever else is said of it, in the reader's language."""
        return self.conditions_zh if _in_chinese() else self.conditions_en

    @property
    def money(self) -> Money:
        return Money(self.sum_insured, self.currency)
