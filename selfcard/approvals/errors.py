from django.utils.translation import gettext_lazy as _

from selfcard.core.refusals import Refusal


class NotYourOwnRequest(Refusal):
    message = _("You asked for this yourself: another person has to decide.")


class ApprovalExpired(Refusal):
    message = _("This request has expired. It has to be asked for again.")


class AlreadyDecided(Refusal):
    message = _("%(name)s has already decided this.")


class RequestWithdrawn(Refusal):
    message = _("This request was withdrawn: there is nothing to decide any more.")


class AlreadyAsked(Refusal):
    message = _("This has already been asked for and waits for a second person.")


class ReasonMissing(Refusal):
    message = _("Say why you refuse, so that the person who asked can do something about it.")
    default_field = "reason"
