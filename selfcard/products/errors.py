"""Why a product does not take somebody, and why a product cannot be defined so.

A `BrokenRule` is never raised by itself: `broken_rules` returns all of them at once, each
with the field that it is about, so that a page can show every one in its place.
"""

from django.utils.translation import gettext_lazy as _

from selfcard.core.refusals import Refusal


class BrokenRule(Refusal):
    """One rule of a product version that an application does not keep."""


class ApplicantTooYoung(BrokenRule):
    message = _(
        "The applicant must be at least %(lowest)s old on the first day of cover (%(starts_on)s)."
        " Somebody older can apply."
    )


class ApplicantTooOld(BrokenRule):
    message = _(
        "The applicant may be at most %(highest)s old on the first day of cover (%(starts_on)s)."
        " Somebody younger can apply."
    )


class InsuredTooYoung(BrokenRule):
    message = _(
        "This product insures people %(ages)s old. On the first day of cover"
        " (%(starts_on)s) this person is %(age)s old, which is too young."
        " Choose a later first day, another product or another person."
    )


class InsuredTooOld(BrokenRule):
    message = _(
        "This product insures people %(ages)s old. On the first day of cover"
        " (%(starts_on)s) this person is %(age)s old, which is too old."
        " Choose another product or another person."
    )


class SexNotInsured(BrokenRule):
    message = _("This product does not insure people of this sex. Choose another product.")


class OccupationUnknown(BrokenRule):
    message = _("Choose an occupation from the list.")


class OccupationNotInsurable(BrokenRule):
    message = _(
        "“%(occupation)s” is too dangerous for any of our products. Somebody else can be insured."
    )


class OccupationClassNotInsured(BrokenRule):
    message = _(
        "This product insures occupations of class %(classes)s."
        " “%(occupation)s” is class %(found)s. Choose another product."
    )


class OccupationExcluded(BrokenRule):
    message = _("This product does not insure “%(occupation)s”. Choose another product.")


class RelationshipNotInsured(BrokenRule):
    message = _(
        "With this product the insured must be: %(allowed)s. Choose another product, or somebody"
        " else applies."
    )


class MinorNeedsParentOrGuardian(BrokenRule):
    message = _(
        "Somebody under 18 can only be insured by a parent or guardian. Let one of them apply."
    )


class TooFewInsured(BrokenRule):
    message = _("This product insures at least %(lowest)s people. Add somebody.")


class TooManyInsured(BrokenRule):
    message = _("This product insures at most %(highest)s people. Remove somebody.")


class TooManyPolicies(BrokenRule):
    message = _(
        "This person has %(in_force)s policies of this product for these days already."
        " More than %(highest)s are not allowed. Choose another product, another person or"
        " a first day after their end."
    )


class MinorsDeathCoverTooHigh(BrokenRule):
    message = _(
        "For a child under %(below)s all insurers together may pay at most %(cap)s on death."
        " With this product it would be %(total)s. Choose another product or another person."
    )


class StartsTooEarly(BrokenRule):
    message = _("Cover can start on %(first_day)s at the earliest. Choose that day or a later one.")


class StartsTooLate(BrokenRule):
    message = _("Cover can start on %(last_day)s at the latest. Choose that day or an earlier one.")


class RegionNotInsured(BrokenRule):
    message = _("This product is offered only in: %(regions)s. Choose another product.")


class DetailMissing(BrokenRule):
    message = _("This product needs one thing more: %(detail)s.")


class RulesContradict(Refusal):
    message = _("These rules contradict each other: the lowest is above the highest.")
    default_field = "rules"


class ProductCodeTaken(Refusal):
    message = _("There is already a product with the code %(code)s.")
    default_field = "code"


class NoCoverages(Refusal):
    message = _("A product version needs at least one coverage.")
    default_field = "coverages"


class TextMissing(Refusal):
    message = _("Enter this text in both languages: %(what)s.")


class NotYourOwnVersion(Refusal):
    message = _("Whoever drafted a version cannot publish it. Ask somebody else who may.")


class VersionAlreadyPublished(Refusal):
    message = _("This version is published already. A published version never changes.")


class NoSuchVersion(Refusal):
    message = _("There is no such version of a product.")
