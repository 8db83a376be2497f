from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from selfcard.core.triggers import append_only
from selfcard.organisations.models import Staff
from selfcard.policies.models.contracts import Policy


class Unmasking(models.Model):
    """That a member of staff has seen what is masked elsewhere: of which policy, what, and why.

    Whoever opens a paper needs it for its policy, so that says enough.
    """

    class What(models.TextChoices):
        PEOPLE = "people", _("names, numbers and birth dates")
        CONTACT = "contact", _("phone, e-mail and address")
        PAPER = "paper", pgettext_lazy("unmasking", "the policy's paper")

    policy = models.ForeignKey(Policy, models.PROTECT, related_name="unmaskings")
    what = models.CharField(max_length=7, choices=What)
    reason = models.CharField(max_length=200, blank=True)
    seen_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    seen_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-seen_at"]
        verbose_name = _("unmasking")
        indexes: ClassVar = [models.Index(fields=["seen_at"], name="unmasking_by_moment")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(what="paper", reason="")
                | (Q(what__in=["people", "contact"]) & ~Q(reason="")),
                name="whoever_sees_somebody_unmasked_says_why",
            ),
        ]
        triggers: ClassVar = append_only("unmasking")

    def __str__(self) -> str:
        return f"{self.policy} {self.what}"
