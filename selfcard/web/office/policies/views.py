"""Policies: the list, and one policy with what it says; nobody is named in full without cause."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

import django_filters
import django_tables2 as tables
from django.conf import settings
from django.db.models import Count, Q, QuerySet, Sum
from django.http import Http404, HttpResponse
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from selfcard.claims.queries import notices_in_reach
from selfcard.core import clock
from selfcard.core.money import Money
from selfcard.core.refusals import Refusal
from selfcard.core.serials import card_number, parse_serial
from selfcard.organisations.models import May
from selfcard.organisations.queries import may
from selfcard.policies.application import ConsentKind
from selfcard.policies.editions import former_editions
from selfcard.policies.endorsing import APPROVE_ENDORSEMENT, POLICY_REASON
from selfcard.policies.errors import NoSuchPolicy
from selfcard.policies.history import LABELS, changed_at, contact_changes_of, endorsements_of
from selfcard.policies.models import (
    ContactChange,
    Endorsement,
    Policy,
    Role,
    SeenState,
    Unmasking,
)
from selfcard.policies.named import Named, Whom
from selfcard.policies.queries import (
    access_policy,
    find_unmasking,
    policies_in_reach,
    policy_view,
)
from selfcard.products.models import Product
from selfcard.products.regions import region_in_full
from selfcard.products.wording import listed
from selfcard.web.office.approvals.asked import asked_about
from selfcard.web.office.fields import DayField
from selfcard.web.office.forms import DeedForm
from selfcard.web.office.lists import (
    Blank,
    DayColumn,
    MoneyColumn,
    NumberColumn,
    OfficeFilter,
    OfficeTable,
    Total,
    list_page,
)
from selfcard.web.office.policies.changing_forms import role_of
from selfcard.web.office.policies.endings import ending
from selfcard.web.office.views import OfficeRequest, office_view, show
from selfcard.web.templatetags.selfcard import count as counted
from selfcard.web.templatetags.selfcard import last_day, money
from selfcard.web.templatetags.selfcard import status as status_shown

What = Unmasking.What
_ONE_LINE = {"td": {"class": "nowrap"}}


class DayFilter(django_filters.Filter):
    field_class = DayField


class PolicyFilter(OfficeFilter):
    q = django_filters.CharFilter(label=pgettext_lazy("office", "Policy number"), method="numbered")
    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"),
        method="seen",
        choices=SeenState.choices,
        empty_label=gettext_lazy("all"),
    )
    card = django_filters.CharFilter(label=gettext_lazy("Card number"), method="of_card")
    since = DayFilter(label=gettext_lazy("Issued from"), method="issued_from")
    until = DayFilter(label=gettext_lazy("Issued to"), method="issued_to")
    product = django_filters.CharFilter(
        label=gettext_lazy("Product code"),
        field_name="product_version__product__code",
        lookup_expr="iexact",
    )
    kind = django_filters.ChoiceFilter(
        label=gettext_lazy("Kind of product"),
        field_name="product_version__product__kind",
        choices=Product.Kind.choices,
        empty_label=gettext_lazy("all"),
    )

    class Meta:
        model = Policy
        fields: ClassVar = ["q", "card", "state", "product", "kind", "since", "until"]

    def numbered(self, rows: QuerySet[Policy], name: str, text: str) -> QuerySet[Policy]:
        """By the number, or by what it begins with."""
        plain = re.sub(r"[\s-]", "", text).upper()
        return rows.filter(number__startswith=plain if plain[:1] == "P" else f"P{plain}")

    def of_card(self, rows: QuerySet[Policy], name: str, text: str) -> QuerySet[Policy]:
        try:
            number = card_number(parse_serial(text))
        except Refusal:
            return rows.none()
        return rows.filter(
            Q(state=Policy.State.ISSUED) | Q(state=Policy.State.CANCELLED),
            reason_kind="card",
            reason_number=number,
        )

    def issued_from(self, rows: QuerySet[Policy], name: str, day: date) -> QuerySet[Policy]:
        return rows.filter(issued_at__gte=clock.day_start(day))

    def issued_to(self, rows: QuerySet[Policy], name: str, day: date) -> QuerySet[Policy]:
        return rows.filter(issued_at__lte=clock.day_end(day))

    def seen(self, rows: QuerySet[Policy], name: str, state: str) -> QuerySet[Policy]:
        now = clock.now()
        if state == SeenState.CANCELLED:
            return rows.filter(state=Policy.State.CANCELLED)
        live = rows.filter(state=Policy.State.ISSUED)
        if state == SeenState.ISSUED:
            return live.filter(starts_at__gt=now)
        if state == SeenState.EXPIRED:
            return live.filter(ends_at__lt=now)
        return live.filter(starts_at__lte=now, ends_at__gte=now)


class PolicyTable(OfficeTable):
    number = NumberColumn(
        verbose_name=pgettext_lazy("office", "Policy number"),
        linkify=("office:policies:policy", [tables.A("number")]),
    )
    seen = tables.Column(gettext_lazy("State"), empty_values=(), orderable=False)
    product = tables.Column(
        pgettext_lazy("office", "Product"),
        accessor="product_version__name",
        order_by="product_version__product__code",
    )
    insured = tables.Column(gettext_lazy("Insured people"), empty_values=(), orderable=False)
    starts_at = DayColumn(verbose_name=gettext_lazy("Cover from"), attrs=_ONE_LINE)
    ends_at = DayColumn(verbose_name=gettext_lazy("Cover to"), attrs=_ONE_LINE)
    organisation = tables.Column(
        gettext_lazy("Sold by"), accessor="organisation__name", order_by="organisation__path"
    )
    premium_gross = MoneyColumn(verbose_name=gettext_lazy("Premium"))

    class Meta(OfficeTable.Meta):
        order_by = "-number"

    def render_ends_at(self, value: datetime) -> Any:
        return last_day(value)

    def render_seen(self, record: Policy) -> Any:
        state = record.seen_state(clock.now())
        return status_shown(state, state.label)

    def value_seen(self, record: Policy) -> str:
        return str(record.seen_state(clock.now()).label)

    def render_insured(self, record: Policy) -> str:
        return listed(one.masked_name for one in record.insured.all())


def _totals(rows: QuerySet[Policy]) -> list[Total]:
    now = clock.now()
    live = Q(state=Policy.State.ISSUED)
    sums = rows.order_by().aggregate(
        policies=Count("pk"),
        in_force=Count("pk", filter=live & Q(starts_at__lte=now, ends_at__gte=now)),
        premium=Sum("premium_gross", filter=live),
    )
    return [
        Total(_("Policies"), counted(sums["policies"])),
        Total(_("In force now"), counted(sums["in_force"])),
        Total(_("Premium, without cancelled"), money(sums["premium"] or 0)),
    ]


@office_view(May.SEE_POLICIES)
def policies(request: OfficeRequest) -> HttpResponse:
    return list_page(
        request,
        rows=policies_in_reach(request.actor),
        table=PolicyTable,
        filters=PolicyFilter,
        totals=_totals,
        title=_("Policies"),
        lead=_(
            "Names are kept sealed: they cannot be searched or sorted by. An identity number finds"
            " its policies on a page of its own."
        ),
        template="office/policies/policies.html",
        blank=Blank(
            _("No policy yet"),
            _("A policy comes from a paid card that its holder has activated."),
            icon="shield",
        ),
        name="policies",
        endless=True,
    )


@office_view(May.SEE_POLICIES)
def policy(request: OfficeRequest, number: str) -> HttpResponse:
    try:
        one = access_policy(request.actor, number)
    except NoSuchPolicy as refusal:
        raise Http404(str(refusal)) from refusal
    seen = _unmasked(request, one)
    may_change = _may_change(request, one)
    return show(
        request,
        "office/policies/policy.html",
        {
            "policy": one,
            "version": one.product_version,
            "region": region_in_full(one.region) if What.CONTACT in seen else "",
            "view": policy_view(
                one,
                masked=What.PEOPLE not in seen,
                contact_masked=What.CONTACT not in seen,
            ),
            "people_shown": What.PEOPLE in seen,
            "contact_shown": What.CONTACT in seen,
            "covers": list(_covers(one)),
            "consents": list(_consents(one)),
            "evidence": list(_evidence(one)),
            "sale": one.evidence.get("sale"),
            "may_see_sales": May.SEE_SALES in request.mays,
            "from_card": one.reason_kind == "card",
            "may_cancel": _may_cancel(request, one),
            "may_change": may_change,
            "may_audit": May.AUDIT in request.mays,
            "again": DeedForm(actor=request.actor) if may_change else None,
            "asked": asked_about(request, APPROVE_ENDORSEMENT, POLICY_REASON, one.number),
            "changes": list(_changes(one)),
            "may_report": may(request.actor, May.HANDLE_CLAIMS, one.organisation),
            "notices": notices_in_reach(request.actor).filter(policy=one),
            "end": ending(request, one),
            "former": former_editions(one),
            "may_take_back": May.RECALL_SALES in request.mays,
        },
    )


def _unmasked(request: OfficeRequest, one: Policy) -> set[str]:
    """What whoever looks has just said why they need to see."""
    key = request.GET.get("shown", "")
    seen = (
        find_unmasking(request.actor, one, int(key)) if re.fullmatch(r"[0-9]{1,18}", key) else None
    )
    return {seen.what} if seen else set()


def _may_change(request: OfficeRequest, one: Policy) -> bool:
    is_live = one.state == Policy.State.ISSUED
    return is_live and may(request.actor, May.CHANGE_POLICIES, one.organisation)


def _changes(one: Policy) -> Iterator[dict[str, Any]]:
    """What changed the policy since its issue; the latest first."""
    made: list[ContactChange | Endorsement] = [*contact_changes_of(one), *endorsements_of(one)]
    for change in sorted(made, key=lambda change: change.edition, reverse=True):
        yield {"edition": change.edition, "at": changed_at(change)} | _told(change)


def _told(change: ContactChange | Endorsement) -> dict[str, Any]:
    """One change, without what is masked elsewhere."""
    if isinstance(change, ContactChange):
        by = change.changed_by.name if change.changed_by else ""
        return {"what": _("Contact data"), "how": change.get_how_display(), "by": [by]}
    asked = change.asked
    differs = Named.read(asked.before).differs(Named.read(asked.after))
    return {
        "what": role_of(Whom(Role(asked.role), asked.place)),
        "how": listed(str(LABELS[name]) for name in differs),
        "by": [one.name for one in (asked.approval.asked_by, asked.approval.decided_by) if one],
        "reason": asked.reason,
    }


def _may_cancel(request: OfficeRequest, one: Policy) -> bool:
    state = one.seen_state(clock.now())
    is_live = state in (SeenState.ISSUED, SeenState.IN_FORCE) and one.reason_kind == "card"
    return is_live and may(request.actor, May.CANCEL_POLICIES, one.organisation)


def _covers(one: Policy) -> Iterator[dict[str, Any]]:
    language = "zh" if (get_language() or "").startswith("zh") else "en"
    for kept in one.coverages:
        yield {
            "name": kept[f"name_{language}"],
            "conditions": kept[f"conditions_{language}"],
            "money": Money(Decimal(kept["sum_insured"]), kept["currency"]),
        }


def _consents(one: Policy) -> Iterator[dict[str, Any]]:
    for kept in one.consents:
        yield {
            "label": ConsentKind(kept["kind"]).label,
            "version": kept["version"],
            "at": datetime.fromisoformat(kept["given_at"]),
        }


# What the evidence of a policy is called on its page; what is not named here stays inside.
_EVIDENCE = {
    "opened_at": gettext_lazy("PIN accepted"),
    "begun_at": gettext_lazy("First answer saved"),
    "source": gettext_lazy("Network address"),
    "language": gettext_lazy("Language of the texts"),
}

_LANGUAGES = dict(settings.LANGUAGES)


def _evidence(one: Policy) -> Iterator[dict[str, Any]]:
    for name, label in _EVIDENCE.items():
        if found := one.evidence.get(name):
            is_moment = name.endswith("_at")
            yield {
                "label": label,
                "text": _LANGUAGES.get(found, found),
                "at": datetime.fromisoformat(found) if is_moment else None,
            }
