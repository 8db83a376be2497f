from collections.abc import Iterator

import pytest

from selfcard.messaging import gateways
from tests.sms.centre import Centre, a_centre


@pytest.fixture
def centre() -> Iterator[Centre]:
    """A message centre; what a line to it carried leaves as before when it is gone."""
    with a_centre() as one:
        yield one
    gateways._carried_here.clear()
