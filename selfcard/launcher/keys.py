"""`selfcard keys`: newer keys for what is sealed, and everything sealed with them."""

import time
from collections.abc import Callable, Iterator
from uuid import uuid4

from selfcard.core.actor import Actor
from selfcard.core.encryption import key_id
from selfcard.core.keys import MEMORY_S, comes_from_environment, key
from selfcard.core.resealing import (
    count_by_key,
    key_names,
    make_newer_key,
    note_resealed,
    reseal,
)
from selfcard.launcher.errors import Trouble

Told = Callable[[str], None]
_OPERATOR = "operator"


def listed() -> Iterator[str]:
    """A line for each key: its name, its id, how many values are sealed with it."""
    for name in key_names():
        newest = key_id(key(name))
        for found, count in count_by_key(name).items():
            says = "seals now" if found == newest else "only opens"
            yield f"{name:16}{found.hex():12}{count:>12,} values, {says}"


def rotate(name: str, told: Told) -> None:
    """Make a newer key, wait until every process seals with it, and seal everything anew.

    Raises:
        Trouble: there is no such key to be followed, or it comes from the environment.
    """
    _require_known(name)
    if comes_from_environment(name):
        raise Trouble(
            f"The key {name} comes from the environment. Give the newer one there, the former in"
            f" the variable that ends in _FORMER, and say `selfcard keys reseal {name}`."
        )
    make_newer_key(name=name, actor=Actor.system(_OPERATOR), request_id=uuid4())
    told(f"Key {key_id(key(name)).hex()} is made; every process seals with it in {MEMORY_S} s.")
    time.sleep(MEMORY_S)
    reseal_all(name, told)


def reseal_all(name: str, told: Told) -> None:
    """Seal with the newest key whatever is under a former one, and say how much it was.

    Raises:
        Trouble: there is no such key.
    """
    _require_known(name)
    count = 0
    for some in reseal(name):
        count += some
        if count // 10_000 > (count - some) // 10_000:
            told(f"{count:,} values")
    note_resealed(name=name, count=count, actor=Actor.system(_OPERATOR), request_id=uuid4())
    told(f"{count:,} values are sealed with {key_id(key(name)).hex()} now, and none with another.")


def _require_known(name: str) -> None:
    if name not in key_names():
        raise Trouble(f"There is no key {name!r} to be followed: {', '.join(key_names())}.")
