"""What the portal's forms share: what was typed stays, and every mistake leads to its control."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from selfcard.activation.tolls import Toll
from selfcard.core.refusals import Refusal
from selfcard.products.models import ProductVersion
from selfcard.web.forms import HouseForm, RequestIdMixin
from selfcard.web.portal.fields import (
    DayParts,
    PhoneField,
    PortalRenderer,
    code_input,
)
from selfcard.web.portal.picks import Pick, PickField
from selfcard.web.problems import Problem

LONGEST_ANSWER = 300


class PortalForm(HouseForm):
    """A page's questions. `kept` is what was typed earlier; it is shown again, not judged.
    `more` are questions that only the chosen product asks.
    """

    default_renderer = PortalRenderer
    # The card's other products that would take what this form's product refuses.
    ways_out: Sequence[ProductVersion] | None = None
    refused_name = ""  # whom it refuses
    use_required_attribute = False
    longest_answer = LONGEST_ANSWER

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        kept: Mapping[str, str] | None = None,
        more: Mapping[str, forms.Field] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data, label_suffix="", **kwargs)
        self.fields.update(more or {})
        for name in self.fields:
            controls = self._controls_of(name)
            if kept and len(controls) == 1 and controls[0] in kept:
                self.initial[name] = kept[controls[0]]
            elif kept and len(controls) > 1:
                self.initial[name] = [kept.get(control, "") for control in controls]

    def typed(self) -> dict[str, str]:
        """What was typed into each control, to be kept and shown again."""
        return {
            control: str(self.data[control])[: self.longest_answer]
            for name in self.fields
            for control in self._controls_of(name)
            if control in self.data
        }

    def add_refusal(self, refusal: Refusal) -> None:
        """Show a refusal at the field that it is about, or above all fields."""
        refusal.field = (refusal.field or "").rpartition(".")[2]
        super().add_refusal(refusal)

    @property
    def problems(self) -> Iterator[Problem]:
        """The error summary: each sentence with the control that it leads to."""
        for name, sentences in self.errors.items():
            for sentence in sentences:
                yield Problem(str(sentence), self.control_id(name) if name in self.fields else "")

    @property
    def problem_list(self) -> list[Problem]:
        """The problems of a form that was sent; a page that was only opened has none."""
        return list(self.problems) if self.is_bound else []

    def control_id(self, name: str) -> str:
        """The first control of a field, which the summary's link puts the cursor into."""
        field = self[name]
        if isinstance(field.field.widget, DayParts):
            parts = list(field.field.widget.labels)
            return f"{field.auto_id}_{parts.index(field.field.widget.order[0])}"
        if isinstance(field.field.widget, forms.RadioSelect):
            return f"{field.auto_id}_0"
        if isinstance(field.field.widget, Pick):
            return f"{field.auto_id}_1"
        return str(field.auto_id)

    @property
    def picks(self) -> list[str]:
        """The fields whose answer is looked for in a list."""
        return [name for name, field in self.fields.items() if isinstance(field, PickField)]

    @property
    def looked_in(self) -> str | None:
        """The field in whose list somebody looks further, instead of going on."""
        for name in self.picks:
            field = self.fields[name]
            assert isinstance(field, PickField)
            if self.data.get("look") == name or field.is_group(self.data.get(name, "")):
                return name
        return None

    def _controls_of(self, name: str) -> list[str]:
        full = self.add_prefix(name)
        widget = self.fields[name].widget
        if isinstance(widget, forms.MultiWidget):
            return [f"{full}{part}" for part in widget.widgets_names]  # type: ignore[attr-defined]
        return [full]


class TollMixin(HouseForm):
    """A form whose sending may have its price: its page carries a ticket that comes back."""

    waits = False
    toll = Toll()

    ticket = forms.CharField(required=False, widget=forms.HiddenInput(attrs={"id": False}))

    def ask_for(self, toll: Toll) -> None:
        """Say what the next try costs; a ticket that was sent is over."""
        self.toll = toll
        self.put("ticket", toll.ticket)


