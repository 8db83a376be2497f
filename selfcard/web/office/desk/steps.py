"""What comes next in a case, by the page on which its customer stopped."""

from django.utils.translation import gettext_lazy as _

from selfcard.activation.models import DeskCase

STEPS = {
    "": _("Ask for the PIN"),
    "product": _("Choose a product"),
    "starts": _("Start of cover"),
    "insured": _("Who is insured"),
    "people": _("Who is insured"),
    "applicant": _("Who applies"),
    "paid": _("Who is paid"),
    "details": _("What the product asks"),
    "contact": _("Contact"),
    "declarations": _("Agree by a code"),
    "check": _("Check and activate"),
}


def next_step(case: DeskCase) -> str:
    """What has to be done next in a case."""
    if case.state != DeskCase.State.OPEN:
        return case.policy_number or case.reason
    return str(STEPS[case.step])
