from django.db import migrations


class Migration(migrations.Migration):
    """Policy numbers come from a sequence: a row that counts would be the bottleneck."""

    dependencies = [("policies", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE policies_number MINVALUE 1 MAXVALUE 999999999999",
            "DROP SEQUENCE policies_number",
        )
    ]
