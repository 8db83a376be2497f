"""Why the gate lets nobody through, and why a card cannot become this policy.

A wrong PIN is not among them: the gate answers it with nothing, because a refusal would roll its
counters back. Everything below the gate's own refusal is only told after a right PIN.
"""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from selfcard.core.refusals import Refusal


class NotAPin(Refusal):
    message = _("A PIN has only digits, usually 12. It is under the silver panel.")
    default_field = "pin"


class SourceMustWait(Refusal):
    """The gate compares nothing from here for some seconds; nothing was counted."""

    def __str__(self) -> str:
        seconds = self.facts["seconds"]
        return ngettext(
            "Too many tries failed just now. Wait %(seconds)d second, then try again.",
            "Too many tries failed just now. Wait %(seconds)d seconds, then try again.",
            seconds,
        ) % {"seconds": seconds}


class TooManyTries(Refusal):
    """A policy was tried too often in vain; nothing is compared until the next day."""

    message = _("There were too many tries to open this policy just now. Call us, and we help you.")


class NotACode(Refusal):
    message = _("The code has 6 digits. Type them as they stand in the message.")
    default_field = "code"


class TooManyCodes(Refusal):
    """As many were asked for as are sent in an hour, whether or not there is such a policy."""

    message = _(
        "Several codes were asked for just now. Wait an hour, or use the identity number instead."
    )


class CodeOutdated(Refusal):
    message = _("This code is too old: a code counts for 10 minutes. Ask for a new one.")
    default_field = "code"


class CodeUsedAlready(Refusal):
    message = _("This code was used already, and each counts once. Ask for a new one.")
    default_field = "code"


class CodeTriedTooOften(Refusal):
    """A code, or the codes of a policy, were tried too often in vain; nothing is compared."""

    message = _("There were too many wrong codes. Ask for a new one, or call us.")
    default_field = "code"


class PhoneNotShown(Refusal):
    """Contact data are changed by whoever has just shown that they hold the policy's phone."""

    message = _("More than half an hour has passed. Ask for a new code to the phone so far.")


class NewPhoneNotShown(Refusal):
    message = _("Show by a code that the new phone takes messages.")
    default_field = "phone"


class ProofExpired(Refusal):
    message = _("More than half an hour has passed. Enter card number and PIN again.")


class CardNotLocked(Refusal):
    message = _("This card is not locked.")


class DraftOfAnotherDevice(Refusal):
    message = _("Somebody has begun to fill in for this card on another device.")


class CaseOpenAlready(Refusal):
    """Staff have begun to activate this card and are not done; they go on there."""

    message = _("There is an unfinished case for this card: %(number)s. Go on with it.")
    default_field = "card_number"


class CaseOver(Refusal):
    message = _("Case %(number)s is over. Begin a new one.")


class CaseInOtherHands(Refusal):
    message = _("%(operator)s has this case in hand now. Enter the PIN again to take it over.")


class CaseOfAnotherCard(Refusal):
    message = _("This PIN belongs to another card than the case.")


class PinNotShown(Refusal):
    message = _("The customer says the PIN again before anything is filled in.")
    default_field = "pin"


class PinOnlyByLink(Refusal):
    """Callers say no PIN here: they enter it on their own phone."""

    message = _("Callers enter the PIN on their own phone. Send them a link.")
    default_field = "pin"


class PinOnlySaid(Refusal):
    message = _("No links are sent here: the customer says the PIN.")
    default_field = "phone"


class TooManyLinks(Refusal):
    message = _("Several links were sent just now. Wait an hour, or have the PIN said.")
    default_field = "phone"


class LinkOver(Refusal):
    """A link to enter a PIN by: used, outdated, or followed by a later one; or there was none."""

    message = _("This link does not count any more. Ask our staff for a new one.")


class NothingAgreedTo(Refusal):
    message = _("Read each text out, and tick what the customer agrees to.")


class NoCopy(Refusal):
    message = _("Choose a photo or a scan of the document.")
    default_field = "copies"


class TooManyCopies(Refusal):
    message = _("A case has up to %(most)s copies, and this one has %(has)s already.")
    default_field = "copies"


class CustomerNotAsked(Refusal):
    """Staff activate only for a customer who has agreed by a code to their own phone."""

    message = _("The customer has not agreed by a code to their phone. Send the code.")
    default_field = "consents.terms"


class CardNotReady(Refusal):
    """The PIN is right and the card cannot be activated now; each subclass says why."""

    message = _("This card cannot be activated now.")


class CardNotSold(CardNotReady):
    message = _("This card has not been sold yet. Ask where you got it.")


class PremiumNotArrived(CardNotReady):
    message = _("Your premium has not reached us yet. Ask where you bought the card.")


class CardBeingReturned(CardNotReady):
    message = _("This card is being returned, and its price is on the way back to the buyer.")


class CardWithdrawn(CardNotReady):
    message = _("This card was withdrawn and can no longer be used.")


class CardFrozen(CardNotReady):
    message = _("This card is on hold while a report about it is looked into.")


class CardExpired(CardNotReady):
    message = _("This card could be activated up to %(deadline)s. That day is over.")


class CardActivatedAlready(CardNotReady):
    message = _("This card has been activated already.")


class ProductNotOnCard(Refusal):
    message = _("This card cannot become that product. Choose one of the products of the card.")
    default_field = "version"


class ConsentOutdated(Refusal):
    message = _("The text has changed since you agreed to it. Read it again: %(consent)s.")
    default_field = "consents"


class RulesBroken(Refusal):
    """The product's rules refuse somebody; `problems` holds each rule, the message is the first's.

    The card stays as it was.
    """

    def __init__(self, problems: list[Refusal], **facts: Any) -> None:
        super().__init__(**facts)
        self.problems = problems
        self.field = problems[0].field

    def __str__(self) -> str:
        return str(self.problems[0])


class PolicyOfNoCard(Refusal):
    message = _("Policy %(number)s did not come from a card.")


class NothingToPayBack(Refusal):
    message = _("Nothing is to be paid back for policy %(number)s.")


class RefundIssuedAlready(Refusal):
    message = _("Payment receipt %(number)s pays it back already.")


class PaymentOfNoPolicy(Refusal):
    message = _("Payment receipt %(number)s pays back something else than a cancelled policy.")
