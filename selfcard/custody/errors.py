from django.utils.translation import gettext_lazy as _

from selfcard.core.refusals import Refusal


class CardsRefused(Refusal):
    """Some of the named cards cannot be used; the sentence names exactly those."""

    default_field = "serials"


class NoSuchCards(CardsRefused):
    message = _("There are no such cards: %(serials)s.")


class CardsOfOtherType(CardsRefused):
    message = _("These cards are of another document type, not of %(document_type)s: %(serials)s.")


class CardsNotHeld(CardsRefused):
    message = _("These cards are not held where you may take them from: %(serials)s.")


class CardsInOtherStatus(CardsRefused):
    message = _(
        "This cannot be done with these cards, in the status that they are in: %(statuses)s."
    )


class CardsFrozen(CardsRefused):
    message = _("These cards are frozen: %(freezes)s.")


class CardsOpened(CardsRefused):
    message = _(
        "Somebody knows the PIN of these cards already, so they cannot be handed on or sold:"
        " %(serials)s."
    )


class CardsExpired(CardsRefused):
    message = _("The last day to activate these cards is over: %(serials)s.")


class CardsPastUseBy(CardsRefused):
    message = _("The last day to issue and sell these cards is over: %(serials)s.")


class CardsOnTheirWay(CardsRefused):
    message = _(
        "These cards are still on their way to you with %(issues)s, and have to be checked in"
        " first: %(serials)s."
    )


class CardsOfSeveralHolders(CardsRefused):
    message = _("One note takes cards from one holder. These are with several: %(holders)s.")


class CardsNotOnTheNote(Refusal):
    message = _("These cards were not sent: %(serials)s.")
    default_field = "missing"


class CardsNotMissing(CardsRefused):
    message = _("These cards are not missing from %(issue)s: %(serials)s.")


class RecipientIsNotBelow(Refusal):
    message = _("%(to)s is not below %(sender)s: cards are issued down the tree.")
    default_field = "to"


class HolderNotAuthorised(Refusal):
    message = _("%(name)s may not hold cards: that needs an active account with “%(may)s”.")
    default_field = "to"


class HolderIsBlocked(Refusal):
    message = _("%(name)s gets no further cards until %(number)s is settled.")
    default_field = "to"


class HoldingLimitExceeded(Refusal):
    message = _(
        "%(name)s already holds %(held)s cards of this type and may hold %(limit)s:"
        " %(count)s more are too many."
    )
    default_field = "to"


class IssueNamesNoOrganisation(Refusal):
    message = _("An issue from a branch names the institution or department that it is for.")
    default_field = "for_organisation"


class OrganisationIsNotBelow(Refusal):
    message = _("%(organisation)s is not in %(to)s, which gets the cards.")
    default_field = "for_organisation"


class IssueAlreadyCheckedIn(Refusal):
    message = _("%(issue)s is already checked in.")


class IssuedByYourself(Refusal):
    message = _("You issued these cards yourself: another person has to say what really came.")


class BatchNotPrinted(Refusal):
    message = _(
        "The print file of batch %(batch)s has not left the house, so its cards cannot have come."
    )


class BatchAlreadyCheckedIn(Refusal):
    message = _("The cards of batch %(batch)s are already checked in.")


class CardNotToBeActivated(Refusal):
    message = _("This card cannot be activated: it is %(status)s.")


class CardAlreadyActivated(Refusal):
    message = _("This card is already activated.")


class CardIsFrozen(Refusal):
    message = _("This card is stopped for the time being.")


class CardHasExpired(Refusal):
    message = _("This card could be activated until %(deadline)s.")


class CardsNotFrozen(CardsRefused):
    message = _("%(number)s does not stop these cards: %(serials)s.")


class FreezeAlreadyReleased(Refusal):
    message = _("%(number)s is released already: it stops no card any more.")


class BatchNotMade(Refusal):
    message = _("Batch %(batch)s has no cards yet.")


class BatchAlreadyFrozen(Refusal):
    message = _("Batch %(batch)s is frozen already.")


class BatchNotFrozen(Refusal):
    message = _("Batch %(batch)s is not frozen.")


class CardsNotExpired(CardsRefused):
    message = _("The last day of these cards is not over yet: %(serials)s.")


class LastDayTooEarly(Refusal):
    message = _("The new last day lies ahead: not before %(first)s.")
    default_field = "last_day"


class LastDayTooLate(Refusal):
    message = _("The new last day is at most %(days)s days away: not after %(last)s.")
    default_field = "last_day"


class NothingToExtend(Refusal):
    message = _("All of these cards are activated: there is nothing to extend.")
    default_field = "runs"


class ExtensionAskedBefore(CardsRefused):
    message = _("%(number)s asks for more time for these cards already: %(serials)s.")


class NotYourExtension(Refusal):
    message = _("%(name)s asked for this: nobody else can ask for it again.")


class ExtensionInOtherState(Refusal):
    message = _("%(number)s is decided already: %(state)s.")


class CardsNeverCame(CardsRefused):
    message = _("These cards never came from the printer, so nobody can destroy them: %(serials)s.")


class CardsDeclaredInvalid(CardsRefused):
    message = _(
        "The loss of these cards was announced publicly, which made them invalid for ever:"
        " %(serials)s. They can only be made void."
    )


class CauseDoesNotFit(Refusal):
    message = _("Choose what caused it.")
    default_field = "cause"


class CauseOfLostCards(CardsRefused):
    message = _("Cards that are lost or stolen are reported as a loss, not made void: %(serials)s.")


class DestructionNotDescribed(Refusal):
    message = _("Say where, how and on which day the cards were destroyed.")
    default_field = "place"


class DestroyedInFuture(Refusal):
    message = _("The day of the destruction cannot lie ahead.")
    default_field = "destroyed_on"


class WriteOffInOtherState(Refusal):
    message = _("%(number)s is decided already: %(state)s.")


class NotYourWriteOff(Refusal):
    message = _("%(name)s asked for this: nobody else can ask for it again.")


class LossNotAgreed(Refusal):
    message = _("%(number)s is no loss that a second person has agreed to.")


class LossAlreadyAnnounced(Refusal):
    message = _("The loss %(number)s was announced already, in %(where)s.")


class NothingToAnnounce(Refusal):
    message = _("None of the cards of %(number)s is lost any more.")


class AnnouncementNotDescribed(Refusal):
    message = _("Say where the loss was announced.")
    default_field = "announced_in"


class AnnouncedOutOfTime(Refusal):
    message = _("The day of the announcement lies between the report, %(reported)s, and today.")
    default_field = "announced_on"


class OwnStockDecided(Refusal):
    message = _("You answer for some of these cards yourself: another person has to decide.")
