"""Why cards are not asked for, handed over, sent back or recalled."""

from django.utils.translation import gettext_lazy as _

from selfcard.core.refusals import Refusal
from selfcard.custody.errors import CardsRefused


class HeadOfficeAsksNobody(Refusal):
    message = _("Nobody stands above %(organisation)s: it orders batches and asks nobody.")
    default_field = "organisation"


class IssuerIsNotAbove(Refusal):
    message = _("%(issuer)s is not above %(organisation)s: cards come down the tree.")
    default_field = "issuer"


class NoCardsAskedFor(Refusal):
    message = _("Ask for at least one card.")
    default_field = "count"


class WantedInThePast(Refusal):
    message = _("%(day)s is over. By which day to come are the cards wanted?")
    default_field = "wanted_by"


class RequisitionAnswered(Refusal):
    message = _("%(requisition)s is not waiting for an answer any more: %(state)s.")


class AskedByYourself(Refusal):
    message = _("You asked for these cards yourself: another person has to answer.")


class MoreThanAskedFor(Refusal):
    message = _("%(count)s cards were asked for, so %(granted)s cannot be granted.")
    default_field = "granted"


class RequisitionNotGranted(Refusal):
    message = _("Nothing is to be issued for %(requisition)s: %(state)s.")
    default_field = "requisition"


class RequisitionOfOthers(Refusal):
    message = _(
        "%(requisition)s was granted by %(issuer)s to %(organisation)s, for %(document_type)s:"
        " an issue for it goes from there to there."
    )
    default_field = "requisition"


class MoreThanGranted(Refusal):
    message = _("For %(requisition)s %(left)s cards are still to be issued, not %(count)s.")
    default_field = "serials"


class MissedByYourself(Refusal):
    message = _(
        "You said yourself that these cards did not come: somebody at the sender has to find them."
    )


class HandedOverToNobody(Refusal):
    message = _("Cards are handed over to an individual; an organisation recalls them.")
    default_field = "to"


class WorksElsewhere(Refusal):
    message = _("%(name)s does not work in %(organisation)s, where the cards are.")
    default_field = "to"


class CardsWithThemAlready(Refusal):
    message = _("%(name)s has these cards already.")
    default_field = "to"


class RecallGoesUp(Refusal):
    message = _("%(to)s is not above %(holder)s: cards are recalled up the tree.")
    default_field = "to"


class CardsNotIssuedFrom(CardsRefused):
    message = _("%(to)s never had these cards: %(serials)s.")


class CardsIssuedByNobody(CardsRefused):
    message = _("Nobody above %(holder)s ever had these cards: %(serials)s.")


class CardsOfSeveralIssuers(Refusal):
    message = _("These cards came from several: %(issuers)s. Say who takes them back.")
    default_field = "to"
