"""Messages as a deed writes them, and the telephones that get them."""

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from selfcard.core.actor import Actor
from selfcard.core.command import command
from selfcard.messaging.commands import (
    MessageGiven,
    change_template,
    send_message,
    write_messages,
)
from selfcard.messaging.models import Message, Template, TemplateKey
from selfcard.messaging.queries import template_versions
from selfcard.organisations.models import Organisation
from tests.factories.organisations import Insurer

PHONE, ADDRESS = "+8613800138000", "li@example.cn"
SMS = MessageGiven(Message.Channel.SMS, PHONE, "保单已生效")
EMAIL = MessageGiven(Message.Channel.EMAIL, ADDRESS, "Your policy is issued.", "Your policy")
SYSTEM = Actor.system("test")


def demonstration(settings: Any, folder: Path) -> None:
    """What is sent stays here, where a test can read it."""
    settings.DEMO_MESSAGES = True
    settings.DEMO_MESSAGE_FOLDER = folder


@command
def _tell(
    *, organisation: Organisation, messages: tuple[MessageGiven, ...], occasion: str,
    secret_until: Any, actor: Actor, request_id: UUID,
) -> list[Message]:  # fmt: skip
    return write_messages(
        occasion=occasion,
        messages=messages,
        language="zh-hans",
        reason=("policy", "P0000000000011"),
        organisation=organisation,
        secret_until=secret_until,
        actor=actor,
    )


def tell(
    organisation: Organisation,
    *messages: MessageGiven,
    occasion: str = "policy_issued",
    secret_until: Any = None,
) -> list[Message]:
    """Some deed tells somebody something; an SMS, unless told otherwise."""
    return list(
        _tell(
            organisation=organisation,
            messages=messages or (SMS,),
            occasion=occasion,
            secret_until=secret_until,
            actor=SYSTEM,
            request_id=uuid4(),
        )
    )


def send(message: Message) -> bool:
    """One try to send a message."""
    return send_message(message=message, actor=SYSTEM, request_id=uuid4())


def reword(
    insurer: Insurer,
    words: str,
    *,
    occasion: str = "policy_issued",
    language: str = "en",
    document_type: str = "",
    **given: Any,
) -> Template:
    """Have an occasion told in the insurer's own words, by the chief."""
    key = TemplateKey(occasion, language, document_type)
    latest = template_versions(key).first()
    fields: dict[str, Any] = {
        "subject": "Welcome",
        "begins_from": latest.version if latest else 0,
        "actor": insurer.actor("chief"),
        **given,
    }
    return change_template(key=key, words=words, **fields, request_id=uuid4())
