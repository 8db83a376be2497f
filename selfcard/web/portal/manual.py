"""The user manual of a kind of card: how to activate it, what it may become, how to claim."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from selfcard.cards.models import DocumentTypeVersion
from selfcard.cards.papers.manual import manual_pdf
from selfcard.cards.queries import printed_versions, products_offered
from selfcard.products.words import cancelling_in_words, people_in_words, time_in_words
from selfcard.sms.replies import activation_pattern
from selfcard.web.portal.views import pdf_answer


@require_GET
def manuals(request: HttpRequest) -> HttpResponse:
    """The kinds of cards that are about, each with its newest manual."""
    newest: dict[int, DocumentTypeVersion] = {}
    for version in printed_versions().order_by("document_type__code", "number"):
        newest[version.document_type_id] = version
    return render(request, "portal/manuals.html", {"versions": list(newest.values())})


@require_GET
def manual(request: HttpRequest, code: str, number: int | None = None) -> HttpResponse:
    """How a card is used; by the version that is printed on it, else by the newest."""
    version = _printed(code, number)
    offered = products_offered(version)
    products = [
        {
            "version": one,
            "who": people_in_words(one.bounds),
            "when": time_in_words(one.bounds),
            "cancelling": cancelling_in_words(one.bounds),
        }
        for one in offered
    ]
    return render(
        request,
        "portal/manual.html",
        {
            "version": version,
            "products": products,
            "sms_number": settings.SMS_NUMBER,
            "sms_activation": activation_pattern(version, offered),
            "is_demo": settings.DEMO_MESSAGES,
        },
    )


@cache_control(public=True, max_age=3600)
@require_GET
def leaflet(request: HttpRequest, code: str, number: int, language: str) -> HttpResponse:
    """The same on paper."""
    version = _printed(code, number)
    if language not in dict(settings.LANGUAGES):
        raise Http404
    content = manual_pdf(version, products_offered(version), language)
    return pdf_answer(content, f"{version.code}-{version.number}.pdf")


def _printed(code: str, number: int | None) -> DocumentTypeVersion:
    """A version of which there are cards: of what is only planned nobody is told."""
    versions = printed_versions().filter(document_type__code__iexact=code)
    if number is not None:
        versions = versions.filter(number=number)
    found = versions.order_by("-number").first()
    if found is None:
        raise Http404
    return found
