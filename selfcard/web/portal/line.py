"""The line from the choice of a product to the policy: one thing a page.

Holders walk it on the portal, and staff for their customers at the desk (`Visiting`): the same
pages in the same order, by the same forms and rules. A face says where its pages are, how they
look, and what becomes of the line's end.
"""

from typing import Any, Protocol

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from selfcard.activation.errors import CardNotReady, ProofExpired, RulesBroken
from selfcard.activation.queries import broken_by, broken_so_far
from selfcard.activation.texts import versions_of_texts
from selfcard.core import clock
from selfcard.core.refusals import Refusal
from selfcard.core.serials import card_number
from selfcard.core.wording import said_by
from selfcard.custody.queries import CardState
from selfcard.policies.application import Application, InsuredGiven, problems
from selfcard.policies.errors import ApplicationNotComplete, InsuredIsTheApplicant
from selfcard.policies.models import Policy
from selfcard.products.codec import to_json
from selfcard.products.models import ProductVersion
from selfcard.products.people import Relationship
from selfcard.products.rules import first_days
from selfcard.web.portal.answers import (
    APPLICANT,
    CHECK,
    CONTACT,
    DECLARATIONS,
    DETAILS,
    INSURED,
    PAID,
    PEOPLE,
    PRODUCT,
    STARTS,
    STEPS,
    Answers,
    Page,
)
from selfcard.web.portal.forms import ActivateForm, PortalForm
from selfcard.web.portal.questions import IS_FOR
from selfcard.web.portal.summary import sections_of
from selfcard.web.problems import Help, Problem


class Visiting(Protocol):
    """Whoever walks the line: with an opened card, and what has been answered for it."""

    @property
    def start(self) -> str:
        """Where the line was begun."""

    @property
    def card(self) -> CardState: ...

    @property
    def answers(self) -> Answers: ...

    def address(self, page: Page) -> str:
        """Where a page is."""

    def template(self, name: str) -> str:
        """How a page looks."""

    def keep(self, page: Page, answers: Any) -> None:
        """Save a page's answers, and go on with them."""

    def activate(
        self, version: ProductVersion, application: Application, request_id: Any
    ) -> Policy:
        """Make the policy."""

    def done(self, policy: Policy) -> HttpResponse:
        """What comes after the line."""

    def frame(self, page: Page) -> dict[str, Any]:
        """What the pages show around the question."""


def product(request: HttpRequest, visit: Visiting) -> HttpResponse:
    """The products that the card may become, side by side."""
    versions = visit.answers.versions
    if request.method == "POST":
        chosen = request.POST.get("product", "")
        version = next((one for one in versions if str(one.pk) == chosen), None)
        if version:
            visit.keep(Page(PRODUCT), version.pk)
            return _go_on(request, visit, Page(PRODUCT))
    offers = [(version, *first_days(version.bounds, clock.today())) for version in versions]
    return _shown(request, visit, Page(PRODUCT), "product", {"offers": offers})


def question(request: HttpRequest, visit: Visiting, name: str, place: int = 0) -> HttpResponse:
    """A page of questions. What is typed is kept even when it cannot be accepted yet."""
    page = Page(name, place)
    answers = visit.answers
    if answers.version is None or not _is_open(answers, page):
        return _to(visit, answers.first_open)
    if request.method != "POST":
        return _asked(request, visit, page, answers.form(page))
    form = answers.form(page, request.POST)
    typed, looked_in = form.typed(), form.looked_in
    if page in answers.pages or typed.get("name") or looked_in:
        visit.keep(page, typed)
    if "back" in request.POST:
        return _to(visit, answers.before(page) or Page(PRODUCT))
    if looked_in:
        return redirect(f"{request.get_full_path()}#{form.control_id(looked_in)}")
    if switched := _switched(request, visit):
        form = switched.form(page, request.POST)
    if form.is_valid():
        refusals = _refused_by_rules(visit.answers, page, form)
        if not refusals:
            return _go_on(request, visit, page)
        # Asked before the refusals stand on the form: they take back what it has read.
        form.ways_out = _ways_out(visit.answers, page, form)
        form.refused_name = _refused_name(page, form)
        for refusal in refusals:
            form.add_refusal(refusal)
    return _asked(request, visit, page, form)


def people(request: HttpRequest, visit: Visiting) -> HttpResponse:
    """Everybody who is to be insured, where a product insures several."""
    answers = visit.answers
    page = Page(PEOPLE)
    if page not in answers.pages:
        return _to(visit, answers.first_open)
    missing = False
    if request.method == "POST":
        if "back" in request.POST:
            return _to(visit, Page(INSURED, answers.count))
        if "add" in request.POST and answers.count < answers.rules.insured_highest:
            return _to(visit, Page(INSURED, answers.count + 1))
        if request.POST.get("remove", "").isdigit():
            _remove(visit, int(request.POST["remove"]))
            return _to(visit, page)
        missing = not answers.is_complete(page)
        if not missing:
            return _go_on(request, visit, page)
    shown = {
        "rows": [_listed(visit, place) for place in range(1, answers.count + 1)],
        "may_add": answers.count < answers.rules.insured_highest,
        "rules": answers.rules,
        "missing": missing,
    }
    return _shown(request, visit, page, "people", shown, 422 if missing else 200)


