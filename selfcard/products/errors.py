"""Why a product does not take somebody, and why a product cannot be defined so.

A `BrokenRule` is never raised by itself: `broken_rules` returns all of them at once, each
with the field that it is about, so that a page can show every one in its place.
"""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from selfcard.core.refusals import Refusal


class Rule(models.TextChoices):
    """What a product version asks of an application, in the order in which one would ask it."""

    START = "start", _("First day of cover")
    APPLICANT_AGE = "applicant_age", _("Age of the applicant")
    REGION = "region", _("Region")
    DETAILS = "details", _("What else is asked for")
    NUMBER = "number", _("Number of insured")
    AGE = "age", _("Age of the insured")
    SEX = "sex", pgettext_lazy("rule", "Sex")
    OCCUPATION = "occupation", _("Occupation class")
    EXCLUDED = "excluded", _("Occupations that are left out")
    RELATIONSHIP = "relationship", _("Relationship")
    GUARDIAN = "guardian", _("Parent or guardian")
    POLICIES = "policies", _("Policies in force")
    CAP = "cap", _("Cap on a minor's death cover")


class BrokenRule(Refusal):
    """One rule of a product version that an application does not keep."""

    rule: ClassVar[Rule]


class ApplicantTooYoung(BrokenRule):
    rule = Rule.APPLICANT_AGE
    message = _(
        "The applicant must be at least %(lowest)s old on the first day of cover (%(starts_on)s)."
        " Somebody older can apply."
    )


class ApplicantTooOld(BrokenRule):
    rule = Rule.APPLICANT_AGE
    message = _(
        "The applicant may be at most %(highest)s old on the first day of cover (%(starts_on)s)."
        " Somebody younger can apply."
    )


class InsuredTooYoung(BrokenRule):
    rule = Rule.AGE
    message = _(
        "This product insures people %(ages)s old. On the first day of cover"
        " (%(starts_on)s) this person is %(age)s old, which is too young."
        " Choose a later first day, another product or another person."
    )


class InsuredTooOld(BrokenRule):
    rule = Rule.AGE
    message = _(
        "This product insures people %(ages)s old. On the first day of cover"
        " (%(starts_on)s) this person is %(age)s old, which is too old."
        " Choose another product or another person."
    )


class SexNotInsured(BrokenRule):
    rule = Rule.SEX
    message = _("This product does not insure people of this sex. Choose another product.")


class OccupationUnknown(BrokenRule):
    rule = Rule.OCCUPATION
    message = _("Choose an occupation from the list.")


class OccupationNotInsurable(BrokenRule):
    rule = Rule.OCCUPATION
    message = _(
        "“%(occupation)s” is too dangerous for any of our products. Somebody else can be insured."
    )


class OccupationClassNotInsured(BrokenRule):
    rule = Rule.OCCUPATION
    message = _(
        "This product insures occupations of class %(classes)s."
        " “%(occupation)s” is class %(found)s. Choose another product."
    )


class OccupationExcluded(BrokenRule):
    rule = Rule.EXCLUDED
    message = _("This product does not insure “%(occupation)s”. Choose another product.")


class RelationshipNotInsured(BrokenRule):
    rule = Rule.RELATIONSHIP
    message = _(
        "With this product the insured must be: %(allowed)s. Choose another product, or somebody"
        " else applies."
    )


class MinorNeedsParentOrGuardian(BrokenRule):
    rule = Rule.GUARDIAN
    message = _(
        "Somebody under 18 can only be insured by a parent or guardian. Let one of them apply."
    )


class TooFewInsured(BrokenRule):
    rule = Rule.NUMBER
    message = _("This product insures at least %(lowest)s people. Add somebody.")


class TooManyInsured(BrokenRule):
    rule = Rule.NUMBER
    message = _("This product insures at most %(highest)s people. Remove somebody.")


