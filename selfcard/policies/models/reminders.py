from typing import ClassVar

from django.db import models
from django.db.models import Q

from selfcard.core.triggers import append_only
from selfcard.policies.models.contracts import Policy


class CoverReminder(models.Model):
    """The applicant of a policy was reminded that its cover ends, so many days before: once."""

    policy = models.ForeignKey(Policy, models.PROTECT, related_name="reminders")
    days = models.PositiveSmallIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["policy", "days"], name="an_end_of_cover_is_told_once_so_many_days_before"
            ),
            models.CheckConstraint(condition=Q(days__gt=0), name="an_end_of_cover_is_told_before"),
        ]
        triggers: ClassVar = append_only("cover_reminder")

    def __str__(self) -> str:
        return f"{self.policy_id} {self.days}"
