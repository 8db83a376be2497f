"""The trial balance: every account's turnover and balance, as of a day."""

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

from selfcard.core import clock
from selfcard.ledger.queries import require_sight_of_books, trial_balance
from selfcard.organisations.models import May
from selfcard.web.office.fields import DayField
from selfcard.web.office.forms import FilterForm
from selfcard.web.office.views import OfficeRequest, office_view, show


class DayForm(FilterForm):
    """As of which day; without one, everything that was booked."""

    day = DayField(label=_("Counting up to"), required=False)


@office_view(May.AUDIT)
def trial_balance_page(request: OfficeRequest) -> HttpResponse:
    require_sight_of_books(request.actor)
    form = DayForm(request.GET if "day" in request.GET else None)
    day = form.cleaned_data["day"] if form.is_valid() else None
    balance = trial_balance(day)
    return show(
        request,
        "office/ledger/trial_balance.html",
        {"form": form, "day": day, "today": clock.today(), "balance": balance},
    )
