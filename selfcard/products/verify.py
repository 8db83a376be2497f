from collections.abc import Iterator

from selfcard.core.verify import Violation, violations_of


def violations() -> Iterator[Violation]:
    """What must always be true of products."""
    yield from violations_of(
        "A published version was published by another person than its author",
        """
        SELECT product.code || '-' || version.number, version.state
        FROM products_productversion version
        JOIN products_product product ON product.id = version.product_id
        WHERE version.state = 'published'
          AND version.published_by_id IS NOT DISTINCT FROM version.drafted_by_id
        """,
    )
    yield from violations_of(
        "A published version insures something",
        """
        SELECT product.code || '-' || version.number, 'no coverage'
        FROM products_productversion version
        JOIN products_product product ON product.id = version.product_id
        WHERE version.state = 'published' AND NOT EXISTS (
            SELECT FROM products_coverage coverage WHERE coverage.version_id = version.id)
        """,
    )
