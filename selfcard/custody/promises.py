"""What PostgreSQL keeps for custody, so that no program can lose or double a card.

A movement is what moves cards: inserting it makes the holdings that follow from it, and nothing
else can make, change or delete a holding. So each place of a card has its movement, each step is
one that cards may take, and per batch the holdings always add up to what was printed.
"""

import pgtrigger


def written_by_movements_only(name: str) -> pgtrigger.Trigger:
    """Rows that only a movement's own trigger may write: anybody else writes at depth one."""
    return pgtrigger.Trigger(
        name=f"{name}_follows_from_movements",
        level=pgtrigger.Statement,
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        func="""
            IF pg_trigger_depth() < 2 THEN
                RAISE EXCEPTION '% is written by movements only', TG_TABLE_NAME
                    USING ERRCODE = '23514';
            END IF;
            RETURN NULL;
        """,
    )


movement_moves_cards = pgtrigger.Trigger(
    name="movement_moves_cards",
    level=pgtrigger.Statement,
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    referencing=pgtrigger.Referencing(new="moves"),
    declare=[
        ("moved", "int8multirange"),
        ("taken", "custody_holding[]"),
        ("stray", "int8multirange"),
    ],
    func="""
        SELECT range_agg(serials) INTO moved FROM moves;

        IF (SELECT sum(upper(serials) - lower(serials)) FROM moves)
           <> (SELECT sum(upper(part) - lower(part)) FROM unnest(moved) part) THEN
            RAISE EXCEPTION 'a card moves once at a time: %', moved USING ERRCODE = '23514';
        END IF;

        -- An activated card rests on its policy: that is reversed before the card goes anywhere.
        -- Here and below the first such card from where the run begins is one step in an index;
        -- asked for any in between, PostgreSQL hopes to meet one early and reads the whole table.
        IF EXISTS (
            SELECT FROM moves CROSS JOIN LATERAL (
                SELECT serial FROM custody_activatedcard
                WHERE serial >= lower(moves.serials) AND reversed_at IS NULL
                ORDER BY serial LIMIT 1
            ) activated
            WHERE moves.from_status = 'to_be_activated'
              AND activated.serial < upper(moves.serials)
        ) THEN
            RAISE EXCEPTION 'an activated card does not move: %', moved USING ERRCODE = '23514';
        END IF;

        -- Nobody may get a card whose secret another knows. What is under way to somebody still
        -- arrives, since it has to be in somebody's hands.
        IF EXISTS (
            SELECT FROM moves CROSS JOIN LATERAL (
                SELECT serial FROM custody_openedcard
                WHERE serial >= lower(moves.serials)
                ORDER BY serial LIMIT 1
            ) opened
            WHERE opened.serial < upper(moves.serials)
              AND (
                (moves.from_status = 'inventory'
                 AND moves.to_status IN ('inventory', 'in_transit', 'sold'))
                OR (moves.to_status = 'inventory'
                    AND moves.from_status NOT IN ('printed', 'in_transit'))
              )
        ) THEN
            RAISE EXCEPTION 'a card that was opened is not handed on: %', moved
                USING ERRCODE = '23514';
        END IF;

        -- Cards that are stopped are not handed on. They may be called back, unless they are
        -- missing. Out of a sale they come back only where nothing is said of just these cards.
        IF EXISTS (
            SELECT FROM moves JOIN custody_freeze stopped
              ON stopped.serials && moves.serials AND stopped.released_at IS NULL
            WHERE moves.kind IN ('issue', 'hand_over', 'sale')
               OR (moves.kind = 'recall' AND stopped.reason_kind NOT IN ('freeze', 'batch'))
               OR (moves.kind IN ('sale_recall', 'refund_hold', 'refund')
                   AND stopped.reason_kind <> 'batch')
        ) THEN
            RAISE EXCEPTION 'a frozen card is not handed on: %', moved USING ERRCODE = '23514';
        END IF;

        IF EXISTS (
            SELECT FROM moves
            WHERE abs(day - (at AT TIME ZONE 'UTC')::date) > 1
        ) THEN
            RAISE EXCEPTION 'a movement counts from the day on which it was made'
                USING ERRCODE = '23514';
        END IF;

        -- First take up: the holdings that the moved cards are in, and the neighbours that they
        -- will be one run with. Nothing is laid down before, so nothing overlaps meanwhile.
        -- Neighbours are looked for by their serials only: said with OR, PostgreSQL would also look
        -- through all holdings that are alike, such as everything in inventory.
        WITH gone AS (
            DELETE FROM custody_holding holding
            USING moves
            WHERE holding.serials && int8range(lower(moves.serials) - 1, upper(moves.serials) + 1)
              AND CASE WHEN holding.serials && moves.serials THEN true
                ELSE holding.batch_id = moves.batch_id
                    AND holding.holder_id = moves.to_holder_id
                    AND holding.status = moves.to_status
                    AND holding.reason_kind = moves.kept_reason_kind
                    AND holding.reason_number = moves.kept_reason_number
                    AND holding.since <= moves.at
                END
            RETURNING holding.*
        )
        SELECT array_agg(gone::custody_holding) INTO taken FROM gone;

        SELECT went.serials INTO stray
        FROM (
            SELECT batch_id, from_holder_id, from_status, at, range_agg(serials) AS serials
            FROM moves WHERE from_status IS NOT NULL
            GROUP BY batch_id, from_holder_id, from_status, at
        ) went
        WHERE NOT went.serials <@ (
            SELECT coalesce(range_agg(holding.serials), '{}')
            FROM unnest(taken) holding
            WHERE holding.batch_id = went.batch_id
              AND holding.holder_id = went.from_holder_id
              AND holding.status = went.from_status
              AND holding.since <= went.at
        )
        LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'cards are not where the movement takes them from: %', stray
                USING ERRCODE = '23514';
        END IF;

        -- Cards whose loss was announced are declared invalid: nobody gets them any more.
        IF EXISTS (
            SELECT FROM moves JOIN unnest(taken) holding ON holding.serials && moves.serials
            JOIN custody_writeoff loss
              ON holding.reason_kind = 'write_off' AND loss.number = holding.reason_number
            WHERE moves.from_status = 'lost' AND moves.to_status = 'inventory'
              AND loss.announced_on IS NOT NULL
        ) THEN
            RAISE EXCEPTION 'cards that were declared invalid do not come back: %', moved
                USING ERRCODE = '23514';
        END IF;

        -- Then lay down: what stays, and what has moved, in as few runs as there can be.
        WITH piece AS (
            SELECT holding.batch_id, holding.holder_id, holding.status, holding.reason_kind,
                   holding.reason_number, holding.since, rest.serials
            FROM unnest(taken) holding,
                 unnest(int8multirange(holding.serials) - moved) AS rest(serials)
            UNION ALL
            SELECT batch_id, to_holder_id, to_status, kept_reason_kind, kept_reason_number, at,
                   serials
            FROM moves
        ),
        -- Neighbours that are alike are one run: a new one begins wherever something lies between.
        bordering AS (
            SELECT piece.*, lower(serials) IS DISTINCT FROM lag(upper(serials)) OVER alike AS begins
            FROM piece
            WINDOW alike AS (
                PARTITION BY batch_id, holder_id, status, reason_kind, reason_number
                ORDER BY serials
            )
        ),
        numbered AS (
            SELECT bordering.*, count(*) FILTER (WHERE begins) OVER alike AS run
            FROM bordering
            WINDOW alike AS (
                PARTITION BY batch_id, holder_id, status, reason_kind, reason_number
                ORDER BY serials
            )
        ),
        part AS (
            SELECT numbered.*, max(since) OVER whole AS run_since, count(*) OVER whole AS parts
            FROM numbered
            WINDOW whole AS (
                PARTITION BY batch_id, holder_id, status, reason_kind, reason_number, run
            )
        ),
        ended AS (
            -- What the moved cards were until now.
            SELECT holding.batch_id, holding.holder_id, holding.status, holding.reason_kind,
                   holding.reason_number, was.serials, holding.since, went.at AS until
            FROM unnest(taken) holding,
                 (SELECT at, range_agg(serials) AS serials FROM moves GROUP BY at) went,
                 unnest(int8multirange(holding.serials) * went.serials) AS was(serials)
            UNION ALL
            -- A run that grew is another one from now on: its parts end where it begins.
            SELECT batch_id, holder_id, status, reason_kind, reason_number, serials, since,
                   run_since
            FROM part WHERE parts > 1
        ),
        remembered AS (
            INSERT INTO custody_holdingpast
                (batch_id, serials, holder_id, status, reason_kind, reason_number, during)
            SELECT batch_id, serials, holder_id, status, reason_kind, reason_number,
                   tstzrange(since, until)
            FROM ended WHERE since < until
        )
        INSERT INTO custody_holding
            (batch_id, serials, holder_id, status, reason_kind, reason_number, since)
        SELECT batch_id, int8range(min(lower(serials)), max(upper(serials))), holder_id, status,
               reason_kind, reason_number, run_since
        FROM part
        GROUP BY batch_id, holder_id, status, reason_kind, reason_number, run, run_since;

        INSERT INTO custody_stockflow AS flow (batch_id, day, kind, giver_id, receiver_id, cards)
        SELECT batch_id, day, kind, giver_id, receiver_id, sum(cards)
        FROM (
            SELECT batch_id, day, kind, upper(serials) - lower(serials) AS cards,
                   CASE WHEN from_status IN ('printed', 'in_transit', 'inventory')
                        THEN from_holder_id END AS giver_id,
                   CASE WHEN to_status IN ('printed', 'in_transit', 'inventory')
                        THEN to_holder_id END AS receiver_id
            FROM moves
        ) went
        WHERE giver_id IS DISTINCT FROM receiver_id
        GROUP BY batch_id, day, kind, giver_id, receiver_id
        ON CONFLICT (batch_id, day, kind, giver_id, receiver_id)
            DO UPDATE SET cards = flow.cards + excluded.cards;

        RETURN NULL;
    """,
)


