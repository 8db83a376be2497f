import uuid

from django.contrib.postgres.fields import BigIntegerRangeField
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from selfcard.core.encryption import EncryptedText
from selfcard.core.triggers import append_only


class Request(models.Model):
    """One deed that somebody asked for, so that a repeat is recognised and not done twice.

    The row is the first thing that a command writes: whoever repeats the request at the same
    moment waits on its key, and then gets the first result. The digest is keyed, since the
    arguments may hold personal data.
    """

    id = models.UUIDField(primary_key=True)
    command = models.CharField(max_length=80)
    digest = models.BinaryField(max_length=32)
    result = models.JSONField(null=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["at"], name="request_by_time")]


class AuditEvent(models.Model):
    """Who did what, when, from where, on which range, by which paper. Never changed."""

    at = models.DateTimeField()
    event = models.CharField(max_length=60)
    actor_kind = models.CharField(max_length=8)
    # No foreign key: core knows nobody, and an event outlives every account.
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=210)
    channel = models.CharField(max_length=16)
    source = models.CharField(max_length=64, blank=True)
    request = models.UUIDField(null=True)
    subject_kind = models.CharField(max_length=60, blank=True)
    subject_number = models.CharField(max_length=60, blank=True)
    serials = BigIntegerRangeField(null=True)
    facts = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["subject_kind", "subject_number"], name="audit_by_subject"),
            models.Index(fields=["request"], name="audit_by_request"),
            GistIndex(fields=["serials"], name="audit_by_serials"),
        ]
        triggers = append_only("audit_event")


class NumberSeries(models.Model):
    """The last number given in a series that must have no gap and no repeat."""

    name = models.CharField(max_length=80, primary_key=True)
    last = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(last__gte=1), name="a_series_counts_from_one")
        ]


class Paper(models.Model):
    """The frozen facts of one printed paper, from which its PDF is always made the same."""

    kind = models.CharField(max_length=40)
    number = models.CharField(max_length=60)
    # JSON, sealed: a policy names people in full, and a copy must not be easier to read.
    facts = EncryptedText()
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "number"], name="a_paper_is_made_once")
        ]
        triggers = append_only("paper")


class Work(models.Model):
    """Long work in the background, as people see it: how far it is and what it did."""

    class State(models.TextChoices):
        QUEUED = "queued", _("waiting to start")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=60)
    total = models.BigIntegerField()
    done = models.BigIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    cancel_asked = models.BooleanField(default=False)
    said = models.TextField(blank=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(done__gte=0) & Q(done__lte=models.F("total")),
                name="work_done_is_within_the_total",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running"], ended_at__isnull=True)
                | Q(state__in=["done", "failed", "cancelled"], ended_at__isnull=False),
                name="work_has_ended_exactly_when_it_has_an_end",
            ),
        ]

    @property
    def percent(self) -> int:
        return 100 if not self.total else self.done * 100 // self.total

    @property
    def has_ended(self) -> bool:
        return self.ended_at is not None
