"""The card for the wallet: on a page, as pictures to keep on the phone, and to print."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from selfcard.policies.editions import policy_card_pdf, policy_card_picture
from selfcard.policies.queries import policy_view
from selfcard.web.portal.views import pdf_answer
from selfcard.web.portal.visit import holder_of, policy_shown_to

SIDES = ("front", "back")


@never_cache
@require_GET
def policy_card(request: HttpRequest) -> HttpResponse:
    """Both sides, and what is on them in words."""
    found = policy_shown_to(request)
    if found is None:
        return redirect("portal:look_up")
    view = policy_view(found, masked=False)
    return render(request, "portal/policy_card.html", {"view": view, "sides": SIDES})


@never_cache
@require_GET
def picture(request: HttpRequest, side: str) -> HttpResponse:
    """One side, as a picture to keep on a phone."""
    found = policy_shown_to(request)
    if found is None or side not in SIDES:
        raise Http404
    content = policy_card_picture(found, SIDES.index(side), actor=holder_of(request))
    name = f"{found.number}-{side}.png"
    return HttpResponse(
        content,
        content_type="image/png",
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )


@never_cache
@require_GET
def paper(request: HttpRequest) -> HttpResponse:
    """Both sides as PDF, in the size of a bank card."""
    found = policy_shown_to(request)
    if found is None:
        return redirect("portal:look_up")
    return pdf_answer(policy_card_pdf(found, actor=holder_of(request)), f"{found.number}-card.pdf")
