"""Codes to a phone: asking for one, entering it, and what it opens; and changing contact data.

The session holds the keys of the codes that were asked for here, and never digits or a phone.
"""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from selfcard.activation.commands import (
    ask_code,
    ask_code_to_new_phone,
    change_contact,
    use_code,
)
from selfcard.activation.models import OneTimeCode
from selfcard.activation.queries import contact_wanted, find_code, policy_of_card, shows_phone
from selfcard.core.refusals import Refusal
from selfcard.messaging.gateways import takes_sms
from selfcard.messaging.gateways.telephone import received_by
from selfcard.policies.application import ContactGiven
from selfcard.policies.identity import written_phone
from selfcard.policies.models import Policy
from selfcard.policies.queries import find_policy
from selfcard.sms.loopback import send_from_telephone
from selfcard.web.portal.forms import (
    AskCodeForm,
    CodeForm,
    GateForm,
    IdentityNumberForm,
    PolicyNumberForm,
    TelephoneForm,
)
from selfcard.web.portal.questions import NewContactForm
from selfcard.web.portal.views import masked, once, shown, tried
from selfcard.web.portal.visit import (
    CHANGED,
    CODE,
    PHONE,
    Visit,
    asking,
    holder_of,
    opened,
    policy_shown_to,
    show_policy_to,
    visit_of,
)

Purpose = OneTimeCode.Purpose
NOT_THIS_CODE = _("This is not the code that was sent. Compare the 6 digits with the message.")


@never_cache
def ask(request: HttpRequest) -> HttpResponse:
    """A policy's number: its phone gets a code. Whether there is such a policy nobody learns."""
    form = PolicyNumberForm(request.POST or None)
    if form.is_valid() and asked_for(request, form, form.cleaned_data["policy_number"]):
        return redirect("portal:code")
    return shown(request, "portal/ask_code.html", form, {"takes_sms": takes_sms()})


@opened
@require_POST
def ask_for_card(request: HttpRequest, visit: Visit) -> HttpResponse:
    """A code to the phone of the policy that an opened card has become."""
    number = policy_of_card(visit.card)
    if not number:
        return redirect("portal:card")
    form = AskCodeForm(request.POST)
    if form.is_valid() and asked_for(request, form, number):
        return redirect("portal:code")
    return masked(request, number, IdentityNumberForm(), form)


@never_cache
def code(request: HttpRequest) -> HttpResponse:
    """Entering the code that was asked for here."""
    asked = _asked_here(request)
    if asked is None:
        return redirect("portal:look_up")
    form = CodeForm(request.POST or None)
    if form.is_valid() and (used := _through(request, form, asked)):
        return _opened_by(request, used)
    return _code_page(request, asked, form, AskCodeForm())


@never_cache
@require_POST
def again(request: HttpRequest) -> HttpResponse:
    """Another code, for the same as the last one."""
    asked = _asked_here(request)
    if asked is None:
        return redirect("portal:look_up")
    form = AskCodeForm(request.POST)
    if form.is_valid() and _asked_again(request, form, asked):
        return redirect("portal:code")
    return _code_page(request, asked, CodeForm(), form)


@never_cache
def start_change(request: HttpRequest) -> HttpResponse:
    """Telephone, e-mail, address: first of all a code to the phone so far."""
    policy = _policy_to_change(request)
    if policy is None:
        return redirect("portal:policy")
    form = AskCodeForm(request.POST or None)
    if form.is_valid() and asked_for(request, form, policy.number, Purpose.CHANGE_CONTACT):
        return redirect("portal:code")
    facts = {"ending": policy.phone[-4:], "takes_sms": takes_sms()}
    return shown(request, "portal/change_contact.html", form, facts)


@never_cache
def new_contact(request: HttpRequest) -> HttpResponse:
    """Where the applicant wants to be reached; a new phone has to show itself by a code."""
    policy, proof = _policy_to_change(request), _phone_shown(request)
    if policy is None or proof is None or proof.number != policy.number:
        return redirect("portal:change_contact")
    if request.method != "POST":
        form = NewContactForm(kept=_present(policy))
    else:
        form = NewContactForm(request.POST)
        if form.looked_in:
            form = NewContactForm(kept=form.typed())
        elif form.is_valid() and (done := _changed_or_asked(request, form, policy, proof)):
            return done
    return shown(request, "portal/new_contact.html", form, {})


@never_cache
def telephone(request: HttpRequest) -> HttpResponse:
    """A telephone of the demonstration: what it has got, and what is sent to us from it. There is
    no such page anywhere else."""
    if not settings.DEMO_MESSAGES:
        raise Http404
    number = ""
    form = TelephoneForm(request.POST if "number" in request.POST else None)
    if form.is_valid():
        number = form.cleaned_data["number"]
        if "send" in request.POST:
            send_from_telephone(number, form.cleaned_data["words"])
        # What was sent may hold a PIN: it does not come back.
        form = TelephoneForm(kept={"number": number})
    elif request.method == "POST" and not form.is_bound and (asked := _asked_here(request)):
        number = asked.phone or ""
    facts = {
        "form": form,
        "number": written_phone(number),
        "received": received_by(number),
        "code_waits": CODE in request.session,
    }
    return render(request, "portal/telephone.html", facts, status=form.status)


