import json
from datetime import date, datetime
from functools import cached_property
from typing import Any, ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Func, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from selfcard.core.actor import Channel
from selfcard.core.encryption import EncryptedBytes, EncryptedText
from selfcard.core.money import Money
from selfcard.core.triggers import append_only, never_truncated, refused
from selfcard.organisations.models import Organisation, Staff
from selfcard.policies.identity import IdentityKind, masked_name, masked_number
from selfcard.policies.signing.codes import LONGEST
from selfcard.products.cancelling import Repayment
from selfcard.products.models import ProductVersion
from selfcard.products.people import Relationship, Sex

_CHANNELS = {
    Channel.OFFICE: pgettext_lazy("channel", "office"),
    Channel.PORTAL: _("website"),
    Channel.SMS: _("SMS"),
    Channel.DESK: _("counter or telephone"),
    Channel.API: _("programming interface"),
    Channel.COMMAND_LINE: _("command line"),
    Channel.SYSTEM: _("the system itself"),
}


class Person(models.Model):
    """A person as an identity document names them, encrypted at rest.

    The index is equal for the same document, so that a person is found again without
    opening a row.
    """

    name = EncryptedText()
    identity_kind = models.CharField(max_length=20, choices=IdentityKind)
    identity_number = EncryptedText()
    identity_index = models.BinaryField(max_length=16)
    birth_date_text = EncryptedText()
    sex = models.CharField(max_length=6, choices=Sex)

    class Meta:
        abstract = True

    @property
    def birth_date(self) -> date:
        return date.fromisoformat(self.birth_date_text)

    @property
    def masked_name(self) -> str:
        return masked_name(self.name)

    @property
    def masked_number(self) -> str:
        return masked_number(self.identity_number)


