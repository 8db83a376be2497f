"""What the customer agrees to: read out, answered, and confirmed by a code to their own phone."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from selfcard.activation.commands import ask_consent, confirm_consent
from selfcard.activation.queries import consent_of, staff_source, toll_for
from selfcard.activation.texts import versions_of_texts
from selfcard.web.office.desk.filling import DeskVisit
from selfcard.web.office.desk.forms import AgreeForm, CodeForm
from selfcard.web.office.desk.reading import consents, names_read
from selfcard.web.office.forms import refusals_shown_on
from selfcard.web.portal.answers import CHECK, CONTACT, DECLARATIONS, Page
from selfcard.web.portal.line import frame_of


def agree(request: HttpRequest, visit: DeskVisit) -> HttpResponse:
    """Read each text out, send the code, and enter what the customer says."""
    answers, page = visit.answers, Page(DECLARATIONS)
    if page not in answers.pages or not answers.is_complete(Page(CONTACT)):
        return redirect(visit.address(answers.first_open))
    asked = _asked(visit)
    wish = request.POST.get("wish", "")
    agreeing = AgreeForm(
        request.POST if wish == "ask" else None, kinds=answers.consent_kinds, actor=visit.actor
    )
    code = CodeForm(request.POST if wish == "code" else None, actor=visit.actor)
    if agreeing.is_valid():
        with refusals_shown_on(agreeing):
            _ask(visit, agreeing)
            return redirect(visit.address(page))
    if code.is_valid() and _confirmed(visit, code):
        return redirect(visit.address(Page(CHECK)))
    toll = toll_for(staff_source(visit.actor))
    for form in (agreeing, code):
        form.ask_for(toll)
    frame = frame_of(request, visit, page)
    context = {
        "agreeing": agreeing,
        "code": code,
        "asked": asked,
        "texts": [(agreeing[kind.value], read) for kind, read in consents(visit).items()],
        "phone": answers.kept_form(Page(CONTACT)).contact.phone,
        # Another code may have been sent since.
        "agreed": asked and "agreed_at" in consent_of(visit.case) and answers.is_complete(page),
        "check": visit.address(Page(CHECK)),
    }
    if not asked:
        frame["read_out"] = None
    status = max(agreeing.status, code.status)
    return render(request, "office/desk/agree.html", frame | context, status=status)


def _asked(visit: DeskVisit) -> bool:
    """Whether a code was sent for the very texts and the phone that the answers have now."""
    asked, version = consent_of(visit.case), visit.answers.version
    assert version is not None
    now = versions_of_texts(version)
    texts = {str(kind): now[kind] for kind in visit.answers.consent_kinds}
    phone = visit.answers.kept_form(Page(CONTACT)).contact.phone
    return (asked.get("texts"), asked.get("phone")) == (texts, phone)


def _ask(visit: DeskVisit, form: AgreeForm) -> None:
    answers = visit.answers
    assert answers.version is not None
    ask_consent(
        case=visit.case,
        proof=visit.proof,
        version=answers.version,
        kinds=form.kinds,
        phone=answers.kept_form(Page(CONTACT)).contact.phone,
        read_out=names_read(visit),
        ticket=form.cleaned_data["ticket"],
        actor=visit.actor,
        request_id=form.cleaned_data["request_id"],
    )


def _confirmed(visit: DeskVisit, form: CodeForm) -> bool:
    """Whether the code was right; else the form says what may be known."""
    done = None
    with refusals_shown_on(form):
        done = confirm_consent(
            case=visit.case,
            proof=visit.proof,
            digits=form.cleaned_data["digits"],
            page=DECLARATIONS,
            step=CHECK,
            ticket=form.cleaned_data["ticket"],
            actor=visit.actor,
            request_id=form.cleaned_data["request_id"],
        )
        if done is None:
            form.add_error("digits", _("This is not the code. Have the customer read it again."))
    form.issue_new_request()
    return done is not None
