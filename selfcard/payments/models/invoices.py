"""Invoices and red-letter invoices in gapless series, and what a tax platform said of them."""

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from selfcard.core.triggers import append_only
from selfcard.organisations.models import Organisation, Staff
from selfcard.payments.models.payouts import PaymentReceipt
from selfcard.payments.models.receipts import Receipt
from selfcard.payments.models.tenders import named


class Invoice(models.Model):
    """The numbered invoice for money that has arrived: one for each confirmed receipt.

    Its series is an organisation's year; in it the running numbers have no gap and no repeat.
    """

    number = models.CharField(_("invoice number"), max_length=40, unique=True)
    series = models.CharField(max_length=60)
    running = models.PositiveBigIntegerField()
    receipt = models.OneToOneField(Receipt, models.PROTECT, related_name="invoice")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    buyer_name = models.CharField(_("buyer"), max_length=100)
    buyer_tax_number = models.CharField(_("tax number"), max_length=18, blank=True)
    currency = models.CharField(max_length=3)
    net = models.DecimalField(max_digits=14, decimal_places=2)
    tax = models.DecimalField(max_digits=14, decimal_places=2)
    gross = models.DecimalField(max_digits=14, decimal_places=2)
    lines = models.JSONField()
    issued_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    issued_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["organisation", "issued_at"], name="invoice_by_place"),
            BrinIndex(fields=["issued_at"], autosummarize=True, name="invoice_by_day"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["series", "running"], name="an_invoice_number_is_given_once"
            ),
            models.CheckConstraint(condition=Q(running__gte=1), name="invoices_count_from_one"),
            models.CheckConstraint(
                condition=Q(gross=F("net") + F("tax")), name="net_and_tax_make_the_gross"
            ),
            models.CheckConstraint(
                condition=Q(net__gt=0, tax__gte=0), name="an_invoice_is_for_money"
            ),
        ]
        triggers: ClassVar = [
            *append_only("invoice"),
            pgtrigger.Trigger(
                name="an_invoice_follows_the_one_before",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                func="""
                    IF NEW.running > 1 AND NOT EXISTS (
                        SELECT FROM payments_invoice
                        WHERE series = NEW.series AND running = NEW.running - 1
                    ) THEN
                        RAISE EXCEPTION 'invoice % leaves a gap in its series', NEW.number
                            USING ERRCODE = '23514';
                    END IF;
                    IF NOT EXISTS (
                        SELECT FROM payments_receipt
                        WHERE id = NEW.receipt_id AND state = 'confirmed'
                          AND amount = NEW.gross AND currency = NEW.currency
                    ) THEN
                        RAISE EXCEPTION 'invoice % is not for the money that has arrived',
                            NEW.number USING ERRCODE = '23514';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def buyer(self) -> str:
        """The buyer for the reader, like `Receipt.payer`."""
        return named(self.buyer_name)


class RedLetterInvoice(models.Model):
    """A negative invoice: it cancels all or a part of a named original, for money paid back.

    Its series is an organisation's year, apart from that of the invoices, without gap or repeat.
    All red-letter invoices of an original together are never above it.
    """

    number = models.CharField(_("red-letter invoice number"), max_length=40, unique=True)
    series = models.CharField(max_length=60)
    running = models.PositiveBigIntegerField()
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="red_letters")
    payment = models.OneToOneField(PaymentReceipt, models.PROTECT, related_name="red_letter")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    buyer_name = models.CharField(_("buyer"), max_length=100)
    buyer_tax_number = models.CharField(_("tax number"), max_length=18, blank=True)
    currency = models.CharField(max_length=3)
    net = models.DecimalField(max_digits=14, decimal_places=2)
    tax = models.DecimalField(max_digits=14, decimal_places=2)
    gross = models.DecimalField(max_digits=14, decimal_places=2)
    lines = models.JSONField()
    issued_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    issued_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["organisation", "issued_at"], name="red_letter_by_place"),
            BrinIndex(fields=["issued_at"], autosummarize=True, name="red_letter_by_day"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["series", "running"], name="a_red_letter_number_is_given_once"
            ),
            models.CheckConstraint(condition=Q(running__gte=1), name="red_letters_count_from_one"),
            models.CheckConstraint(
                condition=Q(gross=F("net") + F("tax")), name="red_net_and_tax_make_the_gross"
            ),
            models.CheckConstraint(
                condition=Q(net__lt=0, tax__lte=0), name="a_red_letter_is_negative"
            ),
        ]
        triggers: ClassVar = [
            *append_only("red_letter_invoice"),
            # The original's row is locked, so that two which cancel parts of it add up.
            pgtrigger.Trigger(
                name="a_red_letter_is_within_its_original",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                declare=[("original", "payments_invoice"), ("net", "numeric"), ("tax", "numeric")],
                func="""
                    IF NEW.running > 1 AND NOT EXISTS (
                        SELECT FROM payments_redletterinvoice
                        WHERE series = NEW.series AND running = NEW.running - 1
                    ) THEN
                        RAISE EXCEPTION 'red-letter invoice % leaves a gap in its series',
                            NEW.number USING ERRCODE = '23514';
                    END IF;
                    SELECT * INTO original FROM payments_invoice
                    WHERE id = NEW.invoice_id FOR NO KEY UPDATE;
                    SELECT sum(red.net), sum(red.tax) INTO net, tax
                    FROM payments_redletterinvoice red WHERE red.invoice_id = NEW.invoice_id;
                    IF original.net + net < 0 OR original.tax + tax < 0
                       OR original.currency <> NEW.currency
                       OR original.organisation_id <> NEW.organisation_id THEN
                        RAISE EXCEPTION 'red-letter invoice % is above its original %',
                            NEW.number, original.number USING ERRCODE = '23514';
                    END IF;
                    IF NOT EXISTS (
                        SELECT FROM payments_paymentreceipt
                        WHERE id = NEW.payment_id AND state = 'confirmed'
                          AND amount = -NEW.gross AND currency = NEW.currency
                    ) THEN
                        RAISE EXCEPTION 'red-letter invoice % is not for the money paid back',
                            NEW.number USING ERRCODE = '23514';
                    END IF;
                    -- What goes back the way it came is no more, way by way, than came by it and is
                    -- not gone; what came by cheque goes back by transfer.
                    IF EXISTS (
                        SELECT FROM payments_paymentreceipt payment
                        JOIN payments_outlay paid ON paid.payment_id = payment.id
                        WHERE payment.id = NEW.payment_id AND payment.way = 'original'
                          AND (
                            SELECT sum(gone.amount) FROM payments_redletterinvoice red
                            JOIN payments_outlay gone ON gone.payment_id = red.payment_id
                            WHERE red.invoice_id = NEW.invoice_id AND gone.kind = paid.kind
                          ) > (
                            SELECT coalesce(sum(came.amount), 0) FROM payments_tender came
                            WHERE came.receipt_id = original.receipt_id AND paid.kind =
                                CASE came.kind WHEN 'cheque' THEN 'transfer' ELSE came.kind END
                          )
                    ) THEN
                        RAISE EXCEPTION 'more goes back by payment % than came this way',
                            NEW.payment_id USING ERRCODE = '23514';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def buyer(self) -> str:
        """The buyer for the reader, like `Receipt.payer`."""
        return named(self.buyer_name)


class TaxFact(models.Model):
    """What a tax platform said of an invoice: its number and confirmation, an outside fact.

    It stands beside our own number and never in its place. A correction is a later row.
    """

    invoice = models.ForeignKey(Invoice, models.PROTECT, null=True, related_name="tax_facts")
    red_letter = models.ForeignKey(
        RedLetterInvoice, models.PROTECT, null=True, related_name="tax_facts"
    )
    platform = models.CharField(_("tax platform"), max_length=40)
    number = models.CharField(_("number of the tax platform"), max_length=40)
    confirmation = models.CharField(_("confirmation"), max_length=80, blank=True)
    confirmed_on = models.DateField(_("confirmed on"))
    # Nobody where the platform itself answered.
    entered_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    entered_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(invoice__isnull=False, red_letter__isnull=True)
                | Q(invoice__isnull=True, red_letter__isnull=False),
                name="a_tax_fact_is_of_one_invoice",
            ),
            models.CheckConstraint(condition=~Q(number=""), name="a_tax_fact_has_its_number"),
            models.UniqueConstraint(
                fields=["platform", "number", "invoice", "red_letter"],
                nulls_distinct=False,
                name="a_tax_fact_is_entered_once",
            ),
        ]
        triggers: ClassVar = [*append_only("tax_fact")]

    def __str__(self) -> str:
        return f"{self.platform} {self.number}"
