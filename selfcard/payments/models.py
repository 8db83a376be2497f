from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from selfcard.core.triggers import append_only, never_truncated, refused
from selfcard.organisations.models import Organisation, Staff
from selfcard.payments.papers import AN_INDIVIDUAL


class Receipt(models.Model):
    """A charge receipt: the demand for money, until another person confirms that it has arrived.

    What it is for is frozen in its lines; the reason (kind, number) is what the room that asked
    knows it by.
    """

    class State(models.TextChoices):
        ISSUED = "issued", _("issued, not confirmed")
        CONFIRMED = "confirmed", _("confirmed")
        VOID = "void", _("void")

    number = models.CharField(_("receipt number"), max_length=20, unique=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    payer_name = models.CharField(_("payer"), max_length=100, default=AN_INDIVIDUAL.zh)
    buyer_tax_number = models.CharField(_("tax number"), max_length=18, blank=True)
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3)
    lines = models.JSONField()
    reason_kind = models.CharField(max_length=20)
    reason_number = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=State, default=State.ISSUED)
    issued_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    issued_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    voided_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    voided_at = models.DateTimeField(null=True)
    void_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["reason_kind", "reason_number"], name="receipt_by_reason"),
            models.Index(fields=["organisation", "state", "issued_at"], name="receipt_by_place"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="a_receipt_asks_for_money"),
            models.CheckConstraint(
                condition=Q(
                    state="issued",
                    confirmed_at__isnull=True,
                    confirmed_by__isnull=True,
                    voided_at__isnull=True,
                    voided_by__isnull=True,
                )
                | Q(
                    state="confirmed",
                    confirmed_at__isnull=False,
                    confirmed_by__isnull=False,
                    voided_at__isnull=True,
                    voided_by__isnull=True,
                )
                | Q(
                    state="void",
                    confirmed_at__isnull=True,
                    confirmed_by__isnull=True,
                    voided_at__isnull=False,
                    voided_by__isnull=False,
                ),
                name="a_receipt_is_what_its_dates_say",
            ),
            models.CheckConstraint(
                condition=Q(state="void") ^ Q(void_reason=""),
                name="a_receipt_is_void_exactly_when_there_is_a_reason",
            ),
            # The second person: whoever asks for money does not say that it came.
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("issued_by")),
                name="nobody_confirms_their_own_receipt",
            ),
            models.CheckConstraint(
                condition=Q(buyer_tax_number="")
                | (
                    Q(buyer_tax_number__regex=r"^[0-9A-HJ-NPQRTUWXY]{18}$")
                    & ~Q(payer_name=AN_INDIVIDUAL.zh)
                ),
                name="a_tax_number_belongs_to_a_named_company",
            ),
        ]
        triggers: ClassVar = [
            refused(
                "a_settled_receipt_stands", pgtrigger.Update, ~pgtrigger.Q(old__state="issued")
            ),
            refused(
                "a_receipt_keeps_its_facts",
                pgtrigger.Update,
                pgtrigger.AnyChange(
                    "number",
                    "organisation",
                    "payer_name",
                    "buyer_tax_number",
                    "amount",
                    "currency",
                    "lines",
                    "reason_kind",
                    "reason_number",
                    "issued_by",
                    "issued_at",
                ),
            ),
            refused("a_receipt_is_kept", pgtrigger.Delete),
            never_truncated("receipt"),
            pgtrigger.Trigger(
                name="a_confirmed_receipt_is_paid",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update,
                timing=pgtrigger.Deferred,
                condition=pgtrigger.Q(new__state="confirmed"),
                declare=[("paid", "numeric")],
                func="""
                    SELECT coalesce(sum(amount), 0) INTO paid
                    FROM payments_tender WHERE receipt_id = NEW.id;
                    IF paid <> NEW.amount THEN
                        RAISE EXCEPTION 'receipt % is for %, its tenders are %',
                            NEW.number, NEW.amount, paid USING ERRCODE = '23514';
                    END IF;
                    IF NOT EXISTS (SELECT FROM payments_invoice WHERE receipt_id = NEW.id) THEN
                        RAISE EXCEPTION 'receipt % is confirmed without an invoice', NEW.number
                            USING ERRCODE = '23514';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def payer(self) -> str:
        """Who pays, for the reader: an individual in the reader's language, or the name given."""
        return _named(self.payer_name)


class Tender(models.Model):
    """A part of the money as it came: cash, or a bank transfer that has arrived."""

    class Kind(models.TextChoices):
        CASH = "cash", _("Cash")
        TRANSFER = "transfer", _("Bank transfer")

    receipt = models.ForeignKey(Receipt, models.PROTECT, related_name="tenders")
    kind = models.CharField(max_length=10, choices=Kind)
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    # Cash arrives when it is counted; a transfer on the day that the bank names.
    arrived_on = models.DateField()
    reference = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="a_tender_is_money"),
            models.CheckConstraint(
                condition=~Q(kind="transfer") | ~Q(reference=""),
                name="a_transfer_names_its_reference",
            ),
        ]
        triggers: ClassVar = [
            *append_only("tender"),
            # The row lock makes whoever confirms at the same moment come before or after this
            # tender, never beside it.
            pgtrigger.Trigger(
                name="a_tender_pays_an_open_receipt",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    PERFORM FROM payments_receipt
                    WHERE id = NEW.receipt_id AND state = 'issued' FOR NO KEY UPDATE;
                    IF NOT FOUND THEN
                        RAISE EXCEPTION 'receipt % takes no more tenders', NEW.receipt_id
                            USING ERRCODE = '23514';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.receipt_id} {self.kind} {self.amount}"


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
        return _named(self.buyer_name)


def _named(name: str) -> str:
    return str(_("An individual")) if name == AN_INDIVIDUAL.zh else name
