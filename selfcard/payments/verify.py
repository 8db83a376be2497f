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
        HAVING receipt.amount <> coalesce(sum(tender.amount), 0)
        """,
    )
    yield from violations_of(
        "Each confirmed receipt has one invoice over its amount, and no other has any",
        """
        SELECT receipt.number, receipt.state, count(invoice.id) || ' invoices',
               'for ' || coalesce(sum(invoice.gross), 0) || ' of ' || receipt.amount
        FROM payments_receipt receipt
        LEFT JOIN payments_invoice invoice ON invoice.receipt_id = receipt.id
        GROUP BY receipt.id
        HAVING CASE receipt.state
            WHEN 'confirmed' THEN count(invoice.id) <> 1 OR sum(invoice.gross) <> receipt.amount
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
            AND entry.reason_number = receipt.number AND entry.kind = 'receipt_confirmed'
        LEFT JOIN ledger_posting posting ON posting.entry_id = entry.id AND posting.amount > 0
        WHERE receipt.state = 'confirmed'
        GROUP BY receipt.id
        HAVING receipt.amount <> coalesce(sum(posting.amount), 0)
        """,
    )
