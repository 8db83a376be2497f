"""What `verify` asks of stock counts: that they changed exactly what was agreed."""

from collections.abc import Iterator

from selfcard.core.verify import Violation, violations_of


def violations() -> Iterator[Violation]:
    yield from _stacks_were_compared()
    yield from _counts_add_up()
    yield from _adjustments_are_told_by_movements()
    yield from _freezes_end_with_their_count()


def _stacks_were_compared() -> Iterator[Violation]:
    yield from violations_of(
        "What was compared with the books are all stacks of the count",
        """
        SELECT stock_count.number, stock_count.counted || ' compared', stacks.cards || ' counted'
        FROM custody_stockcount stock_count
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(upper(serials) - lower(serials)), 0) AS cards
            FROM custody_countedstack WHERE stock_count_id = stock_count.id
        ) stacks
        WHERE stock_count.counted <> stacks.cards
        """,
    )


def _counts_add_up() -> Iterator[Violation]:
    yield from violations_of(
        "What was counted is what was expected, without what lacks and with what is too many",
        """
        SELECT stock_count.number, stock_count.expected || ' expected',
               stock_count.counted || ' counted', found.lacking || ' missing',
               found.surplus || ' too many'
        FROM custody_stockcount stock_count
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(cards) FILTER (WHERE kind = 'gap'), 0) AS lacking,
                   coalesce(sum(cards) FILTER (WHERE kind = 'surplus'), 0) AS surplus
            FROM (
                SELECT kind, upper(serials) - lower(serials) AS cards
                FROM custody_countfinding WHERE stock_count_id = stock_count.id
            ) finding
        ) found
        WHERE stock_count.counted IS NOT NULL
          AND stock_count.counted <> stock_count.expected - found.lacking + found.surplus
        """,
    )


def _adjustments_are_told_by_movements() -> Iterator[Violation]:
    yield from violations_of(
        "A closed count took over and wrote off exactly what was agreed",
        """
        SELECT stock_count.number, agreed.taken_over || ' taken over, ' || done.taken_over,
               agreed.lost || ' lost, ' || done.lost
        FROM custody_stockcount stock_count
        CROSS JOIN LATERAL (
            SELECT coalesce(range_agg(serials) FILTER (WHERE remedy = 'taken_over'), '{}')
                       AS taken_over,
                   coalesce(range_agg(serials) FILTER (WHERE remedy = 'loss'), '{}') AS lost
            FROM custody_countfinding
            WHERE stock_count_id = stock_count.id AND stock_count.state = 'closed'
        ) agreed
        CROSS JOIN LATERAL (
            SELECT (
                SELECT coalesce(range_agg(serials), '{}') FROM custody_movement
                WHERE kind = 'stock_count' AND reason_kind = 'stock_count'
                  AND reason_number = stock_count.number
            ) AS taken_over,
            (
                SELECT coalesce(range_agg(serials), '{}') FROM custody_writeoffrun
                WHERE write_off_id = stock_count.write_off_id
            ) AS lost
        ) done
        WHERE agreed.taken_over <> done.taken_over OR agreed.lost <> done.lost
        """,
    )


def _freezes_end_with_their_count() -> Iterator[Violation]:
    yield from violations_of(
        "A count stops only cards that it misses, and only until it is decided",
        """
        SELECT stopped.serials::text, stopped.reason_number, coalesce(stock_count.state, 'no count')
        FROM custody_freeze stopped
        LEFT JOIN custody_stockcount stock_count ON stock_count.number = stopped.reason_number
        WHERE stopped.reason_kind = 'stock_count' AND stopped.released_at IS NULL
          AND (
            stock_count.state IS NULL OR stock_count.state NOT IN ('compared', 'asked')
            OR NOT int8multirange(stopped.serials) <@ (
                SELECT coalesce(range_agg(serials), '{}') FROM custody_countfinding
                WHERE stock_count_id = stock_count.id AND kind = 'gap'
            )
          )
        """,
    )
