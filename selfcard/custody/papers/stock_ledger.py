"""The stock ledger as a report: made when it is asked for, from the books as they are then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.utils import translation

from selfcard.cards.models import DocumentType
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.papers import Name, Text, frozen_facts, render
from selfcard.custody.queries.stock_ledger import (
    Column,
    Line,
    Side,
    StockLedger,
    TypeLedger,
)
from selfcard.organisations.queries import acting_staff

STOCK_LEDGER = "stock_ledger"


@dataclass(frozen=True, kw_only=True)
class LineFacts:
    """A line: whose it is, its opening, what came and went by column, its closing."""

    party: Name | None
    figures: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class TypeFacts:
    """The lines of one document type, what went from line to line, and all of it together."""

    document_type: Name
    lines: tuple[LineFacts, ...]
    between: LineFacts | None
    together: LineFacts


@dataclass(frozen=True, kw_only=True)
class StockLedgerFacts:
    """Whose stock in which period, with the columns that have figures."""

    party: Name
    within: str
    first: date
    last: date
    document_type: Name | None
    came: tuple[Text, ...]
    went: tuple[Text, ...]
    types: tuple[TypeFacts, ...]
    printed_by: Name
    printed_at: datetime


def stock_ledger_pdf(
    ledger: StockLedger, document_type: DocumentType | None, actor: Actor, language: str
) -> bytes:
    """A stock ledger as PDF, in a language (`zh-hans` or `en`)."""
    return render(STOCK_LEDGER, frozen_facts(_facts(ledger, document_type, actor)), language)


def _facts(
    ledger: StockLedger, document_type: DocumentType | None, actor: Actor
) -> StockLedgerFacts:
    staff = acting_staff(actor)
    columns = ledger.columns
    return StockLedgerFacts(
        party=Name.of(ledger.keepers.party),
        within=ledger.keepers.within,
        first=ledger.period.first,
        last=ledger.period.last,
        document_type=Name.of(document_type) if document_type else None,
        came=tuple(_text(one) for one in columns if one.side == Side.CAME),
        went=tuple(_text(one) for one in columns if one.side == Side.WENT),
        types=tuple(_type_facts(one, ledger) for one in ledger.types),
        printed_by=Name.of(staff),
        printed_at=clock.now(),
    )


def _type_facts(one: TypeLedger, ledger: StockLedger) -> TypeFacts:
    def facts(line: Line) -> LineFacts:
        figures = (line.opening, *(line.flows[column] for column in ledger.columns), line.closing)
        return LineFacts(party=Name.of(line.party) if line.party else None, figures=figures)

    return TypeFacts(
        document_type=Name.of(one.document_type),
        lines=tuple(facts(line) for line in one.lines),
        between=facts(one.between) if one.between else None,
        together=facts(one.together),
    )


def _text(column: Column) -> Text:
    """What a column is called, in both languages."""

    def said(language: str) -> str:
        with translation.override(language):
            return str(column.label)

    return Text(zh=said("zh-hans"), en=said("en"))
