from typing import ClassVar

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from selfcard.core.encryption import EncryptedText
from selfcard.core.triggers import never_truncated, refused
from selfcard.messaging.models import Message


class Sender(models.Model):
    """How much a number has written lately, and what the gate asked of it.

    Its row is also what two messages of one number wait for each other at. `ticket` is what the
    gate gave out when the number had to wait: its next message shows it, as a page would.
    """

    index = models.BinaryField(max_length=16, primary_key=True)
    since = models.DateTimeField()
    messages = models.IntegerField(default=0)
    without_keyword = models.IntegerField(default=0)
    ticket = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["since"], name="sms_sender_by_age")]


class Budget(models.Model):
    """How many messages were answered in an hour, in shares: so that numbers rarely wait for one
    another there."""

    hour = models.DateTimeField()
    share = models.SmallIntegerField()
    answers = models.IntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["hour", "share"], name="an_hour_has_one_of_each_share")
        ]


class Part(models.Model):
    """A part of a long message, waiting for the others for at most ten minutes.

    Sealed under a key of its own time, which is destroyed soon after: it holds a PIN.
    """

    gateway = models.CharField(max_length=20)
    sender = models.BinaryField(max_length=16)
    reference = models.IntegerField()
    count = models.SmallIntegerField()
    number = models.SmallIntegerField()
    sealed = models.BinaryField()
    came_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["gateway", "sender", "reference", "count", "number"],
                name="a_part_waits_once",
            ),
            models.CheckConstraint(
                condition=Q(number__gte=1, number__lte=F("count")),
                name="a_part_is_one_of_its_message",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["came_at"], name="sms_part_by_age")]


class InboundMessage(models.Model):
    """A whole message that came in, and the one reply to it.

    The PIN is nowhere in it: of its words only what is not a digit is kept, and the card's number.
    The same words of the same number are the same message up to `same_until`, by whatever gateway
    they come and however often.
    """

    class State(models.TextChoices):
        RECEIVED = "received", pgettext_lazy("inbound message", "received")
        ANSWERED = "answered", pgettext_lazy("inbound message", "answered")
        SILENT = "silent", pgettext_lazy("inbound message", "not answered")

    class Outcome(models.TextChoices):
        ACTIVATED = "activated", _("activated")
        TOLD = "told", _("status told")
        HELPED = "helped", _("help sent")
        MISTYPED = "mistyped", _("to be corrected")
        NOT_TOGETHER = "not_together", _("card number and PIN not accepted")
        WAITS = "waits", _("has to wait")
        REFUSED = "refused", _("refused, with the reason")
        MORE_ASKED = "more_asked", _("led to the portal")
        TOO_MANY = "too_many", _("too many messages")
        NO_REPLY = "no_reply", _("from a number that takes no reply")

    gateway = models.CharField(max_length=20)
    sender = EncryptedText()
    sender_index = models.BinaryField(max_length=16)
    words = EncryptedText()
    digest = models.BinaryField(max_length=16)
    language = models.CharField(max_length=10)
    serial = models.BigIntegerField(null=True)
    came_at = models.DateTimeField(_("came at"))
    same_until = models.DateTimeField()

    state = models.CharField(max_length=8, choices=State, default=State.RECEIVED)
    outcome = models.CharField(max_length=12, choices=Outcome, blank=True)
    reply = models.OneToOneField(Message, models.PROTECT, null=True, related_name="replies_to")

    class Meta:
        ordering: ClassVar = ["-pk"]
        verbose_name = _("message received")
        indexes: ClassVar = [
            models.Index(fields=["sender_index", "came_at"], name="inbound_by_sender"),
            models.Index(fields=["serial"], name="inbound_by_card"),
        ]
        constraints: ClassVar = [
            ExclusionConstraint(
                name="the_same_words_are_one_message",
                expressions=[
                    ("digest", RangeOperators.EQUAL),
                    (
                        Func(
                            "came_at",
                            "same_until",
                            function="TSTZRANGE",
                            output_field=DateTimeRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
            models.CheckConstraint(
                condition=Q(same_until__gt=F("came_at")), name="a_message_is_the_same_for_a_while"
            ),
            models.CheckConstraint(
                condition=Q(state="answered", reply__isnull=False)
                | (~Q(state="answered") & Q(reply__isnull=True)),
                name="a_message_is_answered_exactly_when_it_has_its_reply",
            ),
            models.CheckConstraint(
                condition=Q(state="received", outcome="") | (~Q(state="received") & ~Q(outcome="")),
                name="what_came_of_a_message_is_said",
            ),
        ]
        triggers: ClassVar = [
            refused(
                "a_message_stays_as_it_came",
                pgtrigger.Update,
                condition=pgtrigger.AnyChange(exclude=["same_until", "state", "outcome", "reply"]),
            ),
            refused(
                "a_message_is_answered_once",
                pgtrigger.Update,
                condition=~pgtrigger.Q(old__state="received"),
            ),
            refused("a_message_that_came_is_kept", pgtrigger.Delete),
            never_truncated("inbound_message"),
        ]


class Delivery(models.Model):
    """That a gateway brought a message, by the gateway's own number for it, where it has one."""

    gateway = models.CharField(max_length=20)
    number = models.CharField(max_length=100)
    message = models.ForeignKey(InboundMessage, models.PROTECT, related_name="deliveries")
    came_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["gateway", "number"], name="a_gateway_brings_a_message_once"
            )
        ]


class Nonce(models.Model):
    """That a signed post was taken in: kept as long as it could be shown again."""

    nonce = models.CharField(max_length=64, primary_key=True)
    came_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["came_at"], name="sms_nonce_by_age")]


class Submission(models.Model):
    """A part of a message of ours that a gateway took, by the number that it gave it, and what it
    said of it later: whether it reached the phone.

    A receipt may come before we have kept that the part was taken: then the message is still
    unknown.
    """

    class State(models.TextChoices):
        TAKEN = "taken", pgettext_lazy("SMS", "taken by the gateway")
        ARRIVED = "arrived", pgettext_lazy("SMS", "arrived on the phone")
        LOST = "lost", pgettext_lazy("SMS", "did not arrive")

    gateway = models.CharField(max_length=20)
    number = models.CharField(max_length=100)
    message = models.ForeignKey(Message, models.PROTECT, null=True, related_name="submissions")
    part = models.SmallIntegerField(default=1)
    state = models.CharField(max_length=7, choices=State, default=State.TAKEN)
    told_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["gateway", "number"], name="a_gateway_numbers_what_it_takes"
            ),
            models.CheckConstraint(
                condition=Q(state="taken", told_at__isnull=True)
                | (~Q(state="taken") & Q(told_at__isnull=False)),
                name="a_gateway_has_told_exactly_when_it_has_the_moment",
            ),
        ]
        triggers: ClassVar = [
            refused(
                "a_gateway_tells_once_what_became_of_a_part",
                pgtrigger.UpdateOf("state", "told_at"),
                condition=~pgtrigger.Q(old__state="taken"),
            ),
        ]
