"""Custody's promises, checked on the live database without trusting its triggers."""

from collections.abc import Iterator

from selfcard.core import clock
from selfcard.core.verify import Violation, violations_of
from selfcard.custody import verify_counts, verify_notes, verify_write_offs
from selfcard.custody.statuses import STOCK


def violations() -> Iterator[Violation]:
    yield from _every_card_is_in_one_place()
    yield from _movements_and_holdings_agree()
    yield from _history_has_no_gap()
    yield from _activated_cards_are_paid_for()
    yield from _opened_cards_stay()
    yield from _extensions_are_agreed()
    yield from verify_notes.violations()
    yield from verify_counts.violations()
    yield from verify_write_offs.violations()
    yield from stock_follows_from_movements()
    yield from _tallies_count_what_is_there()


def _every_card_is_in_one_place() -> Iterator[Violation]:
    yield from violations_of(
        "Per batch, as many cards are held as were printed",
        """
        SELECT batch.number, coalesce(held.cards, 0) || ' of ' || batch.count || ' held',
               'tally ' || coalesce(tally.held, 0)
        FROM cards_batch batch
        LEFT JOIN (
            SELECT batch_id, sum(upper(serials) - lower(serials)) AS cards
            FROM custody_holding GROUP BY batch_id
        ) held ON held.batch_id = batch.id
        LEFT JOIN custody_batchtally tally ON tally.batch_id = batch.id
        WHERE (batch.state = 'generated'
               AND (held.cards IS DISTINCT FROM batch.count
                    OR tally.held IS DISTINCT FROM batch.count
                    OR tally.size IS DISTINCT FROM batch.count))
           OR (batch.state <> 'generated' AND held.cards IS NOT NULL)
        """,
    )
    yield from violations_of(
        "No card is in two places, or outside its batch",
        """
        SELECT holding.serials::text, batch.number
        FROM custody_holding holding
        JOIN cards_batch batch ON batch.id = holding.batch_id
        WHERE NOT holding.serials <@ batch.serials
           OR EXISTS (
            SELECT FROM custody_holding other
            WHERE other.id <> holding.id AND other.serials && holding.serials
           )
        """,
    )


def _movements_and_holdings_agree() -> Iterator[Violation]:
    # Of each card's movements the last one counts: those that a later one overlaps are cut by it.
    yield from violations_of(
        "The last movement of every card says where it is",
        """
        SELECT holding.serials::text, holding.status, 'not where the last movement put it'
        FROM custody_holding holding
        CROSS JOIN LATERAL (
            SELECT coalesce(range_agg(latest.serials), '{}') AS serials
            FROM (
                SELECT unnest(
                    int8multirange(movement.serials * holding.serials) - (
                        SELECT coalesce(range_agg(later.serials), '{}')
                        FROM custody_movement later
                        WHERE later.serials && (movement.serials * holding.serials)
                          AND later.id > movement.id
                    )
                ) AS serials
                FROM custody_movement movement
                WHERE movement.serials && holding.serials
                  AND movement.to_status = holding.status
                  AND movement.to_holder_id = holding.holder_id
            ) latest
        ) told
        WHERE told.serials <> int8multirange(holding.serials)
        """,
    )


def _history_has_no_gap() -> Iterator[Violation]:
    yield from violations_of(
        "What was ends where something else begins",
        """
        SELECT past.serials::text, past.during::text
        FROM custody_holdingpast past
        CROSS JOIN LATERAL (
            SELECT coalesce(range_agg(next.serials), '{}') AS serials
            FROM (
                SELECT holding.serials * past.serials AS serials
                FROM custody_holding holding
                WHERE holding.serials && past.serials AND holding.since = upper(past.during)
                UNION ALL
                SELECT after.serials * past.serials
                FROM custody_holdingpast after
                WHERE after.serials && past.serials
                  AND lower(after.during) = upper(past.during)
            ) next
        ) follows
        WHERE follows.serials <> int8multirange(past.serials)
        """,
    )


def _activated_cards_are_paid_for() -> Iterator[Violation]:
    yield from violations_of(
        "Every activated card is paid for, and activated in time",
        """
        SELECT activated.serial, activated.policy_number, coalesce(holding.status, 'held nowhere')
        FROM custody_activatedcard activated
        LEFT JOIN custody_holding holding ON holding.serials @> activated.serial
        LEFT JOIN cards_batch batch ON batch.id = holding.batch_id
        WHERE activated.reversed_at IS NULL
          AND (holding.status IS DISTINCT FROM 'to_be_activated'
               OR (activated.activated_at AT TIME ZONE %s)::date > batch.deadline AND NOT EXISTS (
                    SELECT FROM custody_extensionrun extended
                    WHERE extended.serials @> activated.serial
                      AND extended.during @> (activated.activated_at AT TIME ZONE %s)::date))
        """,
        [clock.zone().key] * 2,
    )


def _opened_cards_stay() -> Iterator[Violation]:
    yield from violations_of(
        "No card is handed on or sold after its PIN was accepted",
        """
        SELECT opened.serial, movement.kind, movement.at
        FROM custody_openedcard opened
        JOIN custody_movement movement ON movement.serials @> opened.serial
        WHERE movement.kind IN ('issue', 'hand_over', 'recall', 'sale')
          AND movement.at > opened.opened_at
        """,
    )


