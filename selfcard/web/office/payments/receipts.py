"""Receipts: the lists, and one receipt with its confirmation, its waiting and its end."""

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

import django_filters
import django_tables2 as tables
from django.contrib import messages
from django.db.models import Q, QuerySet, Sum
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html, format_html_join, strip_tags
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from selfcard.core.wording import told
from selfcard.ledger.queries import entries_for
from selfcard.organisations.models import May
from selfcard.organisations.queries import may
from selfcard.payments.commands import NEW_ACCOUNT, confirm_deposit, void_deposit
from selfcard.payments.models import Receipt, Tender, TenderKind
from selfcard.payments.papers import AN_INDIVIDUAL
from selfcard.payments.queries import (
    SEEING_RECEIPTS,
    corrections_of,
    receipts_in_reach,
    receipts_to_confirm,
    tenders_to_correct,
)
from selfcard.sales.commands import note_not_arrived, settle_receipt, void_charge_receipt
from selfcard.sales.models import Sale, SaleReceipt
from selfcard.sales.queries import sales_of_receipt
from selfcard.web.office.deeds import ReasonForm
from selfcard.web.office.forms import refusals_shown_on
from selfcard.web.office.lists import (
    Blank,
    MomentColumn,
    MoneyColumn,
    NumberColumn,
    OfficeFilter,
    OfficeTable,
    Total,
    list_page,
)
from selfcard.web.office.payments.forms import ConfirmForm, cards_in, cards_in_words
from selfcard.web.office.payments.frozen_lines import charge_line
from selfcard.web.office.payments.vouchers import VoucherTable
from selfcard.web.office.views import OfficeRequest, found, office_view, show
from selfcard.web.templatetags.selfcard import age, money

State = Receipt.State
OPEN = (State.ISSUED, State.WAITING)


class ReceiptFilter(OfficeFilter):
    q = django_filters.CharFilter(
        label=gettext_lazy("Receipt, sale, payer or reference"), method="named"
    )
    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"), choices=State.choices, empty_label=gettext_lazy("all")
    )
    kind = django_filters.ChoiceFilter(
        label=gettext_lazy("Kind"), choices=Receipt.Kind.choices, empty_label=gettext_lazy("all")
    )

    class Meta:
        model = Receipt
        fields: ClassVar = ["q", "state", "kind"]

    def named(self, rows: QuerySet[Receipt], name: str, text: str) -> QuerySet[Receipt]:
        of_sales = SaleReceipt.objects.filter(sale__number__icontains=text).values("receipt")
        return rows.filter(
            Q(number__icontains=text)
            | Q(reason_number__icontains=text)
            | Q(payer_name__icontains=text)
            | Q(pk__in=of_sales)
            | Q(pk__in=Tender.objects.filter(reference__istartswith=text).values("receipt"))
            | Q(state=State.WAITING, expected__contains=[{"reference": text}])
        )


def _place_of_reason(record: Receipt) -> str:
    """The page of what a receipt asks for: the first sale, or the advance account."""
    name = "advance" if record.kind == Receipt.Kind.DEPOSIT else None
    place = f"office:payments:{name}" if name else "office:sales:sale"
    return reverse(place, args=[record.reason_number])


class ReceiptTable(VoucherTable):
    number = NumberColumn(
        verbose_name=gettext_lazy("Receipt number"),
        linkify=("office:payments:receipt", [tables.A("number")]),
    )
    payer = tables.Column(gettext_lazy("Payer"), order_by="payer_name")
    reason = NumberColumn(
        verbose_name=pgettext_lazy("receipt", "For"),
        accessor="reason_number",
        linkify=_place_of_reason,
    )

    class Meta(VoucherTable.Meta):
        pass


def _totals(rows: QuerySet[Receipt]) -> list[Total]:
    sums = rows.order_by().aggregate(
        asked=Sum("amount", filter=~Q(state=State.VOID)),
        open=Sum("amount", filter=Q(state__in=OPEN)),
    )
    return [
        Total(_("Asked for"), money(sums["asked"] or 0)),
        Total(_("Not confirmed yet"), money(sums["open"] or 0), "wait" if sums["open"] else ""),
    ]


@office_view(*SEEING_RECEIPTS)
def receipts(request: OfficeRequest) -> HttpResponse:
    return list_page(
        request,
        rows=receipts_in_reach(request.actor),
        table=ReceiptTable,
        filters=ReceiptFilter,
        totals=_totals,
        title=_("Charge receipts"),
        lead=_("What has been asked for, and whether the money has arrived."),
        blank=Blank(
            _("No charge receipt yet"),
            _("A charge receipt is issued on the page of a sale."),
            icon="receipt",
            url="/office/sales/",
            deed=_("To the sales"),
        ),
        name="charge-receipts",
    )


