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
        "This is a large sale: %(count)s cards. A sale is what one pays for and takes back. "
        "Tick that you mean it, or register several sales."
    )
    default_field = "confirmed_large"


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
