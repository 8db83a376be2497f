"""A page of the office with nothing but two pictures: for the tests of `<c-chart>`."""

from django.http import HttpResponse
from django.template import Context, Template
from django.urls import include, path
from django.utils.translation import gettext as _
from django_cotton.compiler_regex import CottonCompiler

from selfcard.web.office.charts import Chart, Series
from selfcard.web.office.views import OfficeRequest, office_view

PAGE = """{% extends "office/base.html" %}
{% block heading %}Pictures{% endblock %}
{% block main %}<c-panel><c-chart :of="stock" /></c-panel>
<c-panel class="mt-4"><c-chart :of="sold" id="sold" table="same-figures" /></c-panel>
<p id="same-figures">5 on Monday, 7 on Tuesday</p>{% endblock %}"""

MONTHS = [f"2026-{month:02d}" for month in range(1, 13)]
STOCK = Chart(
    "Stock of Hangzhou branch",
    MONTHS,
    [
        Series("In", [20_000, 0, 12_500] * 4, "inventory"),
        Series("On their way <b>", [0, 1_500, 0] * 4, "transit"),
        Series("Out", [-8_000, -9_000, -4_321] * 4, "sold"),
        Series("Closing", [12_000 + 1_000 * month for month in range(12)], "activated", line=True),
    ],
    unit="cards",
)


@office_view()
def pictures(request: OfficeRequest) -> HttpResponse:
    sold = Chart(_("Sales"), ["Monday", "Tuesday"], [Series(_("Cards"), [5, 7], line=True)])
    template = Template(CottonCompiler().process(PAGE))
    context = {"request": request, "theme": "auto", "stock": STOCK, "sold": sold}
    return HttpResponse(template.render(Context(context)))


urlpatterns = [path("pictures/", pictures), path("", include("selfcard.web.urls"))]
