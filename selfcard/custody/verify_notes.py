"""What must hold of requisitions, issue notes and recall notes, checked on a live database."""

from collections.abc import Iterator

from selfcard.core.verify import Violation, violations_of


def violations() -> Iterator[Violation]:
    yield from _issues_and_movements_agree()
    yield from _deliveries_and_movements_agree()
    yield from _recalls_and_movements_agree()
    yield from _requisitions_are_not_overfilled()


def _issues_and_movements_agree() -> Iterator[Violation]:
    yield from violations_of(
        "Every issue note is told by movements, and in transit exactly while its cards are",
        """
        SELECT issue.number, issue.state,
               coalesce(moved.cards, 0) || ' of ' || issue.count || ' cards moved',
               coalesce(on_the_way.cards, 0) || ' in transit'
        FROM custody_issue issue
        JOIN organisations_party giver ON giver.id = issue.from_party_id
        LEFT JOIN LATERAL (
            SELECT sum(upper(serials) - lower(serials)) AS cards
            FROM custody_movement
            WHERE reason_kind = 'issue' AND reason_number = issue.number
              AND kind = CASE giver.kind WHEN 'person' THEN 'hand_over' ELSE 'issue' END
              AND from_holder_id = issue.from_party_id
        ) moved ON true
        LEFT JOIN LATERAL (
            SELECT sum(upper(serials) - lower(serials)) AS cards
            FROM custody_holding
            WHERE status = 'in_transit' AND reason_kind = 'issue'
              AND reason_number = issue.number
        ) on_the_way ON true
        WHERE moved.cards IS DISTINCT FROM issue.count
           OR coalesce(on_the_way.cards, 0)
              <> CASE issue.state WHEN 'in_transit' THEN issue.count ELSE 0 END
        """,
    )


def _deliveries_and_movements_agree() -> Iterator[Violation]:
    # What nobody checked in was inventory at once, and has no second movement.
    yield from violations_of(
        "Every delivery was taken in or sent back, whole and by one person",
        """
        SELECT issue.number, issue.state, coalesce(told.came, 0) || ' came',
               coalesce(told.refused, 0) || ' refused'
        FROM custody_issue issue
        LEFT JOIN LATERAL (
            SELECT sum(upper(serials) - lower(serials))
                       FILTER (WHERE kind IN ('check_in', 'shortage')) AS came,
                   sum(upper(serials) - lower(serials))
                       FILTER (WHERE kind = 'delivery_refused') AS refused
            FROM custody_movement
            WHERE reason_kind = 'issue' AND reason_number = issue.number
        ) told ON true
        WHERE coalesce(told.came, 0)
              <> CASE WHEN issue.state = 'checked_in' AND issue.checked_in_by_id IS NOT NULL
                      THEN issue.count ELSE 0 END
           OR coalesce(told.refused, 0)
              <> CASE issue.state WHEN 'refused' THEN issue.count ELSE 0 END
        """,
    )


def _recalls_and_movements_agree() -> Iterator[Violation]:
    yield from violations_of(
        "Every recall note is told by movements from its giver to its receiver",
        """
        SELECT coalesce(recall.number, moved.number),
               coalesce(moved.cards, 0) || ' of ' || coalesce(recall.count, 0) || ' cards moved'
        FROM custody_recall recall
        FULL JOIN (
            SELECT reason_number AS number, from_holder_id, to_holder_id,
                   sum(upper(serials) - lower(serials)) AS cards
            FROM custody_movement
            WHERE kind = 'recall' AND reason_kind = 'recall'
            GROUP BY reason_number, from_holder_id, to_holder_id
        ) moved ON moved.number = recall.number AND moved.from_holder_id = recall.from_party_id
               AND moved.to_holder_id = recall.to_party_id
        WHERE moved.cards IS DISTINCT FROM recall.count
        """,
    )


def _requisitions_are_not_overfilled() -> Iterator[Violation]:
    yield from violations_of(
        "For no requisition more is issued than was granted, and only as was asked for",
        """
        SELECT requisition.number, requisition.granted || ' granted',
               coalesce(went.cards, 0) || ' issued', requisition.issued || ' counted'
        FROM custody_requisition requisition
        LEFT JOIN LATERAL (
            SELECT sum(count) FILTER (WHERE state <> 'refused') AS cards,
                   bool_and(document_type_id = requisition.document_type_id
                            AND to_party_id = requisition.organisation_id
                            AND from_party_id = requisition.issuer_id) AS fits
            FROM custody_issue WHERE requisition_id = requisition.id
        ) went ON true
        WHERE coalesce(went.cards, 0) > requisition.granted
           OR coalesce(went.cards, 0) <> requisition.issued
           OR NOT coalesce(went.fits, true)
        """,
    )