def stock_follows_from_movements() -> Iterator[Violation]:
    """What the stock ledger adds up: flows, and what everybody has in stock."""
    yield from violations_of(
        "Every flow of stock is told by movements",
        """
        WITH told AS (
            SELECT batch_id, day, kind, giver_id, receiver_id, sum(cards) AS cards
            FROM (
                SELECT batch_id, day, kind, upper(serials) - lower(serials) AS cards,
                       CASE WHEN from_status = ANY(%(stock)s) THEN from_holder_id END AS giver_id,
                       CASE WHEN to_status = ANY(%(stock)s) THEN to_holder_id END AS receiver_id
                FROM custody_movement
            ) movement
            WHERE giver_id IS DISTINCT FROM receiver_id
            GROUP BY batch_id, day, kind, giver_id, receiver_id
        ),
        known AS (
            SELECT batch_id, day, kind, giver_id, receiver_id, cards FROM custody_stockflow
        )
        SELECT batch.number, odd.day, odd.kind, giver.code, receiver.code,
               odd.cards || ' cards ' || odd.found
        FROM (
            (SELECT *, 'not told' AS found FROM (TABLE known EXCEPT ALL TABLE told) alone)
            UNION ALL
            (SELECT *, 'not known' FROM (TABLE told EXCEPT ALL TABLE known) alone)
        ) odd
        JOIN cards_batch batch ON batch.id = odd.batch_id
        LEFT JOIN organisations_party giver ON giver.id = odd.giver_id
        LEFT JOIN organisations_party receiver ON receiver.id = odd.receiver_id
        """,
        {"stock": sorted(STOCK)},
    )
    yield from violations_of(
        "Everybody's stock is what came and has not gone",
        """
        WITH held AS (
            SELECT holder_id, batch_id, sum(upper(serials) - lower(serials)) AS cards
            FROM custody_holding WHERE status = ANY(%(stock)s)
            GROUP BY holder_id, batch_id
        ),
        flowed AS (
            SELECT holder_id, batch_id, sum(cards) AS cards
            FROM (
                SELECT receiver_id AS holder_id, batch_id, cards FROM custody_stockflow
                UNION ALL
                SELECT giver_id, batch_id, -cards FROM custody_stockflow
            ) flow
            WHERE holder_id IS NOT NULL
            GROUP BY holder_id, batch_id
            HAVING sum(cards) <> 0
        )
        SELECT party.code, batch.number, coalesce(held.cards, 0) || ' in stock',
               coalesce(flowed.cards, 0) || ' came and have not gone'
        FROM held FULL JOIN flowed USING (holder_id, batch_id)
        JOIN organisations_party party ON party.id = holder_id
        JOIN cards_batch batch ON batch.id = batch_id
        WHERE held.cards IS DISTINCT FROM flowed.cards
        """,
        {"stock": sorted(STOCK)},
    )


def _tallies_count_what_is_there() -> Iterator[Violation]:
    """The roll-ups that pages read instead of counting: of holdings, and of activated cards."""
    yield from violations_of(
        "What is tallied of each holder's cards is what they hold",
        """
        SELECT batch.number, party.code, status, coalesce(tally.cards, 0) || ' tallied',
               coalesce(held.cards, 0) || ' held'
        FROM custody_placetally tally
        FULL JOIN (
            SELECT batch_id, holder_id, status, count(*) AS runs,
                   sum(upper(serials) - lower(serials)) AS cards
            FROM custody_holding GROUP BY batch_id, holder_id, status
        ) held USING (batch_id, holder_id, status)
        JOIN cards_batch batch ON batch.id = batch_id
        JOIN organisations_party party ON party.id = holder_id
        WHERE (tally.runs, tally.cards) IS DISTINCT FROM (held.runs, held.cards)
        """,
    )
    yield from violations_of(
        "As many cards are tallied as activated as there are",
        """
        SELECT block * 1000, coalesce(party.code, 'nobody'),
               coalesce(tally.activated, 0) || ' tallied', coalesce(live.cards, 0) || ' activated'
        FROM custody_activatedtally tally
        FULL JOIN (
            SELECT holding.batch_id, holding.holder_id, card.serial / 1000 AS block,
                   count(*) AS cards
            FROM custody_activatedcard card
            JOIN custody_holding holding ON holding.serials @> card.serial
            WHERE card.reversed_at IS NULL
            GROUP BY holding.batch_id, holding.holder_id, card.serial / 1000
        ) live USING (batch_id, holder_id, block)
        LEFT JOIN organisations_party party ON party.id = holder_id
        WHERE coalesce(tally.activated, 0) <> coalesce(live.cards, 0)
        """,
    )


def _extensions_are_agreed() -> Iterator[Violation]:
    yield from violations_of(
        "A later last day was agreed to by another person, for cards that were out of date",
        """
        SELECT extension.number, run.serials::text, run.during::text, extension.state
        FROM custody_extensionrun run
        JOIN custody_extension extension ON extension.id = run.extension_id
        JOIN cards_batch batch ON batch.serials && run.serials
        WHERE run.during IS NOT NULL
          AND (extension.state <> 'granted' OR extension.decided_by_id = extension.asked_by_id
               OR upper(run.during) - 1 <> extension.last_day
               OR lower(run.during) <= batch.deadline)
        """,
    )
