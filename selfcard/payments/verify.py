"""What payments promises, checked on the live database."""

from collections.abc import Iterator

from selfcard.core.verify import Violation, violations_of


def violations() -> Iterator[Violation]:
    yield from violations_of(
        "Invoice numbers run without gaps or repeats in each series",
        """
        SELECT invoice.series, 'runs to ' || max(invoice.running), count(*) || ' invoices',
               'counter at ' || coalesce(max(counter.last), 0)
        FROM payments_invoice invoice
        LEFT JOIN core_numberseries counter ON counter.name = invoice.series
        GROUP BY invoice.series
        HAVING max(invoice.running) <> count(DISTINCT invoice.running)
            OR count(*) <> count(DISTINCT invoice.running)
            OR min(invoice.running) <> 1
            OR coalesce(max(counter.last), 0) <> max(invoice.running)
        """,
    )
    yield from violations_of(
        "The tenders of a confirmed receipt add up to its amount",
        """
        SELECT receipt.number, 'asks for ' || receipt.amount,
               'tenders ' || coalesce(sum(tender.amount), 0)
        FROM payments_receipt receipt
        LEFT JOIN payments_tender tender ON tender.receipt_id = receipt.id
        WHERE receipt.state = 'confirmed'
        GROUP BY receipt.id
        HAVING receipt.amount + receipt.surplus <> coalesce(sum(tender.amount), 0)
        """,
    )
    yield from violations_of(
        "A confirmed charge receipt has one invoice over its amount, and no other has any",
        """
        SELECT receipt.number, receipt.state, count(invoice.id) || ' invoices',
               'for ' || coalesce(sum(invoice.gross), 0) || ' of ' || receipt.amount
        FROM payments_receipt receipt
        LEFT JOIN payments_invoice invoice ON invoice.receipt_id = receipt.id
        GROUP BY receipt.id
        HAVING CASE receipt.state
            WHEN 'confirmed' THEN count(invoice.id) <> (receipt.kind = 'charge')::int
                OR coalesce(sum(invoice.gross), receipt.amount) <> receipt.amount
            ELSE count(invoice.id) <> 0 END
        """,
    )
    yield from violations_of(
        "The lines of an invoice add up to it",
        """
        SELECT invoice.number, 'net ' || sum((line #>> '{net,amount}')::numeric),
               'tax ' || sum((line #>> '{tax,amount}')::numeric)
        FROM payments_invoice invoice, jsonb_array_elements(invoice.lines) AS line
        GROUP BY invoice.id
        HAVING sum((line #>> '{net,amount}')::numeric) <> invoice.net
            OR sum((line #>> '{tax,amount}')::numeric) <> invoice.tax
            OR sum((line #>> '{gross,amount}')::numeric) <> invoice.gross
        """,
    )
    yield from violations_of(
        "The money of a confirmed receipt is in the books once",
        """
        SELECT receipt.number, 'receipt ' || receipt.amount,
               'booked ' || coalesce(sum(posting.amount), 0)
        FROM payments_receipt receipt
        LEFT JOIN ledger_entry entry ON entry.reason_kind = 'receipt'
            AND entry.reason_number = receipt.number
            AND entry.kind IN ('receipt_confirmed', 'deposit_confirmed')
        LEFT JOIN ledger_posting posting ON posting.entry_id = entry.id AND posting.amount > 0
        WHERE receipt.state = 'confirmed'
        GROUP BY receipt.id
        HAVING receipt.amount + receipt.surplus <> coalesce(sum(posting.amount), 0)
        """,
    )
    yield from violations_of(
        "Red-letter numbers run without gaps or repeats in each series",
        """
        SELECT red.series, 'runs to ' || max(red.running), count(*) || ' red-letter invoices',
               'counter at ' || coalesce(max(counter.last), 0)
        FROM payments_redletterinvoice red
        LEFT JOIN core_numberseries counter ON counter.name = red.series
        GROUP BY red.series
        HAVING max(red.running) <> count(DISTINCT red.running)
            OR count(*) <> count(DISTINCT red.running)
            OR min(red.running) <> 1
            OR coalesce(max(counter.last), 0) <> max(red.running)
        """,
    )
    yield from violations_of(
        "Red-letter invoices are never above their original",
        """
        SELECT invoice.number, 'net ' || invoice.net, 'red ' || sum(red.net),
               'tax ' || invoice.tax, 'red ' || sum(red.tax)
        FROM payments_invoice invoice
        JOIN payments_redletterinvoice red ON red.invoice_id = invoice.id
        GROUP BY invoice.id
        HAVING invoice.net + sum(red.net) < 0 OR invoice.tax + sum(red.tax) < 0
        """,
    )
    yield from violations_of(
        "What goes back the way it came is no more than came this way",
        """
        SELECT payment.number, paid.kind, 'came ' || coalesce(came.amount, 0),
               'went back ' || gone.amount
        FROM payments_redletterinvoice red
        JOIN payments_invoice original ON original.id = red.invoice_id
        JOIN payments_paymentreceipt payment
            ON payment.id = red.payment_id AND payment.way = 'original'
        JOIN (SELECT DISTINCT payment_id, kind FROM payments_outlay) paid
            ON paid.payment_id = payment.id
        CROSS JOIN LATERAL (
            SELECT sum(outlay.amount) AS amount
            FROM payments_redletterinvoice earlier
            JOIN payments_outlay outlay ON outlay.payment_id = earlier.payment_id
            WHERE earlier.invoice_id = original.id AND earlier.id <= red.id
              AND outlay.kind = paid.kind
        ) gone
        CROSS JOIN LATERAL (
            SELECT sum(tender.amount) AS amount FROM payments_tender tender
            WHERE tender.receipt_id = original.receipt_id AND paid.kind =
                CASE tender.kind WHEN 'cheque' THEN 'transfer' ELSE tender.kind END
        ) came
        WHERE gone.amount > coalesce(came.amount, 0)
        """,
    )
    yield from violations_of(
        "A confirmed payment has outlays over its amount, and a refund its red-letter invoice",
        """
        SELECT payment.number, payment.state, 'of ' || payment.amount,
               'outlays ' || coalesce(paid.amount, 0), 'red ' || coalesce(red.gross, 0)
        FROM payments_paymentreceipt payment
        LEFT JOIN (
            SELECT payment_id, sum(amount) AS amount FROM payments_outlay GROUP BY payment_id
        ) paid ON paid.payment_id = payment.id
        LEFT JOIN payments_redletterinvoice red ON red.payment_id = payment.id
        WHERE coalesce(paid.amount, 0)
                <> CASE payment.state WHEN 'confirmed' THEN payment.amount ELSE 0 END
            OR coalesce(red.gross, 0) <> CASE
                WHEN payment.state = 'confirmed' AND payment.kind = 'refund' THEN -payment.amount
                ELSE 0 END
        """,
    )
    yield from violations_of(
        "The money of a confirmed payment is in the books once",
        """
        SELECT payment.number, 'payment ' || payment.amount,
               'booked ' || coalesce(sum(posting.amount), 0)
        FROM payments_paymentreceipt payment
        LEFT JOIN ledger_entry entry ON entry.reason_kind = 'payment'
            AND entry.reason_number = payment.number
            AND entry.kind IN ('refund_paid', 'advance_refunded')
        LEFT JOIN ledger_posting posting ON posting.entry_id = entry.id AND posting.amount > 0
        WHERE payment.state = 'confirmed'
        GROUP BY payment.id
        HAVING payment.amount <> coalesce(sum(posting.amount), 0)
        """,
    )
    yield from violations_of(
        "A counted drawer expects what was there, came, went and was banked",
        """
        SELECT drawer.code || ' ' || day.day, counted.kind, 'expected ' || counted.expected,
               'moved ' || coalesce(moved.amount, 0)
        FROM payments_drawerday day
        JOIN payments_drawer drawer ON drawer.id = day.drawer_id
        JOIN payments_drawercount counted ON counted.drawer_day_id = day.id
        LEFT JOIN (
            SELECT drawer_day_id, kind, sum(amount) AS amount
            FROM (
                SELECT drawer_day_id, kind, amount FROM payments_tender
                UNION ALL SELECT drawer_day_id, kind, -amount FROM payments_outlay
                UNION ALL SELECT drawer_day_id, kind, -amount FROM payments_banking
                UNION ALL SELECT id, 'cash', opening_cash FROM payments_drawerday
            ) every WHERE drawer_day_id IS NOT NULL GROUP BY drawer_day_id, kind
        ) moved ON moved.drawer_day_id = day.id AND moved.kind = counted.kind
        WHERE counted.expected <> coalesce(moved.amount, 0) AND counted.counting = (
            SELECT max(counting) FROM payments_drawercount WHERE drawer_day_id = day.id
        )
        """,
    )
    yield from violations_of(
        "The difference of a closed drawer is in the books once",
        """
        SELECT drawer.code || ' ' || day.day, 'difference ' || counted.difference,
               'booked ' || coalesce(booked.amount, 0)
        FROM payments_drawerday day
        JOIN payments_drawer drawer ON drawer.id = day.drawer_id
        JOIN LATERAL (
            SELECT sum(one.counted - one.expected) AS difference FROM payments_drawercount one
            WHERE one.drawer_day_id = day.id AND one.counting = (
                SELECT max(counting) FROM payments_drawercount WHERE drawer_day_id = day.id
            )
        ) counted ON true
        LEFT JOIN LATERAL (
            SELECT -sum(posting.amount) AS amount
            FROM ledger_entry entry JOIN ledger_posting posting ON posting.entry_id = entry.id
            WHERE entry.kind IN ('cash_difference', 'reversal') AND posting.account_id = '6711'
              AND entry.reason_kind = 'drawer'
              AND entry.reason_number = drawer.code || ' ' || day.day
        ) booked ON true
        WHERE coalesce(booked.amount, 0)
            <> CASE day.state WHEN 'closed' THEN counted.difference ELSE 0 END
        """,
    )
    yield from violations_of(
        "An advance account is the sum of its entries, and they are in the books",
        """
        SELECT account.number, 'balance ' || account.balance,
               'entries ' || coalesce(sum(entry.amount), 0)
        FROM payments_advanceaccount account
        LEFT JOIN payments_advanceentry entry ON entry.account_id = account.id
        GROUP BY account.id
        HAVING account.balance <> coalesce(sum(entry.amount), 0)
        UNION ALL
        SELECT 'all accounts ' || balance.currency, 'balance ' || balance.total,
               'booked ' || coalesce(booked.total, 0)
        FROM (
            SELECT currency, sum(balance) AS total
            FROM payments_advanceaccount GROUP BY currency
        ) balance
        FULL JOIN (
            SELECT entry.currency, -sum(posting.amount) AS total
            FROM ledger_posting posting JOIN ledger_entry entry ON entry.id = posting.entry_id
            WHERE posting.account_id = '2203'
            GROUP BY entry.currency
        ) booked ON booked.currency = balance.currency
        WHERE coalesce(balance.total, 0) <> coalesce(booked.total, 0)
        """,
    )
