"""What `selfcard verify` asks, within a test's own transaction."""

from selfcard.launcher.promises import keepers
from tests.factories.postgresql import check_what_waits_for_the_commit


def everything_holds() -> None:
    """Every promise of every capability holds, and nothing that waits for the commit is refused."""
    check_what_waits_for_the_commit()
    found = [one for keeper in keepers().values() for one in keeper.violations()]
    assert not found, found
