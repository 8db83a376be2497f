"""What sales promises, checked on the live database against custody and payments."""

from collections.abc import Iterator

from selfcard.core.verify import Violation, violations_of


def violations() -> Iterator[Violation]:
    yield from violations_of(
        "A sale costs face value times count, and its runs name as many cards",
        """
        SELECT sale.number, sale.count || ' at ' || sale.face_value, 'amount ' || sale.amount,
               coalesce(sum(upper(run.serials) - lower(run.serials)), 0) || ' cards named'
        FROM sales_sale sale
        LEFT JOIN sales_salerun run ON run.sale_id = sale.id
        GROUP BY sale.id
        HAVING sale.amount <> sale.face_value * sale.count
            OR sale.count <> coalesce(sum(upper(run.serials) - lower(run.serials)), 0)
        """,
    )
    yield from violations_of(
        "No card is to be activated or activated without a confirmed receipt",
        """
        SELECT holding.serials::text, holding.status, holding.reason_number,
               coalesce(receipt.number || ' ' || receipt.state, 'no receipt')
        FROM custody_holding holding
        LEFT JOIN sales_sale sale
            ON holding.reason_kind = 'sale' AND sale.number = holding.reason_number
        LEFT JOIN sales_salereceipt asked ON asked.sale_id = sale.id AND asked.ended_at IS NULL
        LEFT JOIN payments_receipt receipt ON receipt.id = asked.receipt_id
        WHERE holding.status = 'to_be_activated' AND receipt.state IS DISTINCT FROM 'confirmed'
        UNION ALL
        SELECT activated.serial::text, 'activated', activated.policy_number,
               coalesce(holding.status, 'nowhere')
        FROM custody_activatedcard activated
        LEFT JOIN custody_holding holding ON holding.serials @> activated.serial
        WHERE activated.reversed_at IS NULL AND holding.status IS DISTINCT FROM 'to_be_activated'
        """,
    )
    yield from violations_of(
        "What a sale says is sold or paid, custody says too, card for card",
        """
        SELECT sale.number, coalesce(receipt.state, 'not asked'), sale.count || ' cards',
               'in custody ' || coalesce(kept.cards, 0)
        FROM sales_sale sale
        LEFT JOIN sales_salereceipt asked ON asked.sale_id = sale.id AND asked.ended_at IS NULL
        LEFT JOIN payments_receipt receipt ON receipt.id = asked.receipt_id
        CROSS JOIN LATERAL (
            SELECT sum(upper(part.cards) - lower(part.cards)) AS cards
            FROM sales_salerun run
            JOIN custody_holding holding ON holding.serials && run.serials
                AND holding.reason_kind = 'sale' AND holding.reason_number = sale.number
                AND holding.status = CASE receipt.state
                    WHEN 'confirmed' THEN 'to_be_activated' ELSE 'sold' END
            CROSS JOIN LATERAL (SELECT run.serials * holding.serials AS cards) part
            WHERE run.sale_id = sale.id
        ) kept
        WHERE sale.count IS DISTINCT FROM kept.cards
        """,
    )
    yield from violations_of(
        "A receipt of a sale asks for its amount, and is void exactly when it has ended",
        """
        SELECT sale.number, receipt.number, receipt.state,
               'asks for ' || receipt.amount || ' of ' || sale.amount
        FROM sales_salereceipt asked
        JOIN sales_sale sale ON sale.id = asked.sale_id
        JOIN payments_receipt receipt ON receipt.id = asked.receipt_id
        WHERE receipt.amount <> sale.amount OR receipt.currency <> sale.currency
            OR (receipt.state = 'void') <> (asked.ended_at IS NOT NULL)
        """,
    )
    yield from violations_of(
        "An indirect sale names an agency of its kind",
        """
        SELECT sale.number, sale.business_source, agency.code, agency.kind
        FROM sales_sale sale JOIN sales_agency agency ON agency.id = sale.agency_id
        WHERE agency.kind <> sale.business_source
        """,
    )
