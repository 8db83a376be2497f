"""What was entered wrongly about money: one asks to have it put right, another agrees."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.html import strip_tags
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from selfcard.approvals.models import Approval
from selfcard.organisations.models import May
from selfcard.organisations.queries import may
from selfcard.payments import commands
from selfcard.payments.errors import DrawerDayNotClosed, NotCorrectable
from selfcard.payments.models import Banking, DrawerDay, Receipt, Tender, TenderKind
from selfcard.payments.models.corrections import ASKED_BY, CORRECT
from selfcard.payments.models.tenders import AT_THE_DRAWER, NO_NEW_MONEY
from selfcard.payments.queries import (
    bankings_in_reach,
    corrections_in_reach,
    last_count,
    receipts_in_reach,
    tenders_to_correct,
)
from selfcard.web.office.approvals.asked import asked_about
from selfcard.web.office.deeds import ReasonForm
from selfcard.web.office.drawers.days import find_day
from selfcard.web.office.fields import MoneyField
from selfcard.web.office.forms import DeedForm, OfficeForm, printable_text, refusals_shown_on
from selfcard.web.office.ledger.reasons import page_of_paper
from selfcard.web.office.views import OfficeRequest, found, office_view, show
from selfcard.web.templatetags.selfcard import money

NOTHING = Decimal("0.00")
SEEING_CORRECTIONS = (
    May.SEE_PAYMENTS,
    May.KEEP_DRAWER,
    May.CLOSE_DRAWERS,
    May.CONFIRM_RECEIPTS,
    May.AUDIT,
)


class WhyForm(OfficeForm):
    """Why something that was entered is wrong."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        widget=forms.Textarea,
        validators=[printable_text],
    )


class BankingForm(WhyForm):
    """What really came to the bank, or was fetched there."""

    amount = MoneyField(
        label=gettext_lazy("Right amount"),
        min_value=NOTHING,
        help_text=gettext_lazy("Nothing, if it never happened."),
    )
    reference = forms.CharField(
        label=gettext_lazy("Number of the slip or the payout"),
        max_length=40,
        validators=[printable_text],
    )
    field_order = ("amount", "reference", "reason")
    widths: ClassVar = {"amount": 6, "reference": 6}


