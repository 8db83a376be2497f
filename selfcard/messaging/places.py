"""Words with places in braces, such as {number}, that are filled in when something is told."""

import re
from collections.abc import Mapping
from typing import Any

_PLACE = re.compile(r"\{([^{}]*)\}")
# As input methods for Chinese write them.
_BRACES = str.maketrans("｛｝", "{}")


def place(name: str) -> str:
    """How a fact is named in a template."""
    return f"{{{name}}}"


def places_in(words: str) -> set[str]:
    """The facts that are named in a template."""
    return set(_PLACE.findall(words))


def filled(words: str, facts: Mapping[str, Any]) -> str:
    """The words with facts in their places."""
    return _PLACE.sub(lambda found: str(facts[found[1]]), words)


def tidied(typed: str) -> str:
    """What somebody typed, with plain braces and line ends, and nothing around it."""
    lines = typed.translate(_BRACES).strip().splitlines()
    plain = "\n".join(line.rstrip() for line in lines)
    return _PLACE.sub(lambda found: place(found[1].strip()), plain)


def has_brace_alone(words: str) -> bool:
    """Whether a brace is left that holds no place."""
    return bool(re.search(r"[{}]", _PLACE.sub("", words)))
