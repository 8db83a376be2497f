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


class AmountTooLarge(Refusal):
    message = _("That is more than %(most)s, which is the most that comes or lies together here.")


class ArrivalDateMissing(Refusal):
    message = _("Give the day on which it arrived.")


class ArrivalInTheFuture(Refusal):
    message = _("Money that is still to come has not arrived. The day cannot be later than today.")


class ArrivedLongBefore(Refusal):
    message = _(
        "The day cannot be earlier than %(day)s: that is %(days)s days before anything was owed."
        " Compare the year and the month."
    )


class PaidBeforeItsVoucher(Refusal):
    message = _(
        "The payment receipt was written on %(day)s: the money cannot have gone out before."
    )


class ArrivedTooLongAgo(Refusal):
    message = _("The books take nothing that is older than a year: the first day is %(day)s.")


class TaxNumberNeedsACompany(Refusal):
    message = _("A tax number belongs to a company: give its name.")
    default_field = "payer_name"


class WrongTaxNumber(Refusal):
    message = _(
        "This is not a unified social credit code. It has 18 characters; compare each of them."
    )
    default_field = "buyer_tax_number"


class ReferenceMissing(Refusal):
    message = _("Give the reference by which it is found again: %(kind)s.")


class OnlyWhatArrivesLater(Refusal):
    message = _(
        "%(kind)s does not arrive later. Enter it when all is there, or take it into the payer's"
        " advance account meanwhile."
    )


class AccountMissing(Refusal):
    message = _("Name the advance account that it is taken from.")


class AccountNamedTwice(Refusal):
    message = _("Advance account %(number)s is named twice. Make one row of both.")


class PayerNotNamed(Refusal):
    message = _(
        "An advance account belongs to somebody: give the payer's name. What nobody's name stands"
        " on cannot be kept for them."
    )
    default_field = "payer_name"


class AdvanceAccountExists(Refusal):
    message = _(
        "There is an advance account in this name already: %(number)s. If it is another payer's,"
        " add to the name what tells the two apart."
    )
    default_field = "payer_name"


class NotIntoAdvance(Refusal):
    message = _("A deposit is money that comes in. It cannot come by this way: %(kind)s.")


class ReceiptOfNoDeposit(Refusal):
    message = _("Receipt %(number)s does not ask for a deposit.")


class RefundAlreadyAsked(Refusal):
    message = _("Advance account %(account)s is being paid back already, by %(number)s.")


class PaymentOfNoAdvance(Refusal):
    message = _("Payment receipt %(number)s does not pay back an advance.")


class RefundIntoItself(Refusal):
    message = _("What is paid back leaves the advance account: choose another way.")
    default_field = "way"


class TaxFactAlreadyEntered(Refusal):
    message = _("This number of %(platform)s is entered already.")
    default_field = "number"


class ConfirmedInTheFuture(Refusal):
    message = _("The platform cannot have confirmed on a day that is still to come.")
    default_field = "confirmed_on"


class AdvanceOfOtherPlace(Refusal):
    message = _("Advance account %(number)s is kept elsewhere, or in another currency.")


class AdvanceOfOtherPayer(Refusal):
    message = _(
        "Nothing says that advance account %(number)s is that of the payer, %(payer)s. If it is,"
        " the charge receipt has to name it."
    )
    default_field = "tenders"


class AdvanceDoesNotSuffice(Refusal):
    message = _("Advance account %(number)s has %(balance)s, which is less than %(amount)s.")
    default_field = "tenders"


class DrawerNotOpen(Refusal):
    message = _("Name a drawer at %(place)s that is open today, or open one.")


class PaymentAlreadyConfirmed(Refusal):
    message = _("Payment receipt %(number)s is paid already.")


class PaymentIsVoid(Refusal):
    message = _("Payment receipt %(number)s is void.")


class PaidByItsMaker(Refusal):
    message = _("You issued payment receipt %(number)s yourself. Another person must pay it.")


class PaidByWhoNamedThePayee(Refusal):
    message = _(
        "You said where the money of payment receipt %(number)s goes. Another person must pay it."
    )


class PaymentHasFailed(Refusal):
    message = _(
        "The payment of %(number)s failed. Its payee has to be corrected before it is paid."
    )


class OutlaysDoNotAddUp(Refusal):
    message = _(
        "The outlays add up to %(given)s, the payment is of %(amount)s. They must be equal."
    )
    default_field = "tenders"


class NotTheWayItCame(Refusal):
    message = _(
        "No money came by this way: %(kinds)s. Pay it back the way it came, or choose a named"
        " payee."
    )
    default_field = "tenders"


