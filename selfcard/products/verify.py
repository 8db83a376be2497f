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
    yield from violations_of(
        "A version that was submitted waits for a second person",
        """
        SELECT product.code || '-' || version.number, version.state
        FROM products_productversion version
        JOIN products_product product ON product.id = version.product_id
        WHERE (version.state = 'submitted') <> EXISTS (
            SELECT FROM approvals_approval approval
            WHERE approval.kind = 'products.publish_version'
              AND approval.subject_number = product.code || '-' || version.number
              AND approval.state = 'asked')
        """,
    )
    yield from violations_of(
        "No version has a number that its product has not given yet",
        """
        SELECT product.code || '-' || version.number, product.versions_drafted
        FROM products_productversion version
        JOIN products_product product ON product.id = version.product_id
        WHERE version.number > product.versions_drafted
        """,
    )
