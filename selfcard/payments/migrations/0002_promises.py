from django.db import migrations


class Migration(migrations.Migration):
    """Numbers that may have gaps: a receipt that was rolled back takes its number with it."""

    dependencies = [("payments", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE payments_receipt_number", "DROP SEQUENCE payments_receipt_number"
        )
    ]
