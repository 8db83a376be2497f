from django.http import HttpResponse

from selfcard.inquiry.queries.reach import SEEING_CARDS
from selfcard.web.office.views import OfficeRequest, office_view, show


@office_view(*SEEING_CARDS)
def status_details(request: OfficeRequest) -> HttpResponse:
    return show(request, "office/home/home.html")


@office_view(*SEEING_CARDS)
def card(request: OfficeRequest, number: str) -> HttpResponse:
    return show(request, "office/home/home.html")
