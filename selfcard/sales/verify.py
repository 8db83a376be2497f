"""What sales promises, checked on the live database against custody and payments."""

from collections.abc import Iterator

from selfcard.core.verify import Violation, violations_of
from selfcard.sales.reckoning import cards_out_of, count_of


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
        f"""
        SELECT sale.number, coalesce(receipt.state, 'not asked'),
               out.cards || ' cards out',
               'in custody ' || coalesce(kept.cards, 0)
        FROM sales_sale sale
        LEFT JOIN sales_salereceipt asked ON asked.sale_id = sale.id AND asked.ended_at IS NULL
        LEFT JOIN payments_receipt receipt ON receipt.id = asked.receipt_id
        CROSS JOIN LATERAL (SELECT {count_of(cards_out_of("sale.id"))} AS cards) out
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
        WHERE out.cards <> coalesce(kept.cards, 0)
        """,  # noqa: S608
    )
    yield from violations_of(
        "A receipt asks for what its sales cost, and is void exactly when it has ended",
        """
        SELECT receipt.number, receipt.state,
               'asks for ' || receipt.amount || ' of ' || sum(asked.amount)
        FROM sales_salereceipt asked
        JOIN sales_sale sale ON sale.id = asked.sale_id
        JOIN payments_receipt receipt ON receipt.id = asked.receipt_id
        GROUP BY receipt.id
        HAVING receipt.amount <> sum(asked.amount)
            OR bool_or(receipt.currency <> sale.currency)
            OR bool_or(asked.amount <> sale.face_value * asked.count)
            OR bool_or((receipt.state = 'void') <> (asked.ended_at IS NOT NULL))
        """,
    )
    yield from violations_of(
        "Free cards are settled by promotion expense, and nothing else is",
        """
        SELECT receipt.number, sale.number, tender.kind, sale.gift_reason
        FROM payments_tender tender
        JOIN payments_receipt receipt ON receipt.id = tender.receipt_id
        JOIN sales_salereceipt asked ON asked.receipt_id = receipt.id
        JOIN sales_sale sale ON sale.id = asked.sale_id
        WHERE (sale.gift_reason <> '') <> (tender.kind = 'promotion')
        """,
    )
    yield from violations_of(
        "A receipt asks for all cards of a sale that nobody has taken back",
        """
        SELECT sale.number, receipt.number, 'asks for ' || asked.count,
               sale.count - coalesce(sum(upper(run.serials) - lower(run.serials)), 0) || ' are out'
        FROM sales_salereceipt asked
        JOIN sales_sale sale ON sale.id = asked.sale_id
        JOIN payments_receipt receipt ON receipt.id = asked.receipt_id
        LEFT JOIN sales_recovery recovery
            ON recovery.sale_id = sale.id AND recovery.kind = 'unpaid'
        LEFT JOIN sales_recoveryrun run ON run.recovery_id = recovery.id AND run.is_live
        WHERE asked.ended_at IS NULL
        GROUP BY sale.id, receipt.id, asked.id
        HAVING asked.count
            <> sale.count - coalesce(sum(upper(run.serials) - lower(run.serials)), 0)
        """,
    )
    yield from violations_of(
        "Cards that were paid and taken back await their refund until it is paid, card for card",
        """
        SELECT recovery.number, recovery.state, recovery.count || ' cards',
               'await it ' || coalesce(sum(upper(held.cards) - lower(held.cards)), 0)
        FROM sales_recovery recovery
        LEFT JOIN sales_recoveryrun run ON run.recovery_id = recovery.id
        LEFT JOIN custody_holding holding ON holding.serials && run.serials
            AND holding.status = 'awaiting_refund' AND holding.reason_kind = 'recovery'
            AND holding.reason_number = recovery.number
        CROSS JOIN LATERAL (SELECT run.serials * holding.serials AS cards) held
        WHERE recovery.kind = 'paid'
        GROUP BY recovery.id
        HAVING coalesce(sum(upper(held.cards) - lower(held.cards)), 0)
            <> CASE recovery.state WHEN 'registered' THEN recovery.count ELSE 0 END
        """,
    )
    yield from violations_of(
        "A recovery is worth its cards, and its money came by a receipt of its sale",
        """
        SELECT recovery.number, recovery.count || ' at ' || sale.face_value,
               'amount ' || recovery.amount, 'receipt ' || recovery.receipt_id
        FROM sales_recovery recovery
        JOIN sales_sale sale ON sale.id = recovery.sale_id
        WHERE recovery.amount <> recovery.count * sale.face_value
           OR recovery.kind = 'paid' AND NOT EXISTS (
            SELECT FROM sales_salereceipt asked
            WHERE asked.sale_id = sale.id AND asked.receipt_id = recovery.receipt_id
              AND asked.ended_at IS NULL
           )
        """,
    )
    yield from violations_of(
        "A recovery is paid back by one payment receipt over its amount",
        """
        SELECT recovery.number, recovery.state, 'amount ' || recovery.amount,
               'paid back ' || coalesce(sum(payment.amount), 0)
        FROM sales_recovery recovery
        LEFT JOIN payments_paymentreceipt payment ON payment.state = 'confirmed'
            AND payment.reason_kind = 'recovery' AND payment.reason_number = recovery.number
        WHERE recovery.kind = 'paid'
        GROUP BY recovery.id
        HAVING coalesce(sum(payment.amount), 0)
            <> CASE recovery.state WHEN 'done' THEN recovery.amount ELSE 0 END
        """,
    )
    yield from violations_of(
        "A recovery's red-letter invoice is of the invoice by which its money came",
        """
        SELECT recovery.number, 'paid by receipt ' || recovery.receipt_id,
               'red letter of ' || invoice.number, 'receipt ' || invoice.receipt_id
        FROM sales_recovery recovery
        JOIN payments_paymentreceipt payment
            ON payment.reason_kind = 'recovery' AND payment.reason_number = recovery.number
        JOIN payments_redletterinvoice red ON red.payment_id = payment.id
        JOIN payments_invoice invoice ON invoice.id = red.invoice_id
        WHERE invoice.receipt_id IS DISTINCT FROM recovery.receipt_id
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
    yield from violations_of(
        "A large sale is registered exactly when a second person agreed to it",
        """
        SELECT approval.subject_number, approval.state, 'asked for ' || (approval.asked->>'count'),
               coalesce('registered with ' || sale.count, 'not registered')
        FROM approvals_approval approval
        FULL JOIN (SELECT * FROM sales_sale WHERE agreed_by_id IS NOT NULL) sale
            ON sale.number = approval.subject_number AND approval.kind = 'sales.approve_sale'
            AND approval.state = 'granted' AND approval.decided_by_id = sale.agreed_by_id
            AND approval.asked_by_id = sale.registered_by_id
            AND (approval.asked->>'count')::bigint = sale.count
        WHERE sale.id IS NULL AND approval.kind = 'sales.approve_sale'
              AND approval.state = 'granted'
           OR approval.id IS NULL
        """,
    )
