"""Messages: the list, where nobody's number is shown in full, and one message with its fate."""

import re
from typing import Any, ClassVar

import django_filters
import django_tables2 as tables
from django.conf import settings
from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from selfcard.messaging.commands import send_again
from selfcard.messaging.errors import NoSuchMessage
from selfcard.messaging.gateways import takes_sms
from selfcard.messaging.models import Message
from selfcard.messaging.occasions import occasions
from selfcard.messaging.queries import SEEING, access_message, messages_in_reach
from selfcard.organisations.models import May
from selfcard.organisations.queries import may
from selfcard.policies.identity import masked_email, masked_phone
from selfcard.sms.queries import replied_by, submissions_of
from selfcard.web.office.forms import OfficeForm, refusals_shown_on
from selfcard.web.office.lists import (
    Blank,
    MomentColumn,
    NumberColumn,
    OfficeFilter,
    OfficeTable,
    StatusColumn,
    Total,
    list_page,
)
from selfcard.web.office.views import OfficeRequest, office_view, show
from selfcard.web.templatetags.selfcard import count as counted

# What is told in words that only the deed itself knows.
_NO_TEMPLATE = {
    "code": pgettext_lazy("message", "code"),
    "sms_reply": gettext_lazy("reply to an SMS"),
}


def occasions_named() -> dict[str, Any]:
    """What those who write messages call what they tell of."""
    return {one.code: one.name for one in occasions()} | _NO_TEMPLATE


def _policy_of(record: Message) -> str | None:
    """The page of the policy that a message is about, if it is about one."""
    if record.reason_kind != "policy":
        return None
    return reverse("office:policies:policy", args=[record.reason_number])


class MessageFilter(OfficeFilter):
    q = django_filters.CharFilter(label=pgettext_lazy("office", "Policy number"), method="about")
    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"), choices=Message.State.choices, empty_label=gettext_lazy("all")
    )
    occasion = django_filters.ChoiceFilter(
        label=gettext_lazy("Occasion"),
        choices=lambda: list(occasions_named().items()),
        empty_label=gettext_lazy("all"),
    )
    channel = django_filters.ChoiceFilter(
        label=pgettext_lazy("of a message", "Way"),
        choices=Message.Channel.choices,
        empty_label=gettext_lazy("all"),
    )

    class Meta:
        model = Message
        fields: ClassVar = ["q", "state", "occasion", "channel"]

    def about(self, rows: QuerySet[Message], name: str, text: str) -> QuerySet[Message]:
        return rows.filter(reason_number=re.sub(r"\s", "", text).upper())


class MessageTable(OfficeTable):
    written_at = MomentColumn(
        verbose_name=gettext_lazy("Written"),
        linkify=("office:messaging:message", [tables.A("pk")]),
        attrs={"td": {"class": "nowrap"}},
    )
    occasion = tables.Column(gettext_lazy("Occasion"))
    reason_number = NumberColumn(
        verbose_name=pgettext_lazy("office", "Policy number"),
        linkify=_policy_of,
    )
    channel = tables.Column(pgettext_lazy("of a message", "Way"))
    recipient = tables.Column(
        pgettext_lazy("of a message", "To"), orderable=False, attrs={"td": {"class": "nowrap id"}}
    )
    state = StatusColumn(verbose_name=gettext_lazy("State"))
    problem = tables.Column(gettext_lazy("Why not"), orderable=False, default="")
    organisation = tables.Column(
        gettext_lazy("Sold by"), accessor="organisation__name", order_by="organisation__path"
    )

    class Meta(OfficeTable.Meta):
        order_by = "-written_at"

    def render_occasion(self, value: str) -> str:
        return occasion(value)

    def render_reason_number(self, record: Message) -> str:
        return record.reason_number if record.reason_kind == "policy" else ""

    def render_recipient(self, record: Message) -> str:
        return recipient(record)


def occasion(name: str) -> str:
    """What a message tells of, in words."""
    return str(occasions_named().get(name, name))


def recipient(message: Message) -> str:
    """To whom, with the middle hidden."""
    if message.channel == Message.Channel.EMAIL:
        return masked_email(message.recipient)
    return masked_phone(message.recipient)


def _totals(rows: QuerySet[Message]) -> list[Total]:
    states = Message.State
    found = rows.order_by().aggregate(
        **{state.value: Count("pk", filter=Q(state=state)) for state in states}
    )
    return [
        Total(pgettext("how many messages", "Sent"), counted(found["sent"])),
        Total(pgettext("how many messages", "Waiting"), counted(found["waiting"])),
        Total(pgettext("how many messages", "Not sent"), counted(found["failed"])),
    ]


@office_view(*SEEING)
def sent(request: OfficeRequest) -> HttpResponse:
    """Every message that the reader's organisations have had written."""
    return list_page(
        request,
        rows=messages_in_reach(request.actor),
        table=MessageTable,
        filters=MessageFilter,
        totals=_totals,
        title=_("Messages"),
        lead=_how_sent(),
        blank=Blank(
            _("No message yet"),
            _("Whoever activates a card is told by SMS, and by e-mail if they gave an address."),
            icon="inbox",
        ),
        name="messages",
        endless=True,
    )


@office_view(*SEEING)
def message(request: OfficeRequest, number: int) -> HttpResponse:
    """One message, and sending it once more."""
    try:
        one = access_message(request.actor, number)
    except NoSuchMessage as refusal:
        raise Http404(str(refusal)) from refusal
    form = OfficeForm(request.POST or None, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            again = send_again(message=one, **form.cleaned_data, actor=request.actor)
            messages.success(request, _("The message is sent once more."))
            return redirect("office:messaging:message", again.pk)
    facts: dict[str, Any] = {
        "form": form,
        "message": one,
        "occasion": occasion(one.occasion),
        "recipient": recipient(one),
        "how_sent": _how_sent(),
        "may_send_again": _may_send_again(request, one),
        "replies_to": replied_by(one),
        "submissions": submissions_of(one),
    }
    return show(request, "office/messaging/message.html", facts)


def _may_send_again(request: OfficeRequest, one: Message) -> bool:
    is_over = one.state != Message.State.WAITING
    return (
        is_over and not one.is_secret and may(request.actor, May.CHANGE_POLICIES, one.organisation)
    )


def _how_sent() -> str:
    """By what messages leave, where that is not plain."""
    if settings.DEMO_MESSAGES:
        return _("This is a demonstration: nothing leaves this machine.")
    if not takes_sms():
        return _("SMS cannot be sent: nothing is set up for them. They are tried for some hours.")
    return _("Numbers and addresses are shortened here.")