class TooManyPolicies(BrokenRule):
    rule = Rule.POLICIES
    message = _(
        "This person has %(in_force)s policies of this product for these days already."
        " More than %(highest)s are not allowed. Choose another product, another person or"
        " a first day after their end."
    )


class MinorsDeathCoverTooHigh(BrokenRule):
    rule = Rule.CAP
    message = _(
        "For a child under %(below)s all insurers together may pay at most %(cap)s on death."
        " With this product it would be %(total)s, ours and that of others. Correct what others"
        " pay, or choose another product or another person."
    )


class StartsTooEarly(BrokenRule):
    rule = Rule.START
    message = _("Cover can start on %(first_day)s at the earliest. Choose that day or a later one.")


class StartsTooLate(BrokenRule):
    rule = Rule.START
    message = _("Cover can start on %(last_day)s at the latest. Choose that day or an earlier one.")


class RegionNotInsured(BrokenRule):
    rule = Rule.REGION
    message = _("This product is offered only in: %(regions)s. Choose another product.")


class DetailMissing(BrokenRule):
    rule = Rule.DETAILS
    message = _("This product needs one thing more: %(detail)s.")


class AnswerTooLong(Refusal):
    message = _("This answer is too long. At most %(longest)s characters fit.")


class FigureImpossible(Refusal):
    message = _("Enter this in figures.")


class FigureOutOfBounds(Refusal):
    message = _("This figure lies between %(lowest)s and %(highest)s.")


class ChoiceUnknown(Refusal):
    message = _("Choose one of the answers.")


class DayImpossible(Refusal):
    message = _("There is no such day. Check day, month and year.")


class PlateImpossible(Refusal):
    message = _("This is not a number plate. Compare it with the vehicle licence.")


class VinImpossible(Refusal):
    message = _(
        "A vehicle identification number has 17 figures and letters, without I, O and Q. Compare it"
        " with the vehicle licence."
    )


class AddressTooShort(Refusal):
    message = _("This address is too short for a letter. Enter street or village, and number.")
    default_field = "address"


class AddressTooLong(Refusal):
    message = _("An address has at most %(longest)s characters.")
    default_field = "address"


class RulesContradict(Refusal):
    message = _("Nobody could ever keep this rule. Check what it allows, from least to most.")
    default_field = "rules"


class CoverageOutOfBounds(Refusal):
    message = _(
        "A coverage pays a sum above its deductible, and more than nothing and at most all of the"
        " loss."
    )


class TaxRateOutOfBounds(Refusal):
    message = _("A tax rate lies between 0% and 100%. A premium without tax is exempt.")
    default_field = "tax_rate"


class NotAProductCode(Refusal):
    message = _(
        "A product code has 2 to 20 letters, figures and hyphens, and begins with a letter."
    )
    default_field = "code"


class ProductCodeTaken(Refusal):
    message = _("There is already a product with the code %(code)s.")
    default_field = "code"


class NoCoverages(Refusal):
    message = _("A product version needs at least one coverage.")
    default_field = "coverages"


class NoClaimPapers(Refusal):
    message = _("Name at least one paper that a claim needs.")
    default_field = "claim_papers"


class NoTimeToReport(Refusal):
    message = _("There is at least one hour to report a claim.")
    default_field = "claim_hours"


class TextMissing(Refusal):
    message = _("Enter this text in both languages: %(what)s.")


class NotYourOwnVersion(Refusal):
    message = _("Whoever drafted a version cannot publish it. Ask somebody else who may.")


class VersionAlreadyPublished(Refusal):
    message = _("This version is published already. A published version never changes.")


class VersionSubmitted(Refusal):
    message = _(
        "This version was submitted and waits for a second person. Take it back to change it."
    )


class VersionNotSubmitted(Refusal):
    message = _("This version has not been submitted: there is nothing to decide.")


class ChangedMeanwhile(Refusal):
    message = _("%(name)s has changed this draft meanwhile. Open it again and read what it says.")


class NoSuchVersion(Refusal):
    message = _("There is no such version of a product.")
