"""Who gets no further cards for a while."""

from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q

from selfcard.core.triggers import never_truncated, refused
from selfcard.organisations.models import Party


class HolderBlock(models.Model):
    """A holder gets no further cards until what they owe is settled.

    The room that blocks says why by its own reason, and lifts the block by the same.
    """

    holder = models.ForeignKey(Party, models.PROTECT, related_name="+")
    reason_kind = models.CharField(max_length=20)
    reason_number = models.CharField(max_length=40)
    blocked_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["holder", "reason_kind", "reason_number"],
                condition=Q(lifted_at__isnull=True),
                name="a_holder_is_blocked_once_for_a_reason",
            ),
        ]
        triggers: ClassVar = [
            refused("holder_block_is_kept", pgtrigger.Delete),
            refused(
                "holder_block_is_lifted_once",
                pgtrigger.Update,
                condition=pgtrigger.Q(old__lifted_at__isnull=False)
                | pgtrigger.Q(new__lifted_at__isnull=True),
            ),
            refused(
                "holder_block_stays",
                pgtrigger.UpdateOf("holder_id", "reason_kind", "reason_number", "blocked_at"),
            ),
            never_truncated("holder_block"),
        ]

    def __str__(self) -> str:
        return f"{self.holder_id} {self.reason_kind} {self.reason_number}"
