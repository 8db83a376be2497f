"""The portal's front door: start, the card's true state, looking up, and leaving."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar
from uuid import uuid4

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_GET, require_POST

from selfcard.activation.commands import open_gate, open_policy
from selfcard.activation.errors import (
    CardBeingReturned,
    CardExpired,
    CardFrozen,
    CardNotReady,
    CardNotSold,
    CardWithdrawn,
    CodeTriedTooOften,
    PremiumNotArrived,
    ProofExpired,
    SourceMustWait,
    TooManyCodes,
    TooManyTries,
)
from selfcard.activation.models import PinProof
from selfcard.activation.queries import (
    days_left,
    has_draft,
    policy_of_card,
    toll_for,
    why_not_ready,
)
from selfcard.core import clock
from selfcard.core.refusals import Refusal, RequestReused
from selfcard.messaging.gateways import takes_sms
from selfcard.policies.contact import address_in_full
from selfcard.policies.editions import policy_pdf
from selfcard.policies.models import Policy
from selfcard.policies.queries import find_policy, policy_view
from selfcard.policies.telling import told_where
from selfcard.products.errors import NoSuchVersion
from selfcard.products.people import Relationship
from selfcard.products.queries import clauses_pdf, get_version
from selfcard.web.portal.forms import (
    AskCodeForm,
    CardAndPinForm,
    GateForm,
    IdentityNumberForm,
    PolicyAndIdentityForm,
)
from selfcard.web.portal.visit import (
    CHANGED,
    CODE,
    DEVICE,
    NOTICES,
    OVER,
    PHONE,
    POLICY,
    PROOF,
    Visit,
    asking,
    holder_of,
    know_device,
    open_visit,
    opened,
    policy_shown_to,
    show_policy_to,
    source_of,
)

T = TypeVar("T")

# What the holder can do about a card that is not ready, by the reason.
ADVICE: dict[type[CardNotReady], Any] = {
    CardNotSold: _("Ask where you got the card: it has to be sold and paid for first."),
    PremiumNotArrived: _(
        "Ask where you bought the card. As soon as the premium has arrived, the card can be"
        " activated here, often on the same day. Keep your receipt."
    ),
    CardBeingReturned: _("If you did not return the card, call us."),
    CardWithdrawn: _("Take the card back to where you got it. If you paid for it, call us."),
    CardFrozen: _("If you reported it lost and have found it again, call us."),
    CardExpired: _("If the card is paid for, call us: the premium is not lost."),
}

NOT_TOGETHER = _("This card number and PIN cannot be used")
NOT_THIS_POLICY = _("This policy number and identity number do not belong together")
TOO_OFTEN = SourceMustWait | TooManyTries | CodeTriedTooOften | TooManyCodes


@never_cache
def start(request: HttpRequest) -> HttpResponse:
    """Card number and PIN: the way into everything."""
    form = CardAndPinForm(request.POST or None)
    if form.is_valid() and (proof := _through_the_gate(request, form)):
        open_visit(request, proof)
        if has_draft(proof.serial):
            return redirect("portal:card")
        return redirect("portal:product")
    visit_over = request.session.pop(OVER, False)
    return shown(request, "portal/start.html", form, {"visit_over": visit_over})


@never_cache
@require_GET
def from_sms(request: HttpRequest, device: str) -> HttpResponse:
    """Go on from where a message left off: its draft is this device's, once card and PIN are
    shown. The address itself opens nothing.
    """
    response = redirect("portal:start")
    know_device(response, device)
    return response


@never_cache
def look_up(request: HttpRequest) -> HttpResponse:
    """A card's state or a policy: by card and PIN, or by policy number and identity number."""
    by = request.POST.get("by")
    card = CardAndPinForm(request.POST if by == "card" else None, auto_id="card_%s")
    policy = PolicyAndIdentityForm(request.POST if by == "policy" else None, auto_id="policy_%s")
    if card.is_valid() and (proof := _through_the_gate(request, card)):
        open_visit(request, proof)
        return redirect("portal:card")
    if policy.is_valid() and (
        found := _through_the_policy_gate(request, policy, policy.cleaned_data["policy_number"])
    ):
        show_policy_to(request, found)
        return redirect("portal:policy")
    wrong = policy if policy.is_bound else card
    forms = {"card_form": card, "policy_form": policy, "takes_sms": takes_sms()}
    return shown(request, "portal/look_up.html", wrong, forms)