def declarations(request: HttpRequest, visit: Visiting) -> HttpResponse:
    """Three things to agree to, each on its own."""
    answers = visit.answers
    page = Page(DECLARATIONS)
    if page not in answers.pages:
        return _to(visit, answers.first_open)
    assert answers.version is not None
    form = answers.declarations(request.POST if request.method == "POST" else None)
    if "back" in request.POST:
        return _to(visit, answers.before(page) or Page(PRODUCT))
    # A tick counts for the text that stood beside it, not for one that has come since.
    moved = request.method == "POST" and form.data.get("texts") != answers.texts_seen
    if moved:
        form = answers.declarations()
    elif form.is_valid():
        given = form.consents(versions_of_texts(answers.version))
        visit.keep(page, to_json(given))
        return _go_on(request, visit, page)
    children = [one for one in answers.insured if one.relationship != Relationship.SELF]
    shown = {"form": form, "version": answers.version, "children": children, "moved": moved}
    return _shown(request, visit, page, "declarations", shown, form.status)


def check(request: HttpRequest, visit: Visiting) -> HttpResponse:
    """Check your answers; the button at the end makes the policy."""
    answers = visit.answers
    if answers.first_open.name != CHECK:
        return _to(visit, answers.first_open)
    version, application = answers.version, answers.application()
    assert version is not None
    as_shown = {"starts_on": application.starts_on, "seen": answers.seen}
    form = ActivateForm(request.POST or None, initial=as_shown)
    refusals: list[Refusal] = []
    # Whoever reads over midnight agrees to the day that was read, and whoever fills in two windows
    # to the answers that stood on this page: what has changed since is shown again.
    moved = _moved(form, answers) if form.is_valid() else ""
    if moved:
        form = ActivateForm(initial=as_shown)
    elif form.is_valid():
        try:
            policy = visit.activate(version, application, form.cleaned_data["request_id"])
        except (RulesBroken, ApplicationNotComplete) as refused:
            refusals = refused.problems
        except (CardNotReady, ProofExpired):
            raise
        except Refusal as refusal:
            refusals = [refusal]
        else:
            return visit.done(policy)
        form.issue_new_request()
    elif request.method != "POST":
        refusals = problems(application, today=clock.today()) or broken_by(application, version)
    shown = {
        "form": form,
        "moved": moved,
        "problems": [_problem(visit, refusal, application) for refusal in refusals],
        "ways_out": _ways_for(answers, application) if refusals else [],
        "sections": sections_of(answers, application),
        "version": version,
        "price": visit.card.type_version.value,
    }
    status = 422 if refusals or form.errors else 200
    return _shown(request, visit, Page(CHECK), "check", shown, status)


def _moved(form: ActivateForm, answers: Answers) -> str:
    """What has changed since the page that is being sent was shown: the day, the answers."""
    day, seen = form.cleaned_data["starts_on"], form.cleaned_data["seen"]
    if seen == answers.seen and day == answers.starts_on:
        return ""
    return "day" if seen == answers.seen_with(day) else "answers"


def _to(visit: Visiting, page: Page) -> HttpResponse:
    return redirect(visit.address(page))


def _go_on(request: HttpRequest, visit: Visiting, page: Page) -> HttpResponse:
    """To the next page; who came to change one answer goes back to check them all."""
    answers = visit.answers
    return _to(visit, answers.first_open if "change" in request.GET else answers.after(page))


def _is_open(answers: Answers, page: Page) -> bool:
    """Whether a page belongs to the line now, or adds one more person to it."""
    adding = page.name == INSURED and page.place == answers.count + 1
    return page in answers.pages or (adding and page.place <= answers.rules.insured_highest)


def _switched(request: HttpRequest, visit: Visiting) -> Answers | None:
    """Take another product on the way, keeping everything that was typed."""
    chosen = request.POST.get("switch_to", "")
    if chosen not in {str(one.pk) for one in visit.answers.versions}:
        return None
    visit.keep(Page(PRODUCT), int(chosen))
    return visit.answers


def _remove(visit: Visiting, place: int) -> None:
    """Take somebody off the list; those behind move up."""
    answers = visit.answers
    count = answers.count
    if not 1 <= place <= count:
        return
    behind = [answers.at(Page(INSURED, after)) for after in range(place + 1, count + 1)]
    for after, kept in enumerate([*behind, None], place):
        visit.keep(Page(INSURED, after), kept)


