import json
from datetime import date, datetime
from functools import cached_property
from typing import Any, ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from selfcard.core.actor import Channel
from selfcard.core.encryption import EncryptedText
from selfcard.core.money import Money
from selfcard.core.triggers import never_truncated, refused
from selfcard.organisations.models import Organisation
from selfcard.policies.identity import IdentityKind, masked_name, masked_number
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


# The columns of a policy that say where its applicant is reached.
CONTACT = ("phone", "email", "region", "address")
# The columns that say who somebody is, by their identity document.
PERSON = ("name", "identity_kind", "identity_number", "identity_index", "birth_date_text", "sex")
_BENEFICIARY = ("name", "identity_kind", "identity_number")


def _differ(names: tuple[str, ...]) -> str:
    """What PostgreSQL asks to know whether one of these columns has changed."""
    now, before = (", ".join(f"{row}.{name}" for name in names) for row in ("NEW", "OLD"))
    return f"({now}) IS DISTINCT FROM ({before})"


def _corrected(name: str, whom: str) -> pgtrigger.Trigger:
    """A person of a policy changes with an endorsement about them, and each time with a later one.

    `whom` is what the request of that endorsement says: who was to be corrected.
    """
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Row,
        when=pgtrigger.After,
        operation=pgtrigger.Update,
        timing=pgtrigger.Deferred,
        func=f"""
            IF NEW.edition <= OLD.edition OR NOT EXISTS (
                SELECT FROM policies_endorsement endorsement
                JOIN policies_endorsementrequest asked ON asked.id = endorsement.asked_id
                WHERE endorsement.policy_id = NEW.policy_id
                  AND endorsement.edition = NEW.edition AND ({whom})
            ) THEN
                RAISE EXCEPTION 'somebody in policy % changed without an endorsement',
                    NEW.policy_id USING ERRCODE = '23514';
            END IF;
            RETURN NULL;
        """,
    )


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

    The person in these columns is the applicant; the insured stand beside. All of it is frozen
    from the moment of issue. What may change makes the policy's next edition, and a row of its own
    says how: where the applicant is reached (`ContactChange`), who somebody is (`Endorsement`),
    and that it is cancelled (`Cancellation`).
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
    # Of what type that thing is, by its code; whoever tells of the policy says it by this.
    source_type = models.CharField(max_length=20, blank=True)

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
    # Which of its papers holds now: the first from its issue, the next from each change.
    edition = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["-issued_at", "-number"]
        verbose_name = _("policy")
        indexes: ClassVar = [
            models.Index(fields=["issued_at"], name="policy_by_issue"),
            models.Index(fields=["organisation", "issued_at"], name="policy_by_organisation"),
            models.Index(fields=["identity_index"], name="policy_by_applicant"),
            models.Index(
                fields=["ends_at"], condition=Q(state="issued"), name="policy_by_end_of_cover"
            ),
            # A few of all policies, cancelled in another order than they were written.
            models.Index(
                fields=["cancelled_at"],
                condition=Q(cancelled_at__isnull=False),
                name="policy_by_cancellation",
            ),
            # The live one of a card is found by its uniqueness.
            models.Index(
                fields=["reason_number"],
                condition=Q(state="cancelled"),
                name="cancelled_policy_by_reason",
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
                "a_policy_begins_with_its_first_edition",
                pgtrigger.Insert,
                condition=~pgtrigger.Q(new__edition=1),
            ),
            refused(
                "an_issued_policy_keeps_its_facts",
                pgtrigger.Update,
                condition=pgtrigger.AnyChange(
                    exclude=["state", "cancelled_at", "edition", *CONTACT, *PERSON]
                ),
            ),
            refused(
                "a_changed_policy_has_its_next_edition",
                pgtrigger.Update,
                condition=pgtrigger.Condition("NEW.edition <> OLD.edition + 1"),
            ),
            refused(
                "a_cancelled_policy_stays_cancelled",
                pgtrigger.Update,
                condition=pgtrigger.Q(old__state="cancelled"),
            ),
            pgtrigger.Trigger(
                name="an_edition_has_the_change_that_made_it",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.Update,
                timing=pgtrigger.Deferred,
                func=f"""
                    IF policies_changes(NEW.id, NEW.edition) <> 1 THEN
                        RAISE EXCEPTION 'edition % of policy % has not one change that made it',
                            NEW.edition, NEW.number USING ERRCODE = '23514';
                    END IF;
                    IF {_differ(CONTACT)} AND NOT EXISTS (
                        SELECT FROM policies_contactchange change
                        WHERE change.policy_id = NEW.id AND change.edition = NEW.edition
                    ) THEN
                        RAISE EXCEPTION 'the contact of policy % changed, and nobody says how',
                            NEW.number USING ERRCODE = '23514';
                    END IF;
                    IF {_differ(PERSON)} AND NOT EXISTS (
                        SELECT FROM policies_endorsement endorsement
                        JOIN policies_endorsementrequest asked ON asked.id = endorsement.asked_id
                        WHERE endorsement.policy_id = NEW.id
                          AND endorsement.edition = NEW.edition AND asked.role = 'applicant'
                    ) THEN
                        RAISE EXCEPTION 'the applicant of policy % changed, and nobody agreed',
                            NEW.number USING ERRCODE = '23514';
                    END IF;
                    RETURN NULL;
                """,  # noqa: S608
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
    # The edition of the policy that says first who they are.
    edition = models.PositiveSmallIntegerField(default=1)

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
        triggers: ClassVar = [
            refused(
                "an_insured_person_keeps_their_facts",
                pgtrigger.Update,
                condition=pgtrigger.AnyChange(exclude=["edition", *PERSON]),
            ),
            refused("an_insured_person_is_kept", pgtrigger.Delete),
            never_truncated("insured_person"),
            _corrected(
                "an_insured_person_is_corrected_by_endorsement",
                "asked.role = 'insured' AND asked.place = NEW.place"
                " OR asked.role = 'applicant' AND NEW.relationship = 'self'",
            ),
        ]

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
    edition = models.PositiveSmallIntegerField(default=1)

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
        triggers: ClassVar = [
            refused(
                "a_beneficiary_keeps_their_facts",
                pgtrigger.Update,
                condition=pgtrigger.AnyChange(exclude=["edition", *_BENEFICIARY]),
            ),
            refused("a_beneficiary_is_kept", pgtrigger.Delete),
            never_truncated("beneficiary"),
            _corrected(
                "a_beneficiary_is_corrected_by_endorsement",
                "asked.role = 'beneficiary' AND asked.place = NEW.place",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.policy_id}/{self.place}"

    @property
    def masked_name(self) -> str:
        return masked_name(self.name)