class Policy(Person):
    """A contract of insurance: who applied, what is covered from when to when, for how much.

    The person in these columns is the applicant; the insured stand beside. Everything but
    the state is frozen from the moment of issue: a correction will be a paper of its own.
    """

    class State(models.TextChoices):
        ISSUED = "issued", pgettext_lazy("policy", "issued")
        CANCELLED = "cancelled", pgettext_lazy("policy", "cancelled")

    number = models.CharField(_("policy number"), max_length=14, unique=True)
    # No constraint in the database for these two: every activation would lock the same few
    # parent rows, and PostgreSQL would make multixacts of them. Neither is ever deleted, and
    # `verify` looks for orphans.
    product_version = models.ForeignKey(
        ProductVersion, models.PROTECT, related_name="policies", db_constraint=False
    )
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="policies", db_constraint=False
    )
    # What the policy came from; whoever issued it knows what that is.
    reason_kind = models.CharField(max_length=20)
    reason_number = models.CharField(max_length=40)
    # How its paper names that thing, so that this room need not know.
    source_zh = models.CharField(max_length=80)
    source_en = models.CharField(max_length=80)

    phone = EncryptedText()
    email = EncryptedText()
    address = EncryptedText()
    region = models.CharField(max_length=6, blank=True)
    details_text = EncryptedText()

    starts_at = models.DateTimeField(_("cover starts"))
    ends_at = models.DateTimeField(_("cover ends"))
    issued_at = models.DateTimeField(_("issued at"))
    channel = models.CharField(max_length=16)
    currency = models.CharField(max_length=3)
    premium_net = models.DecimalField(max_digits=14, decimal_places=2)
    premium_tax = models.DecimalField(max_digits=14, decimal_places=2)
    premium_gross = models.DecimalField(max_digits=14, decimal_places=2)
    # Cover, consents and the insurer's letterhead as they were on the day of issue.
    coverages = models.JSONField()
    consents = models.JSONField()
    house = models.JSONField()
    evidence_text = EncryptedText()

    state = models.CharField(max_length=10, choices=State, default=State.ISSUED)
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-issued_at", "-number"]
        verbose_name = _("policy")
        indexes: ClassVar = [
            models.Index(fields=["issued_at"], name="policy_by_issue"),
            models.Index(fields=["organisation", "issued_at"], name="policy_by_organisation"),
            # A few of all policies, cancelled in another order than they were written.
            models.Index(
                fields=["cancelled_at"],
                condition=Q(cancelled_at__isnull=False),
                name="policy_by_cancellation",
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["reason_kind", "reason_number"],
                condition=Q(state="issued"),
                name="at_most_one_live_policy_for_one_reason",
            ),
            models.CheckConstraint(
                condition=Q(state="issued", cancelled_at__isnull=True)
                | Q(state="cancelled", cancelled_at__isnull=False),
                name="a_policy_is_cancelled_exactly_when_it_has_the_moment",
            ),
            models.CheckConstraint(
                condition=Q(starts_at__gte=F("issued_at")) & Q(ends_at__gt=F("starts_at")),
                name="cover_starts_after_issue_and_ends_after_its_start",
            ),
            models.CheckConstraint(
                condition=Q(premium_gross=F("premium_net") + F("premium_tax"))
                & Q(premium_net__gte=0, premium_tax__gte=0),
                name="premium_and_tax_make_the_amount_paid",
            ),
            models.CheckConstraint(
                condition=Q(consents__contains=[{"kind": "terms"}])
                & Q(consents__contains=[{"kind": "privacy"}]),
                name="no_policy_without_consent_to_terms_and_privacy",
            ),
        ]
        triggers: ClassVar = [
            refused(
                "an_issued_policy_keeps_its_facts",
                pgtrigger.Update,
                condition=pgtrigger.AnyChange(exclude=["state", "cancelled_at"]),
            ),
            refused(
                "a_cancelled_policy_stays_cancelled",
                pgtrigger.Update,
                condition=pgtrigger.Q(old__state="cancelled"),
            ),
            refused("a_policy_is_kept", pgtrigger.Delete),
            never_truncated("policy"),
            pgtrigger.Trigger(
                name="a_policy_is_cancelled_by_its_cancellation",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("state"),
                timing=pgtrigger.Deferred,
                condition=pgtrigger.Q(new__state="cancelled"),
                func="""
                    IF NOT EXISTS (
                        SELECT FROM policies_cancellation WHERE policy_id = NEW.id
                    ) THEN
                        RAISE EXCEPTION 'policy % is cancelled, and nobody says why', NEW.number
                            USING ERRCODE = '23514';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def reason(self) -> tuple[str, str]:
        return self.reason_kind, self.reason_number

    @property
    def edition(self) -> int:
        """Which of its papers holds now: the first from its issue, the next from each change."""
        return 2 if self.state == self.State.CANCELLED else 1

    @property
    def premium(self) -> Money:
        """What was paid, tax included."""
        return Money(self.premium_gross, self.currency)

    @property
    def net(self) -> Money:
        return Money(self.premium_net, self.currency)

    @property
    def tax(self) -> Money:
        return Money(self.premium_tax, self.currency)

    @property
    def channel_label(self) -> str | Promise:
        """The way in which it came about, as a word that can be translated."""
        return _CHANNELS[Channel(self.channel)]

    @cached_property
    def evidence(self) -> dict[str, Any]:
        """How it came about: texts and versions shown, times, the address it came from."""
        stored: dict[str, Any] = json.loads(self.evidence_text)
        return stored

    @cached_property
    def details(self) -> dict[str, str]:
        """What the product asked for once, by the codes of its fields."""
        stored: dict[str, str] = json.loads(self.details_text)
        return stored

    def seen_state(self, at: datetime) -> "SeenState":
        """The state that people see: what is stored, and where the moment lies in the cover."""
        if self.state == self.State.CANCELLED:
            return SeenState.CANCELLED
        if at < self.starts_at:
            return SeenState.ISSUED
        return SeenState.IN_FORCE if at <= self.ends_at else SeenState.EXPIRED


class SeenState(models.TextChoices):
    """A policy's state as people see it."""

    ISSUED = "issued", _("cover not begun")
    IN_FORCE = "in_force", pgettext_lazy("policy", "in force")
    EXPIRED = "expired", pgettext_lazy("policy", "expired")
    CANCELLED = "cancelled", pgettext_lazy("policy", "cancelled")


class Cancellation(models.Model):
    """That a policy was cancelled: who asked for it and why, and what of its premium is given back.

    Whoever asks is the applicant, or somebody whose authority the staff member has seen. It counts
    from the day on which they asked.
    """

    policy = models.OneToOneField(Policy, models.PROTECT, related_name="cancellation")
    asked_on = models.DateField()
    asker_name = EncryptedText()
    asker_kind = models.CharField(max_length=20, choices=IdentityKind)
    asker_number = EncryptedText()
    by_authority = models.BooleanField()
    reason = models.CharField(max_length=200)
    benefit_paid = models.BooleanField()
    repayment = models.CharField(max_length=8, choices=Repayment)
    days = models.PositiveIntegerField()
    unearned = models.PositiveIntegerField()
    net = models.DecimalField(max_digits=14, decimal_places=2)
    tax = models.DecimalField(max_digits=14, decimal_places=2)
    gross = models.DecimalField(max_digits=14, decimal_places=2)
    cancelled_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("cancellation")
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(reason=""), name="a_cancellation_has_its_reason"),
            models.CheckConstraint(
                condition=Q(gross=F("net") + F("tax")) & Q(net__gte=0, tax__gte=0),
                name="what_is_given_back_is_net_and_tax",
            ),
            models.CheckConstraint(
                condition=Q(repayment="nothing", gross=0)
                | Q(repayment="pro_rata", gross__gt=0, benefit_paid=False)
                | Q(repayment="whole", benefit_paid=False),
                name="a_cancellation_gives_back_what_it_says",
            ),
            models.CheckConstraint(
                condition=Q(unearned__lte=F("days")),
                name="no_more_days_are_unearned_than_there_are",
            ),
        ]
        triggers: ClassVar = [
            *append_only("cancellation"),
            pgtrigger.Trigger(
                name="a_cancellation_is_of_a_cancelled_policy",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                func="""
                    IF NOT EXISTS (
                        SELECT FROM policies_policy policy
                        WHERE policy.id = NEW.policy_id AND policy.state = 'cancelled'
                          AND NEW.net <= policy.premium_net AND NEW.tax <= policy.premium_tax
                          AND (NEW.repayment <> 'whole' OR NEW.gross = policy.premium_gross)
                    ) THEN
                        RAISE EXCEPTION 'policy % is not cancelled like this', NEW.policy_id
                            USING ERRCODE = '23514';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return str(self.policy)

    @property
    def amount(self) -> Money:
        """What is given back, tax included."""
        return Money(self.gross, self.policy.currency)


class InsuredPerson(Person):
    """Somebody who is covered by a policy.

    `death_cover` is what the policy pays on their death as far as the caps on minors count
    it, kept here so that the cap is one sum over the person's rows; `declared_death_cover`
    is what the applicant said other insurers would pay.
    """

    policy = models.ForeignKey(Policy, models.PROTECT, related_name="insured")
    place = models.PositiveSmallIntegerField()
    relationship = models.CharField(max_length=10, choices=Relationship)
    occupation = models.CharField(max_length=8)
    death_cover = models.DecimalField(max_digits=14, decimal_places=2)
    declared_death_cover = models.DecimalField(max_digits=14, decimal_places=2)
    details_text = EncryptedText()

    class Meta:
        ordering: ClassVar = ["policy", "place"]
        verbose_name = _("insured person")
        indexes: ClassVar = [models.Index(fields=["identity_index"], name="insured_by_identity")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["policy", "place"], name="insured_people_stand_in_one_order"
            ),
            models.UniqueConstraint(
                fields=["policy", "identity_index"], name="a_policy_insures_a_person_once"
            ),
            models.CheckConstraint(
                condition=Q(death_cover__gte=0, declared_death_cover__gte=0),
                name="cover_on_death_is_never_negative",
            ),
        ]
        triggers: ClassVar = append_only("insured_person")

    def __str__(self) -> str:
        return f"{self.policy_id}/{self.place}"

    @cached_property
    def details(self) -> dict[str, str]:
        """What the product asked for about this person, by the codes of its fields."""
        stored: dict[str, str] = json.loads(self.details_text)
        return stored


class Beneficiary(models.Model):
    """Somebody who is paid on the death of each insured. Without any, the statutory heirs are."""

    policy = models.ForeignKey(Policy, models.PROTECT, related_name="beneficiaries")
    place = models.PositiveSmallIntegerField()
    name = EncryptedText()
    relationship = models.CharField(max_length=10, choices=Relationship)
    share = models.DecimalField(max_digits=5, decimal_places=2)
    identity_kind = models.CharField(max_length=20, choices=IdentityKind, blank=True)
    identity_number = EncryptedText()

    class Meta:
        ordering: ClassVar = ["policy", "place"]
        verbose_name = _("beneficiary")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["policy", "place"], name="beneficiaries_stand_in_one_order"
            ),
            models.CheckConstraint(
                condition=Q(share__gt=0, share__lte=100), name="a_share_is_a_part_of_the_whole"
            ),
        ]
        triggers: ClassVar = append_only("beneficiary")

    def __str__(self) -> str:
        return f"{self.policy_id}/{self.place}"

    @property
    def masked_name(self) -> str:
        return masked_name(self.name)


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
