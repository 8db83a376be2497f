"""Why a notice of claim is not recorded, or not led on.

That a card is unpaid, expired, stopped or void is not among them: such a notice is looked at.
"""

from django.utils.translation import gettext_lazy as _

from selfcard.core.refusals import Refusal


class NothingToReport(Refusal):
    message = _("We know no such policy or card. Compare the number.")
    default_field = "number"


class TooManyNotices(Refusal):
    message = _(
        "%(most)s notices of claim have been sent for this card today. Add what is missing to one"
        " of them, or call us, day or night: %(phone)s."
    )


class NoSuchNotice(Refusal):
    message = _("There is no notice of claim with this number.")
    default_field = "number"


class HappensLater(Refusal):
    message = _("This lies in the future. Enter when it happened.")
    default_field = "happened"


class StoryMissing(Refusal):
    message = _("Say in a few words what happened.")
    default_field = "story"


class PlaceUnknown(Refusal):
    message = _("There is no such district or county. Choose it from the list.")
    default_field = "region"


class NothingAdded(Refusal):
    message = _("Write something, or choose a photo or a paper.")
    default_field = "words"


class TooManyAttachments(Refusal):
    message = _(
        "A notice of claim may have up to %(most)s photos and papers, and this one has %(has)s"
        " already. Call us about the others."
    )
    default_field = "attachments"


class TakenOnAlready(Refusal):
    message = _("%(name)s has taken it on already.")


class NotTakenOn(Refusal):
    message = _("Take the notice on first, so that everybody sees who looks at it.")


class WordsMissing(Refusal):
    message = _("Say what you found: it is kept with the notice.")
    default_field = "words"
