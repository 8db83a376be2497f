"""The form of a product version: all that it says, in both languages."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.forms.utils import ErrorDict
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from selfcard.core.papers.facts import Text
from selfcard.core.refusals import Refusal
from selfcard.products.ages import ADULT_AT, Age, AgeRange, EndOfCover, Length, LengthUnit
from selfcard.products.cancelling import Repayment
from selfcard.products.details import USUAL_DETAILS, Detail, DetailKind
from selfcard.products.given import CURRENCY, CoverageGiven, VersionGiven
from selfcard.products.occupations import CLASSES, classification
from selfcard.products.people import Relationship, Sex
from selfcard.products.regions import divisions
from selfcard.products.rules import MinorsCap, Rules
from selfcard.web.office.fields import CountField, MoneyField
from selfcard.web.office.forms import OfficeForm, OfficeLook, printable_text
from selfcard.web.office.products.fields import EntriesField, PercentField
from selfcard.web.office.products.own_fields import DetailRow, detail_of, shown
from selfcard.web.office.products.rows import Rows, rearranged

EXEMPT, TAXED = "exempt", "taxed"
AGE_UNITS = [("years", pgettext_lazy("age", "years")), ("days", pgettext_lazy("age", "days"))]
ONE_LINE, A_PASSAGE = 80, 20_000
CLAIM_HOURS = 48  # what is usual, and where a first version begins


def _line(label: Any, **kwargs: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=ONE_LINE, validators=[printable_text], **kwargs)


def _passage(label: Any, rows: int, **kwargs: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=A_PASSAGE,
        validators=[printable_text],
        widget=forms.Textarea(attrs={"rows": rows}),
        **kwargs,
    )


def _choices(choices: Any) -> list[tuple[Any, Any]]:
    return [(one.value, capfirst(one.label)) for one in choices]


class CoverageRow(OfficeLook):
    """One cover. A row without a name does not count."""

    name_zh = _line(_("Chinese name"), required=False)
    name_en = _line(_("English name"), required=False)
    sum_insured = MoneyField(label=_("Sum insured"), required=False)
    deductible = MoneyField(
        label=_("Deductible"), required=False, min_value=0, help_text=_("Empty: none.")
    )
    paid_share = PercentField(
        label=_("Paid share, %"), required=False, help_text=_("Empty: all of it.")
    )
    terms_zh = _passage(_("Further conditions, in Chinese"), 2, required=False)
    terms_en = _passage(_("Further conditions, in English"), 2, required=False)
    counts_for_minors = forms.BooleanField(
        label=_("Paid on death, and counts towards the caps on minors"), required=False
    )


class ExclusionRow(OfficeLook):
    """Something that is not covered. An empty row does not count."""

    zh = _passage(_("In Chinese"), 2, required=False)
    en = _passage(_("In English"), 2, required=False)


class ClaimPaperRow(OfficeLook):
    """A paper that a claim needs, as it is named within a sentence. An empty row does not count."""

    zh = _line(_("In Chinese"), required=False)
    en = _line(_("In English"), required=False)


class CapRow(OfficeLook):
    """The most that is paid on the death of a child. An empty row does not count."""

    below = CountField(label=_("Under so many years"), required=False, min_value=1)
    amount = MoneyField(label=_("At most"), required=False)


COVERAGES = Rows("coverages", CoverageRow)
EXCLUSIONS = Rows("exclusions", ExclusionRow)
CLAIM_PAPERS = Rows("claim_papers", ClaimPaperRow)
CAPS = Rows("minors_caps", CapRow)
FIELDS = Rows("own_fields", DetailRow)
GROUPS = (COVERAGES, EXCLUSIONS, CLAIM_PAPERS, CAPS, FIELDS)
# What has to be said in a row that says anything at all.
WHOLE = {
    COVERAGES.name: ("name_zh", "name_en", "sum_insured"),
    EXCLUSIONS.name: ("zh", "en"),
    CLAIM_PAPERS.name: ("zh", "en"),
    CAPS.name: ("below", "amount"),
    FIELDS.name: ("name_zh", "name_en", "code"),
}


class DraftForm(OfficeForm):
    """All that a version says. Rows of covers, exclusions and caps come and go by buttons."""

    name_zh = _line(_("Chinese name"))
    name_en = _line(_("English name"))
    summary_zh = _passage(_("In one sentence, in Chinese"), 2)
    summary_en = _passage(_("In one sentence, in English"), 2)
    tax = forms.ChoiceField(
        label=_("Tax"),
        choices=[(TAXED, _("taxed")), (EXEMPT, _("exempt"))],
        widget=forms.RadioSelect,
    )
    tax_percent = PercentField(label=_("Tax rate, %"), required=False)
    youngest = CountField(label=_("Youngest insured"), min_value=0)
    youngest_unit = forms.ChoiceField(label=_("counted in"), choices=AGE_UNITS)
    oldest = CountField(label=_("Oldest insured"), min_value=0)
    oldest_unit = forms.ChoiceField(label=_("counted in"), choices=AGE_UNITS)
    applicant_youngest = CountField(label=_("Youngest applicant, years"), min_value=ADULT_AT)
    applicant_oldest = CountField(label=_("Oldest applicant, years"), min_value=0, max_value=120)
    sexes = forms.MultipleChoiceField(
        label=pgettext_lazy("rule", "Sex"),
        choices=_choices(Sex),
        widget=forms.CheckboxSelectMultiple,
    )
    occupation_classes = forms.TypedMultipleChoiceField(
        label=_("Occupation classes"),
        choices=[(one, str(one)) for one in CLASSES],
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
    )
    excluded_occupations = EntriesField(
        label=_("Occupations that are left out"),
        tree=classification,
        required=False,
        help_text=_("One a line, by code or name; a trade stands for all its occupations."),
    )
    relationships = forms.MultipleChoiceField(
        label=_("What the insured is to the applicant"),
        choices=_choices(Relationship),
        widget=forms.CheckboxSelectMultiple,
    )
    insured_lowest = CountField(label=_("Fewest insured"), min_value=1)
    insured_highest = CountField(label=_("Most insured"), min_value=1)
    policies_per_insured = CountField(
        label=_("Policies per person"),
        min_value=1,
        help_text=_("Of this product, for the same days."),
    )
    regions = EntriesField(
        label=_("Offered only in"),
        tree=divisions,
        required=False,
        help_text=_(
            "One a line, by code or name; a province stands for all of it. Empty: everywhere."
        ),
    )
    details = forms.MultipleChoiceField(
        label=_("What else is asked for"),
        choices=lambda: [(code, one.label) for code, one in USUAL_DETAILS.items()],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    starts_earliest = CountField(label=_("Earliest start, days after activation"), min_value=1)
    starts_latest = CountField(label=_("Latest start, days after activation"), min_value=1)
    length = CountField(label=_("Length of cover"), min_value=1)
    length_unit = forms.ChoiceField(label=_("counted in"), choices=LengthUnit.choices)
    ends = forms.ChoiceField(
        label=_("It ends at"), choices=_choices(EndOfCover), widget=forms.RadioSelect
    )
    cooling_off_days = CountField(
        label=_("Cooling-off, days"),
        min_value=0,
        help_text=_("After the day of issue. All is given back, whether cover has begun or not."),
    )
    repayment = forms.ChoiceField(
        label=_("Afterwards is given back"),
        choices=[
            (one.value, capfirst(one.label)) for one in (Repayment.PRO_RATA, Repayment.NOTHING)
        ],
        widget=forms.RadioSelect,
    )
    expense_percent = PercentField(
        label=_("Kept for expenses, %"),
        required=False,
        help_text=_("Of the unearned part. Empty: nothing."),
    )
    claim_hours = CountField(
        label=_("A claim is reported within, hours"),
        min_value=1,
        max_value=9999,
        help_text=_("After the accident. It is printed on policy, card and manual."),
    )
    clauses_zh = _passage(_("Clauses, in Chinese"), 16)
    clauses_en = _passage(_("Clauses, in English"), 16)
    as_drafted_at = forms.DateTimeField(
        required=False, widget=forms.HiddenInput(attrs={"id": False})
    )

    # Whether it was sent only to have a row more or less: then nothing is judged yet.
    is_rearranged = False

    refusal_fields: ClassVar = {
        "name": "name_zh",
        "summary": "summary_zh",
        "clauses": "clauses_zh",
        "exclusions": "exclusions-0-zh",
        "coverages": "coverages-0-name_zh",
        "claim_papers": "claim_papers-0-zh",
        "insured_age": "youngest",
        "applicant_age": "applicant_youngest",
        "minors_caps": "minors_caps-0-below",
        "expense_rate": "expense_percent",
        "tax_rate": "tax_percent",
    }
    widths: ClassVar = {
        **dict.fromkeys(
            ("name_zh", "name_en", "summary_zh", "summary_en", "sexes", "occupation_classes",
             "applicant_youngest", "applicant_oldest", "starts_earliest", "starts_latest",
             "cooling_off_days", "expense_percent", "regions", "excluded_occupations",
             "claim_hours", "clauses_zh", "clauses_en"), 6),
        **dict.fromkeys(
            ("youngest", "youngest_unit", "oldest", "oldest_unit", "length", "length_unit"), 3),
        **dict.fromkeys(("insured_lowest", "insured_highest", "policies_per_insured"), 4),
    }  # fmt: skip

    def __init__(self, data: Any = None, *, initial: dict[str, Any], **kwargs: Any) -> None:
        initial = dict(initial)
        rows: dict[str, Any] = {
            group.name: initial.pop(group.name, ()) or ({},) for group in GROUPS
        }
        super().__init__(data, initial=initial, **kwargs)
        self.counts = {
            group.name: group.count(data) if data is not None else len(rows[group.name])
            for group in GROUPS
        }
        for group in GROUPS:
            for at in range(self.counts[group.name]):
                for name, field in group.kind().fields.items():
                    self.fields[group.field(at, name)] = field
            for at, row in enumerate(rows[group.name]):
                self.initial.update({group.field(at, name): row[name] for name in row})

    @classmethod
    def first(cls, name: Text) -> dict[str, Any]:
        """What the form of a product's very first version begins with."""
        rules = Rules(insured_age=AgeRange(Age(years=ADULT_AT), Age(years=65)))
        return {
            "name_zh": name.zh,
            "name_en": name.en,
            "tax": TAXED,
            "tax_percent": Decimal("0.06"),
            "claim_hours": CLAIM_HOURS,
            **_rules_shown(rules),
        }

    @classmethod
    def given_by(cls, given: VersionGiven) -> dict[str, Any]:
        """What the form begins with that changes, or follows, a version."""
        return {
            "name_zh": given.name.zh,
            "name_en": given.name.en,
            "summary_zh": given.summary.zh,
            "summary_en": given.summary.en,
            "tax": EXEMPT if given.tax_rate is None else TAXED,
            "tax_percent": given.tax_rate,
            "clauses_zh": given.clauses.zh,
            "clauses_en": given.clauses.en,
            "coverages": [_coverage_shown(one) for one in given.coverages],
            "exclusions": [_text_shown(one) for one in given.exclusions],
            "claim_hours": given.claim_hours,
            "claim_papers": [_text_shown(one) for one in given.claim_papers],
            **_rules_shown(given.rules),
        }

    @classmethod
    def with_rows_moved(cls, data: Any, deed: str, **kwargs: Any) -> "DraftForm":
        """The form as it was sent, with a row added, removed or moved; nothing is judged yet."""
        moved, at = rearranged(data, GROUPS, deed)
        form = cls(moved, **kwargs)
        form.is_rearranged = True
        form.full_clean()
        form._errors = ErrorDict()
        first = next((name for name in form.fields if at and name.startswith(f"{at}-")), None)
        if first:
            form.fields[first].widget.attrs["autofocus"] = True
        return form

    def is_valid(self) -> bool:
        return super().is_valid() and not self.is_rearranged

    def rows_of(self, group: Rows) -> list[dict[str, forms.BoundField]]:
        return [
            {name: self[group.field(at, name)] for name in group.kind.base_fields}
            for at in range(self.counts[group.name])
        ]

    @property
    def coverages(self) -> list[dict[str, forms.BoundField]]:
        return self.rows_of(COVERAGES)

    @property
    def exclusions(self) -> list[dict[str, forms.BoundField]]:
        return self.rows_of(EXCLUSIONS)

    @property
    def claim_papers(self) -> list[dict[str, forms.BoundField]]:
        return self.rows_of(CLAIM_PAPERS)

    @property
    def own_fields(self) -> list[dict[str, forms.BoundField]]:
        return self.rows_of(FIELDS)

    @property
    def caps(self) -> list[dict[str, forms.BoundField]]:
        return self.rows_of(CAPS)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("tax") == TAXED:
            self._require("tax_percent")
        for group in GROUPS:
            for at in self._said(group):
                for name in WHOLE[group.name]:
                    self._require(group.field(at, name))
        for at in self._said(COVERAGES):
            terms = [COVERAGES.field(at, name) for name in ("terms_zh", "terms_en")]
            if any(cleaned.get(name) for name in terms):
                for name in terms:
                    self._require(name)
        for at in self._said(FIELDS):
            self._check_field(at)
        if not self._said(COVERAGES):
            self.add_error("coverages-0-name_zh", _("Name at least one cover."))
        if not self._said(CLAIM_PAPERS):
            missing = _("Name at least one paper that a claim needs.")
            self.add_error("claim_papers-0-zh", missing)
        return cleaned

    def _check_field(self, at: int) -> None:
        """What a figure or a choice needs to be answered at all."""
        said = {
            name: self.cleaned_data.get(FIELDS.field(at, name)) for name in DetailRow.base_fields
        }
        if said["kind"] == DetailKind.CHOICE and not said["choices"]:
            self._require(FIELDS.field(at, "choices"))
        if said["unit_zh"] or said["unit_en"]:
            self._require(FIELDS.field(at, "unit_zh"))
            self._require(FIELDS.field(at, "unit_en"))
        lowest, highest = said["lowest"], said["highest"]
        if lowest is not None and highest is not None and lowest > highest:
            self.add_error(FIELDS.field(at, "lowest"), _("The least is more than the greatest."))

    def _require(self, name: str) -> None:
        if name not in self.errors and self.cleaned_data.get(name) in (None, "", ()):
            self.add_error(name, _("Fill this in."))

    def _said(self, group: Rows) -> list[int]:
        """The rows in which something stands, right or wrong."""
        return [
            at
            for at, row in enumerate(self.rows_of(group))
            if any(str(row[name].value() or "").strip() for name in row if name not in _CHOSEN)
        ]

    def add_refusal(self, refusal: Refusal) -> None:
        found = (refusal.field or "").split("-")
        if found[0] == COVERAGES.name and len(found) > 1:
            name = found[2] if found[2] in CoverageRow.base_fields else f"{found[2]}_zh"
            refusal.field = COVERAGES.field(self._said(COVERAGES)[int(found[1])], name)
        super().add_refusal(refusal)

    @property
    def given(self) -> VersionGiven:
        """What was filled in, as the commands take it."""
        said = self.cleaned_data
        return VersionGiven(
            name=self._text("name"),
            summary=self._text("summary"),
            tax_rate=said["tax_percent"] if said["tax"] == TAXED else None,
            rules=self._rules(),
            coverages=tuple(self._coverage(at) for at in self._said(COVERAGES)),
            exclusions=self._texts(EXCLUSIONS),
            claim_hours=said["claim_hours"],
            claim_papers=self._texts(CLAIM_PAPERS),
            clauses=self._text("clauses"),
            currency=CURRENCY,
        )

    def _text(self, name: str) -> Text:
        return Text(zh=self.cleaned_data[f"{name}_zh"], en=self.cleaned_data[f"{name}_en"])

    def _texts(self, group: Rows) -> tuple[Text, ...]:
        return tuple(Text(**self._row(group, at)) for at in self._said(group))

    def _coverage(self, at: int) -> CoverageGiven:
        said = self._row(COVERAGES, at)
        share = said["paid_share"]
        return CoverageGiven(
            name=Text(zh=said["name_zh"], en=said["name_en"]),
            sum_insured=said["sum_insured"],
            deductible=said["deductible"] or Decimal(0),
            paid_share=Decimal(1) if share is None else share,
            terms=Text(zh=said["terms_zh"], en=said["terms_en"]) if said["terms_zh"] else None,
            counts_for_minors=said["counts_for_minors"],
        )

    def _rules(self) -> Rules:
        said = self.cleaned_data
        caps = (
            MinorsCap(said[CAPS.field(at, "below")], said[CAPS.field(at, "amount")])
            for at in self._said(CAPS)
        )
        return Rules(
            insured_age=AgeRange(self._age("youngest"), self._age("oldest")),
            applicant_age=AgeRange(
                Age(years=said["applicant_youngest"]), Age(years=said["applicant_oldest"])
            ),
            sexes=tuple(map(Sex, said["sexes"])),
            relationships=tuple(map(Relationship, said["relationships"])),
            details=(
                *(USUAL_DETAILS[code] for code in said["details"]),
                *(detail_of(self._row(FIELDS, at)) for at in self._said(FIELDS)),
            ),
            occupation_classes=tuple(said["occupation_classes"]),
            minors_caps=tuple(sorted(caps, key=lambda cap: cap.below)),
            length=Length(said["length"], LengthUnit(said["length_unit"])),
            ends=EndOfCover(said["ends"]),
            repayment=Repayment(said["repayment"]),
            expense_rate=said["expense_percent"] or Decimal(0),
            **{name: said[name] for name in _PLAIN_BOUNDS},
        )

    def _row(self, group: Rows, at: int) -> dict[str, Any]:
        return {name: self.cleaned_data[group.field(at, name)] for name in group.kind.base_fields}

    def _age(self, name: str) -> Age:
        return Age(**{self.cleaned_data[f"{name}_unit"]: self.cleaned_data[name]})


