"""Every paper opens here as PDF: `/office/papers/<kind>/<number>.pdf`, in the reader's language.

Kinds are those of the capabilities' `papers/` rooms (`issue_note`, `check_in`, `print_protocol`,
`charge_list`, `notice`, `charge_receipt`, `invoice`, `policy`, `clauses`); `?lang=zh-hans` or
`?lang=en` asks for one language. Whoever may see what a paper is about may open it; for all
others there is none.
"""

from django.conf import settings
from django.http import Http404, HttpResponse
from django.utils.translation import get_language

from selfcard.inquiry.errors import NoSuchPaper
from selfcard.inquiry.queries.papers import open_paper
from selfcard.web.office.views import OfficeRequest, office_view


@office_view()
def paper(request: OfficeRequest, kind: str, number: str) -> HttpResponse:
    language = request.GET.get("lang", get_language() or "")
    if language not in dict(settings.LANGUAGES):
        language = settings.LANGUAGE_CODE
    try:
        pdf = open_paper(kind=kind, number=number, language=language, actor=request.actor)
    except NoSuchPaper as refusal:
        raise Http404(str(refusal)) from refusal
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{kind}-{number}.pdf"'
    return response
