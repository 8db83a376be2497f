"""Why a stock count says no."""

from django.utils.translation import gettext_lazy as _

from selfcard.core.refusals import Refusal
from selfcard.custody.errors import CardsRefused


class StockIsBeingCounted(Refusal):
    message = _("The cards of this type with %(holder)s are being counted already: %(number)s.")
    default_field = "holder"


class WitnessMissing(Refusal):
    message = _("You hold these cards yourself: name somebody else who is by.")
    default_field = "colleague"


class OwnWitness(Refusal):
    message = _("You count yourself: somebody else is the witness.")
    default_field = "colleague"


class StockCountInOtherState(Refusal):
    message = _("%(number)s is %(state)s, so this cannot be done now.")


class CardsCountedAlready(CardsRefused):
    message = _("These cards are in a stack that is counted already: %(serials)s.")


class CardsNeverOrdered(CardsRefused):
    message = _("No batch of %(document_type)s has these serials: %(serials)s.")


class StackNotCounted(CardsRefused):
    message = _("This stack is not in the count any more: %(serials)s.")


class NothingCounted(Refusal):
    message = _("No stack is counted yet. Count first, or say that there is no card at all.")
    default_field = "nothing_there"


class DifferencesLeft(Refusal):
    message = _(
        "Count and books differ, so a second person has to agree before %(number)s is closed."
    )


class NothingToAdjust(Refusal):
    message = _("Count and books agree: %(number)s can be closed as it is.")


class RemedyMissing(CardsRefused):
    message = _("Say what is to be done, and why, about these cards too: %(serials)s.")


class RemedyDoesNotFit(CardsRefused):
    message = _("This cannot be done about these cards: %(serials)s.")


class NotADifference(CardsRefused):
    message = _("These cards are no difference of %(number)s: %(serials)s.")


class CardsMovedSinceCompared(CardsRefused):
    message = _(
        "These cards have moved since the count was compared with the books: %(serials)s. The"
        " count has to be compared again."
    )
