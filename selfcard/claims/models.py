from datetime import date
from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from selfcard.core import clock
from selfcard.core.attachments import AttachmentKind
from selfcard.core.encryption import EncryptedBytes, EncryptedText
from selfcard.core.serials import card_number
from selfcard.core.triggers import append_only, never_truncated, refused
from selfcard.custody.statuses import SeenStatus
from selfcard.organisations.models import Organisation, Staff
from selfcard.policies.models import Policy


class Harm(models.TextChoices):
    """What kind of thing has happened."""

    INJURY = "injury", pgettext_lazy("harm", "injury by an accident")
    ILLNESS = "illness", pgettext_lazy("harm", "illness or hospital stay")
    DEATH = "death", pgettext_lazy("harm", "death")
    DAMAGE = "damage", pgettext_lazy("harm", "damage to a home, a vehicle or things")
    OTHER = "other", pgettext_lazy("harm", "something else")


class CoverThen(models.TextChoices):
    """How the policy stood at the moment of what happened: a fact, and no decision."""

    IN_FORCE = "in_force", pgettext_lazy("cover then", "in force")
    NOT_BEGUN = "not_begun", pgettext_lazy("cover then", "not begun")
    ENDED = "ended", pgettext_lazy("cover then", "ended")
    CANCELLED = "cancelled", pgettext_lazy("cover then", "cancelled")
    ON_THE_EDGE = "on_the_edge", pgettext_lazy("cover then", "began or ended on that day")
    NO_POLICY = "no_policy", pgettext_lazy("cover then", "no policy")


