import json
from typing import Any, ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from selfcard.approvals.models import Approval
from selfcard.core.encryption import EncryptedText
from selfcard.core.money import Money
from selfcard.core.triggers import append_only
from selfcard.organisations.models import Staff
from selfcard.policies.identity import IdentityKind, masked_name
from selfcard.policies.models.contracts import Policy
from selfcard.products.cancelling import Repayment


def makes_an_edition(name: str) -> pgtrigger.Trigger:
    """A change whose policy has the edition that it made, and that no other change made."""
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Row,
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        timing=pgtrigger.Deferred,
        func="""
            IF policies_changes(NEW.policy_id, NEW.edition) <> 1 OR NOT EXISTS (
                SELECT FROM policies_policy policy
                WHERE policy.id = NEW.policy_id AND policy.edition >= NEW.edition
            ) THEN
                RAISE EXCEPTION 'policy % has no edition % of this change',
                    NEW.policy_id, NEW.edition USING ERRCODE = '23514';
            END IF;
            RETURN NULL;
        """,
    )


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
    def masked_asker(self) -> str:
        return masked_name(self.asker_name)

    @property
    def amount(self) -> Money:
        """What is given back, tax included."""
        return Money(self.gross, self.policy.currency)


class ContactChange(models.Model):
    """That the applicant of a policy is reached elsewhere since: what was so before, and how it
    was changed.

    Who holds the former phone showed it by a code; in the office it is the applicant, or somebody
    whose authority the staff member has seen, with an identity document.
    """

    class How(models.TextChoices):
        CODE = "code", _("by a code to the former phone")
        OFFICE = "office", pgettext_lazy("contact change", "in the office")

    policy = models.ForeignKey(Policy, models.PROTECT, related_name="contact_changes")
    edition = models.PositiveSmallIntegerField()
    former_phone = EncryptedText()
    former_email = EncryptedText()
    former_region = models.CharField(max_length=6, blank=True)
    former_address = EncryptedText()
    how = models.CharField(max_length=6, choices=How)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    asker_name = EncryptedText()
    asker_kind = models.CharField(max_length=20, choices=IdentityKind, blank=True)
    asker_number = EncryptedText()
    by_authority = models.BooleanField(default=False)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["policy", "edition"]
        verbose_name = _("contact change")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["policy", "edition"], name="an_edition_is_made_by_one_contact_change"
            ),
            models.CheckConstraint(
                condition=Q(edition__gte=2), name="a_contact_change_makes_a_later_edition"
            ),
            models.CheckConstraint(
                condition=Q(how="code", changed_by=None, asker_kind="", reason="")
                | (Q(how="office", changed_by__isnull=False) & ~Q(asker_kind="") & ~Q(reason="")),
                name="the_office_says_who_asked_for_a_contact_change_and_why",
            ),
        ]
        triggers: ClassVar = [
            *append_only("contact_change"),
            makes_an_edition("a_contact_change_is_of_an_edition"),
        ]

    def __str__(self) -> str:
        return f"{self.policy_id}/{self.edition}"


class Role(models.TextChoices):
    """What somebody is in a policy."""

    APPLICANT = "applicant", pgettext_lazy("policy", "applicant")
    INSURED = "insured", pgettext_lazy("policy", "insured person")
    BENEFICIARY = "beneficiary", pgettext_lazy("policy", "beneficiary")


class EndorsementRequest(models.Model):
    """That a policy names somebody wrongly, and how it should: asked for, and put to a second
    person.

    Who they are before and afterwards is kept encrypted, as `endorsing.Named` writes it. An
    applicant who is insured is corrected in both places at once.
    """

    policy = models.ForeignKey(Policy, models.PROTECT, related_name="endorsement_requests")
    approval = models.OneToOneField(Approval, models.PROTECT, related_name="+")
    role = models.CharField(max_length=11, choices=Role)
    place = models.PositiveSmallIntegerField()
    before_text = EncryptedText()
    after_text = EncryptedText()
    asker_name = EncryptedText()
    asker_kind = models.CharField(max_length=20, choices=IdentityKind)
    asker_number = EncryptedText()
    by_authority = models.BooleanField()
    reason = models.CharField(max_length=200)
    document_seen = models.CharField(max_length=100)

    class Meta:
        ordering: ClassVar = ["-pk"]
        verbose_name = _("request for an endorsement")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(reason="") & ~Q(document_seen=""),
                name="an_endorsement_is_asked_for_with_reason_and_document",
            ),
            models.CheckConstraint(
                condition=Q(role="applicant", place=0)
                | Q(role__in=["insured", "beneficiary"], place__gte=1),
                name="an_endorsement_is_about_one_person",
            ),
        ]
        triggers: ClassVar = append_only("endorsement_request")

    def __str__(self) -> str:
        return f"{self.policy} {self.role} {self.place}"

    @property
    def before(self) -> dict[str, Any]:
        kept: dict[str, Any] = json.loads(self.before_text)
        return kept

    @property
    def after(self) -> dict[str, Any]:
        kept: dict[str, Any] = json.loads(self.after_text)
        return kept


class Endorsement(models.Model):
    """That somebody in a policy was corrected, as another person agreed; its next edition."""

    asked = models.OneToOneField(EndorsementRequest, models.PROTECT, related_name="endorsement")
    policy = models.ForeignKey(Policy, models.PROTECT, related_name="endorsements")
    edition = models.PositiveSmallIntegerField()
    endorsed_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["policy", "edition"]
        verbose_name = _("endorsement")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["policy", "edition"], name="an_edition_is_made_by_one_endorsement"
            ),
            models.CheckConstraint(
                condition=Q(edition__gte=2), name="an_endorsement_makes_a_later_edition"
            ),
        ]
        triggers: ClassVar = [
            *append_only("endorsement"),
            makes_an_edition("an_endorsement_is_of_an_edition"),
            pgtrigger.Trigger(
                name="an_endorsement_is_what_was_agreed_to",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                func="""
                    IF NOT EXISTS (
                        SELECT FROM policies_endorsementrequest asked
                        JOIN approvals_approval approval ON approval.id = asked.approval_id
                        WHERE asked.id = NEW.asked_id AND asked.policy_id = NEW.policy_id
                          AND approval.state = 'granted'
                          AND (asked.role <> 'insured' OR EXISTS (
                            SELECT FROM policies_insuredperson insured
                            WHERE insured.policy_id = NEW.policy_id
                              AND insured.place = asked.place AND insured.edition >= NEW.edition))
                          AND (asked.role <> 'beneficiary' OR EXISTS (
                            SELECT FROM policies_beneficiary beneficiary
                            WHERE beneficiary.policy_id = NEW.policy_id
                              AND beneficiary.place = asked.place
                              AND beneficiary.edition >= NEW.edition))
                    ) THEN
                        RAISE EXCEPTION 'endorsement of policy % is not what somebody agreed to',
                            NEW.policy_id USING ERRCODE = '23514';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.policy_id}/{self.edition}"
