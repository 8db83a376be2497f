from django.db import migrations

# Custody knows a sale only as an opaque reason, so this promise about its journal is kept here,
# where both are known. It is checked at the commit, when the deed is whole.
CARDS_ARE_SETTLED_BY_A_CONFIRMED_RECEIPT = """
    CREATE FUNCTION cards_are_settled_by_a_confirmed_receipt() RETURNS trigger
    LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT EXISTS (
            SELECT FROM sales_sale sale
            JOIN sales_salerun run ON run.sale_id = sale.id AND run.serials @> NEW.serials
            JOIN sales_salereceipt link ON link.sale_id = sale.id AND link.ended_at IS NULL
            JOIN payments_receipt receipt
              ON receipt.id = link.receipt_id AND receipt.state = 'confirmed'
            WHERE NEW.reason_kind = 'sale' AND sale.number = NEW.reason_number
        ) THEN
            RAISE EXCEPTION 'cards % are settled by no confirmed receipt', NEW.serials
                USING ERRCODE = '23514';
        END IF;
        RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER cards_are_settled_by_a_confirmed_receipt
        AFTER INSERT ON custody_movement
        DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW WHEN (NEW.kind = 'settlement')
        EXECUTE FUNCTION cards_are_settled_by_a_confirmed_receipt();
"""
# The same for cards that come back: there is a recovery of just these cards, and their money was
# never there, or is paid back.
CARDS_COME_BACK_BY_A_RECOVERY = """
    CREATE FUNCTION cards_come_back_by_a_recovery() RETURNS trigger
    LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT EXISTS (
            SELECT FROM sales_recovery recovery
            JOIN sales_recoveryrun run ON run.recovery_id = recovery.id
             AND run.serials && NEW.serials
            WHERE NEW.reason_kind = 'recovery' AND recovery.number = NEW.reason_number
              AND CASE NEW.kind
                WHEN 'sale_recall' THEN recovery.kind = 'unpaid' AND recovery.state = 'done'
                WHEN 'refund_hold' THEN recovery.kind = 'paid'
                WHEN 'refund_withdrawn' THEN recovery.state = 'withdrawn'
                ELSE recovery.kind = 'paid' AND recovery.state = 'done'
              END
            GROUP BY recovery.id
            HAVING range_agg(run.serials) @> NEW.serials
        ) THEN
            RAISE EXCEPTION 'cards % come back by no recovery', NEW.serials
                USING ERRCODE = '23514';
        END IF;
        RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER cards_come_back_by_a_recovery
        AFTER INSERT ON custody_movement
        DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW
        WHEN (NEW.kind IN ('sale_recall', 'refund_hold', 'refund_withdrawn', 'refund'))
        EXECUTE FUNCTION cards_come_back_by_a_recovery();
"""
# Free cards are settled by promotion expense, and nothing else is: each part of the money is of a
# receipt that asks for gifts alone, or for none. Whoever gave them away is not who confirms it.
GIFTS_ARE_SETTLED_BY_PROMOTION_EXPENSE = """
    CREATE FUNCTION gifts_are_settled_by_promotion_expense() RETURNS trigger
    LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (
            SELECT FROM sales_salereceipt asked
            JOIN sales_sale sale ON sale.id = asked.sale_id
            JOIN payments_receipt receipt ON receipt.id = asked.receipt_id
            WHERE asked.receipt_id = NEW.receipt_id
              AND ((sale.gift_reason <> '') <> (NEW.kind = 'promotion')
                OR sale.gift_reason <> '' AND receipt.confirmed_by_id = sale.registered_by_id)
        ) THEN
            RAISE EXCEPTION 'receipt % gives cards away, or takes money for a gift',
                NEW.receipt_id USING ERRCODE = '23514';
        END IF;
        RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER gifts_are_settled_by_promotion_expense
        AFTER INSERT ON payments_tender
        DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION gifts_are_settled_by_promotion_expense();
"""
# A voucher that pays the money of a recovery back is over just that, and it is paid exactly when the
# recovery is done.
WHAT_PAYS_A_RECOVERY_AGREES_WITH_IT = """
    CREATE FUNCTION what_pays_a_recovery_agrees_with_it() RETURNS trigger
    LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT EXISTS (
            SELECT FROM payments_paymentreceipt payment
            JOIN sales_recovery recovery ON recovery.number = payment.reason_number
            WHERE payment.id = NEW.id AND recovery.kind = 'paid'
              AND recovery.amount = payment.amount
              AND CASE payment.state
                WHEN 'confirmed' THEN recovery.state = 'done'
                WHEN 'void' THEN true
                ELSE recovery.state = 'registered'
              END
        ) THEN
            RAISE EXCEPTION 'payment % is not of recovery %', NEW.number, NEW.reason_number
                USING ERRCODE = '23514';
        END IF;
        RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER what_pays_a_recovery_agrees_with_it
        AFTER INSERT OR UPDATE OF state ON payments_paymentreceipt
        DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW WHEN (NEW.reason_kind = 'recovery')
        EXECUTE FUNCTION what_pays_a_recovery_agrees_with_it();
"""
REVERSE = """
    DROP TRIGGER cards_are_settled_by_a_confirmed_receipt ON custody_movement;
    DROP FUNCTION cards_are_settled_by_a_confirmed_receipt();
"""
STAYS_OUT = """
    DROP TRIGGER cards_come_back_by_a_recovery ON custody_movement;
    DROP FUNCTION cards_come_back_by_a_recovery();
"""

MONEY_FOR_ALL = """
    DROP TRIGGER gifts_are_settled_by_promotion_expense ON payments_tender;
    DROP FUNCTION gifts_are_settled_by_promotion_expense();
"""
PAID_BACK_AT_WILL = """
    DROP TRIGGER what_pays_a_recovery_agrees_with_it ON payments_paymentreceipt;
    DROP FUNCTION what_pays_a_recovery_agrees_with_it();
"""


class Migration(migrations.Migration):
    """Numbers that may have gaps: a sale that was rolled back takes its number with it.
    And no card is to be activated before the money for it is confirmed, or given away.
    """

    dependencies = [("sales", "0001_initial"), ("custody", "0001_initial")]

    operations = [
        migrations.RunSQL("CREATE SEQUENCE sales_sale_number", "DROP SEQUENCE sales_sale_number"),
        migrations.RunSQL(
            "CREATE SEQUENCE sales_recovery_number", "DROP SEQUENCE sales_recovery_number"
        ),
        migrations.RunSQL(CARDS_ARE_SETTLED_BY_A_CONFIRMED_RECEIPT, REVERSE),
        migrations.RunSQL(CARDS_COME_BACK_BY_A_RECOVERY, STAYS_OUT),
        migrations.RunSQL(GIFTS_ARE_SETTLED_BY_PROMOTION_EXPENSE, MONEY_FOR_ALL),
        migrations.RunSQL(WHAT_PAYS_A_RECOVERY_AGREES_WITH_IT, PAID_BACK_AT_WILL),
    ]
