"""What `bench.books` says to PostgreSQL, in the order in which cards live through it.

Parameters are a batch's and its lot's; days are counted from the batch's approval, and everything
happens at ten in the morning.
"""

OFFICES = """
    DROP TABLE IF EXISTS office;
    CREATE TEMP TABLE office (
        place int PRIMARY KEY, branch bigint, institution bigint, person bigint, other bigint
    )
"""
OFFICE = "INSERT INTO office VALUES (%s, %s, %s, %s, %s)"

GROWN = """
    ANALYZE custody_holding, custody_holdingpast, custody_movement, custody_stockflow,
        custody_placetally
"""


def at(day: str) -> str:
    """Ten in the morning of a day."""
    return f"(({day}) + time '10:00') AT TIME ZONE %(zone)s"


def moved(kind: str, before: str | None, after: str, reason: str, rows: str) -> str:
    """Movements of one kind: rows are serials, giver, taker, number of the reason, and day."""
    giver, status = ("giver", f"'{before}'") if before else ("NULL::bigint", "NULL")
    kept = ("", "''", "''") if after == "inventory" else ("", f"'{reason}'", "number")
    return f"""
        INSERT INTO custody_movement (
            batch_id, serials, kind, from_holder_id, to_holder_id, from_status, to_status,
            reason_kind, reason_number, kept_reason_kind, kept_reason_number,
            actor_id, actor_name, channel, at, day
        )
        SELECT %(batch)s, serials, '{kind}', {giver}, taker, {status}, '{after}',
               '{reason}', number, {kept[1]}, {kept[2]},
               %(chief)s, %(chief_name)s, 'office', {at("day")}, day
        FROM ({rows}) AS went (serials, giver, taker, number, day)
    """


# A batch: made, its print file gone to the printer, its cards checked in.
_WHOLE = "int8range(%(first)s, %(end)s), %(office)s::bigint, %(office)s::bigint, %(number)s::text"
MAKING = (
    "UPDATE cards_batch SET state = 'generating' WHERE id = %(batch)s",
    r"""
    INSERT INTO cards_batchkey (batch_id, pin_key, selector_key)
    VALUES (%(batch)s, '\x00', '\x00')
    """,
    r"""
    INSERT INTO cards_pinsheet (key_id, first_serial, cards, digests, selectors)
    SELECT key.id, first, cards, decode(repeat('00', 16 * cards), 'hex'),
           decode(repeat('00', 2 * cards), 'hex')
    FROM cards_batchkey key,
         generate_series(%(first)s::bigint, %(end)s - 1, 1000) AS first,
         LATERAL (SELECT least(1000, %(end)s - first)::int AS cards) AS sheet
    WHERE key.batch_id = %(batch)s
    """,
    f"""
    INSERT INTO cards_printfile (
        batch_id, name, recipient, sha256, size, cards, made_at,
        release_asked_by_id, released_by_id, released_at, downloaded_by_id, downloaded_at
    )
    VALUES (%(batch)s, %(number)s || '.age', %(recipient)s, repeat('0', 64), 0, %(count)s,
            {at("%(day)s::date")}, %(chief)s, %(second)s, {at("%(day)s::date")},
            %(chief)s, {at("%(day)s::date")})
    """,
    moved("print", None, "printed", "batch", f"SELECT {_WHOLE}, %(day)s::date"),
    "UPDATE cards_batch SET state = 'generated' WHERE id = %(batch)s",
    moved(
        "check_in_printed", "printed", "inventory", "batch",
        f"SELECT {_WHOLE}, %(day)s::date + 7",
    ),
)  # fmt: skip

