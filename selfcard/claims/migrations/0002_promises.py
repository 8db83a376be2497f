from django.db import migrations


class Migration(migrations.Migration):
    """Numbers of notices come from a sequence."""

    dependencies = [("claims", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE claims_notice_number", "DROP SEQUENCE claims_notice_number"
        )
    ]
