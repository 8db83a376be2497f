"""Sales: the cards that were sold together, and who is asked for their money."""

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField, RangeOperators
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from selfcard.cards.models import DocumentTypeVersion
from selfcard.core.serials import SerialRun
from selfcard.core.triggers import append_only, never_truncated, refused
from selfcard.organisations.models import Organisation, Party, Staff
from selfcard.payments.models import Receipt
from selfcard.sales.models.agencies import Agency, Agreement, BusinessSource


class Sale(models.Model):
    """Cards that were sold together: what one pays for. It is never changed.

    The amount is face value × count, exactly. The buyer stays anonymous; a reference of theirs is
    kept if they have one. Cards that are given away say why; nobody pays for them.
    """

    number = models.CharField(_("sales ID"), max_length=20, unique=True)
    type_version = models.ForeignKey(DocumentTypeVersion, models.PROTECT, related_name="+")
    seller_organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    seller = models.ForeignKey(Party, models.PROTECT, related_name="+")
    business_source = models.CharField(_("business source"), max_length=20, choices=BusinessSource)
    agency = models.ForeignKey(Agency, models.PROTECT, null=True, related_name="sales")
    agreement = models.ForeignKey(Agreement, models.PROTECT, null=True, related_name="sales")
    customer_reference = models.CharField(_("reference"), max_length=60, blank=True)
    remark = models.CharField(_("remark"), max_length=200, blank=True)
    gift_reason = models.CharField(_("why they are free"), max_length=200, blank=True)
    count = models.PositiveBigIntegerField()
    face_value = models.DecimalField(max_digits=14, decimal_places=2)
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3)
    registered_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    registered_at = models.DateTimeField()
    registered_on = models.DateField()  # of `registered_at`, in the insurer's time zone
    due_on = models.DateField(_("due"))
    # The second person of a large sale.
    agreed_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["seller_organisation", "registered_at"], name="sale_by_place"),
            models.Index(fields=["seller", "registered_at"], name="sale_by_seller"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(count__gt=0), name="a_sale_is_of_cards"),
            models.CheckConstraint(
                condition=Q(amount=F("face_value") * F("count")),
                name="a_sale_costs_face_value_times_count",
            ),
            models.CheckConstraint(
                condition=Q(
                    business_source__in=["direct", "individual_agent"],
                    agency__isnull=True,
                    agreement__isnull=True,
                )
                | Q(
                    business_source__in=["agency", "concurrent_agency", "broker"],
                    agency__isnull=False,
                    agreement__isnull=False,
                ),
                name="an_indirect_sale_names_agency_and_agreement",
            ),
            models.CheckConstraint(
                condition=Q(agreed_by__isnull=True) | ~Q(agreed_by=F("registered_by")),
                name="nobody_agrees_to_their_own_sale",
            ),
            models.CheckConstraint(
                condition=Q(due_on__gte=F("registered_on")), name="a_sale_is_due_after_it_was_made"
            ),
        ]
        triggers: ClassVar = [
            *append_only("sale"),
            pgtrigger.Trigger(
                name="an_agency_sells_under_its_agreement",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                condition=pgtrigger.Q(new__agreement__isnull=False),
                func="""
                    IF NOT EXISTS (
                        SELECT FROM sales_agreement
                        WHERE id = NEW.agreement_id AND agency_id = NEW.agency_id
                          AND NEW.registered_on BETWEEN valid_from AND valid_to
                    ) THEN
                        RAISE EXCEPTION 'sale % is under no agreement in force', NEW.number
                            USING ERRCODE = '23514';
                    END IF;
                    RETURN NEW;
                """,
            ),
            # Who agreed was asked for just this sale, and by whoever it is registered by.
            pgtrigger.Trigger(
                name="a_second_person_agreed_to_this_sale",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                condition=pgtrigger.Q(new__agreed_by__isnull=False),
                func="""
                    IF NOT EXISTS (
                        SELECT FROM approvals_approval
                        WHERE kind = 'sales.approve_sale' AND subject_number = NEW.number
                          AND state = 'granted' AND decided_by_id = NEW.agreed_by_id
                          AND asked_by_id = NEW.registered_by_id
                          AND (asked->>'count')::bigint = NEW.count
                          AND asked->>'gift_reason' = NEW.gift_reason
                    ) THEN
                        RAISE EXCEPTION 'nobody was asked about sale %', NEW.number
                            USING ERRCODE = '23514';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="a_sale_is_of_all_its_cards",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                declare=[("named", "bigint")],
                func="""
                    SELECT coalesce(sum(upper(serials) - lower(serials)), 0) INTO named
                    FROM sales_salerun WHERE sale_id = NEW.id;
                    IF named <> NEW.count THEN
                        RAISE EXCEPTION 'sale % is of % cards, its runs name %',
                            NEW.number, NEW.count, named USING ERRCODE = '23514';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_gift(self) -> bool:
        """Whether the cards are free: promotion expense settles them, and nothing else."""
        return bool(self.gift_reason)


class SaleRun(models.Model):
    """An unbroken run of serials that a sale is of."""

    sale = models.ForeignKey(Sale, models.PROTECT, related_name="runs")
    serials = BigIntegerRangeField()

    class Meta:
        ordering: ClassVar = ["serials"]
        indexes: ClassVar = [GistIndex(fields=["serials"], name="sale_run_by_serials")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(
                    serials__isempty=False, serials__lower_inf=False, serials__upper_inf=False
                ),
                name="a_sale_run_has_two_ends",
            ),
            # Within one sale a card counts once. Over the years it may be in several: taken back
            # and sold again.
            ExclusionConstraint(
                name="a_card_is_once_in_a_sale",
                expressions=[
                    ("sale", RangeOperators.EQUAL),
                    ("serials", RangeOperators.OVERLAPS),
                ],
            ),
        ]
        triggers: ClassVar = [
            *append_only("sale_run"),
            # With the check at commit this closes a sale for good: its runs already name as many
            # cards as it is of.
            pgtrigger.Trigger(
                name="a_sale_run_has_a_place_in_its_sale",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="added"),
                declare=[("stray", "text")],
                func="""
                    SELECT sale.number INTO stray
                    FROM sales_sale sale
                    JOIN sales_salerun run ON run.sale_id = sale.id
                    WHERE sale.id IN (SELECT sale_id FROM added)
                    GROUP BY sale.id
                    HAVING sum(upper(run.serials) - lower(run.serials)) > sale.count
                    LIMIT 1;
                    IF FOUND THEN
                        RAISE EXCEPTION 'sale % has no place for more cards', stray
                            USING ERRCODE = '23514';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return str(self.run)

    @property
    def run(self) -> SerialRun:
        return SerialRun.of(self.serials)


class SaleReceipt(models.Model):
    """A charge receipt asks for a sale's money; it has ended when the receipt was made void.

    It asks for those cards that nobody has taken back by then. One receipt may ask for several
    sales of one payer.
    """

    sale = models.ForeignKey(Sale, models.PROTECT, related_name="receipts")
    receipt = models.ForeignKey(Receipt, models.PROTECT, related_name="sales")
    count = models.PositiveBigIntegerField()
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            # Nobody is asked twice for the same cards.
            models.UniqueConstraint(
                fields=["sale"],
                condition=Q(ended_at__isnull=True),
                name="a_sale_has_one_live_receipt",
            ),
            models.UniqueConstraint(
                fields=["receipt", "sale"], name="a_receipt_asks_once_for_a_sale"
            ),
            models.CheckConstraint(
                condition=Q(count__gt=0, amount__gt=0), name="a_receipt_asks_for_cards"
            ),
        ]
        triggers: ClassVar = [
            refused("a_sale_receipt_is_kept", pgtrigger.Delete),
            never_truncated("sale_receipt"),
            pgtrigger.Trigger(
                name="a_sale_receipt_ends_when_it_is_void",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func="""
                    IF OLD.ended_at IS NOT NULL OR NEW.ended_at IS NULL
                       OR (NEW.sale_id, NEW.receipt_id, NEW.count, NEW.amount)
                          <> (OLD.sale_id, OLD.receipt_id, OLD.count, OLD.amount)
                       OR NOT EXISTS (
                           SELECT FROM payments_receipt
                           WHERE id = NEW.receipt_id AND state = 'void'
                       )
                    THEN
                        RAISE EXCEPTION 'the receipt of sale % is live', OLD.sale_id
                            USING ERRCODE = '23514';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="a_receipt_asks_for_what_its_sales_cost",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                func="""
                    IF EXISTS (
                        SELECT FROM sales_salereceipt asked
                        JOIN sales_sale sale ON sale.id = asked.sale_id
                        JOIN payments_receipt receipt ON receipt.id = asked.receipt_id
                        WHERE asked.receipt_id = NEW.receipt_id
                        GROUP BY receipt.id
                        HAVING receipt.amount <> sum(asked.amount)
                            OR bool_or(asked.amount <> sale.face_value * asked.count)
                            OR bool_or(receipt.currency <> sale.currency)
                    ) THEN
                        RAISE EXCEPTION 'receipt % does not ask for what its sales cost',
                            NEW.receipt_id USING ERRCODE = '23514';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sale_id} {self.receipt_id}"