class GateForm(RequestIdMixin, TollMixin, PortalForm):
    """Two things that have to belong together. A refusal marks both and blames neither."""

    refused = ""

    def refuse_pair(self, sentence: Any) -> None:
        """Say that the two do not go together; both stay filled in for comparing."""
        self.refused = str(sentence)
        self.add_error(None, self.refused)
        for name in self._pair:
            self.fields[name].widget.attrs |= {
                "aria-invalid": "true",
                "aria-describedby": f"{self.pair_error_id} {self[name].auto_id}_helptext",
            }

    @property
    def pair_error_id(self) -> str:
        return f"{self[self._pair[0]].auto_id}_pair"

    @property
    def problems(self) -> Iterator[Problem]:
        if self.refused:
            yield Problem(self.refused, self.control_id(self._pair[0]))
        else:
            yield from super().problems

    @property
    def _pair(self) -> list[str]:
        return [field.name for field in self.visible_fields()]


class CardAndPinForm(GateForm):
    """Card number and PIN, as printed. They stay filled in for comparing."""

    card_number = forms.CharField(
        label=_("Card number"),
        help_text=_("16 digits. With or without spaces."),
        widget=code_input("card", inputmode="numeric"),
        error_messages={"required": _("Enter the card number.")},
    )
    pin = forms.CharField(
        label=_("PIN"),
        help_text=_("The 12 digits under the silver panel."),
        widget=code_input("pin", inputmode="numeric"),
        error_messages={"required": _("Enter the PIN from under the silver panel.")},
    )


class PinForm(GateForm):
    """The PIN alone, where the card is known."""

    pin = CardAndPinForm.base_fields["pin"]


class PolicyAndIdentityForm(GateForm):
    """Policy number and the identity number of somebody on the policy."""

    refusal_fields = {"number": "policy_number"}

    policy_number = forms.CharField(
        label=_("Policy number"),
        help_text=_("It begins with P and stands on the policy."),
        widget=code_input("card"),
        error_messages={"required": _("Enter the policy number.")},
    )
    identity_number = forms.CharField(
        label=_("Identity number"),
        help_text=_("Of the insured person or the applicant, as on the policy."),
        widget=code_input("id"),
        error_messages={"required": _("Enter the identity number.")},
    )


class PolicyNumberForm(GateForm):
    """The policy to whose phone a code is sent."""

    refusal_fields = {"number": "policy_number"}

    policy_number = PolicyAndIdentityForm.base_fields["policy_number"]


class AskCodeForm(GateForm):
    """The button by which a code is sent to the phone of a policy that is known already."""


class CodeForm(GateForm):
    """The digits that came to the phone; it may fill them in itself."""

    code = forms.CharField(
        label=pgettext_lazy("sent to a phone", "Code"),
        help_text=_("6 digits from the message on the phone."),
        widget=code_input("pin", inputmode="numeric", autocomplete="one-time-code"),
        error_messages={"required": _("Enter the code from the message.")},
    )


class TelephoneForm(PortalForm):
    """Whose telephone is looked at in a demonstration, and what is sent to us from it."""

    number = PhoneField(
        label=_("Mobile phone"), error_messages={"required": _("Enter a mobile phone number.")}
    )
    words = forms.CharField(
        label=_("Message to us"),
        help_text=_("“HELP” says what can be sent."),
        required=False,
        max_length=1000,
        widget=forms.Textarea({"class": "input", "rows": 3, "autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if "send" in self.data and not given.get("words"):
            self.add_error("words", _("Write the message that is to be sent."))
        return given


class IdentityNumberForm(GateForm):
    """What opens the details of a policy that card and PIN have shown masked."""

    identity_number = PolicyAndIdentityForm.base_fields["identity_number"]


class CheckForm(GateForm):
    """Policy number, and the end of the identity number of somebody insured."""

    refusal_fields = {"number": "policy_number"}

    policy_number = PolicyAndIdentityForm.base_fields["policy_number"]
    last_signs = forms.CharField(
        label=_("Last four digits or letters of the identity number"),
        help_text=_("Of an insured person, as on the policy."),
        widget=code_input("4"),
        error_messages={
            "required": _("Enter the last four digits or letters of the identity number.")
        },
    )


class ActivateForm(RequestIdMixin, PortalForm):
    """The button that makes the policy, with what stood beside it: the first day of cover, and a
    digest of every answer.
    """

    starts_on = forms.DateField(widget=forms.HiddenInput(attrs={"id": False}))
    seen = forms.CharField(widget=forms.HiddenInput(attrs={"id": False}))