def _tally(name: str, operation: pgtrigger.core.Operation, changes: str) -> pgtrigger.Trigger:
    tables = {"INSERT": {"new": "laid"}, "DELETE": {"old": "taken"}}
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=pgtrigger.Referencing(**tables[str(operation)]),
        func=changes,
    )


holdings_laid_down_are_tallied = _tally(
    "holdings_laid_down_are_tallied",
    pgtrigger.Insert,
    """
        IF EXISTS (
            SELECT FROM laid JOIN cards_batch batch ON batch.id = laid.batch_id
            WHERE batch.serials IS NULL OR NOT laid.serials <@ batch.serials
        ) THEN
            RAISE EXCEPTION 'a holding lies within its batch' USING ERRCODE = '23514';
        END IF;
        INSERT INTO custody_batchtally AS tally (batch_id, size, held)
        SELECT laid.batch_id, batch.count, sum(upper(laid.serials) - lower(laid.serials))
        FROM laid JOIN cards_batch batch ON batch.id = laid.batch_id
        GROUP BY laid.batch_id, batch.count
        ON CONFLICT (batch_id) DO UPDATE SET held = tally.held + excluded.held;
        INSERT INTO custody_placetally AS tally (batch_id, holder_id, status, runs, cards)
        SELECT batch_id, holder_id, status, count(*), sum(upper(serials) - lower(serials))
        FROM laid GROUP BY batch_id, holder_id, status
        ON CONFLICT (batch_id, holder_id, status)
            DO UPDATE SET runs = tally.runs + excluded.runs, cards = tally.cards + excluded.cards;
        RETURN NULL;
    """,
)

