"""Who may read the books."""

from selfcard.core.actor import Actor
from selfcard.organisations.models import May
from selfcard.organisations.queries import head_office, may, require


def sees_books(actor: Actor) -> bool:
    """Whether the actor audits the whole insurer, or closes its books."""
    whole = head_office()
    return may(actor, May.AUDIT, whole) or may(actor, May.CLOSE_BOOKS, whole)


def require_sight_of_books(actor: Actor) -> None:
    """The books are the whole insurer's: they are open to whoever audits it from its top, or
    closes them.

    Raises:
        NotAuthorised: the actor audits a part of it, or nothing.
    """
    if not may(actor, May.CLOSE_BOOKS, head_office()):
        require(actor, May.AUDIT, head_office())
