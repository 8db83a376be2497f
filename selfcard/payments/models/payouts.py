"""Payment receipts: the vouchers by which money is paid back, and how it went."""

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from selfcard.core.encryption import EncryptedText
from selfcard.core.triggers import append_only, never_truncated, refused
from selfcard.organisations.models import Organisation, Staff
from selfcard.payments.models.advances import AdvanceAccount
from selfcard.payments.models.drawers import DrawerDay, moves_the_drawer
from selfcard.payments.models.tenders import (
    TenderKind,
    found_by_reference,
    named,
    names_its_account,
    names_its_drawer,
    names_its_reference,
)


class PaymentReceipt(models.Model):
    """Money that is to be paid back, until another person confirms that it was.

    The reason (kind, number) is what the room that owes it knows it by: a recovery ID, or the
    number of an advance account. If the payment fails because of the payee's account, the payee is
    corrected and the voucher goes on. Whoever wrote it, or said where the money goes, does not pay.
    """

    class Kind(models.TextChoices):
        REFUND = "refund", _("refund of a premium")
        ADVANCE = "advance", _("refund of an advance")

    class Way(models.TextChoices):
        ORIGINAL = "original", _("The way the money came")
        ADVANCE = "advance", _("To the payer's advance account")
        PAYEE = "payee", _("To a named payee")

    class State(models.TextChoices):
        ISSUED = "issued", _("issued, not paid")
        FAILED = "failed", _("payment failed")
        CONFIRMED = "confirmed", _("paid out")
        VOID = "void", _("void")

    number = models.CharField(_("payment receipt number"), max_length=20, unique=True)
    kind = models.CharField(max_length=8, choices=Kind)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    way = models.CharField(_("way"), max_length=8, choices=Way)
    payee_name = models.CharField(_("payee"), max_length=100)
    payee_bank = models.CharField(_("bank"), max_length=100, blank=True)
    payee_account = EncryptedText(null=True)
    account = models.ForeignKey(AdvanceAccount, models.PROTECT, null=True, related_name="payments")
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3)
    lines = models.JSONField()
    reason_kind = models.CharField(max_length=20)
    reason_number = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=State, default=State.ISSUED)
    issued_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    issued_at = models.DateTimeField()
    payee_set_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    confirmed_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    voided_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    voided_at = models.DateTimeField(null=True)
    void_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["organisation", "state", "issued_at"], name="payment_by_place"),
            models.Index(fields=["reason_number", "reason_kind"], name="payment_by_reason"),
            BrinIndex(fields=["confirmed_at"], autosummarize=True, name="payment_by_day"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="a_payment_is_of_money"),
            # Nobody is paid back twice.
            models.UniqueConstraint(
                fields=["reason_kind", "reason_number"],
                condition=Q(state__in=["issued", "failed"]) | Q(state="confirmed", kind="refund"),
                name="a_debt_has_one_live_payment",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["issued", "failed"],
                    confirmed_at__isnull=True,
                    confirmed_by__isnull=True,
                    voided_at__isnull=True,
                    voided_by__isnull=True,
                    void_reason="",
                )
                | Q(
                    state="confirmed",
                    confirmed_at__isnull=False,
                    confirmed_by__isnull=False,
                    voided_at__isnull=True,
                    voided_by__isnull=True,
                    void_reason="",
                )
                | (
                    Q(
                        state="void",
                        confirmed_at__isnull=True,
                        confirmed_by__isnull=True,
                        voided_at__isnull=False,
                        voided_by__isnull=False,
                    )
                    & ~Q(void_reason="")
                ),
                name="a_payment_is_what_its_dates_say",
            ),
            # The second person: who writes the voucher, or corrects its payee, does not pay it.
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True)
                | (~Q(confirmed_by=F("issued_by")) & ~Q(confirmed_by=F("payee_set_by"))),
                name="nobody_pays_on_their_own_voucher",
            ),
            models.CheckConstraint(
                condition=Q(
                    way="payee",
                    payee_account__isnull=False,
                    account__isnull=True,
                    kind="refund",
                )
                | Q(way="payee", payee_account__isnull=False, kind="advance")
                | Q(way="advance", account__isnull=False, kind="refund")
                | Q(way="original"),
                name="a_payment_knows_where_the_money_goes",
            ),
            models.CheckConstraint(
                condition=Q(kind="refund") | Q(kind="advance", account__isnull=False),
                name="a_refunded_advance_names_its_account",
            ),
        ]
        triggers: ClassVar = [
            refused(
                "a_closed_payment_stands",
                pgtrigger.Update,
                pgtrigger.Q(old__state__in=["confirmed", "void"]),
            ),
            refused(
                "a_payment_keeps_its_facts",
                pgtrigger.UpdateOf(
                    "number",
                    "kind",
                    "organisation_id",
                    "amount",
                    "currency",
                    "lines",
                    "reason_kind",
                    "reason_number",
                    "issued_by_id",
                    "issued_at",
                ),
            ),
            refused(
                "a_failed_payment_is_corrected_before_it_is_paid",
                pgtrigger.Update,
                pgtrigger.Q(old__state="failed", new__state="confirmed"),
            ),
            refused("a_payment_is_kept", pgtrigger.Delete),
            never_truncated("payment_receipt"),
            pgtrigger.Trigger(
                name="a_confirmed_payment_is_paid",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update,
                timing=pgtrigger.Deferred,
                condition=pgtrigger.Q(new__state="confirmed"),
                declare=[("paid", "numeric")],
                func="""
                    SELECT coalesce(sum(amount), 0) INTO paid
                    FROM payments_outlay WHERE payment_id = NEW.id;
                    IF paid <> NEW.amount THEN
                        RAISE EXCEPTION 'payment % is of %, its outlays are %',
                            NEW.number, NEW.amount, paid USING ERRCODE = '23514';
                    END IF;
                    IF (NEW.kind = 'refund') <> EXISTS (
                        SELECT FROM payments_redletterinvoice WHERE payment_id = NEW.id
                    ) THEN
                        RAISE EXCEPTION 'payment % is confirmed without its red-letter invoice',
                            NEW.number USING ERRCODE = '23514';
                    END IF;
                    -- What it brings into advances, or takes out of one, are just the entries that
                    -- name it.
                    IF EXISTS (
                        WITH meant AS (
                            SELECT account_id, sum(amount) AS amount FROM payments_outlay
                            WHERE payment_id = NEW.id AND kind = 'advance'
                            GROUP BY account_id
                            UNION ALL
                            SELECT NEW.account_id, -NEW.amount WHERE NEW.kind = 'advance'
                        ), entered AS (
                            SELECT account_id, amount FROM payments_advanceentry
                            WHERE reason_kind = 'payment' AND reason_number = NEW.number
                        )
                        (TABLE meant EXCEPT ALL TABLE entered)
                        UNION ALL (TABLE entered EXCEPT ALL TABLE meant)
                    ) THEN
                        RAISE EXCEPTION 'payment % and the advances do not agree', NEW.number
                            USING ERRCODE = '23514';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def is_written_by(self, staff: Staff) -> bool:
        """Whether somebody wrote it, or said where the money goes: another person pays it."""
        return staff.pk in (self.issued_by_id, self.payee_set_by_id)

    @property
    def payee(self) -> str:
        """Who is paid, for the reader, like `Receipt.payer`."""
        return named(self.payee_name)

    @property
    def masked_account(self) -> str:
        """The payee's account for those who need not know it: its last four signs."""
        known = self.payee_account or ""
        return "*" * max(len(known) - 4, 0) + known[-4:]


class PaymentFailure(models.Model):
    """A payment that came back because of the payee's account: when, to whom, and why."""

    payment = models.ForeignKey(PaymentReceipt, models.PROTECT, related_name="failures")
    payee_name = models.CharField(max_length=100)
    reason = models.CharField(max_length=200)
    noted_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    noted_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["id"]
        triggers: ClassVar = [*append_only("payment_failure")]

    def __str__(self) -> str:
        return f"{self.payment_id} {self.reason}"


class Outlay(models.Model):
    """A part of the money as it went out."""

    payment = models.ForeignKey(PaymentReceipt, models.PROTECT, related_name="outlays")
    kind = models.CharField(max_length=10, choices=TenderKind)
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    paid_on = models.DateField()
    reference = models.CharField(max_length=40, blank=True)
    drawer_day = models.ForeignKey(DrawerDay, models.PROTECT, null=True, related_name="outlays")
    account = models.ForeignKey(AdvanceAccount, models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes: ClassVar = [found_by_reference("outlay_by_reference")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="an_outlay_is_money"),
            models.CheckConstraint(
                condition=~Q(kind="cheque"), name="a_cheque_is_paid_back_by_transfer"
            ),
            models.CheckConstraint(
                condition=names_its_reference(), name="an_outlay_names_its_reference"
            ),
            models.CheckConstraint(condition=names_its_drawer(), name="an_outlay_names_its_drawer"),
            models.CheckConstraint(
                condition=names_its_account(), name="an_outlay_names_its_account"
            ),
        ]
        triggers: ClassVar = [
            *append_only("outlay"),
            pgtrigger.Trigger(
                name="an_outlay_is_of_an_open_payment",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=f"""
                    PERFORM FROM payments_paymentreceipt
                    WHERE id = NEW.payment_id AND state = 'issued'
                    FOR NO KEY UPDATE;
                    IF NOT FOUND THEN
                        RAISE EXCEPTION 'payment % takes no more outlays', NEW.payment_id
                            USING ERRCODE = '23514';
                    END IF;
                    {moves_the_drawer("-NEW.amount", "it pays nothing out")}
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.payment_id} {self.kind} {self.amount}"
