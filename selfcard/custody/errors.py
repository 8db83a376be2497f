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
    message = _("These cards are frozen: %(serials)s.")


class CardsOpened(CardsRefused):
    message = _(
        "Somebody knows the PIN of these cards already, so they cannot be handed on or sold:"
        " %(serials)s."
    )


class CardsExpired(CardsRefused):
    message = _("The last day to activate these cards is over: %(serials)s.")


class CardsOfSeveralHolders(CardsRefused):
    message = _("An issue has one sender. These cards are held by several: %(holders)s.")


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