def asked_for(
    request: HttpRequest, form: GateForm, number: str, purpose: Purpose = Purpose.OPEN
) -> bool:
    """Whether a code was asked for; else the form says why not."""
    return _remembered(request, form, ask_code, number=number, purpose=purpose)


def _asked_again(request: HttpRequest, form: GateForm, asked: OneTimeCode) -> bool:
    if asked.purpose != Purpose.NEW_PHONE:
        return asked_for(request, form, asked.number, Purpose(asked.purpose))
    proof = _phone_shown(request)
    return proof is not None and _asked_to(request, form, proof, contact_wanted(asked))


def _asked_to(
    request: HttpRequest, form: GateForm, proof: OneTimeCode, contact: ContactGiven
) -> bool:
    return _remembered(request, form, ask_code_to_new_phone, proof=proof, contact=contact)


def _remembered(request: HttpRequest, form: GateForm, command: Any, **what: Any) -> bool:
    """Ask for a code, and remember that it was asked for here."""
    language = get_language() or settings.LANGUAGE_CODE
    code = tried(form, command, language=language, **what, **asking(request))
    if code is None:
        return False
    request.session[CODE] = str(code.pk)
    return True


def _through(request: HttpRequest, form: CodeForm, asked: OneTimeCode) -> OneTimeCode | None:
    """The code, if its digits are right; else the form says what is wrong."""
    what = {"code": asked, "digits": form.cleaned_data["code"]}
    return tried(form, use_code, NOT_THIS_CODE, **what, **asking(request))


def _opened_by(request: HttpRequest, used: OneTimeCode) -> HttpResponse:
    """On to what the code was asked for."""
    del request.session[CODE]
    if used.purpose == Purpose.NEW_PHONE:
        return _change_with(request, used)
    policy = find_policy(used.number)
    assert policy is not None, "a code is only sent for a policy that there is"
    show_policy_to(request, policy)
    if used.purpose == Purpose.CHANGE_CONTACT:
        request.session[PHONE] = str(used.pk)
        return redirect("portal:new_contact")
    return redirect("portal:policy")


def _change_with(request: HttpRequest, new_phone: OneTimeCode) -> HttpResponse:
    """The new phone has shown itself: what was wanted is done."""
    proof = _phone_shown(request)
    if proof is None:
        return redirect("portal:change_contact")
    try:
        change_contact(
            proof=proof,
            contact=contact_wanted(new_phone),
            new_phone=new_phone,
            actor=holder_of(request),
            request_id=new_phone.pk,
        )
    except Refusal:
        # The policy has changed meanwhile: its page says how it stands.
        return redirect("portal:policy")
    return _done(request)


def _changed_or_asked(
    request: HttpRequest, form: NewContactForm, policy: Policy, proof: OneTimeCode
) -> HttpResponse | None:
    """With the same phone it is done; with another one that has to show itself first."""
    contact = form.contact
    if contact.phone != policy.phone:
        return redirect("portal:code") if _asked_to(request, form, proof, contact) else None
    try:
        once(
            change_contact,
            proof=proof,
            contact=contact,
            actor=holder_of(request),
            request_id=form.cleaned_data["request_id"],
        )
    except Refusal as refusal:
        form.add_refusal(refusal)
        form.issue_new_request()
        return None
    return _done(request)


def _done(request: HttpRequest) -> HttpResponse:
    request.session.pop(PHONE, None)
    request.session[CHANGED] = True
    return redirect("portal:policy")


def _code_page(
    request: HttpRequest, asked: OneTimeCode, form: CodeForm, again_form: AskCodeForm
) -> HttpResponse:
    facts = {
        "code_form": form,
        "again_form": again_form,
        "asked": asked,
        "minutes": settings.CODE_LASTS.seconds // 60,
        "is_demo": settings.DEMO_MESSAGES,
        **_where_sent(request, asked),
    }
    wrong = again_form if again_form.is_bound else form
    return shown(request, "portal/code.html", wrong, facts)


def _where_sent(request: HttpRequest, asked: OneTimeCode) -> dict[str, str]:
    """The phone, as far as this browser may know it: not that of a number that was only typed."""
    if asked.purpose == Purpose.NEW_PHONE:
        return {"new_phone": written_phone(contact_wanted(asked).phone)}
    policy = policy_shown_to(request)
    if policy is None and (visit := visit_of(request)):
        policy = find_policy(policy_of_card(visit.card))
    is_known = policy is not None and policy.number == asked.number
    return {"ending": policy.phone[-4:]} if policy and is_known else {}


def _asked_here(request: HttpRequest) -> OneTimeCode | None:
    key = request.session.get(CODE)
    return find_code(UUID(key)) if key else None


def _phone_shown(request: HttpRequest) -> OneTimeCode | None:
    """The code by which the policy's phone was shown here, if that still counts."""
    key = request.session.get(PHONE)
    found = find_code(UUID(key)) if key else None
    return found if found and shows_phone(found) else None


def _policy_to_change(request: HttpRequest) -> Policy | None:
    """The policy that is shown here; a cancelled one says nothing any more of where to reach
    anybody."""
    policy = policy_shown_to(request)
    return policy if policy and policy.state == Policy.State.ISSUED else None


def _present(policy: Policy) -> dict[str, str]:
    """Where the applicant is reached now, as it is typed."""
    return {
        "phone": written_phone(policy.phone),
        "email": policy.email,
        "region": policy.region,
        "address": policy.address,
    }
