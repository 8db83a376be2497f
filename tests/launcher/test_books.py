"""The books are opened only by a Selfcard that understands them."""

import pytest
from django.db import connection

from selfcard.launcher.books import are_up_to_date, reach
from selfcard.launcher.errors import Trouble

NOTE = "INSERT INTO django_migrations (app, name, applied) VALUES ('custody', %s, now())"


@pytest.mark.django_db
def test_books_that_a_newer_selfcard_kept_are_refused() -> None:
    assert are_up_to_date()
    with connection.cursor() as cursor:
        cursor.execute(NOTE, ["0999_from_the_future"])

    with pytest.raises(Trouble, match=r"kept by a newer Selfcard.*custody\.0999_from_the_future"):
        are_up_to_date()


@pytest.mark.django_db
def test_books_of_an_older_selfcard_are_not_up_to_date() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'custody'")

    assert not are_up_to_date()


@pytest.mark.parametrize(
    "address",
    ["postgresql://nobody@127.0.0.1:1/books?connect_timeout=2", "no address at all"],
)
def test_a_database_that_does_not_answer_is_said_plainly(address: str) -> None:
    with pytest.raises(Trouble, match="DATABASE_URL names does not answer"):
        reach(address)
