"""What must hold for cards that were written off, and for those that wait for it."""

from collections.abc import Iterator

from selfcard.core.verify import Violation, violations_of


def violations() -> Iterator[Violation]:
    yield from _freezes_follow_the_decision()
    yield from _cards_moved_exactly_when_agreed()
    yield from _nothing_ended_without_an_agreement()
    yield from _another_person_decided()
    yield from _what_was_announced_stays_away()


def _freezes_follow_the_decision() -> Iterator[Violation]:
    yield from violations_of(
        "A write-off freezes its cards exactly while it waits",
        """
        SELECT write_off.number, write_off.state, coalesce(frozen.serials, '{}')::text
        FROM custody_writeoff write_off
        LEFT JOIN LATERAL (
            SELECT range_agg(serials) AS serials FROM custody_writeoffrun
            WHERE write_off_id = write_off.id
        ) named ON true
        LEFT JOIN LATERAL (
            SELECT range_agg(serials) AS serials FROM custody_freeze
            WHERE reason_kind = 'write_off' AND reason_number = write_off.number
              AND released_at IS NULL
        ) frozen ON true
        WHERE coalesce(frozen.serials, '{}')
              <> CASE write_off.state WHEN 'asked' THEN coalesce(named.serials, '{}')
                 ELSE '{}' END
        """,
    )


def _cards_moved_exactly_when_agreed() -> Iterator[Violation]:
    yield from violations_of(
        "A write-off moved exactly its cards, and only once it was agreed",
        """
        SELECT write_off.number, write_off.state, write_off.count || ' cards',
               coalesce(named.serials, '{}')::text, coalesce(moved.serials, '{}')::text
        FROM custody_writeoff write_off
        LEFT JOIN LATERAL (
            SELECT range_agg(serials) AS serials, sum(upper(serials) - lower(serials)) AS cards
            FROM custody_writeoffrun WHERE write_off_id = write_off.id
        ) named ON true
        LEFT JOIN LATERAL (
            SELECT range_agg(serials) AS serials FROM custody_movement
            WHERE reason_kind = 'write_off' AND reason_number = write_off.number
              AND kind = write_off.kind
        ) moved ON true
        WHERE named.cards IS DISTINCT FROM write_off.count
           OR coalesce(moved.serials, '{}')
              <> CASE write_off.state WHEN 'done' THEN named.serials ELSE '{}' END
        """,
    )


def _nothing_ended_without_an_agreement() -> Iterator[Violation]:
    yield from violations_of(
        "Cards are void, lost or destroyed as was agreed, or void as they came or came back",
        """
        SELECT holding.serials::text, holding.status,
               holding.reason_kind || ' ' || holding.reason_number
        FROM custody_holding holding
        WHERE holding.status IN ('void', 'lost', 'destroyed')
          AND NOT (
            holding.status = 'void' AND holding.reason_kind IN ('missing', 'damaged')
            AND EXISTS (SELECT FROM cards_batch WHERE number = holding.reason_number)
          )
          AND NOT (
            holding.status = 'void' AND int8multirange(holding.serials) <@ (
                SELECT coalesce(range_agg(serials), '{}') FROM custody_movement
                WHERE serials && holding.serials AND to_status = 'void'
                  AND kind IN ('sale_recall', 'refund', 'cancellation')
                  AND reason_kind = holding.reason_kind
                  AND reason_number = holding.reason_number
            )
          )
          AND NOT EXISTS (
            SELECT FROM custody_writeoff write_off
            WHERE holding.reason_kind = 'write_off' AND write_off.number = holding.reason_number
              AND write_off.state = 'done'
              AND write_off.kind = CASE holding.status WHEN 'void' THEN 'void'
                  WHEN 'lost' THEN 'loss' ELSE 'destruction' END
          )
        """,
    )


def _another_person_decided() -> Iterator[Violation]:
    # What lacked at a stock count was agreed to with the count.
    yield from violations_of(
        "A write-off was decided by the second person who was asked for it",
        """
        SELECT write_off.number, write_off.state, 'no such decision'
        FROM custody_writeoff write_off
        WHERE write_off.state IN ('done', 'refused') AND write_off.cause <> 'counted'
          AND NOT EXISTS (
            SELECT FROM approvals_approval approval
            WHERE approval.subject_kind = 'write_off'
              AND approval.subject_number = write_off.number
              AND approval.decided_by_id = write_off.decided_by_id
              AND approval.asked_by_id = write_off.asked_by_id
              AND approval.state
                  = CASE write_off.state WHEN 'done' THEN 'granted' ELSE 'refused' END
          )
        """,
    )


def _what_was_announced_stays_away() -> Iterator[Violation]:
    yield from violations_of(
        "No card comes back after its loss was announced",
        """
        SELECT DISTINCT loss.number, back.serials::text, back.kind
        FROM custody_writeoff loss
        JOIN custody_movement lost
          ON lost.reason_kind = 'write_off' AND lost.reason_number = loss.number
         AND lost.kind = 'loss'
        JOIN custody_movement back
          ON back.serials && lost.serials AND back.from_status = 'lost'
         AND back.to_status = 'inventory' AND back.id > lost.id
         AND back.day > loss.announced_on
        WHERE NOT EXISTS (
            SELECT FROM custody_movement meanwhile
            WHERE meanwhile.serials && back.serials
              AND meanwhile.id > lost.id AND meanwhile.id < back.id
        )
        """,
    )