# The pieces that the batch will lie in, each with its block and lot, and where these go.
PIECES = """
    DROP TABLE IF EXISTS piece;
    CREATE TEMP TABLE piece AS
    SELECT cut.*, office.branch, office.institution, office.person, office.other
    FROM (
        SELECT place, place / %(block)s AS block, place / %(lot)s AS lot,
               (%(fates)s::text[])[1 + place %% cardinality(%(fates)s::text[])] AS fate,
               int8range(
                   %(first)s + place * %(length)s,
                   CASE WHEN place = %(pieces)s - 1 THEN %(end)s
                        ELSE %(first)s + (place + 1) * %(length)s END
               ) AS serials
        FROM generate_series(0::bigint, %(pieces)s - 1) AS place
    ) cut
    CROSS JOIN (
        SELECT count(DISTINCT branch) AS branches, count(*) / count(DISTINCT branch) AS each
        FROM office
    ) tree
    JOIN office
      ON office.place = (cut.lot %% tree.branches) * tree.each + cut.block %% tree.each;
    CREATE INDEX ON piece (lot);
    ANALYZE piece
"""


def noted(rows: str, *, to_person: bool = False) -> str:
    """Issue notes: rows are number, giver, taker, for whom, count, and day."""
    checked_in_by = "NULL::bigint" if to_person else "%(second)s"
    arrival = "day" if to_person else "day + 2"
    return f"""
        INSERT INTO custody_issue (
            number, document_type_id, from_party_id, to_party_id, for_organisation_id, count,
            remark, state, issued_by_id, issued_at, checked_in_by_id, checked_in_at, refusal
        )
        SELECT number, %(type)s, giver, taker, meant_for, cards, '', 'checked_in', %(chief)s,
               {at("day")}, {checked_in_by}, {at(arrival)}, ''
        FROM ({rows}) AS note (number, giver, taker, meant_for, cards, day)
    """


_ISSUE_NUMBER = """
    'IN-' || extract(year FROM day) || '-'
          || lpad(nextval('custody_issue_number')::text, 6, '0')
"""
_NOTES = f"""
    DROP TABLE IF EXISTS lot_note, block_note, hand_note;
    CREATE TEMP TABLE lot_note AS
    SELECT {_ISSUE_NUMBER} AS number, *
    FROM (
        SELECT int8range(min(lower(serials)), max(upper(serials))) AS serials,
               min(branch) AS branch, %(day)s::date + 10 AS day
        FROM piece WHERE lot = %(lot)s
    ) lot;
    CREATE TEMP TABLE block_note AS
    SELECT {_ISSUE_NUMBER} AS number, *
    FROM (
        SELECT int8range(min(lower(serials)), max(upper(serials))) AS serials,
               branch, institution, %(day)s::date + 14 + (block %% 30)::int AS day
        FROM piece WHERE lot = %(lot)s GROUP BY block, branch, institution ORDER BY block
    ) block;
    CREATE TEMP TABLE hand_note AS
    SELECT {_ISSUE_NUMBER} AS number, *
    FROM (
        SELECT block, institution, taker, %(day)s::date + 18 + (block %% 30)::int AS day,
               sum(upper(serials) - lower(serials)) AS cards,
               array_agg(serials) AS runs
        FROM (
            SELECT *, CASE fate WHEN 'held_by_other' THEN other ELSE person END AS taker
            FROM piece
            WHERE lot = %(lot)s AND fate IN ('held', 'paid_held', 'held_by_other')
        ) given
        GROUP BY block, institution, taker ORDER BY block, taker
    ) hand
"""
_RUN = "upper(serials) - lower(serials)"

