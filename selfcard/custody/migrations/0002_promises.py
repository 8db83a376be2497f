from django.db import migrations


class Migration(migrations.Migration):
    """The numbers of custody's papers; and a batch counts as made only with its cards in custody."""

    dependencies = [("custody", "0001_initial"), ("cards", "0002_promises")]

    operations = [
        *(
            migrations.RunSQL(
                f"CREATE SEQUENCE custody_{paper}_number", f"DROP SEQUENCE custody_{paper}_number"
            )
            for paper in (
                "issue",
                "recall",
                "requisition",
                "freeze",
                "write_off",
                "stock_count",
                "extension",
            )
        ),
        migrations.RunSQL(
            """
            CREATE FUNCTION made_batch_is_held() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF NOT EXISTS (SELECT FROM custody_batchtally WHERE batch_id = NEW.id) THEN
                    RAISE EXCEPTION 'batch % is made and nobody holds its cards', NEW.number
                        USING ERRCODE = '23514';
                END IF;
                RETURN NULL;
            END $$;

            CREATE CONSTRAINT TRIGGER made_batch_is_held AFTER INSERT OR UPDATE ON cards_batch
                DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state = 'generated')
                EXECUTE FUNCTION made_batch_is_held();
            """,
            """
            DROP TRIGGER made_batch_is_held ON cards_batch;
            DROP FUNCTION made_batch_is_held();
            """,
        ),
    ]
