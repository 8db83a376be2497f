from typing import ClassVar

from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from selfcard.core.encryption import EncryptedBytes
from selfcard.core.triggers import append_only
from selfcard.policies.models.contracts import Policy
from selfcard.policies.signing.codes import LONGEST


class CodeKey(models.Model):
    """A public key with which the codes on policies verify; whatever it signed, it stays published.

    It is known by the beginning of its digest, and written down with the first code that it signs.
    """

    key_id = models.CharField(max_length=8, primary_key=True)
    public_key = models.BinaryField(max_length=32)
    since = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["since"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(
                    key_id=Func(
                        F("public_key"),
                        template="encode(substring(sha256(%(expressions)s) FROM 1 FOR 4), 'hex')",
                        output_field=models.CharField(),
                    )
                ),
                name="a_code_key_is_known_by_its_digest",
            ),
        ]
        triggers: ClassVar = append_only("code_key")

    def __str__(self) -> str:
        return self.key_id


class Edition(models.Model):
    """A policy's signed paper as it was handed out, kept to the byte.

    The first is the policy as it was issued; whatever changes what a policy says makes the next.
    One that nobody has opened is not made yet. Made again it would not be the same: a signature has
    its moment and a random part.
    """

    policy = models.ForeignKey(Policy, models.PROTECT, related_name="editions")
    number = models.PositiveSmallIntegerField()
    # What the QR code on it says, and the key that the code verifies with.
    code = models.CharField(max_length=LONGEST)
    code_key = models.ForeignKey(CodeKey, models.PROTECT, related_name="+")
    pdf = EncryptedBytes()
    digest = models.BinaryField(max_length=32)
    # The fingerprint of the certificate (SHA-256), and when it signed.
    certificate = models.BinaryField(max_length=32)
    signed_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["policy", "number"]
        verbose_name = _("signed policy")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["policy", "number"], name="a_policy_has_each_edition_once"
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="editions_count_from_one"),
        ]
        triggers: ClassVar = append_only("edition")

    def __str__(self) -> str:
        return f"{self.policy_id}/{self.number}"

    @property
    def paper_number(self) -> str:
        """What this edition is called among papers: the policy's number with its own."""
        return f"{self.policy.number}-{self.number}"