# A sale is of the pieces of a block that share a fate.
_SALES = f"""
    DROP TABLE IF EXISTS sale;
    CREATE TEMP TABLE sale AS
    SELECT 'S-' || extract(year FROM day) || '-'
                || lpad(nextval('sales_sale_number')::text, 7, '0') AS number,
           CASE WHEN fate <> 'sold' THEN 'R-' || extract(year FROM day) || '-'
                || lpad(nextval('payments_receipt_number')::text, 7, '0') END AS receipt, *
    FROM (
        SELECT block, fate, institution,
               CASE fate WHEN 'paid_held' THEN person ELSE institution END AS seller,
               %(day)s::date + 24 + (block %% 30)::int AS day,
               sum({_RUN}) AS cards, sum({_RUN}) * %(face_value)s AS amount,
               array_agg(serials ORDER BY serials) AS runs
        FROM piece
        WHERE lot = %(lot)s AND fate IN ('sold', 'paid', 'paid_held')
        GROUP BY block, fate, institution, person ORDER BY block, fate
    ) sold;
    INSERT INTO sales_sale (
        number, type_version_id, seller_organisation_id, seller_id, business_source,
        customer_reference, remark, count, face_value, amount, currency, registered_by_id,
        registered_at, registered_on, due_on, gift_reason
    )
    SELECT number, %(version)s, institution, seller, 'direct', '', '', cards, %(face_value)s,
           amount, %(currency)s, %(keeper)s, {at("day")}, day, day + 30, ''
    FROM sale;
    INSERT INTO sales_salerun (sale_id, serials)
    SELECT known.id, unnest(runs) FROM sale JOIN sales_sale known USING (number)
"""

_MONEY = f"""
    INSERT INTO payments_receipt (
        number, kind, organisation_id, payer_name, buyer_tax_number, amount, currency, lines,
        reason_kind, reason_number, state, expected, surplus, issued_by_id, issued_at, void_reason
    )
    SELECT receipt, 'charge', institution, '个人', '', amount, %(currency)s, '[]', 'sale', number,
           'issued', '[]', 0, %(keeper)s, {at("day")}, ''
    FROM sale WHERE receipt IS NOT NULL;
    INSERT INTO sales_salereceipt (sale_id, receipt_id, count, amount)
    SELECT known.id, receipt.id, known.count, known.amount
    FROM sale
    JOIN sales_sale known USING (number)
    JOIN payments_receipt receipt ON receipt.number = sale.receipt;
    INSERT INTO payments_tender (receipt_id, kind, amount, arrived_on, reference)
    SELECT receipt.id, 'transfer', sale.amount, day + 1, sale.number
    FROM sale JOIN payments_receipt receipt ON receipt.number = sale.receipt;
    UPDATE payments_receipt receipt
    SET state = 'confirmed', confirmed_by_id = %(cashier)s, confirmed_at = {at("day + 1")}
    FROM sale WHERE receipt.number = sale.receipt;

    CREATE TEMP TABLE billed ON COMMIT DROP AS
    SELECT sale.receipt, sale.amount, sale.day + 1 AS day, institution, party.code,
           'invoice:' || party.code || ':' || extract(year FROM sale.day + 1) AS series,
           row_number() OVER (
               PARTITION BY party.code, extract(year FROM sale.day + 1) ORDER BY sale.receipt
           ) AS place
    FROM sale JOIN organisations_party party ON party.id = sale.institution
    WHERE sale.receipt IS NOT NULL;
    INSERT INTO payments_invoice (
        number, series, running, receipt_id, organisation_id, buyer_name, buyer_tax_number,
        currency, net, tax, gross, lines, issued_by_id, issued_at
    )
    SELECT billed.code || '-' || extract(year FROM billed.day) || '-'
               || lpad((place + coalesce(counter.last, 0))::text, 8, '0'),
           billed.series, place + coalesce(counter.last, 0), receipt.id, institution, '个人', '',
           %(currency)s, billed.amount, 0, billed.amount,
           jsonb_build_array(jsonb_build_object(
               'net', jsonb_build_object('amount', billed.amount),
               'tax', jsonb_build_object('amount', 0),
               'gross', jsonb_build_object('amount', billed.amount)
           )),
           %(cashier)s, {at("billed.day")}
    FROM billed
    JOIN payments_receipt receipt ON receipt.number = billed.receipt
    LEFT JOIN core_numberseries counter ON counter.name = billed.series
    ORDER BY billed.series, place;
    INSERT INTO core_numberseries AS counter (name, last)
    SELECT series, count(*) FROM billed GROUP BY series
    ON CONFLICT (name) DO UPDATE SET last = counter.last + excluded.last;

    WITH booked AS (
        INSERT INTO ledger_entry (
            kind, booked_at, booked_on, counts_from, currency, reason_kind, reason_number,
            lines
        )
        SELECT 'receipt_confirmed', {at("day")}, day, day, %(currency)s, 'receipt', receipt, 2
        FROM billed
        RETURNING id, reason_number
    )
    INSERT INTO ledger_posting (entry_id, line, account_id, amount)
    SELECT booked.id, line, account, side * billed.amount
    FROM booked
    JOIN billed ON billed.receipt = booked.reason_number
    CROSS JOIN (VALUES (1, '1002', 1), (2, '2201', -1)) AS sides (line, account, side)
"""

