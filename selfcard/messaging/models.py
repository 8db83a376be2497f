from dataclasses import asdict, dataclass
from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from selfcard.core.encryption import EncryptedText
from selfcard.core.triggers import append_only, never_truncated, refused
from selfcard.organisations.models import Organisation, Staff

# Longer than anybody reads on a telephone; and what a mail program still shows of a subject.
MOST_WORDS = 500
MOST_SUBJECT = 100


class Message(models.Model):
    """Something that somebody is told, written down with the deed and sent after it.

    It is sent once. One that carries a secret keeps its words only while it waits: once it is
    sent, or the secret is outdated, nobody can read them here any more.
    """

    class Channel(models.TextChoices):
        SMS = "sms", _("SMS")
        EMAIL = "email", _("e-mail")

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("message", "waiting")
        SENT = "sent", pgettext_lazy("message", "sent")
        FAILED = "failed", pgettext_lazy("message", "not sent")

    class Problem(models.TextChoices):
        NO_GATEWAY = "no_gateway", _("Nothing is set up by which it could be sent.")
        NO_ANSWER = "no_answer", _("Whoever sends our messages did not answer.")
        REFUSED = "refused", _("Whoever sends our messages refuses this number or address.")
        OUTDATED = "outdated", _("Its code was outdated before it could be sent.")

    # What it tells of, as whoever writes it calls that.
    occasion = models.CharField(max_length=30)
    channel = models.CharField(max_length=5, choices=Channel)
    recipient = EncryptedText()
    language = models.CharField(max_length=10)
    subject = EncryptedText(null=True)
    words = EncryptedText(null=True)
    # When the secret in it counts no more; nothing in one without a secret.
    secret_until = models.DateTimeField(null=True)
    reason_kind = models.CharField(max_length=20)
    reason_number = models.CharField(max_length=40)
    # No constraint in the database: every activation would lock the same few parent rows.
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", db_constraint=False
    )
    again_for = models.ForeignKey("self", models.PROTECT, null=True, related_name="sent_again")
    written_at = models.DateTimeField(_("written at"))

    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    tries = models.SmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    problem = models.CharField(max_length=10, choices=Problem, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True)

    class Meta:
        ordering: ClassVar = ["-pk"]
        verbose_name = _("message")
        indexes: ClassVar = [
            models.Index(
                fields=["next_try_at"], condition=Q(state="waiting"), name="message_that_waits"
            ),
            models.Index(fields=["reason_kind", "reason_number"], name="message_by_reason"),
            models.Index(fields=["organisation", "written_at"], name="message_by_organisation"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False)
                | (~Q(state="sent") & Q(sent_at__isnull=True)),
                name="a_message_is_sent_exactly_when_it_has_the_moment",
            ),
            models.CheckConstraint(
                condition=Q(state="waiting")
                | Q(state="sent", problem="")
                | (Q(state="failed") & ~Q(problem="")),
                name="a_message_that_was_not_sent_says_why",
            ),
            models.CheckConstraint(
                condition=Q(channel="email", subject__isnull=False)
                | Q(channel="sms", subject__isnull=True),
                name="an_email_has_a_subject_and_an_sms_has_none",
            ),
            models.CheckConstraint(
                condition=Q(words__isnull=False, secret_until__isnull=True)
                | Q(words__isnull=False, state="waiting")
                | (Q(words__isnull=True, secret_until__isnull=False) & ~Q(state="waiting")),
                name="words_are_kept_unless_a_secret_is_over",
            ),
        ]
        triggers: ClassVar = [
            refused(
                "a_message_is_written_before_it_is_sent",
                pgtrigger.Insert,
                condition=~pgtrigger.Q(new__state="waiting"),
            ),
            refused(
                "a_message_keeps_what_was_written",
                pgtrigger.Update,
                condition=pgtrigger.AnyChange(
                    exclude=["words", "state", "tries", "next_try_at", "problem", "sent_at"]
                ),
            ),
            refused(
                "words_are_erased_and_never_changed",
                pgtrigger.UpdateOf("words"),
                condition=pgtrigger.Condition(
                    "NEW.words IS NOT NULL AND NEW.words IS DISTINCT FROM OLD.words"
                ),
            ),
            refused(
                "a_message_is_sent_once",
                pgtrigger.Update,
                condition=~pgtrigger.Q(old__state="waiting"),
            ),
            refused("a_message_is_kept", pgtrigger.Delete),
            never_truncated("message"),
        ]

    def __str__(self) -> str:
        return f"{self.occasion} {self.reason_number}"

    @property
    def is_secret(self) -> bool:
        return self.secret_until is not None


@dataclass(frozen=True)
class TemplateKey:
    """Which template: what it tells of, in which language, and to who has a card of which type; to
    all where none is named."""

    occasion: str
    language: str
    document_type: str = ""

    @property
    def columns(self) -> dict[str, str]:
        return asdict(self)

    @property
    def for_all(self) -> "TemplateKey":
        """The one that holds where this has no words."""
        return TemplateKey(self.occasion, self.language)


class Template(models.Model):
    """A version of the insurer's own words for an occasion, in one language: for one document type,
    or for all where none is named.

    The latest counts. One without words gives way again: to those for all document types, and these
    to the words that the occasion itself brings.
    """

    occasion = models.CharField(max_length=30)
    document_type = models.CharField(_("document type code"), max_length=20, blank=True)
    language = models.CharField(max_length=10)
    version = models.PositiveSmallIntegerField()
    subject = models.CharField(max_length=MOST_SUBJECT, blank=True)
    words = models.CharField(max_length=MOST_WORDS, blank=True)
    changed_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["occasion", "document_type", "language", "-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["occasion", "language", "document_type", "version"],
                name="a_template_version_has_its_own_number",
            ),
            models.CheckConstraint(
                condition=Q(version__gte=1), name="a_template_begins_with_version_one"
            ),
            models.CheckConstraint(
                condition=Q(subject="") | ~Q(words=""), name="a_template_with_a_subject_has_words"
            ),
        ]
        triggers: ClassVar = append_only("template")

    def __str__(self) -> str:
        named = (self.occasion, self.document_type, self.language, f"v{self.version}")
        return " ".join(filter(None, named))

    @property
    def key(self) -> TemplateKey:
        return TemplateKey(self.occasion, self.language, self.document_type)

    @property
    def is_own(self) -> bool:
        """Whether it says something of its own, and does not give way."""
        return bool(self.words)
