"""A paper as PDF, in the reader's language, from the facts that its deed froze."""

from django.http import HttpResponse
from django.utils.translation import get_language

from selfcard.core.papers import find_paper, pdf_of
from selfcard.web.office.views import found


def paper_response(kind: str, number: str) -> HttpResponse:
    """The paper for the browser's own viewer. Whether the reader may see it, the view has asked."""
    paper = found(find_paper(kind, number))
    language = "zh-hans" if (get_language() or "").startswith("zh") else "en"
    response = HttpResponse(pdf_of(paper, language), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{number}-{kind}.pdf"'
    return response
