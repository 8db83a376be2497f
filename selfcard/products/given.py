"""A product version as somebody writes it, before it is one."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from selfcard.core.papers.facts import Text
from selfcard.products.models import Coverage, ProductVersion
from selfcard.products.rules import Rules

CURRENCY = "CNY"


@dataclass(frozen=True, kw_only=True)
class CoverageGiven:
    """A cover as it is drafted: its name, the most it pays, and on what conditions.

    Of each event it pays `paid_share`, a fraction, of what exceeds the `deductible`.
    """

    name: Text
    sum_insured: Decimal
    deductible: Decimal = Decimal(0)
    paid_share: Decimal = Decimal(1)
    terms: Text | None = None
    counts_for_minors: bool = False

    @classmethod
    def of(cls, coverage: Coverage) -> "CoverageGiven":
        has_terms = coverage.terms_zh or coverage.terms_en
        return cls(
            name=Text(zh=coverage.name_zh, en=coverage.name_en),
            sum_insured=coverage.sum_insured,
            deductible=coverage.deductible,
            paid_share=coverage.paid_share,
            terms=Text(zh=coverage.terms_zh, en=coverage.terms_en) if has_terms else None,
            counts_for_minors=coverage.counts_for_minors,
        )


@dataclass(frozen=True, kw_only=True)
class VersionGiven:
    """All that a version says. No tax rate means that the premium is exempt.

    A claim is reported within `claim_hours`, and needs the `claim_papers`.
    """

    name: Text
    summary: Text
    tax_rate: Decimal | None
    rules: Rules
    coverages: tuple[CoverageGiven, ...]
    exclusions: tuple[Text, ...]
    claim_hours: int
    claim_papers: tuple[Text, ...]
    clauses: Text
    currency: str = CURRENCY

    @classmethod
    def of(cls, version: ProductVersion) -> "VersionGiven":
        return cls(
            name=Text(zh=version.name_zh, en=version.name_en),
            summary=Text(zh=version.summary_zh, en=version.summary_en),
            tax_rate=version.tax_rate,
            rules=version.bounds,
            coverages=tuple(CoverageGiven.of(one) for one in version.coverages.all()),
            exclusions=version.exclusion_texts,
            claim_hours=version.claim_hours,
            claim_papers=version.claim_paper_texts,
            clauses=Text(zh=version.clauses_zh, en=version.clauses_en),
            currency=version.currency,
        )


def columns_of(given: VersionGiven) -> dict[str, Any]:
    """What is written of a version in its own row."""
    return {
        "name_zh": given.name.zh.strip(),
        "name_en": given.name.en.strip(),
        "summary_zh": given.summary.zh.strip(),
        "summary_en": given.summary.en.strip(),
        "tax_rate": given.tax_rate,
        "currency": given.currency,
        "rules": given.rules.to_json(),
        "exclusions": _in_columns(given.exclusions),
        "claim_hours": given.claim_hours,
        "claim_papers": _in_columns(given.claim_papers),
        "clauses_zh": given.clauses.zh.strip(),
        "clauses_en": given.clauses.en.strip(),
    }


def _in_columns(texts: tuple[Text, ...]) -> list[dict[str, str]]:
    return [{"zh": one.zh.strip(), "en": one.en.strip()} for one in texts]


def coverage_row(version: ProductVersion, order: int, given: CoverageGiven) -> Coverage:
    """A cover in its place of a version."""
    return Coverage(
        version=version,
        order=order,
        name_zh=given.name.zh.strip(),
        name_en=given.name.en.strip(),
        sum_insured=given.sum_insured,
        deductible=given.deductible,
        paid_share=given.paid_share,
        currency=version.currency,
        terms_zh=given.terms.zh.strip() if given.terms else "",
        terms_en=given.terms.en.strip() if given.terms else "",
        counts_for_minors=given.counts_for_minors,
    )
