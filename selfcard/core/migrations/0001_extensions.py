from django.contrib.postgres.operations import BtreeGistExtension, CreateExtension
from django.db import migrations


class Migration(migrations.Migration):
    """What PostgreSQL needs before any table: ranges with equality, and the organisation tree."""

    initial = True
    dependencies = []
    run_before = [("organisations", "0001_initial")]
    operations = [BtreeGistExtension(), CreateExtension("ltree")]
