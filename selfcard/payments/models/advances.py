"""Premium received in advance: what payers left with us before it is matched to a receipt."""

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from selfcard.core.triggers import append_only, never_truncated, refused
from selfcard.organisations.models import Organisation, Staff


class AdvanceAccount(models.Model):
    """A payer's advance account at one organisation. Its balance is never below zero.

    The balance follows from the entries: their trigger alone changes it, and whoever writes one
    waits for whoever is writing another.
    """

    number = models.CharField(_("advance account"), max_length=20, unique=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    payer_name = models.CharField(_("payer"), max_length=100)
    tax_number = models.CharField(_("tax number"), max_length=18, blank=True)
    currency = models.CharField(max_length=3)
    balance = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    opened_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["organisation", "payer_name"], name="advance_account_by_place")
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "payer_name", "tax_number", "currency"],
                name="a_payer_has_one_advance_account_at_a_place",
            ),
            models.CheckConstraint(
                condition=Q(balance__gte=0), name="an_advance_account_is_never_below_zero"
            ),
        ]
        triggers: ClassVar = [
            refused("an_advance_account_is_kept", pgtrigger.Delete),
            refused(
                "an_advance_account_stays",
                pgtrigger.UpdateOf(
                    "number",
                    "organisation_id",
                    "payer_name",
                    "tax_number",
                    "currency",
                    "opened_by_id",
                    "opened_at",
                ),
            ),
            refused(
                "an_advance_account_begins_empty",
                pgtrigger.Insert,
                condition=~pgtrigger.Q(new__balance=0),
            ),
            pgtrigger.Trigger(
                name="a_balance_follows_from_entries",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("balance"),
                func="""
                    IF pg_trigger_depth() < 2 THEN
                        RAISE EXCEPTION 'the balance of % follows from its entries', NEW.number
                            USING ERRCODE = '23514';
                    END IF;
                    RETURN NEW;
                """,
            ),
            never_truncated("advance_account"),
        ]

    def __str__(self) -> str:
        return self.number


class AdvanceEntry(models.Model):
    """A line of an advance account's statement: what came and what went, and the balance then."""

    class Kind(models.TextChoices):
        DEPOSIT = "deposit", _("deposit")
        SURPLUS = "surplus", _("surplus of a receipt")
        WRITE_OFF = "write_off", _("write-off against a receipt")
        REFUND_IN = "refund_in", _("refund for cards taken back")
        REFUND_OUT = "refund_out", _("paid back to the payer")

    account = models.ForeignKey(AdvanceAccount, models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=10, choices=Kind)
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    # Written by the trigger.
    balance = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    reason_kind = models.CharField(max_length=20)
    reason_number = models.CharField(max_length=40)
    at = models.DateTimeField()
    by = models.ForeignKey(Staff, models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [
            models.Index(fields=["reason_kind", "reason_number"], name="advance_entry_by_reason"),
            BrinIndex(fields=["at"], autosummarize=True, name="advance_entry_by_day"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kind__in=["deposit", "surplus", "refund_in"], amount__gt=0)
                | Q(kind__in=["write_off", "refund_out"], amount__lt=0),
                name="an_advance_entry_comes_or_goes_by_its_kind",
            ),
            models.CheckConstraint(
                condition=Q(balance__gte=0), name="an_advance_entry_leaves_no_debt"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["deposit", "surplus", "write_off"], reason_kind="receipt")
                | Q(kind__in=["refund_in", "refund_out"], reason_kind="payment"),
                name="an_advance_entry_names_its_paper",
            ),
            models.UniqueConstraint(
                fields=["account", "kind", "reason_kind", "reason_number"],
                name="a_paper_enters_an_advance_once",
            ),
        ]
        triggers: ClassVar = [
            *append_only("advance_entry"),
            # The account's row is locked by the update, so entries come one after the other.
            pgtrigger.Trigger(
                name="an_advance_entry_changes_the_balance",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    UPDATE payments_advanceaccount SET balance = balance + NEW.amount
                    WHERE id = NEW.account_id RETURNING balance INTO NEW.balance;
                    RETURN NEW;
                """,
            ),
            # The paper itself asks whether its entries are what it means.
            pgtrigger.Trigger(
                name="an_advance_entry_follows_from_its_paper",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                func="""
                    IF NOT EXISTS (
                        SELECT FROM payments_receipt
                        WHERE NEW.reason_kind = 'receipt' AND number = NEW.reason_number
                          AND state = 'confirmed'
                        UNION ALL
                        SELECT FROM payments_paymentreceipt
                        WHERE NEW.reason_kind = 'payment' AND number = NEW.reason_number
                          AND state = 'confirmed'
                    ) THEN
                        RAISE EXCEPTION 'nothing confirmed moves % of advance account %',
                            NEW.amount, NEW.account_id USING ERRCODE = '23514';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.kind} {self.amount}"
