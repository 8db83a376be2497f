"""The papers by which cards are asked for, handed down and called back."""

from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from selfcard.cards.models import DocumentType
from selfcard.core.triggers import append_only, never_truncated, refused
from selfcard.custody import promises
from selfcard.custody.models.reasons import ISSUE_REASON, RECALL_REASON, Reason
from selfcard.organisations.models import Organisation, Party, Staff


class Issue(models.Model):
    """An issue note: cards handed down, to an organisation or to an individual.

    To an organisation they are in transit, and with the sender, until it checks them in or refuses
    them; an individual holds them at once. From one individual to another it is a hand-over. Which
    cards they are is in the movements that name the note.
    """

    class State(models.TextChoices):
        IN_TRANSIT = "in_transit", _("in transit")
        CHECKED_IN = "checked_in", _("checked in")
        REFUSED = "refused", pgettext_lazy("of a delivery", "refused")

    number = models.CharField(max_length=20, unique=True)
    document_type = models.ForeignKey(DocumentType, models.PROTECT, related_name="+")
    from_party = models.ForeignKey(Party, models.PROTECT, related_name="+")
    to_party = models.ForeignKey(Party, models.PROTECT, related_name="+")
    for_organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    requisition = models.ForeignKey("Requisition", models.PROTECT, null=True, related_name="issues")
    count = models.PositiveIntegerField()
    remark = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=State)
    issued_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    issued_at = models.DateTimeField()
    checked_in_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    checked_in_at = models.DateTimeField(null=True)
    refusal = models.CharField(max_length=200, blank=True)  # why it was refused

    class Meta:
        ordering: ClassVar = ["-issued_at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["to_party", "state"], name="issue_by_receiver"),
            models.Index(fields=["from_party", "state"], name="issue_by_sender"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(
                    state="in_transit", checked_in_by__isnull=True, checked_in_at__isnull=True
                )
                | Q(state="checked_in", checked_in_at__isnull=False)
                | Q(state="refused", checked_in_by__isnull=False, checked_in_at__isnull=False),
                name="an_issue_is_checked_in_exactly_when_it_has_that_time",
            ),
            models.CheckConstraint(
                condition=Q(checked_in_by__isnull=True) | ~Q(checked_in_by=F("issued_by")),
                name="nobody_checks_in_what_they_issued",
            ),
            models.CheckConstraint(
                condition=Q(state="refused") ^ Q(refusal=""),
                name="an_issue_is_refused_with_a_reason",
            ),
            models.CheckConstraint(condition=Q(count__gte=1), name="an_issue_has_cards"),
        ]
        triggers: ClassVar = [
            refused(
                "issue_is_checked_in_once",
                pgtrigger.Update,
                condition=~pgtrigger.Q(old__state="in_transit"),
            ),
            refused(
                "issue_stays",
                pgtrigger.UpdateOf(
                    "number", "document_type_id", "from_party_id", "to_party_id",
                    "for_organisation_id", "requisition_id", "count", "remark", "issued_by_id",
                    "issued_at",
                ),
            ),
            promises.issues_fill_their_requisition,
            promises.refused_issues_give_back_to_their_requisition,
            refused("issue_is_kept", pgtrigger.Delete),
            never_truncated("issue"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.number

    def get_state_display(self) -> str:
        """What is inventory at once was checked in by nobody."""
        if self.state == self.State.CHECKED_IN and self.checked_in_by_id is None:
            return gettext("handed out") if self.is_to_person else gettext("inventory at once")
        return str(self.State(self.state).label)

    @property
    def is_to_person(self) -> bool:
        return self.to_party.is_person

    @property
    def reason(self) -> Reason:
        return ISSUE_REASON, self.number


class Requisition(models.Model):
    """An organisation below asks for stock; the issuer grants all of it, a part, or nothing.

    Issues refer to it, and hand down no more than was granted: `issued` follows from them. What was
    granted and is not needed any more is withdrawn.
    """

    class State(models.TextChoices):
        ASKED = "asked", _("waiting for an answer")
        GRANTED = "granted", _("granted")
        REFUSED = "refused", _("refused")
        WITHDRAWN = "withdrawn", _("withdrawn")

    number = models.CharField(max_length=20, unique=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    issuer = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    document_type = models.ForeignKey(DocumentType, models.PROTECT, related_name="+")
    count = models.PositiveIntegerField()
    reason = models.CharField(max_length=200)
    wanted_by = models.DateField()
    state = models.CharField(max_length=9, choices=State, default=State.ASKED)
    granted = models.PositiveIntegerField(default=0)
    issued = models.PositiveIntegerField(default=0)  # written by the issues themselves
    answer = models.CharField(max_length=200, blank=True)
    asked_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    answered_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-asked_at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["issuer", "state"], name="requisition_by_issuer"),
            models.Index(fields=["organisation", "state"], name="requisition_by_organisation"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(count__gte=1) & ~Q(reason=""), name="a_requisition_says_what_and_why"
            ),
            models.CheckConstraint(
                condition=Q(state="granted", granted__gte=1, granted__lte=F("count"))
                | Q(state="withdrawn", granted__lte=F("count"))
                | Q(state__in=["asked", "refused"], granted=0),
                name="a_requisition_grants_at_most_what_was_asked",
            ),
            models.CheckConstraint(
                condition=Q(issued__lte=F("granted")),
                name="a_requisition_is_issued_at_most_as_granted",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["asked", "withdrawn"],
                    granted=0,
                    answered_by__isnull=True,
                    answered_at__isnull=True,
                )
                | Q(
                    state__in=["granted", "refused", "withdrawn"],
                    answered_by__isnull=False,
                    answered_at__isnull=False,
                ),
                name="a_requisition_is_answered_exactly_when_somebody_did",
            ),
            models.CheckConstraint(
                condition=Q(answered_by__isnull=True) | ~Q(answered_by=F("asked_by")),
                name="nobody_answers_what_they_asked_for",
            ),
            models.CheckConstraint(
                condition=~Q(state="refused") | ~Q(answer=""),
                name="a_refused_requisition_says_why",
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.FSM(
                name="requisition_goes_its_way",
                field="state",
                transitions=[
                    ("asked", "granted"),
                    ("asked", "refused"),
                    ("asked", "withdrawn"),
                    ("granted", "withdrawn"),
                ],
            ),
            refused(
                "requisition_begins_with_the_question",
                pgtrigger.Insert,
                condition=~pgtrigger.Q(new__state="asked"),
            ),
            refused(
                "requisition_stays",
                pgtrigger.UpdateOf(
                    "number", "organisation_id", "issuer_id", "document_type_id", "count",
                    "reason", "wanted_by", "asked_by_id", "asked_at",
                ),
            ),
            refused(
                "a_requisition_is_answered_once",
                pgtrigger.UpdateOf("granted", "answer", "answered_by_id", "answered_at"),
                condition=~pgtrigger.Q(old__state="asked"),
            ),
            promises.requisitions_are_issued_by_issues,
            refused("requisition_is_kept", pgtrigger.Delete),
            never_truncated("requisition"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.number

    @property
    def left(self) -> int:
        """How many cards are granted and not issued yet."""
        return self.granted - self.issued if self.state == self.State.GRANTED else 0


class Recall(models.Model):
    """A recall note: cards called back, from an individual or an organisation, to one above.

    Which cards they are is in the movements that name the note.
    """

    number = models.CharField(max_length=20, unique=True)
    document_type = models.ForeignKey(DocumentType, models.PROTECT, related_name="+")
    from_party = models.ForeignKey(Party, models.PROTECT, related_name="+")
    to_party = models.ForeignKey(Party, models.PROTECT, related_name="+")
    count = models.PositiveIntegerField()
    remark = models.CharField(max_length=200, blank=True)
    recalled_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    recalled_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-recalled_at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["from_party"], name="recall_by_giver"),
            models.Index(fields=["to_party"], name="recall_by_receiver"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(count__gte=1), name="a_recall_has_cards"),
            models.CheckConstraint(
                condition=~Q(from_party=F("to_party")), name="a_recall_goes_to_another"
            ),
        ]
        triggers: ClassVar = append_only("recall")

    def __str__(self) -> str:
        return self.number

    @property
    def reason(self) -> Reason:
        return RECALL_REASON, self.number
