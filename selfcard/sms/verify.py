"""What `selfcard verify` checks of messages that came in, on the live database."""

from collections.abc import Iterator

from selfcard.core.verify import Violation, violations_of


def violations() -> Iterator[Violation]:
    """Whoever wrote is answered, and what held a PIN is gone."""
    yield from violations_of(
        "Every message that came in is answered within the hour, or it is said why not",
        """
        SELECT message.id, message.gateway, message.came_at
        FROM sms_inboundmessage message
        WHERE message.state = 'received' AND message.came_at < now() - interval '1 hour'
        """,
    )
    yield from violations_of(
        "A policy that came of a message is told in its reply, to the number that wrote",
        """
        SELECT message.id, reply.reason_number
        FROM sms_inboundmessage message
        JOIN messaging_message reply ON reply.id = message.reply_id
        WHERE message.outcome = 'activated' AND NOT EXISTS (
            SELECT FROM policies_policy policy
            WHERE reply.reason_kind = 'policy' AND policy.number = reply.reason_number
              AND policy.channel = 'sms'
              AND left(policy.reason_number, 15)::bigint = message.serial)
        """,
    )
    yield from violations_of(
        "No part of a message waits longer than an hour",
        """
        SELECT part.id, part.gateway, part.came_at
        FROM sms_part part
        WHERE part.came_at < now() - interval '1 hour'
        """,
    )