holdings_taken_up_are_tallied = _tally(
    "holdings_taken_up_are_tallied",
    pgtrigger.Delete,
    """
        UPDATE custody_batchtally tally SET held = tally.held - gone.cards
        FROM (
            SELECT batch_id, sum(upper(serials) - lower(serials)) AS cards
            FROM taken GROUP BY batch_id
        ) gone
        WHERE gone.batch_id = tally.batch_id;
        MERGE INTO custody_placetally tally
        USING (
            SELECT batch_id, holder_id, status, count(*) AS runs,
                   sum(upper(serials) - lower(serials)) AS cards
            FROM taken GROUP BY batch_id, holder_id, status
        ) gone
        ON gone.batch_id = tally.batch_id AND gone.holder_id = tally.holder_id
           AND gone.status = tally.status
        WHEN MATCHED AND tally.runs = gone.runs THEN DELETE
        WHEN MATCHED THEN
            UPDATE SET runs = tally.runs - gone.runs, cards = tally.cards - gone.cards;
        RETURN NULL;
    """,
)

every_card_is_held_at_commit = pgtrigger.Trigger(
    name="every_card_is_held_at_commit",
    level=pgtrigger.Row,
    when=pgtrigger.After,
    operation=pgtrigger.Insert | pgtrigger.Update,
    timing=pgtrigger.Deferred,
    declare=[("found", "custody_batchtally")],
    func="""
        SELECT * INTO found FROM custody_batchtally WHERE batch_id = NEW.batch_id;
        IF found.held <> found.size THEN
            RAISE EXCEPTION 'batch % has % cards and % are held',
                found.batch_id, found.size, found.held USING ERRCODE = '23514';
        END IF;
        RETURN NULL;
    """,
)

