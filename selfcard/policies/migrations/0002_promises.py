from django.db import migrations


class Migration(migrations.Migration):
    """Policy numbers come from a sequence: a row that counts would be the bottleneck. Which changes
    made an edition of a policy is asked of every table of changes, in one place.
    """

    dependencies = [("policies", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE policies_number MINVALUE 1 MAXVALUE 999999999999",
            "DROP SEQUENCE policies_number",
        ),
        migrations.RunSQL(
            """
            CREATE FUNCTION policies_changes(policy bigint, edition integer) RETURNS bigint
            LANGUAGE sql STABLE AS $$
                SELECT (
                    SELECT count(*) FROM policies_contactchange change
                    WHERE change.policy_id = $1 AND change.edition = $2
                ) + (
                    SELECT count(*) FROM policies_endorsement endorsement
                    WHERE endorsement.policy_id = $1 AND endorsement.edition = $2
                ) + (
                    SELECT count(*) FROM policies_cancellation cancellation
                    JOIN policies_policy cancelled ON cancelled.id = cancellation.policy_id
                    WHERE cancelled.id = $1 AND cancelled.edition = $2
                )
            $$
            """,
            "DROP FUNCTION policies_changes",
        ),
    ]
