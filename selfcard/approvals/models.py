import uuid
from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from selfcard.core import clock
from selfcard.core.triggers import never_truncated, refused
from selfcard.organisations.models import May, Organisation, Staff


class Approval(models.Model):
    """Something that needs a second person: what was asked, by whom, and what was decided."""

    class State(models.TextChoices):
        ASKED = "asked", _("waiting for a second person")
        GRANTED = "granted", _("granted")
        REFUSED = "refused", _("refused")
        EXPIRED = "expired", _("expired")
        WITHDRAWN = "withdrawn", _("withdrawn")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=40)
    subject_kind = models.CharField(max_length=40)
    subject_number = models.CharField(max_length=60)
    asked = models.JSONField(default=dict)
    may = models.CharField(max_length=24, choices=May)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State, default=State.ASKED)
    decided_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["asked_at"]
        indexes: ClassVar = [
            models.Index(fields=["subject_kind", "subject_number"], name="approval_by_subject")
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("asked_by")),
                name="nobody_decides_their_own_request",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["asked", "expired", "withdrawn"],
                    decided_by__isnull=True,
                    decided_at__isnull=True,
                )
                | Q(
                    state__in=["granted", "refused"],
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                ),
                name="an_approval_is_decided_exactly_when_somebody_decided",
            ),
            models.CheckConstraint(
                condition=~Q(state="refused") | ~Q(reason=""),
                name="a_refused_approval_has_a_reason",
            ),
            models.UniqueConstraint(
                fields=["kind", "subject_kind", "subject_number"],
                condition=Q(state="asked"),
                name="the_same_thing_is_asked_once_at_a_time",
            ),
        ]
        triggers: ClassVar = [
            refused(
                "a_decision_stands",
                pgtrigger.Update,
                condition=~pgtrigger.Q(old__state="asked"),
            ),
            refused(
                "a_question_stays",
                pgtrigger.UpdateOf(
                    "kind", "subject_kind", "subject_number", "asked", "may", "organisation_id",
                    "asked_by_id", "asked_at", "expires_at",
                ),
            ),
            refused(
                "an_approval_begins_with_the_question",
                pgtrigger.Insert,
                condition=~pgtrigger.Q(new__state="asked"),
            ),
            refused("an_approval_is_kept", pgtrigger.Delete),
            never_truncated("approval"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_number}"

    @property
    def has_expired(self) -> bool:
        """Asked for too long ago: it has to be asked for again."""
        return self.state == self.State.EXPIRED or (
            self.state == self.State.ASKED and self.expires_at <= clock.now()
        )