write_offs_are_agreed = pgtrigger.Trigger(
    name="write_offs_are_agreed",
    level=pgtrigger.Row,
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    timing=pgtrigger.Deferred,
    condition=pgtrigger.Q(new__kind__in=["void", "loss", "found", "destruction", "stock_count"]),
    func="""
        IF NOT EXISTS (
            SELECT FROM custody_writeoff write_off
            JOIN custody_writeoffrun run
              ON run.write_off_id = write_off.id AND run.serials @> NEW.serials
            WHERE NEW.reason_kind = 'write_off' AND write_off.number = NEW.reason_number
              AND write_off.kind = NEW.kind AND write_off.state = 'done'
        ) AND NOT EXISTS (
            SELECT FROM custody_stockcount stock_count
            JOIN custody_countfinding finding
              ON finding.stock_count_id = stock_count.id AND finding.serials @> NEW.serials
            WHERE NEW.kind = 'stock_count' AND NEW.reason_kind = 'stock_count'
              AND stock_count.number = NEW.reason_number
              AND stock_count.holder_id = NEW.to_holder_id
              AND finding.remedy = 'taken_over'
              AND stock_count.state = 'closed' AND stock_count.asked_by_id IS NOT NULL
        ) THEN
            RAISE EXCEPTION 'nobody agreed to what happened to cards %', NEW.serials
                USING ERRCODE = '23514';
        END IF;
        IF EXISTS (
            SELECT FROM custody_movement earlier
            WHERE earlier.serials && NEW.serials AND earlier.id < NEW.id
              AND earlier.kind = NEW.kind AND earlier.reason_kind = NEW.reason_kind
              AND earlier.reason_number = NEW.reason_number
        ) THEN
            RAISE EXCEPTION 'what was agreed for cards % is done once', NEW.serials
                USING ERRCODE = '23514';
        END IF;
        RETURN NULL;
    """,
)

runs_are_named_while_it_is_asked = pgtrigger.Trigger(
    name="runs_are_named_while_it_is_asked",
    level=pgtrigger.Row,
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    declare=[("found", "text")],
    func="""
        SELECT state INTO found FROM custody_writeoff WHERE id = NEW.write_off_id FOR SHARE;
        IF found IS DISTINCT FROM 'asked' THEN
            RAISE EXCEPTION 'the cards of a write-off are named before anybody decides'
                USING ERRCODE = '23514';
        END IF;
        RETURN NEW;
    """,
)

write_offs_are_agreed_as_they_were_asked = pgtrigger.Trigger(
    name="write_offs_are_agreed_as_they_were_asked",
    level=pgtrigger.Row,
    when=pgtrigger.Before,
    operation=pgtrigger.UpdateOf("state"),
    condition=pgtrigger.Q(new__state="done"),
    func="""
        IF NEW.count IS DISTINCT FROM (
            SELECT sum(upper(serials) - lower(serials)) FROM custody_writeoffrun
            WHERE write_off_id = NEW.id
        ) THEN
            RAISE EXCEPTION 'write-off % is agreed for just the cards that were named', NEW.number
                USING ERRCODE = '23514';
        END IF;
        RETURN NEW;
    """,
)

extended_runs_are_named_while_it_is_asked = pgtrigger.Trigger(
    name="extended_runs_are_named_while_it_is_asked",
    level=pgtrigger.Row,
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    func="""
        IF NEW.granted_at IS NOT NULL OR NOT EXISTS (
            SELECT FROM custody_extension WHERE id = NEW.extension_id AND state = 'asked' FOR SHARE
        ) THEN
            RAISE EXCEPTION 'the cards of an extension are named before anybody decides'
                USING ERRCODE = '23514';
        END IF;
        RETURN NEW;
    """,
)

extended_runs_follow_their_extension = pgtrigger.Trigger(
    name="extended_runs_follow_their_extension",
    level=pgtrigger.Row,
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    func="""
        IF NOT EXISTS (
            SELECT FROM custody_extension
            WHERE id = NEW.extension_id AND state = 'granted' AND decided_at = NEW.granted_at
              AND upper(NEW.during) = last_day + 1
              AND abs(lower(NEW.during) - (decided_at AT TIME ZONE 'UTC')::date) <= 1
        ) THEN
            RAISE EXCEPTION 'nobody agreed to a later last day of cards %', NEW.serials
                USING ERRCODE = '23514';
        END IF;
        RETURN NEW;
    """,
)

