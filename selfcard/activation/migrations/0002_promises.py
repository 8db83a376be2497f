from django.db import migrations

# Policies and custody do not know each other, so what they promise together is kept here, where
# both are known. It is checked at the commit, when the deed is whole.
REVERSED_WITH_ITS_POLICY = """
    CREATE FUNCTION an_activation_is_reversed_with_its_policy() RETURNS trigger
    LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT EXISTS (
            SELECT FROM policies_policy
            WHERE number = NEW.policy_number AND state = 'cancelled'
        ) THEN
            RAISE EXCEPTION 'the policy of card % is not cancelled', NEW.serial
                USING ERRCODE = '23514';
        END IF;
        RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER an_activation_is_reversed_with_its_policy
        AFTER UPDATE OF reversed_at ON custody_activatedcard
        DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW WHEN (NEW.reversed_at IS NOT NULL)
        EXECUTE FUNCTION an_activation_is_reversed_with_its_policy();
"""
FOLLOWS_ITS_POLICY = """
    CREATE FUNCTION a_card_follows_its_cancelled_policy() RETURNS trigger
    LANGUAGE plpgsql AS $$
    DECLARE
        cancelled text;
    BEGIN
        SELECT number INTO cancelled FROM policies_policy WHERE id = NEW.policy_id;
        IF EXISTS (
            SELECT FROM custody_activatedcard
            WHERE policy_number = cancelled AND reversed_at IS NULL
        ) THEN
            RAISE EXCEPTION 'policy % is cancelled and its card is activated', cancelled
                USING ERRCODE = '23514';
        END IF;
        IF (NEW.repayment <> 'whole') <> EXISTS (
            SELECT FROM custody_movement
            WHERE kind = 'cancellation' AND reason_kind = 'policy' AND reason_number = cancelled
        ) THEN
            RAISE EXCEPTION 'a card is void unless all is given back: policy %', cancelled
                USING ERRCODE = '23514';
        END IF;
        RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER a_card_follows_its_cancelled_policy
        AFTER INSERT ON policies_cancellation
        DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION a_card_follows_its_cancelled_policy();
"""
VOID_BY_A_CANCELLATION = """
    CREATE FUNCTION cards_are_void_by_a_cancellation() RETURNS trigger
    LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT EXISTS (
            SELECT FROM custody_activatedcard activated
            JOIN policies_policy policy ON policy.number = activated.policy_number
            JOIN policies_cancellation cancelled ON cancelled.policy_id = policy.id
            WHERE NEW.reason_kind = 'policy' AND policy.number = NEW.reason_number
              AND NEW.serials = int8range(activated.serial, activated.serial + 1)
              AND cancelled.repayment <> 'whole'
        ) THEN
            RAISE EXCEPTION 'no policy of cards % was cancelled', NEW.serials
                USING ERRCODE = '23514';
        END IF;
        RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER cards_are_void_by_a_cancellation
        AFTER INSERT ON custody_movement
        DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW WHEN (NEW.kind = 'cancellation')
        EXECUTE FUNCTION cards_are_void_by_a_cancellation();
"""
# Payments knows a policy only as an opaque reason: the voucher that pays its unearned premium back is
# over just that, and its red letter is of the invoice by which the card's money came.
PAID_BACK_AS_OWED = """
    CREATE FUNCTION what_pays_a_policy_back_is_what_is_owed() RETURNS trigger
    LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT EXISTS (
            SELECT FROM policies_policy policy
            JOIN policies_cancellation cancelled ON cancelled.policy_id = policy.id
            WHERE policy.number = NEW.reason_number AND cancelled.repayment = 'pro_rata'
              AND cancelled.gross = NEW.amount AND policy.currency = NEW.currency
        ) THEN
            RAISE EXCEPTION 'payment % is not what is owed for policy %',
                NEW.number, NEW.reason_number USING ERRCODE = '23514';
        END IF;
        RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER what_pays_a_policy_back_is_what_is_owed
        AFTER INSERT ON payments_paymentreceipt
        DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW WHEN (NEW.reason_kind = 'policy')
        EXECUTE FUNCTION what_pays_a_policy_back_is_what_is_owed();
"""
CANCELS_ITS_OWN_INVOICE = """
    CREATE FUNCTION a_policys_red_letter_is_of_its_cards_invoice() RETURNS trigger
    LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (
            SELECT FROM payments_paymentreceipt payment
            WHERE payment.id = NEW.payment_id AND payment.reason_kind = 'policy'
              AND NOT EXISTS (
                SELECT FROM custody_activatedcard activated
                JOIN sales_salerun sold ON sold.serials @> activated.serial
                JOIN sales_salereceipt asked
                  ON asked.sale_id = sold.sale_id AND asked.ended_at IS NULL
                JOIN payments_invoice original ON original.receipt_id = asked.receipt_id
                WHERE activated.policy_number = payment.reason_number
                  AND original.id = NEW.invoice_id
              )
        ) THEN
            RAISE EXCEPTION 'red-letter invoice % is not of the invoice of its card', NEW.number
                USING ERRCODE = '23514';
        END IF;
        RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER a_policys_red_letter_is_of_its_cards_invoice
        AFTER INSERT ON payments_redletterinvoice
        DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION a_policys_red_letter_is_of_its_cards_invoice();
"""


def _undo(name: str, table: str) -> str:
    return f"DROP TRIGGER {name} ON {table}; DROP FUNCTION {name}();"


class Migration(migrations.Migration):
    """A cancelled policy and its card tell the same story."""

    dependencies = [
        ("activation", "0001_initial"),
        ("custody", "0001_initial"),
        ("payments", "0001_initial"),
        ("policies", "0001_initial"),
        ("sales", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE activation_case_number", "DROP SEQUENCE activation_case_number"
        ),
        migrations.RunSQL(
            REVERSED_WITH_ITS_POLICY,
            _undo("an_activation_is_reversed_with_its_policy", "custody_activatedcard"),
        ),
        migrations.RunSQL(
            FOLLOWS_ITS_POLICY,
            _undo("a_card_follows_its_cancelled_policy", "policies_cancellation"),
        ),
        migrations.RunSQL(
            VOID_BY_A_CANCELLATION,
            _undo("cards_are_void_by_a_cancellation", "custody_movement"),
        ),
        migrations.RunSQL(
            PAID_BACK_AS_OWED,
            _undo("what_pays_a_policy_back_is_what_is_owed", "payments_paymentreceipt"),
        ),
        migrations.RunSQL(
            CANCELS_ITS_OWN_INVOICE,
            _undo("a_policys_red_letter_is_of_its_cards_invoice", "payments_redletterinvoice"),
        ),
    ]