def _listed(visit: Visiting, place: int) -> dict[str, Any]:
    """One line of the list of insured people."""
    form = visit.answers.kept_form(Page(INSURED, place))
    whole = form.is_valid()
    return {
        "url": visit.address(Page(INSURED, place)),
        "place": place,
        "name": form.insured.person.name if whole else "",
        "is_for": IS_FOR[form.insured.relationship] if whole else "",
    }


def _refused_by_rules(answers: Answers, page: Page, form: Any) -> list[Refusal]:
    """What this page's answers are refused for, as far as it can be asked already."""
    version, starts_on = answers.version, answers.starts_on
    if version is None or starts_on is None:
        return []
    match page.name:
        case "insured":
            return _refused_person(version, starts_on, form.insured)
        case "applicant":
            found = broken_so_far(
                version,
                starts_on=starts_on,
                insured=answers.insured,
                applicant_birth_date=form.person.birth_date,
            )
            found = [one for one in found if one.field == "applicant.birth_date"]
            if form.person.index in {one.person.index for one in answers.insured}:
                found.append(InsuredIsTheApplicant(field="applicant.identity_number"))
            return found
        case "contact":
            found = broken_so_far(
                version, starts_on=starts_on, insured=(), contact_region=form.contact.region
            )
            return [one for one in found if one.field == "contact.region"]
    return []


def _refused_person(version: ProductVersion, starts_on: Any, one: InsuredGiven) -> list[Refusal]:
    applies = one.relationship == Relationship.SELF
    found = broken_so_far(
        version,
        starts_on=starts_on,
        insured=(one,),
        applicant_birth_date=one.person.birth_date if applies else None,
    )
    # Somebody who is too old to be insured need not hear that they are too old to apply as well.
    about_insured = [each for each in found if (each.field or "").startswith("insured.")]
    return about_insured or found


def _refused_name(page: Page, form: Any) -> str:
    """Whom a product refuses on their own page."""
    return form.insured.person.name if page.name == INSURED else ""


def _ways_out(answers: Answers, page: Page, form: Any) -> list[ProductVersion] | None:
    """The card's other products that would take this person from the same day."""
    if page.name != INSURED:
        return None
    return [
        version
        for version in answers.versions
        if version != answers.version
        and not _refused_person(version, answers.starts_on, form.insured)
    ]


def _ways_for(answers: Answers, application: Application) -> list[ProductVersion]:
    """The card's other products that would take the whole application."""
    return [
        version
        for version in answers.versions
        if version != answers.version and not broken_by(application, version)
    ]


def _problem(visit: Visiting, refusal: Refusal, application: Application) -> Problem:
    """A refusal of the whole application: whom of several it is about, with the page where its
    answer is changed.
    """
    page, sentence = page_of(refusal), str(refusal)
    if page.name == INSURED and len(application.insured) > 1:
        sentence = said_by(application.insured[page.place - 1].person.name, sentence)
    return Problem(sentence, help=Help(f"{visit.address(page)}?change", ""))


def page_of(refusal: Refusal) -> Page:
    """The page where the answer that a refusal is about can be changed."""
    match (refusal.field or "").split("."):
        case ["starts_on"]:
            return Page(STARTS)
        case ["applicant", *_]:
            return Page(APPLICANT)
        case ["insured", place, *_]:
            return Page(INSURED, int(place) + 1)
        case ["insured"]:
            return Page(PEOPLE)
        case ["beneficiaries", *_]:
            return Page(PAID)
        case ["contact", *_]:
            return Page(CONTACT)
        case ["consents", *_]:
            return Page(DECLARATIONS)
        case ["details", *_]:
            return Page(DETAILS)
    return Page(PRODUCT)


def _asked(request: HttpRequest, visit: Visiting, page: Page, form: PortalForm) -> HttpResponse:
    shown = {"form": form, "version": visit.answers.version, "rules": visit.answers.rules}
    return _shown(request, visit, page, page.name, shown, form.status)


def _shown(
    request: HttpRequest,
    visit: Visiting,
    page: Page,
    template: str,
    context: dict[str, Any],
    status: int = 200,
) -> HttpResponse:
    context = frame_of(request, visit, page) | context
    return render(request, visit.template(template), context, status=status)


def frame_of(request: HttpRequest, visit: Visiting, page: Page) -> dict[str, Any]:
    """What stands around every page of the line."""
    answers = visit.answers
    now = next(place for place, (_, names) in enumerate(STEPS) if page.name in names)
    before = answers.before(page) if answers.version else None
    return {
        "page": page,
        "steps": [
            (label, "done" if place < now else "now" if place == now else "")
            for place, (label, _) in enumerate(STEPS)
        ],
        "step_number": now + 1,
        "step_name": STEPS[now][0],
        "back": visit.address(before) if before else visit.start,
        "visit": visit,
        "card": visit.card,
        "card_ending": card_number(visit.card.serial)[-4:],
        "chosen": answers.version,
        "changing": "change" in request.GET,
        **visit.frame(page),
    }
