"""What `selfcard verify` checks of messages, on the live database."""

from collections.abc import Iterator

from selfcard.core.verify import Violation, violations_of


def violations() -> Iterator[Violation]:
    """Everybody is told in time, or it is known why not."""
    yield from violations_of(
        "Every message belongs to an organisation",
        """
        SELECT message.id, message.occasion, message.organisation_id
        FROM messaging_message message
        WHERE NOT EXISTS (SELECT FROM organisations_organisation organisation
                          WHERE organisation.party_id = message.organisation_id)
        """,
    )
    yield from violations_of(
        "No code outlives its time by more than an hour",
        """
        SELECT message.id, message.occasion, message.secret_until
        FROM messaging_message message
        WHERE message.words IS NOT NULL AND message.secret_until < now() - interval '1 hour'
        """,
    )
    yield from violations_of(
        "The versions of a template follow one another",
        """
        SELECT template.id, template.occasion, template.version
        FROM (SELECT id, occasion, version, row_number() OVER (
                  PARTITION BY occasion, language, document_type ORDER BY version
              ) AS place FROM messaging_template) template
        WHERE template.version <> template.place
        """,
    )
