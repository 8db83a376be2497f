"""Recoveries: sold cards that come back, a whole sale or a part of it."""

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField, RangeOperators
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from selfcard.core.serials import SerialRun
from selfcard.core.triggers import never_truncated, refused
from selfcard.organisations.models import Staff
from selfcard.payments.models import Receipt
from selfcard.sales.models.sales import Sale


class Recovery(models.Model):
    """Cards of a sale that are taken back, under a recovery ID.

    Of a sale that is not paid they are back at once. Paid cards await their refund, and are back
    when the money is, unless the recovery is withdrawn before.
    """

    class Kind(models.TextChoices):
        UNPAID = "unpaid", _("unpaid cards")
        PAID = "paid", _("paid cards")

    class State(models.TextChoices):
        REGISTERED = "registered", _("money to be paid back")
        DONE = "done", _("done")
        WITHDRAWN = "withdrawn", _("withdrawn")

    number = models.CharField(_("recovery ID"), max_length=20, unique=True)
    sale = models.ForeignKey(Sale, models.PROTECT, related_name="recoveries")
    kind = models.CharField(max_length=6, choices=Kind)
    state = models.CharField(max_length=10, choices=State)
    # The receipt that the money came by.
    receipt = models.ForeignKey(Receipt, models.PROTECT, null=True, related_name="+")
    count = models.PositiveBigIntegerField()
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    reason = models.CharField(_("reason"), max_length=200)
    registered_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    registered_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawal_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            BrinIndex(fields=["done_at"], autosummarize=True, name="recovery_by_day"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(count__gt=0, amount__gt=0) & ~Q(reason=""),
                name="a_recovery_is_of_cards_and_has_its_reason",
            ),
            models.CheckConstraint(
                condition=Q(kind="unpaid", state="done", receipt__isnull=True)
                | Q(kind="paid", receipt__isnull=False),
                name="an_unpaid_recovery_is_done_at_once",
            ),
            models.CheckConstraint(
                condition=Q(state="registered", done_at__isnull=True, withdrawn_at__isnull=True)
                | Q(state="done", done_at__isnull=False, withdrawn_at__isnull=True)
                | Q(
                    state="withdrawn",
                    done_at__isnull=True,
                    withdrawn_at__isnull=False,
                    withdrawn_by__isnull=False,
                ),
                name="a_recovery_is_what_its_dates_say",
            ),
            models.CheckConstraint(
                condition=~Q(state="withdrawn") ^ ~Q(withdrawal_reason=""),
                name="a_recovery_is_withdrawn_with_a_reason",
            ),
        ]
        triggers: ClassVar = [
            refused("a_recovery_is_kept", pgtrigger.Delete),
            refused(
                "a_recovery_stays",
                pgtrigger.UpdateOf(
                    "number",
                    "sale_id",
                    "kind",
                    "receipt_id",
                    "count",
                    "amount",
                    "reason",
                    "registered_by_id",
                    "registered_at",
                ),
            ),
            refused(
                "a_closed_recovery_stands",
                pgtrigger.Update,
                condition=~pgtrigger.Q(old__state="registered"),
            ),
            never_truncated("recovery"),
            pgtrigger.Trigger(
                name="a_recovery_is_of_all_its_cards_and_paid_back",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update,
                timing=pgtrigger.Deferred,
                declare=[("named", "bigint"), ("now", "sales_recovery"), ("sold", "sales_sale")],
                func="""
                    SELECT * INTO now FROM sales_recovery WHERE id = NEW.id;
                    SELECT * INTO sold FROM sales_sale WHERE id = NEW.sale_id;
                    SELECT coalesce(sum(upper(serials) - lower(serials)), 0) INTO named
                    FROM sales_recoveryrun WHERE recovery_id = NEW.id;
                    IF named <> NEW.count THEN
                        RAISE EXCEPTION 'recovery % is of % cards, its runs name %',
                            NEW.number, NEW.count, named USING ERRCODE = '23514';
                    END IF;
                    IF NEW.amount <> NEW.count * sold.face_value THEN
                        RAISE EXCEPTION 'recovery % is of % at %, not of %',
                            NEW.number, NEW.count, sold.face_value, NEW.amount
                            USING ERRCODE = '23514';
                    END IF;
                    IF now.kind = 'paid' AND NOT EXISTS (
                        SELECT FROM sales_salereceipt asked
                        JOIN payments_receipt receipt ON receipt.id = asked.receipt_id
                        WHERE asked.sale_id = NEW.sale_id AND asked.receipt_id = NEW.receipt_id
                          AND receipt.state = 'confirmed'
                    ) THEN
                        RAISE EXCEPTION 'the money of recovery % did not come by its receipt',
                            NEW.number USING ERRCODE = '23514';
                    END IF;
                    IF EXISTS (
                        SELECT FROM sales_recoveryrun WHERE recovery_id = NEW.id
                          AND is_live = (now.state = 'withdrawn')
                    ) THEN
                        RAISE EXCEPTION 'the cards of recovery % are free when it is withdrawn',
                            NEW.number USING ERRCODE = '23514';
                    END IF;
                    IF now.kind = 'paid' AND now.state = 'done' AND NOT EXISTS (
                        SELECT FROM payments_paymentreceipt payment
                        JOIN payments_redletterinvoice red ON red.payment_id = payment.id
                        JOIN payments_invoice original ON original.id = red.invoice_id
                        WHERE payment.reason_kind = 'recovery'
                          AND payment.reason_number = NEW.number
                          AND payment.state = 'confirmed' AND payment.amount = NEW.amount
                          AND original.receipt_id = NEW.receipt_id
                    ) THEN
                        RAISE EXCEPTION 'recovery % is done and its money not paid back',
                            NEW.number USING ERRCODE = '23514';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.number


class RecoveryRun(models.Model):
    """An unbroken run of cards that is taken back; scratched, where the inspection found it so."""

    recovery = models.ForeignKey(Recovery, models.PROTECT, related_name="runs")
    sale = models.ForeignKey(Sale, models.PROTECT, related_name="+")
    serials = BigIntegerRangeField()
    is_scratched = models.BooleanField(default=False)
    is_live = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["serials"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(
                    serials__isempty=False, serials__lower_inf=False, serials__upper_inf=False
                ),
                name="a_recovery_run_has_two_ends",
            ),
            # Nobody gets the money of a card twice.
            ExclusionConstraint(
                name="a_card_comes_back_once_from_a_sale",
                expressions=[
                    ("sale", RangeOperators.EQUAL),
                    ("serials", RangeOperators.OVERLAPS),
                ],
                condition=Q(is_live=True),
            ),
        ]
        triggers: ClassVar = [
            refused("a_recovery_run_is_kept", pgtrigger.Delete),
            refused(
                "a_recovery_run_stays",
                pgtrigger.UpdateOf("recovery_id", "sale_id", "serials", "is_scratched"),
            ),
            refused(
                "a_free_run_stays_free",
                pgtrigger.Update,
                condition=pgtrigger.Q(old__is_live=False),
            ),
            never_truncated("recovery_run"),
            pgtrigger.Trigger(
                name="a_recovery_run_is_of_its_sale",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF NOT EXISTS (
                        SELECT FROM sales_salerun run
                        JOIN sales_recovery recovery ON recovery.sale_id = run.sale_id
                        WHERE recovery.id = NEW.recovery_id AND run.sale_id = NEW.sale_id
                          AND run.serials @> NEW.serials
                    ) THEN
                        RAISE EXCEPTION 'cards % are not of the sale', NEW.serials
                            USING ERRCODE = '23514';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return str(self.run)

    @property
    def run(self) -> SerialRun:
        return SerialRun.of(self.serials)
