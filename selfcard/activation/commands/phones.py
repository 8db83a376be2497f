"""Showing by a code that one holds a phone: to open a policy, or to change where one is reached."""

import json
from dataclasses import asdict
from uuid import UUID

from django.conf import settings
from procrastinate.contrib.django import app

from selfcard.activation import codes, gate
from selfcard.activation.errors import (
    CodeOutdated,
    CodeTriedTooOften,
    CodeUsedAlready,
    NewPhoneNotShown,
    PhoneNotShown,
    SourceMustWait,
    TooManyCodes,
)
from selfcard.activation.models import DeskCase, OneTimeCode
from selfcard.activation.queries import (
    consent_of,
    contact_wanted,
    shows_phone,
    was_used_just_now,
)
from selfcard.activation.telling import tell_code
from selfcard.activation.tolls import read_ticket
from selfcard.core import clock
from selfcard.core.actor import Actor
from selfcard.core.audit import record
from selfcard.core.command import command, step
from selfcard.policies import commands as policies
from selfcard.policies.application import ContactGiven
from selfcard.policies.contact import mobile_phone
from selfcard.policies.models import ContactChange, Policy
from selfcard.policies.numbers import read_policy_number
from selfcard.policies.queries import find_policy

SEND_CODE = "activation.send_code"
Purpose = OneTimeCode.Purpose


@command
def ask_code(
    *,
    number: str,
    purpose: OneTimeCode.Purpose,
    language: str,
    source: str,
    ticket: str = "",
    actor: Actor,
    request_id: UUID,
) -> OneTimeCode:
    """Have a code sent to the phone of a policy.

    Whether there is such a policy is looked up only by the work that follows in the background: to
    whoever asks, and in what is done for them, a number that no policy bears is like any other.

    Raises:
        NotAPolicyNumber: mistyped in a way that anybody can see; not counted.
        SourceMustWait: this source, or very many, failed too often just now.
        TooManyCodes: as many were asked for as are sent in an hour.
    """
    return have_code_sent(
        number=read_policy_number(number),
        purpose=purpose,
        language=language,
        source=source,
        ticket=ticket,
        actor=actor,
    )


@command
def ask_code_to_new_phone(
    *,
    proof: OneTimeCode,
    contact: ContactGiven,
    language: str,
    source: str,
    ticket: str = "",
    actor: Actor,
    request_id: UUID,
) -> OneTimeCode:
    """Have a code sent to the phone that is to become a policy's; what is wanted is kept with it.

    Raises:
        PhoneNotShown: whoever asks has not just shown the phone that is the policy's so far.
        PhoneImpossible, PhoneTakesNoMessages: no code can be sent there.
        SourceMustWait, TooManyCodes: as for every code.
    """
    _require_shown(proof)
    phone = mobile_phone(contact.phone)
    return have_code_sent(
        number=proof.number,
        purpose=OneTimeCode.Purpose.NEW_PHONE,
        phone=phone,
        contact=json.dumps(asdict(contact) | {"phone": phone}, ensure_ascii=False),
        language=language,
        source=source,
        ticket=ticket,
        actor=actor,
    )


@command
def send_code(*, code: OneTimeCode, actor: Actor, request_id: UUID) -> None:
    """Make the digits of a code that was asked for, and have them sent; nothing where there is no
    such policy or case, or when it comes too late.
    """
    code.refresh_from_db(from_queryset=OneTimeCode.objects.select_for_update(no_key=True))
    about = _case_of(code) if code.purpose == Purpose.CONSENT else find_policy(code.number)
    if about is None or code.digest or code.expires_at <= clock.now():
        record(actor, "code.not_sent", number=code.number)
        return
    digits = codes.new_digits()
    code.phone = _phone_for(code, about)
    code.digest = codes.digest_of(code, digits)
    code.save(update_fields=["phone", "digest"])
    tell_code(code, digits, about, actor)
    record(actor, "code.sent", about, purpose=code.purpose)


@command
def use_code(
    *,
    code: OneTimeCode,
    digits: str,
    source: str,
    ticket: str = "",
    actor: Actor,
    request_id: UUID,
) -> OneTimeCode | None:
    """Show the digits of a code that one has asked for.

    As at the PIN gate, the answer to wrong ones is nothing, and the counters are written before
    anything is compared. Of two who show the right ones at the same moment one gets through.

    Raises:
        NotACode: mistyped in a way that anybody can see; not counted.
        SourceMustWait: this source, or very many, failed too often just now.
        CodeTriedTooOften: this code, or codes of its policy. Nothing was compared or counted.
        CodeUsedAlready, CodeOutdated: it does not count any more, whatever was typed.
    """
    return compare_code(code=code, digits=digits, source=source, ticket=ticket, actor=actor)


