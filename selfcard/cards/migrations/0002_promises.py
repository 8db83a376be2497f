from django.db import migrations


class Migration(migrations.Migration):
    """Digests are random bytes: not worth compressing, and read sixteen at a time."""

    dependencies = [("cards", "0001_initial")]

    operations = [
        migrations.RunSQL(
            """
            ALTER TABLE cards_pinsheet
                ALTER COLUMN digests SET STORAGE EXTERNAL,
                ALTER COLUMN selectors SET STORAGE EXTERNAL;
            """,
            """
            ALTER TABLE cards_pinsheet
                ALTER COLUMN digests SET STORAGE EXTENDED,
                ALTER COLUMN selectors SET STORAGE EXTENDED;
            """,
        )
    ]
