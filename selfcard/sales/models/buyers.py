"""How buyers are told: by the phone that they left, or by a notice that is handed over."""

from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy

from selfcard.core.encryption import EncryptedText
from selfcard.core.triggers import append_only, never_truncated, refused
from selfcard.organisations.models import Staff
from selfcard.sales.models.sales import Sale


class BuyerPhone(models.Model):
    """A phone that the buyer of a sale left so as to be told when the cards can be activated, and
    until when.

    Nobody has to leave one. It stands beside the sale, which is kept for good: this may be changed,
    and is deleted when the buyer says so or its time is over. Whose it is, is not known.
    """

    sale = models.OneToOneField(Sale, models.PROTECT, related_name="buyer_phone")
    phone = EncryptedText()
    language = models.CharField(max_length=10)
    left_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    left_at = models.DateTimeField()
    # When it was told that the cards can be activated; nothing before they are paid.
    told_at = models.DateTimeField(null=True)
    # The day of the next reminder; nothing where there is none to come.
    due_on = models.DateField(null=True)
    # When it was last seen whether there is something to be told.
    looked_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["due_on"],
                condition=Q(due_on__isnull=False),
                name="buyer_phone_to_be_reminded",
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(due_on__isnull=True) | Q(told_at__isnull=False),
                name="nobody_is_reminded_of_cards_that_are_not_paid",
            ),
        ]


class ActivationNotice(models.Model):
    """The buyer of paid cards is told that nobody is insured yet, once for a sale.

    By the phone that was left, in the deed that settles the sale; where there is none it waits for
    the seller, who prints the notice and hands it over.
    """

    class Way(models.TextChoices):
        PHONE = "phone", pgettext_lazy("notice", "by phone")
        PAPER = "paper", pgettext_lazy("notice", "on paper")

    sale = models.OneToOneField(Sale, models.PROTECT, related_name="activation_notice")
    settled_at = models.DateTimeField()
    way = models.CharField(max_length=5, choices=Way, blank=True)
    given_at = models.DateTimeField(null=True)
    given_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["settled_at"],
                condition=Q(given_at__isnull=True),
                name="activation_notice_that_waits",
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(way="", given_at__isnull=True, given_by__isnull=True)
                | Q(way="phone", given_at__isnull=False, given_by__isnull=True)
                | Q(way="paper", given_at__isnull=False, given_by__isnull=False),
                name="a_notice_on_paper_says_who_handed_it_over",
            ),
        ]
        triggers: ClassVar = [
            refused(
                "an_activation_notice_is_given_once",
                pgtrigger.Update,
                condition=pgtrigger.Q(old__given_at__isnull=False)
                | pgtrigger.Q(old__sale__df=pgtrigger.F("new__sale"))
                | pgtrigger.Q(old__settled_at__df=pgtrigger.F("new__settled_at")),
            ),
            refused("activation_notice_is_kept", pgtrigger.Delete),
            never_truncated("activation_notice"),
        ]


class DeadlineReminder(models.Model):
    """The buyer of a sale was reminded of the cards that nobody has activated, so many days before
    their last day. However often the work is repeated, it is once.
    """

    sale = models.ForeignKey(Sale, models.PROTECT, related_name="reminders")
    last_day = models.DateField()
    days = models.PositiveSmallIntegerField()
    cards = models.PositiveBigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["sale", "last_day", "days"], name="a_buyer_is_reminded_once_of_a_last_day"
            ),
            models.CheckConstraint(
                condition=Q(cards__gt=0, days__gt=0), name="a_reminder_is_of_cards_and_in_time"
            ),
        ]
        triggers: ClassVar = append_only("deadline_reminder")
