from django.db import migrations


class Migration(migrations.Migration):
    """Numbers that may have gaps: a sale that was rolled back takes its number with it."""

    dependencies = [("sales", "0001_initial")]

    operations = [
        migrations.RunSQL("CREATE SEQUENCE sales_sale_number", "DROP SEQUENCE sales_sale_number")
    ]