@opened
def card(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The true state of a card whose PIN was right: insured, not yet insured, or why not."""
    held = visit.card
    if number := policy_of_card(held):
        return _activated(request, number)
    refusal = why_not_ready(held)
    shown = {
        "card": held,
        "refusal": refusal,
        "gone": isinstance(refusal, (CardWithdrawn, CardBeingReturned, CardExpired)),
        "advice": ADVICE.get(type(refusal)) if refusal else None,
        "draft": visit.draft,
        "begun_elsewhere": visit.begun_elsewhere,
        "days_left": days_left(held),
        "tomorrow": clock.today() + timedelta(days=1),
    }
    return render(request, "portal/not_insured.html", shown)


def _activated(request: HttpRequest, number: str) -> HttpResponse:
    """A card that became a policy: state, cover, dates, a masked name; the rest for a number."""
    form = IdentityNumberForm(request.POST or None)
    if form.is_valid() and (found := _through_the_policy_gate(request, form, number)):
        show_policy_to(request, found)
        return redirect("portal:policy")
    return masked(request, number, form, AskCodeForm())


def masked(
    request: HttpRequest, number: str, by_number: IdentityNumberForm, by_code: AskCodeForm
) -> HttpResponse:
    """A policy whose card and PIN were shown, with two ways to see all of it."""
    found = find_policy(number)
    assert found is not None, "an activated card has a policy, and so has one that is void by it"
    facts = _policy_facts(found, masked=True) | {
        "by_number": by_number,
        "by_code": by_code,
        "takes_sms": takes_sms(),
        "ending": found.phone[-4:],
    }
    wrong = by_code if by_code.is_bound else by_number
    return shown(request, "portal/policy.html", wrong, facts)


@opened
@require_POST
def begin_afresh(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Throw the draft away and begin with the choice of a product."""
    try:
        visit.begin_afresh()
    except (CardNotReady, ProofExpired):
        return redirect("portal:card")
    return redirect("portal:product")


@never_cache
@require_GET
def policy(request: HttpRequest) -> HttpResponse:
    """A policy with everything on it, for whoever showed that they may see it."""
    found = policy_shown_to(request)
    if found is None:
        return redirect("portal:look_up")
    facts = _policy_facts(found, masked=False)
    facts["contact_changed"] = request.session.pop(CHANGED, False)
    return render(request, "portal/policy.html", facts)


@never_cache
@require_GET
def done(request: HttpRequest) -> HttpResponse:
    """You are insured."""
    found = policy_shown_to(request)
    if found is None:
        return redirect("portal:card")
    if found.state == Policy.State.CANCELLED:
        return redirect("portal:policy")
    facts = _policy_facts(found, masked=False) | {"told": told_where(found)}
    return render(request, "portal/done.html", facts)


@never_cache
@require_GET
def policy_paper(request: HttpRequest) -> HttpResponse:
    """The policy as PDF. Its number stays out of the address."""
    found = policy_shown_to(request)
    if found is None:
        return redirect("portal:look_up")
    return pdf_answer(policy_pdf(found, actor=holder_of(request)), f"{found.number}.pdf")


@cache_control(public=True, max_age=3600)
@require_GET
def clauses(request: HttpRequest, version_id: int, language: str) -> HttpResponse:
    """The clauses of a published product as PDF."""
    try:
        version = get_version(version_id)
    except NoSuchVersion as refusal:
        raise Http404 from refusal
    if not version.is_published or language not in dict(settings.LANGUAGES):
        raise Http404
    return pdf_answer(clauses_pdf(version, language), f"{version.code}.pdf")


@require_GET
def privacy(request: HttpRequest) -> HttpResponse:
    """The privacy notice, in the version that people agree to."""
    return render(request, "portal/privacy.html")


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Forget the visit and what was filled in here, for those who share a phone."""
    for key in (PROOF, POLICY, OVER, NOTICES, CODE, PHONE, CHANGED):
        request.session.pop(key, None)
    request.session.cycle_key()
    response = redirect("portal:start")
    response.delete_cookie(DEVICE, samesite="Lax")
    return response


def _policy_facts(policy: Policy, *, masked: bool) -> dict[str, Any]:
    """What a page says about a policy."""
    view = policy_view(policy, masked=masked)
    people = policy.insured.all()
    return {
        "view": view,
        "address": "" if masked else address_in_full(policy.region, policy.address),
        "names": pgettext("between two names", ", ").join(one.name for one in view.insured),
        "for_oneself": any(one.relationship == Relationship.SELF for one in people),
        "today": clock.today(),
    }


def _through_the_gate(request: HttpRequest, form: CardAndPinForm) -> PinProof | None:
    """The proof for a right PIN; else the form says what the holder may know."""
    return through_the_gate(form, card_number=form.cleaned_data["card_number"], **asking(request))


def through_the_gate(form: GateForm, *, card_number: str, **who: Any) -> PinProof | None:
    """The same, whoever types the PIN."""
    pin = form.cleaned_data["pin"]
    return tried(form, open_gate, NOT_TOGETHER, card_number=card_number, pin=pin, **who)


def _through_the_policy_gate(
    request: HttpRequest, form: PolicyAndIdentityForm | IdentityNumberForm, number: str
) -> Policy | None:
    """The policy of a number for one of its people; else the form says that it is refused."""
    given = {"number": number, "identity_number": form.cleaned_data["identity_number"]}
    return tried(form, open_policy, NOT_THIS_POLICY, **given, **asking(request))


def tried(
    form: GateForm, command: Callable[..., T | None], refused: Any = "", **what: Any
) -> T | None:
    """What a try at one of the gates brings; else the form says what whoever tries may know.

    `refused` is said where the answer is nothing, which tells of no gate more than that.
    """
    given, found = form.cleaned_data, None
    try:
        found = once(command, **what, ticket=given["ticket"], request_id=given["request_id"])
        if found is None:
            form.refuse_pair(refused)
    except Refusal as refusal:
        form.waits = isinstance(refusal, TOO_OFTEN)
        form.add_refusal(refusal)
    form.issue_new_request()
    return found


def once(command: Callable[..., T], **arguments: Any) -> T:
    """Try once for each press: the same id with other digits is simply another try."""
    try:
        return command(**arguments)
    except RequestReused:
        return command(**arguments | {"request_id": uuid4()})


def shown(
    request: HttpRequest, template: str, form: GateForm, context: dict[str, Any]
) -> HttpResponse:
    """A page with a way through the gate, and what the next try costs there."""
    toll = toll_for(source_of(request))
    context = {"form": form, **context}
    for one in context.values():
        if isinstance(one, GateForm):
            one.ask_for(toll)
    return render(request, template, context, status=429 if form.waits else form.status)


def pdf_answer(content: bytes, name: str) -> HttpResponse:
    """A paper, to be looked at in the browser or kept."""
    return HttpResponse(
        content,
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )
