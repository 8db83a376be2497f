from django.utils.translation import gettext_lazy as _

from selfcard.core.refusals import Refusal


class NoSuchPaper(Refusal):
    """There is no such paper, or the actor may not see what it is about: the answer is the same."""

    message = _("There is no paper with this number that you may see.")
