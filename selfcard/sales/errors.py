from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from selfcard.core.refusals import Refusal


class SellerOfOtherOrganisation(Refusal):
    message = _("%(seller)s does not work in %(organisation)s or below it.")
    default_field = "seller"


class AgencyMissing(Refusal):
    message = _("Name the agency: the business source is %(source)s.")
    default_field = "agency"


class AgencyNotAsked(Refusal):
    message = _("The business source is %(source)s: leave the agency out.")
    default_field = "agency"


class AgencyOfOtherKind(Refusal):
    message = pgettext_lazy(
        "kinds of agency", "%(agency)s is licensed as %(kind)s, the business source is %(source)s."
    )
    default_field = "agency"


class AgencyCodeTaken(Refusal):
    message = _("The agency code %(code)s is already in use.")
    default_field = "code"


class LargeSaleNotConfirmed(Refusal):
    message = _(
        "%(count)s cards are a large sale. Tick that you mean it, or register several sales."
    )
    default_field = "confirmed_large"


class LargeSaleToBeAgreed(LargeSaleNotConfirmed):
    message = _(
        "%(count)s cards are a large sale, to which another person has to agree. Tick that you mean"
        " it, and they are asked; or register several sales."
    )


class LargeSaleNeedsSecondPerson(Refusal):
    message = _("This is a large sale: %(count)s cards. Another person has to agree to it first.")
    default_field = "confirmed_large"


class NotYourSale(Refusal):
    message = _("%(name)s asked for this sale and has to ask again.")


class RegistrarMayNotSell(Refusal):
    message = _("%(name)s asked for this sale and may not register sales there any more.")


class CardsOfSeveralVersions(Refusal):
    message = _(
        "These cards were printed under different terms and cannot be one sale. "
        "Register a sale for each: %(serials)s."
    )
    default_field = "runs"


class SaleAlreadyHasReceipt(Refusal):
    message = _("Sale %(number)s already has charge receipt %(receipt)s.")


class ReceiptOfNoSale(Refusal):
    message = _("Receipt %(number)s does not ask for the money of a sale.")


class NoAgreementInForce(Refusal):
    message = _("%(agency)s has no agreement in force today, so it cannot sell.")
    default_field = "agency"


class AgreementDaysWrong(Refusal):
    message = _("The last day must lie within the agreement, and not before its first day.")
    default_field = "valid_to"


class AgreementEndsInThePast(Refusal):
    message = _("An agreement cannot be ended in hindsight: choose today or a later day.")
    default_field = "last_day"


class AgreementNumberTaken(Refusal):
    message = _("%(agency)s already has an agreement of the number %(number)s.")
    default_field = "number"


class AgreementsOverlap(Refusal):
    message = _("On some of these days agreement %(number)s is in force.")
    default_field = "valid_from"


class SalesOfSeveralPlaces(Refusal):
    message = _("One charge receipt asks for sales of one organisation, in one currency.")
    default_field = "sales"


class GiftsApart(Refusal):
    message = _("Free cards are settled on a receipt of their own, apart from those that are paid.")
    default_field = "sales"


class GiftTakesNoMoney(Refusal):
    message = _(
        "The cards of receipt %(number)s are free. Promotion expense settles them, and nothing"
        " else."
    )
    default_field = "tenders"


class PromotionOnlyForGifts(Refusal):
    message = _(
        "The cards of receipt %(number)s were sold, not given away. Promotion expense settles"
        " only what was registered as free cards."
    )
    default_field = "tenders"


class ConfirmedByItsGiver(Refusal):
    message = _(
        "You gave the cards of receipt %(number)s away yourself. Another person must confirm it."
    )


class NothingLeftToPay(Refusal):
    message = _("All cards of sale %(number)s were taken back: there is nothing to pay.")


class NothingLeftToTakeBack(Refusal):
    message = _("All cards of sale %(number)s were taken back before.")


class SaleChangedMeanwhile(Refusal):
    message = _("Sale %(number)s has changed while you looked at it. Look at it again.")


class CardsNotOfTheSale(Refusal):
    message = _("These cards are not out with sale %(number)s, or were taken back: %(serials)s.")
    default_field = "runs"


class ScratchedNotTakenBack(Refusal):
    message = _("Scratched are only cards that come back: %(serials)s.")
    default_field = "scratched"


class MoneyOnItsWay(Refusal):
    message = _(
        "Money for receipt %(number)s was sent and has not arrived. Wait for it, or make the"
        " receipt void first."
    )


class RecoveryNotOpen(Refusal):
    message = _("Recovery %(number)s is not waiting for this any more.")


class PaymentIssuedBefore(Refusal):
    message = _(
        "The money of recovery %(number)s is paid back by payment receipt %(payment)s already."
    )


class NotAPhone(Refusal):
    message = _("Nobody can have this telephone number.")
    default_field = "phone"


class NoPhoneLeft(Refusal):
    message = _("The buyer of sale %(number)s left no phone.")


class PhoneOfALargeSale(Refusal):
    message = _(
        "A second person is asked about this sale first. The buyer's phone is entered on its page"
        " when they have agreed."
    )
    default_field = "phone"


class NoNoticeToGive(Refusal):
    message = _("Sale %(number)s has no notice that waits to be handed over.")


class PaymentOfNoRecovery(Refusal):
    message = _("Payment receipt %(number)s does not pay for cards that were taken back.")