class NotArrivedTable(OfficeTable):
    number = NumberColumn(
        verbose_name=gettext_lazy("Receipt number"),
        linkify=("office:payments:receipt", [tables.A("number")]),
    )
    payer = tables.Column(gettext_lazy("Payer"), order_by="payer_name")
    expected = tables.Column(pgettext_lazy("money", "Expected"), orderable=False)
    organisation = tables.Column(
        gettext_lazy("Organisation"), accessor="organisation__name", order_by="organisation__path"
    )
    waiting_since = MomentColumn(verbose_name=pgettext_lazy("money", "Expected since"))
    waits = tables.Column(
        gettext_lazy("Waits"), accessor="waiting_since", orderable=False, exclude_from_export=True
    )
    amount = MoneyColumn(verbose_name=gettext_lazy("Amount"))

    class Meta(OfficeTable.Meta):
        order_by = "waiting_since"

    def render_expected(self, record: Receipt) -> Any:
        return format_html_join(
            "",
            '<span class="nowrap">{}</span> <small class="id">{}</small> ',
            (
                (format_html("{} {}", kind, money(amount, record.currency)), reference)
                for kind, amount, reference in expected_of(record)
            ),
        )

    def value_expected(self, record: Receipt) -> str:
        return told(
            f"{kind} {strip_tags(money(amount, record.currency))} {reference}".strip()
            for kind, amount, reference in expected_of(record)
        )

    def render_waits(self, value: datetime) -> str:
        return age(value)


def expected_of(receipt: Receipt) -> list[tuple[Any, Decimal, str]]:
    """What a receipt waits for: the kind in words, the amount, the reference."""
    return [
        (TenderKind(row["kind"]).label, Decimal(row["amount"]), row["reference"])
        for row in receipt.expected
    ]


@office_view(*SEEING_RECEIPTS)
def not_arrived(request: OfficeRequest) -> HttpResponse:
    """Receipts whose payer says that the money was sent: what is expected, and since when."""
    return list_page(
        request,
        rows=receipts_in_reach(request.actor).filter(state=State.WAITING).order_by("waiting_since"),
        table=NotArrivedTable,
        totals=lambda rows: [
            Total(
                pgettext_lazy("money", "Expected in all"),
                money(rows.order_by().aggregate(sum=Sum("amount"))["sum"] or 0),
                "wait",
            )
        ],
        title=_("Not arrived"),
        lead=_("Transfers and cheques that were sent and are not here yet. The oldest first."),
        blank=Blank(
            _("Nothing is on its way"),
            _("Receipts come here whose transfer or cheque was sent and has not arrived."),
            icon="clock",
        ),
        name="not-arrived",
    )


@office_view(*SEEING_RECEIPTS)
def receipt(request: OfficeRequest, number: str) -> HttpResponse:
    """A receipt; for the second person, while it waits, the form that confirms it."""
    one = _found(request, number)
    form = _confirm_form(request, one)
    if form is None or request.method != "POST":
        return _receipt_page(request, one, form)
    if "add" in request.POST:
        return _receipt_page(request, one, _grown(request, one, form))
    if form.is_valid():
        with refusals_shown_on(form):
            _confirm(request, one, form)
            return redirect("office:payments:receipt", number)
        one = _found(request, number)  # somebody may have been faster by a moment
    return _receipt_page(request, one, form)


def _grown(request: OfficeRequest, one: Receipt, form: ConfirmForm) -> ConfirmForm:
    """The form as it was sent, with the row that the button asked for."""
    data, amount = request.POST.copy(), ""
    if data["add"] == "cash":
        amount = f"{max(form.missing, 0):.2f}"
    elif data["add"] == "rest" and (over := form.over_advance):
        data[over.field] = f"{over.account.balance:.2f}"
        amount = f"{over.rest:.2f}"
    return ConfirmForm.with_row(data, receipt=one, amount=amount, actor=request.actor)


def _confirm(request: OfficeRequest, one: Receipt, form: ConfirmForm) -> None:
    """Do what the button that was pressed says: the money is here, or it is still on its way."""
    deed = {"actor": request.actor, "request_id": form.cleaned_data["request_id"]}
    if "wait" in request.POST:
        note_not_arrived(receipt=one, expected=form.tenders, **deed)
        said = _("Receipt %(number)s goes on waiting for its money.") % {"number": one.number}
    elif one.kind == Receipt.Kind.DEPOSIT:
        confirm_deposit(receipt=one, tenders=form.tenders, **deed)
        said = _("The deposit is confirmed: it is in the payer's advance account.")
    else:
        invoice = settle_receipt(
            receipt=one, tenders=form.tenders, surplus_to=_surplus_to(request, form), **deed
        )
        said = _("The money is confirmed. Invoice %(number)s has been numbered.") % {
            "number": invoice.number
        }
    messages.success(request, said)


def _surplus_to(request: OfficeRequest, form: ConfirmForm) -> Any:
    """Where the surplus goes, as the button that was pressed says; nowhere by any other."""
    named = request.POST.get("surplus_to", "")
    if named == NEW_ACCOUNT:
        return NEW_ACCOUNT
    return next((one for one in form.payers if one.number == named), None)