_FROZEN = f"""
    INSERT INTO custody_freeze (
        serials, reason_kind, reason_number, note, frozen_by_id, frozen_at, release_note
    )
    SELECT serials, 'freeze',
           'FZ-' || extract(year FROM %(day)s::date) || '-'
                 || lpad(nextval('custody_freeze_number')::text, 6, '0'),
           'under inquiry', %(chief)s, {at("%(day)s::date + 100")}, ''
    FROM piece WHERE lot = %(lot)s AND fate = 'held_by_other'
    ORDER BY place DESC LIMIT 1
"""

HANDING_DOWN = (
    _NOTES,
    noted(f"SELECT number, %(office)s, branch, NULL::bigint, {_RUN}, day FROM lot_note"),
    moved(
        "issue", "inventory", "in_transit", "issue",
        "SELECT serials, %(office)s::bigint, %(office)s::bigint, number, day FROM lot_note",
    ),
    moved(
        "check_in", "in_transit", "inventory", "issue",
        "SELECT serials, %(office)s::bigint, branch, number, day + 2 FROM lot_note",
    ),
    noted(f"SELECT number, branch, institution, institution, {_RUN}, day FROM block_note"),
    moved(
        "issue", "inventory", "in_transit", "issue",
        "SELECT serials, branch, branch, number, day FROM block_note",
    ),
    moved(
        "check_in", "in_transit", "inventory", "issue",
        "SELECT serials, branch, institution, number, day + 2 FROM block_note",
    ),
    noted(
        "SELECT number, institution, taker, institution, cards, day FROM hand_note",
        to_person=True,
    ),
    moved(
        "issue", "inventory", "inventory", "issue",
        "SELECT unnest(runs), institution, taker, number, day FROM hand_note",
    ),
    _SALES,
    moved(
        "sale", "inventory", "sold", "sale",
        "SELECT unnest(runs), seller, seller, number, day FROM sale",
    ),
    _MONEY,
    moved(
        "settlement", "sold", "to_be_activated", "sale",
        "SELECT unnest(runs), seller, seller, number, day + 1 FROM sale"
        " WHERE receipt IS NOT NULL",
    ),
    _FROZEN,
)  # fmt: skip

# Spread evenly over all cards that are paid for: of cards 0, 1, 2 … those at which the share of
# activated ones reaches the next whole card.
_ACTIVATED = f"""
    DROP TABLE IF EXISTS activated;
    CREATE TEMP TABLE activated AS
    SELECT serial, holder_id, {at("%(day)s::date + 90 + (serial %% 60)::int")} AS moment
    FROM (
        SELECT holder_id, serial, row_number() OVER (ORDER BY serial) AS place,
               count(*) OVER () AS paid
        FROM custody_holding, generate_series(lower(serials), upper(serials) - 1) AS serial
        WHERE batch_id = %(batch)s AND status = 'to_be_activated'
    ) card
    WHERE place * %(activated)s / paid > (place - 1) * %(activated)s / paid
"""
ACTIVATIONS = (
    _ACTIVATED,
    "INSERT INTO custody_openedcard (serial, opened_at) SELECT serial, moment FROM activated",
    """
    INSERT INTO custody_activatedtally (batch_id, holder_id, block, activated)
    SELECT %(batch)s, holder_id, serial / 1000, count(*)
    FROM activated GROUP BY holder_id, serial / 1000
    """,
    """
    INSERT INTO custody_activatedcard (serial, policy_number, activated_at)
    SELECT serial, 'P' || serial, moment FROM activated
    """,
)
