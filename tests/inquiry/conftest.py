import pytest

from tests.factories.sales import Shop, a_shop


@pytest.fixture
def shop(db) -> Shop:
    """An institution with 100 cards, one of them sold, paid and with the seller."""
    return a_shop()
