from django.utils.translation import gettext_lazy as _

from selfcard.core.refusals import Refusal
from selfcard.messaging.models import Message


class NotDelivered(Exception):
    """A gateway did not take a message: why, and whether it is of no use to try again."""

    def __init__(self, problem: Message.Problem, *, for_good: bool = False) -> None:
        super().__init__(problem)
        self.problem = problem
        self.for_good = for_good


class MessageStillWaits(Refusal):
    message = _("This message has not been sent yet: it is tried again by itself.")


class CodeNotSentAgain(Refusal):
    message = _("A code is not sent again. Whoever needs one asks for a new code.")


class NoSuchMessage(Refusal):
    message = _("There is no such message.")


class NoSuchOccasion(Refusal):
    message = _("There is no such occasion to tell people something.")


class TemplateEmpty(Refusal):
    message = _("A message says something. To do without words of your own, go back instead.")
    default_field = "words"


class TemplateTooLong(Refusal):
    message = _("This has %(length)s characters; %(most)s are the most.")


class SubjectMissing(Refusal):
    message = _("An e-mail has a subject.")
    default_field = "subject"


class SubjectNotOneLine(Refusal):
    message = _("A subject stands on one line.")
    default_field = "subject"


class NoSubjectHere(Refusal):
    message = _("This is told by SMS alone, which has no subject.")
    default_field = "subject"


class UnknownPlace(Refusal):
    message = _("Nothing can be filled in for %(place)s here. What can be is: %(known)s.")


class BraceAlone(Refusal):
    message = _("A brace stands alone here. What is to be filled in stands between two of them.")


class PlaceMissing(Refusal):
    message = _("This message is of no use without %(missing)s.")
    default_field = "words"


class TemplateChangedMeanwhile(Refusal):
    message = _(
        "%(name)s has changed these words meanwhile. Open them again and read what they say."
    )


class NoWordsOfYourOwn(Refusal):
    message = _("There are no words of your own here to go back from.")
