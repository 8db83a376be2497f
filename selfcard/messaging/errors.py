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