class TenderForm(WhyForm):
    """Which part of a receipt's money came in which other way."""

    tender = forms.ChoiceField(label=gettext_lazy("What was entered"))
    kind = forms.ChoiceField(
        label=gettext_lazy("How it really came"),
        choices=[(kind.value, kind.label) for kind in TenderKind if kind not in NO_NEW_MONEY],
    )
    reference = forms.CharField(
        label=gettext_lazy("Reference"),
        max_length=40,
        required=False,
        validators=[printable_text],
        help_text=gettext_lazy("Of the terminal, the bank or the wallet; cash has none."),
    )
    field_order = ("tender", "kind", "reference", "reason")
    widths: ClassVar = {"kind": 6, "reference": 6}

    def __init__(self, *args: Any, parts: list[Tender], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["tender"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(str(one.pk), _part(one)) for one in parts]

    def clean_tender(self) -> Tender:
        return Tender.objects.select_related("receipt__organisation").get(
            pk=self.cleaned_data["tender"]
        )


class CountForm(WhyForm):
    """What really lay in a drawer whose day is closed, kind by kind."""

    cash = MoneyField(label=TenderKind.CASH.label, min_value=NOTHING)
    card = MoneyField(label=TenderKind.CARD.label, min_value=None)
    cheque = MoneyField(label=TenderKind.CHEQUE.label, min_value=NOTHING)
    wallet = MoneyField(label=TenderKind.WALLET.label, min_value=None)
    field_order = ("cash", "card", "cheque", "wallet", "reason")
    widths: ClassVar = {"cash": 6, "card": 6, "cheque": 6, "wallet": 6}

    def __init__(self, *args: Any, day: DrawerDay, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {one.kind: one.counted for one in last_count(day)})
        super().__init__(*args, **kwargs)

    @property
    def counted(self) -> dict[TenderKind, Decimal]:
        return {kind: self.cleaned_data[kind.value] for kind in AT_THE_DRAWER}


@office_view(May.KEEP_DRAWER)
def banking(request: OfficeRequest, number: str) -> HttpResponse:
    """Ask that a banking is put right."""
    one = found(bankings_in_reach(request.actor).filter(number=number).first())
    initial = {"amount": abs(one.amount), "reference": one.reference}
    form = BankingForm(request.POST or None, actor=request.actor, initial=initial)
    if form.is_valid():
        with refusals_shown_on(form):
            return _asked(
                request,
                commands.ask_banking_correction(
                    banking=one, **form.cleaned_data, actor=request.actor
                ),
            )
    said = f"{one.get_kind_display()} · {_amount(one.amount, one.currency)} · {one.reference}"
    return _ask_page(request, form, one.number, said)


@office_view(May.CONFIRM_RECEIPTS)
def tender(request: OfficeRequest, number: str) -> HttpResponse:
    """Ask that a part of a confirmed receipt's money is put right."""
    one = found(
        receipts_in_reach(request.actor)
        .filter(number=number, state=Receipt.State.CONFIRMED)
        .first()
    )
    if not (parts := tenders_to_correct(one)):
        messages.warning(request, str(NotCorrectable(number=number)))
        return redirect("office:payments:receipt", number)
    form = TenderForm(request.POST or None, actor=request.actor, parts=parts)
    if form.is_valid():
        with refusals_shown_on(form):
            return _asked(
                request,
                commands.ask_tender_correction(**form.cleaned_data, actor=request.actor),
            )
    return _ask_page(request, form, one.number, one.payer)


@office_view(May.KEEP_DRAWER)
def count(request: OfficeRequest, code: str, day: str) -> HttpResponse:
    """Ask that the count of a closed day is put right."""
    one = find_day(request, code, day)
    if one.state != DrawerDay.State.CLOSED:
        messages.warning(request, str(DrawerDayNotClosed(drawer=one.drawer.name, day=one.day)))
        return redirect("office:drawers:day", code, day)
    form = CountForm(request.POST or None, actor=request.actor, day=one)
    if form.is_valid():
        with refusals_shown_on(form):
            return _asked(
                request,
                commands.ask_count_correction(
                    day=one,
                    counted=form.counted,
                    reason=form.cleaned_data["reason"],
                    actor=request.actor,
                    request_id=form.cleaned_data["request_id"],
                ),
            )
    return _ask_page(request, form, f"{code} {day}", one.drawer.name)


def _asked(request: OfficeRequest, approval: Approval) -> HttpResponse:
    messages.success(request, _("A second person is asked to agree."))
    return redirect("office:drawers:correction", approval.subject_number)


def _ask_page(request: OfficeRequest, form: OfficeForm, number: str, said: str) -> HttpResponse:
    context = {"form": form, "number": number, "said": said}
    return show(request, "office/drawers/correct.html", context)


@office_view(*SEEING_CORRECTIONS)
def correction(request: OfficeRequest, number: str) -> HttpResponse:
    """What is to be put right, why, and what became of it."""
    return _page(request, _found(request, number), DeedForm(actor=request.actor))


def _page(request: OfficeRequest, one: Approval, form: OfficeForm) -> HttpResponse:
    waits = one.state == Approval.State.ASKED
    return show(
        request,
        "office/drawers/correction.html",
        {
            "one": one,
            "fate": Approval.State(one.fate).label,  # type: ignore[attr-defined]
            "wrong": _wrong(one),
            "right": _right(one),
            "paper": page_of_paper(one.subject_kind, one.subject_number),
            "asked": asked_about(request, CORRECT, one.subject_kind, one.subject_number),
            "waits": waits,
            "may_withdraw": waits
            and may(request.actor, ASKED_BY[one.subject_kind], one.organisation),
            "form": form,
        },
    )


@office_view(May.CLOSE_DRAWERS)
@require_POST
def grant(request: OfficeRequest, number: str) -> HttpResponse:
    """Agree: now it is put right."""
    return _do(request, number, commands.grant_correction, _("It is put right, and booked."))


@office_view(*sorted(set(ASKED_BY.values())))
@require_POST
def withdraw(request: OfficeRequest, number: str) -> HttpResponse:
    """Take the request back."""
    return _do(request, number, commands.withdraw_correction, _("The request is withdrawn."))


def _do(
    request: OfficeRequest, number: str, command: Callable[..., Any], said: str
) -> HttpResponse:
    form = DeedForm(request.POST, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            one = _found(request, number)
            command(approval=one, **form.cleaned_data, actor=request.actor)
            messages.success(request, said)
            return redirect("office:drawers:correction", number)
    return _page(request, _found(request, number), form)


@office_view(May.CLOSE_DRAWERS)
def refuse(request: OfficeRequest, number: str) -> HttpResponse:
    """Refuse, with the reason."""
    one = _found(request, number)
    form = ReasonForm(request.POST or None, actor=request.actor)
    if form.is_valid():
        with refusals_shown_on(form):
            commands.refuse_correction(approval=one, **form.cleaned_data, actor=request.actor)
            messages.success(request, _("You have refused it: everything stays as it was entered."))
            return redirect("office:drawers:correction", number)
    return show(request, "office/drawers/refuse_correction.html", {"form": form, "one": one})


def _found(request: OfficeRequest, number: str) -> Approval:
    """The latest request about a paper, as far as its organisation is in reach."""
    return found(corrections_in_reach(request.actor).filter(subject_number=number).first())


def _wrong(one: Approval) -> list[str]:
    """What was entered, in words."""
    if one.subject_kind == "banking":
        entered = Banking.objects.get(number=one.subject_number)
        return [_amount(entered.amount, entered.currency), entered.reference]
    if one.subject_kind == "receipt":
        return [_part(Tender.objects.select_related("receipt").get(pk=one.asked["tender"]))]
    code, _space, day = one.subject_number.rpartition(" ")
    found_day = DrawerDay.objects.get(drawer__code=code, day=day)
    before = found_day.counts.exclude(correction=one.pk).order_by("counting")
    counted = {count.kind: count.counted for count in before}
    return _counts(counted, found_day.currency)


def _right(one: Approval) -> list[str]:
    """What is right, in words."""
    asked = one.asked
    if one.subject_kind == "banking":
        entered = Banking.objects.get(number=one.subject_number)
        sign = -1 if entered.is_fetched else 1
        return [_amount(sign * Decimal(asked["amount"]), entered.currency), asked["reference"]]
    if one.subject_kind == "receipt":
        label = str(TenderKind(asked["kind"]).label)
        return [f"{label} {asked['reference']}".strip()]
    counted = {kind: Decimal(said) for kind, said in asked["counted"].items()}
    return _counts(counted, "CNY")


def _counts(counted: dict[str, Decimal], currency: str) -> list[str]:
    return [
        f"{kind.label} {_amount(counted.get(kind.value, NOTHING), currency)}"
        for kind in AT_THE_DRAWER
    ]


def _part(part: Tender) -> str:
    amount = _amount(part.amount, part.receipt.currency)
    return f"{part.get_kind_display()} {amount} {part.reference}".strip()


def _amount(amount: Decimal, currency: str) -> str:
    return strip_tags(money(amount, currency))
