"""E-mail by Django's backend: a mail server, or files where it is a demonstration."""

import smtplib

from django.core.mail import EmailMessage

from selfcard.messaging.errors import NotDelivered
from selfcard.messaging.models import Message


def deliver(message: Message) -> None:
    """Send an e-mail.

    Raises:
        NotDelivered: the mail server does not answer, or refuses the recipient.
    """
    mail = EmailMessage(message.subject or "", message.words or "", to=[message.recipient])
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused as error:
        # A code of 4xx asks to try again later.
        for_good = all(code >= 500 for code, _ in error.recipients.values())
        raise NotDelivered(Message.Problem.REFUSED, for_good=for_good) from None
    except OSError:
        raise NotDelivered(Message.Problem.NO_ANSWER) from None