class MoreThanCameThisWay(Refusal):
    message = _(
        "Of what came by this way only %(left)s is left to go back: %(kind)s. Pay the rest by the"
        " other ways that it came."
    )
    default_field = "tenders"


class NotTheWayChosen(Refusal):
    message = _("This payment receipt says another way: %(way)s.")
    default_field = "tenders"


class GiftIsNotPaidOut(Refusal):
    message = _(
        "Nobody paid for these cards, so there is no money to pay out: it goes the way it came."
    )
    default_field = "way"


class PayeeIncomplete(Refusal):
    message = _("Name the payee, the bank and the account.")
    default_field = "payee_name"


class PayeeAccountWrong(Refusal):
    message = _("A bank account has 8 to 34 letters and digits.")
    default_field = "payee_account"


class DrawerCodeTaken(Refusal):
    message = _("The drawer code %(code)s is already in use.")
    default_field = "code"


class DrawerAlreadyOpen(Refusal):
    message = _("%(drawer)s is open today already.")


class DrawerDayIsOver(Refusal):
    message = _("The day of %(drawer)s is over: it was counted. It opens again tomorrow.")


class EarlierDayNotCounted(Refusal):
    message = _("%(drawer)s was never counted on %(day)s. Count that day first.")


class DrawerOutOfUse(Refusal):
    message = _("%(drawer)s is out of use.")


class DrawerDayNotOpen(Refusal):
    message = _("The day %(day)s of %(drawer)s is closed.")


class OpensWithWhatWasLeft(Refusal):
    message = _(
        "The last count of %(drawer)s found %(left)s, and nothing has left it since. Open it with"
        " that: what is missing or over is said, and explained, at the day's end."
    )
    default_field = "opening_cash"


class BeginsEmpty(Refusal):
    message = _(
        "%(drawer)s was never open, so there is nothing in it. Open it with nothing, and then"
        " enter its float as cash that is fetched from the bank."
    )
    default_field = "opening_cash"


class DrawerDayNotClosed(Refusal):
    message = _("The day %(day)s of %(drawer)s is not closed.")


class CashIsLeftInTheDrawer(Refusal):
    message = _(
        "%(cash)s of cash lie in %(drawer)s. Open it once more and bring it to the bank first."
    )


class DrawerInUse(Refusal):
    message = _("%(drawer)s is in use.")


class NextDayHasBegun(Refusal):
    message = _("%(drawer)s was opened again after %(day)s: what lies in it is counted there now.")


class DrawerDayNotCounted(Refusal):
    message = _("The day %(day)s of %(drawer)s has not been counted, or is closed already.")


class ClosedByItsCounter(Refusal):
    message = _("You counted this drawer yourself. Another person must close it.")


class DifferenceNotExplained(Refusal):
    message = _("What was counted is not what should be there. Explain the difference.")
    default_field = "explanation"


class NotTakenAtTheDrawer(Refusal):
    message = _("%(kind)s is not brought to the bank.")
    default_field = "kind"


class NotEnoughInTheDrawer(Refusal):
    message = _("%(drawer)s has %(cash)s in cash, which is less than %(amount)s.")
    default_field = "amount"


class NotEnoughToPayOut(NotEnoughInTheDrawer):
    message = _(
        "%(drawer)s has %(cash)s in cash, which is less than %(amount)s. Pay out of another drawer,"
        " fetch cash from the bank into this one, or have the money sent by transfer."
    )


class TakingsDoNotSuffice(Refusal):
    message = _("Not so much was taken by this way and is still to come: %(kind)s.")
    default_field = "amount"


class NothingToCorrect(Refusal):
    message = _("That is what was entered. Say what is right.")


class CorrectedAlready(Refusal):
    message = _("%(number)s was put right already. Correct what was entered then.")


class NotCorrectable(Refusal):
    message = _(
        "Only money that came in for a confirmed receipt is put right here: %(number)s."
        " What was written off an advance or given away goes the way back."
    )
    default_field = "kind"


class MoneyWentBackAlready(Refusal):
    message = _("Of receipt %(number)s money was paid back the way it was entered.")


class BankedAlready(Refusal):
    message = _(
        "There was not so much in %(drawer)s: what went out of it or to the bank has to be put"
        " right first."
    )


class DrawerDayUnknown(Refusal):
    message = _(
        "Several drawers were open when receipt %(number)s was confirmed, or none was: nobody"
        " knows into which the money came."
    )
    default_field = "kind"
