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


def _undo(name: str, table: str) -> str:
    return f"DROP TRIGGER {name} ON {table}; DROP FUNCTION {name}();"


class Migration(migrations.Migration):
    """A cancelled policy and its card tell the same story."""

    dependencies = [
        ("activation", "0001_initial"),
        ("custody", "0001_initial"),
        ("policies", "0001_initial"),
    ]

    operations = [
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
    ]