# What a row says also where nobody has touched it.
_CHOSEN = ("kind",)
# Bounds that the form shows just as the rules keep them.
_PLAIN_BOUNDS = (
    "excluded_occupations", "insured_lowest", "insured_highest", "policies_per_insured", "regions",
    "starts_earliest", "starts_latest", "cooling_off_days",
)  # fmt: skip


def _text_shown(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _coverage_shown(given: CoverageGiven) -> dict[str, Any]:
    return {
        "name_zh": given.name.zh,
        "name_en": given.name.en,
        "sum_insured": given.sum_insured,
        "deductible": given.deductible or None,
        "paid_share": given.paid_share if given.paid_share < 1 else None,
        "terms_zh": given.terms.zh if given.terms else "",
        "terms_en": given.terms.en if given.terms else "",
        "counts_for_minors": given.counts_for_minors,
    }


def _rules_shown(rules: Rules) -> dict[str, Any]:
    return {
        **dict(_age_shown("youngest", rules.insured_age.lowest)),
        **dict(_age_shown("oldest", rules.insured_age.highest)),
        "applicant_youngest": rules.applicant_age.lowest.years,
        "applicant_oldest": rules.applicant_age.highest.years,
        "sexes": [one.value for one in rules.sexes],
        "occupation_classes": list(rules.occupation_classes),
        "relationships": [one.value for one in rules.relationships],
        "details": [one.code for one in rules.details if _is_usual(one)],
        "own_fields": [shown(one) for one in rules.details if not _is_usual(one)],
        "minors_caps": [{"below": cap.below, "amount": cap.amount} for cap in rules.minors_caps],
        "length": rules.length.count,
        "length_unit": rules.length.unit.value,
        "ends": rules.ends.value,
        "repayment": rules.repayment.value,
        "expense_percent": rules.expense_rate or None,
        **{name: getattr(rules, name) for name in _PLAIN_BOUNDS},
    }


def _is_usual(detail: Detail) -> bool:
    return USUAL_DETAILS.get(detail.code) == detail


def _age_shown(name: str, age: Age) -> Iterator[tuple[str, Any]]:
    yield name, age.days or age.years
    yield f"{name}_unit", "days" if age.days else "years"
