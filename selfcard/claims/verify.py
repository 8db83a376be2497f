from collections.abc import Iterator

from selfcard.core.verify import Violation, violations_of


def violations() -> Iterator[Violation]:
    """What must always be true of notices of claim; nothing personal is opened to check it."""
    yield from violations_of(
        "A notice of claim is where its entries have led it",
        """
        SELECT notice.number, notice.state
        FROM claims_notice notice
        LEFT JOIN LATERAL (
            SELECT entry.kind, entry.by_id, entry.place FROM claims_entry entry
            WHERE entry.notice_id = notice.id AND entry.kind IN ('taken', 'closed')
            ORDER BY entry.place DESC LIMIT 1
        ) led ON true
        LEFT JOIN LATERAL (
            SELECT true AS again FROM claims_entry entry
            WHERE entry.notice_id = notice.id AND entry.kind = 'added' AND led.kind = 'closed'
              AND entry.place > led.place LIMIT 1
        ) opened ON true
        WHERE notice.state <> CASE
            WHEN led.kind IS NULL OR opened.again THEN 'recorded'
            WHEN led.kind = 'taken' THEN 'in_review' ELSE 'closed' END
           OR notice.state = 'in_review' AND notice.handler_id IS DISTINCT FROM led.by_id
        """,
    )
    yield from violations_of(
        "A notice of claim is of a card that was printed",
        """
        SELECT notice.number, 'card ' || notice.serial
        FROM claims_notice notice
        WHERE notice.serial IS NOT NULL AND NOT EXISTS (
            SELECT FROM custody_holding holding WHERE holding.serials @> notice.serial)
        """,
    )
    yield from violations_of(
        "A notice of claim tells how its policy stood at that moment",
        """
        SELECT notice.number, notice.cover, policy.number
        FROM claims_notice notice JOIN policies_policy policy ON policy.id = notice.policy_id
        WHERE notice.hour_known AND notice.cover <> CASE
            WHEN policy.cancelled_at <= notice.happened_at THEN 'cancelled'
            WHEN notice.happened_at < policy.starts_at THEN 'not_begun'
            WHEN notice.happened_at <= policy.ends_at THEN 'in_force'
            ELSE 'ended' END
        """,
    )
