"""Buyers are told: by the phone that they left, or by a notice that their seller hands over."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils.translation import get_language

from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command, step
from selfcard.core.locks import LockSpace, lock
from selfcard.core.refusals import Operation
from selfcard.core.reminding import next_reminder, reminder_due
from selfcard.custody.queries import Waiting
from selfcard.organisations.models import May
from selfcard.organisations.queries import acting_staff, require
from selfcard.sales.errors import NoNoticeToGive, NoPhoneLeft, NotAPhone
from selfcard.sales.models import ActivationNotice, BuyerPhone, Sale
from selfcard.sales.notices import buyer_of, buyers_of, buyers_to_look_at, notice_of, waiting_of
from selfcard.sales.telling import tell_deadline, tell_ready

AT_ONCE = 200
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_REMINDED = """
    INSERT INTO sales_deadlinereminder (sale_id, last_day, days, cards, at)
    VALUES (%s, %s, %s, %s, %s) ON CONFLICT (sale_id, last_day, days) DO NOTHING
"""


@command
def leave_phone(*, sale: Sale, phone: str, language: str, actor: Actor, request_id: UUID) -> Sale:
    """Keep the phone (E.164) that a buyer leaves so as to be told, or another in its place.

    Where the cards are paid and some are left to activate, it is told so at once.

    Raises:
        NotAuthorised: the actor may not register sales there.
        NotAPhone: nobody can have this number.
    """
    require(actor, May.REGISTER_SALES, sale.seller_organisation)
    lock(LockSpace.SALE, sale.pk)
    keep_phone(sale=sale, phone=phone, language=language, actor=actor)
    notice, buyer = notice_of(sale), buyer_of(sale)
    if notice and buyer and _told_ready([buyer], actor) and notice.given_at is None:
        _give(notice, ActivationNotice.Way.PHONE)
    return sale


@step
def keep_phone(*, sale: Sale, phone: str, language: str, actor: Actor) -> None:
    """Keep the phone of a sale's buyer; see `leave_phone`."""
    if not _E164.fullmatch(phone):
        raise NotAPhone
    now = clock.now()
    BuyerPhone.objects.update_or_create(
        sale=sale,
        defaults={
            "phone": phone,
            "language": language or get_language() or settings.LANGUAGE_CODE,
            "left_by": acting_staff(actor),
            "left_at": now,
            "looked_at": now,
        },
    )
    record(actor, "sales.phone_left", sale)


@command
def forget_phone(*, sale: Sale, actor: Actor, request_id: UUID) -> Sale:
    """Delete the phone of a buyer who does not want to be told any more.

    Raises:
        NotAuthorised: the actor may not register sales there.
        NoPhoneLeft: there is none.
    """
    require(actor, May.REGISTER_SALES, sale.seller_organisation)
    lock(LockSpace.SALE, sale.pk)
    gone, _ = BuyerPhone.objects.filter(sale=sale).delete()
    if not gone:
        raise NoPhoneLeft(number=sale.number)
    record(actor, "sales.phone_forgotten", sale)
    return sale


@step
def tell_buyers(*, sales: tuple[Sale, ...], actor: Actor) -> None:
    """The cards of these sales are paid: who left a phone is told, for the others the notice waits
    for their seller. Once for a sale, however many cards it is of."""
    now = clock.now()
    buyers = buyers_of(sales)
    told = _told_ready(buyers.values(), actor)
    ActivationNotice.objects.bulk_create(
        ActivationNotice(
            sale=sale,
            settled_at=now,
            way=ActivationNotice.Way.PHONE if sale.pk in told else "",
            given_at=now if sale.pk in told else None,
        )
        for sale in sales
    )


@command
def note_notice_given(*, sale: Sale, actor: Actor, request_id: UUID) -> Sale:
    """The seller has handed the notice over to whoever bought the cards.

    Raises:
        NotAuthorised: the actor may not register sales there.
        NoNoticeToGive: the sale is not paid, or its buyer was told before.
    """
    require(actor, May.REGISTER_SALES, sale.seller_organisation)
    lock(LockSpace.SALE, sale.pk)
    notice = notice_of(sale)
    if notice is None or notice.given_at is not None:
        help = Operation.named("sales.sale", number=sale.number)
        raise NoNoticeToGive(number=sale.number, help=help)
    notice.given_by = acting_staff(actor)
    _give(notice, ActivationNotice.Way.PAPER)
    record(actor, "sales.notice_given", sale)
    return sale


@command
def remind_of_deadlines(*, actor: Actor, request_id: UUID) -> int:
    """Remind buyers of cards that nobody has activated and whose last day comes; gives how many
    buyers were looked at.

    Each is told once of a last day and of how near it is: the reminder's own row keeps it, whoever
    else is at work. Cards that are activated, taken back or stopped are no part of it, and their
    number costs nothing. Whom another holds at this moment is passed over, and stays due.
    """
    buyers = buyers_to_look_at(AT_ONCE)
    waiting = waiting_of(buyer.sale for buyer in buyers)
    told = []
    for buyer in buyers:
        cards = waiting[buyer.sale.number]
        told += [buyer.sale.number for one in cards if _reminded(buyer, one, actor)]
        _look_again(buyer, cards)
    BuyerPhone.objects.bulk_update(buyers, ["due_on", "looked_at"])
    record(actor, "sales.deadlines_looked_through", looked_at=len(buyers), told=told)
    return len(buyers)


def _told_ready(buyers: Iterable[BuyerPhone], actor: Actor) -> set[int]:
    """Tell buyers that their cards can be activated, where any are left; gives which sales' were.

    What is told is the first of the last days.
    """
    buyers = list(buyers)
    if not buyers:
        return set()
    waiting = waiting_of(buyer.sale for buyer in buyers)
    told = set()
    for buyer in buyers:
        cards = waiting[buyer.sale.number]
        buyer.told_at = clock.now()
        _look_again(buyer, cards)
        if left := [one for one in cards if one.cards]:
            total = sum(one.cards for one in left)
            tell_ready(buyer, total, left[0].last_day, actor)
            told.add(buyer.sale_id)
    BuyerPhone.objects.bulk_update(buyers, ["told_at", "due_on", "looked_at"])
    return told


def _reminded(buyer: BuyerPhone, cards: Waiting, actor: Actor) -> bool:
    """Whether this was the one who reminds a buyer of a last day."""
    assert buyer.told_at is not None, "whoever is reminded was told before"
    days = reminder_due(
        cards.last_day, settings.DEADLINE_REMINDERS, told_on=clock.day_of(buyer.told_at)
    )
    if days is None or not cards.cards:
        return False
    with connection.cursor() as cursor:
        values: list[Any] = [buyer.sale_id, cards.last_day, days, cards.cards, clock.now()]
        cursor.execute(_REMINDED, values)
        if not cursor.rowcount:
            return False
    tell_deadline(buyer, cards.cards, cards.last_day, actor)
    return True


def _look_again(buyer: BuyerPhone, cards: list[Waiting]) -> None:
    days: list[date] = [one.last_day for one in cards]
    buyer.due_on = next_reminder(days, settings.DEADLINE_REMINDERS)
    buyer.looked_at = clock.now()


def _give(notice: ActivationNotice, way: ActivationNotice.Way) -> None:
    notice.way, notice.given_at = way, clock.now()
    notice.save(update_fields=["way", "given_at", "given_by"])
