"""A correction is another row: what was entered stays, and two people answer for what is right."""

import pgtrigger
from django.db import models
from django.db.models import Q

from selfcard.approvals.models import Approval
from selfcard.organisations.models import May

# What a second person agrees to before anything is put right.
CORRECT = "payments.correct"
# Who may ask for it, by what is to be put right, and take the request back.
ASKED_BY = {
    "banking": May.KEEP_DRAWER,
    "drawer": May.KEEP_DRAWER,
    "receipt": May.CONFIRM_RECEIPTS,
}


def correction_field() -> "models.ForeignKey[Approval | None]":
    """By which agreed request a row puts right what was entered before; none for most."""
    return models.ForeignKey(Approval, models.PROTECT, null=True, related_name="+")


def money_or_correction() -> Q:
    """An amount above nothing; below it only what takes an earlier row back."""
    return Q(amount__gt=0) | Q(amount__lt=0, correction__isnull=False)


def corrected_by_two(name: str) -> pgtrigger.Trigger:
    """A row that puts something right names the request that another person has agreed to."""
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Row,
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        condition=pgtrigger.Q(new__correction__isnull=False),
        func=f"""
            IF NOT EXISTS (
                SELECT FROM approvals_approval
                WHERE id = NEW.correction_id AND kind = '{CORRECT}' AND state = 'granted'
            ) THEN
                RAISE EXCEPTION 'nobody has agreed to the correction %', NEW.correction_id
                    USING ERRCODE = '23514';
            END IF;
            RETURN NEW;
        """,
    )
