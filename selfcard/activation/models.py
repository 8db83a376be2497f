import uuid
from typing import ClassVar

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from selfcard.core.attachments import AttachmentKind
from selfcard.core.encryption import EncryptedBytes, EncryptedText
from selfcard.core.triggers import append_only, never_truncated, refused
from selfcard.organisations.models import Organisation, Staff

# No table here has a foreign key to a batch or a card: cards have no rows, and a key to the one
# row of a hot batch would be locked by every activation.


class SourceCounter(models.Model):
    """How often one source has failed at the gate lately, and from when it may try again.

    A source is a block of network addresses, a phone number or a staff member. `admitted` tells
    the try that wrote the row whether it came through.
    """

    source = models.CharField(max_length=64, primary_key=True)
    failures = models.IntegerField()
    since = models.DateTimeField()
    opens_at = models.DateTimeField()
    admitted = models.BooleanField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(failures__gte=0), name="a_source_fails_from_zero_up")
        ]
        indexes: ClassVar = [models.Index(fields=["since"], name="source_counter_by_age")]


class TargetCounter(models.Model):
    """How often a card or a policy was tried in vain lately.

    A card counts wrong PINs whose selector was right. A policy counts wrong identity numbers
    twice: those from one source, and those from everywhere. Every try writes the rows of its
    number, also for a number that nothing bears: whoever watches the work must not learn which
    numbers exist. At `cap` failures nothing is compared any more; `compared` tells the try that
    wrote the row whether the secret may be looked at.
    """

    target = models.CharField(max_length=100, primary_key=True)
    failures = models.IntegerField()
    cap = models.IntegerField()
    since = models.DateTimeField()
    compared = models.BooleanField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(failures__gte=0), name="a_target_fails_from_zero_up")
        ]
        indexes: ClassVar = [models.Index(fields=["since"], name="target_counter_by_age")]


class SpentTicket(models.Model):
    """A ticket that paid for a try, kept as long as it could be shown again: it pays once."""

    riddle = models.BinaryField(max_length=32, primary_key=True)
    expires_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["expires_at"], name="spent_ticket_by_expiry")]


class FailureTally(models.Model):
    """A share of how often anybody failed lately, fading with time: all shares together say
    whether somebody guesses from very many sources.

    Each source has its share, so that no two of the many wait for each other at one row.
    """

    share = models.SmallIntegerField(primary_key=True)
    failures = models.FloatField()
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(failures__gte=0), name="a_tally_is_never_negative")
        ]


class GateAlarm(models.Model):
    """A time in which so many failed that every try has its price. It ends by itself."""

    began_at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(until__gt=F("began_at")), name="an_alarm_ends_after_it_began"
            ),
            # Two who raise it at the same moment raise one.
            ExclusionConstraint(
                name="there_is_one_alarm_at_a_time",
                expressions=[
                    (
                        Func(
                            "began_at",
                            "until",
                            function="TSTZRANGE",
                            output_field=DateTimeRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    )
                ],
            ),
        ]


class Unlocking(models.Model):
    """A card that too many wrong PINs had locked, and whom it was unlocked by, and why."""

    serial = models.BigIntegerField()
    reason = models.CharField(max_length=200)
    unlocked_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    unlocked_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(reason=""), name="an_unlocking_has_its_reason")
        ]
        indexes: ClassVar = [models.Index(fields=["serial"], name="unlocking_by_serial")]
        triggers: ClassVar = append_only("unlocking")


