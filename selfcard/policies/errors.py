"""Why an application cannot become a policy, whatever the product."""

from django.utils.translation import gettext_lazy as _

from selfcard.core.refusals import Refusal


class NameMissing(Refusal):
    message = _("Enter the name as the identity document writes it.")
    default_field = "name"


class IdentityNumberImpossible(Refusal):
    message = _("This is not a number of that kind of document. Compare it with the document.")
    default_field = "identity_number"


class IdentityCheckDigitWrong(Refusal):
    message = _("One of the digits is mistyped. Compare the number with the identity card.")
    default_field = "identity_number"


class IdentityNumberTooOld(Refusal):
    message = _(
        "This is an old number with 15 digits. Enter the 18 digits of the present identity card."
    )
    default_field = "identity_number"


class DocumentIsAnother(Refusal):
    message = _("This is the number of another document: %(document)s. Choose that kind.")
    default_field = "identity_kind"


class DocumentIsForChildren(Refusal):
    message = _(
        "This document is taken for children under %(below)s only. Enter the identity card or"
        " another document of this person."
    )
    default_field = "identity_kind"


class BirthDateDisagrees(Refusal):
    message = _("The identity number says another birth date. Compare both with the document.")
    default_field = "birth_date"


class SexDisagrees(Refusal):
    message = _("The identity number says the other sex. Compare both with the document.")
    default_field = "sex"


class BirthInFuture(Refusal):
    message = _("The birth date is in the future. Compare it with the document.")
    default_field = "birth_date"


class BirthLongAgo(Refusal):
    message = _("Nobody is as old as this birth date says. Compare it with the document.")
    default_field = "birth_date"


class PhoneImpossible(Refusal):
    message = _("This is not a complete phone number. Check its digits.")
    default_field = "phone"


class PhoneTakesNoMessages(Refusal):
    message = _(
        "This is not a mobile phone. We send codes and messages about the policy to it: enter the"
        " number of a mobile phone."
    )
    default_field = "phone"


class RegionUnknown(Refusal):
    message = _("Choose the district or county from the list.")
    default_field = "region"


class ApplicantIsAnotherPerson(Refusal):
    message = _(
        "This person is entered as the applicant, but with other data."
        " Say how the insured is related to the applicant."
    )
    default_field = "relationship"


class InsuredIsTheApplicant(Refusal):
    message = _(
        "The insured and the applicant have the same identity number. If they are one person, enter"
        " the insured as the applicant; if not, correct the number that is wrong."
    )
    default_field = "relationship"


class SamePersonTwice(Refusal):
    message = _("This person is already on the list. Enter each insured person once.")
    default_field = "identity_number"


class ShareOutOfRange(Refusal):
    message = _("A share is more than 0 and at most 100 percent.")
    default_field = "share"


class SharesDoNotAddUp(Refusal):
    message = _("The shares of the beneficiaries make %(total)s percent. They must make 100.")
    default_field = "beneficiaries"


class ConsentMissing(Refusal):
    message = _("Agree to this before you go on: %(consent)s.")
    default_field = "consents"


class VersionNotPublished(Refusal):
    message = _("This version of the product is not published. No policy can be issued from it.")


class ApplicationNotComplete(Refusal):
    """What makes an application impossible, all of it at once; `problems` names each."""

    message = _("The application is not complete: %(first)s")

    def __init__(self, problems: list[Refusal]) -> None:
        super().__init__(field=problems[0].field, first=str(problems[0]))
        self.problems = problems


class PolicyAlreadyLive(Refusal):
    message = _("There is already a live policy for this card: %(number)s.")


class NoSuchPolicy(Refusal):
    message = _("There is no policy with this number.")
    default_field = "number"


class NotAPolicyNumber(Refusal):
    message = _("This is not a policy number. It has a P and 13 digits; compare them.")
    default_field = "number"


class NotTheLastSigns(Refusal):
    message = _("Enter the last four digits or letters of the identity number.")
    default_field = "last_signs"


class PolicyCancelledAlready(Refusal):
    message = _("Policy %(number)s is cancelled already.")


class ContactIsTheSame(Refusal):
    message = _("This is how the applicant is reached already. Change what is different now.")
    default_field = "contact.phone"


class NobodyToCorrect(Refusal):
    message = _("The policy names nobody in this place.")


class NothingToCorrect(Refusal):
    message = _("The policy says so already. Change what is wrong in it.")
    default_field = "after.name"


class NamedOtherwiseMeanwhile(Refusal):
    message = _(
        "This person was corrected after it was asked for. Refuse it; it can be asked for anew."
    )


class DocumentNotNamed(Refusal):
    message = _("Say which document you have seen.")
    default_field = "document_seen"


class GuardianNeverAgreed(Refusal):
    message = _("A minor would be insured, and no parent or guardian has agreed.")


class CorrectionBreaksRules(Refusal):
    message = _(
        "With this correction the policy could not have been issued: %(rule)s Where the document is"
        " right, cancel the policy; who was to be insured can be insured anew."
    )


class CoverIsOver(Refusal):
    message = _("Cover ended on %(day)s. Nothing is endorsed any more.")


class EditionKeptAlready(Refusal):
    message = _("Policy %(number)s has its signed paper already.")


class PolicyChangedMeanwhile(Refusal):
    message = _("Policy %(number)s was changed at this moment. Open it again.")


class CoverHasEnded(Refusal):
    message = _("Cover ended on %(day)s. There is nothing left to cancel.")
    default_field = "asked_on"


class AskedInTheFuture(Refusal):
    message = _("Nobody can have asked for it later than today.")
    default_field = "asked_on"


class AskedBeforeIssue(Refusal):
    message = _("The policy was issued on %(day)s. Nobody can have asked for it before.")
    default_field = "asked_on"


class AskedLongAgo(Refusal):
    message = _("A request is entered within %(days)s days. This one counts from %(day)s or later.")
    default_field = "asked_on"


class AskerIsNotTheApplicant(Refusal):
    message = _(
        "This is not the applicant's document. Only the applicant can cancel the policy, or"
        " somebody with their written authority."
    )
    default_field = "identity_number"
