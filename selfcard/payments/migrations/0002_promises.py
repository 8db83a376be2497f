from django.db import migrations

SEQUENCES = (
    "payments_receipt_number",
    "payments_payment_number",
    "payments_account_number",
    "payments_banking_number",
)


class Migration(migrations.Migration):
    """Numbers that may have gaps: a paper that was rolled back takes its number with it."""

    dependencies = [("payments", "0001_initial")]

    operations = [
        migrations.RunSQL(f"CREATE SEQUENCE {name}", f"DROP SEQUENCE {name}") for name in SEQUENCES
    ]
