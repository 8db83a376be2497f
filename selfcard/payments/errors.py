from django.utils.translation import gettext_lazy as _

from selfcard.core.refusals import Refusal


class ReceiptAlreadyConfirmed(Refusal):
    message = _("Receipt %(number)s is already confirmed.")


class ReceiptIsVoid(Refusal):
    message = _("Receipt %(number)s is void. Issue a new charge receipt for the sale.")


class ConfirmedByItsMaker(Refusal):
    message = _("You issued receipt %(number)s yourself. Another person must confirm it.")


class TendersDoNotAddUp(Refusal):
    message = _(
        "The tenders add up to %(given)s, the receipt is for %(amount)s. They must be equal."
    )
    default_field = "tenders"


class NotAnAmount(Refusal):
    message = _("An amount is more than nothing and has at most two decimals.")


class ArrivalDateMissing(Refusal):
    message = _("Give the day on which the transfer arrived.")


class ArrivalInTheFuture(Refusal):
    message = _("Money that is still to come has not arrived. The day cannot be later than today.")


class TransferReferenceMissing(Refusal):
    message = _("Give the bank's reference of the transfer.")


class TaxNumberNeedsACompany(Refusal):
    message = _("A tax number belongs to a company: give its name.")
    default_field = "payer_name"


class WrongTaxNumber(Refusal):
    message = _(
        "This is not a unified social credit code. It has 18 characters; compare each of them."
    )
    default_field = "buyer_tax_number"