extensions_are_in_force_exactly_when_granted = pgtrigger.Trigger(
    name="extensions_are_in_force_exactly_when_granted",
    level=pgtrigger.Row,
    when=pgtrigger.After,
    operation=pgtrigger.Insert | pgtrigger.UpdateOf("state"),
    timing=pgtrigger.Deferred,
    declare=[("now", "custody_extension")],
    func="""
        SELECT * INTO now FROM custody_extension WHERE id = NEW.id;
        IF NOT EXISTS (SELECT FROM custody_extensionrun WHERE extension_id = NEW.id)
           OR EXISTS (
            SELECT FROM custody_extensionrun
            WHERE extension_id = NEW.id AND (granted_at IS NOT NULL) <> (now.state = 'granted')
        ) THEN
            RAISE EXCEPTION 'extension % does not say what its cards say', NEW.number
                USING ERRCODE = '23514';
        END IF;
        RETURN NULL;
    """,
)

activations_are_of_paid_cards_and_tallied = pgtrigger.Trigger(
    name="activations_are_of_paid_cards",
    level=pgtrigger.Row,
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    func="""
        INSERT INTO custody_activatedtally AS tally (batch_id, holder_id, block, activated)
        SELECT batch_id, holder_id, NEW.serial / 1000, 1
        FROM custody_holding
        WHERE serials @> NEW.serial AND status = 'to_be_activated'
          AND NOT EXISTS (
            SELECT FROM custody_freeze
            WHERE serials @> NEW.serial AND released_at IS NULL
          )
        ON CONFLICT (block, holder_id, batch_id)
            DO UPDATE SET activated = tally.activated + 1;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'card % is not to be activated', NEW.serial USING ERRCODE = '23514';
        END IF;
        RETURN NULL;
    """,
)

reversals_are_tallied = pgtrigger.Trigger(
    name="reversals_are_tallied",
    level=pgtrigger.Row,
    when=pgtrigger.After,
    operation=pgtrigger.UpdateOf("reversed_at"),
    condition=pgtrigger.Q(old__reversed_at__isnull=True, new__reversed_at__isnull=False),
    func="""
        UPDATE custody_activatedtally tally SET activated = tally.activated - 1
        FROM custody_holding holding
        WHERE holding.serials @> NEW.serial AND tally.block = NEW.serial / 1000
          AND tally.holder_id = holding.holder_id AND tally.batch_id = holding.batch_id;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the activation of card % was never tallied', NEW.serial
                USING ERRCODE = '23514';
        END IF;
        RETURN NULL;
    """,
)

issues_fill_their_requisition = pgtrigger.Trigger(
    name="issues_fill_their_requisition",
    level=pgtrigger.Row,
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    condition=pgtrigger.Q(new__requisition__isnull=False),
    func="""
        UPDATE custody_requisition SET issued = issued + NEW.count
        WHERE id = NEW.requisition_id AND state = 'granted'
          AND document_type_id = NEW.document_type_id
          AND organisation_id = NEW.to_party_id AND issuer_id = NEW.from_party_id;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'issue % is not what its requisition was granted for', NEW.number
                USING ERRCODE = '23514';
        END IF;
        RETURN NULL;
    """,
)

refused_issues_give_back_to_their_requisition = pgtrigger.Trigger(
    name="refused_issues_give_back",
    level=pgtrigger.Row,
    when=pgtrigger.After,
    operation=pgtrigger.UpdateOf("state"),
    condition=pgtrigger.Q(new__requisition__isnull=False, new__state="refused"),
    func="""
        UPDATE custody_requisition SET issued = issued - NEW.count WHERE id = NEW.requisition_id;
        RETURN NULL;
    """,
)

requisitions_are_issued_by_issues = pgtrigger.Trigger(
    name="requisitions_are_issued_by_issues",
    level=pgtrigger.Row,
    when=pgtrigger.Before,
    operation=pgtrigger.UpdateOf("issued"),
    func="""
        IF pg_trigger_depth() < 2 THEN
            RAISE EXCEPTION 'what was issued for requisition % follows from its issues', OLD.number
                USING ERRCODE = '23514';
        END IF;
        RETURN NEW;
    """,
)