class Notice(models.Model):
    """A notice of claim: what happened, when, where and to whom, and who says so.

    It is of a policy, or of a card that is none; then `card_status` is what people saw of the card
    at the moment of the notice. What it says never changes: whatever comes later is an entry of
    its own, and only entries lead it from one state to the next.
    """

    class State(models.TextChoices):
        RECORDED = "recorded", pgettext_lazy("notice of claim", "recorded")
        IN_REVIEW = "in_review", pgettext_lazy("notice of claim", "being looked at")
        CLOSED = "closed", pgettext_lazy("notice of claim", "closed")

    number = models.CharField(_("notice number"), max_length=20, unique=True)
    policy = models.ForeignKey(Policy, models.PROTECT, null=True, related_name="notices")
    # The card that is meant, or that the policy came from.
    serial = models.BigIntegerField(null=True)
    card_status = models.CharField(max_length=16, choices=SeenStatus, blank=True)
    # Who sold the policy or the card, or has the card: their staff see the notice.
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")

    harm = models.CharField(max_length=8, choices=Harm)
    # Known only as a day: then it is the day's first moment.
    happened_at = models.DateTimeField()
    hour_known = models.BooleanField()
    region = models.CharField(max_length=6, blank=True)
    place = EncryptedText()
    story = EncryptedText()
    hurt = EncryptedText()
    reporter = EncryptedText()
    phone = EncryptedText()
    cover = models.CharField(max_length=12, choices=CoverThen)

    reported_at = models.DateTimeField()
    channel = models.CharField(max_length=16)
    # Whoever wrote it down for a caller; nobody where the holder did.
    taken_down_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")

    state = models.CharField(max_length=10, choices=State, default=State.RECORDED)
    handler = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["-reported_at", "-number"]
        verbose_name = _("notice of claim")
        indexes: ClassVar = [
            models.Index(fields=["organisation", "reported_at"], name="notice_by_organisation"),
            models.Index(fields=["reported_at"], name="notice_by_report"),
            models.Index(fields=["serial"], name="notice_by_serial"),
            # Few of all notices wait at a time.
            models.Index(
                fields=["reported_at"],
                condition=Q(state="recorded"),
                name="notice_that_waits",
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(policy__isnull=False) | Q(serial__isnull=False),
                name="a_notice_is_of_a_policy_or_of_a_card",
            ),
            models.CheckConstraint(
                condition=Q(policy__isnull=True, cover="no_policy") & ~Q(card_status="")
                | Q(policy__isnull=False, card_status="") & ~Q(cover="no_policy"),
                name="a_notice_without_a_policy_says_how_its_card_was",
            ),
            models.CheckConstraint(
                condition=Q(happened_at__lte=F("reported_at")),
                name="what_is_reported_has_happened",
            ),
            models.CheckConstraint(
                condition=Q(state="recorded", handler__isnull=True)
                | ~Q(state="recorded") & Q(handler__isnull=False),
                name="a_notice_is_in_hand_exactly_when_somebody_has_it",
            ),
        ]
        triggers: ClassVar = [
            refused(
                "a_notice_keeps_what_it_says",
                pgtrigger.Update,
                condition=pgtrigger.AnyChange(exclude=["state", "handler"]),
            ),
            pgtrigger.Trigger(
                name="a_notice_goes_on_by_its_entries",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("state", "handler_id"),
                func="""
                    IF pg_trigger_depth() < 2
                        AND NOT (TG_OP = 'INSERT' AND NEW.state = 'recorded') THEN
                        RAISE EXCEPTION 'the state of notice % follows from its entries', NEW.number
                            USING ERRCODE = '23514';
                    END IF;
                    RETURN NEW;
                """,
            ),
            refused("a_notice_is_kept", pgtrigger.Delete),
            never_truncated("notice"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_for_review(self) -> bool:
        """Whether there was no policy when it was recorded."""
        return self.policy_id is None

    @property
    def happened_on(self) -> date:
        return clock.day_of(self.happened_at)

    @property
    def card_number(self) -> str:
        return card_number(self.serial) if self.serial else ""


class Entry(models.Model):
    """What came later to a notice: more words or papers, or what the staff did about it.

    Inserting one is what leads the notice on: taken on, looked at with words, closed with a note.
    What is added to a closed notice opens it again, so that nobody overlooks it.
    """

    class Kind(models.TextChoices):
        ADDED = "added", pgettext_lazy("notice of claim", "more was said")
        TAKEN = "taken", pgettext_lazy("notice of claim", "taken on")
        LOOKED_AT = "looked_at", pgettext_lazy("notice of claim", "looked at")
        CLOSED = "closed", pgettext_lazy("notice of claim", "closed")

    notice = models.ForeignKey(Notice, models.PROTECT, related_name="entries")
    place = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    words = EncryptedText()
    by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    channel = models.CharField(max_length=16)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["notice", "place"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["notice", "place"], name="entries_of_a_notice_stand_in_one_order"
            ),
            models.CheckConstraint(
                condition=Q(kind="added") | Q(by__isnull=False),
                name="only_staff_look_at_a_notice",
            ),
        ]
        triggers: ClassVar = [
            *append_only("notice_entry"),
            pgtrigger.Trigger(
                name="an_entry_leads_its_notice_on",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                func="""
                    UPDATE claims_notice notice SET
                        state = CASE NEW.kind WHEN 'taken' THEN 'in_review'
                                              WHEN 'closed' THEN 'closed'
                                              WHEN 'looked_at' THEN notice.state
                                ELSE CASE notice.state WHEN 'closed' THEN 'recorded'
                                     ELSE notice.state END END,
                        handler_id = CASE WHEN NEW.kind = 'taken' THEN NEW.by_id
                                          WHEN NEW.kind = 'added' AND notice.state = 'closed'
                                          THEN NULL ELSE notice.handler_id END
                    WHERE notice.id = NEW.notice_id AND CASE NEW.kind
                        WHEN 'added' THEN true
                        WHEN 'taken' THEN notice.state = 'recorded'
                        ELSE notice.state = 'in_review' END;
                    IF NOT FOUND THEN
                        RAISE EXCEPTION 'a notice of claim does not go this way: %', NEW.kind
                            USING ERRCODE = '23514';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.notice_id}/{self.place}"


class KeptAttachment(models.Model):
    """A photo or paper that came with an entry, encrypted, as it is given out again."""

    # Rows of this size are sealed anew a few at a time.
    resealed_at_once = 4

    entry = models.ForeignKey(Entry, models.PROTECT, related_name="attachments")
    place = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=4, choices=AttachmentKind)
    name = EncryptedText()
    size = models.PositiveIntegerField()
    content = EncryptedBytes()

    class Meta:
        ordering: ClassVar = ["entry", "place"]
        verbose_name = _("attachment")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["entry", "place"], name="attachments_of_an_entry_stand_in_one_order"
            ),
            models.CheckConstraint(condition=Q(size__gt=0), name="an_attachment_is_never_empty"),
        ]
        triggers: ClassVar = append_only("attachment")

    def __str__(self) -> str:
        return f"{self.entry_id}/{self.place}"

    @property
    def is_picture(self) -> bool:
        return self.kind != AttachmentKind.PDF
