"""Printed from the books as they are then: the statement of an advance account, a drawer's day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial

from django.utils import translation
from django.utils.functional import Promise

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.money import Money
from selfcard.core.papers import Name, Text, frozen_facts, render
from selfcard.organisations.models import Staff
from selfcard.organisations.queries import acting_staff
from selfcard.payments.models import AdvanceAccount, DrawerDay
from selfcard.payments.queries import DrawerLine, lines_of_day, movements_of_day, statement_of

STATEMENT = "advance_statement"
DRAWER_DAY = "drawer_day"


@dataclass(frozen=True, kw_only=True)
class EntryFacts:
    """A line of a statement: what came or went, by which paper, and the balance then."""

    at: datetime
    kind: Text
    paper: str
    amount: Money
    balance: Money


@dataclass(frozen=True, kw_only=True)
class StatementFacts:
    """All that ever came into an advance account and went out of it."""

    number: str
    payer: str
    tax_number: str
    organisation: Name
    opened_at: datetime
    entries: tuple[EntryFacts, ...]
    balance: Money
    printed_by: Name
    printed_at: datetime


@dataclass(frozen=True, kw_only=True)
class KindFacts:
    """One kind of money in a drawer: how it came about, and what was counted."""

    kind: Text
    opening: Money
    came: Money
    went: Money
    banked: Money
    expected: Money
    counted: Money | None
    difference: Money | None


@dataclass(frozen=True, kw_only=True)
class MovementFacts:
    """One thing that came into a drawer or went out of it."""

    at: datetime
    what: Text
    kind: Text
    number: str
    reference: str
    amount: Money


@dataclass(frozen=True, kw_only=True)
class DrawerDayFacts:
    """A drawer's day for the file, with the people who answer for it."""

    drawer: Name
    day: date
    organisation: Name
    state: Text
    kinds: tuple[KindFacts, ...]
    counting: int  # how often it was counted
    explanation: str
    movements: tuple[MovementFacts, ...]
    opened_by: Name
    opened_at: datetime
    counted_by: Name | None
    counted_at: datetime | None
    closed_by: Name | None
    closed_at: datetime | None
    printed_by: Name
    printed_at: datetime


def statement_pdf(account: AdvanceAccount, actor: Actor, language: str) -> bytes:
    """An advance account's statement as PDF, in a language (`zh-hans` or `en`)."""
    return render(STATEMENT, frozen_facts(_statement(account, actor)), language)


def drawer_day_pdf(day: DrawerDay, actor: Actor, language: str) -> bytes:
    """The report of a drawer's day as PDF, in a language (`zh-hans` or `en`)."""
    return render(DRAWER_DAY, frozen_facts(_drawer_day(day, actor)), language)


def _statement(account: AdvanceAccount, actor: Actor) -> StatementFacts:
    def money(amount: Decimal) -> Money:
        return Money(amount, account.currency)

    return StatementFacts(
        number=account.number,
        payer=account.payer_name,
        tax_number=account.tax_number,
        organisation=Name.of(account.organisation.party),
        opened_at=account.opened_at,
        entries=tuple(
            EntryFacts(
                at=entry.at,
                kind=said(entry.get_kind_display),
                paper=entry.reason_number,
                amount=money(entry.amount),
                balance=money(entry.balance),
            )
            for entry in statement_of(account)
        ),
        balance=money(account.balance),
        printed_by=Name.of(acting_staff(actor)),
        printed_at=clock.now(),
    )


def _drawer_day(day: DrawerDay, actor: Actor) -> DrawerDayFacts:
    def name(staff: Staff | None) -> Name | None:
        return Name.of(staff) if staff else None

    return DrawerDayFacts(
        drawer=Name(zh=day.drawer.name_zh, en=day.drawer.name_en, code=day.drawer.code),
        day=day.day,
        organisation=Name.of(day.drawer.organisation.party),
        state=said(day.get_state_display),
        kinds=tuple(_kind(line, day) for line in lines_of_day(day)),
        counting=max((count.counting for count in day.counts.all()), default=0),
        explanation=day.explanation,
        movements=tuple(
            MovementFacts(
                at=one.at,
                what=said(partial(str, one.what)),
                kind=said(partial(str, one.kind.label)),
                number=one.number,
                reference=one.reference,
                amount=Money(one.amount, day.currency),
            )
            for one in movements_of_day(day)
        ),
        opened_by=Name.of(day.opened_by),
        opened_at=day.opened_at,
        counted_by=name(day.counted_by),
        counted_at=day.counted_at,
        closed_by=name(day.closed_by),
        closed_at=day.closed_at,
        printed_by=Name.of(acting_staff(actor)),
        printed_at=clock.now(),
    )


def _kind(line: DrawerLine, day: DrawerDay) -> KindFacts:
    def money(amount: Decimal) -> Money:
        return Money(amount, day.currency)

    return KindFacts(
        kind=said(partial(str, line.kind.label)),
        opening=money(line.opening),
        came=money(line.came),
        went=money(line.went),
        banked=money(line.banked),
        expected=money(line.expected),
        counted=None if line.counted is None else money(line.counted),
        difference=None if line.difference is None else money(line.difference),
    )


def said(words: Callable[[], str | Promise]) -> Text:
    """Words of the catalogs in both languages."""

    def in_language(language: str) -> str:
        with translation.override(language):
            return str(words())

    return Text(zh=in_language("zh-hans"), en=in_language("en"))