@step
def compare_code(
    *, code: OneTimeCode, digits: str, source: str, ticket: str, actor: Actor
) -> OneTimeCode | None:
    """What `use_code` does, within whatever deed has a code shown to it."""
    now = clock.now()
    plain = codes.read_digits(digits)
    target = codes.tries_of(code, source)
    charged = gate.charge(
        source=source,
        target=target,
        counts=True,
        ticket=read_ticket(ticket, source=source, now=now),
        now=now,
    )
    if not charged.admitted:
        raise SourceMustWait(seconds=charged.seconds_left(now))
    if not charged.compared:
        raise CodeTriedTooOften
    code = _as_it_is(code)
    if code.used_at:
        raise CodeUsedAlready
    if code.expires_at <= now:
        raise CodeOutdated
    if not codes.is_right(code, plain):
        gate.count_failure(source=source, charged=charged, now=now)
        record(actor, "code.refused", number=code.number, purpose=code.purpose)
        return None
    # What asking for it has cost is given back as well.
    gate.forgive(source=source, target={**target, **codes.asks_for(code.number, source)}, charges=2)
    code.used_at = now
    code.save(update_fields=["used_at"])
    record(actor, "code.used", number=code.number, purpose=code.purpose)
    return code


@command
def change_contact(
    *,
    proof: OneTimeCode,
    contact: ContactGiven,
    new_phone: OneTimeCode | None = None,
    actor: Actor,
    request_id: UUID,
) -> Policy:
    """Have the applicant of a policy reached elsewhere, for whoever has shown its phone.

    A phone that is not the policy's so far has been shown by a code of its own. The former one is
    told that something was changed.

    Raises:
        PhoneNotShown: not just now, or the policy has another phone since.
        NewPhoneNotShown: nobody has shown that this phone takes messages.
        What `policies.change_contact` raises.
    """
    _require_shown(proof)
    policy = find_policy(proof.number)
    if policy is None or policy.phone != proof.phone:
        raise PhoneNotShown
    phone = mobile_phone(contact.phone)
    if phone != policy.phone and not _shows(new_phone, proof.number, phone):
        raise NewPhoneNotShown
    policies.change_contact(policy=policy, contact=contact, how=ContactChange.How.CODE, actor=actor)
    return policy


@step
def have_code_sent(
    *,
    number: str,
    purpose: OneTimeCode.Purpose,
    language: str,
    source: str,
    ticket: str,
    phone: str = "",
    contact: str | None = None,
    actor: Actor,
) -> OneTimeCode:
    """Count that a code is asked for, and have it made and sent in the background.

    Raises:
        SourceMustWait, TooManyCodes: as for every code.
    """
    now = clock.now()
    target = codes.asks_for(number, source, phone)
    if not count_sending(target=target, source=source, ticket=ticket, actor=actor):
        raise TooManyCodes
    code = OneTimeCode.objects.create(
        number=number,
        purpose=purpose,
        contact=contact,
        source=source,
        language=language,
        asked_at=now,
        expires_at=now + settings.CODE_LASTS,
    )
    app.configure_task(SEND_CODE).defer(code=str(code.pk))
    record(actor, "code.asked", number=number, purpose=purpose)
    return code


@step
def count_sending(*, target: gate.Target, source: str, ticket: str, actor: Actor) -> bool:
    """Count that something is sent to a phone, and say whether it was not too much in an hour.

    Raises:
        SourceMustWait: this source, or very many, failed too often just now.
    """
    now = clock.now()
    charged = gate.charge(
        source=source,
        target=target,
        counts=True,
        ticket=read_ticket(ticket, source=source, now=now),
        now=now,
        memory=settings.CODES_MEMORY,
    )
    if not charged.admitted:
        raise SourceMustWait(seconds=charged.seconds_left(now))
    return charged.compared


def _case_of(code: OneTimeCode) -> DeskCase | None:
    """The case whose customer is asked by this code, and not by a later one."""
    case = DeskCase.objects.filter(number=code.number, state=DeskCase.State.OPEN).first()
    return case if case and consent_of(case).get("code") == str(code.pk) else None


def _phone_for(code: OneTimeCode, about: Policy | DeskCase) -> str:
    if isinstance(about, DeskCase):
        return str(consent_of(about)["phone"])
    return contact_wanted(code).phone if code.contact else about.phone


def _as_it_is(code: OneTimeCode) -> OneTimeCode:
    """The code as it is now: whoever tries at the same moment waits at its counters before."""
    return OneTimeCode.objects.get(pk=code.pk)


def _require_shown(proof: OneTimeCode) -> None:
    """Refuse whoever has not just shown the policy's phone in order to change something.

    Raises:
        PhoneNotShown: not for that, or too long ago.
    """
    if not shows_phone(proof):
        raise PhoneNotShown


def _shows(code: OneTimeCode | None, number: str, phone: str) -> bool:
    """Whether a code has just shown that a phone takes messages, for a policy."""
    return (
        code is not None
        and code.purpose == OneTimeCode.Purpose.NEW_PHONE
        and (code.number, code.phone) == (number, phone)
        and was_used_just_now(code)
    )
