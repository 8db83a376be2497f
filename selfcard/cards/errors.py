from django.utils.translation import gettext_lazy as _

from selfcard.cards.models import PrintFile
from selfcard.core import clock
from selfcard.core.refusals import Refusal


class DocumentTypeCodeTaken(Refusal):
    message = _("There is already a document type with the code %(code)s.")
    default_field = "code"


class PrefixTaken(Refusal):
    message = _("The prefix %(prefix)s belongs to the document type %(code)s.")
    default_field = "prefix"


class NotAPrefix(Refusal):
    message = _("A prefix has six digits and does not begin with 0.")
    default_field = "prefix"


class NameMissing(Refusal):
    message = _("Enter the name in both languages.")
    default_field = "name_zh"


class FaceValueOutOfBounds(Refusal):
    message = _("The face value must be more than nothing and at most %(most)s, in whole cents.")
    default_field = "face_value"


class PinLengthOutOfBounds(Refusal):
    message = _("A PIN has %(shortest)s to %(longest)s digits.")
    default_field = "pin_length"


class NotAKeyword(Refusal):
    message = _("A keyword is 2 to 10 Chinese characters, or 2 to 10 letters in English.")
    default_field = "keyword_zh"


class KeywordForAllCards(Refusal):
    message = _("“%(word)s” is a keyword for all cards.")
    default_field = "keyword_zh"


class KeywordTaken(Refusal):
    message = _("“%(word)s” is the keyword of the document type %(code)s.")
    default_field = "keyword_zh"


class DeadlineOutOfBounds(Refusal):
    message = _("Cards can be activated for 1 to %(longest)s months.")
    default_field = "deadline_months"


class DeadlineNotOneOfTwo(Refusal):
    message = _("Say for how many months, or up to which day: one of the two.")
    default_field = "deadline_months"


class DeadlineDayOutOfBounds(Refusal):
    message = _("The last day to activate lies between %(earliest)s and %(latest)s.")
    default_field = "deadline_day"


class DeadlineTooNear(Refusal):
    message = _(
        "Cards of %(code)s can be activated up to %(day)s. A card that is printed now needs a"
        " month at least, so up to %(earliest)s: make a new version of the document type first."
    )
    default_field = "document_type"


class UseByOutOfBounds(Refusal):
    message = _("Stock can be sold for 1 to %(longest)s months.")
    default_field = "use_by_months"


class HoldingLimitOutOfBounds(Refusal):
    message = _("One person may hold 1 to %(most)s cards.")
    default_field = "holding_limit"


class NoProducts(Refusal):
    message = _("Choose at least one product that the card may become.")
    default_field = "product_versions"


class ProductNotPublished(Refusal):
    message = _("%(product)s is still a draft: it has to be published first.")
    default_field = "product_versions"


class TaxRatesDiffer(Refusal):
    message = _(
        "The premium is taxed when the card is paid for, before a product is chosen. So all"
        " products of a document type need the same tax rate; here they differ: %(rates)s."
    )
    default_field = "product_versions"


class NothingRevised(Refusal):
    message = _("Nothing differs from version %(version)s of %(code)s. Change what should differ.")


class RevisedMeanwhile(Refusal):
    message = _(
        "%(name)s has made version %(version)s of %(code)s meanwhile. Look at it first, and begin"
        " from it."
    )


class PrinterCodeTaken(Refusal):
    message = _("There is already a printer with the code %(code)s.")
    default_field = "code"


class NotAPrinterKey(Refusal):
    message = _("This is not a public key of the form age1…. Ask the printer for it again.")
    default_field = "public_key"


class BatchSizeOutOfBounds(Refusal):
    message = _("A batch has 1 to %(most)s cards.")
    default_field = "count"


class OrderedByEarlierVersion(Refusal):
    message = _(
        "Batch %(batch)s was ordered by version %(ordered)s of %(code)s, and by now there is"
        " version %(newest)s. Nothing is printed by an earlier version: refuse or cancel this"
        " order, and order again."
    )


class SerialsUsedUp(Refusal):
    message = _("The document type %(code)s has no serials left for %(count)s cards.")
    default_field = "count"


class BatchInOtherState(Refusal):
    message = _("Batch %(batch)s is already further, or has ended: it is %(state)s.")


class NotYourOrder(Refusal):
    message = _("%(name)s ordered batch %(batch)s and has to ask again, or cancel the order.")


class ReasonMissing(Refusal):
    message = _("Give the reason.")
    default_field = "reason"


class NobodyAskedForIt(Refusal):
    message = _("Nobody has asked for this yet for batch %(batch)s.")


class PrintFileNotMade(Refusal):
    message = _("The print file of batch %(batch)s is not made yet.")


class PrintFileAlreadyReleased(Refusal):
    message = _("The print file of batch %(batch)s is already released.")


class PrintFileNotReleased(Refusal):
    message = _("The print file of batch %(batch)s has to be released by a second person first.")


class PrintFileAlreadyDownloaded(Refusal):
    message = _(
        "The print file of batch %(batch)s was downloaded by %(name)s on %(when)s. It can be had"
        " only once."
    )

    @classmethod
    def of(cls, print_file: PrintFile) -> "PrintFileAlreadyDownloaded":
        """The refusal for a file that somebody has, with who and when."""
        assert print_file.downloaded_by is not None
        assert print_file.downloaded_at is not None
        return cls(
            batch=print_file.batch.number,
            name=print_file.downloaded_by.name,
            when=f"{print_file.downloaded_at.astimezone(clock.zone()):%Y-%m-%d %H:%M}",
        )
