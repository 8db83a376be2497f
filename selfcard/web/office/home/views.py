"""The work that waits, and the search over every kind of number."""

from django.http import HttpResponse

from selfcard.web.office.views import OfficeRequest, office_view, show


@office_view()
def home(request: OfficeRequest) -> HttpResponse:
    return show(request, "office/home/home.html")


@office_view()
def search(request: OfficeRequest) -> HttpResponse:
    return show(request, "office/home/search.html", {"find": request.GET.get("q", "").strip()})