def _confirm_form(request: OfficeRequest, one: Receipt) -> ConfirmForm | None:
    """The form for whoever may confirm this receipt now; a repeat of a sent form still counts."""
    if not may(request.actor, May.CONFIRM_RECEIPTS, one.organisation):
        return None
    if request.method == "POST":
        return ConfirmForm(request.POST, receipt=one, actor=request.actor)
    if one.state not in OPEN or one.issued_by_id == request.staff.pk:
        return None
    form = ConfirmForm(receipt=one, actor=request.actor)
    return None if _gave(request, form.gifts) else form


def _gave(request: OfficeRequest, gifts: list[Sale]) -> bool:
    """Whether the reader gave some of these cards away: another person confirms it."""
    return any(gift.registered_by_id == request.staff.pk for gift in gifts)


def _receipt_page(request: OfficeRequest, one: Receipt, form: ConfirmForm | None) -> HttpResponse:
    waiting = one.state in OPEN
    if form and form.errors and not waiting:
        # Somebody was faster: what the command said stands above what has become of the receipt.
        for problem in form.problems:
            messages.warning(request, problem.text)
        form = None
    sales = [] if one.kind == Receipt.Kind.DEPOSIT else sales_of_receipt(one)
    gifts = [asked.sale for asked in sales if asked.sale.is_gift]
    return show(
        request,
        "office/payments/receipt.html",
        {
            "receipt": one,
            "is_deposit": one.kind == Receipt.Kind.DEPOSIT,
            "cards": cards_in_words(one),
            "lines": [charge_line(line) for line in one.lines],
            "sales": sales,
            "card_count": cards_in(one),
            "notices": one.state == State.CONFIRMED and len(sales) > 1,
            "waiting": waiting,
            "expected": expected_of(one),
            "own": one.issued_by_id == request.staff.pk,
            "gifts": gifts,
            "gave": _gave(request, gifts),
            "form": form,
            "keeps": _keeps(form),
            "tenders": one.tenders.select_related("account", "drawer_day__drawer").order_by("id"),
            "came": one.amount + one.surplus,
            "invoice": getattr(one, "invoice", None),
            "entries": entries_for("receipt", one.number),
            "corrections": corrections_of(one),
            "may_correct": may(request.actor, May.CONFIRM_RECEIPTS, one.organisation)
            and bool(tenders_to_correct(one)),
            "may_void": waiting and may(request.actor, May.ISSUE_RECEIPTS, one.organisation),
            **_queue(request, one),
        },
    )


def _queue(request: OfficeRequest, one: Receipt) -> dict[str, Any]:
    """What comes after this receipt for somebody with a queue: the next one, and how many wait."""
    if May.CONFIRM_RECEIPTS not in request.mays:
        return {}
    queue = receipts_to_confirm(request.actor).exclude(pk=one.pk)
    after = queue.filter(pk__gt=one.pk).first() or queue.first()
    return {"next_receipt": after, "queue": queue.count() if after else 0}


def _keeps(form: ConfirmForm | None) -> str:
    """What the button that keeps a surplus in advance sends; empty where nobody is named."""
    if form is None or form.receipt.kind == Receipt.Kind.DEPOSIT:
        return ""
    if form.receipt.payer_name == AN_INDIVIDUAL.zh:
        return ""
    return form.payers[0].number if form.payers else NEW_ACCOUNT


@office_view(May.CONFIRM_RECEIPTS)
@require_POST
def tenders_sum(request: OfficeRequest, number: str) -> HttpResponse:
    """The sum beside the form while it is typed."""
    one = _found(request, number)
    form = ConfirmForm(request.POST, receipt=one, actor=request.actor)
    context = {"form": form, "receipt": one, "keeps": _keeps(form)}
    return render(request, "office/payments/_sum.html", context)


@office_view(May.ISSUE_RECEIPTS)
def void(request: OfficeRequest, number: str) -> HttpResponse:
    """Take a receipt back, with the reason, while nobody has confirmed it."""
    one = _found(request, number)
    if request.method != "POST" and one.state not in OPEN:
        return show(request, "office/payments/void.html", {"receipt": one, **_way_back(one)})
    form = ReasonForm(request.POST or None, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            end = void_deposit if one.kind == Receipt.Kind.DEPOSIT else void_charge_receipt
            end(receipt=one, **form.cleaned_data, actor=request.actor)
            messages.success(request, _("Receipt %(number)s is void.") % {"number": number})
            return redirect(_place_of_reason(one))
    return show(request, "office/payments/void.html", {"receipt": one, "void_form": form})


def _way_back(one: Receipt) -> dict[str, Any]:
    """Where the money of a confirmed receipt goes back: nothing of it is void any more."""
    if one.kind == Receipt.Kind.DEPOSIT:
        return {"account": one.account}
    sales = sales_of_receipt(one)
    return {"sale": sales[0].sale} if len(sales) == 1 else {}


def _found(request: OfficeRequest, number: str) -> Receipt:
    return found(
        receipts_in_reach(request.actor)
        .select_related("account", "payer_account")
        .filter(number=number)
        .first()
    )