class PinProof(models.Model):
    """The ticket that the gate hands out for a right PIN, and that activation takes.

    It opens one card for one visit. The PIN itself is nowhere in it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    serial = models.BigIntegerField()
    source = models.CharField(max_length=64)
    opened_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    policy_number = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(used_at__isnull=True, policy_number="")
                | (Q(used_at__isnull=False) & ~Q(policy_number="")),
                name="a_proof_is_used_exactly_when_it_became_a_policy",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("opened_at")), name="a_proof_expires_after_it_opened"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["serial"], name="proof_by_serial"),
            models.Index(fields=["expires_at"], name="proof_by_expiry"),
        ]


class OneTimeCode(models.Model):
    """Six digits that are sent to a phone, so that whoever holds it can show that they do.

    It counts once, for one policy or one case, one purpose and one phone, and for whoever asked for
    it. The digits themselves are nowhere: `digest` is a keyed one. Asked for under a number that no
    policy bears it is never sent, and looks the same to whoever asked.
    """

    class Purpose(models.TextChoices):
        OPEN = "open", pgettext_lazy("code", "open a policy")
        CHANGE_CONTACT = "change_contact", pgettext_lazy("code", "change contact data")
        NEW_PHONE = "new_phone", pgettext_lazy("code", "prove a new phone")
        CONSENT = "consent", pgettext_lazy("code", "agree to what was read out")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField(max_length=14)  # as it was asked for; there may be no such policy
    purpose = models.CharField(max_length=14, choices=Purpose)
    # Where the applicant wants to be reached, of a code that proves the phone among it.
    contact = EncryptedText(null=True)
    source = models.CharField(max_length=64)
    language = models.CharField(max_length=10)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    phone = EncryptedText(null=True)
    digest = models.BinaryField(max_length=16, null=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("asked_at")), name="a_code_expires_after_it_was_asked"
            ),
            models.CheckConstraint(
                condition=Q(phone__isnull=False, digest__isnull=False)
                | Q(phone__isnull=True, digest__isnull=True),
                name="a_code_is_for_a_phone",
            ),
            models.CheckConstraint(
                condition=Q(used_at__isnull=True) | Q(digest__isnull=False),
                name="a_code_is_sent_before_it_is_used",
            ),
            models.CheckConstraint(
                condition=Q(purpose="new_phone", contact__isnull=False)
                | (~Q(purpose="new_phone") & Q(contact__isnull=True)),
                name="only_a_new_phone_is_proved_with_what_is_wanted",
            ),
        ]
        triggers: ClassVar = [
            refused(
                "a_code_is_used_once",
                pgtrigger.Update,
                condition=pgtrigger.Q(old__used_at__isnull=False),
            ),
            refused(
                "a_code_is_made_once",
                pgtrigger.UpdateOf("phone", "digest"),
                condition=pgtrigger.Q(old__digest__isnull=False),
            ),
            refused(
                "a_code_keeps_what_it_is_for",
                pgtrigger.UpdateOf(
                    "number", "purpose", "contact", "source", "language", "asked_at", "expires_at"
                ),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["expires_at"], name="code_by_expiry")]


class Draft(models.Model):
    """What somebody has filled in so far for a card, so that a closed page loses nothing.

    One a card, for the device that began it: who else knows the PIN sees nothing of it, and can
    only begin afresh. The answers are personal data and sealed; the PIN is never among them, and
    whoever comes back shows it again at the gate. `device` is a keyed digest of a random token
    that only that device has.
    """

    serial = models.BigIntegerField(primary_key=True)
    device = models.BinaryField(max_length=16)
    answers = EncryptedText()
    language = models.CharField(max_length=10)
    begun_at = models.DateTimeField()
    saved_at = models.DateTimeField()
    # When it was last seen whether somebody is to be reminded of it.
    looked_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["saved_at"], name="draft_by_age")]


class DraftReminder(models.Model):
    """Whoever began a draft was reminded that nobody is insured by it yet: once."""

    serial = models.BigIntegerField()
    begun_at = models.DateTimeField()
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["serial", "begun_at"], name="one_is_reminded_once_of_a_draft"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["at"], name="draft_reminder_by_age")]


class DeskCase(models.Model):
    """A customer for whom staff activate a card, on the telephone or at a counter.

    What the customer has answered is the card's draft, under a token that only the case has. The
    PIN is nowhere: `proof` says that it was right a moment ago, to whoever has the case in hand,
    and whoever resumes has it shown again; by a `link` the customer shows it from their own phone.
    The card's number is whatever was said; before its PIN nobody knows whether there is such a
    card.
    """

    class Way(models.TextChoices):
        PHONE = "phone", pgettext_lazy("case", "telephone")
        COUNTER = "counter", pgettext_lazy("case", "counter")

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("case", "unfinished")
        DONE = "done", pgettext_lazy("case", "activated")
        CLOSED = "closed", pgettext_lazy("case", "closed")

    number = models.CharField(_("case"), max_length=14, unique=True)
    way = models.CharField(max_length=7, choices=Way)
    serial = models.BigIntegerField()
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    # Who has it in hand, or had it last.
    operator = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    language = models.CharField(max_length=10)
    phone = EncryptedText(blank=True)
    device = models.UUIDField(default=uuid.uuid4)
    proof = models.UUIDField(null=True)
    # The digest of the link by which the customer enters the PIN, and how long it counts.
    link = models.BinaryField(max_length=16, null=True, unique=True)
    link_until = models.DateTimeField(null=True)
    # The page that comes next, as the form calls it; nothing before the PIN was right.
    step = models.CharField(max_length=20, blank=True)
    # What the customer was asked to agree to by a code, and when they did; nothing before.
    consent = EncryptedText(null=True)
    begun_at = models.DateTimeField(_("since"))
    touched_at = models.DateTimeField()
    chased_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=6, choices=State, default=State.OPEN)
    ended_at = models.DateTimeField(null=True)
    policy_number = models.CharField(max_length=20, blank=True)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["touched_at"]
        verbose_name = _("case")
        indexes: ClassVar = [
            models.Index(fields=["organisation", "begun_at"], name="case_by_organisation"),
            models.Index(fields=["policy_number"], name="case_by_policy"),
            models.Index(
                fields=["touched_at"], condition=Q(state="open"), name="case_that_is_open"
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["serial", "organisation"],
                condition=Q(state="open"),
                name="a_card_has_one_open_case_at_a_place",
            ),
            models.CheckConstraint(
                condition=Q(state="open", ended_at__isnull=True)
                | (~Q(state="open") & Q(ended_at__isnull=False, proof__isnull=True)),
                name="a_case_is_over_exactly_when_it_has_the_moment",
            ),
            models.CheckConstraint(
                condition=Q(state="done", consent__isnull=False) & ~Q(policy_number="")
                | (~Q(state="done") & Q(policy_number="")),
                name="a_case_is_done_when_it_became_a_policy_with_consent",
            ),
            models.CheckConstraint(
                condition=(Q(state="closed") & ~Q(reason="")) | (~Q(state="closed") & Q(reason="")),
                name="a_case_is_closed_with_a_reason",
            ),
            # The PIN by which a case is in hand, or its end, is also the end of its link.
            models.CheckConstraint(
                condition=Q(link__isnull=True, link_until__isnull=True)
                | Q(link__isnull=False, link_until__isnull=False, state="open", proof__isnull=True),
                name="a_link_waits_for_one_pin",
            ),
        ]
        triggers: ClassVar = [
            refused(
                "a_case_that_is_over_stays",
                pgtrigger.Update,
                condition=~pgtrigger.Q(old__state="open"),
            ),
            refused(
                "a_case_keeps_what_it_is_for",
                pgtrigger.UpdateOf(
                    "number", "way", "serial", "organisation_id", "device", "begun_at"
                ),
            ),
            refused("a_case_is_kept", pgtrigger.Delete),
            never_truncated("case"),
        ]

    def __str__(self) -> str:
        return self.number


class CaseCopy(models.Model):
    """A copy of an identity document that a customer showed at a counter, encrypted.

    It is evidence of the policy that came of the case; where none came of it, it is deleted.
    """

    # Rows of this size are sealed anew a few at a time.
    resealed_at_once = 4

    case = models.ForeignKey(DeskCase, models.PROTECT, related_name="copies")
    place = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=4, choices=AttachmentKind)
    name = EncryptedText()
    size = models.PositiveIntegerField()
    content = EncryptedBytes()
    added_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["case", "place"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["case", "place"], name="copies_of_a_case_stand_in_one_order"
            ),
            models.CheckConstraint(condition=Q(size__gt=0), name="a_copy_is_never_empty"),
        ]
        triggers: ClassVar = [
            refused("a_copy_is_never_changed", pgtrigger.Update),
            pgtrigger.Trigger(
                name="a_copy_stays_with_its_policy",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.Delete,
                func="""
                    IF EXISTS (SELECT FROM activation_deskcase
                               WHERE id = OLD.case_id AND state = 'done') THEN
                        RAISE EXCEPTION 'copy % is evidence of a policy', OLD.id
                            USING ERRCODE = '23514';
                    END IF;
                    RETURN OLD;
                """,
            ),
            never_truncated("copy"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id}/{self.place}"
