"""Charge receipts and the money that came for them."""

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from selfcard.core.triggers import append_only, never_truncated, refused
from selfcard.organisations.models import Organisation, Staff
from selfcard.payments.models.advances import AdvanceAccount
from selfcard.payments.models.corrections import (
    corrected_by_two,
    correction_field,
    money_or_correction,
)
from selfcard.payments.models.drawers import DrawerDay, moves_the_drawer
from selfcard.payments.models.tenders import (
    TenderKind,
    found_by_reference,
    named,
    names_its_account,
    names_its_drawer,
    names_its_reference,
)
from selfcard.payments.papers import AN_INDIVIDUAL


class Receipt(models.Model):
    """A charge receipt: the demand for money, until another person confirms that it has arrived.

    What it is for is frozen in its lines; the reason (kind, number) is what the room that asked
    knows it by. A deposit asks for money in advance, which goes to the payer's advance account.

    Whoever wants to pay out of an advance account has it named by its number: a name alone tells no
    two payers apart.

    Money that was sent and has not arrived is noted in `expected`, and the receipt goes on waiting.
    What came over the amount is its `surplus`, and belongs to the payer.
    """

    class Kind(models.TextChoices):
        CHARGE = "charge", _("charge receipt")
        DEPOSIT = "deposit", _("deposit receipt")

    class State(models.TextChoices):
        ISSUED = "issued", _("issued, not confirmed")
        WAITING = "waiting", _("not arrived")
        CONFIRMED = "confirmed", _("confirmed")
        VOID = "void", _("void")

    number = models.CharField(_("receipt number"), max_length=20, unique=True)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.CHARGE)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    payer_name = models.CharField(_("payer"), max_length=100, default=AN_INDIVIDUAL.zh)
    buyer_tax_number = models.CharField(_("tax number"), max_length=18, blank=True)
    payer_account = models.ForeignKey(AdvanceAccount, models.PROTECT, null=True, related_name="+")
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3)
    lines = models.JSONField()
    reason_kind = models.CharField(max_length=20)
    reason_number = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=State, default=State.ISSUED)
    # Tenders that are on their way: kind, amount, reference.
    expected = models.JSONField(default=list)
    waiting_since = models.DateTimeField(null=True)
    # Where a deposit goes, or a surplus.
    account = models.ForeignKey(AdvanceAccount, models.PROTECT, null=True, related_name="receipts")
    surplus = models.DecimalField(max_digits=14, decimal_places=2, default=0)
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
            BrinIndex(fields=["confirmed_at"], autosummarize=True, name="receipt_by_arrival"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="a_receipt_asks_for_money"),
            models.CheckConstraint(
                condition=Q(
                    state__in=["issued", "waiting"],
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
            models.CheckConstraint(
                condition=Q(state="waiting", waiting_since__isnull=False) & ~Q(expected=[])
                | ~Q(state="waiting"),
                name="a_receipt_waits_for_something",
            ),
            models.CheckConstraint(
                condition=Q(kind="deposit", account__isnull=False, surplus=0)
                | Q(kind="charge", account__isnull=True, surplus=0)
                | Q(kind="charge", account__isnull=False, surplus__gt=0, state="confirmed"),
                name="money_in_advance_has_its_account",
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
                "a_settled_receipt_stands",
                pgtrigger.Update,
                pgtrigger.Q(old__state__in=["confirmed", "void"]),
            ),
            refused(
                "a_deposit_keeps_its_account",
                pgtrigger.UpdateOf("account_id"),
                pgtrigger.Q(old__kind="deposit"),
            ),
            refused(
                "a_receipt_keeps_its_facts",
                pgtrigger.Update,
                pgtrigger.AnyChange(
                    "number",
                    "kind",
                    "organisation",
                    "payer_name",
                    "buyer_tax_number",
                    "payer_account",
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
                    IF paid <> NEW.amount + NEW.surplus THEN
                        RAISE EXCEPTION 'receipt % is for % and a surplus of %, its tenders are %',
                            NEW.number, NEW.amount, NEW.surplus, paid USING ERRCODE = '23514';
                    END IF;
                    IF (NEW.kind = 'charge') <> EXISTS (
                        SELECT FROM payments_invoice WHERE receipt_id = NEW.id
                    ) THEN
                        RAISE EXCEPTION 'receipt % is confirmed without its invoice', NEW.number
                            USING ERRCODE = '23514';
                    END IF;
                    -- What its tenders take out of advances and what it brings into one are just
                    -- the entries that name it.
                    IF EXISTS (
                        WITH meant AS (
                            SELECT account_id, -amount AS amount FROM payments_tender
                            WHERE receipt_id = NEW.id AND kind = 'advance'
                            UNION ALL
                            SELECT NEW.account_id,
                                CASE NEW.kind WHEN 'deposit' THEN NEW.amount ELSE NEW.surplus END
                            WHERE NEW.account_id IS NOT NULL
                        ), entered AS (
                            SELECT account_id, amount FROM payments_advanceentry
                            WHERE reason_kind = 'receipt' AND reason_number = NEW.number
                        )
                        (TABLE meant EXCEPT ALL TABLE entered)
                        UNION ALL (TABLE entered EXCEPT ALL TABLE meant)
                    ) THEN
                        RAISE EXCEPTION 'receipt % and the advances do not agree', NEW.number
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
        return named(self.payer_name)


class Tender(models.Model):
    """A part of the money as it came: what goes through a drawer names its day, an advance the
    account that it is written off.

    A kind that was entered wrongly is taken back, and entered rightly, by two more rows."""

    receipt = models.ForeignKey(Receipt, models.PROTECT, related_name="tenders")
    kind = models.CharField(max_length=10, choices=TenderKind)
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    # Cash arrives when it is counted; a transfer or a cheque on the day that the bank names.
    arrived_on = models.DateField()
    reference = models.CharField(max_length=40, blank=True)
    drawer_day = models.ForeignKey(DrawerDay, models.PROTECT, null=True, related_name="tenders")
    account = models.ForeignKey(AdvanceAccount, models.PROTECT, null=True, related_name="+")
    correction = correction_field()

    class Meta:
        indexes: ClassVar = [found_by_reference("tender_by_reference")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=money_or_correction(), name="a_tender_is_money"),
            models.CheckConstraint(
                condition=names_its_reference(), name="a_tender_names_its_reference"
            ),
            models.CheckConstraint(condition=names_its_drawer(), name="a_tender_names_its_drawer"),
            models.CheckConstraint(
                condition=names_its_account(), name="a_tender_names_its_account"
            ),
            # Two write-offs of one account within a receipt are one.
            models.UniqueConstraint(
                fields=["receipt", "account"], name="a_receipt_takes_an_advance_once"
            ),
        ]
        triggers: ClassVar = [
            *append_only("tender"),
            corrected_by_two("a_tender_is_corrected_by_two"),
            # What is taken back and what is put in its place are the same money, and no more is
            # taken back than came.
            pgtrigger.Trigger(
                name="a_corrected_receipt_is_paid_as_before",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                condition=pgtrigger.Q(new__correction__isnull=False),
                func="""
                    IF (
                        SELECT sum(tender.amount) <> receipt.amount + receipt.surplus
                        FROM payments_receipt receipt
                        JOIN payments_tender tender ON tender.receipt_id = receipt.id
                        WHERE receipt.id = NEW.receipt_id GROUP BY receipt.id
                    ) OR EXISTS (
                        SELECT FROM payments_tender WHERE receipt_id = NEW.receipt_id
                        GROUP BY kind, drawer_day_id HAVING sum(amount) < 0
                    ) THEN
                        RAISE EXCEPTION 'receipt % is not paid as before', NEW.receipt_id
                            USING ERRCODE = '23514';
                    END IF;
                    RETURN NULL;
                """,
            ),
            # The money of one payer does not pay for another of the same name.
            pgtrigger.Trigger(
                name="an_advance_pays_for_its_payer",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                condition=pgtrigger.Q(new__kind="advance", new__account__isnull=False),
                func="""
                    IF NOT EXISTS (
                        SELECT FROM payments_receipt receipt
                        JOIN payments_advanceaccount account ON account.id = NEW.account_id
                        WHERE receipt.id = NEW.receipt_id
                          AND (account.id = receipt.payer_account_id
                            OR (account.tax_number <> ''
                              AND account.tax_number = receipt.buyer_tax_number))
                    ) THEN
                        RAISE EXCEPTION 'advance account % is not that of the payer of receipt %',
                            NEW.account_id, NEW.receipt_id USING ERRCODE = '23514';
                    END IF;
                    RETURN NEW;
                """,
            ),
            # The row lock makes whoever confirms at the same moment come before or after this
            # tender, never beside it. What is left in advance is money that really came.
            pgtrigger.Trigger(
                name="a_tender_pays_an_open_receipt",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=f"""
                    PERFORM FROM payments_receipt
                    WHERE id = NEW.receipt_id
                      AND (kind = 'charge' AND NEW.correction_id IS NULL
                        OR NEW.kind NOT IN ('advance', 'promotion'))
                      AND CASE WHEN NEW.correction_id IS NULL THEN state IN ('issued', 'waiting')
                          ELSE state = 'confirmed' END
                    FOR NO KEY UPDATE;
                    IF NOT FOUND THEN
                        RAISE EXCEPTION 'receipt % takes no more tenders, or none of this kind',
                            NEW.receipt_id USING ERRCODE = '23514';
                    END IF;
                    {moves_the_drawer("NEW.amount", "it takes no more tenders", corrected=True)}
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.receipt_id} {self.kind} {self.amount}"
