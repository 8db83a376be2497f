"""Between the drawers and the bank: what was carried, fetched, and what acquirers still owe."""

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from selfcard.core.triggers import append_only, never_truncated, refused
from selfcard.organisations.models import Organisation, Staff
from selfcard.payments.models.corrections import (
    corrected_by_two,
    correction_field,
)
from selfcard.payments.models.drawers import DrawerDay, moves_the_drawer
from selfcard.payments.models.tenders import TenderKind, found_by_reference


class Banking(models.Model):
    """Takings that came to the bank: cash that was carried there, and what acquirers paid out.

    Cash that was fetched there for a drawer, its float, is the same the other way round: less
    than nothing came to the bank. What was entered wrongly is taken back by a row of its own.
    """

    number = models.CharField(_("banking"), max_length=20, unique=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=TenderKind)
    is_fetched = models.BooleanField(default=False)
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3)
    arrived_on = models.DateField()
    reference = models.CharField(max_length=40)
    # Cash comes out of a drawer that is open, or goes into it.
    drawer_day = models.ForeignKey(DrawerDay, models.PROTECT, null=True, related_name="bankings")
    banked_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    banked_at = models.DateTimeField()
    correction = correction_field()

    class Meta:
        indexes: ClassVar = [
            BrinIndex(fields=["banked_at"], autosummarize=True, name="banking_by_day"),
            found_by_reference("banking_by_reference"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(is_fetched=False, amount__gt=0)
                | Q(is_fetched=True, amount__lt=0, kind="cash")
                | (Q(correction__isnull=False) & ~Q(amount=0)),
                name="a_banking_is_money",
            ),
            models.CheckConstraint(
                condition=Q(kind="cash", drawer_day__isnull=False)
                | Q(kind__in=["card", "wallet"], drawer_day__isnull=True),
                name="cash_is_banked_out_of_a_drawer",
            ),
            models.CheckConstraint(condition=~Q(reference=""), name="a_banking_names_its_slip"),
        ]
        triggers: ClassVar = [
            *append_only("banking"),
            corrected_by_two("a_banking_is_corrected_by_two"),
            pgtrigger.Trigger(
                name="cash_is_banked_out_of_an_open_drawer",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=f"""
                    {moves_the_drawer("-NEW.amount", "nothing leaves it", corrected=True)}
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="what_acquirers_pay_out_they_owe_no_more",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                condition=~pgtrigger.Q(new__kind="cash"),
                func="""
                    INSERT INTO payments_takings (organisation_id, kind, currency, amount)
                    VALUES (NEW.organisation_id, NEW.kind, NEW.currency, -NEW.amount)
                    ON CONFLICT (organisation_id, kind, currency)
                    DO UPDATE SET amount = payments_takings.amount + EXCLUDED.amount;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_taken_back(self) -> bool:
        """Whether it takes back another, which was entered wrongly."""
        return self.is_fetched == (self.amount > 0)


class Takings(models.Model):
    """What an acquirer still owes an organisation for closed days: counted there, less paid out.

    PostgreSQL keeps it with each closing and each payout, so that nobody adds up all that was ever
    taken. Below nothing, the acquirer has paid out days that are still to be closed.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=TenderKind)
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=14, decimal_places=2)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "kind", "currency"],
                name="what_an_acquirer_owes_is_said_once",
            ),
        ]
        triggers: ClassVar = [
            refused("takings_are_kept", pgtrigger.Delete),
            never_truncated("takings"),
            pgtrigger.Trigger(
                name="takings_follow_from_counts_and_payouts",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func="""
                    IF pg_trigger_depth() < 2 THEN
                        RAISE EXCEPTION 'takings follow from closed drawers and payouts'
                            USING ERRCODE = '23514';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.kind} {self.amount}"
